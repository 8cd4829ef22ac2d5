/** New files: a tile at once, bytes three at a time, cancel, and a reason with Retry on failure. @module */

import { announce } from "../toasts.js";
import { onFiles } from "./files.js";
import { showImage, showState } from "./tile.js";
import { UploadQueue } from "./upload_queue.js";

/** @typedef {import("./panel.js").Panel} Panel */

/** @param {Panel} panel */
export function connectUploads(panel) {
  /** @type {WeakMap<HTMLElement, { file: File, upload: import("./upload_queue.js").Upload }>} */
  const jobs = new WeakMap();
  /** @type {() => void} */
  let release = () => undefined;

  const queue = new UploadQueue(() => {
    panel.el.classList.remove("is-uploading");
    release();
    panel.el.dispatchEvent(new Event("images:idle", { bubbles: true }));
  });

  const changed = () => panel.el.dispatchEvent(new Event("images:local"));

  /** @param {HTMLElement} tile @param {string} reason */
  function fail(tile, reason) {
    showState(tile, "failed");
    /** @type {HTMLElement} */ (tile.querySelector("[data-reason]")).textContent = reason;
    announce(panel.text("oneFailed", { name: tile.dataset.name ?? "", reason }));
    changed();
  }

  /** @param {HTMLElement} tile @param {any} answer */
  function finish(tile, answer) {
    const image = answer?.images?.[0];
    if (!image) return fail(tile, answer?.errors?.[0]?.message ?? "");
    // A list may have shown it before its own answer came.
    panel.tile(image.id)?.remove();
    showImage(tile, image, panel.el);
    panel.poller.ask();
  }

  /** @param {HTMLElement} tile @param {File} file */
  function uploadOf(tile, file) {
    return {
      url: panel.url("url"),
      body() {
        const form = new FormData();
        form.append("position", String(panel.tiles.indexOf(tile)));
        form.append("images", file);
        return form;
      },
      /** @param {number} percent */
      onProgress(percent) {
        const words = panel.text("percent", { percent: Math.floor(percent) });
        showState(tile, "uploading", percent, words);
      },
      /** @param {any} answer */
      onDone: (answer) => finish(tile, answer),
      /** @param {import("../http.js").RequestError} error */
      onFailed: (error) => fail(tile, error.body?.errors?.[0]?.message ?? error.message),
    };
  }

  /** @param {HTMLElement} tile @param {File} file */
  function start(tile, file) {
    const limit = Number(panel.el.dataset.maxBytes);
    const upload = uploadOf(tile, file);
    jobs.set(tile, { file, upload });
    if (file.size > limit) {
      fail(tile, panel.text("tooLarge", { limit: Math.floor(limit / 2 ** 20) }));
      return;
    }
    if (!queue.size) {
      panel.el.classList.add("is-uploading");
      panel.during(() => new Promise((resolve) => (release = () => resolve(undefined))));
    }
    showState(tile, "uploading", 0, panel.text("percent", { percent: 0 }));
    queue.add(upload);
  }

  /** @param {File} file */
  function add(file) {
    const tile = panel.append(file.name);
    const picture = /** @type {HTMLImageElement} */ (tile.querySelector("[data-picture]"));
    picture.src = URL.createObjectURL(file);
    // A browser that cannot show the format shows an empty tile, no broken picture.
    picture.addEventListener("error", () => picture.removeAttribute("src"), { once: true });
    start(tile, file);
  }

  const input = /** @type {HTMLInputElement} */ (panel.el.querySelector("input[type=file]"));
  onFiles(panel.el, input, (files) => {
    files.forEach(add);
    input.value = "";
    changed();
  });

  /** @param {HTMLElement} tile @param {import("./upload_queue.js").Upload} upload */
  function drop(tile, upload) {
    tile.remove();
    queue.cancel(upload);
    input.focus();
  }

  panel.grid.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const tile = /** @type {HTMLElement | null} */ (target.closest("[data-tile]:not([data-id])"));
    const job = tile && jobs.get(tile);
    if (!tile || !job) return;
    if (target.closest("[data-retry]")) start(tile, job.file);
    else if (target.closest("[data-cancel]")) drop(tile, job.upload);
    changed();
  });
}
