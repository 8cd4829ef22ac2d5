/** Prices are typed and shown with the locale's decimal sign and sent with a point. @module */

import { language } from "../texts.js";

const parts = new Intl.NumberFormat(language).formatToParts(12345.6);

/** @param {string} type @param {string} fallback */
const sign = (type, fallback) => parts.find((part) => part.type === type)?.value ?? fallback;

const DECIMAL = sign("decimal", ".");
const GROUP = sign("group", ",");

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
  const text = plain(typed.trim());
  const [, whole, cents = ""] = /^(\d+)(?:\.(\d{0,2}))?$/.exec(text) ?? [];
  return whole ? `${whole}.${cents.padEnd(2, "0")}` : text;
}
