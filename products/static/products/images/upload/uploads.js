/** New files: a tile at once, bytes three at a time, cancel, and a reason with Retry on failure. @module */

import { ask } from "../../http.js";
import { toast } from "../../toasts.js";
import { onFiles } from "./files.js";
import { showImage, showReason, showState } from "../tile.js";
import { UploadQueue } from "./upload_queue.js";

/** @import { Panel } from "../panel.js" */
/** @import { Upload } from "./upload_queue.js" */
/** @import { RequestError } from "../../http.js" */

/** @typedef {{ file: File, upload: Upload, isSent: boolean, isUnwanted: boolean }} Job */

/** What the server says of this very file comes before what it says of the request.
 * @param {RequestError} error */
export const reasonOf = (error) => error.body?.errors?.[0]?.message ?? error.message;

/** Whether the same bytes may be taken another time: not when the server has looked at them.
 * @param {RequestError} error */
export const mayPass = ({ status }) => !status || status >= 500 || status === 401 || status === 403;

class Uploads {
  /** @type {WeakMap<HTMLElement, Job>} */
  #jobs = new WeakMap();
  /** @type {() => void} */
  #release = () => undefined;

  /** @param {Panel} panel */
  constructor(panel) {
    this.panel = panel;
    this.input = /** @type {HTMLInputElement} */ (panel.el.querySelector("input[type=file]"));
    this.queue = new UploadQueue(() => this.#rest());
    onFiles(panel.el, this.input, (files) => this.#take(files));
    panel.grid.addEventListener("click", (event) => this.#onClick(event));
    panel.el.closest("form")?.addEventListener("form:save", () => this.#sendAgain());
  }

  /** Save means everything: also what could not travel before. */
  #sendAgain() {
    for (const tile of this.panel.tiles) {
      if (tile.matches("[data-unsent]:not([data-id])")) this.#start(tile, this.#job(tile).file);
    }
  }

  #rest() {
    this.panel.el.classList.remove("is-uploading");
    this.panel.tell("idle");
    this.#release();
    this.#release = () => undefined;
  }

  /** @param {File[]} files */
  #take(files) {
    for (const file of files) this.#start(this.#tileFor(file), file);
    this.input.value = "";
    this.panel.tell("local");
  }

  /** @param {File} file */
  #tileFor(file) {
    const tile = this.panel.append(file.name);
    const picture = /** @type {HTMLImageElement} */ (tile.querySelector("[data-picture]"));
    // A browser that cannot show the format shows an empty tile, no broken picture.
    picture.addEventListener("error", () => picture.removeAttribute("src"), { once: true });
    picture.src = URL.createObjectURL(file);
    picture.closest("a")?.setAttribute("href", picture.src);
    return tile;
  }

  /** @param {HTMLElement} tile @param {File} file */
  #start(tile, file) {
    const upload = this.#uploadOf(tile, file);
    this.#jobs.set(tile, { file, upload, isSent: false, isUnwanted: false });
    delete tile.dataset.unsent;
    const limit = Number(this.panel.el.dataset.maxBytes);
    if (file.size > limit) {
      this.#fail(tile, this.panel.text("tooLarge", { limit: Math.floor(limit / 2 ** 20) }));
      return;
    }
    if (!this.queue.size) {
      this.panel.el.classList.add("is-uploading");
      this.#release = this.panel.hold();
    }
    showState(tile, "uploading", 0, this.panel.text("percent", { percent: 0 }));
    showReason(tile, "");
    this.queue.add(upload);
  }

  /** @param {HTMLElement} tile @param {File} file @returns {Upload} */
  #uploadOf(tile, file) {
    return {
      url: () => this.panel.uploadUrl(),
      body: () => {
        const form = new FormData();
        form.append("position", String(this.panel.tiles.indexOf(tile)));
        form.append("images", file);
        return form;
      },
      onProgress: (percent) => {
        this.#job(tile).isSent = percent >= 100;
        const words = this.panel.text("percent", { percent: Math.floor(percent) });
        showState(tile, "uploading", percent, words);
      },
      onDone: (answer) => this.#finish(tile, answer),
      onFailed: (error) => {
        if (mayPass(error)) tile.dataset.unsent = "";
        this.#fail(tile, reasonOf(error));
      },
    };
  }

  /** @param {HTMLElement} tile @returns {Job} */
  #job(tile) {
    return /** @type {Job} */ (this.#jobs.get(tile));
  }

  /** @param {HTMLElement} tile @param {string} reason */
  #fail(tile, reason) {
    if (this.#job(tile).isUnwanted) return tile.remove();
    showState(tile, "failed");
    showReason(tile, reason);
    this.panel.tell("local");
  }

  /** @param {HTMLElement} tile @param {any} answer */
  #finish(tile, answer) {
    const image = answer?.images?.[0];
    if (!image) return this.#fail(tile, answer?.errors?.[0]?.message ?? "");
    if (this.#job(tile).isUnwanted) return this.#takeBack(tile, image.id);
    // A list may have shown it before its own answer came.
    this.panel.tile(image.id)?.remove();
    showImage(tile, image, this.panel.el);
    this.panel.poller.ask();
  }

  /** Cancelled when the server had it already. @param {HTMLElement} tile @param {number} id */
  async #takeBack(tile, id) {
    tile.remove();
    const url = this.panel.url("deleteUrl", String(id));
    await this.panel
      .during(() => ask("POST", url))
      .catch((error) => toast(error.message, { error: true }));
    this.panel.tell("deleted");
  }

  /** @param {HTMLElement} tile */
  #cancel(tile) {
    const job = this.#job(tile);
    const isUnderWay = tile.dataset.state === "uploading";
    const next = this.#neighbour(tile);
    const picture = /** @type {HTMLImageElement} */ (tile.querySelector("[data-picture]"));
    URL.revokeObjectURL(picture.src);
    if (isUnderWay && job.isSent) {
      job.isUnwanted = true;
      tile.hidden = true;
    } else {
      tile.remove();
      this.queue.cancel(job.upload);
    }
    next.focus();
  }

  /** What to go on with when a tile is gone: the next one's Cancel. @param {HTMLElement} tile */
  #neighbour(tile) {
    const tiles = this.panel.tiles;
    const next = tiles[tiles.indexOf(tile) + 1];
    const button = next?.querySelector(":scope:not([data-id]) .tile__frame [data-cancel]");
    return /** @type {HTMLElement} */ (button ?? this.input);
  }

  /** @param {Event} event */
  #onClick(event) {
    const target = /** @type {Element} */ (event.target);
    const tile = /** @type {HTMLElement | null} */ (target.closest("[data-tile]:not([data-id])"));
    const job = tile && this.#jobs.get(tile);
    if (!tile || !job) return;
    if (target.closest("[data-retry]")) this.#start(tile, job.file);
    else if (target.closest("[data-cancel]")) this.#cancel(tile);
    this.panel.tell("local");
  }
}

/** @param {Panel} panel */
export function connectUploads(panel) {
  new Uploads(panel);
  // The save bar warns while files travel; those that could not travel would be lost as well.
  addEventListener("beforeunload", (event) => {
    if (panel.holdsBytes) event.preventDefault();
  });
}
