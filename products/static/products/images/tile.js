/** One tile shows one IMAGE of the server, or a file on its way there. @module */

import { text } from "../texts.js";

const FRESH_MS = 2_000;

/** What a state is called on a tile: a staged image that failed before is retrying.
 * @param {any} image */
const shownState = (image) => (image.state === "staged" && image.retry_at ? "retrying" : image.state);

/** @param {HTMLElement} tile @param {string} name of a data attribute */
const part = (tile, name) => /** @type {HTMLElement | null} */ (tile.querySelector(`[data-${name}]`));

/** @param {HTMLElement} tile */
const pictureOf = (tile) => /** @type {HTMLImageElement} */ (part(tile, "picture"));

/** @param {string} state @returns {HTMLElement} */
function badgeFor(state) {
  const all = /** @type {HTMLTemplateElement} */ (document.getElementById("badges")).content;
  const badge = all.querySelector(`[data-state="${state}"]`) ?? all.firstElementChild;
  return /** @type {HTMLElement} */ (badge?.cloneNode(true));
}

/** The badge of a state; a new one only when the state changes, so that a ring goes on turning.
 * @param {HTMLElement} tile @param {string} state */
function badgeOf(tile, state) {
  const place = /** @type {HTMLElement} */ (part(tile, "badge"));
  const old = /** @type {HTMLElement | null} */ (place.querySelector("[data-state]"));
  if (old?.dataset.state === state) return old;
  const badge = badgeFor(state);
  place.replaceChildren(badge);
  return badge;
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
  const badge = badgeOf(tile, state);
  const word = /** @type {HTMLElement} */ (part(badge, "word"));
  word.textContent = words || (part(badgeFor(state), "word")?.textContent ?? "");
  const ring = /** @type {SVGElement | null} */ (badge.querySelector("[data-ring]"));
  ring?.classList.toggle("has-value", progress !== null);
  ring?.style.setProperty("--progress", String(progress ?? 0));
}

/** @param {HTMLElement} tile @param {string} reason why it failed, in words; none: it did not */
export function showReason(tile, reason) {
  const place = part(tile, "reason");
  if (place) place.textContent = reason;
}

/** Swap the picture only once the new one can be painted, so that nothing flashes.
 * @param {HTMLElement} tile @param {string} url */
export async function showPicture(tile, url) {
  const picture = pictureOf(tile);
  if (tile.dataset.shown === url || picture.getAttribute("src") === url) return;
  tile.dataset.shown = url;
  const next = new Image();
  next.src = url;
  await next.decode().catch(() => undefined);
  if (!next.naturalWidth || tile.dataset.shown !== url) return;
  const old = picture.src;
  picture.removeAttribute("data-again");
  picture.src = url;
  await picture.decode().catch(() => undefined);
  if (old.startsWith("blob:")) URL.revokeObjectURL(old);
}

/** A replaced picture has another name, and the labels of all buttons say it.
 * @param {HTMLElement} tile @param {string} name */
function showName(tile, name) {
  const old = tile.dataset.name ?? "";
  if (old === name) return;
  tile.dataset.name = name;
  /** @type {HTMLElement} */ (part(tile, "file-name")).textContent = name;
  for (const attribute of ["aria-label", "title", "download"]) {
    for (const el of tile.querySelectorAll(`[${attribute}]`)) {
      el.setAttribute(attribute, (el.getAttribute(attribute) ?? "").replace(old, () => name));
    }
  }
}

/** What a click on the picture shows. @param {HTMLElement} tile @param {any} image */
export function showLarge(tile, image) {
  const link = /** @type {HTMLAnchorElement} */ (part(tile, "open"));
  link.href = image.url;
  link.dataset.preview = image.preview_url;
  for (const side of ["width", "height"]) {
    pictureOf(tile).setAttribute(side, image[side] ?? "");
  }
}

/** @param {HTMLElement} tile @param {any} image */
function showAlt(tile, image) {
  pictureOf(tile).alt = image.alt;
  const field = /** @type {HTMLInputElement | null} */ (part(tile, "alt"));
  // What somebody is typing, or could not be saved, stays.
  if (!field || field === document.activeElement || field.value !== field.defaultValue) return;
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
  const words = percent === null ? "" : text(panel, "syncing", { percent: Math.floor(percent) });
  // The seconds until the next try are counted down by retry.js.
  if (state !== "retrying" || before !== state) showState(tile, state, percent, words);
  tile.dataset.id = image.id;
  tile.dataset.retryAt = state === "retrying" ? image.retry_at : "";
  showReason(tile, image.error?.message ?? "");
  showName(tile, image.name);
  showLarge(tile, image);
  part(tile, "original")?.setAttribute("href", image.download_url);
  showNote(tile, image);
  showAlt(tile, image);
  showPicture(tile, image.thumbnail_url || image.url);
  if (state === "synced" && before !== "synced") celebrate(tile);
}
