/** The line above the grid, the banner of failures, and the milestones said aloud. @module */

import { isolated } from "../texts.js";
import { announce } from "../toasts.js";

/** @import { Panel } from "./panel.js" */
/** @typedef {{ total: number, synced: number, failed: number, pending: number }} Counts */

/** @param {Counts} counts */
function phaseOf({ pending, failed, total }) {
  if (pending) return "uploading";
  if (failed) return "failed";
  return total ? "safe" : "empty";
}

/** What the tiles show: the server's images and the files on their way to it.
 * @param {Panel} panel @returns {Counts} */
function count(panel) {
  const states = panel.tiles.map((tile) => tile.dataset.state);
  const synced = states.filter((state) => state === "synced").length;
  const failed = states.filter((state) => state === "failed").length;
  return { total: states.length, synced, failed, pending: states.length - synced - failed };
}

/** Says each milestone once: start, half, the end, and every failure. */
class Milestones {
  #half = false;

  /** @param {Panel} panel @param {string} phase */
  constructor(panel, phase) {
    this.panel = panel;
    this.phase = phase;
    this.failed = this.#failedTiles();
  }

  #failedTiles() {
    return new Set(this.panel.tiles.filter((tile) => tile.dataset.state === "failed"));
  }

  /** @param {string} phase @param {Counts} counts @param {string} words of the phase */
  reach(phase, { synced, total }, words) {
    const half = synced * 2 >= total;
    if (phase !== this.phase) announce(words);
    else if (phase === "uploading" && half && !this.#half) announce(this.panel.text("half"));
    this.#half = half;
    this.phase = phase;
    const failed = this.#failedTiles();
    for (const tile of failed) if (!this.failed.has(tile)) this.#sayFailed(tile);
    this.failed = failed;
  }

  /** @param {HTMLElement} tile */
  #sayFailed(tile) {
    const reason = tile.querySelector("[data-reason]")?.textContent ?? "";
    announce(this.panel.text("oneFailed", { name: tile.dataset.name ?? "", reason }));
  }
}

/** @param {Panel} panel */
export function connectSummary(panel) {
  /** @param {string} name */
  const part = (name) => /** @type {HTMLElement} */ (panel.el.querySelector(`[data-${name}]`));
  const line = part("summary");
  const milestones = new Milestones(panel, line.dataset.phase ?? "");

  function update() {
    const counts = count(panel);
    const phase = phaseOf(counts);
    const words = panel.text(phase, { done: counts.synced, total: counts.total });
    line.dataset.phase = phase;
    part("summary-text").textContent = words;
    part("can-close").hidden = phase !== "uploading" || panel.holdsBytes;
    milestones.reach(phase, counts, words);
    part("failures").hidden = !counts.failed;
    const names = [...milestones.failed].map((tile) => isolated(tile.dataset.name ?? ""));
    part("failed-names").textContent = names.join(", ");
  }

  for (const name of ["images:change", "images:local", "images:idle"]) {
    panel.el.addEventListener(name, update);
  }
}
