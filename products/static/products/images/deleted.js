/** The "Recently deleted" list: what can still be restored, and until when. @module */

import { ask } from "../http.js";
import { stamp } from "../stamp.js";
import { language } from "../texts.js";
import { restore } from "./delete.js";

/** @typedef {import("./panel.js").Panel} Panel */

/** @param {any} image @returns {HTMLElement} */
function itemFor(image) {
  const time = new Intl.DateTimeFormat(language, { timeStyle: "short" });
  const until = time.format(new Date(image.restore_until));
  const item = stamp("deleted-image", { ...image, until });
  const picture = /** @type {HTMLImageElement} */ (item.querySelector("img"));
  picture.src = picture.dataset.src ?? "";
  return item;
}

/** @param {Panel} panel */
export function connectDeleted(panel) {
  const box = /** @type {HTMLDetailsElement | null} */ (panel.el.querySelector("[data-deleted]"));
  if (!box) return;
  const list = /** @type {HTMLElement} */ (box.querySelector("[data-deleted-list]"));
  const count = /** @type {HTMLElement} */ (box.querySelector("[data-deleted-count]"));
  let newest = 0;

  async function refresh() {
    const mine = ++newest;
    const { images } = await ask("GET", `${panel.url("url")}?deleted=1`).catch(() => ({}));
    if (!images || mine !== newest) return;
    list.replaceChildren(...images.map(itemFor));
    count.textContent = images.length.toLocaleString(language);
    box?.toggleAttribute("hidden", !images.length);
  }

  panel.el.addEventListener("images:deleted", refresh);
  box.addEventListener("toggle", () => box.open && refresh());
  list.addEventListener("click", async (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-restore]");
    const item = /** @type {HTMLElement | null} */ (button?.closest("[data-restore-url]"));
    if (!item) return;
    item.remove();
    box.querySelector("summary")?.focus();
    await restore(panel, item.dataset.restoreUrl ?? "");
  });
}
