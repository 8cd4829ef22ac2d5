/** Pictures that do not come: the signature of an address may have ended since the page was made. @module */

/** Once more, by the address that never ends; then no sign of a broken picture. @param {Element} picture */
function askAgain(picture) {
  const { again } = /** @type {HTMLImageElement} */ (picture).dataset;
  picture.removeAttribute("data-again");
  if (again) picture.setAttribute("src", again);
  else picture.removeAttribute("src");
}

export function startPictures() {
  addEventListener(
    "error",
    ({ target }) => {
      if (target instanceof HTMLImageElement) askAgain(target);
    },
    { capture: true },
  );
  // Failed before this module was here.
  for (const picture of document.images) {
    if (picture.dataset.again && picture.complete && !picture.naturalWidth) askAgain(picture);
  }
}
