/** What one Save holds: the fields, the variants, the alt texts. Each is a part. @module */

/** @import { Field } from "./field.js" */

/**
 * @typedef {object} Problem one thing that was refused, for the summary
 * @property {HTMLElement} el where it is
 * @property {string} words
 */

/**
 * @typedef {object} Sent what a part gave to a request that is under way
 * @property {object} body
 * @property {Field[]} fields that are in it
 * @property {(answer: any) => string | void} accept all was saved; returns what else there is to say
 * @property {(refusal: any) => Problem[]} refuse nothing was saved; shows why
 */

/**
 * @typedef {object} Part
 * @property {() => boolean} isUnsaved
 * @property {() => Sent} collect
 */

/** @type {Part[]} */
const parts = [];

/** @param {Part} part */
export function addPart(part) {
  parts.push(part);
  tellChanged();
}

/** What is unsaved may be another now. */
export function tellChanged() {
  dispatchEvent(new Event("unsaved"));
}

export const anyUnsaved = () => parts.some((part) => part.isUnsaved());

/** @returns {Sent[]} */
export const collect = () => parts.map((part) => part.collect());
