import { perPicture } from './per-picture.js';

// Of more rows in one picture a reader sees the last ones at most; to lay out all of them each time
// would stop the page.
const mostAtOnce = 40;
const calmAfter = 300;

/**
 * A list that holds the newest `limit` rows and stays at its end, unless the reader has scrolled
 * away from it. Rows appear with the next picture, however many arrive before it; while a flood of
 * them lasts, the list shows its end alone.
 */
export class FollowingList {
  #scroller;
  #list;
  #limit;
  #onFollow;
  /** @type {(() => Node)[]} */
  #waiting = [];
  /** @type {(Node | (() => Node))[]} rows before those shown, of a flood */
  #held = [];
  #calm = 0;
  #show = perPicture(() => this.#showWaiting());
  #fill = perPicture(() => this.#showHeld());
  #following = true;

  /**
   * `onFollow(false)` says that rows came which the reader, scrolled up, does not see;
   * `onFollow(true)` that the reader is back at the end.
   * @param {HTMLElement} scroller
   * @param {HTMLElement} list
   * @param {{limit?: number, onFollow?: (following: boolean) => void}} [how]
   */
  constructor(scroller, list, { limit = 500, onFollow = () => {} } = {}) {
    this.#scroller = scroller;
    this.#list = list;
    this.#limit = limit;
    this.#onFollow = onFollow;
    scroller.addEventListener('scroll', () => this.#look(), { passive: true });
    new ResizeObserver(() => this.#following && this.toEnd()).observe(scroller);
  }

  /** @param {() => Node} row makes the element; it is called only if the row is still to be shown */
  add(row) {
    this.#waiting.push(row);
    // (Of many rows, one by one would be slow.)
    if (this.#waiting.length >= 2 * this.#limit) this.#waiting = this.#waiting.slice(-this.#limit);
    this.#show();
  }

  /** Shows the newest row, and follows from then on. */
  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #showWaiting() {
    const rows = this.#waiting.slice(-this.#limit);
    this.#waiting = [];
    if (rows.length > mostAtOnce && this.#following) this.#showEnd(rows);
    else this.#append(rows);
    if (this.#following) this.toEnd();
    else this.#onFollow(false);
  }

  #append(rows) {
    this.#list.append(...rows.map((row) => row()));
    const surplus = this.#list.children.length - this.#limit;
    for (let count = 0; count < surplus; ++count) this.#list.firstElementChild.remove();
  }

  #showEnd(rows) {
    this.#held = [...this.#held, ...this.#list.children, ...rows.slice(0, -mostAtOnce)].slice(-this.#limit);
    this.#list.replaceChildren(...rows.slice(-mostAtOnce).map((row) => row()));
    clearTimeout(this.#calm);
    this.#calm = setTimeout(this.#fill, calmAfter);
  }

  #showHeld() {
    const room = Math.max(0, this.#limit - this.#list.children.length);
    const held = room === 0 ? [] : this.#held.slice(-room);
    this.#held = [];
    this.#list.prepend(...held.map((row) => (row instanceof Node ? row : row())));
    if (this.#following) this.toEnd();
  }

  #look() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const following = scrollHeight - scrollTop - clientHeight < 24;
    if (following === this.#following) return;
    this.#following = following;
    if (following) this.#onFollow(true);
  }
}
