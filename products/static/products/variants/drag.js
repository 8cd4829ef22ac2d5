/** Rows are dragged by their number. @module */

import { makeSortable } from "../images/order/drag.js";

/** @import { Grid } from "./grid.js" */
/** @import { Row } from "./rows.js" */

/** @param {Grid} grid */
export function connectDrag(grid) {
  /** @type {Row[]} */
  let before = [];
  makeSortable(grid.body, {
    item: "[data-row]",
    handle: "[data-grip]",
    onStart: () => (before = grid.rows),
    onEnd(moved) {
      if (grid.rows.some((row, at) => row !== before[at])) grid.moved(/** @type {Row} */ (moved));
    },
  });
}
