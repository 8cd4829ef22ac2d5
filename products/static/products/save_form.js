/**
 * Sends the form of a new product without leaving the page: without a connection, signed out or refused,
 * nothing that was typed is lost. What the server renders anew replaces the parts that are marked
 * with `data-part`, errors included.
 * @module
 */

import { csrfToken } from "../media_staging/token.js";
import { failure, parsed, Sending } from "./http.js";
import { isUnsaved, setSaved } from "./save/field.js";
import { tellChanged } from "./save/parts.js";
import { text } from "./texts.js";
import { toast } from "./toasts.js";

/** @import { RequestError } from "./http.js" */
/** @import { Field } from "./save/field.js" */

const PREFER_JSON = "application/json, text/html;q=0.9";

/** @param {HTMLFormElement} form @param {FormData} sent @returns {Map<string, string>} what was typed since, by name */
function typedSince(form, sent) {
  const fields = /** @type {Field[]} */ ([...form.elements]).filter((field) => sent.has(field.name));
  const typed = fields.filter((field) => {
    const value = sent.get(field.name);
    const shown = field.value.replaceAll("\n", "\r\n");
    return field.type !== "hidden" && typeof value === "string" && shown !== value.replace(/\r?\n/g, "\r\n");
  });
  return new Map(typed.map((field) => [field.name, field.value]));
}

/**
 * @param {HTMLFormElement} form
 * @param {string} html the page as the server has it now
 * @param {FormData} sent
 * @returns {boolean} whether it is this page at all
 */
function takeOver(form, html, sent) {
  if (!html.includes(`id="${form.id}"`)) return false;
  const page = new DOMParser().parseFromString(html, "text/html");
  const typed = typedSince(form, sent);
  const focused = document.activeElement?.id;
  for (const fresh of page.querySelectorAll("[data-part]")) {
    document.getElementById(fresh.id)?.replaceWith(document.adoptNode(fresh));
  }
  for (const [name, value] of typed) {
    /** @type {Field} */ (form.elements.namedItem(name)).value = value;
  }
  if (focused) document.getElementById(focused)?.focus();
  for (const message of page.querySelectorAll("[data-toast]")) {
    if (!message.closest("template")) toast(message.textContent?.trim() ?? "");
  }
  return true;
}

/** @param {HTMLFormElement} form @param {XMLHttpRequest} answer @param {FormData} sent */
function showRefusal(form, answer, sent) {
  const gone = answer.status === 404 ? { error: { message: text(form, "gone") } } : null;
  if (!takeOver(form, answer.responseText, sent)) throw failure(answer.status, gone);
  form.dataset.refused = "";
  // The photos are still in the form's own field and are sent again with it.
  const kept = /** @type {HTMLInputElement} */ (form.elements.namedItem("kept_images"));
  if (sent.getAll("images").some((file) => file instanceof File && file.size)) kept.value = "";
  document.getElementById("form-problems")?.focus();
}

/** Only the sign-in page is reached by a redirect. @param {string} asked @param {string} answered */
function checkSignedIn(asked, answered) {
  const url = new URL(asked, location.href);
  url.hash = "";
  if (url.href !== answered) throw failure(401, null);
}

/** Alt texts that could not be saved on their own. @param {HTMLFormElement} form */
const unsavedAlts = (form) =>
  /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("[data-id] [data-alt]")]).filter(isUnsaved);

/** @param {HTMLFormElement} form @returns {Map<Field, string>} what a Save holds */
function typedNow(form) {
  const named = /** @type {Field[]} */ ([...form.elements]).filter(
    ({ name, type }) => name && type !== "hidden" && type !== "file",
  );
  return new Map([...named, ...unsavedAlts(form)].map((field) => [field, field.value]));
}

/** @param {HTMLFormElement} form @returns {FormData} */
function bodyOf(form) {
  const body = new FormData(form);
  body.set("csrfmiddlewaretoken", csrfToken());
  for (const field of unsavedAlts(form)) {
    const { id } = /** @type {HTMLElement} */ (field.closest("[data-id]")).dataset;
    body.set(`image-${id}-alt`, field.value);
    body.set(`image-${id}-seen`, field.defaultValue);
  }
  return body;
}

/**
 * The page of a new product goes on as that of a saved one: what is typed from now on is a change.
 * @param {HTMLFormElement} form @param {Map<Field, string>} typed @param {any} saved
 */
function keepSaved(form, typed, saved) {
  delete form.dataset.refused;
  for (const [field, value] of typed) {
    setSaved(field, value);
    field.removeAttribute("aria-invalid");
  }
  for (const name of ["version", "seen"]) {
    /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value = saved[name];
  }
  if (form.dataset.mayChange !== undefined) form.action = saved.location;
  const images = /** @type {HTMLElement} */ (form.querySelector("[data-images]"));
  Object.assign(images.dataset, { url: saved.images_url, reorderUrl: saved.reorder_url });
  document.getElementById("form-problems")?.replaceChildren();
  const title = /** @type {HTMLElement} */ (document.querySelector("#page-head h1"));
  title.textContent = /** @type {Field} */ (form.elements.namedItem("name")).value;
  for (const el of form.querySelectorAll("[data-before-save], [data-after-save]")) {
    /** @type {HTMLElement} */ (el).hidden = el.matches("[data-before-save]");
  }
  tellChanged();
}

/**
 * @param {HTMLFormElement} form
 * @returns {Promise<{ location?: string }>} where the saved product is; nothing when it was refused
 * @throws {RequestError}
 */
export async function sendForm(form) {
  const typed = typedNow(form);
  const sent = bodyOf(form);
  const answer = await new Sending(form.action, sent, { accept: PREFER_JSON }).answer;
  checkSignedIn(form.action, answer.responseURL);
  if (!answer.getResponseHeader("Content-Type")?.startsWith("application/json")) {
    showRefusal(form, answer, sent);
    return {};
  }
  const saved = parsed(answer.responseText);
  keepSaved(form, typed, saved);
  return saved;
}
