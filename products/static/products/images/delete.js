/** Deletes at once with a fade, offers Undo, and moves the focus to the next tile. @module */

import { ask, RequestError } from "../http.js";
import { toast } from "../toasts.js";

/** @typedef {import("./panel.js").Panel} Panel */

const FADE_MS = 150;

/** @param {Panel} panel @param {string} restoreUrl */
export async function restore(panel, restoreUrl) {
  try {
    await panel.during(() => ask("POST", restoreUrl));
    toast(panel.text("restored"));
  } catch (error) {
    if (error instanceof RequestError) toast(error.message, { error: true });
  }
  panel.el.dispatchEvent(new Event("images:deleted"));
}

/** @param {Panel} panel @param {HTMLElement} tile */
function focusAfter(panel, tile) {
  const others = panel.tiles.filter((other) => other === tile || !other.matches(".is-leaving"));
  const at = others.indexOf(tile);
  const next = others[at + 1] ?? others[at - 1];
  const button = next?.querySelector(next.dataset.id ? "[data-delete]" : "[data-cancel]");
  const input = panel.el.querySelector("input[type=file]");
  /** @type {HTMLElement | null} */ (button ?? input)?.focus();
}

/** @param {Panel} panel @param {HTMLElement} tile */
async function remove(panel, tile) {
  focusAfter(panel, tile);
  tile.classList.add("is-leaving");
  const faded = new Promise((resolve) => setTimeout(resolve, FADE_MS));
  try {
    const answer = await panel.during(async () => {
      const [body] = await Promise.all([
        ask("POST", panel.url("deleteUrl", tile.dataset.id)),
        faded,
      ]);
      tile.remove();
      return body;
    });
    const undo = () => restore(panel, answer.restore_url);
    toast(panel.text("deleted"), { action: { label: panel.text("undo"), run: undo } });
    panel.el.dispatchEvent(new Event("images:deleted"));
  } catch (error) {
    tile.classList.remove("is-leaving");
    if (error instanceof RequestError) toast(error.message, { error: true });
  }
}

/** @param {Panel} panel */
export function connectDelete(panel) {
  panel.grid.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-delete]");
    const tile = /** @type {HTMLElement | null} */ (button?.closest("[data-tile]"));
    if (tile && !tile.matches(".is-leaving")) remove(panel, tile);
  });
}
