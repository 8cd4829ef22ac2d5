/** Swiping sideways with one finger, while nothing is zoomed. Knows nothing of pictures. @module */

const FAR_PX = 48;

/**
 * What is swiped follows the finger by the custom property `--swiped`.
 * @param {HTMLElement} el
 * @param {(step: number) => void} go 1: to the next, -1: to the previous one
 */
export function onSwipe(el, go) {
  /** @type {PointerEvent | null} */
  let start = null;

  /** @param {number} px */
  const follow = (px) => el.style.setProperty("--swiped", `${px}px`);

  function end() {
    start = null;
    follow(0);
  }

  /** @param {PointerEvent} event */
  const far = ({ clientX, clientY }) => ({
    x: clientX - (start?.clientX ?? clientX),
    y: clientY - (start?.clientY ?? clientY),
  });

  el.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary) return end();
    if (event.pointerType !== "mouse" && !el.matches(".is-zoomed")) start = event;
  });
  el.addEventListener("pointermove", (event) => start && follow(far(event).x));
  el.addEventListener("pointercancel", end);
  addEventListener("pointerup", (event) => {
    if (!start) return;
    const { x, y } = far(event);
    end();
    if (Math.abs(x) > FAR_PX && Math.abs(x) > 2 * Math.abs(y)) go(x < 0 ? 1 : -1);
  });
  visualViewport?.addEventListener("resize", () => {
    el.classList.toggle("is-zoomed", (visualViewport?.scale ?? 1) > 1);
  });
}
