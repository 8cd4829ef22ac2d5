/** The fields of the product: name, description, price, status. @module */

import { shownPrice } from "../variants/numbers.js";
import { price } from "../typed.js";
import { stamp } from "../stamp.js";
import { ask, withdraw } from "./choice.js";
import { adopt, isUnsaved, saved } from "./field.js";

/** @import { Field } from "./field.js" */
/** @import { Part, Problem } from "./parts.js" */

/** @param {string} name @param {string} value @returns {string} as the server wants it */
const wire = (name, value) => (name === "price" ? (price(value) ?? value) : value);

/** @param {string} name @param {string} value of the server @returns {string} as the page shows it */
const shown = (name, value) =>
  name === "price" ? shownPrice(value) : value.replace(/\r\n?/g, "\n");

/** @param {Field} field @param {string} words */
function showError(field, words) {
  const error = stamp("field-error", { words });
  error.id = `${field.id}_error`;
  field.after(error);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${error.id}`.trim());
}

/** @param {Field} field */
function clearError(field) {
  const id = `${field.id}_error`;
  document.getElementById(id)?.remove();
  field.removeAttribute("aria-invalid");
  const others = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((one) => one !== id);
  if (others.join("")) field.setAttribute("aria-describedby", others.join(" "));
  else field.removeAttribute("aria-describedby");
}

/** The name above the page, the status beside it, and who saved it when. @param {any} product */
function showFacts({ name, status, updated, saved_by: savedBy }) {
  const head = /** @type {HTMLElement} */ (document.getElementById("page-head"));
  /** @type {HTMLElement} */ (head.querySelector("h1")).textContent = name;
  const badge = /** @type {HTMLElement} */ (head.querySelector(".status"));
  const option = document.querySelector(`select[name=status] option[value="${status}"]`);
  badge.className = `status status--${status}`;
  badge.textContent = option?.textContent ?? "";
  const facts = { updated, saved_by: savedBy ?? "" };
  for (const [fact, words] of Object.entries(facts)) {
    const el = document.querySelector(`[data-fact=${fact}]`);
    if (el) el.textContent = words;
  }
}

/** @param {HTMLFormElement} form @returns {Part} */
export function productFields(form) {
  const fields = /** @type {Field[]} */ (
    ["name", "description", "price", "status"].map((name) => form.elements.namedItem(name))
  );
  const byName = new Map(fields.map((field) => [field.name, field]));

  /** @param {Field} field @param {string[]} reasons @param {any} conflict @returns {Problem} */
  function showProblem(field, reasons, conflict) {
    const words = reasons.join(" ");
    if (conflict) ask(field, words, shown(field.name, String(conflict.now)));
    else showError(field, words);
    const label = field.labels?.[0]?.firstChild?.textContent?.trim();
    return { el: field, words: `${label}: ${words}` };
  }

  return {
    isUnsaved: () => fields.some(isUnsaved),
    collect() {
      const changed = fields.filter(isUnsaved);
      const sent = new Map(changed.map((field) => [field, field.value]));
      for (const field of fields) clearError(field);
      /** @param {(field: Field) => string} value */
      const named = (value) =>
        Object.fromEntries(changed.map((field) => [field.name, wire(field.name, value(field))]));
      return {
        body: { product: named(({ value }) => value), seen: named(saved) },
        fields: changed,
        accept({ product }) {
          for (const field of fields) {
            withdraw(field);
            adopt(field, shown(field.name, product[field.name]), sent.get(field));
          }
          showFacts(product);
        },
        refuse: ({ errors, conflicts }) =>
          Object.entries(errors?.product ?? {}).map(([name, reasons]) =>
            showProblem(
              /** @type {Field} */ (byName.get(name)),
              /** @type {string[]} */ (reasons),
              conflicts?.product?.[name],
            ),
          ),
      };
    },
  };
}
