/** What every page needs: the `js` class, menus that close, toasts that go. @module */

import { startMenus } from "./menus.js";
import { startToasts } from "./toasts.js";

document.documentElement.classList.add("js");

addEventListener("DOMContentLoaded", () => {
  startMenus();
  startToasts();
});
