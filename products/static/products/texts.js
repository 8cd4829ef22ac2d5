/** Texts come from the server, translated, in data-text-* attributes. @module */

/**
 * Put values into a text: fill("{done}/{total}", { done: 2, total: 5 }) is "2/5".
 * A name without a value stays as it is.
 * @param {string} pattern
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function fill(pattern, values = {}) {
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** Of scripts that are written from right to left. */
const LEFTWARDS = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** Something that people wrote, for a sentence: its direction stays its own. @param {string | number} value */
export const isolated = (value) =>
  LEFTWARDS.test(String(value)) ? `\u2068${value}\u2069` : String(value);

/**
 * The text that `el` carries under a name: text(el, "orderSaved") reads data-text-order-saved.
 * @param {HTMLElement} el
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function text(el, name, values) {
  const key = `text${name[0].toUpperCase()}${name.slice(1)}`;
  const own = Object.entries(values ?? {}).map(([name, value]) => [name, isolated(value)]);
  return fill(el.dataset[key] ?? "", Object.fromEntries(own));
}

/** The language of the page, for Intl. */
export const language = document.documentElement.lang || "en";
