/** The images panel of a product: its behaviours, connected. @module */

import { connectAlt } from "./alt.js";
import { connectDelete } from "./delete.js";
import { connectDeleted } from "./deleted.js";
import { connectDuplicates } from "./duplicates.js";
import { Order } from "./order/order.js";
import { Panel } from "./panel.js";
import { connectReorder } from "./order/reorder.js";
import { connectReplace } from "./upload/replace.js";
import { connectRetry } from "./retry.js";
import { connectSelection } from "./selection.js";
import { connectSummary } from "./summary.js";
import { connectUploads } from "./upload/uploads.js";

const panel = new Panel(/** @type {HTMLElement} */ (document.querySelector("[data-images]")));

connectSummary(panel);
connectUploads(panel);
connectReorder(panel, new Order(panel));
connectDelete(panel);
connectSelection(panel);
connectDeleted(panel);
connectRetry(panel);
connectReplace(panel);
connectAlt(panel);
connectDuplicates(panel);
panel.poller.ask();
