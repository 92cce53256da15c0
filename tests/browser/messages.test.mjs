// What visitors say to each other, and what the page shows of it.
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

async function visit(context, query = '', options = {}) {
  const visitor = await Visitor.arrive(browser, `${server.origin}/${query}`, options);
  context.after(() => visitor.leave());
  await visitor.reaches('open');
  return visitor;
}

test('two windows on a channel hear each other, and not themselves', { timeout: 60_000 }, async (t) => {
  const ada = await visit(t, '?channel=telegraph&user=ada');
  const ben = await visit(t, '?channel=telegraph');

  await ada.says('What hath God wrought?');
  await ben.sees('.message.received', 'What hath God wrought?');
  await ben.says('Grüße — 你好 👋');
  await ada.sees('.message.received', 'Grüße — 你好 👋');

  // Had Ada's own message come back, it would have done so before Ben's.
  assert.deepEqual(await ada.messages('received'), ['Grüße — 你好 👋']);
  assert.deepEqual(await ada.messages('sent'), ['What hath God wrought?']);
  assert.deepEqual(await ben.messages('received'), ['What hath God wrought?']);
  await ada.sees('.message.sent .about', /^→ Sent by You · WebSocket · \d\d:\d\d:\d\d$/);
  await ada.sees('.message.received .about', /^← Received from Anonymous · WebSocket · \d\d:\d\d:\d\d$/);
  await ben.sees('.message.received .about', /^← Received from ada · /);
  assert.deepEqual((await ada.frames()).map(({ frame }) => frame).filter((frame) => frame.startsWith('→')), ['→ text 6 22']);
  await ada.sees('#total-sent', '1 · 22 B');
  await ada.says('The frames on the right carried these words, and a few bytes of header each.');
  await ben.sees('.message.received', 'The frames');
  await ben.says('Sixteen bits to begin with, and four bytes more of mask from a browser.');
  await ada.sees('.message.received', 'Sixteen');
  await ada.screenshot('messages');
});

test('other channels hear nothing', { timeout: 60_000 }, async (t) => {
  const ada = await visit(t, '?channel=red');
  const ben = await visit(t, '?channel=blue&echo=1');
  await ada.says('only red');
  await ada.says('still only red');
  await ben.says('blue');
  await ben.sees('.message.received', 'blue');
  assert.deepEqual(await ben.messages('received'), ['blue']);
});

test('own messages come back when asked for', { timeout: 60_000 }, async (t) => {
  const ada = await visit(t, '?channel=mirror');
  const ben = await visit(t, '?channel=mirror');
  await ada.at('label.toggle:has(#echo)').click();
  await ada.sees('#address', /\/channels\/mirror\?format=json&echo=1$/);
  await ada.reaches('open');
  assert.match(ada.page.url(), /\?channel=mirror&echo=1$/);

  await ben.says('from Ben');
  await ada.sees('.message.received', 'from Ben');
  await ada.says('back to me');
  await ada.sees('.message.received', 'back to me');
  // Ben might have sent the same text: what comes back is nobody's known round trip.
  assert.equal(await ada.at('#total-trip').textContent(), '–');
  assert.match(await ada.at('#frames-hint').textContent(), /round trips are not measured/);
  const trips = (await ada.frames()).filter(({ frame }) => frame.includes('text')).map(({ trip }) => trip);
  assert.ok(trips.every((trip) => trip === ''), String(trips));
});

test('two who say the same at once are not confused', { timeout: 60_000 }, async (t) => {
  const ada = await visit(t, '?channel=ok&transport=events');
  const ben = await visit(t, '?channel=ok');
  // Each of Ada's is held back on its way, so that Ben's arrives first.
  await ada.page.route('**/channels/ok*', async (route) => {
    if (route.request().method() !== 'POST') return route.fallback();
    await ada.at('.message.received').nth(0).waitFor();
    await route.continue();
  });
  await ada.says('ok');
  await ben.says('ok');
  await ada.at('.message.received').nth(1).waitFor();
  await ada.sees('.message.received .about', /You · back after (< )?[\d.]+ m?s · EventSource/);
  const senders = await ada.at('.message.received .sender').allTextContents();
  assert.deepEqual(senders, ['Anonymous', 'You']);
  await ada.sees('#total-trip', /[\d.]+ m?s/);
});

test('who joins and leaves is told at once, without asking again and again', { timeout: 60_000 }, async (t) => {
  const ada = await visit(t, '?channel=door&user=ada');
  let asked = 0;
  ada.page.on('request', (request) => { asked += request.url().endsWith('/presence') ? 1 : 0; });
  await ada.sees('#present', 'Here: ada (you)');
  const ben = await Visitor.arrive(browser, `${server.origin}/?channel=door&user=ben`);
  await ada.sees('#messages .note', /ben joined · /);
  await ada.sees('#present', 'Here: ada (you), ben');
  await ben.sees('#present', 'Here: ada, ben (you)');
  await ada.screenshot('presence');
  await ben.leave();
  await ada.sees('#messages .note', /ben left · /);
  await ada.page.waitForFunction(() => document.getElementById('present').textContent === 'Here: ada (you)');
  assert.equal(asked, 0, 'the list was asked for once, when Ada came');
});

test('times have one form, whatever the reader’s language', { timeout: 60_000 }, async (t) => {
  const visitor = await visit(t, '?endpoint=echo', { locale: 'en-US', timezoneId: 'Asia/Tokyo' });
  await visitor.page.clock.setFixedTime('2026-03-01T12:34:56Z');
  await visitor.says('half past nine in the evening');
  await visitor.at('.message.received').waitFor();
  const times = await visitor.at('time').evaluateAll((found) => found.map(({ textContent, dateTime }) => ({ textContent, dateTime })));
  assert.ok(times.length >= 6, `${times.length} times`);
  for (const { textContent, dateTime } of times) {
    assert.match(textContent, /^\d\d:\d\d:\d\d$/);
    assert.match(dateTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  }
  assert.deepEqual(times.at(-1), { textContent: '21:34:56', dateTime: '2026-03-01T12:34:56.000Z' });
  // And nowhere else stands one.
  const outside = await visitor.page.evaluate(() => {
    const copy = document.body.cloneNode(true);
    for (const time of copy.querySelectorAll('time')) time.remove();
    return copy.textContent.match(/\d{1,2}:\d\d(:\d\d)?( [AP]M)?/g);
  });
  assert.deepEqual(outside?.filter((found) => !visitor.page.url().includes(found)) ?? [], []);
});

test('the echo returns each message in order, and its round trip is measured', { timeout: 60_000 }, async (t) => {
  const visitor = await visit(t);
  await visitor.at('.pair label', { hasText: 'Echo' }).click();
  await visitor.sees('#address', /\/echo$/);
  await visitor.reaches('open');
  assert.ok(await visitor.at('#channel').isDisabled());
  const said = ['one', 'two', 'x'.repeat(126), 'y'.repeat(70_000)];
  for (const text of said) await visitor.says(text);
  await visitor.at('#frames tbody tr').nth(10).waitFor();
  await visitor.at('.message.received').nth(3).waitFor();
  const received = (await visitor.messages('received'));
  assert.deepEqual(received.slice(0, 3), said.slice(0, 3));
  assert.match(received[3], /^y{4000} … and 66,000 more characters$/);
  const frames = (await visitor.frames()).map(({ frame }) => frame);
  for (const frame of ['→ text 6 3', '← text 2 3', '→ text 8 126', '← text 4 126', '→ text 14 70,000', '← text 10 70,000'])
    assert.ok(frames.includes(frame), `${frame} is in ${frames}`);
  await visitor.sees('.message.received .about', /You · back after (< )?[\d.]+ m?s · WebSocket/);
  await visitor.sees('#total-trip', /[\d.]+ m?s/);
  await visitor.screenshot('echo');
});

test('Shift and Enter begins a new line, and a message keeps its lines', { timeout: 60_000 }, async (t) => {
  const visitor = await visit(t, '?endpoint=echo');
  await visitor.at('#text').focus();
  await visitor.page.keyboard.type('first');
  await visitor.page.keyboard.press('Shift+Enter');
  await visitor.page.keyboard.type('second');
  await visitor.page.keyboard.press('Enter');
  await visitor.at('.message.received').waitFor();
  assert.deepEqual(await visitor.messages('received'), ['first\nsecond']);
  assert.equal(await visitor.at('#text').inputValue(), '');
});

test('markup in a message is text', { timeout: 60_000 }, async (t) => {
  const visitor = await visit(t, '?endpoint=echo');
  const markup = '<img src="/x" onerror="document.title=\'owned\'"><script>1</script>&amp;';
  await visitor.says(markup);
  await visitor.at('.message.received').waitFor();
  assert.deepEqual(await visitor.messages('received'), [markup]);
  assert.equal(await visitor.at('#messages img, #messages script').count(), 0);
});

test('binary messages show their size and first bytes', { timeout: 60_000 }, async (t) => {
  const visitor = await visit(t, '?channel=binary');
  await visitor.page.evaluate(async () => {
    const other = new WebSocket(`ws://${location.host}/channels/binary`);
    await new Promise((resolve) => { other.onopen = resolve; });
    other.send(Uint8Array.of(0, 1, 254, 255));
  });
  await visitor.sees('.message.received', '4 bytes 00 01 fe ff');
  await visitor.page.evaluate(async () => {
    await fetch('/channels/binary?event=price', { method: 'POST', body: '{"eur": 1.07}', headers: { 'Content-Type': 'application/json' } });
  });
  await visitor.sees('.message.received .body', /price .*"eur": ?1\.07/);
});

test('a channel is joined by name, and its link leads a second window there', { timeout: 60_000 }, async (t) => {
  const ada = await visit(t);
  await ada.at('#channel').fill('  café 5 ');
  await ada.at('#channel').press('Enter');
  await ada.sees('#status', /Connected\s+to channel café 5/);
  assert.equal(new URL(ada.page.url()).searchParams.get('channel'), 'café 5');

  const opening = ada.page.waitForEvent('popup');
  await ada.at('#second').click();
  const second = await opening;
  await second.locator('body[data-state="open"]').waitFor();
  await second.locator('#text').fill('hello from here');
  await second.locator('#text').press('Enter');
  await ada.sees('.message.received', 'hello from here');

  for (const [name, fault] of [['', /Enter a channel name/], ['é'.repeat(101), /at most 200 bytes/], ['..', /cannot be/], ['a/b', /cannot contain a slash/]]) {
    await ada.at('#channel').fill(name);
    await ada.at('#join').click();
    await ada.sees('#channel-hint', fault);
    assert.equal(await ada.at('#channel').getAttribute('aria-invalid'), 'true');
  }
  assert.equal(new URL(ada.page.url()).searchParams.get('channel'), 'café 5', 'a bad name changes nothing');
  await ada.at('#channel').fill('é'.repeat(100));
  await ada.at('#join').click();
  await ada.sees('#status', /Connected\s+to channel é{100}/);
});

test('the lists keep 500 rows and leave a reader who scrolled up alone', { timeout: 120_000 }, async (t) => {
  const visitor = await visit(t, '?endpoint=echo');
  const bottom = () => visitor.page.evaluate(() => {
    const list = document.getElementById('messages');
    return list.scrollHeight - list.scrollTop - list.clientHeight;
  });
  for (let count = 0; count < 20; ++count) await visitor.says(`line ${count}`);
  await visitor.at('.message.received').nth(19).waitFor();
  assert.ok(await bottom() < 2, 'follows the newest message');

  // The page learns of a scroll by its event, which comes with the next picture.
  const scrollTo = (place) => visitor.page.evaluate((y) => new Promise((resolve) => {
    const list = document.getElementById('messages');
    list.addEventListener('scroll', () => resolve(), { once: true });
    list.scrollTop = y;
  }), place);
  await scrollTo(0);
  await visitor.says('while reading');
  await visitor.at('.message.received', { hasText: 'while reading' }).waitFor();
  assert.equal(await visitor.page.evaluate(() => document.getElementById('messages').scrollTop), 0);
  await visitor.at('#latest').click();
  await visitor.at('#latest').waitFor({ state: 'hidden' });
  assert.ok(await bottom() < 2, 'is at the newest message again');

  await visitor.page.evaluate(() => {
    const field = document.getElementById('text');
    for (let count = 0; count < 600; ++count) {
      field.value = `burst ${count}`;
      document.getElementById('composer').requestSubmit();
    }
  });
  await visitor.sees('.message.received', /^burst 599/);
  await visitor.page.waitForFunction(() => document.querySelectorAll('#messages li').length === 500);
  await visitor.page.waitForFunction(() => document.querySelectorAll('#frames tbody tr').length === 500);
  assert.ok(await bottom() < 2);
});

test('20,000 messages in quick succession do not freeze the page', { timeout: 180_000 }, async (t) => {
  const patient = await startServer({ options: ['--max-backlog', '64MiB'] });
  const reader = await Visitor.arrive(browser, `${patient.origin}/?channel=flood`);
  const writer = await Visitor.arrive(browser, `${patient.origin}/?channel=elsewhere`);
  t.after(async () => {
    await reader.leave();
    await writer.leave();
    await patient.stop();
  });
  await reader.reaches('open');
  await reader.page.evaluate(() => {
    window.longestGap = 0;
    let last = performance.now();
    const look = () => {
      const now = performance.now();
      window.longestGap = Math.max(window.longestGap, now - last);
      last = now;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await writer.page.evaluate(async () => {
    const socket = new WebSocket(`ws://${location.host}/channels/flood`);
    await new Promise((resolve) => { socket.onopen = resolve; });
    for (let count = 0; count < 20_000; ++count) socket.send(`message ${count}`);
  });
  await reader.page.waitForFunction(() => document.querySelector('#messages li:last-child .body')?.textContent === 'message 19999', null, { timeout: 150_000 });
  const longestGap = await reader.page.evaluate(() => window.longestGap);
  t.diagnostic(`the longest time without a picture: ${Math.round(longestGap)} ms`);
  assert.ok(longestGap < 5000, `${longestGap} ms`);
  // When it is calm again, the newest 500 are there, each once and in order.
  await reader.page.waitForFunction(() => document.querySelectorAll('#messages li').length === 500);
  assert.deepEqual(await reader.messages('received'), Array.from({ length: 500 }, (_, index) => `message ${19_500 + index}`));
  await reader.page.waitForFunction(() => document.querySelectorAll('#frames tbody tr').length === 500);
  // (The channel itself has said where the page begins.)
  await reader.sees('#total-received', /^20,001 · /);
});

test('compressed messages come back whole, and their wire sizes are not claimed', { timeout: 60_000 }, async (t) => {
  const compressing = await startServer({ compress: 'shared' });
  const visitor = await Visitor.arrive(browser, `${compressing.origin}/?endpoint=echo`);
  t.after(async () => {
    await visitor.leave();
    await compressing.stop();
  });
  await visitor.reaches('open');
  const said = 'the same words '.repeat(200);
  await visitor.says(said);
  await visitor.at('.message.received').waitFor();
  assert.deepEqual(await visitor.messages('received'), [said]);
  const frames = (await visitor.frames()).map(({ frame }) => frame);
  assert.ok(frames.includes('← text – 3,000'), String(frames));
});
