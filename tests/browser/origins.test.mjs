// Pages of another origin than the server's: with leave, and without.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { wire } from '../interop/wire.mjs';
import { elsewhere, openPage } from './elsewhere.mjs';
import { startServer } from './server.mjs';
import { launch } from './visitor.mjs';

const socketio = fileURLToPath(new URL('node_modules/socket.io-client/dist/socket.io.js', import.meta.url));

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

/// A server that lets pages of another origin in, or not, and a page of that origin.
async function meet(context, { allowed, script } = {}) {
  const origin = await elsewhere(context);
  const page = await openPage(context, browser, origin, script);
  const server = await startServer({ options: ['--threads', '2', ...(allowed ? ['--origin', origin] : [])] });
  context.after(async () => assert.equal(await server.stop(), 0));
  return { server, page };
}

const publish = ({ origin }, text) => fetch(`${origin}/channels/a`, { method: 'POST', body: text })
  .then((answer) => assert.equal(answer.status, 200));

test('an EventSource with leave goes on where it was after a cut', { timeout: 60_000 }, async (context) => {
  const { server, page } = await meet(context, { allowed: true });
  const line = await wire(context, server);
  await page.evaluate(async (url) => {
    window.received = [];
    window.opened = 0;
    const source = new EventSource(url);
    source.addEventListener('open', () => { window.opened += 1; });
    source.addEventListener('message', ({ data }) => window.received.push(data));
    await new Promise((resolve) => { source.addEventListener('joined', resolve, { once: true }); });
  }, `http://127.0.0.1:${line.port}/channels/a`);
  await publish(server, 'one');
  await page.waitForFunction(() => window.received.includes('one'));
  line.cut();
  await publish(server, 'two');
  await page.waitForFunction(() => window.received.includes('two') && window.opened === 2);
  await publish(server, 'three');
  await page.waitForFunction(() => window.received.includes('three'));
  assert.deepEqual(await page.evaluate(() => window.received), ['one', 'two', 'three']);
});

test('a page with leave polls, publishes and talks by WebSocket', { timeout: 60_000 }, async (context) => {
  const { server, page } = await meet(context, { allowed: true });
  const told = await page.evaluate(async (at) => {
    const socket = new WebSocket(`ws://${at}/channels/a`);
    const heard = new Promise((resolve) => { socket.onmessage = ({ data }) => resolve(data); });
    await new Promise((resolve) => { socket.onopen = resolve; });
    const json = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"n":1}' };
    const { status } = await fetch(`http://${at}/channels/a`, json);
    const { messages } = await (await fetch(`http://${at}/channels/a?history=1`)).json();
    return { heard: await heard, status, n: messages[0].json.n };
  }, `127.0.0.1:${server.port}`);
  assert.deepEqual(told, { heard: '{"n":1}', status: 200, n: 1 });
});

test('a page without leave gets nothing by any way', { timeout: 60_000 }, async (context) => {
  const { server, page } = await meet(context, { script: socketio });
  await publish(server, 'kept');
  const told = await page.evaluate(async (at) => {
    const source = new EventSource(`http://${at}/channels/a?history=1`);
    const events = await new Promise((resolve) => {
      source.onerror = () => resolve(source.readyState === EventSource.CLOSED ? 'closed' : 'again');
      source.onmessage = () => resolve('a message');
    });
    const asked = (path, options) => fetch(`http://${at}${path}`, options).then(({ status }) => status, ({ name }) => name);
    const socket = new WebSocket(`ws://${at}/channels/a`);
    const code = await new Promise((resolve) => { socket.onclose = ({ code }) => resolve(code); });
    const by = (transports) => new Promise((resolve) => {
      const client = window.io(`http://${at}`, { transports, reconnection: false, forceNew: true });
      client.on('connect', () => resolve('connected'));
      client.on('connect_error', ({ message }) => resolve(message));
    });
    return {
      events,
      poll: await asked('/channels/a?history=1'),
      post: await asked('/channels/a', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' }),
      code,
      polling: await by(['polling']),
      websocket: await by(['websocket']),
    };
  }, `127.0.0.1:${server.port}`);
  assert.deepEqual(told, {
    events: 'closed', poll: 'TypeError', post: 'TypeError', code: 1006, polling: 'xhr poll error', websocket: 'websocket error',
  });
  const { messages } = await (await fetch(`${server.origin}/channels/a?history=9`)).json();
  assert.equal(messages.length, 1, 'nothing was published');
});

test('socket.io-client with leave polls, upgrades, and goes on where it was after a cut', { timeout: 60_000 }, async (context) => {
  const { server, page } = await meet(context, { allowed: true, script: socketio });
  const line = await wire(context, server);
  const first = await page.evaluate(async (url) => {
    window.received = [];
    window.client = window.io(`${url}/a`, { forceNew: true, reconnectionDelay: 50 });
    window.client.on('message', (text) => window.received.push(text));
    await new Promise((resolve) => { window.client.on('connect', resolve); });
    const began = window.client.io.engine.transport.name;
    if (began !== 'websocket') await new Promise((resolve) => { window.client.io.engine.once('upgrade', resolve); });
    return { began, went_on: window.client.io.engine.transport.name };
  }, `http://127.0.0.1:${line.port}`);
  assert.deepEqual(first, { began: 'polling', went_on: 'websocket' });
  await publish(server, 'one');
  await page.waitForFunction(() => window.received.includes('one'));
  await page.evaluate(() => {
    window.back = new Promise((resolve) => { window.client.once('connect', () => resolve(window.client.recovered)); });
  });
  line.cut();
  await publish(server, 'two');
  assert.equal(await page.evaluate(() => window.back), true);
  await publish(server, 'three');
  await page.waitForFunction(() => window.received.includes('three'));
  assert.deepEqual(await page.evaluate(() => window.received), ['one', 'two', 'three']);
});
