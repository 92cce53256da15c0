import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const screenshots = process.env.SCREENSHOTS ?? fileURLToPath(new URL('../../build/screenshots', import.meta.url));

export function launch() {
  mkdirSync(screenshots, { recursive: true });
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
}

/// What the browser says of a server that was killed: an attempt may meet the closed port, or a
/// connection that ends before the answer.
export const serverGone = /WebSocket connection to|ERR_(CONNECTION|EMPTY|INCOMPLETE|SOCKET|NETWORK)/;

/// Somebody with a browser window of their own. Whatever the page complains of on the console, and
/// each request to another host, is kept; `leave` fails the test if there was any.
export class Visitor {
  #context;
  #faults = [];
  #expected = [];

  static async arrive(browser, address, options = {}) {
    const visitor = new Visitor();
    visitor.#context = await browser.newContext({ viewport: { width: 1360, height: 860 }, locale: 'en-GB', ...options });
    visitor.#context.setDefaultTimeout(15_000);
    visitor.page = await visitor.#context.newPage();
    visitor.#watch(visitor.page, new URL(address).host);
    visitor.#context.on('page', (page) => visitor.#watch(page, new URL(address).host));
    await visitor.page.addInitScript(() => {
      window.shifts = [];
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          if (entry.hadRecentInput) continue;
          const moved = entry.sources.map(({ node }) => node?.id || node?.className || node?.nodeName);
          window.shifts.push(`${entry.value}: ${moved}`);
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await visitor.page.goto(address);
    return visitor;
  }

  #watch(page, host) {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.#faults.push(message.text());
    });
    page.on('pageerror', (error) => this.#faults.push(String(error)));
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol !== 'data:' && url.host !== host) this.#faults.push(`a request to ${url}`);
    });
    page.on('websocket', (socket) => {
      if (new URL(socket.url()).host !== host) this.#faults.push(`a WebSocket to ${socket.url()}`);
    });
  }

  /// A complaint of the browser's own that the test provokes, and that no page can prevent.
  expectFault(pattern) {
    this.#expected.push(pattern);
  }

  at(selector, options) {
    return this.page.locator(selector, options);
  }

  /// Waits until the connection is in `state`.
  async reaches(state) {
    await this.at(`body[data-state="${state}"]`).waitFor();
  }

  /// Waits until the element shows text that matches.
  async sees(selector, text) {
    await this.at(selector, { hasText: text }).first().waitFor();
  }

  async says(text) {
    await this.at('#text').fill(text);
    await this.at('#text').press('Enter');
  }

  /// What the message list holds in a direction (sent or received), oldest first.
  messages(direction) {
    return this.at(`.message.${direction} .body`).allTextContents();
  }

  /// The ledger's rows, each "→ text 6 5" and the round trip, if there is one.
  frames() {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('#frames tbody tr')].map((row) => {
        const [arrow] = row.querySelector('.arrow').textContent;
        const type = row.querySelector('.kind').lastChild.textContent;
        const [header, payload, trip] = [...row.querySelectorAll('.number')].map((cell) => cell.textContent);
        return { frame: `${arrow} ${type} ${header} ${payload}`, trip };
      }));
  }

  /// From now on the page's time is the test's to move (`page.clock`).
  async stopClock() {
    await this.page.clock.install();
    await this.page.clock.pauseAt(Date.now() + 60_000);
  }

  async screenshot(name, options = {}) {
    await this.page.screenshot({ path: `${screenshots}/${name}.png`, ...options });
  }

  async hasNoSidewaysScroll() {
    const [content, window] = await this.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(content <= window, `the page is ${content} px wide in a window of ${window} px`);
  }

  async leave() {
    await this.#context.close();
    const faults = this.#faults.filter((fault) => !this.#expected.some((pattern) => pattern.test(fault)));
    assert.deepEqual(faults, [], 'the console stays quiet and no other host is asked');
  }
}
