import { FollowingList } from './following-list.js';
import { clock, element, milliseconds, plural } from './words.js';

const mostShown = 4000;
const mostBytesShown = 24;

/// The messages that went each way, and notes of what the connection went through between them.
export class MessagesView {
  #list;
  #empty;

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

  /// `by` is the way it went, in words.
  addMessage({ direction, type, data, roundTrip, by }) {
    const at = new Date();
    this.#empty.hidden = true;
    this.#list.add(() => {
      const body = type === 'text' ? this.#text(data) : this.#binary(data);
      const label = `${direction === 'sent' ? '→ Sent' : roundTrip === undefined ? '← Received' : '← Came back'} by ${by}`;
      const about = element('p', 'about', label, ' ', element('time', '', clock(at)));
      about.querySelector('time').dateTime = at.toISOString();
      if (roundTrip !== undefined) about.append(` after ${milliseconds(roundTrip)}`);
      return element('li', `message ${direction}`, body, about);
    });
  }

  /// What was published before this page came; when is not known.
  addEarlier({ text, binary, json }) {
    this.#empty.hidden = true;
    this.#list.add(() => {
      const body = binary === undefined ? this.#text(text ?? JSON.stringify(json)) : this.#text(`${binary} (base64)`);
      return element('li', 'message received earlier', body, element('p', 'about', '← From the history'));
    });
  }

  addNote(text) {
    const at = clock(new Date());
    this.#list.add(() => element('li', 'note', element('span', '', `${text} · ${at}`)));
  }

  #text(data) {
    if (data.length <= mostShown) return element('p', 'body', data);
    // No half of a surrogate pair at the cut.
    const shown = data.slice(0, mostShown).replace(/[\ud800-\udbff]$/, '');
    const rest = plural(data.length - shown.length, 'more character');
    return element('p', 'body', shown, element('span', 'cut', ` … and ${rest}`));
  }

  #binary(data) {
    const bytes = new Uint8Array(data, 0, Math.min(data.byteLength, mostBytesShown));
    const shown = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const rest = data.byteLength > mostBytesShown ? ' …' : '';
    return element('p', 'body', element('span', 'cut', `${plural(data.byteLength, 'byte')} `), element('code', '', shown + rest));
  }
}
