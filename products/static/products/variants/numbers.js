/** Numbers are typed, pasted and shown as the locale writes them, and sent as JSON has them. @module */

import { language } from "../texts.js";

const parts = new Intl.NumberFormat(language).formatToParts(12345.6);

/** @param {string} type @param {string} fallback */
const sign = (type, fallback) => parts.find((part) => part.type === type)?.value ?? fallback;

const DECIMAL = sign("decimal", ".");
const GROUP = sign("group", ",");
/** Currency signs, blanks, and what people in Turkey write instead of the sign. */
const NO_PART_OF_A_NUMBER = /\p{Sc}|\s|TL$/gu;
const GROUPED = new RegExp(`^\\d{1,3}(\\${GROUP}\\d{3})+$`);

/** @param {string | number} wire "1234.50" @returns {string} "1234,50" where a comma is used */
export function shownPrice(wire) {
  return String(wire).replace(".", DECIMAL);
}

/**
 * A point is a decimal sign too, unless exactly three digits follow it where points group
 * thousands (the rule of Django's own fields).
 * @param {string} typed @returns {string} without grouping, with a point
 */
function plain(typed) {
  if (typed.includes(DECIMAL)) return typed.replaceAll(GROUP, "").replace(DECIMAL, ".");
  if (GROUP === "." && /^[^.]*\.(\d{1,2}|\d{4,})?$/.test(typed)) return typed;
  return typed.replaceAll(GROUP, "");
}

/**
 * Two decimal places, as the server wants them; what is no price goes as it is, to be refused.
 * @param {string} typed "1.234,5" @returns {string} "1234.50"
 */
export function wirePrice(typed) {
  const text = plain(typed.replaceAll(NO_PART_OF_A_NUMBER, ""));
  const [, whole, cents = ""] = /^(\d+)(?:\.(\d{0,2}))?$/.exec(text) ?? [];
  return whole ? `${whole}.${cents.padEnd(2, "0")}` : typed.trim();
}

/**
 * A whole number where it is one; what is none goes as it is, to be refused.
 * @param {string} typed "1.200" @returns {number | string} 1200
 */
export function wireWhole(typed) {
  const text = typed.replaceAll(NO_PART_OF_A_NUMBER, "");
  const digits = GROUPED.test(text) ? text.replaceAll(GROUP, "") : text;
  return /^\d{1,15}$/.test(digits) ? Number(digits) : typed.trim();
}

/**
 * A number as another program wrote it, the way this page writes it.
 * @param {string} field @param {string} pasted @returns {string}
 */
export function shownNumber(field, pasted) {
  if (field === "stock") return String(wireWhole(pasted));
  const wire = wirePrice(pasted);
  return /^\d+\.\d\d$/.test(wire) ? shownPrice(wire) : pasted;
}
