// What a WebSocket has sent and not got back. After a lost connection the server sends what came
// since the last position seen, and our own messages of that time are among it. It does not say
// that they are ours; the page can only say that they may be.

const most = 256;
// How much later a message may arrive than others that the server took after it.
const overtaking = 5000;
const catchingUp = 10_000;

export class OwnMessages {
  /** @type {{text: string, at: number}[]} */
  #sent = [];
  /** @type {string[]} */
  #mayReturn = [];
  #until = 0;

  /**
   * @param {string} text
   * @param {number} now in milliseconds
   */
  sent(text, now) {
    this.#sent.push({ text, at: now });
    if (this.#sent.length > most) this.#sent.shift();
  }

  /** A connection has begun where another was lost. */
  reconnected(now) {
    this.#mayReturn = this.#sent.map(({ text }) => text);
    this.#sent = [];
    this.#until = now + catchingUp;
  }

  forget() {
    this.#sent = [];
    this.#mayReturn = [];
  }

  /**
   * Whether a message that has arrived may be one of ours.
   * @param {string | undefined} text
   * @param {number} now in milliseconds
   */
  arrived(text, now) {
    while (this.#sent.length > 0 && this.#sent[0].at < now - overtaking) this.#sent.shift();
    if (now > this.#until) this.#mayReturn = [];
    const index = this.#mayReturn.indexOf(text);
    if (index < 0) return false;
    this.#mayReturn.splice(index, 1);
    return true;
  }
}
