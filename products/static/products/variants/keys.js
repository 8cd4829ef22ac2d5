/** Moving in the grid: arrows up and down and Enter go from row to row in the same column. @module */

import { fields } from "./rows.js";

/** @typedef {import("./rows.js").Row} Row */

/**
 * @param {HTMLElement} body
 * @param {() => Row} addRow for Enter below the last row
 */
export function connectKeys(body, addRow) {
  /** @param {Row} row @param {number} step @returns {Row | null} */
  const neighbour = (row, step) =>
    /** @type {Row | null} */ (step > 0 ? row.nextElementSibling : row.previousElementSibling);

  body.addEventListener("keydown", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const row = /** @type {Row | null} */ (input.closest("[data-row]"));
    if (!row || !input.matches("[data-field]") || event.isComposing) return;
    const enter = event.key === "Enter";
    const down = event.key === "ArrowDown" || (enter && !event.shiftKey);
    const up = event.key === "ArrowUp" || (enter && event.shiftKey);
    if (event.key === "Escape") {
      input.value = input.defaultValue;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (!down && !up) return;
    event.preventDefault();
    const next = neighbour(row, down ? 1 : -1) ?? (enter && down ? addRow() : null);
    const target = next && fields(next)[fields(row).indexOf(input)];
    target?.focus();
    target?.select();
  });
}
