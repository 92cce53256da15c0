// A connection that is lost comes back, and what was said meanwhile with it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Backoff } from '../../web/backoff.js';
import { describeCloseCode } from '../../web/close-codes.js';
import { startServer } from './server.mjs';
import { startSlowWire } from './slow-wire.mjs';
import { launch, serverGone, Visitor } from './visitor.mjs';

let browser;
let server;
// One with rules.
let strict;
const folder = mkdtempSync(join(tmpdir(), 'longwire-'));
const rules = `token_secret = "${'s'.repeat(40)}"
[[channels]]
pattern = "members"
subscribe = "token"
[[channels]]
pattern = "forgetful"
publish = "everyone"
`;
before(async () => {
  const file = join(folder, 'rules.toml');
  writeFileSync(file, rules);
  server = await startServer();
  strict = await startServer({ options: ['--config', file] });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
  await strict?.stop();
  rmSync(folder, { recursive: true });
});

const turnedAway = /status of 503/;
const refused = /WebSocket|status of 40[134]/;

/// Somebody whose connection a test can cut.
async function visitByWire(context, query, port = server.port) {
  const wire = await startSlowWire(port);
  const visitor = await Visitor.arrive(browser, `${wire.origin}/${query}`);
  visitor.expectFault(serverGone);
  visitor.expectFault(turnedAway);
  context.after(async () => {
    await visitor.leave();
    wire.stop();
  });
  await visitor.reaches('open');
  return { wire, visitor };
}

async function visit(context, query) {
  const visitor = await Visitor.arrive(browser, `${server.origin}/${query}`);
  context.after(() => visitor.leave());
  await visitor.reaches('open');
  return visitor;
}

for (const transport of ['websocket', 'events', 'poll']) {
  test(`by ${transport} nothing is missed`, { timeout: 120_000 }, async (t) => {
    const channel = `lost-${transport}`;
    const { wire, visitor } = await visitByWire(t, `?channel=${channel}&transport=${transport}`);
    const ben = await visit(t, `?channel=${channel}&user=ben`);
    await ben.says('before');
    await visitor.sees('.message.received', 'before');
    wire.cut();
    await visitor.reaches('waiting');
    await visitor.sees('#status', /Reconnecting\s+1006/);
    await visitor.sees('#retry', transport === 'events' ? 'EventSource reconnects by itself.' : /^Trying again in \d+ s$/);
    for (const text of ['while', 'away']) await ben.says(text);
    wire.mend();
    await visitor.reaches('open');
    await visitor.sees('#messages .note', 'Connected again. No messages were missed');
    await visitor.sees('.message.received', 'away');
    await ben.says('after');
    await visitor.sees('.message.received', 'after');
    assert.deepEqual(await visitor.messages('received'), ['before', 'while', 'away', 'after']);
    await visitor.screenshot(`reconnected-${transport}`);
  });
}

test('an EventSource that ended for good is opened anew, where it was', { timeout: 120_000 }, async (t) => {
  const { wire, visitor } = await visitByWire(t, '?channel=ended&transport=events');
  const ben = await visit(t, '?channel=ended');
  await ben.says('before');
  await visitor.sees('.message.received', 'before');
  // A browser gives up an EventSource at the first answer that is no stream.
  const refuse = (route) => (route.request().resourceType() === 'eventsource' ? route.fulfill({ status: 503, body: 'Too much to do.' }) : route.fallback());
  await visitor.page.route('**/channels/ended?*', refuse);
  wire.cut();
  await visitor.reaches('waiting');
  await ben.says('while away');
  wire.mend();
  await visitor.sees('#retry', /^Trying again in/);
  await visitor.page.unroute('**/channels/ended?*', refuse);
  await visitor.reaches('open');
  await visitor.sees('#address', /since=/);
  await visitor.sees('.message.received', 'while away');
  assert.deepEqual(await visitor.messages('received'), ['before', 'while away']);
});

test('a button tries at once, and another gives up', { timeout: 60_000 }, async (t) => {
  const { wire, visitor } = await visitByWire(t, '?channel=now');
  // The page's own clock stands still: only the button can do it.
  await visitor.stopClock();
  wire.cut();
  await visitor.reaches('waiting');
  wire.mend();
  await visitor.at('#reconnect', { hasText: 'Try now' }).click();
  await visitor.reaches('open');

  wire.cut();
  await visitor.reaches('waiting');
  await visitor.at('#close', { hasText: 'Stop' }).click();
  await visitor.reaches('closed');
  wire.mend();
  await visitor.page.clock.runFor(120_000);
  assert.equal(await visitor.at('body').getAttribute('data-state'), 'closed');
  assert.equal(await visitor.at('#retry').textContent(), '');
});

test('after the user’s Close it stays closed', { timeout: 60_000 }, async (t) => {
  const visitor = await visit(t, '?channel=closed');
  await visitor.stopClock();
  await visitor.at('#close').click();
  await visitor.reaches('closed');
  await visitor.page.clock.runFor(120_000);
  assert.equal(await visitor.at('body').getAttribute('data-state'), 'closed');
});

for (const [code, words] of [[1008, 'policy violation'], [3000, 'unauthorized'], [3003, 'forbidden']]) {
  test(`after ${code} it stays closed, and says why`, { timeout: 60_000 }, async (t) => {
    const visitor = await Visitor.arrive(browser, `${server.origin}/icon.svg`);
    t.after(() => visitor.leave());
    visitor.expectFault(/404/);
    await visitor.page.routeWebSocket('**/channels/**', (socket) => {
      socket.send('{"joined":{"position":"1-1","recovered":true}}');
      socket.close({ code, reason: 'Not you.' });
    });
    await visitor.page.clock.install();
    await visitor.page.goto(`${server.origin}/?channel=refused`);
    await visitor.reaches('closed');
    await visitor.sees('#status', new RegExp(`Closed\\s+${code}\\s+${words}\\s+“Not you.”`));
    await visitor.page.clock.runFor(120_000);
    assert.equal(await visitor.at('body').getAttribute('data-state'), 'closed');
  });
}

test('what may pass is tried again, and what will not is not', () => {
  const comesBack = (code) => describeCloseCode(code).comesBack;
  for (const code of [1001, 1006, 1009, 1011, 1012, 1013, 1014, 3008]) assert.ok(comesBack(code), String(code));
  for (const code of [1000, 1002, 1005, 1008, 1010, 3000, 3003, 3500, 4000]) assert.ok(!comesBack(code), String(code));
});

test('the pause grows, differs, and is short again after a connection that stood', () => {
  const bounds = [1, 2, 4, 8, 16, 30, 30].map((seconds) => seconds * 1000);
  const backoff = new Backoff();
  const pauses = bounds.map(() => backoff.next(0));
  pauses.forEach((pause, index) => assert.ok(pause >= bounds[index] / 2 && pause <= bounds[index], `${pause} of ${bounds[index]}`));
  const first = Array.from({ length: 20 }, () => new Backoff().next(0));
  assert.ok(new Set(first).size > 10, 'not the same for all');
  assert.equal(new Backoff().next(0, 60_000), 60_000, 'never before the server wishes it');

  backoff.opened(1000);
  assert.ok(backoff.next(2000) > 10_000, 'open for a second is no success');
  backoff.opened(3000);
  assert.ok(backoff.next(60_000) <= 1000);
});

test('a server that forgot what was missed is told of', { timeout: 60_000 }, async (t) => {
  const first = await startServer();
  t.after(() => first.stop());
  const visitor = await Visitor.arrive(browser, `${first.origin}/?channel=forgot`);
  t.after(() => visitor.leave());
  visitor.expectFault(serverGone);
  await visitor.reaches('open');
  await first.stop('SIGKILL');
  await visitor.reaches('waiting');
  const second = await startServer({ port: first.port });
  t.after(() => second.stop());
  await visitor.reaches('open');
  await visitor.sees('#messages .note.warning', 'Some messages may be missing');
});

test('own messages that come back after a loss are told as such', { timeout: 60_000 }, async (t) => {
  const { wire, visitor } = await visitByWire(t, '?channel=own&user=ada');
  const ben = await visit(t, '?channel=own');
  wire.hold();
  await visitor.says('said into the void');
  await ben.sees('.message.received', 'said into the void');
  wire.cut();
  wire.release();
  wire.mend();
  await visitor.sees('.message.received', 'said into the void');
  await visitor.sees('.message.received .about', /may be your own message/);
  await ben.says('said into the void');
  await visitor.at('.message.received').nth(1).waitFor();
  assert.doesNotMatch(await visitor.at('.message.received .about').nth(1).textContent(), /may be your own/);
});

test('where what was missed may not be read, the page comes back without it', { timeout: 60_000 }, async (t) => {
  const { wire, visitor } = await visitByWire(t, '?channel=forgetful', strict.port);
  visitor.expectFault(refused);
  wire.cut();
  await visitor.reaches('waiting');
  wire.mend();
  await visitor.reaches('open');
  await visitor.sees('#messages .note.warning', 'Connected again. Some messages may be missing');
  assert.doesNotMatch(await visitor.at('#address').textContent(), /since=/);
});

test('a handshake that the rules refuse is explained, and not tried again', { timeout: 60_000 }, async (t) => {
  const visitor = await Visitor.arrive(browser, `${strict.origin}/icon.svg`);
  t.after(() => visitor.leave());
  visitor.expectFault(refused);
  for (const transport of ['websocket', 'events', 'poll']) {
    await visitor.page.goto(`${strict.origin}/?channel=members&transport=${transport}`);
    await visitor.reaches('closed');
    await visitor.sees('#status', /Closed\s+\d+\s+(refused by the server|unauthorized|forbidden)\s+You may not .*: (a token is required|its rule allows no client)/);
  }
  await visitor.screenshot('refused');
});
