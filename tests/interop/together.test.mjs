// One channel, and everything that can be on it at once: pusher-js, Laravel Echo, socket.io-client,
// EventSource, a long poll and a WebSocket, with publishers of every kind. Each is cut off now and
// then; each has to see every message once, in the order of the channel.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import Echo from 'laravel-echo';
import { EventSource } from 'eventsource';
import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { backend, client, connected, heard, serve, subscribed, until, wire } from './pusher_serving.mjs';

const rule = `
[[channels]]
pattern = "*"
subscribe = "everyone"
publish = "everyone"
presence = "everyone"
history = "everyone"
history_count = 1000
keeps_presence = true
`;
const messages = 120;
const names = ['tick', 'message'];

/** What a message holds, whether it came as a value or as its text. */
const number_of = (data) => (typeof data === 'string' ? JSON.parse(data) : data).n;

function pusher(context, line, back, user) {
    const made = client(context, line, back, { user: { id: user }, activityTimeout: 5000 });
    made.signin();
    return made;
}

/** Each gives the numbers that it gets, in their order. */
const receivers = {
    'pusher-js': async (context, line, back) => {
        const got = [];
        const made = pusher(context, line, back, 'pat');
        await connected(made);
        await until(() => made.user.serverToUserChannel?.subscribed);
        const channel = await subscribed(made.subscribe('together'));
        for (const name of names) channel.bind(name, (data) => got.push(number_of(data)));
        return got;
    },
    'Laravel Echo': async (context, line, back) => {
        const got = [];
        const made = pusher(context, line, back, 'lea');
        await connected(made);
        await until(() => made.user.serverToUserChannel?.subscribed);
        const echo = new Echo({ broadcaster: 'pusher', client: made });
        const channel = echo.channel('together');
        for (const name of names) channel.listen(`.${name}`, (data) => got.push(number_of(data)));
        await subscribed(made.channel('together'));
        return got;
    },
    'socket.io-client': async (context, line) => {
        const got = [];
        const socket = io(`http://127.0.0.1:${line.port}/together`,
            { forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 50 });
        context.after(() => socket.disconnect());
        for (const name of names) socket.on(name, (data) => got.push(number_of(data)));
        await new Promise((resolve) => { socket.once('connect', resolve); });
        return got;
    },
    EventSource: async (context, line) => {
        const got = [];
        const source = new EventSource(`http://127.0.0.1:${line.port}/channels/together`);
        context.after(() => source.close());
        for (const name of names)
            source.addEventListener(name, ({ data }) => got.push(number_of(data)));
        await new Promise((resolve) => { source.addEventListener('joined', resolve, { once: true }); });
        return got;
    },
    'a long poll': async (context, line) => {
        const got = [];
        const url = `http://127.0.0.1:${line.port}/channels/together`;
        let { position } = await (await fetch(`${url}?history=0`)).json();
        let over = false;
        const polling = (async () => {
            while (!over) {
                try {
                    const answer = await fetch(`${url}?since=${position}&wait=1`);
                    const batch = await answer.json();
                    assert.ok(batch.recovered);
                    for (const { json, text } of batch.messages) got.push(number_of(json ?? text));
                    position = batch.position;
                } catch (error) {
                    if (error instanceof assert.AssertionError) throw error;
                }
            }
        })();
        context.after(async () => { over = true; await polling; });
        return got;
    },
    'a WebSocket': async (context, line) => {
        const got = [];
        let since = '';
        let over = false;
        let socket;
        await new Promise((joined) => {
            const connect = () => {
                if (over) return;
                const url = `ws://127.0.0.1:${line.port}/channels/together?format=json${since}`;
                socket = new WebSocket(url);
                socket.on('message', (data) => {
                    const told = JSON.parse(data);
                    if (told.joined) assert.ok(told.joined.recovered);
                    since = `&since=${told.joined?.position ?? told.position}`;
                    if (told.joined) return joined();
                    got.push(number_of(told.json ?? told.text));
                });
                socket.on('error', () => {});
                socket.on('close', () => setTimeout(connect, 20));
            };
            connect();
        });
        context.after(() => { over = true; socket.terminate(); });
        return got;
    },
};

/** Each gives what publishes one message. */
const publishers = {
    HTTP: async (_context, { port }) => (message) =>
        fetch(`http://127.0.0.1:${port}/channels/together?event=tick`, {
            method: 'POST', headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify(message),
        }).then((answer) => assert.equal(answer.status, 200)),
    'the server of a Pusher app': async (_context, _server, back) => (message) =>
        back.trigger('together', 'tick', message),
    'socket.io-client': async (context, { port }) => {
        const socket = io(`http://127.0.0.1:${port}/together`, { forceNew: true });
        context.after(() => socket.disconnect());
        await new Promise((resolve) => { socket.once('connect', resolve); });
        return async (message) => { socket.emit('tick', message); };
    },
    'a WebSocket': async (context, { port }) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/channels/together`);
        context.after(() => socket.terminate());
        await new Promise((resolve) => { socket.once('open', resolve); });
        return async (message) => { socket.send(JSON.stringify(message)); };
    },
};

async function everybody(context, settings) {
    const server = await serve(context, { settings, tables: rule });
    const back = backend(server);
    const lines = {};
    const got = {};
    for (const [name, receive] of Object.entries(receivers)) {
        lines[name] = await wire(context, server);
        got[name] = await receive(context, lines[name], back);
    }
    const publish = [];
    for (const begin of Object.values(publishers)) publish.push(await begin(context, server, back));
    return { server, lines, got, publish };
}

/** What everybody should have got, as the channel itself has it. */
async function order_of({ port }, count) {
    const url = `http://127.0.0.1:${port}/channels/together?history=1000`;
    let kept = [];
    await until(async () => {
        kept = (await (await fetch(url)).json()).messages;
        return kept.length >= count;
    });
    return kept.map(({ json, text }) => number_of(json ?? text));
}

async function compare({ server, got }, count) {
    const order = await order_of(server, count);
    assert.deepEqual(order.toSorted((one, other) => one - other),
        Array.from({ length: count }, (_, n) => n));
    for (const name of Object.keys(got)) {
        const missing = () => order.filter((n) => !got[name].includes(n));
        await until(() => missing().length === 0, 15_000)
            .catch(() => assert.fail(`${name} misses ${missing()}`));
        const at = order.findIndex((n, index) => got[name][index] !== n);
        assert.deepEqual(got[name].slice(at - 1, at + 9), order.slice(at - 1, at + 9),
            `${name}, from the ${at}th on`);
        assert.equal(got[name].length, count, name);
    }
}

test('what any publishes reaches all, once and in one order', async (context) => {
    const all = await everybody(context, '');
    for (let n = 0; n < messages; ++n) await all.publish[n % all.publish.length]({ n });
    await compare(all, messages);
});

test('the same while each is cut off and comes back', async (context) => {
    const all = await everybody(context, 'recover = true\nrecover_by = ["user"]');
    const names_of_all = Object.keys(all.lines);
    // pusher-js does not say what it had; the server goes by what its system has acknowledged, which
    // may take it some 200 ms.
    const unsaid = ['pusher-js', 'Laravel Echo'];
    let cuts = 0;
    for (let n = 0; n < messages; ++n) {
        await all.publish[n % all.publish.length]({ n });
        if (n % 10 !== 5) continue;
        const name = names_of_all[cuts++ % names_of_all.length];
        if (unsaid.includes(name)) {
            await until(() => all.got[name].length > n);
            await new Promise((resolve) => setTimeout(resolve, 300));
        }
        all.lines[name].cut();
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await compare(all, messages);
});

test('they are on one list of who is there', async (context) => {
    const secret = 'a secret of thirty-two bytes or more';
    const token_of = (sub) => {
        const part = (json) => Buffer.from(JSON.stringify(json)).toString('base64url');
        const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub, exp: 4102444800 })}`;
        return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    };
    const server = await serve(context, { tables: rule, options: ['--token-secret', secret] });
    const back = backend(server);
    const at = `127.0.0.1:${server.port}`;

    const ann = client(context, server, back, { member: { user_id: 'ann', user_info: { age: 7 } } });
    const hers = await subscribed(ann.subscribe('presence-room'));
    const added = [];
    hers.bind('pusher:member_added', ({ id }) => added.push(id));

    const bob = new WebSocket(
        `ws://${at}/channels/presence-room?format=json&token=${token_of('bob')}`);
    context.after(() => bob.terminate());
    const told = [];
    bob.on('message', (data) => {
        const { presence } = JSON.parse(data);
        if (presence) told.push(presence);
    });
    await new Promise((resolve) => { bob.once('message', resolve); });
    await until(() => added.includes('bob'));

    const eve = io(`http://${at}/presence-room`, { forceNew: true, auth: { token: token_of('eve') } });
    context.after(() => eve.disconnect());
    await until(() => added.includes('eve'));
    await until(() => told.some(({ joined }) => joined === 'eve'));

    const listed = await fetch(`http://${at}/channels/presence-room/presence`);
    const present = (await listed.json()).present.toSorted((one, other) => one.user < other.user ? -1 : 1);
    assert.deepEqual(present.map(({ user }) => user), ['ann', 'bob', 'eve']);
    assert.deepEqual(present[0].info, { age: 7 });
    const { users } = await (await back.get({ path: '/channels/presence-room/users' })).json();
    assert.deepEqual(users.map(({ id }) => id).sort(), ['ann', 'bob', 'eve']);

    ann.disconnect();
    await until(() => told.some(({ left }) => left === 'ann'));
    assert.deepEqual(added, ['bob', 'eve']);
});

/** A port that is free, for what does not say which one it was given. */
async function free_port() {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address();
    probe.close();
    await once(probe, 'close');
    return port;
}

test('messages and connections count by dialect', async (context) => {
    const admin = await free_port();
    const server = await serve(context, {
        settings: 'client_events = true', tables: rule, options: ['--admin', `127.0.0.1:${admin}`],
    });
    const figure = async (name, dialect, direction) => {
        const text = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
        const labels = `dialect="${dialect}"${direction ? `,direction="${direction}"` : ''}`;
        return Number(text.match(new RegExp(`^${name}{${labels}} (\\d+)$`, 'm'))[1]);
    };
    const counted = async (dialect) => ({
        in: await figure('longwire_dialect_messages_total', dialect, 'in'),
        in_bytes: await figure('longwire_dialect_message_bytes_total', dialect, 'in'),
        out: await figure('longwire_dialect_messages_total', dialect, 'out'),
        out_bytes: await figure('longwire_dialect_message_bytes_total', dialect, 'out'),
    });
    const back = backend(server);
    const made = client(context, server, back);
    const hers = await subscribed(made.subscribe('private-a'));
    const polls = client(context, server, back, { enabledTransports: ['xhr_polling'] });
    const his = await subscribed(polls.subscribe('private-a'));
    const by_poll = heard(his, 'client-said');
    const socket = io(`http://127.0.0.1:${server.port}/private-a`, { forceNew: true });
    context.after(() => socket.disconnect());
    await new Promise((resolve) => { socket.once('connect', resolve); });
    const by_socket = new Promise((resolve) => { socket.once('client-said', resolve); });
    assert.equal(await figure('longwire_dialect_connections', 'pusher'), 2);
    assert.equal(await figure('longwire_dialect_connections', 'socketio'), 1);

    hers.trigger('client-said', 'four');
    assert.equal(await by_poll, 'four');
    assert.equal(await by_socket, 'four');
    assert.deepEqual(await counted('pusher'), { in: 1, in_bytes: 4, out: 1, out_bytes: 4 });
    assert.deepEqual(await counted('socketio'), { in: 0, in_bytes: 0, out: 1, out_bytes: 4 });

    const told = Promise.all([heard(hers, 'moved'), heard(his, 'moved')]);
    await socket.emitWithAck('moved', 'again!');
    await told;
    assert.deepEqual(await counted('socketio'), { in: 1, in_bytes: 6, out: 1, out_bytes: 4 });
    assert.deepEqual(await counted('pusher'), { in: 1, in_bytes: 4, out: 3, out_bytes: 16 });

    const published = heard(hers, 'news');
    await back.trigger('private-a', 'news', 'eleven byte');
    await published;
    assert.deepEqual(await counted('pusher'), { in: 2, in_bytes: 15, out: 5, out_bytes: 38 });

    for (const one of [made, socket]) one.disconnect();
    await until(async () => await figure('longwire_dialect_connections', 'pusher') === 1);
    await until(async () => await figure('longwire_dialect_connections', 'socketio') === 0);
});
