/** Saves the order that the tiles show; on an error the old one comes back with a message. @module */

import { ask, RequestError } from "../../http.js";
import { toast } from "../../toasts.js";

/** @import { Panel } from "../panel.js" */

/** @param {any} answer of GET images @returns {number[]} */
const idsOf = (answer) => answer.images.map((/** @type {any} */ image) => image.id);

/** While files come or go, from the first moment of their fade: the server wants each named. */
const UNSETTLED = ".is-uploading, :has([data-tile][data-id]:is([hidden], .is-leaving))";

export class Order {
  #saving = false;
  /** Asked to save while that was not possible. */
  #again = false;
  /** The last upload ended while a deletion was under way. */
  #unsettled = false;
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
    panel.el.addEventListener("images:deleted", () => {
      if (this.#unsettled) this.#settle();
      else if (this.#again) this.save();
    });
  }

  get #differs() {
    const now = this.panel.ids;
    return now.length !== this.#saved.length || now.some((id, at) => id !== this.#saved[at]);
  }

  async save() {
    this.#again = this.#saving || this.panel.el.matches(UNSETTLED);
    if (this.#again || !this.#differs) return;
    this.#saving = true;
    await this.panel.during(() => this.#send(this.panel.ids));
    this.#saving = false;
    if (this.#again) await this.save();
  }

  /** Three files travel at once and arrive as they like: their order is put right at the end. */
  async #settle() {
    this.#unsettled = this.panel.el.matches(UNSETTLED);
    if (this.#unsettled || !this.panel.url("url")) return;
    const isAsked = this.#again;
    this.#again = false;
    const shown = this.panel.ids;
    await this.panel
      .during(async () => {
        const saved = idsOf(await ask("GET", this.panel.url("url")));
        const known = shown.filter((id) => saved.includes(id));
        const order = [...known, ...saved.filter((id) => !shown.includes(id))];
        this.#saved = saved;
        if (order.some((id, at) => id !== saved[at])) await this.#post(order);
        if (isAsked) toast(this.panel.text("orderSaved"));
      })
      .catch((error) => isAsked && this.#giveUp(error));
  }

  /** @param {number[]} order */
  async #post(order) {
    await ask("POST", this.panel.url("reorderUrl"), { order });
    this.#saved = order;
  }

  /** @param {number[]} order */
  async #send(order) {
    try {
      await this.#post(order);
      toast(this.panel.text("orderSaved"));
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** @param {unknown} error */
  #giveUp(error) {
    const refusal = error instanceof RequestError ? error : undefined;
    const reason = refusal?.message ?? "";
    this.panel.arrange(this.#saved);
    toast(this.panel.text("orderFailed", { reason }), { error: refusal ?? true });
  }
}
