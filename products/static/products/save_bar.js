/** The sticky save bar: marks unsaved changes, warns before they are lost, saves once. @module */

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-save-form]"));
const marker = /** @type {HTMLElement | null} */ (document.querySelector("[data-unsaved]"));
const waiting = /** @type {HTMLElement | null} */ (document.querySelector("[data-waiting]"));
const discard = /** @type {HTMLElement | null} */ (document.querySelector("[data-discard]"));

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
  form?.dataset.refused !== undefined ||
  [...(form?.elements ?? [])].some((field) => field.hasAttribute("name") && isChanged(field));

const gridIsChanged = () => !!form?.querySelector("[data-variants].is-changed");

const bytesAreHere = () =>
  !!document.querySelector("[data-images].is-uploading, [data-images] [data-busy]");

let leavingOnPurpose = false;

/** The server tells a twin by its submission_id, so a save that got stuck may be sent again. */
const AGAIN_AFTER_MS = 10_000;

function update() {
  const changed = formIsChanged() || gridIsChanged();
  if (marker) marker.hidden = !changed;
  if (discard) discard.hidden = !changed;
}

/** @param {() => void} done */
function waitForUploads(done) {
  if (!waiting?.hidden) return;
  waiting.hidden = false;
  form?.addEventListener("images:idle", () => ((waiting.hidden = true), done()), { once: true });
}

/**
 * First the uploads end, then the grid is saved, then the form is sent as a browser sends it.
 * Nothing else to save: the page stays.
 * @param {SubmitEvent} event
 */
function onSubmit(event) {
  const again = () => form?.requestSubmit();
  if (bytesAreHere()) {
    event.preventDefault();
    waitForUploads(again);
  } else if (gridIsChanged()) {
    event.preventDefault();
    const done = () => formIsChanged() && again();
    const save = new CustomEvent("variants:save", { detail: { done } });
    form?.querySelector("[data-variants]")?.dispatchEvent(save);
  } else if (leavingOnPurpose) {
    event.preventDefault();
  } else {
    leavingOnPurpose = true;
    setTimeout(() => (leavingOnPurpose = false), AGAIN_AFTER_MS);
  }
}

if (form) {
  form.addEventListener("input", update);
  form.addEventListener("change", update);
  form.addEventListener("variants:change", update);
  form.addEventListener("submit", onSubmit);
  discard?.addEventListener("click", () => (leavingOnPurpose = true));
  addEventListener("pageshow", () => {
    leavingOnPurpose = false;
    update();
  });
  addEventListener("beforeunload", (event) => {
    const loses = formIsChanged() || gridIsChanged();
    if (bytesAreHere() || (loses && !leavingOnPurpose)) event.preventDefault();
  });
}
