// pusher-js, and the library `pusher` of an app's own server, as they are.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import WebSocket from 'ws';
import { app, backend, client, connected, heard, serve, subscribed, until } from './pusher_serving.mjs';

test('public channels: events arrive in order, and not at whom they exclude', async (context) => {
    const server = await serve(context);
    const back = backend(server);
    const ann = client(context, server, back);
    const bob = client(context, server, back);
    const got = [];
    const channel = await subscribed(ann.subscribe('news'));
    await subscribed(bob.subscribe('news'));
    channel.bind('item', (data) => got.push(data));
    bob.channel('news').bind('item', (data) => got.push(['bob', data]));
    const socket_id = bob.connection.socket_id;
    for (let number = 0; number < 20; ++number)
        await back.trigger('news', 'item', { number }, { socket_id });
    await back.trigger(['other', 'news'], 'item', 'just a text', { socket_id });
    await back.triggerBatch([{ channel: 'news', name: 'item', data: [1, 'ä😀'], socket_id }]);
    await until(() => got.length >= 22);
    assert.deepEqual(got, [...Array.from({ length: 20 }, (_, number) => ({ number })), 'just a text', [1, 'ä😀']]);
    ann.unsubscribe('news');
    await until(async () => (await (await back.get({ path: '/channels/news', params: { info: 'subscription_count' } })).json()).subscription_count === 1);
});

test('private channels: a signature, events of clients, and their bounds', async (context) => {
    const server = await serve(context, { settings: 'client_events = true' });
    const back = backend(server);
    const ann = client(context, server, back);
    const bob = client(context, server, back);
    const eve = client(context, server, backend(server, { secret: 'wrong' }));
    const refused = await heard(eve.subscribe('private-room'), 'pusher:subscription_error');
    assert.equal(refused.type, 'AuthError');
    assert.equal(refused.status, 401);
    const hers = await subscribed(ann.subscribe('private-room'));
    const his = await subscribed(bob.subscribe('private-room'));
    hers.bind('client-typing', () => assert.fail('her own event came back'));
    const typing = heard(his, 'client-typing');
    hers.trigger('client-typing', { name: 'ann' });
    assert.deepEqual(await typing, { name: 'ann' });
    const errors = [];
    ann.connection.bind('error', (error) => errors.push(error.data.code));
    for (let number = 0; number < 15; ++number) hers.trigger('client-typing', number);
    await until(() => errors.length > 0);
    assert.deepEqual(new Set(errors), new Set([4301]));
    assert.equal(ann.connection.state, 'connected');
    ann.subscribe('open');
    await subscribed(ann.channel('open'));
    errors.length = 0;
    ann.channel('open').trigger('client-x', 1);
    await until(() => errors.length > 0);
});

test('presence channels: who is there, comes and goes, once for each user', async (context) => {
    const server = await serve(context, { settings: 'client_events = true' });
    const back = backend(server);
    const ann = client(context, server, back, { member: { user_id: 'ann', user_info: { name: 'Ann' } } });
    const hers = await subscribed(ann.subscribe('presence-room'));
    assert.equal(hers.members.count, 1);
    assert.deepEqual(hers.members.me, { id: 'ann', info: { name: 'Ann' } });
    const added = heard(hers, 'pusher:member_added');
    const bob = client(context, server, back, { member: { user_id: 7 } });
    const his = await subscribed(bob.subscribe('presence-room'));
    assert.deepEqual(await added, { id: '7', info: undefined });
    assert.deepEqual(Object.keys(his.members.members).sort(), ['7', 'ann']);
    hers.bind('pusher:member_added', () => assert.fail('a second connection is nobody new'));
    const again = client(context, server, back, { member: { user_id: 7 } });
    await subscribed(again.subscribe('presence-room'));
    assert.deepEqual(await (await back.get({ path: '/channels/presence-room/users' })).json().then(({ users }) => users.map(({ id }) => id).sort()), ['7', 'ann']);
    const { channels } = await (await back.get({ path: '/channels', params: { filter_by_prefix: 'presence-', info: 'user_count,subscription_count' } })).json();
    assert.deepEqual(channels, { 'presence-room': { subscription_count: 3, user_count: 2 } });
    const from = new Promise((resolve) => his.bind('client-hello', (_, { user_id }) => resolve(user_id)));
    hers.trigger('client-hello', {});
    assert.equal(await from, 'ann');
    const removed = heard(hers, 'pusher:member_removed');
    bob.disconnect();
    again.disconnect();
    assert.deepEqual(await removed, { id: '7', info: undefined });
    assert.equal(hers.members.count, 1);
});

test('encrypted channels: the server carries what it cannot read', async (context) => {
    const server = await serve(context);
    const back = backend(server);
    const channel = await subscribed(client(context, server, back).subscribe('private-encrypted-x'));
    const got = heard(channel, 'secret');
    await back.trigger('private-encrypted-x', 'secret', { deep: 'words' });
    assert.deepEqual(await got, { deep: 'words' });
});

test('cache channels: the last event first, or pusher:cache_miss', async (context) => {
    const server = await serve(context);
    const back = backend(server);
    const first = client(context, server, back).subscribe('cache-prices');
    await heard(first, 'pusher:cache_miss');
    await back.trigger('cache-prices', 'price', { eur: 1 });
    await back.trigger('cache-prices', 'price', { eur: 2 });
    const late = client(context, server, back).subscribe('cache-prices');
    assert.deepEqual(await heard(late, 'price'), { eur: 2 });
    const { cache } = await (await back.get({ path: '/channels/cache-prices', params: { info: 'cache' } })).json();
    assert.equal(cache.data, '{"eur":2}');
});

test('users: sign in, events to one, watchlists, and the end of their connections', async (context) => {
    const server = await serve(context);
    const back = backend(server);
    const ann = client(context, server, back, { user: { id: 'ann', watchlist: ['bob'] } });
    const told = [];
    ann.user.watchlist.bind('online', ({ user_ids }) => told.push(['online', ...user_ids]));
    ann.user.watchlist.bind('offline', ({ user_ids }) => told.push(['offline', ...user_ids]));
    ann.signin();
    await until(() => ann.user.serverToUserChannel?.subscribed);
    const bob = client(context, server, back, { user: { id: 'bob' } });
    bob.signin();
    await until(() => bob.user.serverToUserChannel?.subscribed);
    const got = heard(bob.user, 'note');
    await back.sendToUser('bob', 'note', { only: 'for bob' });
    assert.deepEqual(await got, { only: 'for bob' });
    await until(() => told.length === 1);
    const presence = await subscribed(bob.subscribe('presence-signed'));
    assert.equal(presence.members.me.id, 'bob');
    await back.terminateUserConnections('bob');
    await until(() => bob.connection.state === 'disconnected');
    await until(() => told.length === 2);
    assert.deepEqual(told, [['online', 'bob'], ['offline', 'bob']]);
    const eve = client(context, server, backend(server, { secret: 'wrong' }), { user: { id: 'bob' } });
    eve.signin();
    await until(() => eve.connection.state === 'disconnected');
});

test('subscription counts', async (context) => {
    const server = await serve(context, { settings: 'subscription_counts = true' });
    const back = backend(server);
    const first = await subscribed(client(context, server, back).subscribe('counted'));
    await until(() => first.subscriptionCount === 1);
    await subscribed(client(context, server, back).subscribe('counted'));
    await until(() => first.subscriptionCount === 2);
});

/** The first close code that a bare WebSocket gets, and what pusher-js does about it. */
async function closeCode(server, path, options) {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, options);
    const [code, reason] = await once(socket, 'close');
    assert.ok(reason.length > 0);
    return code;
}

test('codes: each refusal has its own, and clients stay away', async (context) => {
    const server = await serve(context, {
        settings: 'max_connections = 1\norigins = ["https://example.org"]',
        tables: `[[apps]]\nid = "2"\nkey = "off"\nsecret = "s"\nenabled = false
[[apps]]\nid = "3"\nkey = "tls"\nsecret = "s"\ntls_only = true
[[apps]]\nid = "4"\nkey = "strict"\nsecret = "s"\nauthorize_within = "50ms"`,
    });
    assert.equal(await closeCode(server, '/app/nobody?protocol=7'), 4001);
    assert.equal(await closeCode(server, '/app/off?protocol=7'), 4003);
    assert.equal(await closeCode(server, '/app/tls?protocol=7'), 4000);
    assert.equal(await closeCode(server, '/app'), 4005);
    assert.equal(await closeCode(server, '/app/a/b'), 4005);
    assert.equal(await closeCode(server, `/app/${app.key}?protocol=seven`), 4006);
    assert.equal(await closeCode(server, `/app/${app.key}?protocol=99`), 4007);
    assert.equal(await closeCode(server, `/app/${app.key}`), 4008);
    assert.equal(await closeCode(server, '/app/strict?protocol=7'), 4009);
    assert.equal(await closeCode(server, `/app/${app.key}?protocol=7`, { origin: 'https://evil.example' }), 4009);
    const back = backend(server);
    await connected(client(context, server, back));
    assert.equal(await closeCode(server, `/app/${app.key}?protocol=7`), 4004);
    const lost = client(context, server, back, {}, 'nobody');
    const error = await heard(lost.connection, 'error');
    assert.equal(error.error.data.code, 4001);
    await until(() => lost.connection.state === 'disconnected');
});

test('pings both ways, and the end of those who do not answer', async (context) => {
    const server = await serve(context, { settings: 'activity_timeout = "1s"\npong_timeout = "1s"' });
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/app/${app.key}?protocol=7`);
    const events = [];
    socket.on('message', (data) => events.push(JSON.parse(data)));
    await until(() => events.length === 1);
    assert.equal(JSON.parse(events[0].data).activity_timeout, 1);
    socket.send('{"event":"pusher:ping","data":{}}');
    await until(() => events.length === 2);
    assert.equal(events[1].event, 'pusher:pong');
    const [code] = await once(socket, 'close');
    assert.equal(events.at(-1).event, 'pusher:ping');
    assert.equal(code, 4201);
});

test('what is no message is told so, and changes nothing', async (context) => {
    const server = await serve(context, { settings: 'message_rate = 10' });
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/app/${app.key}?protocol=7`);
    const events = [];
    socket.on('message', (data) => events.push(JSON.parse(data)));
    await once(socket, 'open');
    const deep = '['.repeat(100) + ']'.repeat(100);
    for (const text of ['', '{', '[]', '{}', '{"event":1}', '{"event":"pusher:subscribe"}',
        '{"event":"client-x","data":' + deep + '}', '{"event":"wrong"}'])
        socket.send(text);
    socket.send(Buffer.from('binary'));
    await until(() => events.length === 10);
    assert.ok(events.slice(1).every(({ event, data }) => event === 'pusher:error' && data.code === null && data.message));
    for (const channel of ['', 'a b', 'x'.repeat(201), '#other'])
        socket.send(JSON.stringify({ event: 'pusher:subscribe', data: { channel } }));
    await until(() => events.length === 14);
    assert.ok(events.slice(10).every(({ event, data }) => event === 'pusher:subscription_error' && data.status === 400));
    for (let number = 0; number < 40; ++number) socket.send('{"event":"pusher:ping"}');
    const [code] = await once(socket, 'close');
    assert.equal(code, 4100);
});

test('the HTTP API refuses what is not signed, or too large', async (context) => {
    const server = await serve(context, { settings: 'max_event = "100"' });
    const back = backend(server);
    const refused = async (what, status, words) => {
        const error = await what.then(() => assert.fail('it was taken'), (given) => given);
        assert.equal(error.status, status, error.body);
        assert.match(error.body, words);
    };
    await refused(backend(server, { secret: 'wrong' }).trigger('a', 'b', 'c'), 401, /auth_signature/);
    await refused(backend(server, { key: 'wrong' }).trigger('a', 'b', 'c'), 401, /auth_key/);
    await refused(backend(server, { appId: '9' }).trigger('a', 'b', 'c'), 404, /app/);
    await refused(back.trigger('a', 'b', 'x'.repeat(101)), 413, /100 bytes/);
    await refused(back.trigger(Array.from({ length: 101 }, (_, n) => `c${n}`).slice(0, 100).concat([]), '', 'c'), 400, /name/);
    await refused(back.triggerBatch(Array.from({ length: 11 }, () => ({ channel: 'a', name: 'b', data: 'c' }))), 400, /10/);
    await refused(back.get({ path: '/channels', params: { info: 'user_count' } }), 400, /presence/);
    await refused(back.get({ path: '/channels/a/users' }), 400, /presence/);
    const post = async (timestamp, md5, body) => {
        const query = `auth_key=${app.key}&auth_timestamp=${timestamp}&auth_version=1.0&body_md5=${md5}`;
        const signature = createHmac('sha256', app.secret).update(`POST\n/apps/1/events\n${query}`).digest('hex');
        return fetch(`http://127.0.0.1:${server.port}/apps/1/events?${query}&auth_signature=${signature}`, { method: 'POST', body });
    };
    const now = Math.floor(Date.now() / 1000);
    assert.match(await (await post(now - 700, 'x', '{}')).text(), /auth_timestamp/);
    assert.match(await (await post(now, 'x', '{}')).text(), /body_md5/);
    const info = await back.trigger('presence-a', 'b', 'c', { info: 'user_count,subscription_count' });
    assert.deepEqual(await info.json(), { channels: { 'presence-a': { subscription_count: 0, user_count: 0 } } });
});

test('two apps share a server, and no channel', async (context) => {
    const server = await serve(context, { tables: '[[apps]]\nid = "2"\nkey = "second"\nsecret = "other"' });
    const back = backend(server);
    const other = backend(server, { appId: '2', key: 'second', secret: 'other' });
    const mine = await subscribed(client(context, server, back).subscribe('same'));
    const theirs = await subscribed(client(context, server, other, {}, 'second').subscribe('same'));
    mine.bind('x', () => assert.fail('it is for the other app'));
    const got = heard(theirs, 'x');
    await other.trigger('same', 'x', 1);
    assert.equal(await got, 1);
    const raw = new WebSocket(`ws://127.0.0.1:${server.port}/channels/2:same`);
    await once(raw, 'open');
    const message = once(raw, 'message');
    await other.trigger('same', 'x', { a: 1 });
    assert.equal((await message)[0].toString(), '{"a":1}');
    raw.close();
});

test('SIGHUP: another app, and a new secret', async (context) => {
    const server = await serve(context);
    await backend(server).trigger('a', 'b', 'c');
    server.write('[[apps]]\nid = "2"\nkey = "second"\nsecret = "other"');
    server.process.kill('SIGHUP');
    const other = backend(server, { appId: '2', key: 'second', secret: 'other' });
    await until(() => other.trigger('a', 'b', 'c').then(() => true, () => false));
});

test('the other dialects: one channel for a raw WebSocket, a POST and pusher-js', async (context) => {
    const server = await serve(context);
    const back = backend(server);
    const channel = await subscribed(client(context, server, back).subscribe('shared'));
    const got = [];
    channel.bind_global((event, data) => got.push([event, data]));
    const raw = new WebSocket(`ws://127.0.0.1:${server.port}/channels/shared`);
    const heard_raw = [];
    raw.on('message', (message) => heard_raw.push(message.toString()));
    await once(raw, 'open');
    raw.send('from raw');
    const url = `http://127.0.0.1:${server.port}/channels/shared`;
    await fetch(url, { method: 'POST', body: '{"json":1}', headers: { 'Content-Type': 'application/json' } });
    await fetch(url, { method: 'POST', body: Buffer.from([0, 255]), headers: { 'Content-Type': 'application/octet-stream' } });
    await until(() => got.length === 3);
    assert.deepEqual(got.toSorted(), [['message', 'AP8='], ['message', 'from raw'], ['message', { json: 1 }]].toSorted());
    await back.trigger('shared', 'named', 'from the app');
    await until(() => heard_raw.includes('from the app'));
    raw.close();
});
