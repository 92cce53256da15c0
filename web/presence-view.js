import { perPicture } from './per-picture.js';
import { displayName } from './words.js';

const mostNamed = 12;

/** Shows who is on a channel, in one line. */
export class PresenceView {
  #list;
  /** @type {import('./presence.js').Present[]} */
  #present = [];
  #own = '';
  #draw = perPicture(() => { this.#list.textContent = this.#words(); });

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
  }

  /**
   * @param {import('./presence.js').Present[]} present
   * @param {string} own the name of the page's own user
   */
  show(present, own) {
    this.#present = present;
    this.#own = own;
    this.#draw();
  }

  #words() {
    if (this.#present.length === 0) return '';
    const names = this.#present.map(({ user, info }) => `${displayName(user, info)}${user === this.#own ? ' (you)' : ''}`).sort();
    const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
    return `Here: ${names.slice(0, mostNamed).join(', ')}${more}`;
  }
}
