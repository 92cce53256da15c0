// pusher-js in a browser's page of another origin: by WebSocket, and by its own ways around it.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { wire } from '../interop/wire.mjs';
import { elsewhere, openPage } from './elsewhere.mjs';
import { startServer } from './server.mjs';
import { launch } from './visitor.mjs';

const client = fileURLToPath(new URL('node_modules/pusher-js/dist/web/pusher.js', import.meta.url));
const transports = ['ws', 'xhr_streaming', 'xhr_polling'];

let browser;
let server;
let folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'longwire-'));
  const file = join(folder, 'longwire.toml');
  writeFileSync(file, `
[[apps]]
id = "1"
key = "app-key"
secret = "app-secret"
client_events = true
recover = true
recover_by = ["user", "cookie"]
[[apps]]
id = "2"
key = "closed-key"
secret = "closed-secret"
origins = ["https://app.example"]
[[channels]]
pattern = "*"
subscribe = "everyone"
publish = "everyone"
history_count = 100
`);
  server = await startServer({ options: ['--config', file, '--threads', '2'] });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  assert.equal(await server?.stop(), 0);
  rmSync(folder, { recursive: true });
});

const signed = (text) => `app-key:${createHmac('sha256', 'app-secret').update(text).digest('hex')}`;

/// A page with `window.pusher`, which connects by `transport` to that port.
async function visit(context, port, transport, { user, key = 'app-key' } = {}) {
  const page = await openPage(context, browser, await elsewhere(context), client);
  await page.exposeFunction('authorize', (id, channel) => {
    if (!channel.startsWith('presence-')) return { auth: signed(`${id}:${channel}`) };
    const channel_data = JSON.stringify({ user_id: user });
    return { auth: signed(`${id}:${channel}:${channel_data}`), channel_data };
  });
  await page.evaluate(async ([port, transport, key]) => {
    window.next = (emitter, event) => new Promise((resolve) => {
      const take = (data) => { emitter.unbind(event, take); resolve(data); };
      emitter.bind(event, take);
    });
    window.pusher = new window.Pusher(key, {
      cluster: 'none', wsHost: '127.0.0.1', wsPort: port, httpHost: '127.0.0.1', httpPort: port,
      forceTLS: false, enabledTransports: [transport], enableStats: false,
      channelAuthorization: {
        customHandler: ({ socketId, channelName }, done) =>
          window.authorize(socketId, channelName).then((data) => done(null, data)),
      },
    });
    window.errors = [];
    window.pusher.connection.bind('error', (event) => window.errors.push(event.error?.data?.code));
  }, [port, transport, key]);
  return page;
}

const subscribe = (page, name) => page.evaluate(async (name) => {
  const channel = window.pusher.subscribe(name);
  window.received = [];
  channel.bind('news', (data) => window.received.push(data));
  if (!channel.subscribed) await window.next(channel, 'pusher:subscription_succeeded');
}, name);

const publish = (channel, data) => fetch(`${server.origin}/channels/${channel}?event=news`, { method: 'POST', body: data })
  .then((answer) => assert.equal(answer.status, 200));

const received = async (page, last) => {
  await page.waitForFunction((last) => window.received.includes(last), last);
  return page.evaluate(() => window.received);
};

for (const transport of transports) {
  test(`a private channel by ${transport}, from another origin`, { timeout: 60_000 }, async (context) => {
    const ann = await visit(context, server.port, transport);
    const bob = await visit(context, server.port, transport);
    for (const page of [ann, bob]) await subscribe(page, `private-${transport}`);
    assert.equal(await ann.evaluate(() => window.pusher.connection.connection.transport.name), transport);
    await bob.evaluate((name) => { window.heard = window.next(window.pusher.channel(name), 'client-said'); }, `private-${transport}`);
    await ann.evaluate((name) => window.pusher.channel(name).trigger('client-said', { text: 'é' }), `private-${transport}`);
    assert.deepEqual(await bob.evaluate(() => window.heard), { text: 'é' });
    await publish(`private-${transport}`, 'from HTTP');
    for (const page of [ann, bob]) assert.deepEqual(await received(page, 'from HTTP'), ['from HTTP']);
  });

  test(`what was missed by ${transport} after a cut`, { timeout: 60_000 }, async (context) => {
    const line = await wire(context, server);
    // By WebSocket a cookie says who comes back. Other requests have none from another origin.
    const name = transport === 'ws' ? 'missed' : `presence-${transport}`;
    const page = await visit(context, line.port, transport, { user: `of-${transport}` });
    await subscribe(page, name);
    await publish(name, 'before');
    await received(page, 'before');
    await page.evaluate((name) => {
      window.away = window.next(window.pusher.connection, 'connecting');
      window.back = window.next(window.pusher.channel(name), 'pusher:subscription_succeeded');
    }, name);
    line.cut();
    await page.evaluate(() => window.away);
    await publish(name, 'while it was away');
    await page.evaluate(() => window.back);
    await publish(name, 'after');
    // (What came in the last second before the cut may come again.)
    assert.deepEqual([...new Set(await received(page, 'after'))], ['before', 'while it was away', 'after']);
  });

  test(`pages of an origin that may not, by ${transport}`, { timeout: 60_000 }, async (context) => {
    const page = await visit(context, server.port, transport, { key: 'closed-key' });
    if (transport === 'ws') {
      await page.waitForFunction(() => window.pusher.connection.state === 'disconnected');
      assert.deepEqual(await page.evaluate(() => window.errors), [4009]);
    } else {
      // The browser asks for leave before, and does not get it.
      while (!page.complaints.some((text) => /blocked by CORS policy/.test(text))) await page.waitForEvent('console');
      assert.equal(await page.evaluate(() => window.pusher.connection.socket_id ?? null), null);
    }
  });
}
