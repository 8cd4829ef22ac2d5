/** Rows of the variants grid. A field's defaultValue is what the server has. @module */

import { stamp } from "../stamp.js";
import { shownPrice, wirePrice } from "./price.js";

/** @typedef {HTMLTableRowElement} Row */
/** @typedef {{ id?: number, sku: string, name: string, price: string, stock: number | string }} Variant */

/** @param {Row} row @returns {HTMLInputElement[]} */
export const fields = (row) =>
  /** @type {HTMLInputElement[]} */ ([...row.querySelectorAll("[data-field]")]);

/** @param {Row} row @param {string} name @returns {HTMLInputElement | null} */
export const field = (row, name) => row.querySelector(`[data-field="${name}"]`);

/** @param {Variant} variant @returns {Record<string, string>} as typed */
const typed = (variant) => ({
  sku: variant.sku,
  name: variant.name,
  price: shownPrice(variant.price),
  stock: String(variant.stock),
});

/** @param {string} text @returns {number | string} a whole number where it is one */
const whole = (text) => (/^\d{1,15}$/.test(text.trim()) ? Number(text) : text.trim());

/** @param {Row} row @returns {Variant} as the server wants it */
export function variantOf(row) {
  const [sku, name, price, stock] = fields(row).map((input) => input.value);
  const id = row.dataset.id ? { id: Number(row.dataset.id) } : {};
  return { ...id, sku: sku.trim(), name: name.trim(), price: wirePrice(price), stock: whole(stock) };
}

/** @param {Row} row */
export function mark(row) {
  const isNew = !row.dataset.id;
  const changed = fields(row).some((input) => input.value !== input.defaultValue);
  row.classList.toggle("is-changed", changed && !isNew);
  row.classList.toggle("is-new", changed && isNew);
}

/** @param {Row} row */
export const isUnsaved = (row) => row.matches(".is-changed, .is-new, .is-deleted");

/**
 * Note what the server has. What was typed since `sent` went out stays.
 * @param {Row} row
 * @param {Variant} variant
 * @param {string[]} [sent] the values of the fields when the save began
 */
export function accept(row, variant, sent) {
  row.dataset.id = String(variant.id);
  const values = typed(variant);
  fields(row).forEach((input, at) => {
    const untouched = !sent || input.value === sent[at];
    input.defaultValue = values[/** @type {string} */ (input.dataset.field)];
    if (untouched) input.value = input.defaultValue;
  });
  mark(row);
}

/** @returns {Row} an empty one, for a new variant */
export function newRow() {
  return /** @type {Row} */ (stamp("variant-row"));
}

/** @param {Variant} variant @returns {Row} */
export function rowFor(variant) {
  const row = newRow();
  accept(row, variant);
  return row;
}
