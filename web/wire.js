const calm = matchMedia('(prefers-reduced-motion: reduce)');
const mostAtOnce = 6;

/// The drawn wire: a spark runs along it for each message, rightwards when sent, leftwards when
/// received.
export class Wire {
  #svg;
  #original;
  #running = 0;

  constructor(svg) {
    this.#svg = svg;
    this.#original = svg.querySelector('.spark');
    this.#original.remove();
  }

  spark(direction) {
    if (calm.matches || document.hidden || this.#running >= mostAtOnce) return;
    const { width, height } = this.#svg.viewBox.baseVal;
    const scale = Math.max(this.#svg.clientWidth / width, this.#svg.clientHeight / height);
    const seen = this.#svg.clientWidth / scale;
    const left = (width - seen) / 2 - 60;
    const right = (width + seen) / 2 + 60;
    const [from, to] = direction === 'sent' ? [left, right] : [right, left];

    const spark = this.#original.cloneNode();
    spark.classList.add(direction);
    this.#svg.append(spark);
    this.#running += 1;
    const run = spark.animate([{ strokeDashoffset: -from }, { strokeDashoffset: -to }], {
      duration: 500 + seen / 4,
      easing: 'cubic-bezier(.3, 0, .5, 1)',
    });
    run.finished.catch(() => {}).then(() => {
      spark.remove();
      this.#running -= 1;
    });
  }
}
