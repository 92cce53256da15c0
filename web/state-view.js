import { describeCloseCode } from './close-codes.js';
import { inWords, returnsOwn } from './destination.js';

const lampColours = { connecting: '#e8e4da', open: '#7fc9b3', closing: '#e3a070', closed: '#f08a86' };

/// Shows what the connection is doing: in words, on the lamp and the wire, in the title and icon,
/// and by which controls can be used.
export class StateView {
  #at = (id) => document.getElementById(id);

  constructor() {
    // Safari and Firefox keep a field's text over a reload.
    this.#at('text').value = '';
  }

  show({ state, ...closure }, destination, address) {
    const told = this.#tell(state, closure, destination);
    document.body.dataset.state = state;
    document.body.dataset.clean = String(closure.clean ?? true);
    this.#at('state-word').textContent = told.word;
    this.#at('state-code').textContent = told.code;
    this.#at('state-code').hidden = told.code === '';
    this.#at('state-summary').textContent = told.summary;
    this.#at('state-detail').textContent = told.detail;
    this.#at('address').replaceChildren(...breakable(address));
    document.title = `${told.word}${told.code && ` ${told.code}`} · ${inWords(destination)} · Longwire`;
    this.#drawIcon(state);
    this.#enable(state);
  }

  /// Says more about a connection that has ended, once it is known.
  explain(summary, detail) {
    this.#at('state-summary').textContent = summary;
    this.#at('state-detail').textContent = detail;
  }

  #tell(state, closure, destination) {
    const where = inWords(destination);
    switch (state) {
      case 'connecting':
        return { word: 'Connecting', code: '', summary: `to ${where}`, detail: 'The opening handshake is on its way.' };
      case 'open':
        return { word: 'Open', code: '', summary: `to ${where}`, detail: whatHappens(destination) };
      case 'closing':
        return { word: 'Closing', code: '', summary: '1000 normal closure sent', detail: 'The server’s close frame is still to come.' };
      default:
        return { word: 'Closed', code: String(closure.code), ...tellClosure(closure) };
    }
  }

  #enable(state) {
    const open = state === 'open';
    const focused = document.activeElement;
    this.#at('close').disabled = state === 'closing' || state === 'closed';
    this.#at('text').disabled = !open;
    this.#at('send').disabled = !open;
    this.#at('text-hint').textContent = {
      connecting: 'You can write as soon as the connection is open.',
      open: 'Enter sends, Shift + Enter starts a new line.',
      closing: 'The connection is closing: nothing more can be sent.',
      closed: 'The connection is closed. Press Reconnect to write.',
    }[state];
    // The focus of a control that gets disabled would be lost, and the keyboard's place with it.
    if (focused?.disabled) this.#at('reconnect').focus({ preventScroll: true });
  }

  #drawIcon(state) {
    const wire = state === 'closed' ? 'M3 11q4 1 5 8M29 11q-4 1-5 8' : 'M3 11q13 12 26 0';
    const lamp = {
      connecting: `fill="none" stroke-dasharray="3 2.2"`,
      open: `fill="${lampColours.open}"`,
      closing: `fill="none"`,
      closed: `fill="none"`,
    }[state];
    const picture =
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1d2326"/>' +
      `<path d="${wire}" fill="none" stroke="#e3a070" stroke-width="3" stroke-linecap="round"/>` +
      `<circle cx="16" cy="22.500" r="5" stroke="${lampColours[state]}" stroke-width="2.500" ${lamp}/></svg>`;
    this.#at('icon').href = `data:image/svg+xml,${encodeURIComponent(picture)}`;
  }
}

/// A long address may break after its slashes.
function breakable(address) {
  return address.split(/(?<=[^/]\/|\?)/).flatMap((part) => [part, document.createElement('wbr')]);
}

function whatHappens(destination) {
  if (destination.endpoint === 'echo') return 'The server sends back whatever you write.';
  if (returnsOwn(destination)) return 'What you write goes to all on this channel, and back to you.';
  return 'What you write goes to all others on this channel.';
}

function tellClosure({ code, reason, clean, wasOpen, givenUp }) {
  if (givenUp) return { summary: 'before it was open', detail: 'You gave up this connection. Press Reconnect to try again.' };
  const { words, meaning } = describeCloseCode(code);
  if (!wasOpen) return { summary: words, detail: 'The connection could not be opened.' };
  return {
    summary: `${words} · ${clean ? 'clean' : 'not clean'}`,
    detail: reason ? `“${reason}” ${meaning}` : meaning,
  };
}
