import { FollowingList } from './following-list.js';
import { Totals } from './frames.js';
import { perPicture } from './per-picture.js';
import { element, grouped, milliseconds, timeElement } from './words.js';

/** The list of frames, and the totals above it. */
export class FramesView {
  #list;
  #totals = new Totals();
  #sent;
  #received;
  #trip;
  #draw = perPicture(() => this.#drawTotals());

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#sent = root.querySelector('#total-sent');
    this.#received = root.querySelector('#total-received');
    this.#trip = root.querySelector('#total-trip');
    this.#list = new FollowingList(root.querySelector('#frames-scroller'), root.querySelector('tbody'));
  }

  /** @param {import('./frames.js').Frame} frame */
  add(frame) {
    this.#totals.add(frame);
    const at = new Date();
    this.#list.add(() => this.#row(frame, at));
    this.#draw();
  }

  /** @param {number} duration in milliseconds */
  addRoundTrip(duration) {
    this.#totals.addRoundTrip(duration);
    this.#draw();
  }

  #drawTotals() {
    const { sent, received, medianRoundTrip } = this.#totals;
    this.#sent.textContent = inShort(sent);
    this.#received.textContent = inShort(received);
    this.#trip.textContent = medianRoundTrip === undefined ? '–' : milliseconds(medianRoundTrip);
  }

  #row({ direction, type, header, payload, roundTrip }, at) {
    const arrow = element('span', 'arrow', direction === 'sent' ? '→' : '←');
    arrow.setAttribute('aria-hidden', 'true');
    const kind = element('th', 'kind', arrow, element('span', 'unseen', `${direction} `), type);
    kind.scope = 'row';
    return element(
      'tr',
      `${direction} ${type === 'open' || type === 'close' ? 'control' : 'data'}`,
      element('td', 'time', timeElement(at)),
      kind,
      element('td', 'number', size(header)),
      element('td', 'number', size(payload)),
      element('td', 'number trip', roundTrip === undefined ? '' : milliseconds(roundTrip)),
    );
  }
}

function size(bytes) {
  return bytes === undefined ? '–' : grouped(bytes);
}

function inShort({ frames, bytes }) {
  return frames === 0 ? '0' : `${grouped(frames)} · ${grouped(bytes)} B`;
}
