/** A new product: its first photo makes an unsaved product on the server, where all of them go. @module */

import { ask } from "../http.js";

/** @import { RequestError } from "../http.js" */

/**
 * Repeatable: the form has one unsaved product, however often it is asked for. The address of the
 * page becomes one that shows the photos again after a reload.
 * @param {HTMLElement} panel
 * @throws {RequestError}
 */
export async function makeUnsaved(panel) {
  const fields = /** @type {HTMLFormElement} */ (panel.closest("form")).elements;
  /** @param {string} name */
  const field = (name) => /** @type {HTMLInputElement} */ (fields.namedItem(name));
  const made = await ask("POST", panel.dataset.makeUrl ?? "", {
    submission_id: field("submission_id").value,
  });
  panel.dataset.url = made.images_url;
  panel.dataset.reorderUrl = made.reorder_url;
  field("unsaved").value = made.id;
  history.replaceState(history.state, "", made.page_url);
}
