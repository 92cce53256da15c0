import { FollowingList } from './following-list.js';
import { displayName, element, milliseconds, plural, timeElement } from './words.js';

const mostShown = 4000;
const mostBytesShown = 24;

/**
 * @typedef {object} Shown
 * @property {'sent' | 'received'} direction
 * @property {import('./channel-object.js').Content} content
 * @property {string} by the transport, in words
 * @property {string} [user]
 * @property {unknown} [info]
 * @property {string} [event]
 * @property {number} [roundTrip] in milliseconds, of one that is known to be our own
 * @property {boolean} [mayBeOwn]
 * @property {boolean} [earlier] from the history
 */

/** The messages that went each way, and notes on what happened between them. */
export class MessagesView {
  #list;
  #empty;
  // More than one would run into the text that stands there as long as nothing else does.
  #notes = 0;
  /** @type {WeakMap<object, {about: HTMLElement, tell: () => HTMLElement}>} those whose round trip may be known later */
  #rows = new WeakMap();

  /** @param {HTMLElement} root */
  constructor(root) {
    const scroller = root.querySelector('#messages');
    const latest = root.querySelector('#latest');
    this.#empty = scroller.querySelector('.empty');
    this.#list = new FollowingList(scroller, scroller.querySelector('ol'), {
      onFollow: (following) => {
        if (following && document.activeElement === latest) scroller.focus();
        latest.hidden = following;
      },
    });
    latest.addEventListener('click', () => this.#list.toEnd());
  }

  /** @param {Shown} message */
  addMessage(message) {
    const at = new Date();
    if (!this.#empty.hidden) this.#empty.hidden = true;
    this.#list.add(() => {
      const tell = () => about(message, at);
      const line = tell();
      this.#rows.set(message, { about: line, tell });
      return element('li', `message ${message.direction}${message.earlier ? ' earlier' : ''}`, body(message), line);
    });
  }

  /**
   * What is known of a message has changed since it was added.
   * @param {Shown} message
   */
  tellAgain(message) {
    const row = this.#rows.get(message);
    if (!row) return;
    const line = row.tell();
    row.about.replaceWith(line);
    row.about = line;
  }

  /**
   * @param {string} text
   * @param {'plain' | 'warning'} [kind]
   */
  addNote(text, kind = 'plain') {
    const at = new Date();
    this.#notes += 1;
    if (this.#notes > 1) this.#empty.hidden = true;
    this.#list.add(() => element('li', `note ${kind}`, element('span', '', `${text} · `, timeElement(at))));
  }
}

/** @param {Shown} message */
function about({ direction, user, info, by, roundTrip, mayBeOwn, earlier }, at) {
  const isSent = direction === 'sent';
  const arrow = element('span', '', isSent ? '→ ' : '← ');
  arrow.setAttribute('aria-hidden', 'true');
  const isOwn = isSent || roundTrip !== undefined;
  const who = isOwn ? 'You' : user === undefined ? 'Anonymous' : displayName(user, info);
  const line = element('p', 'about', arrow, element('span', 'unseen', isSent ? 'Sent by ' : 'Received from '), element('strong', 'sender', who));
  if (roundTrip !== undefined) line.append(` · back after ${milliseconds(roundTrip)}`);
  line.append(earlier ? ' · earlier' : ` · ${by} · `);
  if (!earlier) line.append(timeElement(at));
  if (mayBeOwn) line.append(' · may be your own message');
  return line;
}

/** @param {Shown} message */
function body({ event, content }) {
  const made = element('p', 'body');
  if (event) made.append(element('span', 'event', event), ' ');
  if (content.bytes) made.append(...binary(content.bytes));
  else made.append(...text(content.text ?? ''));
  if (content.note) made.append(element('span', 'cut', ` ${content.note}`));
  return made;
}

/** @param {string} data */
function text(data) {
  if (data.length <= mostShown) return [data];
  // No half of a surrogate pair at the cut.
  const shown = data.slice(0, mostShown).replace(/[\ud800-\udbff]$/, '');
  return [shown, element('span', 'cut', ` … and ${plural(data.length - shown.length, 'more character')}`)];
}

/** @param {ArrayBuffer} data */
function binary(data) {
  const bytes = new Uint8Array(data, 0, Math.min(data.byteLength, mostBytesShown));
  const shown = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const rest = data.byteLength > mostBytesShown ? ' …' : '';
  return [element('span', 'cut', `${plural(data.byteLength, 'byte')} `), element('code', '', shown + rest)];
}
