// socket.io-client in a browser's page, with the channels of `longwire serve`.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startServer } from './server.mjs';
import { launch } from './visitor.mjs';

const client = fileURLToPath(new URL('node_modules/socket.io-client/dist/socket.io.js', import.meta.url));

let browser;
let server;
before(async () => {
  server = await startServer({ options: ['--threads', '2'] });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  assert.equal(await server?.stop(), 0);
});

for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']])
  test(`a channel by ${transports.join(', then ')}`, { timeout: 60_000 }, async (context) => {
    const page = await browser.newPage();
    context.after(() => page.close());
    await page.goto(`${server.origin}/endpoints.json`);
    await page.addScriptTag({ path: client });
    const seen = await page.evaluate(async (transports) => {
      const next = (socket, event) => new Promise((resolve) => socket.once(event, (...given) => resolve(given)));
      const connect = async () => {
        const socket = window.io(`/${transports.join('-')}`, { transports, forceNew: true, reconnectionDelay: 10 });
        await next(socket, 'connect');
        return socket;
      };
      const [ann, bob] = [await connect(), await connect()];
      if (transports.length > 1 && bob.io.engine.transport.name !== 'websocket')
        await new Promise((resolve) => bob.io.engine.once('upgrade', resolve));
      const heard = next(bob, 'moved');
      await ann.emitWithAck('moved', { x: 1 }, new Uint8Array([1, 2, 255]).buffer, 'é');
      const [where, bytes, text] = await heard;
      const received = [];
      bob.on('message', (said) => received.push(said));
      const back = next(bob, 'connect');
      bob.io.engine.close();
      await ann.emitWithAck('message', 'while it was away');
      await back;
      await ann.emitWithAck('message', 'after');
      while (received.at(-1) !== 'after') await next(bob, 'message');
      const by = bob.io.engine.transport.name;
      ann.disconnect();
      bob.disconnect();
      return { where, bytes: [...new Uint8Array(bytes)], text, received, recovered: bob.recovered, by };
    }, transports);
    assert.deepEqual(seen.where, { x: 1 });
    assert.deepEqual(seen.bytes, [1, 2, 255]);
    assert.equal(seen.text, 'é');
    assert.equal(seen.recovered, true);
    assert.deepEqual(seen.received, ['while it was away', 'after']);
    if (transports.length === 1) assert.equal(seen.by, transports[0]);
  });
