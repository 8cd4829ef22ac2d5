/** Sends only what changed, is new or goes, in one request; takes over what the server answers. @module */

import { ask, RequestError } from "../http.js";
import { text } from "../texts.js";
import { toast } from "../toasts.js";
import { clearErrors, showErrors } from "./errors.js";
import { accept, fields, isUnsaved, variantOf } from "./rows.js";

/** @typedef {import("./rows.js").Row} Row */

/**
 * Existing rows are found by their id, new ones by the SKU that was sent.
 * @param {HTMLElement} body
 * @param {any[]} variants of the answer, in order
 * @param {Map<Row, string[]>} sent
 */
function takeOver(body, variants, sent) {
  const rows = /** @type {Row[]} */ ([...body.children]);
  const byId = new Map(rows.map((row) => [row.dataset.id, row]));
  const bySku = new Map([...sent].map(([row, values]) => [values[0].trim(), row]));
  for (const variant of variants) {
    const row = byId.get(String(variant.id)) ?? bySku.get(variant.sku);
    if (row) accept(row, variant, sent.get(row));
  }
}

/**
 * @param {HTMLElement} panel
 * @param {HTMLElement} body
 * @returns {Promise<boolean>} whether everything is saved now
 */
export async function save(panel, body) {
  const rows = /** @type {Row[]} */ ([...body.children]).filter(isUnsaved);
  const going = rows.filter((row) => row.matches(".is-deleted"));
  const changed = rows.filter((row) => !going.includes(row));
  const sent = new Map(changed.map((row) => [row, fields(row).map((input) => input.value)]));
  clearErrors(panel);
  try {
    const answer = await ask("POST", panel.dataset.url ?? "", {
      variants: changed.map(variantOf),
      delete: going.map((row) => Number(row.dataset.id)),
    });
    going.forEach((row) => row.remove());
    takeOver(body, answer.variants, sent);
    toast(text(panel, "saved"));
    return true;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (error.body?.errors) showErrors(panel, changed, error.body.errors);
    else toast(error.message, { error: true });
    return false;
  }
}
