/** The menu of a row: one for all rows, a popover that the browser puts at the button. @module */

import { text } from "../texts.js";
import { toast } from "../toasts.js";
import { field, fields, isDeleted, isNew, rowOf } from "./rows.js";

/** @import { Grid } from "./grid.js" */
/** @import { Row } from "./rows.js" */

/** A row that the server has is struck out until the save. @param {Grid} grid @param {Row} row */
function toggleDeleted(grid, row) {
  const deleted = row.classList.toggle("is-deleted");
  for (const input of fields(row)) input.readOnly = deleted;
  grid.rowsChanged();
  fields(row)[0].focus();
}

/** One that the server has not goes at once. @param {Grid} grid @param {Row} row */
function remove(grid, row) {
  const next = row.nextElementSibling;
  const neighbour = next ?? row.previousElementSibling;
  row.remove();
  grid.rowsChanged();
  const focused = neighbour?.querySelector("[data-field]") ?? grid.panel.querySelector("[data-add-row]");
  /** @type {HTMLElement | null} */ (focused)?.focus();
  return () => {
    if (next?.isConnected) next.before(row);
    else grid.body.append(row);
    grid.rowsChanged();
    fields(row)[0].focus();
  };
}

/** With a way back. @param {Grid} grid @param {Row} row */
export function deleteRow(grid, row) {
  const saved = !isNew(row) && !row.matches(".is-gone");
  const run = saved ? () => toggleDeleted(grid, row) : remove(grid, row);
  if (saved) toggleDeleted(grid, row);
  const action = { label: text(grid.panel, "undo"), run, untilSaved: true };
  toast(text(grid.panel, saved ? "deleted" : "removed"), { action });
}

/** The copy needs an SKU of its own. @param {Grid} grid @param {Row} row */
function duplicate(grid, row) {
  const values = fields(row).map((input) => (input.dataset.field === "sku" ? "" : input.value));
  field(grid.add(row, values), "sku")?.focus();
}

/** @type {Record<string, (grid: Grid, row: Row) => void>} */
const ACTIONS = {
  duplicate,
  insert: (grid, row) => field(grid.add(row), "sku")?.focus(),
  up: (grid, row) => grid.move(row, -1),
  down: (grid, row) => grid.move(row, 1),
  delete: deleteRow,
  keep: toggleDeleted,
};

/** @param {HTMLElement} menu @param {Row} row only what makes sense for it */
function offer(menu, row) {
  const hidden = {
    up: !row.previousElementSibling,
    down: !row.nextElementSibling,
    delete: isDeleted(row),
    keep: !isDeleted(row),
  };
  for (const [action, hide] of Object.entries(hidden)) {
    const item = /** @type {HTMLElement} */ (menu.querySelector(`[data-row-action="${action}"]`));
    item.hidden = hide;
  }
}

/** @param {HTMLElement} menu @param {KeyboardEvent} event */
function moveFocus(menu, event) {
  const items = /** @type {HTMLElement[]} */ ([...menu.querySelectorAll("button:not([hidden])")]);
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  items.at(to % items.length)?.focus();
}

/** @param {Grid} grid */
export function connectMenu(grid) {
  const menu = /** @type {HTMLElement} */ (document.getElementById("row-menu"));
  /** @type {Row | null} */
  let row = null;

  // A click comes before the browser opens the popover that its button names.
  grid.body.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-row-menu]");
    if (!button) return;
    row = rowOf(/** @type {HTMLElement} */ (button));
    if (row) offer(menu, row);
  });
  menu.addEventListener("keydown", (event) => moveFocus(menu, event));
  menu.addEventListener("click", (event) => {
    const item = /** @type {HTMLElement} */ (event.target).closest("[data-row-action]");
    if (!item || !row) return;
    menu.hidePopover();
    ACTIONS[/** @type {HTMLElement} */ (item).dataset.rowAction ?? ""](grid, row);
  });
}
