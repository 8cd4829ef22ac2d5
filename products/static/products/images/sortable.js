/**
 * Drag to reorder, behind one seam: whoever sorts differently replaces this file.
 * Only the pointer is handled here; keys and menus are in their own modules.
 * @module
 */

const STARTS_AFTER_PX = 6;
const EDGE_PX = 60;

/**
 * @param {HTMLElement} list
 * @param {object} options
 * @param {string} options.item selector of what can be moved
 * @param {string} options.handle selector of what it is held by
 * @param {() => void} options.onStart
 * @param {() => void} options.onEnd after the pointer let go, wherever that was
 */
export function makeSortable(list, { item, handle, onStart, onEnd }) {
  /** @type {HTMLElement | null} */
  let held = null;
  /** @type {Element | null} */
  let over = null;
  let moving = false;
  let from = { x: 0, y: 0 };

  /** @param {PointerEvent} event */
  function onDown(event) {
    const grip = /** @type {Element} */ (event.target).closest(handle);
    // A finger on the picture scrolls the page; it sorts by the handle.
    if (!grip || event.button || (event.pointerType === "touch" && grip.tagName === "IMG")) return;
    held = /** @type {HTMLElement | null} */ (grip.closest(item));
    from = { x: event.clientX, y: event.clientY };
    addEventListener("pointermove", onMove);
    addEventListener("pointerup", onUp);
    addEventListener("pointercancel", onUp);
  }

  function begin() {
    moving = true;
    held?.classList.add("is-dragging");
    document.documentElement.classList.add("is-sorting");
    onStart();
  }

  /** @param {PointerEvent} event */
  function onMove(event) {
    const far = Math.hypot(event.clientX - from.x, event.clientY - from.y) > STARTS_AFTER_PX;
    if (!held || (!moving && !far)) return;
    if (!moving) begin();
    event.preventDefault();
    if (event.clientY < EDGE_PX) scrollBy(0, -12);
    if (event.clientY > innerHeight - EDGE_PX) scrollBy(0, 12);
    const under = document.elementFromPoint(event.clientX, event.clientY)?.closest(item) ?? null;
    // One step per visit: the tile that slides under the pointer must not swap straight back.
    if (under === over) return;
    over = under;
    if (!under || under === held || under.parentElement !== list) return;
    const isLater = held.compareDocumentPosition(under) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (isLater) under.after(held);
    else under.before(held);
    over = document.elementFromPoint(event.clientX, event.clientY)?.closest(item) ?? null;
  }

  function onUp() {
    removeEventListener("pointermove", onMove);
    removeEventListener("pointerup", onUp);
    removeEventListener("pointercancel", onUp);
    held?.classList.remove("is-dragging");
    document.documentElement.classList.remove("is-sorting");
    held = over = null;
    if (moving) onEnd();
    moving = false;
  }

  list.addEventListener("pointerdown", onDown);
  list.addEventListener("dragstart", (event) => event.preventDefault());
}
