import { describeCloseCode } from './close-codes.js';
import { channelAddress, channelFault, hasEcho, inWords, learnEndpoints, readDestination, returnsOwn, transportOf, writeDestination } from './destination.js';
import { enableFolds } from './folds.js';
import { FramesView } from './frames-view.js';
import { MessagesView } from './messages-view.js';
import { Presence } from './presence.js';
import { PresenceView } from './presence-view.js';
import { Session } from './session.js';
import { StateView } from './state-view.js';
import { trafficHint } from './traffic-hint.js';
import { sendingWords, transportWords } from './transports.js';
import { Wire } from './wire.js';

const at = (id) => document.getElementById(id);
const session = new Session();
const presence = new Presence();
const state = new StateView();
const messages = new MessagesView(document.querySelector('.conversation'));
const frames = new FramesView(document.querySelector('.ledger'));
const present = new PresenceView(at('present'));
const wire = new Wire(at('wire'));
const channelHint = at('channel-hint').textContent;

let destination = readDestination(location.search);

function goTo(next) {
  destination = next;
  history.replaceState(null, '', writeDestination(destination));
  showDestination();
  session.start(destination);
}

function showDestination() {
  const isEcho = destination.endpoint === 'echo';
  for (const radio of document.querySelectorAll('[name=endpoint]')) radio.checked = radio.value === destination.endpoint;
  at('channel').value = destination.channel;
  at('channel').disabled = isEcho;
  at('join').disabled = isEcho;
  for (const radio of document.querySelectorAll('[name=transport]')) {
    radio.checked = radio.value === transportOf(destination);
    radio.disabled = isEcho;
  }
  at('echo').checked = returnsOwn(destination);
  at('echo').disabled = isEcho || transportOf(destination) !== 'websocket';
  at('history').checked = destination.history;
  at('history').disabled = isEcho;
  at('frames-hint').textContent = trafficHint(destination);
  at('user').value = destination.user;
  at('user').disabled = isEcho;
  at('second').href = writeDestination(destination);
  showFault('');
}

function showFault(fault) {
  at('channel').setAttribute('aria-invalid', String(fault !== ''));
  at('channel-hint').textContent = fault || channelHint;
  at('channel-hint').classList.toggle('fault', fault !== '');
}

// ---- what the connection tells ------------------------------------------------------------------

session.addEventListener('state', ({ detail }) => {
  state.show(detail, destination, session.address);
  if (detail.state !== 'open') presence.end();
  if (detail.state === 'open') noteOpen(detail);
  else if (detail.wasOpen) noteLost(detail);
});

// A channel says with its first object whether something was missed.
function noteOpen({ cameBack }) {
  const by = transportOf(destination) === 'websocket' ? '' : ` by ${transportWords[transportOf(destination)]}`;
  if (!cameBack) messages.addNote(`Connected to ${inWords(destination)}${by}`);
  else if (destination.endpoint === 'echo') messages.addNote('Connected again');
}

function noteLost({ state: now, code }) {
  const { words } = describeCloseCode(code);
  messages.addNote(now === 'waiting' ? `Disconnected: ${code}, ${words}. Reconnecting` : `Closed: ${code}, ${words}`);
}

session.addEventListener('joined', ({ detail: { cameBack, missed } }) => {
  if (missed) messages.addNote(`${cameBack ? 'Connected again. ' : ''}Some messages may be missing`, 'warning');
  else if (cameBack) messages.addNote('Connected again. No messages were missed');
  presence.begin(channelAddress(destination, location), destination.user);
});

session.addEventListener('sent', ({ detail: { text } }) => {
  messages.addMessage({ direction: 'sent', content: { text }, by: sendingWords[transportOf(destination)] });
  wire.spark('sent');
});

session.addEventListener('object', ({ detail: object }) => {
  if (object.kind === 'presence') presence.told(object);
  if (object.kind === 'error') messages.addNote(object.sentence, 'warning');
  if (object.kind !== 'message') return;
  if (destination.endpoint === 'echo') object.user = 'Echo';
  messages.addMessage(Object.assign(object, { direction: 'received', by: transportWords[transportOf(destination)] }));
  wire.spark('received');
});

session.addEventListener('earlier', ({ detail }) => messages.addMessage(Object.assign(detail, { direction: 'received', by: '', earlier: true })));

session.addEventListener('trip', ({ detail: { message, roundTrip } }) => {
  message.roundTrip = roundTrip;
  messages.tellAgain(message);
  frames.addRoundTrip(roundTrip);
});

session.addEventListener('frame', ({ detail }) => frames.add(detail));
// A long poll does not tell who comes and goes.
session.addEventListener('polled', () => presence.refresh());
presence.addEventListener('list', ({ detail }) => present.show(detail, destination.user));
presence.addEventListener('change', ({ detail }) => messages.addNote(detail));

// ---- what the user does -------------------------------------------------------------------------

function send() {
  const field = at('text');
  if (field.value === '' || !session.send(field.value)) return;
  field.value = '';
}

at('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  send();
  at('text').focus();
});
at('text').addEventListener('keydown', (event) => {
  // While an input method composes, Enter accepts its suggestion.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});
at('destination').addEventListener('submit', (event) => {
  event.preventDefault();
  const channel = at('channel').value.trim();
  const fault = channelFault(channel);
  showFault(fault);
  if (fault) at('channel').focus();
  else goTo({ ...destination, channel, user: at('user').value.trim().slice(0, 64) });
});
at('destination').addEventListener('change', ({ target }) => {
  if (target.name === 'endpoint') goTo({ ...destination, endpoint: target.value });
  if (target.name === 'transport') goTo({ ...destination, transport: target.value });
  if (target === at('history')) goTo({ ...destination, history: target.checked });
  if (target === at('echo')) goTo({ ...destination, echo: target.checked });
});
at('close').addEventListener('click', () => session.stop());
at('reconnect').addEventListener('click', () => session.reconnect());

enableFolds(document);
showDestination();
await learnEndpoints();
if (!hasEcho()) {
  document.querySelector('[name=endpoint][value=echo]').disabled = true;
  destination = { ...destination, endpoint: 'channel' };
  showDestination();
}
session.start(destination);
