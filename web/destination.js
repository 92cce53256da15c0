// Where the page connects to, and how that stands in the page's own address.

const longestName = 200;
const encoder = new TextEncoder();

/// Why a channel cannot have this name, as a sentence; empty when it can.
export function channelFault(name) {
  if (name === '') return 'A channel needs a name, for example lobby.';
  if (encoder.encode(name).length > longestName) return `A channel’s name has at most ${longestName} bytes; this one is longer.`;
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'A channel’s name has no control characters.';
  if (name.includes('/')) return 'A channel’s name has no slash: it is one step of an address.';
  // The URL parser would take these for steps in the path.
  if (name === '.' || name === '..') return 'A channel cannot be called “.” or “..”.';
  return '';
}

/// The destination that an address's query names: `?channel=NAME`, `&echo=1`, or `?endpoint=echo`.
export function readDestination(search) {
  const query = new URLSearchParams(search);
  const channel = (query.get('channel') ?? '').trim();
  return {
    endpoint: query.get('endpoint') === 'echo' ? 'echo' : 'channel',
    channel: channelFault(channel) ? 'lobby' : channel,
    echo: query.get('echo') === '1',
    transport: ['events', 'poll'].find((name) => name === query.get('transport')) ?? 'websocket',
    history: query.get('history') === '1',
    user: (query.get('user') ?? '').trim().slice(0, 64),
  };
}

/// The query that `readDestination` reads back.
export function writeDestination({ endpoint, channel, echo, transport, history, user }) {
  const query = new URLSearchParams();
  if (endpoint === 'echo') query.set('endpoint', 'echo');
  query.set('channel', channel);
  if (echo) query.set('echo', '1');
  if (transport !== 'websocket') query.set('transport', transport);
  if (history) query.set('history', '1');
  if (user) query.set('user', user);
  return `?${query}`;
}

let echoPath = '/echo';

/// Asks the server where its echo is; another server than Longwire's does not know.
export async function learnEndpoints() {
  const answer = await fetch('/endpoints.json', { cache: 'no-store' }).then((response) => (response.ok ? response.json() : null)).catch(() => null);
  if (typeof answer?.echo === 'string') echoPath = answer.echo;
}

/// The WebSocket address of a destination on the host that served the page; for what came after the
/// position `since`, where it is given.
export function socketAddress({ endpoint, channel, echo, history, user }, { protocol, host }, since = null) {
  const origin = `${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}`;
  if (endpoint === 'echo') return `${origin}${echoPath}`;
  const query = new URLSearchParams();
  if (echo) query.set('echo', '1');
  if (since) query.set('since', since);
  else if (history) query.set('history', '20');
  if (user) query.set('user', user);
  return `${origin}/channels/${encodeURIComponent(channel)}${query.size > 0 ? `?${query}` : ''}`;
}

/// The address of the channel itself, for HTTP; null for the echo.
export function channelAddress({ endpoint, channel }, { protocol, host }) {
  return endpoint === 'echo' ? null : `${protocol}//${host}/channels/${encodeURIComponent(channel)}`;
}

/// The transport that a destination is reached by: the echo has one only.
export function transportOf({ endpoint, transport }) {
  return endpoint === 'echo' ? 'websocket' : transport;
}

/// Whether what the page sends comes back to it.
export function returnsOwn({ endpoint, echo, transport }) {
  // What is published by POST comes back to those who read another way.
  return endpoint === 'echo' || echo || transport !== 'websocket';
}

/// The destination as a person would say it.
export function inWords({ endpoint, channel }) {
  return endpoint === 'echo' ? 'the echo' : `channel ${channel}`;
}
