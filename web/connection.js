import { RoundTrips, sizeOfHeader, sizeOfText } from './frames.js';
import { begin } from './transports.js';

/// One WebSocket, or what stands in for it, at a time, told as three kinds of event: `state` (connecting, open, closing,
/// closed), `message` and `frame`. Each has what it tells in `detail`.
export class Connection extends EventTarget {
  #socket = null;
  #state = 'closed';
  #givenUp = false;
  #trips = null;
  #framed = true;

  get state() {
    return this.#state;
  }

  /// Connects to `address`; a connection that still stands is closed first. `returnsOwn` says
  /// whether that endpoint sends our own messages back.
  open(address, { returnsOwn, transport = 'websocket' }) {
    this.#abandon();
    // Of the others a page sees no frames.
    this.#framed = transport === 'websocket';
    this.#trips = returnsOwn ? new RoundTrips() : null;
    const begun = performance.now();
    this.#givenUp = false;
    this.#change('connecting');
    let socket;
    try {
      socket = begin(transport, address);
    } catch (error) {
      this.#change('closed', { code: 1006, reason: error.message, clean: false, wasOpen: false, givenUp: false });
      return;
    }
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    let wasOpen = false;
    const on = (name, handler) =>
      socket.addEventListener(name, (event) => {
        // A late event of a connection that was given up is nobody's business any more.
        if (socket === this.#socket) handler(event);
      });
    on('open', () => {
      wasOpen = true;
      this.#frame({ direction: 'received', type: 'open', roundTrip: performance.now() - begun });
      this.#change('open');
    });
    on('message', (event) => this.#receive(event.data));
    on('close', (event) => {
      this.#socket = null;
      if (event.wasClean) this.#closeFrames(event);
      this.#change('closed', {
        code: event.code,
        reason: event.reason,
        clean: event.wasClean,
        wasOpen,
        givenUp: this.#givenUp,
      });
    });
  }

  /// Sends `text`; false when the connection is not open.
  send(text) {
    if (this.#state !== 'open') return false;
    const at = performance.now();
    this.#socket.send(text);
    this.#trips?.sent(text, at);
    this.#dataFrame('sent', 'text', sizeOfText(text));
    this.#tell('message', { direction: 'sent', type: 'text', data: text });
    return true;
  }

  /// Begins the closing handshake with code 1000, or gives up a connection not open yet.
  close() {
    if (!this.#socket || this.#state === 'closing') return;
    this.#givenUp = this.#state === 'connecting';
    if (this.#givenUp) this.#socket.close();
    else this.#sendClose(this.#socket);
    this.#change('closing');
  }

  #receive(data) {
    const at = performance.now();
    const isText = typeof data === 'string';
    const type = isText ? 'text' : 'binary';
    const roundTrip = isText ? this.#trips?.returned(data, at) : undefined;
    this.#dataFrame('received', type, isText ? sizeOfText(data) : data.byteLength, roundTrip);
    this.#tell('message', { direction: 'received', type, data, roundTrip });
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
    // Compressed, the frame's length on the wire is something only the browser knows.
    const compressed = this.#socket.extensions.includes('permessage-deflate');
    const header = compressed ? undefined : sizeOfHeader(payload, direction === 'sent');
    this.#frame({ direction, type, header, payload, roundTrip });
  }

  #frame(frame) {
    if (this.#framed) this.#tell('frame', frame);
  }

  #abandon() {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    if (this.#state === 'open') this.#sendClose(socket);
    else socket.close();
  }

  #change(state, detail = {}) {
    this.#state = state;
    this.#tell('state', { state, ...detail });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
