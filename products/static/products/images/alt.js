/** Alt text, edited in place: leaving the field or Enter saves, Escape takes the old one back. @module */

import { ask, RequestError } from "../http.js";
import { toast } from "../toasts.js";

/** @typedef {import("./panel.js").Panel} Panel */

/** @param {Panel} panel @param {HTMLInputElement} field */
async function save(panel, field) {
  const tile = /** @type {HTMLElement} */ (field.closest("[data-tile]"));
  const alt = field.value.trim();
  if (alt === field.defaultValue) return;
  try {
    await panel.during(() => ask("PATCH", panel.url("imageUrl", tile.dataset.id), { alt }));
    field.defaultValue = alt;
    /** @type {HTMLImageElement} */ (tile.querySelector("[data-picture]")).alt = alt;
    field.removeAttribute("aria-invalid");
    toast(panel.text("altSaved"));
  } catch (error) {
    field.setAttribute("aria-invalid", "true");
    if (error instanceof RequestError) toast(error.message, { error: true });
  }
}

/** @param {Panel} panel */
export function connectAlt(panel) {
  /** @param {Event} event */
  const fieldOf = (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    return field.matches("[data-alt]") ? field : null;
  };
  panel.grid.addEventListener("change", (event) => {
    const field = fieldOf(event);
    if (field) save(panel, field);
  });
  panel.grid.addEventListener("keydown", (event) => {
    const field = fieldOf(event);
    if (!field) return;
    if (event.key === "Escape") field.value = field.defaultValue;
    // Enter would send the whole product form.
    if (event.key === "Enter") event.preventDefault();
    if (event.key === "Enter" || event.key === "Escape") field.blur();
  });
}
