/** A question about a field that somebody else changed meanwhile: theirs or mine. @module */

import { stamp } from "../stamp.js";
import { text } from "../texts.js";
import { toast } from "../toasts.js";
import { setSaved } from "./field.js";
import { tellChanged } from "./parts.js";

/** @import { Field } from "./field.js" */

/** @typedef {{ box: HTMLElement, theirs: string }} Question */

/** @type {Map<Field, Question>} */
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
  box.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-take]");
    if (button) answer([field], button.matches("[data-take=theirs]"));
  });
  field.classList.add("is-asked");
  field.setAttribute("aria-describedby", /** @type {string} */ (box.querySelector("[id]")?.id));
  field.after(box);
  open.set(field, { box, theirs });
}

/** @param {Field} field @param {string} value */
function put(field, value) {
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

/** Mine can be had back until it is saved. @param {Field[]} fields @param {boolean} takeTheirs */
function answer(fields, takeTheirs) {
  const mine = new Map(fields.map((field) => [field, field.value]));
  for (const field of fields) {
    const { theirs } = /** @type {Question} */ (open.get(field));
    withdraw(field);
    setSaved(field, theirs);
    put(field, takeTheirs ? theirs : field.value);
  }
  tellChanged();
  if (!takeTheirs) return;
  const form = /** @type {HTMLElement} */ (document.querySelector("[data-save-form]"));
  const run = () => mine.forEach((value, field) => put(field, value));
  const action = { label: text(form, "undo"), run, untilSaved: true };
  toast(text(form, "theirsTaken"), { action });
}

/** @param {boolean} takeTheirs */
export const answerAll = (takeTheirs) => answer([...open.keys()], takeTheirs);

export const openCount = () => [...open.values()].filter(({ box }) => box.isConnected).length;
