/** Another picture in the same place, with the same alt text. @module */

import { toast } from "../../toasts.js";
import { showImage, showPicture, showReason, showState } from "../tile.js";
import { UploadQueue } from "./upload_queue.js";
import { mayPass, reasonOf } from "./uploads.js";

/** @import { Panel } from "../panel.js" */
/** @import { Upload } from "./upload_queue.js" */
/** @import { RequestError } from "../../http.js" */
/** @typedef {{ file: File, upload: Upload, release: () => void }} Job */

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

/** @param {HTMLElement} tile */
function forget(tile) {
  for (const name of ["busy", "refused", "unsent"]) delete tile.dataset[name];
}

/**
 * While its new picture travels a tile is `data-busy`, and `data-refused` when that failed: until
 * then the state of the old one waits.
 */
class Replacements {
  /** @type {WeakMap<HTMLElement, Job>} */
  #jobs = new WeakMap();

  /** @param {Panel} panel */
  constructor(panel) {
    this.panel = panel;
    this.queue = new UploadQueue(() => panel.tell("idle"));
    panel.grid.addEventListener("click", (event) => this.#onClick(event));
  }

  /** @param {HTMLElement} tile @param {File} file */
  #start(tile, file) {
    const upload = this.#uploadOf(tile, file);
    this.#jobs.set(tile, { file, upload, release: this.panel.hold() });
    forget(tile);
    tile.dataset.busy = "";
    showPicture(tile, URL.createObjectURL(file));
    showState(tile, "uploading", 0, this.panel.text("percent", { percent: 0 }));
    showReason(tile, "");
    this.queue.add(upload);
    this.panel.tell("local");
  }

  /** @param {HTMLElement} tile @param {File} file @returns {Upload} */
  #uploadOf(tile, file) {
    return {
      url: async () => this.panel.url("replaceUrl", tile.dataset.id),
      body() {
        const form = new FormData();
        form.append("image", file);
        return form;
      },
      onProgress: (percent) => {
        const words = this.panel.text("percent", { percent: Math.floor(percent) });
        showState(tile, "uploading", percent, words);
      },
      onDone: ({ image }) => {
        forget(tile);
        showImage(tile, image, this.panel.el);
        this.#end(tile);
        toast(this.panel.text("replaced"));
        this.panel.tell("deleted");
      },
      onFailed: (error) => this.#fail(tile, error),
    };
  }

  /** @param {HTMLElement} tile */
  #end(tile) {
    this.#jobs.get(tile)?.release();
    this.panel.tell("local");
  }

  /** @param {HTMLElement} tile @param {RequestError} error */
  #fail(tile, error) {
    forget(tile);
    tile.dataset.refused = "";
    if (mayPass(error)) tile.dataset.unsent = "";
    showState(tile, "failed");
    showReason(tile, this.panel.text("notReplaced", { reason: reasonOf(error) }));
    this.#end(tile);
  }

  /** The old picture comes back, with its state. @param {HTMLElement} tile @param {Job} job */
  #giveUp(tile, job) {
    const isUnderWay = tile.matches("[data-busy]");
    forget(tile);
    this.panel.showKnown(tile);
    if (isUnderWay) {
      this.queue.cancel(job.upload);
      this.#end(tile);
    }
    this.panel.tell("local");
    /** @type {HTMLElement | null} */ (tile.querySelector(".menu > summary"))?.focus();
  }

  /** @param {Event} event */
  async #onClick(event) {
    const target = /** @type {Element} */ (event.target);
    const tile = /** @type {HTMLElement | null} */ (target.closest("[data-tile][data-id]"));
    if (!tile) return;
    const job = tile.matches("[data-busy], [data-refused]") && this.#jobs.get(tile);
    if (job && target.closest("[data-retry]")) this.#start(tile, job.file);
    else if (job && target.closest("[data-cancel]")) this.#giveUp(tile, job);
    else if (target.closest("[data-replace]")) {
      const file = await choose();
      if (file) this.#start(tile, file);
    }
  }
}

/** @param {Panel} panel */
export function connectReplace(panel) {
  new Replacements(panel);
}
