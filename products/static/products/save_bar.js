/** The sticky save bar: tells what is unsaved, warns before it is lost, saves everything once. @module */

import { RequestError } from "./http.js";
import { isAtRest, refusals, whenAtRest } from "./rest.js";
import { sendForm } from "./save_form.js";
import { toast, toastLater } from "./toasts.js";

const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-save-form]"));
const bar = /** @type {HTMLElement} */ (form.querySelector("[data-save-bar]"));
const variants = form.querySelector("[data-variants]");

/** @param {string} name @returns {HTMLElement} */
const part = (name) => /** @type {HTMLElement} */ (bar.querySelector(`[data-${name}]`));

/** @param {Element} field */
function isChanged(field) {
  if (field instanceof HTMLSelectElement) {
    const saved = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(saved, 0);
  }
  if (field instanceof HTMLInputElement && field.type === "file") return !!field.files?.length;
  if (field instanceof HTMLInputElement && field.type === "hidden") return false;
  if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) {
    return field.value !== field.defaultValue;
  }
  return false;
}

/** Fields with a name are the form's (after a refusal none is saved); the grid saves its own. */
const formIsChanged = () =>
  form.dataset.refused !== undefined ||
  [...form.elements].some((field) => field.hasAttribute("name") && isChanged(field));

const gridIsChanged = () => !!variants?.matches(".is-changed");

const bytesAreHere = () =>
  !!form.querySelector("[data-images].is-uploading, [data-images] [data-busy]");

let saving = false;
let leavingOnPurpose = false;
/** Looked at when a field of the form changes, not with every key in 500 variants. */
let formChanged = false;

function show() {
  const changed = formChanged || gridIsChanged();
  part("unsaved").hidden = !changed || saving;
  part("saving").hidden = !saving;
  part("save").setAttribute("aria-disabled", String(saving));
}

function look() {
  formChanged = formIsChanged();
  show();
}

/** To the page of a product that was new, once nothing is only here. @param {string} next */
async function moveOn(next) {
  if (!isAtRest(form)) {
    part("waiting").hidden = false;
    await whenAtRest(form);
    part("waiting").hidden = true;
    // What was typed since is saved first, by who typed it.
    if (form.action.endsWith(next) && formIsChanged()) return;
  }
  toastLater(refusals(form));
  leavingOnPurpose = true;
  location.assign(next);
}

/** @returns {Promise<boolean>} whether nothing of the grid is unsaved */
function saveGrid() {
  if (!gridIsChanged()) return Promise.resolve(true);
  return new Promise((done) =>
    variants?.dispatchEvent(new CustomEvent("variants:save", { detail: { done } })),
  );
}

/** First the grid is saved, then the form, unless only the grid was changed. Photos travel beside it. */
async function saveAll() {
  form.dispatchEvent(new Event("form:save"));
  const onlyGrid = gridIsChanged() && !formIsChanged();
  if (!(await saveGrid()) || onlyGrid) return;
  const { location: next } = await sendForm(form);
  if (next) moveOn(next);
}

/** A second click while the first is under way does nothing. */
async function save() {
  if (saving) return;
  saving = true;
  show();
  try {
    await saveAll();
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    toast(error.message, { error: true });
  } finally {
    // On the way to the page of a new product a second click must not make another one.
    saving = leavingOnPurpose;
    look();
  }
}

form.addEventListener("input", (event) => {
  if (!variants?.contains(/** @type {Node} */ (event.target))) look();
});
form.addEventListener("change", look);
form.addEventListener("variants:change", show);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});
addEventListener("keydown", (event) => {
  if (event.key !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
  event.preventDefault();
  save();
});
part("discard").addEventListener("click", () => (leavingOnPurpose = true));
addEventListener("pageshow", () => {
  saving = leavingOnPurpose = false;
  look();
});
addEventListener("beforeunload", (event) => {
  const loses = formIsChanged() || gridIsChanged();
  if (bytesAreHere() || (loses && !leavingOnPurpose)) event.preventDefault();
});
