/** Rows are dragged by their number, by mouse and touch. @module */

/** @typedef {import("./grid.js").Grid} Grid */

/** A finger rests this long before it drags, so that it can also scroll. */
const TOUCH_DELAY_MS = 180;

/** The package's minified file is no module: it leaves its class on the global object. */
async function loadSortable() {
  await import("../../sortablejs/Sortable.min.js").catch(() => null);
  return /** @type {any} */ (globalThis).Sortable;
}

/** Without SortableJS the menu and the keys still move rows. @param {Grid} grid */
export async function connectDrag(grid) {
  const Sortable = await loadSortable();
  Sortable?.create(grid.body, {
    draggable: "[data-row]",
    handle: "[data-grip]",
    forceFallback: true,
    fallbackTolerance: 5,
    delay: TOUCH_DELAY_MS,
    delayOnTouchOnly: true,
    ghostClass: "is-dragging",
    fallbackClass: "is-lifted",
    onEnd({ item, oldIndex, newIndex }) {
      if (oldIndex !== newIndex) grid.moved(item);
    },
  });
}
