/**
 * A click on a tile's picture, Enter or Space show it large. What does so comes with the first
 * click; where it does not come, the link leads to the picture. @module
 */

/** @param {HTMLAnchorElement} link */
async function enlarge(link) {
  try {
    const { show } = await import("./dialog.js");
    show(link);
  } catch {
    open(link.href, "_blank", "noopener");
  }
}

/** @param {Event} event @returns {HTMLAnchorElement | null} */
const linkOf = (event) => /** @type {Element} */ (event.target).closest("a[data-open]");

/** @param {MouseEvent} event */
function onClick(event) {
  const link = linkOf(event);
  if (!link) return;
  const isSelecting = !!link.closest(".is-selecting");
  // With these keys a browser opens a tab or a window.
  if (!isSelecting && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
  event.preventDefault();
  if (!isSelecting && link.querySelector("img[src]")) enlarge(link);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const link = event.key === " " && linkOf(event);
  if (!link) return;
  event.preventDefault();
  if (!event.repeat) link.click();
}

const grid = /** @type {HTMLElement} */ (document.querySelector("[data-tiles]"));
grid.addEventListener("click", onClick);
grid.addEventListener("keydown", onKey);
