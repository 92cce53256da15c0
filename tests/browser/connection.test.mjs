// The states a connection goes through, as the page tells them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from './server.mjs';
import { startSlowWire } from './slow-wire.mjs';
import { launch, Visitor } from './visitor.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

const lost = /WebSocket connection to|ERR_CONNECTION_REFUSED/;

async function withServer(context, how = {}) {
  const server = await startServer(how);
  context.after(() => server.stop());
  return server;
}

async function visit(context, address, options) {
  const visitor = await Visitor.arrive(browser, address, options);
  context.after(() => visitor.leave());
  return visitor;
}

test('connecting, open, closing and closed are each told in words', { timeout: 60_000 }, async (t) => {
  const server = await withServer(t);
  const wire = await startSlowWire(server.port);
  t.after(() => wire.stop());
  const visitor = await visit(t, `${wire.origin}/`);

  await visitor.reaches('open');
  await visitor.sees('#status', /Open\s+to channel lobby/);
  await visitor.sees('#address', /^ws:\/\/127\.0\.0\.1:\d+\/channels\/lobby$/);
  assert.equal(await visitor.page.title(), 'Open · channel lobby · Longwire');
  assert.ok(await visitor.at('#text').isEnabled());
  await visitor.screenshot('open');

  wire.hold();
  await visitor.at('#reconnect').click();
  await visitor.reaches('connecting');
  await visitor.sees('#status', /Connecting\s+to channel lobby/);
  assert.match(await visitor.page.title(), /^Connecting · /);
  assert.ok(await visitor.at('#text').isDisabled());
  assert.ok(await visitor.at('#send').isDisabled());
  assert.match(await visitor.at('#text-hint').textContent(), /as soon as the connection is open/);
  await visitor.screenshot('connecting');
  wire.release();
  await visitor.reaches('open');

  wire.hold();
  await visitor.at('#close').click();
  await visitor.reaches('closing');
  await visitor.sees('#status', /Closing\s+1000 normal closure sent/);
  assert.ok(await visitor.at('#text').isDisabled());
  assert.ok(await visitor.at('#close').isDisabled());
  await visitor.screenshot('closing');
  wire.release();

  await visitor.reaches('closed');
  await visitor.sees('#status', /Closed\s+1000\s+normal closure · clean/);
  assert.equal(await visitor.page.title(), 'Closed 1000 · channel lobby · Longwire');
  assert.match(await visitor.at('#text-hint').textContent(), /Press Reconnect/);
  assert.equal(await visitor.page.evaluate(() => document.activeElement.id), 'reconnect');
  await visitor.sees('#messages .note', /Closed: 1000, normal closure/);
  await visitor.screenshot('closed');

  await visitor.page.keyboard.press('Enter');
  await visitor.reaches('open');
  assert.deepEqual((await visitor.frames()).map(({ frame }) => frame), [
    '← open – –',
    '→ close 6 2',  // given up for the reconnect
    '← open – –',
    '→ close 6 2',
    '← close 2 2',
    '← open – –',
  ]);
});

test('a connection can be given up before it opens', { timeout: 60_000 }, async (t) => {
  const server = await withServer(t);
  const wire = await startSlowWire(server.port);
  t.after(() => wire.stop());
  const visitor = await visit(t, `${wire.origin}/`);
  await visitor.reaches('open');
  wire.hold();
  await visitor.at('#reconnect').click();
  await visitor.reaches('connecting');
  visitor.expectFault(/closed before the connection is established/);
  await visitor.at('#close').click();
  await visitor.reaches('closed');
  await visitor.sees('#status', /You gave up this connection/);
  wire.release();
});

test('an address that the server refuses is told from a server that is not there', { timeout: 60_000 }, async (t) => {
  const server = await withServer(t);
  const visitor = await visit(t, `${server.origin}/`);
  await visitor.reaches('open');
  visitor.expectFault(/WebSocket connection to .* 404/);
  await visitor.page.route('**/endpoints.json', (route) => route.fulfill({ json: { echo: '/no-echo' } }));
  await visitor.page.goto(`${server.origin}/?endpoint=echo`);
  await visitor.sees('#status', /Closed\s+1006\s+refused by the server\s+The server is there/);
});

test('the echo is found where the server has it', { timeout: 60_000 }, async (t) => {
  const server = await withServer(t, { options: ['--echo', '/mirror'] });
  const visitor = await visit(t, `${server.origin}/?endpoint=echo`);
  await visitor.reaches('open');
  await visitor.sees('#address', /\/mirror$/);
});

test('the icon follows the state', { timeout: 60_000 }, async (t) => {
  const server = await withServer(t);
  const visitor = await visit(t, `${server.origin}/`);
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
  const visitor = await visit(t, `${server.origin}/`);
  await visitor.reaches('open');
  assert.equal(await server.stop('SIGTERM'), 0);
  await visitor.reaches('closed');
  await visitor.sees('#status', /Closed\s+1001\s+going away · clean/);
  await visitor.screenshot('closed-by-server');
});

test('a killed server: 1006, a server not reachable, and back after its restart', { timeout: 60_000 }, async (t) => {
  const server = await withServer(t);
  const visitor = await visit(t, `${server.origin}/?channel=phoenix`);
  await visitor.reaches('open');
  visitor.expectFault(lost);

  await server.stop('SIGKILL');
  await visitor.reaches('closed');
  await visitor.sees('#status', /Closed\s+1006\s+abnormal closure · not clean/);
  await visitor.screenshot('closed-abnormally');

  await visitor.at('#reconnect').click();
  await visitor.sees('#status', /Closed\s+1006\s+server not reachable\s+Nothing answers there.*Reconnect/);
  await visitor.screenshot('unreachable');

  const again = await startServer({ port: server.port });
  t.after(() => again.stop());
  await visitor.at('#reconnect').click();
  await visitor.reaches('open');
  await visitor.sees('#status', /to channel phoenix/);
});

test('over TLS, with the certificate that the server made itself', { timeout: 60_000 }, async (t) => {
  const server = await withServer(t, { options: ['--tls-self-signed'] });
  const visitor = await visit(t, `${server.origin}/`, { ignoreHTTPSErrors: true });
  await visitor.reaches('open');
  await visitor.sees('#address', /^wss:\/\/127\.0\.0\.1:\d+\/channels\/lobby$/);
});
