// The other ways onto a channel, for networks that break WebSockets. Each is used as a WebSocket is:
// the events open, message and close, and send and close.

class Transport extends EventTarget {
  extensions = '';
  #address;
  #over = false;

  /// `address` is that of the channel, as a WebSocket would have it.
  constructor(address) {
    super();
    this.#address = address.replace(/^ws/, 'http');
  }

  /// The channel's address for HTTP, with `query` beside what it has.
  addressed(query = {}) {
    const url = new URL(this.#address);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  /// Publishes `text`; one after the other, so that they arrive in order.
  send(text) {
    this.#sending = this.#sending.then(() => fetch(this.addressed(), { method: 'POST', body: text }))
      .then((answer) => { if (!answer.ok) return answer.text().then((why) => this.over(1008, why.trim())); })
      .catch(() => this.over(1006));
  }
  #sending = Promise.resolve();

  close(code = 1000) {
    this.over(code, '', true);
  }

  /// It has ended, as a WebSocket ends with this code.
  over(code, reason = '', wasClean = false) {
    if (this.#over) return;
    this.#over = true;
    this.stop();
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason, wasClean: wasClean || code !== 1006 }));
  }

  get isOver() {
    return this.#over;
  }

  tell(name, detail = {}) {
    if (!this.#over) this.dispatchEvent(Object.assign(new Event(name), detail));
  }

  stop() {}
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}

/// Reads by EventSource, which comes back by itself with the position it has seen.
export class EventStream extends Transport {
  #source;

  constructor(address) {
    super(address);
    this.#source = new EventSource(this.addressed());
    let opened = false;
    this.#source.addEventListener('joined', () => {
      if (!opened) this.tell('open');
      opened = true;
    });
    this.#source.addEventListener('message', ({ data }) => this.tell('message', { data }));
    this.#source.addEventListener('binary', ({ data }) => this.tell('message', { data: fromBase64(data) }));
    this.#source.addEventListener('error', () => {
      // Otherwise it is on its way back.
      if (this.#source.readyState === EventSource.CLOSED || !opened) this.over(1006);
    });
  }

  stop() {
    this.#source.close();
  }
}

/// Asks again and again for what came after the position it has seen.
export class LongPoll extends Transport {
  #abort = new AbortController();

  constructor(address) {
    super(address);
    this.#run();
  }

  async #run() {
    try {
      // (Nobody listens before the constructor is done.)
      let position = await (this.addressed().searchParams.get('since') ?? this.#ask({ history: 0 }).then((answer) => answer.position));
      this.tell('open');
      while (!this.isOver) {
        const answer = await this.#ask({ since: position, wait: 25 });
        for (const { text, binary, json } of answer.messages) this.tell('message', { data: text ?? (binary === undefined ? JSON.stringify(json) : fromBase64(binary)) });
        position = answer.position;
      }
    } catch {
      this.over(1006);
    }
  }

  async #ask(query) {
    const answer = await fetch(this.addressed(query), { cache: 'no-store', signal: this.#abort.signal });
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  }

  stop() {
    this.#abort.abort();
  }
}

const kinds = { websocket: WebSocket, events: EventStream, poll: LongPoll };

/// What a transport is called.
export const transportWords = { websocket: 'WebSocket', events: 'EventSource', poll: 'long poll' };

/// How what a page sends leaves by it.
export const sendingWords = { ...transportWords, events: 'POST', poll: 'POST' };

/// Begins to talk to `address` by the transport of this name.
export function begin(transport, address) {
  return new kinds[transport](address);
}
