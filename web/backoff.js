// How long to wait before connecting again: longer after each failure, and not the same for all, so
// that those whom one server has lost do not come back to it in one moment.

const shortest = 1000;
const longest = 30_000;
// One that stood for so long was no failure.
const standing = 10_000;

export class Backoff {
  #attempt = 0;
  #openedAt = 0;

  /** How many times in a row a connection was tried or lost. */
  get attempt() {
    return this.#attempt;
  }

  /** @param {number} now in milliseconds */
  opened(now) {
    this.#openedAt = now;
  }

  reset() {
    this.#attempt = 0;
    this.#openedAt = 0;
  }

  /**
   * The milliseconds until the next attempt.
   * @param {number} now in milliseconds
   * @param {number} [atLeast] what the server asks for
   */
  next(now, atLeast = 0) {
    if (this.#openedAt !== 0 && now - this.#openedAt >= standing) this.#attempt = 0;
    this.#openedAt = 0;
    const pause = Math.min(longest, shortest * 2 ** this.#attempt);
    this.#attempt += 1;
    return Math.max(atLeast, pause * (0.5 + Math.random() / 2));
  }
}
