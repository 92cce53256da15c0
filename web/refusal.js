// A browser does not say why a WebSocket or an EventSource could not be opened. The same address
// answers a plain request, whose status and text tell.

const patience = 5000;
const longestPause = 120_000;

/**
 * @typedef {object} Refusal
 * @property {string} words for a label
 * @property {string} meaning a sentence or two
 * @property {boolean} comesBack whether another attempt may fare better
 * @property {number} [pause] how long the server asks to wait, in milliseconds
 * @property {boolean} [noHistory] whether it was only what came since a position that was refused
 */

/**
 * Finds out why nothing could be opened at `address` (of HTTP; of a channel, where `isChannel`).
 * @param {string} address
 * @param {boolean} isChannel
 * @returns {Promise<Refusal>}
 */
export async function findRefusal(address, isChannel) {
  const asked = new URL(address);
  if (isChannel) {
    asked.searchParams.delete('since');
    // A poll takes what an open connection takes: the right to subscribe, and no more.
    asked.searchParams.set('history', '0');
    asked.searchParams.set('wait', '1');
  }
  try {
    const answer = await ask(asked);
    if (answer.ok && new URL(address).searchParams.has('since') && (await refusesHistory(asked))) {
      return { words: 'connection lost', meaning: 'You are not allowed to read the history, so some messages may be missing.', comesBack: true, noHistory: true };
    }
    return await explain(answer, isChannel);
  } catch {
    return { words: 'server not reachable', meaning: 'Nothing answers there. Is the server running, and are you online?', comesBack: true };
  }
}

/** @param {URL} url */
function ask(url) {
  return fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(patience) });
}

/** @param {URL} asked */
async function refusesHistory(asked) {
  const history = new URL(asked);
  history.searchParams.delete('wait');
  return [401, 403].includes((await ask(history)).status);
}

/**
 * @param {Response} answer
 * @param {boolean} isChannel
 * @returns {Promise<Refusal>}
 */
async function explain(answer, isChannel) {
  if (answer.ok && isChannel) {
    return {
      words: 'blocked on the way',
      meaning: 'The server answers, but not by this transport. If a proxy blocks it, choose another.',
      comesBack: true,
    };
  }
  const said = (await answer.text().catch(() => '')).trim();
  const isText = (answer.headers.get('Content-Type') ?? '').startsWith('text/plain') && said.length <= 200;
  const meaning = isText && said !== '' ? said : `The server answered with status ${answer.status}.`;
  if (answer.status === 429 || answer.status >= 500) {
    const seconds = Number(answer.headers.get('Retry-After') ?? 0);
    const pause = seconds > 0 ? Math.min(longestPause, seconds * 1000) : undefined;
    return { words: 'server too busy', meaning, comesBack: true, pause };
  }
  // Its answer to what is no handshake at all: there is one to be had.
  if (answer.status === 426) return { words: 'handshake failed', meaning: 'The server is there, but no WebSocket could be opened.', comesBack: true };
  if (answer.status === 404 && !isChannel) return { words: 'no such endpoint', meaning: 'The server is there, but has no WebSocket at this address.', comesBack: false };
  return { words: 'refused by the server', meaning, comesBack: false };
}
