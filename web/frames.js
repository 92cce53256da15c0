// What a page can know of the frames that carry its messages.

const encoder = new TextEncoder();

/// The bytes of `text` as UTF-8, which is what crosses the wire.
export function sizeOfText(text) {
  return encoder.encode(text).length;
}

/// The bytes of a frame's header (RFC 6455, section 5.2): 2, and 2 or 8 more for a long payload,
/// and 4 more for the masking key of all that a client sends.
export function sizeOfHeader(payload, masked) {
  const length = payload <= 125 ? 0 : payload <= 0xffff ? 2 : 8;
  return 2 + length + (masked ? 4 : 0);
}

/// Finds out for each message that arrives whether it is one of our own that came back, and how
/// long it was away. Messages come back in the order they were sent.
export class RoundTrips {
  #away = [];

  sent(text, at) {
    this.#away.push({ text, at });
    if (this.#away.length > 256) this.#away.shift();
  }

  /// The milliseconds `text` was away; undefined when it is not ours.
  returned(text, at) {
    const index = this.#away.findIndex((message) => message.text === text);
    if (index < 0) return undefined;
    // Those sent before it and not back by now were lost.
    const [message] = this.#away.splice(0, index + 1).slice(-1);
    return at - message.at;
  }

  clear() {
    this.#away = [];
  }
}

/// Counts frames and payload bytes each way, and the median of the last round trips.
export class Totals {
  sent = { frames: 0, bytes: 0 };
  received = { frames: 0, bytes: 0 };
  #trips = [];

  add({ direction, type, payload, roundTrip }) {
    if (type === 'open') return;
    this[direction].frames += 1;
    this[direction].bytes += payload ?? 0;
    if (roundTrip === undefined) return;
    this.#trips.push(roundTrip);
    if (this.#trips.length > 51) this.#trips.shift();
  }

  /// In milliseconds; undefined before the first round trip.
  get medianRoundTrip() {
    return this.#trips.toSorted((a, b) => a - b)[this.#trips.length >> 1];
  }
}
