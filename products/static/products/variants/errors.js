/** Errors sit on their cells; a summary above links to them. @module */

import { stamp } from "../stamp.js";
import { text } from "../texts.js";
import { field, fields } from "./rows.js";

/** @typedef {import("./rows.js").Row} Row */

let lastId = 0;

/** @param {HTMLInputElement} input @param {string} reason */
function showOn(input, reason) {
  input.id ||= `variant-cell-${++lastId}`;
  const error = document.createElement("p");
  error.className = "grid__error";
  error.id = `${input.id}-error`;
  error.textContent = reason;
  input.after(error);
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", error.id);
}

/** @param {HTMLElement} cell */
export function clearCell(cell) {
  cell.querySelector(".grid__error")?.remove();
  const input = cell.querySelector("[aria-invalid]");
  input?.removeAttribute("aria-invalid");
  input?.removeAttribute("aria-describedby");
}

/** @param {HTMLElement} panel */
export function clearErrors(panel) {
  /** @type {HTMLElement} */ (panel.querySelector("[data-errors]")).hidden = true;
  for (const error of panel.querySelectorAll(".grid__error")) {
    clearCell(/** @type {HTMLElement} */ (error.parentElement));
  }
}

/**
 * @param {HTMLElement} panel
 * @param {Row[]} sent in the order of the request
 * @param {Record<string, Record<string, string[]>>} errors by index and field; "delete" by id
 */
export function showErrors(panel, sent, errors) {
  const rows = [...panel.querySelectorAll("[data-row]")];
  const links = [];
  for (const [index, byField] of Object.entries(errors)) {
    for (const [name, reasons] of Object.entries(byField)) {
      const row =
        index === "delete" ? panel.querySelector(`[data-row][data-id="${name}"]`) : sent[+index];
      if (!row) continue;
      const input = field(/** @type {Row} */ (row), name) ?? fields(/** @type {Row} */ (row))[0];
      const reason = reasons.join(" ");
      showOn(input, reason);
      const label = input.getAttribute("aria-label") ?? "";
      const values = { row: rows.indexOf(row) + 1, field: label, reason };
      links.push(stamp("variant-error-link", { target: input.id, text: text(panel, "row", values) }));
    }
  }
  const box = /** @type {HTMLElement} */ (panel.querySelector("[data-errors]"));
  /** @type {HTMLElement} */ (box.querySelector("[data-error-list]")).replaceChildren(...links);
  box.hidden = false;
  box.focus();
}
