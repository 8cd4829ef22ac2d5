/** Saves the order that the tiles show; on an error the old one comes back with a message. @module */

import { ask, RequestError } from "../http.js";
import { toast } from "../toasts.js";

/** @typedef {import("./panel.js").Panel} Panel */

/** @param {any} answer of GET images @returns {number[]} */
const idsOf = (answer) => answer.images.map((/** @type {any} */ image) => image.id);

export class Order {
  #saving = false;
  #again = false;
  /** @type {number[]} the order that the server has */
  #saved = [];

  /** @param {Panel} panel */
  constructor(panel) {
    this.panel = panel;
    this.#saved = panel.ids;
    panel.el.addEventListener("images:change", (event) => {
      this.#saved = idsOf(/** @type {CustomEvent} */ (event).detail);
    });
    panel.el.addEventListener("images:idle", () => this.#settle());
  }

  get #differs() {
    const now = this.panel.ids;
    return now.length !== this.#saved.length || now.some((id, at) => id !== this.#saved[at]);
  }

  /** Nothing while files are uploaded: the server wants each of its images named. */
  async save() {
    if (this.panel.el.matches(".is-uploading")) return;
    if (this.#saving) {
      this.#again = true;
      return;
    }
    if (!this.#differs) return;
    this.#saving = true;
    await this.panel.during(() => this.#send());
    this.#saving = false;
    if (this.#again) {
      this.#again = false;
      await this.save();
    }
  }

  /** Three files travel at once and arrive as they like: their order is put right at the end. */
  async #settle() {
    const shown = this.panel.ids;
    await this.panel.during(async () => {
      const saved = idsOf(await ask("GET", this.panel.url("url")));
      const known = shown.filter((id) => saved.includes(id));
      const order = [...known, ...saved.filter((id) => !shown.includes(id))];
      this.#saved = saved;
      if (order.some((id, at) => id !== saved[at])) await this.#post(order);
    }).catch(() => undefined);
  }

  /** @param {number[]} order */
  async #post(order) {
    await ask("POST", this.panel.url("reorderUrl"), { order });
    this.#saved = order;
  }

  async #send() {
    try {
      await this.#post(this.panel.ids);
      toast(this.panel.text("orderSaved"));
    } catch (error) {
      const reason = error instanceof RequestError ? error.message : "";
      this.panel.arrange(this.#saved);
      toast(this.panel.text("orderFailed", { reason }), { error: true });
    }
  }
}
