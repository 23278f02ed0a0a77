// The connection to the server: states arrive as server-sent events.

// The server sends two a second.
const patienceMs = 3000;
const retryMs = 3000;

/** Receives states until the page closes, whatever happens to the server. */
export class Stream {
  #source = null;
  #sort = 'id';
  #lastAt = null;
  #since = null;
  #retry = 0;
  #why = '';

  /**
   * @param onState called with each state, and whether it is the first of its connection
   * @param onHealth called with 'live', 'waiting' or 'stale', since when, and why
   */
  constructor(onState, onHealth) {
    this.onState = onState;
    this.onHealth = onHealth;
    setInterval(() => this.#check(), 500);
    this.#connect();
  }

  /** Asks the server for the connections that come first in another order. */
  sortBy(order) {
    if (order === this.#sort) return;
    this.#sort = order;
    this.#connect();
  }

  #connect() {
    clearTimeout(this.#retry);
    this.#source?.close();
    const source = new EventSource(`events?sort=${encodeURIComponent(this.#sort)}`);
    let isFirst = true;
    source.onopen = () => { isFirst = true; };
    source.onmessage = message => {
      this.#lastAt = performance.now();
      this.#since = null;
      this.#why = '';
      try {
        this.onState(JSON.parse(message.data), isFirst);
      } finally {
        isFirst = false;
        this.onHealth('live');
      }
    };
    source.onerror = () => {
      this.#since ??= new Date();
      this.#check();
      // The browser has given up: the server has answered with an error.
      if (source.readyState === EventSource.CLOSED) this.#ask();
    };
    this.#source = source;
  }

  /** Finds out why the server refuses, and tries again. */
  async #ask() {
    const source = this.#source;
    try {
      const answer = await fetch('events', { method: 'HEAD', cache: 'no-store' });
      this.#why = answer.status === 503 ? 'the server starts, or as many pages watch as it allows'
        : answer.ok ? '' : `the server answers ${answer.status}`;
    } catch {
      this.#why = 'the server does not answer';
    }
    // The user may have sorted meanwhile, which connects anew.
    if (source !== this.#source) return;
    this.#check();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), retryMs);
  }

  #check() {
    if (this.#lastAt === null) {
      if (this.#since !== null) this.onHealth('waiting', null, this.#why || 'no connection');
    } else if (this.#since !== null || performance.now() - this.#lastAt > patienceMs) {
      this.#since ??= new Date(Date.now() - (performance.now() - this.#lastAt));
      this.onHealth('stale', this.#since, this.#why || 'no connection');
    }
  }
}
