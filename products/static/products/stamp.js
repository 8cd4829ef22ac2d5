/** New elements come from <template> elements, never from strings. @module */

import { fill } from "./texts.js";

/** @param {Element} el @param {Record<string, string | number>} values */
function fillElement(el, values) {
  for (const { name, value } of [...el.attributes]) {
    if (value.includes("{")) el.setAttribute(name, fill(value, values));
  }
  for (const node of el.childNodes) {
    if (node.nodeType === Node.TEXT_NODE && node.nodeValue?.includes("{")) {
      node.nodeValue = fill(node.nodeValue, values);
    }
  }
}

/**
 * A copy of the first element in the template `id`, with {name} replaced in texts and attributes.
 * @param {string} id
 * @param {Record<string, string | number>} [values] none: nothing is looked at, which is faster
 * @returns {HTMLElement}
 */
export function stamp(id, values) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  const first = /** @type {Element} */ (template.content.firstElementChild);
  const copy = /** @type {HTMLElement} */ (document.importNode(first, true));
  if (values) {
    for (const el of [copy, ...copy.querySelectorAll("*")]) fillElement(el, values);
  }
  return copy;
}
