import { Backoff } from './backoff.js';
import { readChannelObject } from './channel-object.js';
import { describeCloseCode } from './close-codes.js';
import { Connection } from './connection.js';
import { channelAddress, returnsOwn, socketAddress, transportOf } from './destination.js';
import { OwnMessages } from './own-messages.js';
import { findRefusal } from './refusal.js';

const earlierMessages = 20;
// How long a server with too much to do is left alone at least, in milliseconds.
const overloaded = 3000;

/**
 * Stays connected to one destination until the user wants otherwise: what is lost for a reason that
 * may pass is connected again, from the last position that was seen. It tells what a Connection tells;
 * its states are connecting, open, closing, waiting (until `retryAt`, of performance.now(), or for an
 * EventSource that reconnects by itself) and closed. Beside these: `earlier` (a message from the
 * history), and `joined`, which says whether it came back and whether something may be missing.
 */
export class Session extends EventTarget {
  #connection = new Connection();
  #backoff = new Backoff();
  #own = new OwnMessages();
  /** @type {import('./destination.js').Destination | null} */
  #destination = null;
  #address = '';
  /** @type {string | null} */
  #position = null;
  #state = 'closed';
  #timer = 0;
  #cameBack = false;
  #missed = false;
  // A number for what the user wants now; what answers an older wish is not heard.
  #wish = 0;

  constructor() {
    super();
    this.#connection.addEventListener('state', ({ detail }) => this.#follow(detail));
    this.#connection.addEventListener('sent', ({ detail }) => this.#sent(detail.text));
    this.#connection.addEventListener('object', ({ detail }) => this.#read(detail));
    for (const name of ['frame', 'trip', 'polled']) this.#connection.addEventListener(name, ({ detail }) => this.#tell(name, detail));
    window.addEventListener('online', () => this.#state === 'waiting' && this.reconnect());
  }

  get state() {
    return this.#state;
  }

  /** The address of the connection, as a text for people. */
  get address() {
    return this.#address;
  }

  /**
   * Connects to a destination, and leaves the one before.
   * @param {import('./destination.js').Destination} destination
   */
  async start(destination) {
    const wish = this.#newWish();
    this.#connection.abandon();
    this.#destination = destination;
    this.#position = null;
    this.#cameBack = false;
    this.#missed = false;
    this.#own.forget();
    this.#backoff.reset();
    this.#findAddress();
    this.#change('connecting', { attempt: 0 });
    if (destination.history && destination.endpoint !== 'echo') await this.#readHistory(destination);
    if (wish === this.#wish) this.#open();
  }

  /** Connects again to the same destination, at once, and from where it was. */
  reconnect() {
    this.#newWish();
    this.#cameBack = true;
    this.#open();
  }

  /** Closes by the user's wish. */
  stop() {
    this.#wish += 1;
    clearTimeout(this.#timer);
    if (this.#connection.state !== 'closed') return this.#connection.close();
    this.#connection.abandon();
    this.#change('closed', { stopped: true, clean: true });
  }

  /** @param {string} text */
  send(text) {
    return this.#connection.send(text);
  }

  #newWish() {
    clearTimeout(this.#timer);
    this.#wish += 1;
    return this.#wish;
  }

  async #readHistory(destination) {
    const asked = this.#wish;
    const answer = await fetch(`${channelAddress(destination, location)}?history=${earlierMessages}`, { cache: 'no-store' })
      .then(async (response) => (response.ok ? response.json() : { refusal: (await response.text()).trim() }))
      .catch(() => ({ refusal: 'the server could not be reached' }));
    if (asked !== this.#wish) return;
    if (!answer.messages) return this.#tell('object', { kind: 'error', sentence: `No earlier messages: ${answer.refusal}` });
    for (const message of answer.messages) this.#tell('earlier', readChannelObject(message));
    // What comes after these is what the connection begins with.
    this.#position = answer.position;
  }

  #findAddress() {
    const address = socketAddress(this.#destination, location, this.#position);
    this.#address = transportOf(this.#destination) === 'websocket' ? address : address.replace(/^ws/, 'http');
  }

  #open() {
    this.#findAddress();
    const isEcho = this.#destination.endpoint === 'echo';
    this.#connection.open(this.#address, { isEcho, transport: transportOf(this.#destination) });
  }

  #follow(detail) {
    if (detail.state === 'retrying') {
      // (It says so at each attempt.)
      if (this.#state === 'waiting') return;
      this.#cameBack = true;
      return this.#change('waiting', { byItself: true, ...lost });
    }
    if (detail.state === 'open') {
      this.#backoff.opened(performance.now());
      if (this.#cameBack) this.#own.reconnected(performance.now());
    }
    if (detail.state === 'closed') return this.#ended(detail);
    this.#change(detail.state, { attempt: this.#backoff.attempt, cameBack: this.#cameBack });
  }

  async #ended(closure) {
    const byUser = closure.givenUp || this.#state === 'closing';
    const told = { ...closure, ...describeCloseCode(closure.code) };
    if (byUser) return this.#change('closed', told);
    if (closure.reason) told.meaning = closure.wasOpen ? `“${closure.reason}” ${told.meaning}` : closure.reason;
    if (!closure.wasOpen && closure.code === 1006) {
      const wish = this.#wish;
      Object.assign(told, await findRefusal(this.#address.replace(/^ws/, 'http'), this.#destination.endpoint !== 'echo'));
      if (wish !== this.#wish) return;
      if (told.noHistory) this.#giveUpPosition();
    }
    if (!told.comesBack) return this.#change('closed', told);
    this.#cameBack ||= closure.wasOpen;
    const pause = this.#backoff.next(performance.now(), told.pause ?? (closure.code === 1013 ? overloaded : 0));
    this.#timer = setTimeout(() => this.#open(), pause);
    this.#change('waiting', { ...told, attempt: this.#backoff.attempt, retryAt: performance.now() + pause });
  }

  #giveUpPosition() {
    this.#position = null;
    this.#missed = true;
  }

  #sent(text) {
    if (transportOf(this.#destination) === 'websocket' && !returnsOwn(this.#destination)) this.#own.sent(text, performance.now());
    this.#tell('sent', { text });
  }

  #read(object) {
    if (object.kind === 'joined') {
      const missed = this.#missed || (!object.recovered && this.#position !== null);
      this.#missed = false;
      this.#tell('joined', { cameBack: this.#cameBack, missed });
      this.#cameBack = false;
    }
    if (object.position) this.#position = object.position;
    if (object.kind === 'message') object.mayBeOwn = this.#isLikeOwn(object);
    this.#tell('object', object);
  }

  #isLikeOwn({ user, content, roundTrip }) {
    const ours = (user ?? '') === this.#destination.user;
    return roundTrip === undefined && this.#own.arrived(ours ? content.text : undefined, performance.now());
  }

  #change(state, detail = {}) {
    this.#state = state;
    this.#tell('state', { ...detail, state });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

const lost = { code: 1006, clean: false, wasOpen: true, ...describeCloseCode(1006) };
