/** Tells in words how long it is until something happens, each second anew. */
export class Countdown {
  #element;
  #timer = 0;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.#element = element;
  }

  /**
   * @param {number} until of performance.now()
   * @param {(seconds: number) => string} words
   */
  start(until, words) {
    this.stop();
    const tick = () => {
      const left = Math.max(0, until - performance.now());
      const seconds = Math.max(1, Math.ceil(left / 1000));
      this.#element.textContent = words(seconds);
      if (left > 0) this.#timer = setTimeout(tick, left % 1000 || 1000);
    };
    tick();
  }

  /** @param {string} [text] what stands there instead */
  stop(text = '') {
    clearTimeout(this.#timer);
    this.#element.textContent = text;
  }
}
