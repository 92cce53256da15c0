/// A list that holds the newest `limit` rows and stays at its end, unless the reader has scrolled
/// away from it. Rows appear with the next picture, however many arrive before it.
export class FollowingList {
  #scroller;
  #list;
  #limit;
  #onFollow;
  #waiting = [];
  #scheduled = false;
  #following = true;

  /// `onFollow(false)` says that rows came which the reader, scrolled up, does not see;
  /// `onFollow(true)` that the reader is back at the end.
  constructor(scroller, list, { limit = 500, onFollow = () => {} } = {}) {
    this.#scroller = scroller;
    this.#list = list;
    this.#limit = limit;
    this.#onFollow = onFollow;
    scroller.addEventListener('scroll', () => this.#look(), { passive: true });
    new ResizeObserver(() => this.#following && this.toEnd()).observe(scroller);
  }

  /// `row` makes the element; it is called only if the row is still to be shown.
  add(row) {
    this.#waiting.push(row);
    if (this.#waiting.length > this.#limit) this.#waiting.shift();
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => this.#show());
  }

  /// Shows the newest row, and follows from then on.
  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #show() {
    this.#scheduled = false;
    const rows = this.#waiting.map((row) => row());
    this.#waiting = [];
    this.#list.append(...rows);
    const surplus = this.#list.children.length - this.#limit;
    for (let count = 0; count < surplus; ++count) this.#list.firstElementChild.remove();
    if (this.#following) this.toEnd();
    else this.#onFollow(false);
  }

  #look() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const following = scrollHeight - scrollTop - clientHeight < 24;
    if (following === this.#following) return;
    this.#following = following;
    if (following) this.#onFollow(true);
  }
}
