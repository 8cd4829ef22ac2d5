/** Short messages in the one role="status" region. @module */

import { stamp } from "./stamp.js";

/** @import { RequestError } from "./http.js" */

const SHORT_MS = 5_000;
const WITH_ACTION_MS = 10_000;
const MOST = 3;
const LATER = "toasts";

/** @returns {HTMLElement} */
const region = () => /** @type {HTMLElement} */ (document.querySelector("[data-toasts]"));

/** @param {HTMLElement} toast */
function dismiss(toast) {
  toast.classList.add("is-leaving");
  setTimeout(() => toast.remove(), 160);
}

/**
 * Let a toast go after a while; the pointer on it or the focus in it stops the clock.
 * @param {HTMLElement} toast
 * @param {number} ms
 */
function expire(toast, ms) {
  let timer = setTimeout(dismiss, ms, toast);
  const pause = () => clearTimeout(timer);
  const goOn = () => {
    pause();
    if (!toast.matches(":hover, :focus-within")) timer = setTimeout(dismiss, ms, toast);
  };
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, pause);
  for (const name of ["pointerleave", "focusout"]) {
    toast.addEventListener(name, () => setTimeout(goOn));
  }
}

/** The same again replaces itself unless it can be undone, and old ones make room.
 * @param {string} message */
function makeRoom(message) {
  const shown = /** @type {HTMLElement[]} */ ([...region().querySelectorAll("[data-toast]")]);
  const others = shown.filter((other) => !other.matches(".is-leaving"));
  for (const [at, other] of others.entries()) {
    const isSame = other.querySelector("[data-text]")?.textContent === message;
    if (isSame && other.querySelector("[data-action][hidden]")) other.remove();
    else if (at <= others.length - MOST) dismiss(other);
  }
}

/**
 * `error`: the one that is told, or true for what went wrong here. Who is signed out gets a link to
 * sign in beside this page. With `untilSaved` the action undoes something on this page, and is not
 * offered after a save.
 * @param {string} message
 * @param {{ error?: boolean | RequestError, action?: { label: string, run: () => void, untilSaved?: boolean } }} [options]
 */
export function toast(message, { error = false, action } = {}) {
  const el = stamp("toast");
  /** @type {HTMLElement} */ (el.querySelector("[data-text]")).textContent = message;
  el.classList.toggle("toast--error", !!error);
  const isSignedOut = typeof error === "object" && error.status === 401;
  /** @type {HTMLElement} */ (el.querySelector("[data-sign-in]")).hidden = !isSignedOut;
  if (action) {
    const button = /** @type {HTMLButtonElement} */ (el.querySelector("[data-action]"));
    button.textContent = action.label;
    button.hidden = false;
    el.toggleAttribute("data-until-saved", !!action.untilSaved);
    button.addEventListener("click", () => {
      dismiss(el);
      action.run();
    });
  }
  makeRoom(message);
  region().append(el);
  expire(el, action || error ? WITH_ACTION_MS : SHORT_MS);
}

/** What is saved by now cannot be undone here any more. */
export function withdrawUndo() {
  for (const el of region().querySelectorAll("[data-until-saved]")) el.remove();
}

/** Say something to screen readers only. @param {string} message */
export function announce(message) {
  const el = document.createElement("p");
  el.className = "visually-hidden";
  el.textContent = message;
  region().append(el);
  setTimeout(() => el.remove(), SHORT_MS);
}

/** Say it on the page that comes next. @param {string[]} messages what went wrong */
export function toastLater(messages) {
  sessionStorage.setItem(LATER, JSON.stringify(messages));
}

/** Start the clock of the toasts that the server rendered, and show those of the page before. */
export function startToasts() {
  const later = JSON.parse(sessionStorage.getItem(LATER) ?? "[]");
  sessionStorage.removeItem(LATER);
  for (const el of region().querySelectorAll("[data-toast]")) {
    expire(/** @type {HTMLElement} */ (el), SHORT_MS);
  }
  for (const message of later) toast(message, { error: true });
}
