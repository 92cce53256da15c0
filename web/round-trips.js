// How long a message was away, where that can be known. On a channel joined by WebSocket it cannot:
// what comes back has the text that was sent, but somebody else may have sent the same.

const mostAway = 1024;

/** Round trips to an echo, which sends back each message once and in order. */
export class EchoTrips {
  /** @type {{text: string, at: number}[]} */
  #away = [];
  // Sent while too many were away to remember each; they come back after the others.
  #unmeasured = 0;

  /**
   * @param {string} text
   * @param {number} at in milliseconds
   */
  sent(text, at) {
    if (this.#unmeasured > 0 || this.#away.length >= mostAway) this.#unmeasured += 1;
    else this.#away.push({ text, at });
  }

  /**
   * The milliseconds that `text` was away; undefined where it is not the answer to the oldest
   * message without one.
   * @param {string} text
   * @param {number} at in milliseconds
   * @returns {number | undefined}
   */
  returned(text, at) {
    const oldest = this.#away.shift();
    if (!oldest) {
      this.#unmeasured = Math.max(0, this.#unmeasured - 1);
      return undefined;
    }
    if (oldest.text === text) return at - oldest.at;
    // It is no echo, or lost something: which answer belongs to what is not known any more.
    this.#unmeasured += this.#away.length;
    this.#away = [];
    return undefined;
  }
}

/**
 * Round trips of what is published by POST, whose answer names the position under which the message
 * arrives, before or after the answer.
 * @template Message
 */
export class PublishedTrips {
  #underWay = 0;
  /** @type {Map<string, number>} */
  #published = new Map();
  /** @type {Map<string, {at: number, message: Message}>} */
  #arrived = new Map();

  begun() {
    this.#underWay += 1;
  }

  failed() {
    this.#end();
  }

  /**
   * The answer to what was sent `at`. Tells of the message, if it has arrived already.
   * @param {string} position
   * @param {number} at
   * @returns {{message: Message, roundTrip: number} | undefined}
   */
  published(position, at) {
    const found = this.#arrived.get(position);
    this.#end();
    if (found) return { message: found.message, roundTrip: found.at - at };
    this.#published.set(position, at);
    if (this.#published.size > mostAway) this.#published.delete(this.#published.keys().next().value);
    return undefined;
  }

  /**
   * The milliseconds since the message was sent; undefined where it is not known to be our own.
   * @param {string} position
   * @param {number} at
   * @param {Message} message
   * @returns {number | undefined}
   */
  arrived(position, at, message) {
    const sent = this.#published.get(position);
    if (sent !== undefined) {
      this.#published.delete(position);
      return at - sent;
    }
    if (this.#underWay > 0) {
      this.#arrived.set(position, { at, message });
      if (this.#arrived.size > mostAway) this.#arrived.delete(this.#arrived.keys().next().value);
    }
    return undefined;
  }

  #end() {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#arrived.clear();
  }
}
