/** The line above the grid, the banner of failures, and the milestones said aloud. @module */

import { announce } from "../toasts.js";

/** @typedef {import("./panel.js").Panel} Panel */

/** @param {{ pending: number, failed: number, total: number }} counts */
function phaseOf({ pending, failed, total }) {
  if (pending) return "uploading";
  if (failed) return "failed";
  return total ? "safe" : "empty";
}

/** @param {Panel} panel */
export function connectSummary(panel) {
  /** @param {string} name */
  const part = (name) => /** @type {HTMLElement} */ (panel.el.querySelector(`[data-${name}]`));
  const line = part("summary");
  /** @type {{ phase: string, half: boolean, failed: Set<string> }} */
  let said = { phase: line.dataset.phase ?? "", half: false, failed: failedNames() };

  function failedNames() {
    const failed = panel.tiles.filter((tile) => tile.dataset.state === "failed");
    return new Set(failed.map((tile) => tile.dataset.name ?? ""));
  }

  /** What the tiles show: the server's images and the files on their way to it. */
  function counts() {
    const states = panel.tiles.map((tile) => tile.dataset.state);
    const synced = states.filter((state) => state === "synced").length;
    const failed = states.filter((state) => state === "failed").length;
    return { total: states.length, synced, failed, pending: states.length - synced - failed };
  }

  /** @param {string} phase @param {{ synced: number, total: number }} now @param {string} words */
  function speak(phase, now, words) {
    const half = now.synced * 2 >= now.total;
    if (phase !== said.phase) announce(words);
    else if (phase === "uploading" && half && !said.half) announce(panel.text("half"));
    for (const name of failedNames()) {
      const tile = panel.tiles.find((one) => one.dataset.name === name);
      if (said.failed.has(name) || !tile?.dataset.id) continue;
      const reason = tile.querySelector("[data-reason]")?.textContent ?? "";
      announce(panel.text("oneFailed", { name, reason }));
    }
    said = { phase, half, failed: failedNames() };
  }

  function update() {
    const now = counts();
    const phase = phaseOf(now);
    const words = panel.text(phase, { done: now.synced, total: now.total });
    line.dataset.phase = phase;
    part("summary-text").textContent = words;
    part("can-close").hidden = phase !== "uploading" || panel.el.matches(".is-uploading");
    part("failures").hidden = !now.failed;
    part("failed-names").textContent = [...failedNames()].join(", ");
    speak(phase, now, words);
  }

  for (const name of ["images:change", "images:local", "images:idle"]) {
    panel.el.addEventListener(name, update);
  }
}
