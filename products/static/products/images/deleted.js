/** The "Recently deleted" list: what can still be restored, until its undo time ends. @module */

import { ask } from "../http.js";
import { stamp } from "../stamp.js";
import { language } from "../texts.js";
import { restore } from "./delete.js";

/** @import { Panel } from "./panel.js" */

/** The longest a timer can wait. */
const LONGEST_MS = 2 ** 31 - 1;

/** @param {any} image @returns {HTMLElement} */
function itemFor(image) {
  const time = new Intl.DateTimeFormat(language, {
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  });
  const until = time.format(new Date(image.restore_until));
  const item = stamp("deleted-image", { ...image, until });
  const picture = /** @type {HTMLImageElement} */ (item.querySelector("img"));
  picture.src = picture.dataset.src ?? "";
  return item;
}

class Deleted {
  #newest = 0;
  #timer = 0;

  /** @param {Panel} panel @param {HTMLDetailsElement} box */
  constructor(panel, box) {
    this.panel = panel;
    this.box = box;
    this.list = /** @type {HTMLElement} */ (box.querySelector("[data-deleted-list]"));
    this.count = /** @type {HTMLElement} */ (box.querySelector("[data-deleted-count]"));
    panel.el.addEventListener("images:deleted", () => this.refresh());
    this.list.addEventListener("click", (event) => this.#onClick(event));
    // The server wrote its own time of day, and does not take away what expires.
    if (!box.hidden) this.refresh();
  }

  async refresh() {
    const mine = ++this.#newest;
    const { images } = await ask("GET", `${this.panel.url("url")}?deleted=1`).catch(() => ({}));
    if (!images || mine !== this.#newest) return;
    this.#show(images.map(itemFor));
    this.count.textContent = images.length.toLocaleString(language);
    this.box.hidden = !images.length;
    this.#refreshAt(images.map((/** @type {any} */ one) => Date.parse(one.restore_until)));
  }

  /** The focus stays on the image it is on. @param {HTMLElement[]} items */
  #show(items) {
    const held = this.list.querySelector("[data-restore-url]:focus-within");
    const url = /** @type {HTMLElement | null} */ (held)?.dataset.restoreUrl;
    this.list.replaceChildren(...items);
    const item = url && items.find(({ dataset }) => dataset.restoreUrl === url);
    if (item) /** @type {HTMLElement} */ (item.querySelector("[data-restore]")).focus();
  }

  /** @param {number[]} times when an undo time ends */
  #refreshAt(times) {
    clearTimeout(this.#timer);
    if (!times.length) return;
    const wait = Math.max(0, Math.min(...times) - this.panel.poller.now) + 1_000;
    this.#timer = setTimeout(() => this.refresh(), Math.min(wait, LONGEST_MS));
  }

  /** @param {Event} event */
  async #onClick(event) {
    const button = /** @type {Element} */ (event.target).closest("[data-restore]");
    const item = /** @type {HTMLElement | null} */ (button?.closest("[data-restore-url]"));
    if (!item) return;
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    const focus = next?.querySelector("[data-restore]") ?? this.panel.el.querySelector("h2");
    /** @type {HTMLElement | null} */ (focus)?.focus();
    await restore(this.panel, [item.dataset.restoreUrl ?? ""]);
  }
}

/** @param {Panel} panel */
export function connectDeleted(panel) {
  const box = /** @type {HTMLDetailsElement | null} */ (panel.el.querySelector("[data-deleted]"));
  if (box) new Deleted(panel, box);
}
