/** Selecting images, by their checkboxes or a click on the picture, to delete several at once. @module */

import { remove } from "./delete.js";

/** @import { Panel } from "./panel.js" */

const CAN_BE_SELECTED = "[data-id]:not([data-busy], .is-leaving)";

class Selection {
  /** @type {HTMLInputElement | null} where a range with Shift starts */
  #anchor = null;

  /** @param {Panel} panel @param {HTMLElement} bar */
  constructor(panel, bar) {
    this.panel = panel;
    this.bar = bar;
    this.count = /** @type {HTMLElement} */ (bar.querySelector("[data-selected-count]"));
    this.all = /** @type {HTMLInputElement} */ (bar.querySelector("[data-select-all]"));
    this.delete = /** @type {HTMLButtonElement} */ (bar.querySelector("[data-delete-selected]"));
    this.toggle = /** @type {HTMLElement} */ (panel.el.querySelector("[data-select-images]"));
    this.toggle.addEventListener("click", () => this.#switch(!this.isOn));
    this.all.addEventListener("change", () => this.#check(this.boxes, this.all.checked));
    this.delete.addEventListener("click", () => this.#deleteSelected());
    panel.grid.addEventListener("click", (event) => this.#onClick(event));
    panel.el.addEventListener("keydown", (event) => this.#onKey(event));
    panel.el.addEventListener("images:change", () => this.#update());
    panel.el.addEventListener("images:local", () => this.#update());
    this.#update();
  }

  get isOn() {
    return this.panel.el.matches(".is-selecting");
  }

  /** @returns {HTMLInputElement[]} */
  get boxes() {
    const tiles = this.panel.tiles.filter((tile) => tile.matches(CAN_BE_SELECTED));
    return tiles.flatMap((tile) => [...tile.querySelectorAll("input[data-select]")]).map(
      (box) => /** @type {HTMLInputElement} */ (box),
    );
  }

  /** @param {boolean} on */
  #switch(on) {
    this.panel.el.classList.toggle("is-selecting", on);
    this.toggle.setAttribute("aria-pressed", String(on));
    this.bar.hidden = !on;
    this.#anchor = null;
    this.#check(this.boxes, false);
    if (on) this.boxes[0]?.focus();
    else this.toggle.focus();
  }

  /** @param {HTMLInputElement[]} boxes @param {boolean} checked */
  #check(boxes, checked) {
    for (const box of boxes) box.checked = checked;
    this.#update();
  }

  #update() {
    const boxes = this.boxes;
    const count = boxes.filter(({ checked }) => checked).length;
    this.count.textContent = this.panel.text("selected", { count });
    this.delete.disabled = !count;
    this.all.checked = !!count && count === boxes.length;
    this.all.indeterminate = !!count && count < boxes.length;
    this.toggle.hidden = !boxes.length;
    if (this.isOn && !boxes.length) this.#switch(false);
  }

  #deleteSelected() {
    const chosen = this.boxes.filter(({ checked }) => checked);
    const tiles = chosen.map((box) => /** @type {HTMLElement} */ (box.closest("[data-tile]")));
    this.#switch(false);
    remove(this.panel, tiles);
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const tile = target.closest("[data-tile]");
    const box = /** @type {HTMLInputElement | null} */ (tile?.querySelector("input[data-select]"));
    if (!this.isOn || !box || !this.boxes.includes(box)) return;
    if (target !== box && target.closest("[data-open]")) box.checked = !box.checked;
    else if (target !== box) return;
    if (event.shiftKey) this.#checkRange(box);
    this.#anchor = box;
    this.#update();
  }

  /** From where the last one was clicked to here. @param {HTMLInputElement} box */
  #checkRange(box) {
    const boxes = this.boxes;
    const ends = [this.#anchor ? boxes.indexOf(this.#anchor) : -1, boxes.indexOf(box)];
    if (ends[0] < 0) return;
    const range = boxes.slice(Math.min(...ends), Math.max(...ends) + 1);
    for (const one of range) one.checked = box.checked;
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const target = /** @type {Element} */ (event.target);
    if (!this.isOn || event.defaultPrevented || target.matches("[data-alt]")) return;
    if (event.key === "Escape") this.#switch(false);
    if (event.key === "Delete" && !this.delete.disabled) this.#deleteSelected();
    // Enter would send the whole product form.
    if (event.key === "Enter" && target.matches("input[type=checkbox]")) event.preventDefault();
  }
}

/** @param {Panel} panel */
export function connectSelection(panel) {
  const bar = /** @type {HTMLElement | null} */ (panel.el.querySelector("[data-selection]"));
  if (bar) new Selection(panel, bar);
}
