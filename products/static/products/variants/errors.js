/** Errors sit on their cells, and so do questions about what somebody else changed. @module */

import { ask } from "../save/choice.js";
import { stamp } from "../stamp.js";
import { text } from "../texts.js";
import { field, fields, shown } from "./rows.js";

/** @import { Problem } from "../save/parts.js" */
/** @import { Grid } from "./grid.js" */
/** @import { Row } from "./rows.js" */
/** @typedef {Record<string, Record<string, string[]>>} Errors by index and field; "delete" by id */

let lastId = 0;

/** @param {HTMLInputElement} input @param {string} reason */
function showOn(input, reason) {
  const error = document.createElement("p");
  error.className = "grid__error";
  error.id = `${input.id}-error`;
  error.textContent = reason;
  input.after(error);
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", error.id);
}

/** The variant is gone: the row can go too, or come back as a new one. @param {Row} row */
function offerWayOut(row) {
  row.classList.add("is-gone");
  row.cells[1].append(stamp("variant-gone"));
}

/** @param {HTMLElement} cell */
export function clearCell(cell) {
  for (const message of cell.querySelectorAll(".grid__error, .grid__gone")) message.remove();
  const input = cell.querySelector("[aria-invalid]");
  input?.removeAttribute("aria-invalid");
  input?.removeAttribute("aria-describedby");
}

/** @param {Row} row */
export function clearRow(row) {
  row.classList.remove("is-gone");
  for (const cell of row.cells) clearCell(cell);
}

/** @param {HTMLElement} panel */
export function clearErrors(panel) {
  for (const input of panel.querySelectorAll("[aria-invalid]")) {
    clearRow(/** @type {Row} */ (input.closest("[data-row]")));
  }
}

/** @param {Grid} grid @param {Row[]} sent in the order of the request @param {Errors} errors */
function* located({ panel }, sent, errors) {
  for (const [index, byField] of Object.entries(errors)) {
    for (const [name, reasons] of Object.entries(byField)) {
      const isDelete = index === "delete";
      const row = isDelete ? panel.querySelector(`[data-row][data-id="${name}"]`) : sent[+index];
      if (row) yield { row: /** @type {Row} */ (row), index, name: isDelete ? "id" : name, reasons };
    }
  }
}

/** @param {Grid} grid @param {Row[]} sent @param {any} refusal @returns {Problem[]} */
export function showErrors(grid, sent, { errors, conflicts }) {
  const numbers = new Map(grid.rows.map((row, at) => [row, at + 1]));
  return [...located(grid, sent, errors?.variants ?? {})].map(({ row, index, name, reasons }) => {
    const input = field(row, name) ?? fields(row)[0];
    const reason = reasons.join(" ");
    const conflict = conflicts?.variants?.[index]?.[name];
    input.id ||= `variant-cell-${++lastId}`;
    if (conflict) ask(input, reason, shown(name, conflict.now));
    else showOn(input, reason);
    if (name === "id") offerWayOut(row);
    const label = input.getAttribute("aria-label") ?? "";
    const values = { row: numbers.get(row) ?? 0, field: label, reason };
    return { el: input, words: text(grid.panel, "row", values) };
  });
}
