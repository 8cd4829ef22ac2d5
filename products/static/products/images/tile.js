/** One tile shows one IMAGE of the server, or a file on its way there. @module */

import { text } from "../texts.js";

const FRESH_MS = 2_200;

/** What a state is called on a tile: a staged image that failed before is retrying.
 * @param {any} image */
const shownState = (image) => (image.state === "staged" && image.retry_at ? "retrying" : image.state);

/** @param {string} state @returns {HTMLElement} */
function badgeFor(state) {
  const all = /** @type {HTMLTemplateElement} */ (document.getElementById("badges")).content;
  const badge = all.querySelector(`[data-state="${state}"]`) ?? all.firstElementChild;
  return /** @type {HTMLElement} */ (badge?.cloneNode(true));
}

/**
 * Show a state: icon, word and colour, the ring with a number where one is known.
 * @param {HTMLElement} tile
 * @param {string} state
 * @param {number | null} [progress] 0 to 100
 * @param {string} [words] instead of the badge's own
 */
export function showState(tile, state, progress = null, words = "") {
  tile.dataset.state = state;
  const place = /** @type {HTMLElement} */ (tile.querySelector("[data-badge]"));
  let badge = /** @type {HTMLElement | null} */ (place.querySelector("[data-state]"));
  if (badge?.dataset.state !== state) {
    badge = badgeFor(state);
    place.replaceChildren(badge);
  }
  if (words) /** @type {HTMLElement} */ (badge.querySelector("[data-word]")).textContent = words;
  const ring = /** @type {SVGElement | null} */ (badge.querySelector("[data-ring]"));
  ring?.classList.toggle("has-value", progress !== null);
  ring?.style.setProperty("--progress", String(progress ?? 0));
}

/** Swap the picture only once the new one can be painted, so that nothing flashes.
 * @param {HTMLElement} tile @param {string} url */
export async function showPicture(tile, url) {
  const picture = /** @type {HTMLImageElement} */ (tile.querySelector("[data-picture]"));
  if (tile.dataset.shown === url || picture.getAttribute("src") === url) return;
  tile.dataset.shown = url;
  const next = new Image();
  next.src = url;
  await next.decode().catch(() => undefined);
  if (!next.naturalWidth || tile.dataset.shown !== url) return;
  const old = picture.src;
  picture.src = url;
  if (old.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(old), 1_000);
}

/** @param {HTMLElement} tile @param {any} image */
function showAlt(tile, image) {
  const picture = /** @type {HTMLImageElement} */ (tile.querySelector("[data-picture]"));
  const field = /** @type {HTMLInputElement | null} */ (tile.querySelector("[data-alt]"));
  picture.alt = image.alt;
  if (!field || field === document.activeElement) return;
  field.value = field.defaultValue = image.alt;
}

/** Damage inside the picture is found after its transfer, by the thumbnail.
 * @param {HTMLElement} tile @param {any} image */
function showNote(tile, image) {
  const note = /** @type {HTMLElement} */ (tile.querySelector("[data-note]"));
  note.hidden = !image.thumbnail_error;
  /** @type {HTMLElement} */ (note.querySelector("[data-note-text]")).textContent =
    image.thumbnail_error?.message ?? "";
}

/** @param {HTMLElement} tile */
function celebrate(tile) {
  tile.classList.add("is-fresh");
  setTimeout(() => tile.classList.remove("is-fresh"), FRESH_MS);
}

/**
 * @param {HTMLElement} tile
 * @param {any} image an IMAGE of the server
 * @param {HTMLElement} panel carries the texts
 */
export function showImage(tile, image, panel) {
  const before = tile.dataset.state;
  const state = shownState(image);
  const percent = state === "transferring" ? image.progress : null;
  const words = percent === null ? "" : text(panel, "syncing", { percent: Math.round(percent) });
  showState(tile, state, percent, words);
  tile.dataset.id = image.id;
  tile.dataset.retryAt = state === "retrying" ? image.retry_at : "";
  /** @type {HTMLElement} */ (tile.querySelector("[data-reason]")).textContent =
    image.error?.message ?? "";
  /** @type {HTMLAnchorElement | null} */ (tile.querySelector("[data-original]"))?.setAttribute(
    "href",
    image.url,
  );
  showNote(tile, image);
  showAlt(tile, image);
  showPicture(tile, image.thumbnail_url || image.url);
  if (state === "synced" && before !== "synced") celebrate(tile);
}
