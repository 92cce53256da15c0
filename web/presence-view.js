/// Who is on a channel: asked for now and then, while somebody looks.
export class PresenceView {
  #list;
  #timer = null;
  #address = null;

  /// `list` is the element that holds them; empty while nobody is known.
  constructor(list) {
    this.#list = list;
  }

  /// Shows who is on the channel at `address` (an HTTP address), or nothing.
  show(address) {
    this.#address = address;
    clearInterval(this.#timer);
    this.#list.textContent = '';
    if (!address) return;
    this.#ask();
    this.#timer = setInterval(() => document.visibilityState === 'visible' && this.#ask(), 3000);
  }

  async #ask() {
    const asked = this.#address;
    const answer = await fetch(`${asked}/presence`, { cache: 'no-store' }).then((response) => (response.ok ? response.json() : null)).catch(() => null);
    if (asked !== this.#address) return;
    const users = (answer?.present ?? []).map(({ user }) => user).sort();
    this.#list.textContent = users.length === 0 ? '' : `Here: ${users.join(', ')}`;
  }
}
