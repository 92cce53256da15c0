// Parts of the page that need no browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readChannelObject } from '../../web/channel-object.js';
import { EchoTrips, PublishedTrips } from '../../web/round-trips.js';
import { displayName, milliseconds } from '../../web/words.js';

test('an echo answers in order, and what is no answer is not measured', () => {
  const trips = new EchoTrips();
  trips.sent('ok', 10);
  trips.sent('ok', 20);
  assert.equal(trips.returned('ok', 25), 15);
  assert.equal(trips.returned('ok', 26), 6);
  assert.equal(trips.returned('ok', 27), undefined, 'nobody sent a third');

  trips.sent('a', 30);
  trips.sent('b', 31);
  trips.sent('c', 32);
  assert.equal(trips.returned('b', 40), undefined, 'it is not the oldest');
  assert.equal(trips.returned('b', 41), undefined, 'and from then on the order is not known');
  assert.equal(trips.returned('c', 42), undefined);
  trips.sent('d', 50);
  assert.equal(trips.returned('d', 51), 1);
});

test('of very many that are away, those in between are not measured wrongly', () => {
  const trips = new EchoTrips();
  for (let count = 0; count < 3000; ++count) trips.sent('same', count);
  const measured = Array.from({ length: 3000 }, () => trips.returned('same', 5000));
  const known = measured.filter((trip) => trip !== undefined);
  assert.equal(known.length, 1024);
  known.forEach((trip, index) => assert.equal(trip, 5000 - index));
  trips.sent('same', 6000);
  assert.equal(trips.returned('same', 6001), 1);
});

test('what was published is known by its position, whichever comes first', () => {
  const trips = new PublishedTrips();
  trips.begun();
  trips.begun();
  const early = { text: 'ok' };
  assert.equal(trips.arrived('1-1', 12, early), undefined, 'the answer is still to come');
  assert.equal(trips.arrived('1-2', 13, { text: 'ok' }), undefined, 'of somebody else');
  assert.deepEqual(trips.published('1-1', 10), { message: early, roundTrip: 2 });
  assert.equal(trips.published('1-3', 20), undefined);
  assert.equal(trips.arrived('1-3', 25, {}), 5);
  assert.equal(trips.arrived('1-4', 26, {}), undefined);
});

test('the objects of a channel are told apart', () => {
  assert.deepEqual(readChannelObject('{"joined":{"position":"a-7","recovered":false}}'), { kind: 'joined', position: 'a-7', recovered: false });
  assert.deepEqual(readChannelObject('{"presence":{"left":"ann"}}'), { kind: 'presence', change: 'left', user: 'ann', info: undefined });
  assert.deepEqual(readChannelObject('{"error":"No."}'), { kind: 'error', sentence: 'No.' });
  const { user, info, event, content } = readChannelObject({ position: 'a-8', user: 'ann', info: { name: 'Ann' }, event: 'price', json: { eur: 1 } });
  assert.deepEqual([user, displayName(user, info), event, content.text], ['ann', 'Ann', 'price', '{"eur":1}']);
  assert.deepEqual(new Uint8Array(readChannelObject('{"position":"a-9","binary":"AP8Q"}').content.bytes), Uint8Array.of(0, 255, 16));
  const several = readChannelObject('{"position":"a-9","arguments":[1,2],"attachments":["AP8Q"]}').content;
  assert.deepEqual([several.text, several.note], ['[1,2]', 'with 1 binary attachment']);
  for (const text of ['hello', '42', 'null', '{"position":7}', '{}'])
    assert.deepEqual(readChannelObject(text), { kind: 'message', content: { text } });
});

test('durations have the precision they deserve', () => {
  assert.deepEqual([0.01, 1.24, 99.6, 1500].map(milliseconds), ['< 0.1 ms', '1.2 ms', '100 ms', '1.5 s']);
});
