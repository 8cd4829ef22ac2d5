/**
 * Moving in the grid, by the convention of spreadsheets that takes nothing from whoever edits text:
 *
 *   Tab, Shift+Tab    next and previous cell (the browser's own)
 *   Enter             down; below the last row, a new one. Shift+Enter: up
 *   Up, Down          the same column of the next row: a line of text has no use for them
 *   Left, Right       the next cell when the whole text is selected, as it is on arrival, or the
 *                     caret is at that end of it; otherwise the caret moves
 *   F2                the caret at the end, to edit what is there
 *   Escape            what was in the cell on arrival
 *   Alt+Up, Alt+Down  the row moves
 *
 * The button of the row's menu is its last cell: the arrows reach it, Tab passes it by.
 * @module
 */

import { fields, rowOf } from "./rows.js";

/** @import { Grid } from "./grid.js" */
/** @import { Row } from "./rows.js" */

/** @param {Row} row @returns {HTMLElement[]} */
const cells = (row) => [
  ...fields(row),
  .../** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll("[data-row-menu]")),
];

/** @param {HTMLElement | undefined} cell */
function enter(cell) {
  cell?.focus();
  if (cell instanceof HTMLInputElement) cell.select();
}

/** @param {HTMLElement} cell @param {-1 | 1} step whether an arrow that way leaves the text */
function isAtEdge(cell, step) {
  if (!(cell instanceof HTMLInputElement)) return true;
  const { selectionStart: start, selectionEnd: end, value } = cell;
  if (start === 0 && end === value.length) return true;
  return start === end && start === (step < 0 ? 0 : value.length);
}

/** @param {Grid} grid */
export function connectKeys(grid) {
  let onArrival = "";

  /** @param {HTMLElement} cell @param {Row} row @param {-1 | 1} step @param {boolean} adding */
  function goTo(cell, row, step, adding) {
    const next = step < 0 ? row.previousElementSibling : row.nextElementSibling;
    const target = /** @type {Row | null} */ (next) ?? (adding && step > 0 ? grid.add() : null);
    if (target) enter(cells(target)[cells(row).indexOf(cell)]);
  }

  /** @param {HTMLElement} cell */
  function takeBack(cell) {
    if (!(cell instanceof HTMLInputElement) || cell.value === onArrival) return;
    cell.value = onArrival;
    cell.dispatchEvent(new Event("input", { bubbles: true }));
    cell.select();
  }

  /** @param {HTMLElement} cell */
  function edit(cell) {
    if (cell instanceof HTMLInputElement) cell.setSelectionRange(cell.value.length, cell.value.length);
  }

  /** @param {KeyboardEvent} event @param {HTMLElement} cell @param {Row} row */
  function handle(event, cell, row) {
    const { key } = event;
    const vertical = { ArrowUp: -1, ArrowDown: 1 }[key];
    const horizontal = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (vertical && event.altKey) grid.move(row, /** @type {1} */ (vertical));
    else if (event.altKey || event.ctrlKey || event.metaKey) return false;
    else if (key === "Enter" && cell.matches("input")) goTo(cell, row, event.shiftKey ? -1 : 1, true);
    else if (key === "Escape") takeBack(cell);
    else if (key === "F2") edit(cell);
    else if (event.shiftKey) return false;
    else if (vertical) goTo(cell, row, /** @type {1} */ (vertical), false);
    else if (horizontal && isAtEdge(cell, /** @type {1} */ (horizontal))) {
      enter(cells(row)[cells(row).indexOf(cell) + horizontal]);
    } else return false;
    return true;
  }

  grid.body.addEventListener("focusin", (event) => {
    if (event.target instanceof HTMLInputElement) onArrival = event.target.value;
  });
  grid.body.addEventListener("keydown", (event) => {
    const cell = /** @type {HTMLElement} */ (event.target);
    const row = rowOf(cell);
    if (!row || event.isComposing || !cell.matches("[data-field], [data-row-menu]")) return;
    if (handle(event, cell, row)) event.preventDefault();
  });
}
