/** Asks for the images' state while something moves. Knows no DOM but the page's visibility. @module */

const LOST_MS = 5_000;
const LATE_MS = 3_000;
const LATE_LOOKS = 20;

/** Whether a thumbnail of it is still to come. @param {any} image */
const isShownWhole = (image) =>
  image.state === "synced" && image.thumbnail_url === image.url && !image.thumbnail_error;

export class Poller {
  #etag = "";
  #timer = 0;
  /** @type {AbortController | null} */
  #request = null;
  /** The last one; it holds until another comes. @type {any} */
  #answer = { images: [], next_poll_ms: null };
  #lateLooks = LATE_LOOKS;

  /** @param {string} url @param {(answer: any) => void} onAnswer */
  constructor(url, onAnswer) {
    this.url = url;
    this.onAnswer = onAnswer;
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.stop();
      else this.ask();
    });
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

  /** Ask now; the server says when to ask again. */
  async ask() {
    this.stop();
    const request = new AbortController();
    this.#request = request;
    try {
      const response = await fetch(this.url, {
        // Revalidation is ours to do: a cached 200 would hide a 304.
        cache: "no-store",
        headers: this.#etag ? { "If-None-Match": this.#etag } : {},
        signal: request.signal,
      });
      if (response.status === 200) await this.#take(response);
      else if (response.status === 304) this.#later();
      else if (response.status >= 500) this.later(LOST_MS);
    } catch {
      if (!request.signal.aborted) this.later(LOST_MS);
    }
  }

  /** @param {Response} response */
  async #take(response) {
    this.#answer = await response.json();
    this.#etag = response.headers.get("ETag") ?? "";
    this.#later();
    this.onAnswer(this.#answer);
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
