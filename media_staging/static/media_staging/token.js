/** The security token of Django's forms, which a sign-in in another tab changes. @module */

/** @returns {string} as it is now: the cookie's, else the page's */
export function csrfToken() {
  const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]*)/);
  if (cookie) return cookie[1];
  const field = document.querySelector("input[name=csrfmiddlewaretoken]");
  return /** @type {HTMLInputElement | null} */ (field)?.value ?? "";
}

/** A form that the browser sends by itself takes it along at that moment. */
export function keepTokens() {
  addEventListener("submit", ({ target }) => {
    const form = /** @type {HTMLFormElement} */ (target);
    const field = form.querySelector("input[name=csrfmiddlewaretoken]");
    if (field) /** @type {HTMLInputElement} */ (field).value = csrfToken();
  });
}
