/**
 * One row of the variants grid. What the server has is each field's `defaultValue`, and the row's
 * `data-id` and `data-position`; a row without id is new.
 * @module
 */

import { stamp } from "../stamp.js";
import { price, wholeNumber } from "../typed.js";
import { shownPrice } from "./numbers.js";

/** @typedef {HTMLTableRowElement} Row */
/** @typedef {{ id: number, sku: string, name: string, price: string, stock: number, position: number }} Variant */

/** @param {Row} row @returns {HTMLInputElement[]} */
export const fields = (row) =>
  /** @type {HTMLInputElement[]} */ ([...row.querySelectorAll("[data-field]")]);

/** @param {Row} row @param {string} name @returns {HTMLInputElement | null} */
export const field = (row, name) => row.querySelector(`[data-field="${name}"]`);

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
 * @param {HTMLInputElement} input @returns {string | number}
 */
function wireValue(input) {
  const plain = input.value.trim();
  if (input.dataset.field === "price") return price(plain) ?? plain;
  if (input.dataset.field === "stock") return wholeNumber(plain) ?? plain;
  return plain;
}

/** @param {Row} row @returns {Record<string, string | number>} all of a new row, else what changed */
export function changesOf(row) {
  const changed = fields(row).filter((each) => isNew(row) || each.value !== each.defaultValue);
  return Object.fromEntries(changed.map((input) => [input.dataset.field, wireValue(input)]));
}

/** @param {Row} row @returns {boolean} whether there is something in it to save */
export function mark(row) {
  const typed = isNew(row)
    ? !isBlank(row)
    : fields(row).some((input) => input.value !== input.defaultValue);
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
  const values = { ...variant, price: shownPrice(variant.price), stock: String(variant.stock) };
  fields(row).forEach((input, at) => {
    const untouched = sent ? input.value === sent[at] : input.value === input.defaultValue;
    input.defaultValue = values[/** @type {"sku"} */ (input.dataset.field)];
    if (untouched) input.value = input.defaultValue;
  });
}

/** @param {string[]} [values] of the fields, in order @returns {Row} a new one */
export function newRow(values = []) {
  const row = /** @type {Row} */ (stamp("variant-row"));
  fields(row).forEach((input, at) => (input.value = values[at] ?? ""));
  return row;
}
