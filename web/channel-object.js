// The objects that a channel sends where the address says format=json.

/**
 * @typedef {object} Content
 * @property {string} [text]
 * @property {ArrayBuffer} [bytes]
 * @property {string} [note] what the text is not enough to say
 */

/**
 * @typedef {object} ChannelMessage
 * @property {'message'} kind
 * @property {string} [position]
 * @property {string} [user]
 * @property {unknown} [info]
 * @property {string} [event] the name it was published under
 * @property {Content} content
 * @property {number} [roundTrip] in milliseconds, of one that is known to be our own
 * @property {boolean} [mayBeOwn] of one with the text of a message of ours that a loss may have returned
 */

/** @typedef {{kind: 'joined', position: string, recovered: boolean}} Joined */
/** @typedef {{kind: 'presence', change: 'joined' | 'left' | 'changed', user: string, info?: unknown}} PresenceChange */
/** @typedef {{kind: 'error', sentence: string}} Refusal */

/**
 * Reads what has arrived; what is no object of a channel is a message as it stands.
 * @param {string | ArrayBuffer | object} data
 * @returns {ChannelMessage | Joined | PresenceChange | Refusal}
 */
export function readChannelObject(data) {
  if (data instanceof ArrayBuffer) return { kind: 'message', content: { bytes: data } };
  const object = typeof data === 'string' ? parse(data) : data;
  if (typeof object?.joined?.position === 'string') return { kind: 'joined', ...object.joined };
  if (typeof object?.position === 'string') return readMessage(object);
  for (const change of /** @type {const} */ (['joined', 'left', 'changed'])) {
    const user = object?.presence?.[change];
    if (typeof user === 'string') return { kind: 'presence', change, user, info: object.presence.info };
  }
  if (typeof object?.error === 'string') return { kind: 'error', sentence: object.error };
  return { kind: 'message', content: { text: String(data) } };
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * @param {any} object
 * @returns {ChannelMessage}
 */
function readMessage({ position, user, info, event, ...rest }) {
  return { kind: 'message', position, user, info, event, content: readContent(rest) };
}

/**
 * @param {any} object
 * @returns {Content}
 */
function readContent(object) {
  if (typeof object.text === 'string') return { text: object.text };
  if (typeof object.binary === 'string') return { bytes: fromBase64(object.binary) };
  const count = object.attachments?.length ?? 0;
  const note = count > 0 ? `with ${count} binary attachment${count === 1 ? '' : 's'}` : undefined;
  return { text: JSON.stringify(object.json ?? object.arguments), note };
}

/** @param {string} text */
function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}
