/** The rows together: which are unsaved, in what order they are, and who is told. @module */

import { tellChanged } from "../save/parts.js";
import { announce, toast } from "../toasts.js";
import { language, text } from "../texts.js";
import { isBlank, isDeleted, isNew, mark, newRow } from "./rows.js";

/** @import { Row } from "./rows.js" */

export class Grid {
  /** @type {Set<Row>} rows with something in them to save */
  #unsaved = new Set();
  #orderIsChanged = false;

  /** @param {HTMLElement} panel */
  constructor(panel) {
    this.panel = panel;
    this.body = /** @type {HTMLElement} */ (panel.querySelector("[data-rows]"));
    // With JavaScript the grid is saved by itself, and its fields are none of the form's.
    for (const input of this.body.querySelectorAll("[name]")) input.removeAttribute("name");
    this.body.inert = false;
    panel.querySelector("[data-spare-rows]")?.remove();
    this.rowsChanged();
  }

  /** @returns {Row[]} */
  get rows() {
    return /** @type {Row[]} */ ([...this.body.children]);
  }

  get isUnsaved() {
    return this.#unsaved.size > 0 || this.#orderIsChanged;
  }

  /** @returns {Row[]} in order */
  get unsaved() {
    return this.rows.filter((row) => this.#unsaved.has(row));
  }

  /** After something was typed in a row; costs the same whatever the number of rows. @param {Row} row */
  changed(row) {
    if (mark(row)) this.#unsaved.add(row);
    else this.#unsaved.delete(row);
    this.#tell();
  }

  /** After rows came, went, moved or were saved. */
  rowsChanged() {
    const rows = this.rows;
    this.#unsaved = new Set(rows.filter(mark));
    this.#orderIsChanged = isReordered(rows);
    if (!this.#orderIsChanged) rows.forEach((row) => row.classList.remove("is-moved"));
    /** @type {HTMLElement} */ (this.panel.querySelector("[data-row-count]")).textContent =
      rows.length.toLocaleString(language);
    this.#tell();
  }

  #tell() {
    this.panel.classList.toggle("is-changed", this.isUnsaved);
    tellChanged();
  }

  /** Whether there may be as many more, those that go included; if not, it is said.
   * @param {number} count */
  hasRoom(count) {
    const isThere = this.rows.length + count <= Number(this.panel.dataset.most);
    if (!isThere) toast(text(this.panel, "full"), { error: true });
    return isThere;
  }

  /** @param {Row | null} [after] none: at the end @param {string[]} [values] @returns {Row | null} */
  add(after, values) {
    if (!this.hasRoom(1)) return null;
    const row = newRow(values);
    if (after) after.after(row);
    else this.body.append(row);
    this.rowsChanged();
    return row;
  }

  /** One place up or down. The neighbour is what moves, so that the row keeps the focus.
   * @param {Row} row @param {-1 | 1} step */
  move(row, step) {
    const neighbour = step < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!neighbour) return;
    if (step < 0) row.after(neighbour);
    else row.before(neighbour);
    this.moved(row);
  }

  /** After a row got another place. @param {Row} row */
  moved(row) {
    row.classList.add("is-moved");
    this.rowsChanged();
    row.scrollIntoView({ block: "nearest" });
    const place = { row: this.rows.indexOf(row) + 1, total: this.rows.length };
    announce(text(this.panel, "moved", place));
  }

  /** @returns {Map<Row, number>} the rows that need another position, none if the order stands */
  newPositions() {
    const rows = this.rows;
    if (!isReordered(rows)) return new Map();
    const places = rows.filter(willStay).map((row, at) => /** @type {[Row, number]} */ ([row, at]));
    return new Map(places.filter(([row, at]) => row.dataset.position !== String(at)));
  }
}

/** @param {Row} row whether it is a variant after the save */
const willStay = (row) => !isDeleted(row) && !isBlank(row);

/** @param {Row[]} rows whether they stand otherwise than the server would put them by itself */
function isReordered(rows) {
  let [place, id] = [-1, -1];
  let behindNew = false;
  for (const row of rows.filter(willStay)) {
    if (isNew(row)) {
      behindNew = true;
      continue;
    }
    const next = [Number(row.dataset.position), Number(row.dataset.id)];
    if (behindNew || next[0] < place || (next[0] === place && next[1] < id)) return true;
    [place, id] = next;
  }
  return false;
}
