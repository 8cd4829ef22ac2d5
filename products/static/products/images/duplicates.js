/** Points out that two images of the product are the same picture; both stay. @module */

/** @import { Panel } from "./panel.js" */

/** @param {HTMLElement} tile @param {string} words none: it is no duplicate */
function mark(tile, words) {
  const chip = /** @type {HTMLElement | null} */ (tile.querySelector("[data-duplicate]"));
  if (!chip) return;
  chip.hidden = !words;
  /** @type {HTMLElement} */ (chip.querySelector("[data-duplicate-words]")).textContent = words;
}

/** @param {Panel} panel */
export function connectDuplicates(panel) {
  panel.el.addEventListener("images:change", (event) => {
    const { images } = /** @type {CustomEvent} */ (event).detail;
    const names = new Map(images.map((/** @type {any} */ image) => [image.id, image.name]));
    for (const { id, duplicate_of: first } of images) {
      const tile = panel.tile(id);
      const words = first === null ? "" : panel.text("sameAs", { name: names.get(first) });
      if (tile) mark(tile, words);
    }
  });
}
