/** A new product: photos are shown at once from the local files and sent with the form. @module */

import { onFiles } from "./images/upload/files.js";
import { stamp } from "./stamp.js";

const panel = /** @type {HTMLElement} */ (document.querySelector("[data-images]"));
const grid = /** @type {HTMLElement} */ (panel.querySelector("[data-tiles]"));
const input = /** @type {HTMLInputElement} */ (panel.querySelector("input[type=file]"));

/** @type {Map<HTMLElement, File>} */
const chosen = new Map();

/** Give the form what is shown, in the order shown. */
function keepInForm() {
  const transfer = new DataTransfer();
  for (const file of chosen.values()) transfer.items.add(file);
  input.files = transfer.files;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

/** @param {File} file */
function show(file) {
  const tile = stamp("tile", { name: file.name });
  const picture = /** @type {HTMLImageElement} */ (tile.querySelector("[data-picture]"));
  picture.src = URL.createObjectURL(file);
  tile.dataset.state = "chosen";
  tile.querySelector("[data-badge]")?.remove();
  tile.querySelector("[data-cancel]")?.addEventListener("click", () => {
    chosen.delete(tile);
    tile.remove();
    URL.revokeObjectURL(picture.src);
    keepInForm();
    input.focus();
  });
  chosen.set(tile, file);
  grid.querySelector("[data-add]")?.before(tile);
}

onFiles(panel, input, (files) => {
  files.forEach(show);
  keepInForm();
});
