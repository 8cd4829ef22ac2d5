/** The images of one product as the page knows them: tiles in order, and the server's word on each. @module */

import { stamp } from "../stamp.js";
import { text } from "../texts.js";
import { Poller } from "./poller.js";
import { showImage } from "./tile.js";

/**
 * Behaviours meet here. The element sends `images:change` with the answer after each one, and
 * `images:idle` when the last upload has ended.
 */
export class Panel {
  /** Changes of ours under way: until they are answered the server's list may be behind. */
  #holds = 0;

  /** @param {HTMLElement} el */
  constructor(el) {
    this.el = el;
    this.grid = /** @type {HTMLElement} */ (el.querySelector("[data-tiles]"));
    this.poller = new Poller(this.url("url"), (answer) => this.show(answer));
  }

  /** @returns {HTMLElement[]} all, also those whose file is still on its way */
  get tiles() {
    return [...this.grid.querySelectorAll(":scope > [data-tile]")].map(
      (tile) => /** @type {HTMLElement} */ (tile),
    );
  }

  /** @returns {number[]} of the images that the server has, in the order shown */
  get ids() {
    return this.tiles.filter((tile) => tile.dataset.id).map((tile) => Number(tile.dataset.id));
  }

  /** @param {number} id @returns {HTMLElement | null} */
  tile(id) {
    return this.grid.querySelector(`:scope > [data-id="${id}"]`);
  }

  /** @param {string} name of a data-…-url attribute @param {string} [id] of an image */
  url(name, id = "") {
    return (this.el.dataset[name] ?? "").replace("/0/", `/${id}/`);
  }

  /** @param {string} name @param {Record<string, string | number>} [values] */
  text(name, values) {
    return text(this.el, name, values);
  }

  /**
   * Do something that the server will answer for. Meanwhile its lists may change states, but
   * neither add, remove nor move tiles; afterwards it is asked anew.
   * @template T @param {() => Promise<T>} work @returns {Promise<T>}
   */
  async during(work) {
    this.#holds += 1;
    try {
      return await work();
    } finally {
      this.#holds -= 1;
      this.poller.ask();
    }
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
    for (const image of answer.images) {
      const tile = this.tile(image.id) ?? (this.#holds ? null : this.append(image.name));
      if (tile && !tile.matches("[data-busy]")) showImage(tile, image, this.el);
    }
    if (!this.#holds) this.#adopt(answer.images.map((/** @type {any} */ image) => image.id));
    this.el.dispatchEvent(new CustomEvent("images:change", { detail: answer, bubbles: true }));
  }

  /** Take away what the server no longer has. @param {number[]} ids */
  #adopt(ids) {
    for (const tile of this.tiles) {
      if (tile.dataset.id && !ids.includes(Number(tile.dataset.id))) tile.remove();
    }
    this.arrange(ids);
  }

  /** Put the tiles of these images first, in this order. @param {number[]} ids */
  arrange(ids) {
    const wanted = ids.map((id) => this.tile(id)).filter((tile) => tile !== null);
    const same = wanted.every((tile, at) => tile.dataset.id === String(this.ids[at]));
    if (!same) this.grid.prepend(...wanted);
  }
}
