// pusher-js without WebSocket, cut off and back, and Laravel Echo; and what the app's server is told.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import Echo from 'laravel-echo';
import Pusher from 'pusher-js';
import {
    app, backend, before_server_ends, client, connected, heard, serve, subscribed, until, wire,
} from './pusher_serving.mjs';

for (const transport of ['xhr_streaming', 'xhr_polling']) {
    test(`${transport}: the same as by WebSocket`, async (context) => {
        const server = await serve(context, { settings: 'client_events = true' });
        const back = backend(server);
        const ann = client(context, server, back, {
            enabledTransports: [transport], member: { user_id: 'ann' },
        });
        const bob = client(context, server, back, { member: { user_id: 'bob' } });
        const hers = await subscribed(ann.subscribe('presence-room'));
        const his = await subscribed(bob.subscribe('presence-room'));
        await until(() => hers.members.count === 2);
        const got = [];
        hers.bind('item', (data) => got.push(data));
        hers.bind('client-hello', (data) => got.push(data));
        const words = ['ä', '😀', '"\\', 'plain'];
        for (const word of words) await back.trigger('presence-room', 'item', { word });
        his.trigger('client-hello', 'from bob');
        await until(() => got.length === 5);
        assert.deepEqual(got, [...words.map((word) => ({ word })), 'from bob']);
        const back_to_him = heard(his, 'client-hello');
        hers.trigger('client-hello', 'from ann');
        assert.equal(await back_to_him, 'from ann');
    });
}

test('xhr_streaming: nothing is lost where the client begins a new stream', async (context) => {
    const server = await serve(context);
    const back = backend(server);
    const channel = await subscribed(client(context, server, back, { enabledTransports: ['xhr_streaming'] }).subscribe('much'));
    const got = [];
    channel.bind('n', ({ number }) => got.push(number));
    const filling = 'ä'.repeat(4000);
    // More than two streams' worth.
    for (let batch = 0; batch < 10; ++batch)
        await back.triggerBatch(Array.from({ length: 10 }, (_, index) => ({
            channel: 'much', name: 'n', data: { number: 10 * batch + index, filling },
        })));
    await until(() => got.length === 100);
    assert.deepEqual(got, Array.from({ length: 100 }, (_, number) => number));
});

test('fallbacks: pages of other sites ask first, and a refusal has its code', async (context) => {
    const server = await serve(context, { settings: 'origins = ["https://example.org"]' });
    const url = `http://127.0.0.1:${server.port}/pusher/app/${app.key}/1/abc/xhr`;
    const asked = await fetch(url, { method: 'OPTIONS', headers: { Origin: 'https://example.org' } });
    assert.equal(asked.status, 204);
    assert.equal(asked.headers.get('access-control-allow-origin'), 'https://example.org');
    assert.equal(asked.headers.get('access-control-allow-headers'), 'Content-Type');
    assert.equal((await fetch(url, { method: 'OPTIONS', headers: { Origin: 'https://evil.example' } })).status, 403);
    const first = await fetch(`${url}?protocol=7`, { method: 'POST' });
    assert.equal(await first.text(), 'o{}\n');
    assert.match(await (await fetch(`${url}?protocol=7`, { method: 'POST' })).text(), /^a\["\{\\"event\\":\\"pusher:connection_established/);
    assert.equal((await fetch(`${url}_send`, { method: 'POST', body: '{' })).status, 400);
    assert.equal((await fetch(url.replace('abc', 'xyz') + '_send', { method: 'POST', body: '[]' })).status, 404);
    const refused = await fetch(url.replace(app.key, 'nobody') + '?protocol=7', { method: 'POST' });
    assert.match(await refused.text(), /^o\{\}\nc\[4001,/);
});

/** A server that is told of things; `answers` says how it answers the first ones. */
async function told(context, answers = []) {
    const requests = [];
    const listening = createServer(async (request, response) => {
        let rawBody = '';
        for await (const part of request) rawBody += part;
        response.statusCode = answers.shift() ?? 200;
        if (response.statusCode === 200) requests.push({ headers: request.headers, rawBody });
        response.end();
    });
    listening.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    context.after(() => { listening.closeAllConnections(); listening.close(); });
    return { url: `http://127.0.0.1:${listening.address().port}/hook`, requests };
}

test('webhooks: signed, in order, again after a failure, and not for who comes back', async (context) => {
    const hook = await told(context, [500]);
    const server = await serve(context, {
        settings: `client_events = true\nsubscription_counts = true\nwebhooks = ["${hook.url}"]`,
    });
    const back = backend(server);
    const ann = client(context, server, back, { member: { user_id: 'ann' } });
    const room = await subscribed(ann.subscribe('presence-room'));
    await subscribed(ann.subscribe('cache-empty'));
    room.trigger('client-hello', { a: 1 });
    const events = () => hook.requests.flatMap((request) => {
        const webhook = back.webhook(request);
        assert.ok(webhook.isValid());
        assert.ok(!backend(server, { secret: 'wrong' }).webhook(request).isValid());
        return webhook.getEvents();
    });
    const find = (name, channel) => events().filter((event) => event.name === name && event.channel === channel);
    await until(() => find('client_event', 'presence-room').length === 1);
    assert.deepEqual(find('client_event', 'presence-room')[0], {
        name: 'client_event', channel: 'presence-room', event: 'client-hello', data: '{"a":1}',
        socket_id: ann.connection.socket_id, user_id: 'ann',
    });
    assert.equal(find('channel_occupied', 'presence-room').length, 1);
    assert.deepEqual(find('member_added', 'presence-room'), [{ name: 'member_added', channel: 'presence-room', user_id: 'ann' }]);
    assert.equal(find('cache_miss', 'cache-empty').length, 1);
    await until(() => find('subscription_count', 'cache-empty').length === 1);
    // A moment later they are there again: nobody had left.
    ann.disconnect();
    ann.connect();
    await until(() => ann.channel('presence-room').subscribed);
    ann.disconnect();
    await until(() => find('channel_vacated', 'presence-room').length === 1);
    await until(() => find('member_removed', 'presence-room').length === 1);
    assert.equal(find('channel_occupied', 'presence-room').length, 1);
    assert.match(server.complaints(), /failed: its answer was 500; it is tried again in 1 s/);
});

const remembering = `recover = true\nrecover_by = ["user", "address"]`;
const history = '[[channels]]\npattern = "*"\nhistory_count = 1000\nkeeps_presence = true';

for (const transport of ['ws', 'xhr_streaming', 'xhr_polling']) {
    test(`${transport}: who is cut off and comes back misses nothing`, async (context) => {
        const server = await serve(context, { settings: remembering, tables: history });
        const back = backend(server);
        const way = await wire(context, server);
        const made = client(context, way, back, { enabledTransports: [transport] });
        const channel = await subscribed(made.subscribe('steady'));
        const got = [];
        channel.bind('n', ({ number }) => got.push(number));
        let number = 0;
        const send = () => back.trigger('steady', 'n', { number: number++ });
        // (pusher-js gives a stream up that was cut twice.)
        for (let round = 0; round < (transport === 'xhr_streaming' ? 1 : 3); ++round) {
            for (let count = 0; count < 5; ++count) await send();
            await until(() => got.at(-1) === number - 1);
            const noticed = heard(made.connection, 'connecting');
            way.cut();
            await noticed;
            for (let count = 0; count < 5; ++count) await send();
            await until(() => channel.subscribed && got.at(-1) === number - 1, 15_000);
        }
        const all = Array.from({ length: number }, (_, index) => index);
        // (By HTTP it takes another request to know what has arrived: that may come again.)
        assert.deepEqual(transport === 'ws' ? got : [...new Set(got)], all);
    });
}

test('recovery: a user whose network goes, before the server knows of it', async (context) => {
    const server = await serve(context, { settings: remembering, tables: history });
    const back = backend(server);
    const way = await wire(context, server);
    const made = client(context, way, back, { member: { user_id: 'ann' } });
    const channel = await subscribed(made.subscribe('presence-steady'));
    const got = [];
    channel.bind('n', ({ number }) => got.push(number));
    await back.trigger('presence-steady', 'n', { number: 0 });
    await until(() => got.length === 1);
    way.vanish();
    // What the kernels on the way take counts as read: more than that.
    const filling = 'x'.repeat(10_000);
    let number = 1;
    for (let batch = 0; batch < 80; ++batch)
        await back.triggerBatch(Array.from({ length: 10 }, () => ({
            channel: 'presence-steady', name: 'n', data: { number: number++, filling },
        })));
    await until(() => got.at(-1) === number - 1, 60_000);
    assert.deepEqual(got, got.toSorted((one, other) => one - other));
});

test('without recovery a client goes on with what is new', async (context) => {
    const server = await serve(context, { tables: history });
    const back = backend(server);
    const way = await wire(context, server);
    const made = client(context, way, back);
    const channel = await subscribed(made.subscribe('steady'));
    const got = [];
    channel.bind('n', ({ number }) => got.push(number));
    const noticed = heard(made.connection, 'connecting');
    const letThrough = way.hold();
    await noticed;
    await back.trigger('steady', 'n', { number: 1 });
    letThrough();
    await until(() => channel.subscribed);
    await back.trigger('steady', 'n', { number: 2 });
    await until(() => got.length === 1);
    assert.deepEqual(got, [2]);
});

test('Laravel Echo: channels, whispers, who is there, notifications', async (context) => {
    const server = await serve(context, { settings: 'client_events = true' });
    const back = backend(server);
    const echo = (member) => {
        const made = new Echo({
            broadcaster: 'pusher', key: app.key, Pusher, cluster: 'none', forceTLS: false,
            wsHost: '127.0.0.1', wsPort: server.port, enabledTransports: ['ws'],
            authorizer: ({ name }) => ({
                authorize: (socketId, done) => done(null, back.authorizeChannel(socketId, name, name.startsWith('presence-') ? member : undefined)),
            }),
        });
        before_server_ends(context, () => made.disconnect());
        return made;
    };
    const ann = echo({ user_id: 'ann', user_info: { name: 'Ann' } });
    const bob = echo({ user_id: 'bob', user_info: { name: 'Bob' } });
    const shipped = new Promise((resolve) => ann.channel('orders').listen('OrderShipped', resolve));
    await new Promise((resolve) => ann.channel('orders').subscribed(resolve));
    await back.trigger('orders', 'App\\Events\\OrderShipped', { id: 7 });
    assert.deepEqual(await shipped, { id: 7 });
    const here = new Promise((resolve) => ann.join('room').here(resolve));
    assert.deepEqual(await here, [{ name: 'Ann' }]);
    const joining = new Promise((resolve) => ann.join('room').joining(resolve));
    await new Promise((resolve) => bob.join('room').here(resolve));
    assert.deepEqual(await joining, { name: 'Bob' });
    const typing = new Promise((resolve) => ann.join('room').listenForWhisper('typing', resolve));
    bob.join('room').whisper('typing', { who: 'Bob' });
    assert.deepEqual(await typing, { who: 'Bob' });
    const note = new Promise((resolve) => ann.private('App.Models.User.1').notification(resolve));
    await new Promise((resolve) => ann.private('App.Models.User.1').subscribed(resolve));
    await back.trigger('private-App.Models.User.1', 'Illuminate\\Notifications\\Events\\BroadcastNotificationCreated', { type: 'x' });
    assert.deepEqual(await note, { type: 'x' });
    assert.equal(ann.socketId(), await connected(ann.connector.pusher));
    back.config.token.secret = 'wrong';
    const error = new Promise((resolve) => bob.private('private').error(resolve));
    assert.equal((await error).status, 401);
});

for (const transport of ['ws', 'xhr_streaming'])
    test(`${transport}: a server that leaves says to come back`, async (context) => {
        const server = await serve(context);
        const made = client(context, server, backend(server), { enabledTransports: [transport] });
        await connected(made);
        const told = heard(made.connection, 'error');
        server.process.kill('SIGTERM');
        assert.equal((await told).data.code, 4200);
    });
