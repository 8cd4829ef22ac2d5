/** Reorder by drag, by the menu, and by the handle with the keyboard. @module */

import { announce } from "../../toasts.js";
import { makeSortable } from "./drag.js";

/** @import { Panel } from "../panel.js" */
/** @import { Order } from "./order.js" */

/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/** Held by the handle or the picture; while selecting a click on the picture means another thing. */
const HANDLE = ":is([data-handle], .images:not(.is-selecting) [data-picture])";

/** @param {Panel} panel @param {Order} order */
function connectDrag(panel, order) {
  /** @type {() => void} */
  let drop = () => undefined;
  makeSortable(panel.grid, {
    item: "[data-tile][data-id]",
    handle: HANDLE,
    onStart: () => (drop = panel.hold()),
    onEnd() {
      order.save();
      drop();
    },
  });
}

/** @param {Panel} panel @param {Order} order */
function connectMenu(panel, order) {
  panel.grid.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("[data-move]");
    const tile = /** @type {HTMLElement | null} */ (button?.closest("[data-tile]"));
    if (!tile) return;
    const at = panel.tiles.indexOf(tile);
    const where = /** @type {HTMLElement} */ (button).dataset.move;
    panel.moveTo(tile, where === "front" ? 0 : at + (where === "later" ? 1 : -1));
    tile.querySelector("summary")?.focus();
    order.save();
  });
}

/** Space picks up, arrows move, Space drops, Escape puts back. */
class Keys {
  /** @type {{ tile: HTMLElement, handle: HTMLElement, from: number, release: () => void } | null} */
  #picked = null;

  /** @param {Panel} panel @param {Order} order */
  constructor(panel, order) {
    this.panel = panel;
    this.order = order;
    panel.grid.addEventListener("keydown", (event) => this.#onKey(event));
    panel.grid.addEventListener("focusout", (event) => {
      if (event.target === this.#picked?.handle) this.#drop(true);
    });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const handle = /** @type {HTMLElement} */ (event.target);
    if (!handle.matches("[data-handle]")) return;
    const step = STEPS[event.key];
    if (event.key === " " || event.key === "Enter") this.#picked ? this.#drop(true) : this.#pick(handle);
    else if (this.#picked && event.key === "Escape") this.#drop(false);
    else if (this.#picked && step) this.#move(step);
    else return;
    event.preventDefault();
  }

  /** @param {HTMLElement} handle */
  #pick(handle) {
    const tile = /** @type {HTMLElement} */ (handle.closest("[data-tile]"));
    const from = this.panel.tiles.indexOf(tile);
    this.#picked = { tile, handle, from, release: this.panel.hold() };
    tile.classList.add("is-picked");
    handle.setAttribute("aria-pressed", "true");
    this.#say("picked", tile);
  }

  /** @param {boolean} keep */
  #drop(keep) {
    if (!this.#picked) return;
    const { tile, handle, from, release } = this.#picked;
    this.#picked = null;
    tile.classList.remove("is-picked");
    handle.setAttribute("aria-pressed", "false");
    if (keep) this.order.save();
    else {
      this.panel.moveTo(tile, from);
      handle.focus();
    }
    this.#say(keep ? "dropped" : "putBack", tile);
    release();
  }

  /** @param {number} step */
  #move(step) {
    const picked = this.#picked;
    if (!picked) return;
    this.#picked = null; // moving the node blurs its handle, which is no wish to drop it
    this.panel.moveTo(picked.tile, this.panel.tiles.indexOf(picked.tile) + step);
    picked.handle.focus();
    this.#picked = picked;
    this.#say("moved", picked.tile);
  }

  /** @param {string} name @param {HTMLElement} tile */
  #say(name, tile) {
    const { tiles } = this.panel;
    announce(this.panel.text(name, { place: tiles.indexOf(tile) + 1, total: tiles.length }));
  }
}

/** @param {Panel} panel @param {Order} order */
export function connectReorder(panel, order) {
  connectDrag(panel, order);
  connectMenu(panel, order);
  new Keys(panel, order);
}
