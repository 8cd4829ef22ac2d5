/** The grid's part of a save: only what changed, is new, moved or goes; takes over the answer. @module */

import { withdraw } from "../save/choice.js";
import { text } from "../texts.js";
import { clearErrors, showErrors } from "./errors.js";
import { accept, changedFields, changesOf, fields, isDeleted, isNew, mark, newRow } from "./rows.js";

/** @import { Part } from "../save/parts.js" */
/** @import { Grid } from "./grid.js" */
/** @import { Row, Variant } from "./rows.js" */

/**
 * @param {Grid} grid
 * @returns {{ sent: Row[], variants: object[], going: Row[] }} `sent` in the order of `variants`
 */
function whatChanged(grid) {
  const places = grid.newPositions();
  const going = grid.unsaved.filter(isDeleted);
  const changed = new Set(grid.unsaved.filter((row) => !isDeleted(row)));
  const sent = grid.rows.filter((row) => changed.has(row) || places.has(row));
  const variants = sent.map((row) => ({
    ...changesOf(row),
    ...(places.has(row) ? { position: places.get(row) } : {}),
  }));
  return { sent, variants, going };
}

/**
 * Existing rows are found by their id, new ones by the SKU that was sent. Variants that somebody
 * else added come in, those that somebody else deleted go.
 * @param {Grid} grid
 * @param {Variant[]} variants all of the product, in order
 * @param {Map<Row, string[]>} sent
 */
function takeOver(grid, variants, sent) {
  const rows = grid.rows;
  const byId = new Map(rows.map((row) => [row.dataset.id, row]));
  const bySku = new Map([...sent].filter(([row]) => isNew(row)).map(([row, v]) => [v[0].trim(), row]));
  const known = variants.map((variant) => {
    const row = byId.get(String(variant.id)) ?? bySku.get(variant.sku) ?? newRow();
    accept(row, variant, sent.get(row));
    fields(row).forEach(withdraw);
    return row;
  });
  const stay = new Set(known);
  const gone = rows.filter((row) => !isNew(row) && !stay.has(row) && !mark(row));
  gone.forEach((row) => row.remove());
  putInOrder(grid, known);
  grid.rowsChanged();
  return gone.length;
}

/** Rows that stand right are not touched: the focus may be in one. @param {Grid} grid @param {Row[]} known */
function putInOrder(grid, known) {
  const inTable = new Set(known.filter((row) => row.isConnected));
  const shown = grid.rows.filter((row) => inTable.has(row));
  if (shown.length === known.length && shown.every((row, at) => row === known[at])) return;
  grid.body.prepend(...known);
}

/** @param {Grid} grid @returns {Part} */
export function variantsPart(grid) {
  return {
    isUnsaved: () => grid.isUnsaved,
    collect() {
      const { sent, variants, going } = whatChanged(grid);
      const values = new Map(sent.map((row) => [row, fields(row).map((input) => input.value)]));
      clearErrors(grid.panel);
      return {
        body: { variants, delete: going.map((row) => Number(row.dataset.id)) },
        fields: sent.flatMap(changedFields),
        accept(answer) {
          going.forEach((row) => row.remove());
          const count = takeOver(grid, answer.variants, values);
          return count ? text(grid.panel, "gone", { count }) : "";
        },
        refuse: (refusal) => showErrors(grid, sent, refusal),
      };
    },
  };
}
