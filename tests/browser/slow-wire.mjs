import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/// Stands between a browser and the server on `port`. While it holds, nothing the server says
/// arrives; so the states that last a moment last as long as a test looks at them. While it is cut,
/// no connection stands and none can be made.
export async function startSlowWire(port) {
  const pairs = new Set();
  let held = false;
  let isCut = false;

  const listener = createServer((browser) => {
    if (isCut) return browser.destroy();
    const server = connect(port, '127.0.0.1');
    const pair = { browser, server };
    pairs.add(pair);
    if (held) server.pause();
    browser.on('data', (data) => server.write(data));
    server.on('data', (data) => browser.write(data));
    browser.on('end', () => server.end());
    server.on('end', () => browser.end());
    for (const [one, other] of [[browser, server], [server, browser]]) {
      one.on('error', () => other.destroy());
      one.on('close', () => pairs.delete(pair));
    }
  });
  const destroyAll = () => {
    for (const { browser, server } of pairs) {
      browser.destroy();
      server.destroy();
    }
  };
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');

  return {
    origin: `http://127.0.0.1:${listener.address().port}`,
    hold() {
      held = true;
      for (const { server } of pairs) server.pause();
    },
    release() {
      held = false;
      for (const { server } of pairs) server.resume();
    },
    cut() {
      isCut = true;
      destroyAll();
    },
    mend() {
      isCut = false;
    },
    stop() {
      listener.close();
      destroyAll();
    },
  };
}
