/** Menus are <details data-menu>: one open at a time, closed by Escape, a choice or a click outside. @module */

const OPEN = "details[data-menu][open]";

/** @param {Element | null} except */
function closeOthers(except) {
  for (const menu of document.querySelectorAll(OPEN)) {
    if (menu !== except) menu.removeAttribute("open");
  }
}

/** Open to the other side where this one has no room. @param {Element} menu */
function fit(menu) {
  const list = menu.querySelector(".menu__list");
  menu.classList.remove("menu--other-side");
  if (list && list.getBoundingClientRect().left < 0) menu.classList.add("menu--other-side");
}

/** @param {Element} menu @param {number} step */
function moveFocus(menu, step) {
  const items = /** @type {HTMLElement[]} */ (
    [...menu.querySelectorAll(".menu__item")].filter((item) => item.checkVisibility())
  );
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  items.at((at + step + items.length) % items.length)?.focus();
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const menu = /** @type {Element} */ (event.target).closest(OPEN);
  if (!menu) return;
  if (event.key === "Escape") {
    menu.removeAttribute("open");
    menu.querySelector("summary")?.focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    moveFocus(menu, event.key === "ArrowDown" ? 1 : -1);
  }
}

export function startMenus() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest(".menu__item")) closeOthers(null);
    else closeOthers(target.closest("details[data-menu]"));
  });
  // A toggle does not bubble.
  document.addEventListener(
    "toggle",
    (event) => {
      const menu = /** @type {Element} */ (event.target);
      if (menu.matches(OPEN)) fit(menu);
    },
    { capture: true },
  );
  document.addEventListener("focusin", (event) => {
    closeOthers(/** @type {Element} */ (event.target).closest("details[data-menu]"));
  });
}
