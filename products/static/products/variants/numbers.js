/** Numbers are shown as the locale writes them. @module */

import { language } from "../texts.js";
import { price, wholeNumber } from "../typed.js";

const DECIMAL =
  new Intl.NumberFormat(language).formatToParts(0.5).find(({ type }) => type === "decimal")?.value ??
  ".";

/** @param {string | number} wire "1234.50" @returns {string} "1234,50" where a comma is used */
export function shownPrice(wire) {
  return String(wire).replace(".", DECIMAL);
}

/**
 * A number as another program wrote it, the way this page writes it.
 * @param {string} field @param {string} pasted @returns {string}
 */
export function shownNumber(field, pasted) {
  if (field === "stock") return String(wholeNumber(pasted) ?? pasted);
  const wire = price(pasted);
  return wire === null ? pasted : shownPrice(wire);
}
