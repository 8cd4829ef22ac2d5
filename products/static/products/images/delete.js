/** Deletes at once with a fade, one image or several, offers Undo and moves the focus on. @module */

import { ask, RequestError } from "../http.js";
import { toast } from "../toasts.js";
import { glide } from "./order/glide.js";

/** @import { Panel } from "./panel.js" */

const FADE_MS = 150;

/**
 * Say what became of several requests: how many worked, and why if one did not.
 * @param {Panel} panel
 * @param {PromiseSettledResult<any>[]} results
 * @param {string} name of the text for one; the text for several is name + "Many"
 * @param {{ label: string, run: () => void }} [action]
 */
function report(panel, results, name, action) {
  const count = results.filter(({ status }) => status === "fulfilled").length;
  const refused = results.find((result) => result.status === "rejected");
  if (count) toast(panel.text(count > 1 ? `${name}Many` : name, { count }), { action });
  const error = refused?.reason;
  if (error instanceof RequestError) toast(error.message, { error });
}

/** @param {Panel} panel @param {string[]} restoreUrls */
export async function restore(panel, restoreUrls) {
  const all = restoreUrls.map((url) => ask("POST", url));
  report(panel, await panel.during(() => Promise.allSettled(all)), "restored");
  panel.tell("deleted");
}

/** @param {Panel} panel @param {HTMLElement[]} tiles that go */
function focusAfter(panel, tiles) {
  const all = panel.tiles;
  const at = all.indexOf(/** @type {HTMLElement} */ (tiles.at(-1)));
  const stays = (/** @type {HTMLElement} */ tile) =>
    !tiles.includes(tile) && !tile.matches(".is-leaving");
  const next = all.slice(at).find(stays) ?? all.slice(0, at).findLast(stays);
  const button = next?.querySelector(next.dataset.id ? "[data-delete]" : "[data-cancel]");
  const input = panel.el.querySelector("input[type=file]");
  /** @type {HTMLElement | null} */ (button ?? input)?.focus();
}

/** Fade and collapse. @param {Panel} panel @param {HTMLElement[]} tiles */
async function takeAway(panel, tiles) {
  for (const tile of tiles) tile.classList.add("is-leaving");
  await new Promise((resolve) => setTimeout(resolve, FADE_MS));
  glide(panel.tiles, () => tiles.forEach((tile) => (tile.hidden = true)));
  panel.tell("local");
}

/** @param {Panel} panel @param {HTMLElement} tile */
function bringBack(panel, tile) {
  tile.classList.remove("is-leaving");
  glide(panel.tiles, () => (tile.hidden = false));
}

/** @param {Panel} panel @param {HTMLElement[]} tiles of images, in order */
export async function remove(panel, tiles) {
  focusAfter(panel, tiles);
  const results = await panel.during(async () => {
    const gone = takeAway(panel, tiles);
    const asked = tiles.map((tile) => ask("POST", panel.url("deleteUrl", tile.dataset.id)));
    const answers = await Promise.allSettled(asked);
    await gone;
    tiles.forEach((tile, at) => {
      if (answers[at].status === "fulfilled") tile.remove();
      else bringBack(panel, tile);
    });
    return answers;
  });
  const urls = results.flatMap((one) => (one.status === "fulfilled" ? one.value.restore_url : []));
  const undo = () => restore(panel, urls);
  report(panel, results, "deleted", { label: panel.text("undo"), run: undo });
  panel.tell("deleted");
}

/** @param {Panel} panel */
export function connectDelete(panel) {
  panel.grid.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-delete]");
    const tile = /** @type {HTMLElement | null} */ (button?.closest("[data-tile]"));
    if (tile && !tile.matches(".is-leaving")) remove(panel, [tile]);
  });
}
