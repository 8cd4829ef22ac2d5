/** One Save: all parts in one request, and one answer that says what became of it. @module */

import { ask, RequestError } from "../http.js";
import { stamp } from "../stamp.js";
import { text } from "../texts.js";
import { toast, withdrawUndo } from "../toasts.js";
import { answerAll, openCount } from "./choice.js";
import { unsure } from "./field.js";
import { collect, tellChanged } from "./parts.js";

/** @import { Problem, Sent } from "./parts.js" */

const SUMMARY = "form-problems";

/** @param {HTMLFormElement} form @param {string} name @returns {HTMLInputElement} a hidden field */
const hidden = (form, name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

/** The page's own submission: what it saved before, and sends again, is no question. */
export const submission = () =>
  /** @type {HTMLInputElement} */ (document.querySelector("[name=submission_id]")).value;

/** @param {HTMLFormElement} form @param {any} refusal @param {Problem[]} problems */
function summarize(form, refusal, problems) {
  problems.sort(({ el: a }, { el: b }) =>
    a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1,
  );
  const box = /** @type {HTMLElement} */ (document.getElementById(SUMMARY));
  const isConflict = refusal.error.code === "conflict";
  const banner = stamp("problems", { message: refusal.error.message });
  banner.classList.toggle("banner--warning", isConflict);
  banner.classList.toggle("banner--error", !isConflict);
  const links = problems.map(({ el, words }) => stamp("problem-link", { target: el.id, text: words }));
  /** @type {HTMLElement} */ (banner.querySelector("ul")).replaceChildren(...links);
  /** @type {HTMLElement} */ (banner.querySelector("[data-take-all]")).hidden = openCount() < 2;
  box.replaceChildren(banner);
  box.focus();
}

/** @param {HTMLFormElement} form @param {Sent[]} sent @param {RequestError} error */
function showRefusal(form, sent, error) {
  if (error.status === 0 || error.status >= 500) {
    for (const field of sent.flatMap(({ fields }) => fields)) unsure.add(field);
  }
  if (error.status !== 409 && error.status !== 422) {
    const words = error.status === 404 ? text(form, "gone") : error.message;
    return toast(words, { error });
  }
  summarize(form, error.body, sent.flatMap((part) => part.refuse(error.body)));
}

/** @param {HTMLFormElement} form */
export async function save(form) {
  const sent = collect();
  document.getElementById(SUMMARY)?.replaceChildren();
  const body = Object.assign(
    { version: Number(hidden(form, "version").value), submission_id: submission() },
    ...sent.map((part) => part.body),
  );
  try {
    const answer = await ask("POST", form.action, body);
    hidden(form, "version").value = answer.version;
    hidden(form, "submission_id").value = answer.submission_id;
    const more = sent.map((part) => part.accept(answer)).filter(Boolean);
    withdrawUndo();
    toast([text(form, "saved"), ...more].join(" · "));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    showRefusal(form, sent, error);
  }
  tellChanged();
}

/** Links of the summary lead to what is wrong; its buttons answer all questions at once. */
document.getElementById(SUMMARY)?.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const link = /** @type {HTMLAnchorElement | null} */ (target.closest("li a"));
  const all = /** @type {HTMLElement | null} */ (target.closest("[data-take-all] button"));
  if (link) {
    event.preventDefault();
    document.getElementById(link.hash.slice(1))?.focus();
  }
  if (all) {
    answerAll(all.matches("[data-take=theirs]"));
    document.getElementById(SUMMARY)?.replaceChildren();
    /** @type {HTMLElement | null} */ (document.querySelector("[data-save]"))?.focus();
  }
});
