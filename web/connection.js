import { readChannelObject } from './channel-object.js';
import { sizeOfHeader, sizeOfText } from './frames.js';
import { EchoTrips, PublishedTrips } from './round-trips.js';
import { begin } from './transports.js';

/**
 * One WebSocket, or what stands in for it, at a time. What it tells stands in `detail` of the events
 * `state` (connecting, open, retrying, closing, closed), `frame`, `sent` (a text), `object` (what a channel
 * sends, as channel-object.js reads it; of the echo, messages only), `trip` (the milliseconds that a
 * message of ours was away) and `polled`.
 */
export class Connection extends EventTarget {
  #socket = null;
  #state = 'closed';
  #givenUp = false;
  #raw = false;
  #framed = true;
  #begun = 0;
  /** @type {EchoTrips | null} */
  #echoed = null;
  /** @type {PublishedTrips<import('./channel-object.js').ChannelMessage>} */
  #published = new PublishedTrips();

  get state() {
    return this.#state;
  }

  /**
   * Connects to `address`; a connection that still stands is closed first.
   * @param {string} address
   * @param {{isEcho: boolean, transport: 'websocket' | 'events' | 'poll'}} how
   */
  open(address, { isEcho, transport }) {
    this.abandon();
    // Of the others a page sees no frames.
    this.#framed = transport === 'websocket';
    this.#raw = isEcho;
    this.#echoed = isEcho ? new EchoTrips() : null;
    this.#published = new PublishedTrips();
    this.#begun = performance.now();
    this.#givenUp = false;
    this.#change('connecting');
    try {
      this.#socket = begin(transport, address);
    } catch (error) {
      this.#change('closed', { code: 1006, reason: error.message, clean: false, wasOpen: false, givenUp: false });
      return;
    }
    this.#socket.binaryType = 'arraybuffer';
    this.#listen(this.#socket);
  }

  /**
   * Sends `text`; false when the connection is not open.
   * @param {string} text
   */
  send(text) {
    if (this.#state !== 'open') return false;
    const at = performance.now();
    if (!this.#framed) this.#published.begun();
    this.#socket.send(text);
    this.#echoed?.sent(text, at);
    this.#dataFrame('sent', 'text', sizeOfText(text));
    this.#tell('sent', { text });
    return true;
  }

  /** Begins the closing handshake with code 1000, or gives up a connection not open yet. */
  close() {
    if (!this.#socket || this.#state === 'closing') return;
    this.#givenUp = this.#state === 'connecting';
    const socket = this.#socket;
    this.#change('closing');
    if (this.#givenUp) socket.close();
    else this.#sendClose(socket);
  }

  /** Closes what stands, and tells nothing of it. */
  abandon() {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    if (this.#state === 'open') this.#sendClose(socket);
    else socket.close();
    this.#state = 'closed';
  }

  #listen(socket) {
    let wasOpen = false;
    const on = (name, handler) =>
      socket.addEventListener(name, (event) => {
        // (A connection that was given up may still send an event.)
        if (socket === this.#socket) handler(event);
      });
    on('open', () => {
      if (!wasOpen) this.#frame({ direction: 'received', type: 'open', roundTrip: performance.now() - this.#begun });
      wasOpen = true;
      this.#change('open');
    });
    on('message', ({ data }) => this.#receive(data));
    on('published', ({ position, at }) => this.#isPublished(position, at));
    on('failed', () => this.#published.failed());
    on('polled', () => this.#tell('polled', {}));
    on('retrying', () => this.#change('retrying'));
    on('close', (event) => {
      this.#socket = null;
      if (event.wasClean) this.#closeFrames(event);
      const { code, reason, wasClean } = event;
      this.#change('closed', { code, reason, clean: wasClean, wasOpen, givenUp: this.#givenUp });
    });
  }

  #receive(data) {
    const at = performance.now();
    const object = this.#raw ? rawMessage(data) : readChannelObject(data);
    if (object.kind === 'message') object.roundTrip = this.#roundTrip(object, at);
    if (this.#framed) {
      const isText = typeof data === 'string';
      this.#dataFrame('received', isText ? 'text' : 'binary', isText ? sizeOfText(data) : data.byteLength, object.roundTrip);
    }
    this.#tell('object', object);
    if (object.roundTrip !== undefined) this.#tell('trip', { message: object, roundTrip: object.roundTrip });
  }

  #roundTrip(message, at) {
    if (this.#echoed) return this.#echoed.returned(message.content.text ?? '', at);
    return this.#framed ? undefined : this.#published.arrived(message.position, at, message);
  }

  #isPublished(position, at) {
    const found = this.#published.published(position, at);
    if (found) this.#tell('trip', found);
  }

  #sendClose(socket) {
    socket.close(1000);
    this.#frame({ direction: 'sent', type: 'close', header: sizeOfHeader(2, true), payload: 2 });
  }

  #closeFrames({ code, reason }) {
    const payload = code === 1005 ? 0 : 2 + sizeOfText(reason);
    this.#frame({ direction: 'received', type: 'close', header: sizeOfHeader(payload, false), payload });
    // The browser answers by itself, and does not say with how many bytes.
    if (this.#state === 'open') this.#frame({ direction: 'sent', type: 'close' });
  }

  #dataFrame(direction, type, payload, roundTrip) {
    if (!this.#framed) return;
    // Compressed, the frame's length is something only the browser knows.
    const compressed = this.#socket.extensions.includes('permessage-deflate');
    const header = compressed ? undefined : sizeOfHeader(payload, direction === 'sent');
    this.#frame({ direction, type, header, payload, roundTrip });
  }

  #frame(frame) {
    if (this.#framed) this.#tell('frame', frame);
  }

  #change(state, detail = {}) {
    this.#state = state;
    this.#tell('state', { state, ...detail });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function rawMessage(data) {
  return { kind: 'message', content: typeof data === 'string' ? { text: data } : { bytes: data } };
}
