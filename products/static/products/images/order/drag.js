/** Drag to reorder, by mouse and touch: SortableJS, configured once. @module */

/** A finger rests this long before it drags, so that it can also scroll. */
const TOUCH_DELAY_MS = 180;
const ANIMATION_MS = 150;

const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * The minified file is half the size of the package's ES module. It is no module itself: imported
 * for its effect, it leaves the class on the global object.
 * @returns {Promise<any>} null when it cannot be had: keyboard and menu still reorder
 */
async function loadSortable() {
  await import("../../../sortablejs/Sortable.min.js").catch(() => null);
  return /** @type {any} */ (globalThis).Sortable ?? null;
}

/**
 * @param {HTMLElement} list
 * @param {object} options
 * @param {string} options.item selector of what can be moved
 * @param {string} options.handle selector of what it is held by
 * @param {() => void} options.onStart
 * @param {(moved: HTMLElement) => void} options.onEnd after the pointer let go, wherever that was
 */
export async function makeSortable(list, { item, handle, onStart, onEnd }) {
  const Sortable = await loadSortable();
  Sortable?.create(list, {
    draggable: item,
    handle,
    // The browser's own dragging knows no touch and would be told apart from dropped files badly.
    forceFallback: true,
    fallbackOnBody: true,
    fallbackTolerance: 5,
    delay: TOUCH_DELAY_MS,
    delayOnTouchOnly: true,
    touchStartThreshold: 5,
    animation: isCalm() ? 0 : ANIMATION_MS,
    chosenClass: "is-chosen",
    ghostClass: "is-dragging",
    dragClass: "is-lifted",
    onStart() {
      document.documentElement.classList.add("is-sorting");
      onStart();
    },
    /** @param {{ item: HTMLElement }} event */
    onEnd({ item: moved }) {
      document.documentElement.classList.remove("is-sorting");
      onEnd(moved);
    },
  });
  // A long press on a picture would open the browser's menu in the middle of a drag.
  list.addEventListener("contextmenu", (event) => {
    if (document.documentElement.matches(".is-sorting")) event.preventDefault();
  });
}
