/** Another picture in the same place, with the same alt text. @module */

import { toast } from "../toasts.js";
import { showImage, showPicture, showState } from "./tile.js";
import { UploadQueue } from "./upload_queue.js";

/** @typedef {import("./panel.js").Panel} Panel */

/** @returns {Promise<File | undefined>} what is chosen; nothing when the dialog is closed */
function choose() {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = "image/*";
  return new Promise((resolve) => {
    input.addEventListener("change", () => resolve(input.files?.[0]));
    input.addEventListener("cancel", () => resolve(undefined));
    input.click();
  });
}

/** @param {Panel} panel */
export function connectReplace(panel) {
  const queue = new UploadQueue(() => {
    panel.el.dispatchEvent(new Event("images:idle", { bubbles: true }));
  });

  /** @param {HTMLElement} tile @param {File} file @returns {Promise<void>} */
  function send(tile, file) {
    const old = tile.dataset.state ?? "staged";
    tile.dataset.busy = "";
    showPicture(tile, URL.createObjectURL(file));
    return new Promise((resolve) =>
      queue.add({
        url: panel.url("replaceUrl", tile.dataset.id),
        body() {
          const form = new FormData();
          form.append("image", file);
          return form;
        },
        onProgress(percent) {
          const words = panel.text("percent", { percent: Math.floor(percent) });
          showState(tile, "uploading", percent, words);
        },
        onDone({ image }) {
          delete tile.dataset.busy;
          showImage(tile, image, panel.el);
          toast(panel.text("replaced"));
          resolve();
        },
        onFailed(error) {
          delete tile.dataset.busy;
          showState(tile, old);
          toast(error.body?.errors?.[0]?.message ?? error.message, { error: true });
          resolve();
        },
      }),
    );
  }

  panel.grid.addEventListener("click", async (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-replace]");
    const tile = /** @type {HTMLElement | null} */ (button?.closest("[data-tile]"));
    const file = tile && (await choose());
    if (tile && file) await panel.during(() => send(tile, file));
  });
}
