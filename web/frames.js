// What a page can know of the frames that carry its messages.

const encoder = new TextEncoder();

/**
 * The bytes of `text` as UTF-8, which is what is sent.
 * @param {string} text
 */
export function sizeOfText(text) {
  return encoder.encode(text).length;
}

/**
 * The bytes of a frame's header (RFC 6455, section 5.2): 2, and 2 or 8 more for a long payload,
 * and 4 more for the masking key of all that a client sends.
 * @param {number} payload
 * @param {boolean} masked
 */
export function sizeOfHeader(payload, masked) {
  const length = payload <= 125 ? 0 : payload <= 0xffff ? 2 : 8;
  return 2 + length + (masked ? 4 : 0);
}

/**
 * @typedef {object} Frame
 * @property {'sent' | 'received'} direction
 * @property {string} type open, text, binary or close
 * @property {number} [header] in bytes, where it is known
 * @property {number} [payload] in bytes
 * @property {number} [roundTrip] in milliseconds
 */

/** Counts frames and payload bytes each way, and the median of the last round trips. */
export class Totals {
  sent = { frames: 0, bytes: 0 };
  received = { frames: 0, bytes: 0 };
  /** @type {number[]} */
  #trips = [];

  /** @param {Frame} frame */
  add({ direction, type, payload }) {
    if (type === 'open') return;
    this[direction].frames += 1;
    this[direction].bytes += payload ?? 0;
  }

  /** @param {number} duration in milliseconds */
  addRoundTrip(duration) {
    this.#trips.push(duration);
    if (this.#trips.length > 51) this.#trips.shift();
  }

  /** In milliseconds; undefined before the first round trip. */
  get medianRoundTrip() {
    return this.#trips.toSorted((a, b) => a - b)[this.#trips.length >> 1];
  }
}
