/** What every page needs: the `js` class, menus that close, toasts that go, pictures, tokens. @module */

import { keepTokens } from "../media_staging/token.js";
import { startMenus } from "./menus.js";
import { startPictures } from "./pictures.js";
import { startToasts } from "./toasts.js";

document.documentElement.classList.add("js");

keepTokens();

addEventListener("DOMContentLoaded", () => {
  startMenus();
  startPictures();
  startToasts();
});
