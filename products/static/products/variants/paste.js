/** Cells copied in a spreadsheet fill the grid from the focused cell on. @module */

import { text } from "../texts.js";
import { toast } from "../toasts.js";
import { clearCell } from "./errors.js";
import { shownNumber } from "./numbers.js";
import { fields, isDeleted, newRow, rowOf } from "./rows.js";

/** @import { Grid } from "./grid.js" */
/** @import { Row } from "./rows.js" */

/** A cell, quoted where it holds quotes, tabs or line breaks, and what ends it. */
const CELL = /("(?:[^"]|"")*"|[^\t\n]*)(\t|\n|$)/y;

/**
 * Tab-separated text as spreadsheets copy it.
 * @param {string} copied @returns {string[][]} rows of cells
 */
export function parseCells(copied) {
  const plain = copied.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  const rows = [/** @type {string[]} */ ([])];
  CELL.lastIndex = 0;
  for (let end = "\t"; end; ) {
    const [, cell, sign] = /** @type {RegExpExecArray} */ (CELL.exec(plain));
    rows[rows.length - 1].push(unquoted(cell).replace(/\s+/g, " ").trim());
    if (sign === "\n") rows.push([]);
    end = sign;
  }
  return rows;
}

/** @param {string} cell */
const unquoted = (cell) =>
  /^"[^]*"$/.test(cell) && cell.length > 1 ? cell.slice(1, -1).replaceAll('""', '"') : cell;

/** @param {HTMLInputElement} input @param {string} pasted */
const shown = (input, pasted) =>
  input.inputMode ? shownNumber(input.dataset.field ?? "", pasted) : pasted;

/**
 * The rows from `first` on that can be filled, new ones at the end where they run out; none if there
 * is no room for them.
 * @param {Grid} grid @param {Row} first @param {number} count @param {Row[]} added
 */
function rowsFor(grid, first, count, added) {
  const rows = grid.rows.slice(grid.rows.indexOf(first)).filter((row) => !isDeleted(row));
  const missing = Math.max(0, count - rows.length);
  if (missing && !grid.hasRoom(missing)) return [];
  const fresh = Array.from({ length: missing }, () => newRow());
  grid.body.append(...fresh);
  added.push(...fresh);
  return [...rows, ...fresh].slice(0, count);
}

/** @param {Grid} grid @param {HTMLInputElement} from @param {string[][]} cells */
function fillFrom(grid, from, cells) {
  const first = /** @type {Row} */ (rowOf(from));
  const column = fields(first).indexOf(from);
  /** @type {Row[]} */
  const added = [];
  /** @type {[HTMLInputElement, string][]} */
  const before = [];
  const rows = rowsFor(grid, first, cells.length, added);
  if (!rows.length) return null;
  rows.forEach((row, at) => {
    const inputs = fields(row).slice(column, column + cells[at].length);
    inputs.forEach((input, place) => {
      before.push([input, input.value]);
      input.value = shown(input, cells[at][place]);
      clearCell(/** @type {HTMLElement} */ (input.parentElement));
    });
  });
  grid.rowsChanged();
  return () => {
    for (const [input, value] of before) input.value = value;
    for (const row of added) row.remove();
    grid.rowsChanged();
    from.focus();
  };
}

/** @param {Grid} grid */
export function connectPaste(grid) {
  const { panel } = grid;
  grid.body.addEventListener("paste", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const copied = event.clipboardData?.getData("text/plain") ?? "";
    if (!input.matches("[data-field]") || input.readOnly || !/[\t\r\n]/.test(copied)) return;
    event.preventDefault();
    const cells = parseCells(copied);
    const column = fields(/** @type {Row} */ (rowOf(input))).indexOf(input);
    const room = fields(/** @type {Row} */ (rowOf(input))).length - column;
    const run = fillFrom(grid, input, cells);
    if (!run) return;
    const count = cells.reduce((sum, row) => sum + Math.min(row.length, room), 0);
    const left = cells.some((row) => row.length > room) ? ` · ${text(panel, "tooWide")}` : "";
    const action = { label: text(panel, "undo"), run, untilSaved: true };
    toast(text(panel, "pasted", { count }) + left, { action });
  });
}
