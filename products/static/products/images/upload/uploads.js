/**
 * New files: a tile at once, bytes three at a time, cancel, and a reason with Retry on failure. What
 * the server will never take has no tile but a line in a list.
 * @module
 */

import { ask } from "../../http.js";
import { toast } from "../../toasts.js";
import { onFiles } from "./files.js";
import { Refused } from "./refused.js";
import { showImage, showReason, showState } from "../tile.js";
import { UploadQueue } from "./upload_queue.js";

/** @import { Panel } from "../panel.js" */
/** @import { Upload } from "./upload_queue.js" */
/** @import { RequestError } from "../../http.js" */

/** @typedef {{ file: File, upload: Upload, isSent: boolean, isUnwanted: boolean }} Job */

/** Of this person or this moment: signed out, too slow, too often. */
const PASSING = [401, 403, 408, 425, 429];

/** What the server says of this very file comes before what it says of the request.
 * @param {RequestError} error */
export const reasonOf = (error) => error.body?.errors?.[0]?.message ?? error.message;

/** Whether the same bytes may be taken another time: not when the server itself, and nobody on the
 * way to it, has judged them. @param {RequestError} error */
export const mayPass = ({ status, body }) =>
  !body?.error || status >= 500 || PASSING.includes(status);

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
    this.refused = new Refused(panel, this.input);
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
      const words = this.panel.text("tooLarge", { limit: Math.floor(limit / 2 ** 20) });
      return this.#refuse(tile, words);
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
        if (mayPass(error)) this.#fail(tile, reasonOf(error));
        else this.#refuse(tile, reasonOf(error));
      },
    };
  }

  /** @param {HTMLElement} tile @returns {Job} */
  #job(tile) {
    return /** @type {Job} */ (this.#jobs.get(tile));
  }

  /** @param {HTMLElement} tile @param {string} reason */
  #fail(tile, reason) {
    if (this.#job(tile).isUnwanted) return;
    tile.dataset.unsent = "";
    showState(tile, "failed");
    showReason(tile, reason);
    this.panel.tell("local");
  }

  /** @param {HTMLElement} tile @param {string} reason */
  #refuse(tile, reason) {
    if (this.#job(tile).isUnwanted) return;
    this.#remove(tile);
    this.refused.add(tile.dataset.name ?? "", reason);
    this.panel.tell("local");
  }

  /** The focus goes on to the next tile's Cancel. @param {HTMLElement} tile */
  #remove(tile) {
    const hadFocus = tile.contains(document.activeElement);
    const next = this.#neighbour(tile);
    URL.revokeObjectURL(/** @type {HTMLImageElement} */ (tile.querySelector("[data-picture]")).src);
    tile.remove();
    if (hadFocus) next.focus();
  }

  /** @param {HTMLElement} tile @param {any} answer */
  #finish(tile, answer) {
    const image = answer?.images?.[0];
    if (!image) return this.#refuse(tile, answer?.errors?.[0]?.message ?? "");
    if (this.#job(tile).isUnwanted) return this.#takeBack(image.id);
    // A list may have shown it before its own answer came.
    this.panel.tile(image.id)?.remove();
    showImage(tile, image, this.panel.el);
    this.panel.poller.ask();
  }

  /** Cancelled when the server had it already; a list may show it. @param {number} id */
  async #takeBack(id) {
    this.panel.tile(id)?.remove();
    const url = this.panel.url("deleteUrl", String(id));
    await this.panel
      .during(() => ask("POST", url))
      .catch((error) => toast(error.message, { error }));
    this.panel.tell("deleted");
  }

  /** @param {HTMLElement} tile */
  #cancel(tile) {
    const job = this.#job(tile);
    job.isUnwanted = job.isSent && tile.dataset.state === "uploading";
    this.#remove(tile);
    if (job.isUnwanted) this.queue.letGo(job.upload);
    else this.queue.cancel(job.upload);
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
