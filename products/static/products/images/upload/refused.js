/** The files that are not taken, whenever they are sent: one list of names and reasons. @module */

import { stamp } from "../../stamp.js";
import { announce } from "../../toasts.js";

/** @import { Panel } from "../panel.js" */

/** Several that come together are said together. */
const TOGETHER_MS = 500;

export class Refused {
  #timer = 0;
  #unsaid = 0;

  /** @param {Panel} panel @param {HTMLElement} next has the focus once the list is gone */
  constructor(panel, next) {
    this.panel = panel;
    this.box = /** @type {HTMLElement} */ (panel.el.querySelector("[data-refused-files]"));
    this.list = /** @type {HTMLElement} */ (this.box.querySelector("ul"));
    this.box.querySelector("button")?.addEventListener("click", () => {
      this.list.replaceChildren();
      this.box.hidden = true;
      next.focus();
    });
  }

  /** @param {string} name @param {string} reason */
  add(name, reason) {
    this.list.append(stamp("refused-file", { name, reason }));
    this.box.hidden = false;
    this.#unsaid += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#say(name, reason), TOGETHER_MS);
  }

  /** @param {string} name @param {string} reason of the last one */
  #say(name, reason) {
    const many = this.panel.text("manyRefused", { count: this.#unsaid });
    announce(this.#unsaid > 1 ? many : this.panel.text("oneFailed", { name, reason }));
    this.#unsaid = 0;
  }
}
