// The ways onto a channel beside WebSocket, as a page's visitor uses them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from './server.mjs';
import { launch, Visitor } from './visitor.mjs';

let browser;
let server;
before(async () => {
  server = await startServer();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  assert.equal(await server?.stop(), 0);
});

async function visit(context, query) {
  const visitor = await Visitor.arrive(browser, `${server.origin}/${query}`);
  context.after(() => visitor.leave());
  await visitor.reaches('open');
  return visitor;
}

test('all transports are on one channel', { timeout: 60_000 }, async (t) => {
  const ada = await visit(t, '?channel=all&user=ada');
  const ben = await visit(t, '?channel=all&transport=events&user=ben');
  const cem = await visit(t, '?channel=all&transport=poll&user=cem');
  await ada.says('from a WebSocket');
  for (const other of [ben, cem]) await other.sees('.message.received', 'from a WebSocket');
  await ben.says('from an EventSource,\nin two lines');
  for (const other of [ada, cem]) await other.sees('.message.received', 'in two lines');
  await cem.says('from a long poll');
  for (const other of [ada, ben]) await other.sees('.message.received', 'from a long poll');
  assert.deepEqual(await ada.messages('received'), ['from an EventSource,\nin two lines', 'from a long poll']);
  await ada.sees('.message.received .about', /ben · WebSocket · /);
  await ben.sees('.message.received .about', /cem · EventSource · /);
  await cem.sees('.message.received .about', /ada · long poll · /);
  await ada.sees('#present', 'Here: ada (you), ben, cem');
  for (const other of [ben, cem]) {
    await other.sees('#present', /ada, ben/);
    const notes = await other.at('#messages .note').allTextContents();
    assert.ok(notes.every((note) => !note.includes('ada joined')), `ada was there before: ${notes}`);
  }
  // A long poll does not tell who comes; the page asks beside it.
  const dag = await visit(t, '?channel=all&user=dag');
  await ben.sees('#messages .note', /dag joined/);
  await dag.says('hello');
  await cem.page.waitForFunction(() => document.getElementById('present').textContent.includes('dag'), null, { timeout: 40_000 });
  await cem.sees('#messages .note', /dag joined/);
  await ben.screenshot('transports');
});

test('an EventSource that comes gets what was said before, if asked for', { timeout: 60_000 }, async (t) => {
  const ada = await visit(t, '?channel=before');
  const ben = await visit(t, '?channel=before');
  await ada.says('early');
  await ben.sees('.message.received', 'early');
  const cem = await visit(t, '?channel=before&transport=events&history=1');
  await cem.sees('.message.received', 'early');
  const dag = await visit(t, '?channel=before&history=1');
  await dag.sees('.message.received', 'early');
});

test('what was before, what comes and by which way can be told apart', { timeout: 60_000 }, async (t) => {
  const ada = await visit(t, '?channel=ways');
  for (const text of ['one', 'two']) await ada.says(text);
  await ada.sees('.message.sent .about', /You · WebSocket/);
  for (const [transport, came, left] of [['websocket', 'WebSocket', 'WebSocket'], ['events', 'EventSource', 'POST'], ['poll', 'long poll', 'POST']]) {
    const other = await visit(t, `?channel=ways&history=1&transport=${transport}`);
    await other.sees('.message.earlier .about', /Anonymous · earlier/);
    assert.deepEqual((await other.at('.message.earlier .body').allTextContents()).slice(0, 2), ['one', 'two']);
    await ada.says(`to ${transport}`);
    await other.sees('.message.received:not(.earlier) .body', `to ${transport}`);
    await other.sees('.message.received:not(.earlier) .about', new RegExp(`Anonymous · ${came} · `));
    assert.equal(await other.at('.message.received:not(.earlier)').count(), 1, 'nothing twice, and nothing of before');
    await other.says(`from ${transport}`);
    await other.sees('.message.sent .about', new RegExp(`You · ${left} · `));
    await ada.sees('.message.received', `from ${transport}`);
    if (transport === 'events') await other.screenshot('history');
  }
});

test('the transport is chosen on the page', { timeout: 60_000 }, async (t) => {
  const ada = await visit(t, '?channel=choose');
  await ada.page.locator('[name=transport][value=events]').check({ force: true });
  await ada.sees('#messages', 'by EventSource');
  assert.match(ada.page.url(), /transport=events/);
  const ben = await visit(t, '?channel=choose');
  await ben.says('still here');
  await ada.sees('.message.received', 'still here');
});
