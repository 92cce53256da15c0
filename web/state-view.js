import { Countdown } from './countdown.js';
import { inWords, returnsOwn } from './destination.js';

const lampColours = { connecting: '#e8e4da', open: '#7fc9b3', closing: '#e3a070', waiting: '#e8e4da', closed: '#f08a86' };

/**
 * Shows what the connection is doing: in words, on the lamp and the wire, in the title and icon,
 * and by which controls can be used.
 */
export class StateView {
  #at = (id) => document.getElementById(id);
  #countdown = new Countdown(this.#at('retry'));

  constructor() {
    // Safari and Firefox keep a field's text over a reload.
    this.#at('text').value = '';
    this.#at('text').disabled = false;
  }

  /**
   * @param {{state: string} & Record<string, any>} told what a Session tells of its state
   * @param {import('./destination.js').Destination} destination
   * @param {string} address
   */
  show(told, destination, address) {
    const { state } = told;
    const words = tell(told, destination);
    document.body.dataset.state = state;
    document.body.dataset.clean = String(told.clean ?? true);
    this.#at('state-word').textContent = words.word;
    this.#at('state-code').textContent = words.code;
    this.#at('state-code').hidden = words.code === '';
    this.#at('state-summary').textContent = words.summary;
    this.#at('state-detail').textContent = words.detail;
    this.#at('address').replaceChildren(...breakable(address));
    this.#at('address').title = address;
    document.title = `${words.word}${words.code && ` ${words.code}`} · ${inWords(destination)} · Longwire`;
    this.#count(told);
    this.#drawIcon(state);
    this.#enable(state);
  }

  #count({ state, retryAt, byItself, attempt }) {
    if (state === 'waiting' && !byItself) this.#countdown.start(retryAt, (seconds) => `Trying again in ${seconds} s`);
    else if (byItself) this.#countdown.stop('EventSource reconnects by itself.');
    else this.#countdown.stop(state === 'connecting' && attempt > 0 ? `Trying now (attempt ${attempt})` : '');
  }

  #enable(state) {
    const focused = document.activeElement;
    this.#at('close').disabled = state === 'closing' || state === 'closed';
    this.#at('close').textContent = { connecting: 'Cancel', waiting: 'Stop' }[state] ?? 'Close';
    this.#at('reconnect').textContent = state === 'waiting' ? 'Try now' : 'Reconnect';
    this.#at('send').disabled = state !== 'open';
    this.#at('text-hint').textContent = {
      connecting: 'You can send as soon as you are connected.',
      open: 'Enter sends, Shift + Enter starts a new line.',
      closing: 'The connection is closing.',
      waiting: 'You can send again as soon as you are connected.',
      closed: 'Not connected. Press Reconnect to send.',
    }[state];
    // The focus of a control that gets disabled would be lost, and the keyboard's place with it.
    if (focused?.disabled) this.#at(focused.id === 'send' ? 'text' : 'reconnect').focus({ preventScroll: true });
  }

  #drawIcon(state) {
    const wire = state === 'closed' ? 'M3 11q4 1 5 8M29 11q-4 1-5 8' : 'M3 11q13 12 26 0';
    const dashed = `fill="none" stroke-dasharray="3 2.2"`;
    const lamp = { connecting: dashed, waiting: dashed, open: `fill="${lampColours.open}"` }[state] ?? `fill="none"`;
    const picture =
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1d2326"/>' +
      `<path d="${wire}" fill="none" stroke="#e3a070" stroke-width="3" stroke-linecap="round"/>` +
      `<circle cx="16" cy="22.500" r="5" stroke="${lampColours[state]}" stroke-width="2.500" ${lamp}/></svg>`;
    this.#at('icon').href = `data:image/svg+xml,${encodeURIComponent(picture)}`;
  }
}

/** A long address may break after its slashes. */
function breakable(address) {
  return address.split(/(?<=[^/]\/|\?)/).flatMap((part) => [part, document.createElement('wbr')]);
}

function tell(told, destination) {
  const where = `to ${inWords(destination)}`;
  switch (told.state) {
    case 'connecting':
      return { word: told.attempt > 0 ? 'Reconnecting' : 'Connecting', code: '', summary: where, detail: 'Waiting for the server to answer.' };
    case 'open':
      return { word: 'Connected', code: '', summary: where, detail: whatHappens(destination) };
    case 'closing':
      return { word: 'Closing', code: '', summary: 'close frame sent (1000)', detail: 'Waiting for the server’s close frame.' };
    case 'waiting':
      return { word: 'Reconnecting', code: String(told.code), summary: told.words, detail: told.meaning };
    default:
      return { word: 'Closed', ...tellClosure(told) };
  }
}

function whatHappens(destination) {
  if (destination.endpoint === 'echo') return 'The server sends every message back to you.';
  if (returnsOwn(destination)) return 'Your messages go to everyone on this channel, and back to you.';
  return 'Your messages go to everyone else on this channel.';
}

function tellClosure({ code, words, meaning, stopped, givenUp }) {
  if (stopped) return { code: '', summary: 'by you', detail: 'Press Reconnect to connect again.' };
  if (givenUp) return { code: String(code), summary: 'before it was open', detail: 'You cancelled the connection.' };
  return { code: String(code), summary: words, detail: meaning };
}
