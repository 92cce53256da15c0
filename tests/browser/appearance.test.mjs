// For every visitor: by keyboard, on a phone, in light and dark, with a screen reader.
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { startServer } from './server.mjs';
import { launch, serverGone, Visitor } from './visitor.mjs';

let browser;
let server;
before(async () => {
  server = await startServer();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function visit(context, query = '', options = {}) {
  const visitor = await Visitor.arrive(browser, `${server.origin}/${query}`, options);
  context.after(() => visitor.leave());
  await visitor.reaches('open');
  return visitor;
}

async function talk(visitor) {
  for (const text of ['Hello from this window.', 'https://example.org/' + 'long'.repeat(60), '✓']) await visitor.says(text);
  await visitor.at('.message.received').nth(2).waitFor();
}

test('by keyboard alone', { timeout: 60_000 }, async (t) => {
  const visitor = await visit(t, '?channel=keys&echo=1');
  const focused = () => visitor.page.evaluate(() => {
    const element = document.activeElement;
    const shown = element.matches('.pair input') ? element.nextElementSibling : element;
    const { outlineStyle, outlineWidth } = getComputedStyle(shown);
    const box = shown.getBoundingClientRect();
    return {
      name: element.id || element.className || element.value,
      visible: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && box.top >= 0 && box.bottom <= innerHeight,
    };
  });
  const walk = ['skip', 'second', 'close', 'reconnect', 'channel', 'channel', 'join', 'user', 'websocket', 'history', 'echo', 'messages', 'text', 'send', 'frames-scroller'];
  for (const stop of walk) {
    await visitor.page.keyboard.press('Tab');
    const { name, visible } = await focused();
    assert.equal(name, stop);
    assert.ok(visible, `the focus on ${stop} can be seen`);
  }

  await visitor.page.keyboard.press('Shift+Tab');
  await visitor.page.keyboard.press('Shift+Tab');
  await visitor.page.keyboard.type('typed without a mouse');
  await visitor.screenshot('keyboard');
  await visitor.page.keyboard.press('Enter');
  await visitor.sees('.message.received', 'typed without a mouse');
  assert.equal((await focused()).name, 'text', 'the field keeps the focus for the next message');

  await visitor.page.evaluate(() => document.activeElement.blur());
  await visitor.at('.skip').focus();
  await visitor.page.keyboard.press('Enter');
  assert.equal((await focused()).name, 'conversation');
});

test('the endpoint is chosen with the arrow keys', { timeout: 60_000 }, async (t) => {
  const visitor = await visit(t);
  await visitor.at('[name=endpoint][value=channel]').focus();
  await visitor.page.keyboard.press('ArrowRight');
  await visitor.sees('#status', /Connected\s+to the echo endpoint/);
  assert.equal(new URL(visitor.page.url()).searchParams.get('endpoint'), 'echo');
});

for (const scheme of ['light', 'dark']) {
  test(`on a phone, ${scheme}`, { timeout: 60_000 }, async (t) => {
    const visitor = await visit(t, '?channel=phone&echo=1', {
      viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true, colorScheme: scheme,
    });
    await visitor.hasNoSidewaysScroll();
    await talk(visitor);
    await visitor.hasNoSidewaysScroll();
    assert.ok(await visitor.at('#frames').isHidden());
    assert.ok(await visitor.at('#destination').isHidden());
    await visitor.page.evaluate(() => document.activeElement.blur());
    await visitor.screenshot(`phone-${scheme}`);

    for (const name of ['Settings', 'Frames']) {
      const button = visitor.page.getByRole('button', { name });
      assert.equal(await button.getAttribute('aria-expanded'), 'false');
      await button.tap();
      assert.equal(await button.getAttribute('aria-expanded'), 'true');
    }
    assert.ok(await visitor.at('#frames tbody tr').first().isVisible());
    await visitor.at('#channel').fill('n'.repeat(200));
    await visitor.at('#join').tap();
    await visitor.sees('#status', /Connected\s+to channel n{200}/);
    await visitor.hasNoSidewaysScroll();
    await visitor.at('#close').tap();
    await visitor.reaches('closed');
    await visitor.hasNoSidewaysScroll();
    await visitor.screenshot(`phone-${scheme}-whole`, { fullPage: true, animations: 'disabled' });
  });

  test(`text stands out from its ground, ${scheme}`, { timeout: 60_000 }, async (t) => {
    const visitor = await visit(t, '?channel=contrast&echo=1', { colorScheme: scheme, reducedMotion: 'reduce' });
    await talk(visitor);
    const text = [
      'h1', '.tagline', '.second', '#state-word', '.summary', '.detail', '.address', '#close', '#reconnect', '#join',
      'legend', '.pair :checked + span', '.pair :not(:checked) + span', '#channel', '.hint', '.toggle span', 'h2',
      '.sent .body', '.received .body', '.about', '.note span', '#text', '#send', '.totals dt', '.totals dd', 'thead th',
      'td.time', 'td.number', '.sent .arrow', '.received .arrow',
    ];
    for (const [selector, ratio] of Object.entries(await visitor.page.evaluate(contrasts, [text, 'color'])))
      assert.ok(ratio >= 4.5, `${selector}: ${ratio.toFixed(2)} is below 4.5`);
    for (const [selector, ratio] of Object.entries(await visitor.page.evaluate(contrasts, [['#channel', '#text', '#close', '.toggle input'], 'borderTopColor'])))
      assert.ok(ratio >= 3, `the edge of ${selector}: ${ratio.toFixed(2)} is below 3`);
    await visitor.screenshot(scheme);

    await visitor.at('#close').click();
    await visitor.reaches('closed');
    for (const [selector, ratio] of Object.entries(await visitor.page.evaluate(contrasts, [['.code', '#reconnect', '.summary'], 'color'])))
      assert.ok(ratio >= 4.5, `${selector}: ${ratio.toFixed(2)} is below 4.5`);
    await visitor.screenshot(`${scheme}-closed`);
  });
}

/// In the page: how far the colour of each selector's element is from what lies behind it (WCAG 2).
function contrasts([selectors, property]) {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const read = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const luminance = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const ground = read(getComputedStyle(at).backgroundColor);
      if (ground[3] === 255) return ground;
    }
    throw new Error('nothing lies behind it');
  };
  return Object.fromEntries(selectors.map((selector) => {
    const element = document.querySelector(selector);
    if (!element) throw new Error(`there is no ${selector}`);
    const [light, dark] = [luminance(read(getComputedStyle(element)[property])), luminance(groundOf(element))].sort((a, b) => b - a);
    return [selector, (light + 0.05) / (dark + 0.05)];
  }));
}

for (const width of [768, 1024, 1920]) {
  test(`at ${width} px nothing is cut off`, { timeout: 60_000 }, async (t) => {
    const visitor = await visit(t, '?channel=width&echo=1', { viewport: { width, height: 800 } });
    await talk(visitor);
    await visitor.hasNoSidewaysScroll();
    const cut = await visitor.page.evaluate(() =>
      [...document.querySelectorAll('.rail, .panel, .scroller')].filter((part) => part.scrollWidth > part.clientWidth + 2).map((part) => part.className));
    assert.deepEqual(cut, []);
    await visitor.screenshot(`width-${width}`);
  });
}

for (const [width, height] of [[1280, 800], [1024, 768], [390, 844]]) {
  test(`at ${width} × ${height} the field to write in is in view without scrolling`, { timeout: 60_000 }, async (t) => {
    const visitor = await visit(t, '?channel=view&echo=1', { viewport: { width, height } });
    await talk(visitor);
    const seen = await visitor.page.evaluate(() => {
      const whole = (selector) => {
        const { top, bottom, height: high } = document.querySelector(selector).getBoundingClientRect();
        return high > 0 && top >= 0 && bottom <= innerHeight;
      };
      return { scrolled: scrollY, text: whole('#text'), send: whole('#send'), newest: whole('#messages li:last-child') };
    });
    assert.deepEqual(seen, { scrolled: 0, text: true, send: true, newest: true });
    await visitor.screenshot(`view-${width}`);
  });
}

test('nothing moves by itself while the page loads, opens, talks and closes', { timeout: 60_000 }, async (t) => {
  const own = await startServer();
  t.after(() => own.stop());
  const visitor = await Visitor.arrive(browser, `${own.origin}/?channel=still&echo=1`);
  t.after(() => visitor.leave());
  await visitor.reaches('open');
  await visitor.says('one');
  await visitor.at('.message.received').waitFor();
  visitor.expectFault(serverGone);
  await own.stop();
  await visitor.reaches('waiting');
  // Two pictures later what has shifted has been seen.
  const shifts = await visitor.page.evaluate(() => new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(window.shifts)));
  }));
  assert.deepEqual(shifts, []);
});

test('a visitor who wants calm gets it', { timeout: 60_000 }, async (t) => {
  const calm = await visit(t, '?endpoint=echo', { reducedMotion: 'reduce' });
  await calm.says('no spark');
  await calm.at('.message.received').waitFor();
  assert.equal(await calm.page.evaluate(() => document.getAnimations().length), 0);

  const lively = await visit(t, '?endpoint=echo');
  await lively.says('a spark');
  await lively.page.waitForFunction(() => document.querySelector('.spark.sent, .spark.received'));
  await lively.page.waitForFunction(() => !document.querySelector('.spark'));
});

test('each thing has a role and a name', { timeout: 60_000 }, async (t) => {
  const visitor = await visit(t);
  const there = [
    ['link', 'Skip to the messages'], ['link', 'Open a second window'], ['button', 'Close'], ['button', 'Reconnect'],
    ['group', 'Endpoint'], ['radio', 'Channel'], ['radio', 'Echo'], ['group', 'Transport'], ['textbox', 'Your name'], ['textbox', 'Channel name'], ['button', 'Join'],
    ['switch', 'Send my messages back to me'], ['switch', 'Show earlier messages'], ['log', 'Messages'], ['textbox', 'Message'], ['button', 'Send'],
    ['table', 'Frames'], ['heading', 'Longwire'], ['heading', 'Messages'], ['heading', 'Traffic'],
    ['main', undefined], ['banner', undefined], ['status', undefined],
  ];
  for (const [role, name] of there)
    assert.equal(await visitor.page.getByRole(role, { name, exact: true }).count(), 1, `one ${role} ${name ?? ''}`);

  const document_ = await visitor.page.evaluate(() => {
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    const references = [...document.querySelectorAll('[aria-labelledby], [aria-describedby], [aria-controls], label[for]')].flatMap((element) =>
      ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for'].map((name) => element.getAttribute(name)).filter(Boolean));
    return {
      language: document.documentElement.lang,
      twice: ids.filter((id, index) => ids.indexOf(id) !== index),
      dangling: references.filter((id) => !document.getElementById(id)),
      disorder: document.querySelectorAll('[tabindex]:not([tabindex="0"], [tabindex="-1"])').length,
      inline: document.querySelectorAll('script:not([src]), [style], style, [onclick], [onload]').length,
      headings: [...document.querySelectorAll('h1, h2, h3')].map(({ tagName }) => tagName),
    };
  });
  assert.deepEqual(document_, {
    language: 'en', twice: [], dangling: [], disorder: 0, inline: 0, headings: ['H1', 'H2', 'H2'],
  });
});

test('the whole page is small', () => {
  const folder = new URL('../../web/', import.meta.url);
  const total = readdirSync(folder).reduce((sum, name) => sum + statSync(new URL(name, folder)).size, 0);
  assert.ok(total < 100 * 1024, `${total} bytes`);
});
