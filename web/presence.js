import { displayName } from './words.js';

const mostOften = 5000;

/** @typedef {{user: string, info?: unknown}} Present */

/**
 * Who is on a channel: a list asked for when the page joins, and then kept by what the channel tells.
 * Events: `list` (with `detail`, of Present) and `change` (a sentence about somebody else).
 */
export class Presence extends EventTarget {
  /** @type {Map<string, unknown>} the user's info by their name */
  #here = new Map();
  #address = '';
  #own = '';
  #asked = 0;
  #askedAt = 0;
  /** @type {import('./channel-object.js').PresenceChange[] | null} what was told since the list was asked for */
  #since = null;

  /**
   * Asks who is on the channel at `address` (of HTTP).
   * @param {string} address
   * @param {string} own the name of the page's own user
   */
  begin(address, own) {
    this.#address = address;
    this.#own = own;
    this.#here = new Map();
    this.#ask((list) => { this.#here = list; });
  }

  /** Asks again, where the transport does not tell who comes and goes; not too often. */
  refresh() {
    if (this.#since === null && performance.now() - this.#askedAt >= mostOften) this.#ask((list) => this.#compare(list));
  }

  /** Nobody is known to be there. */
  end() {
    this.#asked += 1;
    this.#since = null;
    this.#here = new Map();
    this.#list();
  }

  /** @param {import('./channel-object.js').PresenceChange} change */
  told(change) {
    this.#since?.push(change);
    this.#apply(change);
    this.#list();
  }

  async #ask(use) {
    this.#asked += 1;
    const asked = this.#asked;
    this.#askedAt = performance.now();
    this.#since = [];
    const answer = await fetch(`${this.#address}/presence`, { cache: 'no-store' }).then((response) => (response.ok ? response.json() : null)).catch(() => null);
    if (asked !== this.#asked) return;
    const since = this.#since ?? [];
    this.#since = null;
    // (A channel need not keep it, nor tell everyone.)
    if (!answer) return;
    const list = new Map(answer.present.map(({ user, info }) => [user, info]));
    // What was told meanwhile may be newer than the list.
    for (const { change, user, info } of since) {
      if (change === 'left') list.delete(user);
      else list.set(user, info);
    }
    use(list);
    this.#list();
  }

  /** @param {Map<string, unknown>} list */
  #compare(list) {
    for (const user of [...this.#here.keys()]) if (!list.has(user)) this.#apply({ kind: 'presence', change: 'left', user });
    for (const [user, info] of list) this.#apply({ kind: 'presence', change: 'joined', user, info });
  }

  /** @param {import('./channel-object.js').PresenceChange} change */
  #apply({ change, user, info }) {
    const was = this.#here.has(user);
    const before = displayName(user, this.#here.get(user));
    if (change === 'left') this.#here.delete(user);
    else this.#here.set(user, info);
    if (user === this.#own) return;
    const name = displayName(user, info);
    if (change === 'left' && was) this.#say(`${before} left`);
    else if (change !== 'left' && !was) this.#say(`${name} joined`);
    else if (change !== 'left' && name !== before) this.#say(`${before} is now ${name}`);
  }

  #say(sentence) {
    this.dispatchEvent(new CustomEvent('change', { detail: sentence }));
  }

  #list() {
    const detail = [...this.#here].map(([user, info]) => ({ user, info }));
    this.dispatchEvent(new CustomEvent('list', { detail }));
  }
}
