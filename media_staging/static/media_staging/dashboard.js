/**
 * Keeps the sync page current: it is fetched again, as the server renders it, and the parts whose
 * words changed are replaced. What is said once is then also read out once.
 * @module
 */

import { fetchText } from "./silence.js";
import { keepTokens } from "./token.js";

const live = /** @type {HTMLElement} */ (document.querySelector("[data-live]"));
const stale = /** @type {HTMLElement} */ (document.querySelector("[data-stale]"));

/** Not under somebody's hands. @param {Element} part */
const mayChange = (part) =>
  !part.matches(":focus-within") && !getSelection()?.containsNode(part, true);

/** @param {Document} page */
function takeOver(page) {
  for (const fresh of page.querySelectorAll("[data-live] [data-part]")) {
    const shown = document.getElementById(fresh.id);
    if (!shown || shown.textContent === fresh.textContent || !mayChange(shown)) continue;
    shown.replaceChildren(...document.adoptNode(fresh).childNodes);
  }
  const { seconds } = /** @type {HTMLElement} */ (page.querySelector("[data-live]")).dataset;
  live.dataset.seconds = seconds;
}

async function refresh() {
  if (document.hidden) return;
  const answer = await fetchText(location.href, { cache: "no-store" }).catch(() => null);
  // Signed out meanwhile: the sign-in page leads back here.
  if (answer?.response.redirected) location.reload();
  stale.hidden = !!answer?.response.ok;
  if (!answer?.response.ok || answer.response.redirected) return;
  takeOver(new DOMParser().parseFromString(answer.text, "text/html"));
}

async function keepCurrent() {
  await refresh();
  setTimeout(keepCurrent, Number(live.dataset.seconds) * 1_000);
}

keepTokens();
setTimeout(keepCurrent, Number(live.dataset.seconds) * 1_000);
document.addEventListener("visibilitychange", refresh);
