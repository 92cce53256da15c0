import { describeCloseCode } from './close-codes.js';
import { Connection } from './connection.js';
import { channelAddress, channelFault, inWords, learnEndpoints, readDestination, returnsOwn, socketAddress, transportOf, writeDestination } from './destination.js';
import { enableFolds } from './folds.js';
import { FramesView } from './frames-view.js';
import { MessagesView } from './messages-view.js';
import { PresenceView } from './presence-view.js';
import { StateView } from './state-view.js';
import { sendingWords, transportWords } from './transports.js';
import { Wire } from './wire.js';

const at = (id) => document.getElementById(id);
const connection = new Connection();
const state = new StateView();
const messages = new MessagesView(document.querySelector('.conversation'));
const frames = new FramesView(document.querySelector('.ledger'));
const presence = new PresenceView(at('present'));
const wire = new Wire(at('wire'));
const channelHint = at('channel-hint').textContent;
const framesHint = at('frames-hint').textContent;

let destination = readDestination(location.search);
let address = '';

// What was said before, by whichever transport; what the position of its answer leaves out is what
// the connection begins with, so that nothing is missed between the two.
async function earlier() {
  if (!destination.history || destination.endpoint === 'echo') return null;
  const asked = destination;
  const answer = await fetch(`${channelAddress(destination, location)}?history=20`, { cache: 'no-store' })
    .then((response) => (response.ok ? response.json() : null)).catch(() => null);
  if (asked !== destination || !answer) return null;
  for (const message of answer.messages) messages.addEarlier(message);
  return answer.position;
}

async function connect() {
  const asked = destination;
  const since = await earlier();
  if (asked !== destination) return;
  address = socketAddress(destination, location, since);
  if (transportOf(destination) !== 'websocket') address = address.replace(/^ws/, 'http');
  connection.open(address, { returnsOwn: returnsOwn(destination), transport: transportOf(destination) });
}

function goTo(next) {
  destination = next;
  history.replaceState(null, '', writeDestination(destination));
  showDestination();
  connect();
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
  at('frames-hint').textContent = transportOf(destination) === 'websocket' ? framesHint
    : 'Frames are WebSocket’s: of an EventSource or a long poll, a page sees messages only.';
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

// A browser does not say why a connection failed; whether the page itself still answers tells
// the two commonest reasons apart.
async function explainFailure() {
  const tried = address;
  const reachable = await fetch('./', { method: 'HEAD', cache: 'no-store' }).then(() => true, () => false);
  if (connection.state !== 'closed' || tried !== address) return;
  if (reachable) {
    state.explain('refused by the server', 'The server is there, but took no WebSocket at this address. Choose another channel, or press Reconnect.');
  } else {
    state.explain('server not reachable', 'Nothing answers there. Start it with ./run or longwire serve, then press Reconnect.');
  }
}

connection.addEventListener('state', ({ detail }) => {
  state.show(detail, destination, address);
  presence.show(detail.state === 'open' ? channelAddress(destination, location) : null);
  const by = transportOf(destination);
  if (detail.state === 'open') messages.addNote(`Open to ${inWords(destination)}${by === 'websocket' ? '' : ` by ${transportWords[by]}`}`);
  if (detail.state !== 'closed') return;
  if (detail.wasOpen) messages.addNote(`Closed: ${detail.code}, ${describeCloseCode(detail.code).words}`);
  else if (!detail.givenUp) explainFailure();
});
connection.addEventListener('message', ({ detail }) => {
  const words = detail.direction === 'sent' ? sendingWords : transportWords;
  messages.addMessage({ ...detail, by: words[transportOf(destination)] });
  wire.spark(detail.direction);
});
connection.addEventListener('frame', ({ detail }) => frames.add(detail));

function send() {
  const field = at('text');
  if (field.value === '' || !connection.send(field.value)) return;
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
at('close').addEventListener('click', () => connection.close());
at('reconnect').addEventListener('click', connect);

enableFolds(document);
showDestination();
await learnEndpoints();
connect();
