/** Sends files one request each, a few at a time, in the order they came. Knows no DOM. @module */

import { failure, parsed, RequestError, Sending } from "../../http.js";

/**
 * @typedef {object} Upload
 * @property {() => Promise<string>} url asked for, with a RequestError if there is none, when its turn comes
 * @property {() => FormData} body likewise
 * @property {(percent: number) => void} onProgress of the bytes really sent
 * @property {(answer: any) => void} onDone
 * @property {(error: RequestError) => void} onFailed
 */

const AT_ONCE = 3;

export class UploadQueue {
  /** @type {Upload[]} */
  #waiting = [];
  /** @type {Map<Upload, Sending | null>} */
  #running = new Map();
  /** @type {WeakSet<Upload>} */
  #letGo = new WeakSet();

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

  /** Its place is free at once. @param {Upload} upload */
  cancel(upload) {
    this.#running.get(upload)?.cancel();
    this.#free(upload);
  }

  /** The same, but what the server answers to it is still heard. @param {Upload} upload */
  letGo(upload) {
    this.#letGo.add(upload);
    this.#free(upload);
  }

  /** @param {Upload} upload */
  #free(upload) {
    this.#waiting = this.#waiting.filter((other) => other !== upload);
    this.#running.delete(upload);
    this.#next();
  }

  #next() {
    while (this.#running.size < AT_ONCE && this.#waiting.length) {
      this.#send(/** @type {Upload} */ (this.#waiting.shift()));
    }
    if (!this.size) this.onIdle();
  }

  /** @param {Upload} upload */
  async #send(upload) {
    this.#running.set(upload, null);
    const answer = await this.#answer(upload).catch((error) => /** @type {RequestError} */ (error));
    const hasPlace = this.#running.delete(upload);
    // Cancelled meanwhile.
    if (!answer || !(hasPlace || this.#letGo.has(upload))) return;
    if (answer instanceof RequestError) upload.onFailed(answer);
    else if (answer.status < 300) upload.onDone(parsed(answer.responseText));
    else upload.onFailed(failure(answer.status, parsed(answer.responseText)));
    if (hasPlace) this.#next();
  }

  /** @param {Upload} upload @returns {Promise<XMLHttpRequest | null>} null: it was cancelled before */
  async #answer(upload) {
    const { onProgress } = upload;
    const url = await upload.url();
    if (!this.#running.has(upload)) return null;
    const sending = new Sending(url, upload.body(), { accept: "application/json", onProgress });
    this.#running.set(upload, sending);
    return sending.answer;
  }
}
