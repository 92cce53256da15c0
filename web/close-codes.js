// RFC 6455, section 7.4.1, and the WebSocket Close Code Number Registry of IANA. The third part says
// whether a new connection may fare better.
/** @type {Map<number, [string, string, boolean]>} */
const registered = new Map([
  [1000, ['normal closure', 'The connection ended as planned.', false]],
  [1001, ['going away', 'The server is shutting down.', true]],
  [1002, ['protocol error', 'One side broke a rule of the protocol.', false]],
  [1003, ['unsupported data', 'The server does not accept this type of message.', true]],
  [1004, ['reserved', 'This code has no meaning yet.', false]],
  [1005, ['no status code', 'The connection was closed without a reason.', false]],
  [1006, ['connection lost', 'It broke off without a close frame.', true]],
  [1007, ['invalid data', 'A message was not what it claimed to be, for example not UTF-8.', true]],
  [1008, ['policy violation', 'The server refused the connection or a message.', false]],
  [1009, ['message too big', 'The message is larger than the server accepts.', true]],
  [1010, ['missing extension', 'The server lacks an extension that this client requires.', false]],
  [1011, ['internal error', 'The server ran into a problem.', true]],
  [1012, ['service restart', 'The server is restarting.', true]],
  [1013, ['try again later', 'The server is overloaded.', true]],
  [1014, ['bad gateway', 'A proxy got no valid answer from the server.', true]],
  [1015, ['TLS handshake failed', 'No secure connection could be set up.', false]],
  [3000, ['unauthorized', 'You need to sign in: the server wants a valid token.', false]],
  [3003, ['forbidden', 'You are not allowed to use this channel.', false]],
  [3008, ['timeout', 'The server waited too long.', true]],
]);

/**
 * What a close code means: `words` for a label, `meaning` for a sentence, and whether it makes sense
 * to connect again without being asked to.
 * @param {number} code
 */
export function describeCloseCode(code) {
  const [words, meaning, comesBack] = registered.get(code) ?? byRange(code);
  return { words, meaning, comesBack };
}

/**
 * @param {number} code
 * @returns {[string, string, boolean]}
 */
function byRange(code) {
  if (code >= 4000 && code <= 4999) return ['application code', 'Only the application knows what this code means.', false];
  if (code >= 3000 && code <= 3999) return ['library code', 'Only a library or framework knows what this code means.', false];
  return ['unknown code', 'No standard gives this code a meaning.', false];
}
