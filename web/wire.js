import { perPicture } from './per-picture.js';

const calm = matchMedia('(prefers-reduced-motion: reduce)');
const mostAtOnce = 6;

/**
 * The drawn wire: a spark runs along it for what was sent, rightwards, and for what was received,
 * leftwards; one for each direction and picture, however much it was.
 */
export class Wire {
  #svg;
  #original;
  #running = 0;
  /** @type {Set<'sent' | 'received'>} */
  #due = new Set();
  #draw = perPicture(() => {
    for (const direction of this.#due) this.#run(direction);
    this.#due.clear();
  });

  /** @param {SVGSVGElement} svg */
  constructor(svg) {
    this.#svg = svg;
    this.#original = svg.querySelector('.spark');
    this.#original.remove();
  }

  /** @param {'sent' | 'received'} direction */
  spark(direction) {
    if (this.#running >= mostAtOnce || document.hidden || calm.matches) return;
    this.#due.add(direction);
    this.#draw();
  }

  #run(direction) {
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
