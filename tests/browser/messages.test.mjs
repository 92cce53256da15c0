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
  const ada = await visit(t, '?channel=telegraph');
  const ben = await visit(t, '?channel=telegraph');

  await ada.says('What hath God wrought?');
  await ben.sees('.message.received', 'What hath God wrought?');
  await ben.says('Grüße — 你好 👋');
  await ada.sees('.message.received', 'Grüße — 你好 👋');

  // Had Ada's own message come back, it would have done so before Ben's.
  assert.deepEqual(await ada.messages('received'), ['Grüße — 你好 👋']);
  assert.deepEqual(await ada.messages('sent'), ['What hath God wrought?']);
  assert.deepEqual(await ben.messages('received'), ['What hath God wrought?']);
  await ada.sees('.message.sent .about', /→ Sent by WebSocket \d\d:\d\d:\d\d/);
  await ada.sees('.message.received .about', /← Received by WebSocket \d\d:\d\d:\d\d/);
  assert.deepEqual((await ada.frames()).map(({ frame }) => frame), ['← open – –', '→ text 6 22', '← text 2 23']);
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

test('own messages come back when asked for, with the time they took', { timeout: 60_000 }, async (t) => {
  const ada = await visit(t, '?channel=mirror');
  const ben = await visit(t, '?channel=mirror');
  await ada.at('label.toggle:has(#echo)').click();
  await ada.sees('#address', /\/channels\/mirror\?echo=1$/);
  await ada.reaches('open');
  assert.match(ada.page.url(), /\?channel=mirror&echo=1$/);

  await ben.says('from Ben');
  await ada.sees('.message.received', 'from Ben');
  await ada.says('back to me');
  await ada.sees('.message.received', 'back to me');
  await ada.sees('.message.received .about', /← Came back .* after (< )?[\d.]+ m?s$/);
  const frames = (await ada.frames()).slice(-3);
  assert.deepEqual(frames.map(({ frame }) => frame), ['← text 2 8', '→ text 6 10', '← text 2 10']);
  assert.deepEqual(frames.slice(0, 2).map(({ trip }) => trip), ['', ''], 'what others sent has no round trip');
  assert.match(frames[2].trip, /^(< )?[\d.]+ m?s$/);
  await ada.sees('#total-trip', /[\d.]+ m?s/);
});

test('the echo returns each message in order', { timeout: 60_000 }, async (t) => {
  const visitor = await visit(t);
  await visitor.at('.pair label', { hasText: 'The echo' }).click();
  await visitor.sees('#address', /\/echo$/);
  await visitor.reaches('open');
  assert.ok(await visitor.at('#channel').isDisabled());
  const said = ['one', 'two', 'x'.repeat(126), 'y'.repeat(70_000)];
  for (const text of said) await visitor.says(text);
  await visitor.at('#frames tbody tr').nth(9).waitFor();
  await visitor.at('.message.received').nth(3).waitFor();
  const received = (await visitor.messages('received'));
  assert.deepEqual(received.slice(0, 3), said.slice(0, 3));
  assert.match(received[3], /^y{4000} … and 66,000 more characters$/);
  const frames = (await visitor.frames()).map(({ frame }) => frame);
  for (const frame of ['→ text 6 3', '← text 2 3', '→ text 8 126', '← text 4 126', '→ text 14 70,000', '← text 10 70,000'])
    assert.ok(frames.includes(frame), `${frame} is in ${frames}`);
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
  assert.equal((await visitor.frames()).at(-1).frame, '← binary 2 4');
});

test('a channel is joined by name, and its link leads a second window there', { timeout: 60_000 }, async (t) => {
  const ada = await visit(t);
  await ada.at('#channel').fill('  café 5 ');
  await ada.at('#channel').press('Enter');
  await ada.sees('#status', /Open\s+to channel café 5/);
  assert.equal(new URL(ada.page.url()).searchParams.get('channel'), 'café 5');

  const opening = ada.page.waitForEvent('popup');
  await ada.at('#second').click();
  const second = await opening;
  await second.locator('body[data-state="open"]').waitFor();
  await second.locator('#text').fill('hello from here');
  await second.locator('#text').press('Enter');
  await ada.sees('.message.received', 'hello from here');

  for (const [name, fault] of [['', /needs a name/], ['é'.repeat(101), /at most 200 bytes/], ['..', /cannot be called/], ['a/b', /no slash/]]) {
    await ada.at('#channel').fill(name);
    await ada.at('#join').click();
    await ada.sees('#channel-hint', fault);
    assert.equal(await ada.at('#channel').getAttribute('aria-invalid'), 'true');
  }
  assert.equal(new URL(ada.page.url()).searchParams.get('channel'), 'café 5', 'a bad name changes nothing');
  await ada.at('#channel').fill('é'.repeat(100));
  await ada.at('#join').click();
  await ada.sees('#status', /Open\s+to channel é{100}/);
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
  assert.equal(await visitor.at('#messages li').count(), 500);
  assert.equal(await visitor.at('#frames tbody tr').count(), 500);
  assert.ok(await bottom() < 2);
});

test('compressed messages come back whole, and their wire sizes are not claimed', { timeout: 60_000 }, async (t) => {
  const compressing = await startServer({ compress: 'shared' });
  t.after(() => compressing.stop());
  const visitor = await Visitor.arrive(browser, `${compressing.origin}/?endpoint=echo`);
  t.after(() => visitor.leave());
  await visitor.reaches('open');
  const said = 'the same words '.repeat(200);
  await visitor.says(said);
  await visitor.at('.message.received').waitFor();
  assert.deepEqual(await visitor.messages('received'), [said]);
  const frames = (await visitor.frames()).map(({ frame }) => frame);
  assert.ok(frames.includes('← text – 3,000'), String(frames));
});
