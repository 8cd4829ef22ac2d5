/** Keeps the sync page current: its live part is fetched again, as the server renders it. @module */

const LIVE = "[data-live]";

/** @returns {HTMLElement} */
const live = () => /** @type {HTMLElement} */ (document.querySelector(LIVE));

/** Not under somebody's hands. */
const mayChange = () => !live().matches(":focus-within") && !getSelection()?.toString();

async function refresh() {
  if (document.hidden || !mayChange()) return;
  const response = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.querySelector(LIVE);
  if (fresh && mayChange()) live().replaceWith(document.adoptNode(fresh));
}

async function keepCurrent() {
  await refresh();
  setTimeout(keepCurrent, Number(live().dataset.seconds) * 1_000);
}

setTimeout(keepCurrent, Number(live().dataset.seconds) * 1_000);
document.addEventListener("visibilitychange", refresh);
