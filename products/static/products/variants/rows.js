/**
 * One row of the variants grid. What the server has is each field's `defaultValue`, and the row's
 * `data-id` and `data-position`; a row without id is new.
 * @module
 */

import { adopt, isUnsaved } from "../save/field.js";
import { stamp } from "../stamp.js";
import { price, wholeNumber } from "../typed.js";
import { shownPrice } from "./numbers.js";

/** @typedef {HTMLTableRowElement} Row */
/** @typedef {{ id: number, sku: string, name: string, price: string, stock: number, position: number }} Variant */

/** @param {Row} row @returns {HTMLInputElement[]} */
export const fields = (row) =>
  /** @type {HTMLInputElement[]} */ ([...row.querySelectorAll("[data-field]")]);

/** @param {Row | null} row @param {string} name @returns {HTMLInputElement | null} */
export const field = (row, name) => row?.querySelector(`[data-field="${name}"]`) ?? null;

/** @param {HTMLElement} element inside a row @returns {Row | null} */
export const rowOf = (element) => element.closest("[data-row]");

/** @param {Row} row */
export const isNew = (row) => !row.dataset.id;

/** @param {Row} row */
export const isDeleted = (row) => row.classList.contains("is-deleted");

/** A new row in which nothing was typed is not sent. @param {Row} row */
export const isBlank = (row) => isNew(row) && fields(row).every((input) => !input.value.trim());

/**
 * As the server wants it; what is no number goes as it is, to be refused.
 * @param {HTMLInputElement} input @param {string} text @returns {string | number}
 */
function wireValue(input, text) {
  const plain = text.trim();
  if (input.dataset.field === "price") return price(plain) ?? plain;
  if (input.dataset.field === "stock") return wholeNumber(plain) ?? plain;
  return plain;
}

/** @param {Row} row @returns {HTMLInputElement[]} all of a new row, else those that changed */
export const changedFields = (row) => fields(row).filter((each) => isNew(row) || isUnsaved(each));

/** @param {Row} row @returns {object} its changed cells, and what was in them as far as we know */
export function changesOf(row) {
  const changed = changedFields(row);
  const values = changed.map((input) => [input.dataset.field, wireValue(input, input.value)]);
  if (isNew(row)) return Object.fromEntries(values);
  const seen = changed.map((input) => [input.dataset.field, wireValue(input, input.defaultValue)]);
  return {
    id: Number(row.dataset.id),
    ...Object.fromEntries(values),
    ...(seen.length ? { seen: Object.fromEntries(seen) } : {}),
  };
}

/** @param {Row} row @returns {boolean} whether there is something in it to save */
export function mark(row) {
  const typed = isNew(row)
    ? !isBlank(row)
    : fields(row).some(isUnsaved);
  row.classList.toggle("is-changed", typed);
  return typed || isDeleted(row);
}

/**
 * Note what the server has. What was typed since `sent` went out stays.
 * @param {Row} row
 * @param {Variant} variant
 * @param {string[]} [sent] the values of the fields when the save began
 */
export function accept(row, variant, sent) {
  row.dataset.id = String(variant.id);
  row.dataset.position = String(variant.position);
  fields(row).forEach((input, at) => {
    const field = /** @type {keyof Variant} */ (input.dataset.field);
    adopt(input, shown(field, variant[field]), sent?.[at]);
  });
}

/** @param {string} field @param {string | number} value of the server @returns {string} */
export const shown = (field, value) => (field === "price" ? shownPrice(value) : String(value));

/** @param {string[]} [values] of the fields, in order @returns {Row} a new one */
export function newRow(values = []) {
  const row = /** @type {Row} */ (stamp("variant-row"));
  fields(row).forEach((input, at) => (input.value = values[at] ?? ""));
  return row;
}
