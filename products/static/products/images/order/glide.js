/** Tiles glide to their new places instead of jumping there. @module */

const GLIDE_MS = 180;

/** @param {HTMLElement} tile @param {DOMRect} from where it was */
function glideFrom(tile, from) {
  const to = tile.getBoundingClientRect();
  if (!from.width || !to.width || (from.x === to.x && from.y === to.y)) return;
  const move = `translate(${from.x - to.x}px, ${from.y - to.y}px)`;
  const grow = `scale(${from.width / to.width}, ${from.height / to.height})`;
  tile.animate([{ transform: `${move} ${grow}`, transformOrigin: "0 0" }, { transform: "none", transformOrigin: "0 0" }], {
    duration: GLIDE_MS,
    easing: "ease-out",
  });
}

/**
 * @param {HTMLElement[]} tiles that may move
 * @param {() => void} change of their order or number
 */
export function glide(tiles, change) {
  const before = tiles.map((tile) => tile.getBoundingClientRect());
  change();
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  tiles.forEach((tile, at) => glideFrom(tile, before[at]));
}
