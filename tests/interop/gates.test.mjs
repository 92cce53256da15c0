// Who may do what, where the server of the application decides, for the clients of Socket.IO and of
// Pusher: they are told, and nothing happens that was not allowed.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { io } from 'socket.io-client';
import { backend, before_server_ends, client, connected, heard, serve, subscribed, until } from './pusher_serving.mjs';

const by_webhook = `
[[channels]]
pattern = "*"
subscribe = "webhook"
publish = "webhook"
history = "webhook"
history_count = 10
`;
const by_name = `
[[channels]]
pattern = "*"
subscribe = "token"
publish = "token"
keeps_presence = true
presence = "user"
`;

/** A server that is asked; `decide` is given each question. */
async function hook(context, decide) {
    const asked = [];
    const server = createServer(async (request, response) => {
        let body = '';
        for await (const part of request.setEncoding('utf8')) body += part;
        const question = JSON.parse(body);
        asked.push(question);
        const answer = decide(question);
        response.statusCode = answer === undefined ? 500 : 200;
        response.end(JSON.stringify(answer ?? {}));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    context.after(() => { server.closeAllConnections(); server.close(); });
    return { url: `http://127.0.0.1:${server.address().port}/`, asked };
}

function talk(context, { port }, namespace = '', options = {}) {
    const socket = io(`http://127.0.0.1:${port}${namespace}`, { forceNew: true, reconnection: false, ...options });
    before_server_ends(context, () => socket.disconnect());
    return socket;
}
const next = (socket, event) => new Promise((resolve) => { socket.once(event, resolve); });

for (const transports of [['polling'], ['websocket']])
    test(`socket.io-client by ${transports}: each action is asked for`, async (context) => {
        const { url, asked } = await hook(context, ({ what, channel, message }) => ({
            allow: channel !== 'closed' && !(what === 'publish' && message.text === 'bad'), reason: 'the app said no',
        }));
        const server = await serve(context, { tables: by_webhook, options: ['--hook-url', url] });
        const ann = talk(context, server, '/room', { transports });
        const bob = talk(context, server, '/room', { transports });
        await Promise.all([next(ann, 'connect'), next(bob, 'connect')]);
        const got = [];
        bob.on('message', (text) => got.push(text));
        assert.match((await ann.emitWithAck('message', 'one')).position, /^[0-9a-f]+-1$/);
        assert.deepEqual(await ann.emitWithAck('message', 'bad'), { error: 'You may not publish on this channel: the app said no', status: 403 });
        // Each is asked about before the next, so they stay in their order.
        const sent = ['two', 'three', 'four'].map((text) => ann.emitWithAck('message', text));
        await Promise.all(sent);
        await until(() => got.length >= 4);
        assert.deepEqual(got, ['one', 'two', 'three', 'four']);
        assert.deepEqual([...new Set(asked.map(({ what }) => what))].sort(), ['publish', 'subscribe']);

        const refused = talk(context, server, '/closed', { transports });
        const error = await next(refused, 'connect_error');
        assert.equal(error.message, 'You may not subscribe to this channel: the app said no');
        assert.deepEqual(error.data, { status: 403 });

        const main = talk(context, server, '', { transports });
        await next(main, 'connect');
        assert.equal((await main.emitWithAck('subscribe', 'closed')).status, 403);
        assert.equal((await main.emitWithAck('publish', 'closed', 'message', 'x')).status, 403);
        assert.ok((await main.emitWithAck('subscribe', 'room', { history: 2 })).position);
        assert.equal(asked.filter(({ what }) => what === 'history').length, 1);
    });

test('socket.io-client: the app says who comes, and what they may', async (context) => {
    const { url, asked } = await hook(context, ({ headers }) => (headers['X-Session'] === 'bad'
        ? { allow: false, reason: 'no such session' }
        : { allow: true, user: headers['X-Session'], info: { of: 'us' }, channels: ['ours.*'], publish: ['ours.1'] }));
    const server = await serve(context, {
        tables: by_name, options: ['--hook-connect', url, '--hook-header', 'X-Session'],
    });
    const as = (name) => ({ extraHeaders: { 'X-Session': name } });
    const ann = talk(context, server, '/ours.1', as('ann'));
    await next(ann, 'connect');
    assert.deepEqual(asked.map(({ what }) => what), ['connect']);
    assert.ok((await ann.emitWithAck('message', 'x')).position);
    const main = talk(context, server, '', as('bob'));
    await next(main, 'connect');
    assert.equal((await main.emitWithAck('publish', 'ours.2', 'message', 'x')).status, 403);
    assert.equal((await main.emitWithAck('subscribe', 'theirs')).status, 403);
    assert.deepEqual(await main.emitWithAck('presence', 'ours.1'), { present: [{ user: 'ann', info: { of: 'us' } }] });
    const bad = talk(context, server, '/ours.1', as('bad'));
    assert.equal((await next(bad, 'connect_error')).message, 'You may not connect: no such session');
});

test('socket.io-client: whom the app lets is told of who comes and goes', async (context) => {
    const { url } = await hook(context, ({ what, headers }) => (what === 'connect'
        ? { allow: true, user: headers['X-Session'] }
        : { allow: what !== 'presence' || headers['X-Session'] === 'ann' }));
    const server = await serve(context, {
        tables: `${by_webhook}keeps_presence = true\npresence = "webhook"\n`,
        options: ['--hook-url', url, '--hook-connect', url, '--hook-header', 'X-Session'],
    });
    const as = (name) => talk(context, server, '', { extraHeaders: { 'X-Session': name } });
    const [ann, bob] = [as('ann'), as('bob')];
    const told = { ann: [], bob: [] };
    ann.on('presence', (change, { channel }) => told.ann.push([change, channel]));
    bob.on('presence', (change) => told.bob.push(change));
    await Promise.all([next(ann, 'connect'), next(bob, 'connect')]);
    for (const socket of [bob, ann]) assert.ok((await socket.emitWithAck('subscribe', 'room')).position);
    // Others come until it was asked about ann.
    for (let number = 0; told.ann.length === 0; ++number) {
        const other = as(`other${number}`);
        await next(other, 'connect');
        assert.ok((await other.emitWithAck('subscribe', 'room')).position);
    }
    assert.match(told.ann[0][0].joined, /^(ann|other)/);
    assert.equal(told.ann[0][1], 'room');
    assert.ok((await ann.emitWithAck('unsubscribe', 'room')) !== undefined);
    const heard_of = told.ann.length;
    const last = as('last');
    await next(last, 'connect');
    assert.ok((await last.emitWithAck('subscribe', 'room')).position);
    await ann.emitWithAck('presence', 'room');
    assert.deepEqual([told.ann.length, told.bob.length], [heard_of, 0]);
});

test('socket.io-client: nobody is let in where the app does not answer', async (context) => {
    const { url } = await hook(context, () => undefined);
    const server = await serve(context, { tables: by_webhook, options: ['--hook-url', url] });
    const error = await next(talk(context, server, '/room'), 'connect_error');
    assert.equal(error.data.status, 503);
});

for (const transport of ['ws', 'xhr_streaming', 'xhr_polling']) {
    test(`pusher-js by ${transport}: the app says who comes`, async (context) => {
        const { url, asked } = await hook(context, () => ({ allow: true, channels: ['ours'] }));
        const server = await serve(context, { tables: by_name, options: ['--hook-connect', url] });
        const made = client(context, server, backend(server), { enabledTransports: [transport] });
        await connected(made);
        assert.deepEqual(asked.map(({ what }) => what), ['connect']);
        await subscribed(made.subscribe('ours'));
        const theirs = made.subscribe('theirs');
        assert.equal((await heard(theirs, 'pusher:subscription_error')).status, 403);
        await subscribed(made.subscribe('private-x'));
    });

    test(`pusher-js by ${transport}: whom the app refuses stays away`, async (context) => {
        const { url } = await hook(context, () => ({ allow: false, reason: 'not today' }));
        const server = await serve(context, { tables: by_name, options: ['--hook-connect', url] });
        const made = client(context, server, backend(server), { enabledTransports: [transport] });
        const { data } = (await heard(made.connection, 'error')).error;
        assert.deepEqual(data, { code: 4009, message: 'You may not connect: not today' });
        await until(() => made.connection.state === 'disconnected');
    });
}

test('pusher-js: who came is asked about again, and may have to go', async (context) => {
    let allow = true;
    const { url, asked } = await hook(context, () => ({ allow, expires_in: 1, reason: 'no longer' }));
    const server = await serve(context, { tables: by_name, options: ['--hook-connect', url] });
    const made = client(context, server, backend(server));
    await connected(made);
    await until(() => asked.length >= 2);
    assert.equal(made.connection.state, 'connected');
    allow = false;
    assert.deepEqual((await heard(made.connection, 'error')).data, { code: 4009, message: 'You may not connect: no longer' });
});
