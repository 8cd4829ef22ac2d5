/** Asks for the images' state while something moves. Knows no DOM but the page's visibility. @module */

import { fetchText } from "../../media_staging/silence.js";
import { failure, parsed } from "../http.js";

/** @import { RequestError } from "../http.js" */

const LOST_MS = 5_000;
const LATE_MS = 3_000;
const LATE_LOOKS = 20;

/** Whether a thumbnail of it is still to come. @param {any} image */
const isShownWhole = (image) =>
  image.state === "synced" && image.thumbnail_url === image.url && !image.thumbnail_error;

/**
 * @typedef {object} Listener
 * @property {(answer: any) => void} onAnswer when something changed
 * @property {(error: RequestError) => void} onRefused the server will not tell
 */

export class Poller {
  #etag = "";
  #timer = 0;
  /** @type {AbortController | null} */
  #request = null;
  /** The last one; it holds until another comes. @type {any} */
  #answer = { images: [], next_poll_ms: null };
  #lateLooks = LATE_LOOKS;
  /** How far the server's clock is ahead of ours, in milliseconds. */
  #ahead = 0;

  /** @param {() => string} url none: there is nothing to ask for yet @param {Listener} listener */
  constructor(url, listener) {
    this.url = url;
    this.listener = listener;
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.stop();
      else this.ask();
    });
  }

  /** The time by the server's clock, in milliseconds; a second more or less. */
  get now() {
    return Date.now() + this.#ahead;
  }

  /** @param {number | null} ms null: nothing moves, so nothing is asked */
  later(ms) {
    clearTimeout(this.#timer);
    if (ms !== null && !document.hidden) this.#timer = setTimeout(() => this.ask(), ms);
  }

  /** Drop a question under way: what it answers was overtaken by a change of ours. */
  stop() {
    clearTimeout(this.#timer);
    this.#request?.abort();
  }

  /** Ask now; the server says when to ask again. A hidden page asks when it is shown. */
  async ask() {
    this.stop();
    const url = this.url();
    if (document.hidden || !url) return;
    const request = new AbortController();
    this.#request = request;
    try {
      const { response, text } = await fetchText(url, {
        // Revalidation is ours to do: a cached 200 would hide a 304.
        cache: "no-store",
        headers: { Accept: "application/json", ...(this.#etag && { "If-None-Match": this.#etag }) },
        signal: request.signal,
      });
      this.#take(response, parsed(text));
    } catch {
      if (!request.signal.aborted) this.later(LOST_MS);
    }
  }

  /** @param {Response} response @param {any} body */
  #take(response, body) {
    const { status, headers } = response;
    if (status === 304) this.#later();
    else if (status >= 500) this.later(LOST_MS);
    else if (status !== 200) this.listener.onRefused(failure(status, body));
    else {
      this.#answer = body;
      this.#etag = headers.get("ETag") ?? "";
      this.#ahead = (Date.parse(headers.get("Date") ?? "") || Date.now()) - Date.now();
      this.#later();
      this.listener.onAnswer(this.#answer);
    }
  }

  #later() {
    if (this.#answer.next_poll_ms !== null) this.#lateLooks = LATE_LOOKS;
    this.later(this.#answer.next_poll_ms ?? this.#lateLook());
  }

  /** Thumbnails come after the last transfer: look for them a few times, not for ever. */
  #lateLook() {
    return this.#answer.images.some(isShownWhole) && this.#lateLooks-- > 0 ? LATE_MS : null;
  }
}
