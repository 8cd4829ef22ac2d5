/** Whether a page holds anything of its images that the server does not have yet. @module */

const UNDER_WAY = "[data-images]:is(.is-held, .is-uploading, :has([data-busy], [data-unsent]))";
const EVENTS = ["images:rest", "images:local", "focusout"];

/** @param {HTMLFormElement} form @returns {HTMLInputElement[]} */
const altFields = (form) => [...form.querySelectorAll("[data-tile] [data-alt]")].map(
  (field) => /** @type {HTMLInputElement} */ (field),
);

/** No upload, no change that is not answered, no alt text that is being typed.
 * @param {HTMLFormElement} form */
export function isAtRest(form) {
  const isTyped = altFields(form).some((field) => field.value !== field.defaultValue);
  return !isTyped && !form.querySelector(UNDER_WAY);
}

/** @param {HTMLFormElement} form @returns {Promise<void>} */
export function whenAtRest(form) {
  return new Promise((resolve) => {
    const look = () => {
      if (!isAtRest(form)) return;
      for (const name of EVENTS) form.removeEventListener(name, look);
      resolve();
    };
    for (const name of EVENTS) form.addEventListener(name, look);
    look();
  });
}

/** The files that the server has looked at and did not take, with its reasons.
 * @param {HTMLFormElement} form @returns {string[]} */
export function refusals(form) {
  const tiles = [...form.querySelectorAll("[data-tile][data-state=failed]:not([data-id])")];
  return tiles.map((tile) => {
    const reason = tile.querySelector("[data-reason]")?.textContent ?? "";
    return `${/** @type {HTMLElement} */ (tile).dataset.name}: ${reason}`;
  });
}
