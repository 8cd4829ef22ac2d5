/** Whether a page holds anything of its images that the server does not have yet. @module */

import { anyUnsaved } from "./save/parts.js";

const UNDER_WAY = "[data-images]:is(.is-held, .is-uploading, :has([data-busy], [data-unsent]))";
const EVENTS = ["images:rest", "images:local", "unsaved"];

/** No upload, no change that is not answered, no alt text that is being typed.
 * @param {HTMLFormElement} form */
export const isAtRest = (form) => !anyUnsaved() && !form.querySelector(UNDER_WAY);

/** @param {HTMLFormElement} form @returns {Promise<void>} */
export function whenAtRest(form) {
  const watch = new AbortController();
  return new Promise((resolve) => {
    const look = () => {
      if (!isAtRest(form)) return;
      watch.abort();
      resolve();
    };
    // All of them reach the window.
    for (const name of EVENTS) addEventListener(name, look, { signal: watch.signal });
    look();
  });
}

/** The files that were not taken, with the reasons. @param {HTMLFormElement} form @returns {string[]} */
export const refusals = (form) =>
  [...form.querySelectorAll("[data-refused-files] li")].map((one) => one.textContent ?? "");
