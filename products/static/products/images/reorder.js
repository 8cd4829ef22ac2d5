/** Reorder by drag, by the menu, and by the handle with the keyboard. @module */

import { announce } from "../toasts.js";
import { makeSortable } from "./sortable.js";

/** @typedef {import("./panel.js").Panel} Panel */
/** @typedef {import("./order.js").Order} Order */

/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/**
 * @param {Panel} panel
 * @param {HTMLElement} tile
 * @param {number} place counted from 0; beyond an end means that end
 */
function moveTo(panel, tile, place) {
  const others = panel.tiles.filter((other) => other !== tile);
  const at = Math.max(0, Math.min(place, others.length));
  if (at < others.length) others[at].before(tile);
  else others.at(-1)?.after(tile);
}

/** @param {Panel} panel @param {Order} order */
function connectDrag(panel, order) {
  /** @type {() => void} */
  let drop = () => undefined;
  makeSortable(panel.grid, {
    item: "[data-tile][data-id]",
    handle: "[data-handle], [data-picture]",
    onStart: () => panel.during(() => new Promise((resolve) => (drop = () => resolve(undefined)))),
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
    moveTo(panel, tile, where === "front" ? 0 : at + (where === "later" ? 1 : -1));
    tile.querySelector("summary")?.focus();
    order.save();
  });
}

/** Space picks up, arrows move, Space drops, Escape puts back. @param {Panel} panel @param {Order} order */
function connectKeys(panel, order) {
  /** @type {{ tile: HTMLElement, handle: HTMLElement, from: number, drop: () => void } | null} */
  let picked = null;

  /** @param {string} name */
  function say(name) {
    const place = panel.tiles.indexOf(/** @type {any} */ (picked).tile) + 1;
    announce(panel.text(name, { place, total: panel.tiles.length }));
  }

  /** @param {HTMLElement} handle */
  function pick(handle) {
    const tile = /** @type {HTMLElement} */ (handle.closest("[data-tile]"));
    picked = { tile, handle, from: panel.tiles.indexOf(tile), drop: () => undefined };
    const held = picked;
    panel.during(() => new Promise((resolve) => (held.drop = () => resolve(undefined))));
    tile.classList.add("is-picked");
    handle.setAttribute("aria-pressed", "true");
    say("picked");
  }

  /** @param {boolean} keep */
  function drop(keep) {
    if (!picked) return;
    const { tile, handle, from, drop: letGo } = picked;
    picked = null;
    tile.classList.remove("is-picked");
    handle.setAttribute("aria-pressed", "false");
    if (keep) order.save();
    else moveTo(panel, tile, from);
    if (!keep) announce(panel.text("putBack"));
    letGo();
  }

  /** @param {number} step */
  function move(step) {
    const { tile, handle } = /** @type {NonNullable<typeof picked>} */ (picked);
    const held = picked;
    picked = null; // moving the node blurs its handle, which is no wish to drop it
    moveTo(panel, tile, panel.tiles.indexOf(tile) + step);
    handle.focus();
    picked = held;
    say("moved");
  }

  panel.grid.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (!target.matches("[data-handle]")) return;
    const step = STEPS[event.key];
    if (event.key === " " || event.key === "Enter") picked ? drop(true) : pick(target);
    else if (picked && event.key === "Escape") drop(false);
    else if (picked && step) move(step);
    else return;
    event.preventDefault();
  });
  panel.grid.addEventListener("focusout", (event) => {
    if (event.target === picked?.handle) drop(true);
  });
}

/** @param {Panel} panel @param {Order} order */
export function connectReorder(panel, order) {
  connectDrag(panel, order);
  connectMenu(panel, order);
  connectKeys(panel, order);
}
