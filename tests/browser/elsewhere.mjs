import { once } from 'node:events';
import { createServer } from 'node:http';

/// Serves an empty page from another origin than the server's, for the length of a test.
export async function elsewhere(context) {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end('<!doctype html><link rel="icon" href="data:,"><title>Elsewhere</title>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

/// A page there with `script` (a file) in it; `complaints` is what its console says.
export async function openPage(context, browser, origin, script) {
  const within = await browser.newContext();
  context.after(() => within.close());
  const page = await within.newPage();
  page.setDefaultTimeout(15_000);
  page.complaints = [];
  page.on('console', (message) => page.complaints.push(message.text()));
  await page.goto(origin);
  if (script) await page.addScriptTag({ path: script });
  return page;
}
