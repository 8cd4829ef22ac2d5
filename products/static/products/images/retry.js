/** Retry of transfers that failed: on a tile, or all at once; and the seconds until the next try. @module */

import { ask, RequestError } from "../http.js";
import { toast } from "../toasts.js";
import { showImage, showState } from "./tile.js";

/** @import { Panel } from "./panel.js" */

/** @param {Panel} panel @param {HTMLElement} tile */
async function retry(panel, tile) {
  try {
    const url = panel.url("retryUrl", tile.dataset.id);
    const { image } = await panel.during(() => ask("POST", url));
    showImage(tile, image, panel.el);
  } catch (error) {
    if (error instanceof RequestError) toast(error.message, { error });
  }
}

/** @param {Panel} panel */
function countDown(panel) {
  for (const tile of panel.tiles) {
    if (tile.dataset.state !== "retrying") continue;
    const left = Date.parse(tile.dataset.retryAt ?? "") - panel.poller.now;
    const seconds = Math.ceil(left / 1000);
    // When it is time the server decides; the badge's own word stands for that.
    showState(tile, "retrying", null, seconds > 0 ? panel.text("retrying", { seconds }) : "");
  }
}

/** @param {Panel} panel */
export function connectRetry(panel) {
  panel.grid.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-retry]");
    const tile = button?.closest("[data-tile][data-id]:not([data-busy], [data-refused])");
    if (tile) retry(panel, /** @type {HTMLElement} */ (tile));
  });
  panel.el.querySelector("[data-retry-all]")?.addEventListener("click", () => {
    for (const tile of panel.tiles) {
      const button = /** @type {HTMLElement | null} */ (tile.querySelector("[data-retry]"));
      if (tile.dataset.state === "failed" && button?.checkVisibility()) button.click();
    }
  });
  panel.el.addEventListener("images:change", () => countDown(panel));
  setInterval(countDown, 1_000, panel);
}
