/** The variants grid: a table of inputs; one listener per kind of event, whatever the rows. @module */

import { language } from "../texts.js";
import { clearCell } from "./errors.js";
import { connectKeys } from "./keys.js";
import { field, isUnsaved, mark, newRow, rowFor } from "./rows.js";
import { save } from "./save.js";

/** @typedef {import("./rows.js").Row} Row */

const panel = /** @type {HTMLElement} */ (document.querySelector("[data-variants]"));
const body = /** @type {HTMLElement} */ (panel.querySelector("[data-rows]"));
const state = document.getElementById("variants-state")?.textContent ?? "[]";
const saveButton = /** @type {HTMLButtonElement} */ (panel.querySelector("[data-save-variants]"));
let saving = false;

function update() {
  const unsaved = /** @type {Row[]} */ ([...body.children]).some(isUnsaved);
  panel.classList.toggle("is-changed", unsaved);
  saveButton.disabled = !unsaved || saving;
  /** @type {HTMLElement} */ (panel.querySelector("[data-row-count]")).textContent =
    body.children.length.toLocaleString(language);
  panel.dispatchEvent(new Event("variants:change", { bubbles: true }));
}

/** @returns {Row} */
function addRow() {
  const row = newRow();
  body.append(row);
  update();
  return row;
}

/** A row that the server has is struck out until the save; one that it has not goes at once.
 * @param {Row} row */
function toggleDeleted(row) {
  const button = /** @type {HTMLElement} */ (row.querySelector("[data-delete-row]"));
  if (row.dataset.id) {
    const deleted = row.classList.toggle("is-deleted");
    button.setAttribute("aria-pressed", String(deleted));
    button.title = deleted ? (panel.dataset.textDeleted ?? "") : "";
    for (const input of row.querySelectorAll("input")) input.readOnly = deleted;
  } else {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    const focused = next?.querySelector("[data-delete-row]") ?? panel.querySelector("[data-add-row]");
    /** @type {HTMLElement | null} */ (focused)?.focus();
  }
  update();
}

/** @param {() => void} [done] called when everything is saved */
async function saveAll(done) {
  if (saving) return;
  saving = true;
  update();
  const saved = await save(panel, body);
  saving = false;
  update();
  if (saved) done?.();
}

body.append(...JSON.parse(state).map(rowFor));
connectKeys(body, addRow);
update();

body.addEventListener("input", (event) => {
  const input = /** @type {HTMLElement} */ (event.target);
  mark(/** @type {Row} */ (input.closest("[data-row]")));
  clearCell(/** @type {HTMLElement} */ (input.parentElement));
  update();
});
panel.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  if (target.closest("[data-add-row]")) field(addRow(), "sku")?.focus();
  if (target.closest("[data-save-variants]")) saveAll();
  const button = target.closest("[data-delete-row]");
  if (button) toggleDeleted(/** @type {Row} */ (button.closest("[data-row]")));
});
panel.addEventListener("variants:save", (event) => {
  saveAll(/** @type {CustomEvent} */ (event).detail.done);
});
