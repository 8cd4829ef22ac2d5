/** How long a page listens to a server that says nothing: the one place for time limits. @module */

export const SILENCE_MS = 30_000;

/** Calls `onSilence` once nothing was heard for SILENCE_MS. */
export class Listening {
  #timer = 0;

  /** @param {() => void} onSilence */
  constructor(onSilence) {
    this.onSilence = onSilence;
    this.heard();
  }

  heard() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.onSilence, SILENCE_MS);
  }

  end() {
    clearTimeout(this.#timer);
  }
}

/**
 * The whole of an answer, however long it takes while bytes of it come.
 * @param {string} url
 * @param {RequestInit} [options]
 * @returns {Promise<{ response: Response, text: string }>} fails without an answer, like `fetch`
 */
export async function fetchText(url, options = {}) {
  const silence = new AbortController();
  const signals = options.signal ? [silence.signal, options.signal] : [silence.signal];
  const listening = new Listening(() => silence.abort());
  try {
    const response = await fetch(url, { ...options, signal: AbortSignal.any(signals) });
    const decoder = new TextDecoder();
    const reader = response.body?.getReader();
    let text = "";
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      listening.heard();
      text += decoder.decode(part.value, { stream: true });
    }
    return { response, text: text + decoder.decode() };
  } finally {
    listening.end();
  }
}
