// The other ways onto a channel, for networks that break WebSockets. Each is used as a WebSocket is
// (the events open, message and close, and send and close), and gives the same objects. Beside these
// it tells of what it has published (`published`, `failed`), and that it is reconnecting by itself
// (`retrying`).

class Transport extends EventTarget {
  extensions = '';
  #address;
  #over = false;
  /** @type {Promise<unknown>} */
  #sending = Promise.resolve();

  /** @param {string} address that of the channel, as a WebSocket would have it */
  constructor(address) {
    super();
    this.#address = address.replace(/^ws/, 'http');
  }

  /**
   * The channel's address for HTTP, with `query` beside what it has.
   * @param {Record<string, string | number>} [query]
   */
  addressed(query = {}) {
    const url = new URL(this.#address);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    return url;
  }

  /**
   * Publishes `text`; one after the other, so that they arrive in order.
   * @param {string} text
   */
  send(text) {
    this.#sending = this.#sending.then(() => this.#publish(text));
  }

  /** @param {string} text */
  async #publish(text) {
    const at = performance.now();
    try {
      const answer = await fetch(this.addressed(), { method: 'POST', body: text });
      if (!answer.ok) return this.#failed((await answer.text()).trim() || `The server answered with ${answer.status}.`);
      const { position } = await answer.json();
      this.tell('published', { position, at });
    } catch {
      this.#failed('The server could not be reached, and your message may not have arrived. Send it again.');
    }
  }

  /** @param {string} error */
  #failed(error) {
    this.tell('failed');
    this.tell('message', { data: { error } });
  }

  close(code = 1000) {
    this.over(code, '', true);
  }

  /** It has ended, as a WebSocket ends with this code. */
  over(code, reason = '', wasClean = code !== 1006) {
    if (this.#over) return;
    this.#over = true;
    this.stop();
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason, wasClean }));
  }

  get isOver() {
    return this.#over;
  }

  /**
   * @param {string} name
   * @param {object} [detail]
   */
  tell(name, detail = {}) {
    if (!this.#over) this.dispatchEvent(Object.assign(new Event(name), detail));
  }

  stop() {}
}

/** Reads by EventSource, which reconnects by itself and names the position it has seen. */
export class EventStream extends Transport {
  #source;

  /** @param {string} address */
  constructor(address) {
    super(address);
    this.#source = new EventSource(this.addressed());
    let opened = false;
    this.#source.addEventListener('joined', ({ data }) => {
      opened = true;
      this.tell('open');
      this.tell('message', { data });
    });
    for (const type of ['message', 'presence']) this.#source.addEventListener(type, ({ data }) => this.tell('message', { data }));
    this.#source.addEventListener('expired', ({ data }) => this.over(3000, data));
    this.#source.addEventListener('error', () => {
      if (this.#source.readyState === EventSource.CLOSED || !opened) this.over(1006);
      else this.tell('retrying');
    });
  }

  stop() {
    this.#source.close();
  }
}

/** Asks again and again for what came after the position it has seen. */
export class LongPoll extends Transport {
  #abort = new AbortController();

  /** @param {string} address */
  constructor(address) {
    super(address);
    this.#run();
  }

  async #run() {
    try {
      const since = this.addressed().searchParams.get('since');
      const first = await this.#ask(since ? { since } : { history: 0 });
      this.tell('open');
      this.#give({ joined: { position: since ?? first.position, recovered: first.recovered } });
      let position = this.#giveAll(first);
      while (!this.isOver) {
        const answer = await this.#ask({ since: position, wait: 15 });
        if (!answer.recovered) this.#give({ joined: { position: answer.position, recovered: false } });
        position = this.#giveAll(answer);
      }
    } catch (error) {
      this.over(codeOf(error.status), error.message);
    }
  }

  /** @param {object} data */
  #give(data) {
    this.tell('message', { data });
  }

  #giveAll({ messages, position }) {
    for (const message of messages) this.#give(message);
    this.tell('polled', { position });
    return position;
  }

  /** @param {Record<string, string | number>} query */
  async #ask(query) {
    const answer = await fetch(this.addressed(query), { cache: 'no-store', signal: this.#abort.signal }).catch(() => {
      throw Object.assign(new Error(''), { status: 0 });
    });
    if (!answer.ok) throw Object.assign(new Error((await answer.text()).trim()), { status: answer.status });
    return answer.json();
  }

  stop() {
    this.#abort.abort();
  }
}

/**
 * The close code that says the same as the status of an answer; 0 is no answer.
 * @param {number | undefined} status
 */
function codeOf(status) {
  if (status === 401) return 3000;
  if (status === 403) return 3003;
  if (status === 429 || (status && status >= 500)) return 1013;
  return status ? 1008 : 1006;
}

const kinds = { websocket: WebSocket, events: EventStream, poll: LongPoll };

/** What a transport is called. */
export const transportWords = { websocket: 'WebSocket', events: 'EventSource', poll: 'long poll' };

/** How what a page sends leaves by it. */
export const sendingWords = { ...transportWords, events: 'POST', poll: 'POST' };

/**
 * Begins to talk to `address` by the transport of this name.
 * @param {keyof typeof kinds} transport
 * @param {string} address
 */
export function begin(transport, address) {
  return new kinds[transport](address);
}
