/**
 * Alt text, edited in place: leaving the field or Enter saves, Escape takes the old one back. What
 * could not be saved stays in the field, marked, and goes along with the next Save.
 * @module
 */

import { ask, RequestError } from "../http.js";
import { ask as askWhose, withdraw } from "../save/choice.js";
import { adopt, isUnsaved, unsure } from "../save/field.js";
import { addPart, tellChanged } from "../save/parts.js";
import { submission } from "../save/save.js";
import { announce, toast } from "../toasts.js";

/** @import { Problem, Sent } from "../save/parts.js" */
/** @import { Panel } from "./panel.js" */

/** @param {HTMLElement} field @returns {HTMLElement} */
const tileOf = (field) => /** @type {HTMLElement} */ (field.closest("[data-tile]"));

/** @param {HTMLInputElement} field @param {string} alt as the server has it @param {string} [sent] */
function keep(field, alt, sent) {
  adopt(field, alt, sent);
  withdraw(field);
  field.removeAttribute("aria-invalid");
  /** @type {HTMLImageElement} */ (tileOf(field).querySelector("[data-picture]")).alt = alt;
  tellChanged();
}

/** @param {HTMLInputElement} field @param {string[]} reasons @param {any} conflict @returns {Problem} */
function showProblem(field, reasons, conflict) {
  const words = reasons.join(" ");
  field.id ||= `alt-${tileOf(field).dataset.id}`;
  if (conflict) askWhose(field, words, conflict.now);
  else field.setAttribute("aria-invalid", "true");
  return { el: field, words: `${field.getAttribute("aria-label")}: ${words}` };
}

/** @param {Panel} panel @param {HTMLInputElement} field */
async function save(panel, field) {
  const [alt, seen] = [field.value, field.defaultValue];
  // While it is asked whose is kept, nothing is sent.
  if (!isUnsaved(field) || field.matches(".is-asked")) return;
  const { id = "" } = tileOf(field).dataset;
  try {
    const body = { alt, seen, submission_id: submission() };
    const { image } = await panel.during(() => ask("PATCH", panel.url("imageUrl", id), body));
    keep(field, image.alt, alt);
    toast(panel.text("altSaved"));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    unsure.add(field);
    const { errors, conflicts } = error.body ?? {};
    const conflict = conflicts?.alts?.[id]?.alt;
    const { words } = showProblem(field, errors?.alts?.[id]?.alt ?? [error.message], conflict);
    if (conflict) announce(words);
    else toast(error.message, { error });
    tellChanged();
  }
}

/** @param {Panel} panel */
export function connectAlt(panel) {
  /** @param {Event} event */
  const fieldOf = (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    return field.matches("[data-alt]") && tileOf(field).dataset.id ? field : null;
  };
  const fields = () => /** @type {HTMLInputElement[]} */ ([
    ...panel.grid.querySelectorAll("[data-id] [data-alt]"),
  ]);
  /** Looked at when one changes, not with every key in 500 variants. */
  let anyUnsaved = false;
  const look = () => (anyUnsaved = fields().some(isUnsaved));
  addEventListener("unsaved", look, { capture: true });
  panel.grid.addEventListener("input", (event) => {
    fieldOf(event)?.removeAttribute("aria-invalid");
    look();
  });
  panel.grid.addEventListener("focusout", (event) => {
    const field = fieldOf(event);
    if (field) save(panel, field);
  });
  panel.grid.addEventListener("keydown", (event) => {
    const field = fieldOf(event);
    if (!field) return;
    if (event.key === "Escape") {
      field.value = field.defaultValue;
      keep(field, field.value);
    }
    if (event.key !== "Enter") return;
    // Or the whole product form would be sent.
    event.preventDefault();
    save(panel, field);
  });
  addPart({ isUnsaved: () => anyUnsaved, collect: () => collect(fields()) });

  /** @param {HTMLInputElement[]} all @returns {Sent} */
  function collect(all) {
    const changed = all.filter(isUnsaved);
    const sent = new Map(changed.map((field) => [tileOf(field).dataset.id ?? "", field]));
    const alts = [...sent].map(([id, { value, defaultValue }]) => [
      id,
      { alt: value, seen: defaultValue },
    ]);
    return {
      body: { alts: Object.fromEntries(alts) },
      fields: changed,
      accept({ images }) {
        for (const { id, alt } of images) {
          const field = sent.get(String(id));
          if (field) keep(field, alt, Object.fromEntries(alts)[id].alt);
        }
        // What others did to the images meanwhile.
        panel.poller.ask();
      },
      refuse: ({ errors, conflicts }) => {
        panel.poller.ask();
        return Object.entries(errors?.alts ?? {}).flatMap(([id, { alt: reasons }]) => {
          const field = sent.get(id);
          return field ? [showProblem(field, reasons, conflicts?.alts?.[id]?.alt)] : [];
        });
      },
    };
  }
}
