/** Asks for the images' state while something moves. Knows no DOM but the page's visibility. @module */

const LOST_MS = 5_000;

export class Poller {
  #etag = "";
  #timer = 0;
  /** @type {AbortController | null} */
  #request = null;
  /** @type {number | null} */
  #pause = null;

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
    this.#pause = ms;
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
      else if (response.status === 304) this.later(this.#pause);
      else if (response.status >= 500) this.later(LOST_MS);
    } catch {
      if (!request.signal.aborted) this.later(LOST_MS);
    }
  }

  /** @param {Response} response */
  async #take(response) {
    const answer = await response.json();
    this.#etag = response.headers.get("ETag") ?? "";
    this.later(answer.next_poll_ms);
    this.onAnswer(answer);
  }
}
