/** The variants grid: a table of inputs; one listener per kind of event, whatever the rows. @module */

import { addPart } from "../save/parts.js";
import { clearCell, clearRow } from "./errors.js";
import { Grid } from "./grid.js";
import { connectDrag } from "./drag.js";
import { connectKeys } from "./keys.js";
import { connectMenu, deleteRow } from "./menu.js";
import { connectPaste } from "./paste.js";
import { field, fields, rowOf } from "./rows.js";
import { variantsPart } from "./save.js";

/** @import { Row } from "./rows.js" */

const panel = /** @type {HTMLElement} */ (document.querySelector("[data-variants]"));
const grid = new Grid(panel);

/** What somebody else deleted, as a new variant. @param {Row} row */
function addAgain(row) {
  delete row.dataset.id;
  delete row.dataset.position;
  row.classList.remove("is-deleted");
  for (const input of fields(row)) input.readOnly = false;
  clearRow(row);
  grid.rowsChanged();
  fields(row)[0].focus();
}

connectKeys(grid);
connectPaste(grid);
connectMenu(grid);
connectDrag(grid);

grid.body.addEventListener("input", (event) => {
  const input = /** @type {HTMLElement} */ (event.target);
  clearCell(/** @type {HTMLElement} */ (input.parentElement));
  grid.changed(/** @type {Row} */ (rowOf(input)));
});
panel.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const row = rowOf(target);
  if (target.closest("[data-add-row]")) field(grid.add(), "sku")?.focus();
  if (row && target.closest("[data-remove-row]")) deleteRow(grid, row);
  if (row && target.closest("[data-add-again]")) addAgain(row);
});
addPart(variantsPart(grid));
