/** The enlarged view: one picture of the product at a time, in a dialog. @module */

import { ask } from "../../http.js";
import { text } from "../../texts.js";
import { showLarge } from "../tile.js";
import { onSwipe } from "./swipe.js";

/** As large as the server makes previews: nothing is shown larger than it is. */
const LARGEST = 1600;
/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

/** @param {HTMLElement} link @returns {HTMLImageElement} of the tile */
const smallOf = (link) => /** @type {HTMLImageElement} */ (link.querySelector("img"));

/** Whether the tile shows a file of this computer: one that is on its way to the server.
 * @param {HTMLAnchorElement} link */
const isLocal = (link) => smallOf(link).src.startsWith("blob:");

/** As it is typed, where it can be. @param {HTMLElement} tile */
function altOf(tile) {
  const field = /** @type {HTMLInputElement | null} */ (tile.querySelector("[data-alt]"));
  return field?.value ?? tile.querySelector("img")?.alt ?? "";
}

/** @returns {HTMLAnchorElement[]} of all tiles that show a picture, in order */
function links() {
  const found = document.querySelectorAll("[data-tiles] > [data-tile]:not([hidden]) a[data-open]");
  return [...found]
    .map((link) => /** @type {HTMLAnchorElement} */ (link))
    .filter((link) => smallOf(link).hasAttribute("src"));
}

/** Signed addresses end while a page is open: take fresh ones for all tiles. */
async function renew() {
  const panel = /** @type {HTMLElement} */ (document.querySelector("[data-images]"));
  const { images } = await ask("GET", panel.dataset.url ?? "").catch(() => ({ images: [] }));
  for (const link of links().filter((link) => !isLocal(link))) {
    const tile = /** @type {HTMLElement} */ (link.closest("[data-tile]"));
    const image = images.find((/** @type {any} */ { id }) => String(id) === tile.dataset.id);
    if (image) showLarge(tile, image);
  }
}

class Enlarged {
  /** @type {HTMLAnchorElement | null} of the tile whose picture is shown */
  #link = null;
  #at = 0;

  /** @param {HTMLDialogElement} el */
  constructor(el) {
    this.el = el;
    this.picture = /** @type {HTMLImageElement} */ (el.querySelector("img"));
    const stage = /** @type {HTMLElement} */ (el.querySelector("[data-stage]"));
    el.addEventListener("click", (event) => {
      const target = /** @type {Element} */ (event.target);
      const step = target.closest("[data-step]");
      if (step) this.#step(Number(/** @type {HTMLElement} */ (step).dataset.step));
      else if (target === stage || target.closest("[data-close]")) el.close();
    });
    el.addEventListener("keydown", (event) => {
      if (!STEPS[event.key]) return;
      event.preventDefault();
      this.#step(STEPS[event.key]);
    });
    el.addEventListener("close", () => this.#giveFocusBack());
    onSwipe(stage, (step) => this.#step(step));
  }

  /** @param {HTMLAnchorElement} link */
  show(link) {
    const all = links();
    this.#link = link;
    this.#at = all.indexOf(link);
    this.#part("place").textContent = text(this.el, "place", {
      place: this.#at + 1,
      total: all.length,
    });
    for (const button of this.el.querySelectorAll("[data-step]")) {
      /** @type {HTMLElement} */ (button).hidden = all.length < 2;
    }
    this.#describe(link);
    this.#load(link);
    if (!this.el.open) this.el.showModal();
  }

  /** @param {string} name @returns {HTMLElement} */
  #part(name) {
    return /** @type {HTMLElement} */ (this.el.querySelector(`[data-${name}]`));
  }

  /** @param {HTMLAnchorElement} link */
  #describe(link) {
    const tile = /** @type {HTMLElement} */ (link.closest("[data-tile]"));
    const alt = altOf(tile);
    this.#leadToOriginal(link);
    this.picture.alt = alt;
    this.#part("name").textContent = tile.dataset.name ?? "";
    this.#part("words").textContent = alt;
  }

  /** @param {HTMLAnchorElement} link */
  #leadToOriginal(link) {
    const original = /** @type {HTMLAnchorElement} */ (this.#part("original"));
    original.href = isLocal(link) ? smallOf(link).src : link.href;
  }

  /** First what the tile has, in the size of what comes. @param {HTMLAnchorElement} link */
  async #load(link) {
    const small = smallOf(link);
    this.#fit(link);
    this.picture.src = small.currentSrc || small.src;
    if ((await this.#loadLarge(link)) || link !== this.#link) return;
    await renew();
    if (link !== this.#link) return;
    this.#leadToOriginal(link);
    await this.#loadLarge(link);
  }

  /** @param {HTMLAnchorElement} link @returns {Promise<boolean>} whether it came */
  async #loadLarge(link) {
    const { src } = smallOf(link);
    const source = isLocal(link) ? src : (link.dataset.preview ?? src);
    const large = new Image();
    large.src = source;
    await large.decode().catch(() => undefined);
    if (large.naturalWidth && link === this.#link) this.picture.src = source;
    return large.naturalWidth > 0;
  }

  /** @param {HTMLAnchorElement} link */
  #fit(link) {
    const sides = ["width", "height"];
    const small = smallOf(link);
    const known = isLocal(link) ? [] : sides.map((side) => Number(small.getAttribute(side)));
    const scale = Math.min(1, LARGEST / Math.max(...known));
    sides.forEach((side, at) => {
      if (known[at]) this.picture.setAttribute(side, String(Math.round(known[at] * scale)));
      else this.picture.removeAttribute(side);
    });
  }

  /** To the next or the previous one, round and round. What was shown may be gone meanwhile.
   * @param {number} step */
  #step(step) {
    const all = links();
    const at = this.#link ? all.indexOf(this.#link) : -1;
    const next = at >= 0 ? at + step : this.#at - (step < 0 ? 1 : 0);
    if (all.length) this.show(all[(next + all.length) % all.length]);
    else this.el.close();
  }

  #giveFocusBack() {
    const all = links();
    const isThere = this.#link && all.includes(this.#link);
    const link = isThere ? this.#link : all[Math.min(this.#at, all.length - 1)];
    this.#link = null;
    this.picture.removeAttribute("src");
    /** @type {HTMLElement | null} */ (link ?? document.getElementById("images-title"))?.focus();
  }
}

const dialog = /** @type {HTMLDialogElement} */ (document.querySelector("[data-enlarged]"));
const enlarged = new Enlarged(dialog);

/** @param {HTMLAnchorElement} link of a tile that shows a picture */
export const show = (link) => enlarged.show(link);
