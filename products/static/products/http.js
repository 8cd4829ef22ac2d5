/** Asks the server in JSON. @module */

import { fetchText, Listening } from "../media_staging/silence.js";
import { csrfToken } from "../media_staging/token.js";
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

/** @param {string} body @returns {any} null for what is no JSON */
export function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/**
 * @param {"POST" | "PATCH" | "GET"} method
 * @param {string} url
 * @param {unknown} [data] sent as JSON
 * @returns {Promise<any>} the answer's JSON
 * @throws {RequestError}
 */
export async function ask(method, url, data) {
  const answer = await fetchText(url, {
    method,
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-CSRFToken": csrfToken(),
    },
    body: data === undefined ? undefined : JSON.stringify(data),
  }).catch(() => null);
  if (!answer) throw failure(0, null);
  const body = parsed(answer.text);
  if (!answer.response.ok || body === null) throw failure(answer.response.status, body);
  return body;
}

/** A body on its way, that may take as long as its bytes move. */
export class Sending {
  /**
   * @param {string} url
   * @param {FormData} body
   * @param {{ accept: string, onProgress?: (percent: number) => void }} options
   */
  constructor(url, body, { accept, onProgress }) {
    const xhr = new XMLHttpRequest();
    const listening = new Listening(() => xhr.abort());
    xhr.upload.addEventListener("progress", ({ loaded, total }) => {
      listening.heard();
      onProgress?.((100 * loaded) / (total || 1));
    });
    xhr.addEventListener("progress", () => listening.heard());
    this.xhr = xhr;
    /** The whole answer; fails with a RequestError without one. @type {Promise<XMLHttpRequest>} */
    this.answer = new Promise((resolve, reject) => {
      xhr.addEventListener("loadend", () => {
        listening.end();
        if (xhr.status) resolve(xhr);
        else reject(failure(0, null));
      });
    });
    xhr.open("POST", url);
    xhr.setRequestHeader("Accept", accept);
    xhr.setRequestHeader("X-CSRFToken", csrfToken());
    xhr.send(body);
  }

  cancel() {
    this.xhr.abort();
  }
}
