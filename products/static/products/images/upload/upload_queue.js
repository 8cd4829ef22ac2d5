/** Sends files one request each, a few at a time, in the order they came. Knows no DOM. @module */

import { csrfToken, failure } from "../../http.js";

/** @import { RequestError } from "../../http.js" */

/**
 * @typedef {object} Upload
 * @property {string} url
 * @property {() => FormData} body made when its turn comes
 * @property {(percent: number) => void} onProgress of the bytes really sent
 * @property {(answer: any) => void} onDone
 * @property {(error: RequestError) => void} onFailed
 */

const AT_ONCE = 3;

/** @param {XMLHttpRequest} xhr @returns {any} */
function parsed(xhr) {
  try {
    return JSON.parse(xhr.responseText);
  } catch {
    return null;
  }
}

export class UploadQueue {
  /** @type {Upload[]} */
  #waiting = [];
  /** @type {Map<Upload, XMLHttpRequest>} */
  #running = new Map();

  /** @param {() => void} onIdle called when the last one has ended */
  constructor(onIdle) {
    this.onIdle = onIdle;
  }

  get size() {
    return this.#waiting.length + this.#running.size;
  }

  /** @param {Upload} upload */
  add(upload) {
    this.#waiting.push(upload);
    this.#next();
  }

  /** @param {Upload} upload */
  cancel(upload) {
    this.#waiting = this.#waiting.filter((other) => other !== upload);
    const xhr = this.#running.get(upload);
    if (xhr) xhr.abort();
    else this.#next();
  }

  #next() {
    while (this.#running.size < AT_ONCE && this.#waiting.length) {
      this.#send(/** @type {Upload} */ (this.#waiting.shift()));
    }
    if (!this.size) this.onIdle();
  }

  /** @param {Upload} upload */
  #send(upload) {
    const xhr = new XMLHttpRequest();
    this.#running.set(upload, xhr);
    xhr.upload.addEventListener("progress", ({ loaded, total }) => {
      upload.onProgress((100 * loaded) / (total || 1));
    });
    xhr.addEventListener("load", () => {
      if (xhr.status >= 200 && xhr.status < 300) upload.onDone(parsed(xhr));
      else upload.onFailed(failure(xhr.status, parsed(xhr)));
    });
    xhr.addEventListener("error", () => upload.onFailed(failure(0, null)));
    xhr.addEventListener("loadend", () => {
      this.#running.delete(upload);
      this.#next();
    });
    xhr.open("POST", upload.url);
    xhr.setRequestHeader("Accept", "application/json");
    xhr.setRequestHeader("X-CSRFToken", csrfToken());
    xhr.send(upload.body());
  }
}
