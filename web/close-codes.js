// RFC 6455, section 7.4.1, and the WebSocket Close Code Number Registry of IANA.
const registered = new Map([
  [1000, ['normal closure', 'The connection has done what it was opened for.']],
  [1001, ['going away', 'The server is shutting down, or the page was left.']],
  [1002, ['protocol error', 'One side broke the rules of the protocol.']],
  [1003, ['unsupported data', 'The server does not take this kind of message.']],
  [1004, ['reserved', 'This code has no meaning yet.']],
  [1005, ['no status received', 'The close frame that came carried no code.']],
  [1006, ['abnormal closure', 'The connection was lost without a close frame. Press Reconnect to try again.']],
  [1007, ['invalid payload data', 'A text message was not UTF-8, or data were not what they claimed to be.']],
  [1008, ['policy violation', 'The server refused the connection or a message by its own rules.']],
  [1009, ['message too big', 'The message is larger than the server takes.']],
  [1010, ['mandatory extension', 'The server did not agree to an extension that the client needs.']],
  [1011, ['internal error', 'The server met something that kept it from going on.']],
  [1012, ['service restart', 'The server is restarting. Press Reconnect in a moment.']],
  [1013, ['try again later', 'The server has too much to do. Press Reconnect in a while.']],
  [1014, ['bad gateway', 'A gateway on the way got an invalid answer from the server behind it.']],
  [1015, ['TLS handshake failed', 'No secure connection could be set up.']],
  [3000, ['unauthorized', 'The server wants to know who you are first.']],
  [3003, ['forbidden', 'The server knows who you are, and this is not yours to open.']],
  [3008, ['timeout', 'The server waited too long for something.']],
]);

/// What a close code means: `words` for a label, `meaning` for a sentence.
export function describeCloseCode(code) {
  const [words, meaning] = registered.get(code) ?? byRange(code);
  return { words, meaning };
}

function byRange(code) {
  if (code >= 4000 && code <= 4999) return ['private use', 'The application gives this code its meaning.'];
  if (code >= 3000 && code <= 3999) return ['registered by a library', 'A library or framework gives this code its meaning.'];
  return ['unknown code', 'No standard gives this code a meaning.'];
}
