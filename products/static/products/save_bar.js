/** The sticky save bar: tells what is unsaved, asks before it is lost, saves everything once. @module */

import { RequestError } from "./http.js";
import { productFields } from "./save/fields.js";
import { isUnsaved } from "./save/field.js";
import { addPart, anyUnsaved } from "./save/parts.js";
import { save as saveParts } from "./save/save.js";
import { isAtRest, refusals, whenAtRest } from "./rest.js";
import { sendForm } from "./save_form.js";
import { text } from "./texts.js";
import { toast, toastLater } from "./toasts.js";

const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-save-form]"));
const bar = /** @type {HTMLElement} */ (form.querySelector("[data-save-bar]"));
const question = /** @type {HTMLDialogElement} */ (document.getElementById("discard"));
const isNew = form.dataset.new !== undefined;

/** @param {string} name @returns {HTMLElement} */
const part = (name) => /** @type {HTMLElement} */ (bar.querySelector(`[data-${name}]`));

/** @param {Element} field */
function isChanged(field) {
  if (field instanceof HTMLInputElement && field.type === "file") return !!field.files?.length;
  if (field instanceof HTMLInputElement && field.type === "hidden") return false;
  return isUnsaved(/** @type {HTMLInputElement} */ (field));
}

/** A new product: every field with a name, and after a refusal none of them is saved. */
const newIsChanged = () =>
  form.dataset.refused !== undefined ||
  [...form.elements].some((field) => field.hasAttribute("name") && isChanged(field));

const loses = () => anyUnsaved() || (isNew && newIsChanged());

const bytesAreHere = () =>
  !!form.querySelector("[data-images].is-uploading, [data-images] [data-busy]");

/** Ctrl+S or Cmd+S: the letter, wherever it is; where the keys have no Latin letters, its place.
 * @param {KeyboardEvent} event */
const isSave = ({ key, code, ctrlKey, metaKey, altKey, shiftKey }) =>
  (ctrlKey || metaKey) &&
  !(altKey || shiftKey) &&
  (/^[a-z]$/i.test(key) ? key.toLowerCase() === "s" : code === "KeyS");

let saving = false;
let leavingOnPurpose = false;

function show() {
  part("unsaved").hidden = !loses() || saving;
  part("saving").hidden = !saving;
  part("save").setAttribute("aria-disabled", String(saving));
}

async function saveNew() {
  const { location: next } = await sendForm(form);
  if (next) moveOn(next);
}

/** To the page of a product that was new, once nothing is only here. @param {string} next */
async function moveOn(next) {
  if (!isAtRest(form)) {
    toast(text(form, "saved"));
    part("waiting").hidden = false;
    await whenAtRest(form);
    part("waiting").hidden = true;
    // What was typed since is saved first, by who typed it.
    if (loses()) return;
  }
  toastLater(refusals(form));
  leavingOnPurpose = true;
  location.assign(next);
}

/** A second click while the first is under way does nothing. */
async function save() {
  if (saving) return;
  saving = true;
  form.dispatchEvent(new Event("form:save"));
  show();
  try {
    await (isNew ? saveNew() : saveParts(form));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    toast(error.message, { error });
  } finally {
    // On the way to the page of a new product a second click must not make another one.
    saving = leavingOnPurpose;
    show();
  }
}

if (!isNew) addPart(productFields(form));
for (const name of ["input", "change"]) form.addEventListener(name, show);
addEventListener("unsaved", show);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});
addEventListener("keydown", (event) => {
  if (!isSave(event)) return;
  event.preventDefault();
  if (!question.open) save();
});
part("discard").addEventListener("click", (event) => {
  if (!loses() || leavingOnPurpose) return;
  event.preventDefault();
  question.showModal();
});
question.addEventListener("close", () => {
  if (question.returnValue !== "discard") return;
  leavingOnPurpose = true;
  part("discard").click();
});
addEventListener("pageshow", () => {
  saving = leavingOnPurpose = false;
  show();
});
addEventListener("beforeunload", (event) => {
  if (bytesAreHere() || (loses() && !leavingOnPurpose)) event.preventDefault();
});
