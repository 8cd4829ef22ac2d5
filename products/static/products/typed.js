/**
 * What people type and paste, read as the server reads it (`products/typed.py` says the rules;
 * `tests/products/typed.json` is the table of cases that both are held to).
 * @module
 */

import { language } from "./texts.js";

/** Shown as nothing, and not of the category of format characters. */
const INVISIBLE = /[\p{Cf}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0]/u;
const JOINER = /[\u200c\u200d]/;
const JOINS_BEHIND = /[\p{L}\p{M}\p{So}\p{Sk}]/u;
const JOINS_BEFORE = /[\p{L}\p{So}]/u;
const CURRENCY_BEFORE = /^(?:TL|TRY|EUR|USD|GBP)\b/i;
const CURRENCY_BEHIND = /(?:TL|TRY|EUR|USD|GBP)$/i;
const LAST_MARK = /^(.*)([.,])([0-9]*)$/;
const GROUPED = /^[1-9][0-9]{0,2}([.,' ])[0-9]{3}(?:\1[0-9]{3})*$/;
const MOST_DIGITS = 8;
const LARGEST = 2_147_483_647;

/** @param {string} tag @returns {string} the mark between thousands in that language */
const groupMark = (tag) =>
  new Intl.NumberFormat(tag).formatToParts(12345).find(({ type }) => type === "group")?.value ?? ",";

// --- Texts ---------------------------------------------------------------------------------------

/** @param {string} text @returns {string} a name or an alt text without what nobody sees */
export const line = (text) => inOneLine(text, (each) => JOINER.test(each));

/** @param {string} text @returns {string} a SKU: the same without joiners */
export const code = (text) => inOneLine(text, () => false);

/** @param {string} text @param {(character: string) => boolean} isKept */
function inOneLine(text, isKept) {
  const seen = [...text.replace(/\s+/g, " ")].filter(
    (each) => isKept(each) || !INVISIBLE.test(each),
  );
  const joined = seen.filter(
    (each, at) =>
      !isKept(each) ||
      (JOINS_BEHIND.test(seen[at - 1] ?? "") && JOINS_BEFORE.test(seen[at + 1] ?? "")),
  );
  return joined.join("").replace(/\s+/g, " ").trim().normalize("NFC");
}

// --- Numbers -------------------------------------------------------------------------------------

/**
 * @param {string} text @param {string} [tag] the language it is typed in
 * @returns {string | null} "1250.00", as the server wants it; null for what is no price
 */
export function price(text, tag = language) {
  const [whole, decimals] = parts(withoutCurrency(code(text)), tag);
  if (!whole || whole.length > MOST_DIGITS || decimals.length > 2) return null;
  return `${whole}.${decimals.padEnd(2, "0")}`;
}

/** @param {string} text @param {string} [tag] @returns {number | null} null for what is none */
export function wholeNumber(text, tag = language) {
  const [whole, decimals] = parts(code(text), tag);
  return whole && !decimals && Number(whole) <= LARGEST ? Number(whole) : null;
}

/** @param {string} text */
const withoutCurrency = (text) =>
  text
    .replace(/^\p{Sc}/u, "")
    .replace(/\p{Sc}$/u, "")
    .replace(CURRENCY_BEFORE, "")
    .replace(CURRENCY_BEHIND, "")
    .trim();

/** @param {string} text @param {string} tag @returns {[string, string]} */
function parts(text, tag) {
  let [before, decimals] = atDecimalMark(text.normalize("NFKC").replaceAll("’", "'"), tag);
  if (decimals && !before) before = "0";
  if (!/^[0-9]+$/.test(before) && !GROUPED.test(before)) return ["", ""];
  return [before.replace(/[^0-9]/g, "").replace(/^0+(?=.)/, ""), decimals];
}

/** @param {string} text @param {string} tag @returns {[string, string]} */
function atDecimalMark(text, tag) {
  const [, before, mark, behind] = LAST_MARK.exec(text) ?? [];
  if (mark === undefined || before.includes(mark)) return [text, ""];
  const isOnlyMark = /^[0-9]+$/.test(before);
  return behind.length === 3 && isOnlyMark && mark === groupMark(tag) ? [text, ""] : [before, behind];
}
