// The steps of docs/migrating.md that no other test here takes.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import Echo from 'laravel-echo';
import { EventSource } from 'eventsource';
import Pusher from 'pusher-js';
import WebSocket, { WebSocketServer } from 'ws';
import { app, backend, before_server_ends, serve, until } from './pusher_serving.mjs';

const open_rule = `
[[channels]]
pattern = "*"
publish = "everyone"
history = "everyone"
history_count = 100
`;

test('Laravel Echo with the options of Reverb', async (context) => {
    const server = await serve(context);
    const back = backend(server);
    const echo = new Echo({
        broadcaster: 'reverb', key: app.key, Pusher, wsHost: '127.0.0.1', wsPort: server.port, wssPort: server.port,
        forceTLS: false, enabledTransports: ['ws', 'wss'],
        authorizer: ({ name }) => ({
            authorize: (socketId, done) => done(null, back.authorizeChannel(socketId, name)),
        }),
    });
    before_server_ends(context, () => echo.disconnect());
    const shipped = new Promise((resolve) => { echo.private('orders').listen('.shipped', resolve); });
    await new Promise((resolve) => { echo.private('orders').subscribed(resolve); });
    await back.trigger('private-orders', 'shipped', { id: 7 });
    assert.deepEqual(await shipped, { id: 7 });
});

/** What a page does with a server that hands on what comes: only the URL is given. */
async function chat(context, url) {
    const open = async () => {
        const socket = new WebSocket(url);
        context.after(() => socket.terminate());
        socket.got = [];
        socket.on('message', (data, binary) => socket.got.push(binary ? [...data] : data.toString()));
        await once(socket, 'open');
        return socket;
    };
    const [ann, bob] = [await open(), await open()];
    ann.send('hello');
    await until(() => bob.got.length === 1);
    bob.send(Buffer.from([0, 255]));
    await until(() => ann.got.length === 1);
    return [ann.got, bob.got];
}

test('a plain WebSocket changes its URL only', async (context) => {
    const before = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    context.after(() => before.close());
    before.on('connection', (socket) => socket.on('message', (data, binary) => {
        for (const other of before.clients) if (other !== socket) other.send(data, { binary });
    }));
    await once(before, 'listening');
    const server = await serve(context, { tables: open_rule });
    const now = `ws://127.0.0.1:${server.port}/channels/chat`;
    assert.deepEqual(await chat(context, `ws://127.0.0.1:${before.address().port}`), await chat(context, now));
    // What the server itself had to say.
    const socket = new WebSocket(now);
    context.after(() => socket.terminate());
    await once(socket, 'open');
    const told = once(socket, 'message');
    const answer = await fetch(`http://127.0.0.1:${server.port}/channels/chat`, { method: 'POST', body: 'from the server' });
    assert.equal(answer.status, 200);
    assert.equal((await told)[0].toString(), 'from the server');
});

test('what Centrifugo was told: tokens, publishing, history and who is there', async (context) => {
    const secret = 'a secret of thirty-two bytes or more';
    const signed = (claims) => {
        const part = (json) => Buffer.from(JSON.stringify(json)).toString('base64url');
        const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp: 4102444800, ...claims })}`;
        return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
    };
    const server = await serve(context, {
        tables: `
[[channels]]
pattern = "*"
subscribe = "user"
publish = "token"
history = "user"
presence = "user"
history_count = 100
keeps_presence = true
`,
        options: ['--token-secret', secret],
    });
    const url = `http://127.0.0.1:${server.port}/channels/news`;
    const token = signed({ sub: '42', info: { name: 'Ann' } });
    const publish = async (data) => {
        const answer = await fetch(url, {
            method: 'POST', body: JSON.stringify(data),
            headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${signed({ sub: 'app', publish: ['*'] })}` },
        });
        assert.equal(answer.status, 200);
    };
    const source = new EventSource(`${url}?token=${token}`);
    context.after(() => source.close());
    const by_source = [];
    source.onmessage = ({ data }) => by_source.push(JSON.parse(data));
    await new Promise((resolve) => { source.addEventListener('joined', resolve, { once: true }); });

    // A page that publishes on its WebSocket: text, which is JSON to those who agreed on that.
    const by_socket = [];
    const writer = signed({ sub: '43', publish: ['news'] });
    let since = '';
    const connect = async () => {
        const socket = new WebSocket(`${url.replace('http', 'ws')}?format=json&echo=1&token=${writer}${since}`);
        context.after(() => socket.terminate());
        socket.on('message', (data) => {
            const { json, text, position, joined } = JSON.parse(data);
            if (joined || position) since = `&since=${position ?? joined.position}`;
            if (position) by_socket.push(json ?? JSON.parse(text));
        });
        await once(socket, 'message');
        return socket;
    };
    const socket = await connect();
    await publish({ n: 1 });
    await until(() => by_source.length === 1 && by_socket.length === 1);
    socket.terminate();
    await once(socket, 'close');
    await publish({ n: 2 });
    const again = await connect();
    again.send(JSON.stringify({ n: 3 }));
    await until(() => by_source.length === 3 && by_socket.length === 3);
    assert.deepEqual(by_source, [{ n: 1 }, { n: 2 }, { n: 3 }]);
    assert.deepEqual(by_socket, by_source);
    const asked = { headers: { Authorization: `Bearer ${token}` } };
    const { present } = await (await fetch(`${url}/presence`, asked)).json();
    assert.deepEqual(present.find(({ user }) => user === '42'), { user: '42', info: { name: 'Ann' } });
    assert.deepEqual(present.map(({ user }) => user).sort(), ['42', '43']);
    const { messages } = await (await fetch(`${url}?history=3`, asked)).json();
    assert.deepEqual(messages.map(({ json, text }) => json ?? JSON.parse(text)), by_socket);
    assert.equal((await fetch(url, { method: 'POST', body: '{}', ...asked })).status, 403);
    assert.equal((await fetch(`${url}?history=1`)).status, 401);
});
