/** The images of one product as the page knows them: tiles in order, and the server's word on each. @module */

import { stamp } from "../stamp.js";
import { text } from "../texts.js";
import { toast } from "../toasts.js";
import { glide } from "./order/glide.js";
import { Poller } from "./poller.js";
import { showImage } from "./tile.js";
import { makeUnsaved } from "./unsaved.js";

/**
 * Behaviours meet here. The element sends `images:change` with the answer after each one,
 * `images:local` when a tile changed that only this page knows of, `images:deleted` when the list
 * of deleted images may have changed, `images:idle` when the last upload has ended, and
 * `images:rest` when nothing of ours is under way any more (until then the element `is-held`).
 */
export class Panel {
  /** Changes of ours under way: until they are answered the server's list may be behind. */
  #holds = 0;
  /** @type {Map<string, any>} the last IMAGE of each id */
  #known = new Map();
  /** @type {Promise<void> | null} */
  #making = null;

  /** @param {HTMLElement} el */
  constructor(el) {
    this.el = el;
    this.grid = /** @type {HTMLElement} */ (el.querySelector("[data-tiles]"));
    this.poller = new Poller(() => this.url("url"), {
      onAnswer: (answer) => this.show(answer),
      onRefused: (error) => toast(error.message, { error }),
    });
  }

  /** @returns {HTMLElement[]} all, also those whose file is still on its way */
  get tiles() {
    return [...this.grid.querySelectorAll(":scope > [data-tile]:not([hidden])")].map(
      (tile) => /** @type {HTMLElement} */ (tile),
    );
  }

  /** @returns {number[]} of the images that the server has, in the order shown */
  get ids() {
    return this.tiles.filter((tile) => tile.dataset.id).map((tile) => Number(tile.dataset.id));
  }

  /** Whether a file is here and not on the server. */
  get holdsBytes() {
    return this.el.matches(".is-uploading, :has([data-busy], [data-unsent])");
  }

  /** @param {number} id @returns {HTMLElement | null} */
  tile(id) {
    return this.grid.querySelector(`:scope > [data-id="${id}"]`);
  }

  /** @param {string} name of a data-…-url attribute @param {string} [id] of an image */
  url(name, id = "") {
    return (this.el.dataset[name] ?? "").replace("/0/", `/${id}/`);
  }

  /** Where new files go. A new product has no such place before its first file.
   * @returns {Promise<string>} */
  async uploadUrl() {
    if (!this.url("url")) {
      this.#making ??= makeUnsaved(this.el).finally(() => (this.#making = null));
      await this.#making;
    }
    return this.url("url");
  }

  /** @param {string} name @param {Record<string, string | number>} [values] */
  text(name, values) {
    return text(this.el, name, values);
  }

  /** @param {"local" | "deleted" | "idle" | "rest"} what */
  tell(what) {
    this.el.dispatchEvent(new Event(`images:${what}`, { bubbles: true }));
  }

  /**
   * Do something that the server will answer for. Meanwhile its lists may change states, but
   * neither add, remove nor move tiles; afterwards it is asked anew.
   * @template T @param {() => Promise<T>} work @returns {Promise<T>}
   */
  async during(work) {
    const release = this.hold();
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** The same with an open end. @returns {() => void} call it once, at the end */
  hold() {
    this.#holds += 1;
    this.el.classList.add("is-held");
    return () => {
      this.#holds -= 1;
      this.poller.ask();
      if (this.#holds) return;
      this.el.classList.remove("is-held");
      this.tell("rest");
    };
  }

  /** @param {string} name of the file @returns {HTMLElement} a new last tile */
  append(name) {
    const tile = stamp("tile", { name });
    const add = this.grid.querySelector("[data-add]");
    this.grid.insertBefore(tile, add);
    return tile;
  }

  /** @param {any} answer of GET images */
  show(answer) {
    for (const image of answer.images) this.#showOne(image);
    if (!this.#holds) this.#adopt(answer.images.map((/** @type {any} */ image) => image.id));
    this.el.dispatchEvent(new CustomEvent("images:change", { detail: answer, bubbles: true }));
  }

  /** @param {any} image */
  #showOne(image) {
    this.#known.set(String(image.id), image);
    const tile = this.tile(image.id) ?? (this.#holds ? null : this.append(image.name));
    if (tile && !tile.matches("[data-busy], [data-refused]")) showImage(tile, image, this.el);
  }

  /** Show again what the server said last. @param {HTMLElement} tile */
  showKnown(tile) {
    const image = this.#known.get(tile.dataset.id ?? "");
    if (image) showImage(tile, image, this.el);
  }

  /** Take away what the server no longer has. @param {number[]} ids */
  #adopt(ids) {
    const gone = this.tiles.filter(
      ({ dataset }) => dataset.id && !ids.includes(Number(dataset.id)),
    );
    if (gone.length) glide(this.tiles, () => gone.forEach((tile) => tile.remove()));
    this.arrange(ids);
  }

  /** Put the tiles of these images first, in this order. @param {number[]} ids */
  arrange(ids) {
    const wanted = ids.map((id) => this.tile(id)).filter((tile) => tile !== null);
    const same = wanted.every((tile, at) => tile.dataset.id === String(this.ids[at]));
    if (!same) glide(this.tiles, () => this.grid.prepend(...wanted));
  }

  /** @param {HTMLElement} tile @param {number} place from 0; beyond an end means that end */
  moveTo(tile, place) {
    const others = this.tiles.filter((other) => other !== tile);
    const at = Math.max(0, Math.min(place, others.length));
    glide(this.tiles, () => {
      if (at < others.length) others[at].before(tile);
      else others.at(-1)?.after(tile);
    });
  }
}
