/** Asks the server in JSON. @module */

import { text } from "./texts.js";

/** The server did not do what was asked; `message` is for a person, `status` 0: no answer. */
export class RequestError extends Error {
  /** @param {string} message @param {number} status @param {any} body */
  constructor(message, status, body = null) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** The cookie's, which a new sign-in in another tab changes; else the page's. @returns {string} */
export function csrfToken() {
  const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]*)/);
  if (cookie) return cookie[1];
  const field = document.querySelector("input[name=csrfmiddlewaretoken]");
  return /** @type {HTMLInputElement | null} */ (field)?.value ?? "";
}

/**
 * Why a request failed, in words: the server's own, or the page's for the usual cases.
 * @param {number} status
 * @param {any} body
 */
export function failure(status, body) {
  /** @type {Record<number, string>} */
  const usual = { 0: "noAnswer", 401: "signedOut", 403: "notAllowed", 413: "tooLarge" };
  const words = usual[status] ?? (status >= 500 ? "serverTrouble" : "notDone");
  const message = body?.error?.message ?? text(document.body, words);
  return new RequestError(message, status, body);
}

/**
 * @param {"POST" | "PATCH" | "GET"} method
 * @param {string} url
 * @param {unknown} [data] sent as JSON
 * @returns {Promise<any>} the answer's JSON
 * @throws {RequestError}
 */
export async function ask(method, url, data) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(url, {
      method,
      headers: {
        Accept: "application/json",
        "Content-Type": "application/json",
        "X-CSRFToken": csrfToken(),
      },
      body: data === undefined ? undefined : JSON.stringify(data),
    });
  } catch {
    throw failure(0, null);
  }
  const body = await response.json().catch(() => null);
  if (!response.ok || body === null) throw failure(response.status, body);
  return body;
}
