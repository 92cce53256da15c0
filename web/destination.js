// Where the page connects to, and how that stands in the page's own address.

/**
 * @typedef {object} Destination
 * @property {'channel' | 'echo'} endpoint
 * @property {string} channel
 * @property {boolean} echo whether own messages come back
 * @property {'websocket' | 'events' | 'poll'} transport
 * @property {boolean} history whether earlier messages are shown
 * @property {string} user empty: no name
 */

const longestName = 200;
const encoder = new TextEncoder();

/**
 * Why a channel cannot have this name, as a sentence; empty when it can.
 * @param {string} name
 */
export function channelFault(name) {
  if (name === '') return 'Enter a channel name, for example lobby.';
  if (encoder.encode(name).length > longestName) return `A channel name can have at most ${longestName} bytes; this one is longer.`;
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'A channel name cannot contain control characters.';
  if (name.includes('/')) return 'A channel name cannot contain a slash.';
  // The URL parser would take these for steps in the path.
  if (name === '.' || name === '..') return 'A channel name cannot be “.” or “..”.';
  return '';
}

/**
 * The destination that an address's query names: `?channel=NAME`, `&echo=1`, or `?endpoint=echo`.
 * @param {string} search
 * @returns {Destination}
 */
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

/**
 * The query that `readDestination` reads back.
 * @param {Destination} destination
 */
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

/** @type {string | null} */
let echoPath = '/echo';

/// Asks the server where its echo is; another server than Longwire's does not know.
export async function learnEndpoints() {
  const answer = await fetch('/endpoints.json', { cache: 'no-store' }).then((response) => (response.ok ? response.json() : null)).catch(() => null);
  if (typeof answer?.echo === 'string' || answer?.echo === null) echoPath = answer.echo;
}

/// Whether there is one.
export const hasEcho = () => echoPath !== null;

/**
 * The WebSocket address of a destination on the host that served the page; for what came after the
 * position `since`, where it is given.
 * @param {Destination} destination
 * @param {{protocol: string, host: string}} location
 * @param {string | null} [since]
 */
export function socketAddress({ endpoint, channel, echo, user }, { protocol, host }, since = null) {
  const origin = `${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}`;
  if (endpoint === 'echo') return `${origin}${echoPath}`;
  const query = new URLSearchParams({ format: 'json' });
  if (echo) query.set('echo', '1');
  if (since) query.set('since', since);
  if (user) query.set('user', user);
  return `${origin}/channels/${encodeURIComponent(channel)}?${query}`;
}

/**
 * The address of the channel itself, for HTTP; null for the echo.
 * @param {Destination} destination
 * @param {{protocol: string, host: string}} location
 */
export function channelAddress({ endpoint, channel }, { protocol, host }) {
  return endpoint === 'echo' ? null : `${protocol}//${host}/channels/${encodeURIComponent(channel)}`;
}

/**
 * The transport that a destination is reached by: the echo has one only.
 * @param {Destination} destination
 */
export function transportOf({ endpoint, transport }) {
  return endpoint === 'echo' ? 'websocket' : transport;
}

/**
 * Whether what the page sends comes back to it.
 * @param {Destination} destination
 */
export function returnsOwn({ endpoint, echo, transport }) {
  // What is published by POST comes back to those who read another way.
  return endpoint === 'echo' || echo || transport !== 'websocket';
}

/**
 * The destination in words.
 * @param {Destination} destination
 */
export function inWords({ endpoint, channel }) {
  return endpoint === 'echo' ? 'the echo endpoint' : `channel ${channel}`;
}
