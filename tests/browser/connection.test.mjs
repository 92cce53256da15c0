// The states a connection goes through, as the page tells them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from './server.mjs';
import { startSlowWire } from './slow-wire.mjs';
import { launch, serverGone, Visitor } from './visitor.mjs';

let browser;
const visitors = [];
before(async () => { browser = await launch(); });
after(() => browser?.close());

async function withServer(context, how = {}) {
  const server = await startServer(how);
  context.after(async () => {
    // (A page whose server is gone complains of it, again and again.)
    try {
      for (const visitor of visitors.splice(0)) await visitor.leave();
    } finally {
      await server.stop();
    }
  });
  return server;
}

async function visit(address, options) {
  const visitor = await Visitor.arrive(browser, address, options);
  visitors.push(visitor);
  return visitor;
}

test('connecting, open, closing and closed are each told in words', { timeout: 60_000 }, async (t) => {
  const server = await withServer(t);
  const wire = await startSlowWire(server.port);
  t.after(() => wire.stop());
  const visitor = await visit(`${wire.origin}/`);

  await visitor.reaches('open');
  await visitor.sees('#status', /Connected\s+to channel lobby/);
  await visitor.sees('#address', /^ws:\/\/127\.0\.0\.1:\d+\/channels\/lobby\?format=json$/);
  assert.equal(await visitor.page.title(), 'Connected · channel lobby · Longwire');
  assert.ok(await visitor.at('#text').isEnabled());
  await visitor.screenshot('open');

  wire.hold();
  await visitor.at('#reconnect').click();
  await visitor.reaches('connecting');
  await visitor.sees('#status', /Connecting\s+to channel lobby/);
  assert.match(await visitor.page.title(), /^Connecting · /);
  assert.ok(await visitor.at('#text').isEnabled(), 'one can go on writing');
  assert.ok(await visitor.at('#send').isDisabled());
  await visitor.says('kept');
  assert.equal(await visitor.at('#text').inputValue(), 'kept', 'what cannot be sent stays');
  await visitor.at('#text').fill('');
  assert.match(await visitor.at('#text-hint').textContent(), /as soon as you are connected/);
  await visitor.screenshot('connecting');
  wire.release();
  await visitor.reaches('open');

  wire.hold();
  await visitor.at('#close').click();
  await visitor.reaches('closing');
  await visitor.sees('#status', /Closing\s+close frame sent \(1000\)/);
  assert.ok(await visitor.at('#send').isDisabled());
  assert.ok(await visitor.at('#close').isDisabled());
  await visitor.screenshot('closing');
  wire.release();

  await visitor.reaches('closed');
  await visitor.sees('#status', /Closed\s+1000\s+normal closure/);
  assert.equal(await visitor.page.title(), 'Closed 1000 · channel lobby · Longwire');
  assert.match(await visitor.at('#text-hint').textContent(), /Press Reconnect/);
  assert.equal(await visitor.page.evaluate(() => document.activeElement.id), 'reconnect');
  await visitor.sees('#messages .note', /Closed: 1000, normal closure/);
  await visitor.screenshot('closed');

  await visitor.page.keyboard.press('Enter');
  await visitor.reaches('open');
  await visitor.sees('#messages .note', 'No messages were missed');
  // (The text is what the channel says of itself: where this page begins.)
  assert.deepEqual((await visitor.frames()).map(({ frame }) => frame.replace(/text 2 \d+/, 'text')), [
    '← open – –',
    '← text',
    '→ close 6 2',  // given up for the reconnect
    '← open – –',
    '← text',
    '→ close 6 2',
    '← close 2 2',
    '← open – –',
    '← text',
  ]);
});

test('a connection can be given up before it opens', { timeout: 60_000 }, async (t) => {
  const server = await withServer(t);
  const wire = await startSlowWire(server.port);
  t.after(() => wire.stop());
  const visitor = await visit(`${wire.origin}/`);
  await visitor.reaches('open');
  wire.hold();
  await visitor.at('#reconnect').click();
  await visitor.reaches('connecting');
  visitor.expectFault(/closed before the connection is established/);
  await visitor.at('#close').click();
  await visitor.reaches('closed');
  await visitor.sees('#status', /You cancelled the connection/);
  wire.release();
});

test('an address that the server refuses is told from a server that is not there', { timeout: 60_000 }, async (t) => {
  const server = await withServer(t);
  const visitor = await visit(`${server.origin}/`);
  await visitor.reaches('open');
  visitor.expectFault(/WebSocket connection to .* 404|status of 404/);
  await visitor.page.route('**/endpoints.json', (route) => route.fulfill({ json: { echo: '/no-echo' } }));
  await visitor.page.goto(`${server.origin}/?endpoint=echo`);
  await visitor.sees('#status', /Closed\s+1006\s+no such endpoint\s+The server is there/);
});

test('the echo is found where the server has it', { timeout: 60_000 }, async (t) => {
  const server = await withServer(t, { options: ['--echo', '/mirror'] });
  const visitor = await visit(`${server.origin}/?endpoint=echo`);
  await visitor.reaches('open');
  await visitor.sees('#address', /\/mirror$/);
});

test('where the server has no echo, none is offered', { timeout: 60_000 }, async (t) => {
  const server = await withServer(t);
  const visitor = await visit(`${server.origin}/icon.svg`);
  visitor.expectFault(/404/);
  await visitor.page.route('**/endpoints.json', (route) => route.fulfill({ json: { echo: null } }));
  await visitor.page.goto(`${server.origin}/?endpoint=echo`);
  await visitor.reaches('open');
  await visitor.sees('#status', /Connected\s+to channel lobby/);
  assert.ok(await visitor.at('[name=endpoint][value=echo]').isDisabled());
});

test('the icon follows the state', { timeout: 60_000 }, async (t) => {
  const server = await withServer(t);
  const visitor = await visit(`${server.origin}/`);
  await visitor.reaches('open');
  const open = await visitor.at('#icon').getAttribute('href');
  await visitor.at('#close').click();
  await visitor.reaches('closed');
  const closed = await visitor.at('#icon').getAttribute('href');
  assert.notEqual(open, closed);
  for (const icon of [open, closed]) {
    const width = await visitor.page.evaluate(async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      return image.naturalWidth;
    }, icon);
    assert.ok(width > 0, 'the icon is a picture');
  }
});

test('a server that leaves says so: 1001', { timeout: 60_000 }, async (t) => {
  const server = await withServer(t);
  const visitor = await visit(`${server.origin}/`);
  await visitor.reaches('open');
  // The page's clock stands still: the first attempt to come back is still to come.
  await visitor.stopClock();
  assert.equal(await server.stop('SIGTERM'), 0);
  await visitor.reaches('waiting');
  await visitor.sees('#status', /Reconnecting\s+1001\s+going away/);
  await visitor.sees('#retry', 'Trying again in 1 s');
  await visitor.screenshot('closed-by-server');
});

test('a killed server: 1006, a server not reachable, and back after its restart', { timeout: 60_000 }, async (t) => {
  const server = await withServer(t);
  const visitor = await visit(`${server.origin}/?channel=phoenix`);
  await visitor.reaches('open');
  visitor.expectFault(serverGone);

  await server.stop('SIGKILL');
  await visitor.reaches('waiting');
  await visitor.sees('#messages .note', /Disconnected: 1006, connection lost/);
  await visitor.sees('#status', /Reconnecting\s+1006\s+server not reachable\s+Nothing answers there/);
  await visitor.sees('#retry', /^Trying again in \d+ s$/);
  await visitor.sees('#reconnect', 'Try now');
  await visitor.screenshot('unreachable');

  const again = await startServer({ port: server.port });
  t.after(() => again.stop());
  await visitor.reaches('open');
  await visitor.sees('#status', /Connected\s+to channel phoenix/);
  await visitor.sees('#messages .note', /Some messages may be missing/);
  await visitor.screenshot('back');
});

test('over TLS, with the certificate that the server made itself', { timeout: 60_000 }, async (t) => {
  const server = await withServer(t, { options: ['--tls-self-signed'] });
  const visitor = await visit(`${server.origin}/`, { ignoreHTTPSErrors: true });
  await visitor.reaches('open');
  await visitor.sees('#address', /^wss:\/\/127\.0\.0\.1:\d+\/channels\/lobby\?format=json$/);
});
