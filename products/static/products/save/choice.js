/** A question about a field that somebody else changed meanwhile: theirs or mine. @module */

import { stamp } from "../stamp.js";
import { setSaved } from "./field.js";
import { tellChanged } from "./parts.js";

/** @import { Field } from "./field.js" */

/** @type {Map<Field, { box: HTMLElement, answer: (takeTheirs: boolean) => void }>} */
const open = new Map();
let lastId = 0;

/** @param {Field} field */
export function withdraw(field) {
  open.get(field)?.box.remove();
  if (!open.delete(field)) return;
  field.classList.remove("is-asked");
  field.removeAttribute("aria-describedby");
}

/**
 * @param {Field} field @param {string} words what they did, who and when
 * @param {string} theirs as the field would show it
 */
export function ask(field, words, theirs) {
  withdraw(field);
  const label = field.getAttribute("aria-label") ?? field.labels?.[0]?.textContent?.trim() ?? "";
  const box = stamp("choice", { words, label, id: ++lastId });
  /** @param {boolean} takeTheirs */
  const answer = (takeTheirs) => {
    withdraw(field);
    setSaved(field, theirs);
    if (takeTheirs) field.value = theirs;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
    tellChanged();
  };
  box.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-take]");
    if (button) answer(button.matches("[data-take=theirs]"));
  });
  field.classList.add("is-asked");
  field.setAttribute("aria-describedby", /** @type {string} */ (box.querySelector("[id]")?.id));
  field.after(box);
  open.set(field, { box, answer });
}

/** @param {boolean} takeTheirs */
export function answerAll(takeTheirs) {
  for (const { answer } of [...open.values()]) answer(takeTheirs);
}

export const openCount = () => [...open.values()].filter(({ box }) => box.isConnected).length;
