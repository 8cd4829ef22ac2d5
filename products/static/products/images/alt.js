/** Alt text, edited in place: leaving the field or Enter saves, Escape takes the old one back. @module */

import { ask, RequestError } from "../http.js";
import { toast } from "../toasts.js";

/** @import { Panel } from "./panel.js" */

/**
 * What could not be saved stays in the field, marked; leaving it again tries again.
 * @param {Panel} panel @param {HTMLInputElement} field
 */
async function save(panel, field) {
  const tile = /** @type {HTMLElement} */ (field.closest("[data-tile]"));
  const alt = field.value.trim();
  if (alt === field.defaultValue) return keep(field, alt);
  try {
    const url = panel.url("imageUrl", tile.dataset.id);
    const { image } = await panel.during(() => ask("PATCH", url, { alt }));
    if (field.value.trim() === alt) keep(field, image.alt);
    else field.defaultValue = image.alt;
    /** @type {HTMLImageElement} */ (tile.querySelector("[data-picture]")).alt = image.alt;
    toast(panel.text("altSaved"));
  } catch (error) {
    field.setAttribute("aria-invalid", "true");
    if (error instanceof RequestError) toast(error.message, { error: true });
  }
}

/** @param {HTMLInputElement} field @param {string} alt as the server has it */
function keep(field, alt) {
  field.value = field.defaultValue = alt;
  field.removeAttribute("aria-invalid");
}

/** @param {Panel} panel */
export function connectAlt(panel) {
  /** @param {Event} event */
  const fieldOf = (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    return field.matches("[data-alt]") ? field : null;
  };
  panel.grid.addEventListener("focusout", (event) => {
    const field = fieldOf(event);
    if (field) save(panel, field);
  });
  panel.grid.addEventListener("keydown", (event) => {
    const field = fieldOf(event);
    if (!field) return;
    if (event.key === "Escape") keep(field, field.defaultValue);
    if (event.key !== "Enter") return;
    // Or the whole product form would be sent.
    event.preventDefault();
    save(panel, field);
  });
}
