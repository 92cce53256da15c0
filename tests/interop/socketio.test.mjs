// npm's socket.io-client with the channels of `longwire serve`, and with an application in C++
// (socketio_app.cpp): by polling, by WebSocket, and from the one to the other; on two loops.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { EventSource } from 'eventsource';
import { io } from 'socket.io-client';
import WebSocket from 'ws';

const longwire = process.env.LONGWIRE ?? 'build/release/longwire';
const application = process.env.SOCKETIO_APP ?? 'build/release/socketio_app';

class Running {
    static async start(command, ...options) {
        const running = new Running();
        running.process = spawn(command, options);
        for await (const line of createInterface({ input: running.process.stdout })) {
            const found = line.match(/Listening on (127\.0\.0\.1:\d+)/);
            if (!found) continue;
            running.url = `http://${found[1]}`;
            running.process.stdout.resume();
            return running;
        }
        throw new Error('the server printed no port');
    }
    async stop() {
        this.process.kill('SIGINT');
        if (this.process.exitCode === null) await once(this.process, 'exit');
    }
}

const next = (socket, event) => new Promise((resolve) => {
    socket.once(event, (...given) => resolve(given));
});

/** A client that ends with the test. */
function client(context, url, options) {
    const socket = io(url, { forceNew: true, reconnectionDelay: 10, ...options });
    context.after(() => {
        socket.io.reconnection(false);
        socket.io.engine.close();
    });
    return socket;
}

/** The same, connected. */
async function connect(context, url, options = {}) {
    const socket = client(context, url, options);
    await next(socket, 'connect');
    return socket;
}

async function until(condition) {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

const ways = {
    polling: { transports: ['polling'] },
    websocket: { transports: ['websocket'] },
    'polling, then websocket': {},
};

async function upgraded(socket) {
    const { engine } = socket.io;
    if (engine.transports.length === 1 || engine.transport.name === 'websocket') return;
    await new Promise((resolve) => engine.once('upgrade', resolve));
}

for (const [way, options] of Object.entries(ways)) {
    describe(`an application, by ${way}`, () => {
        let app;
        before(async () => { app = await Running.start(application, '0'); });
        after(() => app.stop());

        test('events with every kind of argument', async (context) => {
            const socket = await connect(context, app.url, options);
            const given = [1, 'two "\u2028', { three: [true, null, { four: Buffer.from([5, 6]) }] },
                Buffer.from([0, 255]), 'é\u{1F680}'];
            for (let round = 0; round < 3; ++round) {
                const back = next(socket, 'echo');
                socket.emit('echo', ...given);
                assert.deepEqual(await back, given);
                if (round === 1) await upgraded(socket);
            }
            socket.emit('echo');
            assert.deepEqual(await next(socket, 'echo'), []);
        });

        test('nothing is lost or exchanged on the way to another transport', async (context) => {
            const socket = await connect(context, app.url, options);
            const received = [];
            const all = new Promise((resolve) => {
                socket.on('echo', (number, bytes) => {
                    assert.equal(bytes[0], number % 256);
                    if (received.push(number) === 300) resolve();
                });
            });
            for (let number = 0; number < 300; ++number) {
                socket.emit('echo', number, Buffer.from([number % 256]));
                if (number % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
            }
            await all;
            assert.deepEqual(received, [...received.keys()]);
        });

        test('acknowledgements both ways', async (context) => {
            const socket = await connect(context, app.url, options);
            const answer = await socket.timeout(5000).emitWithAck('ask', 'a');
            assert.equal(answer, 'a');
            const bytes = await socket.timeout(5000).emitWithAck('ask elsewhere', Buffer.from('b'));
            assert.deepEqual(bytes, Buffer.from('b'));
            socket.on('question', (number, answer) => answer(number + 1, Buffer.from('c')));
            for (const event of ['ask me', 'ask me as a coroutine']) {
                socket.emit(event, 41);
                assert.deepEqual(await next(socket, 'answered'), [42, Buffer.from('c')]);
            }
            socket.emit('ask me in vain');
            assert.deepEqual(await next(socket, 'no answer'), [true]);
        });

        test('rooms, and all but one', async (context) => {
            const sockets = [];
            for (let count = 0; count < 4; ++count)
                sockets.push(await connect(context, app.url, options));
            for (const socket of sockets.slice(0, 3))
                assert.equal(await socket.emitWithAck('join', 'red'), true);
            const said = sockets.map(() => []);
            sockets.forEach((socket, which) => socket.on('said', (text) => said[which].push(text)));
            sockets[0].emit('to', 'red', 'one');
            sockets[3].emit('to', 'red', 'two');
            await until(() => said[2].length === 2 && said[1].length === 2 && said[0].length === 1);
            await sockets[1].emitWithAck('leave', 'red');
            const news = sockets.map((socket) => next(socket, 'news'));
            sockets[0].emit('to', 'red', Buffer.from('three'));
            await until(() => said[2].length === 3);
            sockets[0].emit('everybody', 'all');
            for (const one of news) assert.deepEqual(await one, ['all']);
            const others = sockets.slice(1).map((socket) => next(socket, 'news'));
            sockets[0].once('news', () => assert.fail('it is told of what it told'));
            sockets[0].emit('others', 'the others');
            for (const one of others) assert.deepEqual(await one, ['the others']);
            assert.deepEqual(said[0], ['two']);
            assert.deepEqual(said[1].sort(), ['one', 'two']);
            assert.deepEqual(said[2].filter((text) => typeof text === 'string').sort(),
                ['one', 'two']);
            assert.deepEqual(said[2].at(-1), Buffer.from('three'));
            assert.deepEqual(said[3], []);
        });

        test('several rooms, once for each, and all but a room', async (context) => {
            const sockets = [];
            for (let count = 0; count < 4; ++count)
                sockets.push(await connect(context, app.url, options));
            const [ann, bob, cem, dag] = sockets;
            await bob.emitWithAck('join', 'red');
            await bob.emitWithAck('join', 'blue');
            await cem.emitWithAck('join', 'blue');
            const said = sockets.map(() => []);
            sockets.forEach((socket, which) => socket.on('said', (text) => said[which].push(text)));
            ann.emit('to both', 'red', 'blue', 'to two rooms');
            await until(() => said[1].length === 1 && said[2].length === 1);
            cem.emit('to both', 'red', 'blue', 'from one of them');
            await until(() => said[1].length === 2);
            ann.emit('to both', 'red', dag.id, 'to a room and a client');
            await until(() => said[1].length === 3 && said[3].length === 1);
            ann.emit('to all except', 'red', 'not to red');
            await until(() => [0, 2, 3].every((which) => said[which].includes('not to red')));
            await upgraded(bob);
            if (way !== 'polling') {
                ann.emit('volatile to', 'red', 'now');
                await until(() => said[1].length === 4);
            }
            assert.deepEqual(said, [
                ['not to red'],
                ['to two rooms', 'from one of them', 'to a room and a client', ...(way !== 'polling' ? ['now'] : [])],
                ['to two rooms', 'not to red'],
                ['to a room and a client', 'not to red'],
            ]);
        });

        test('one client by its id', async (context) => {
            const one = await connect(context, app.url, options);
            const other = await connect(context, app.url, options);
            one.emit('direct', other.id, 'for you');
            assert.deepEqual(await next(other, 'direct'), ['for you']);
        });

        test('namespaces on one connection', async (context) => {
            const main = await connect(context, app.url, options);
            const other = main.io.socket('/other');
            await next(other, 'connect');
            assert.notEqual(other.id, main.id);
            const news = next(other, 'news');
            main.once('news', () => assert.fail('it is another namespace'));
            other.emit('everybody', 1);
            assert.deepEqual(await news, [1]);
            await next(main.io.socket('/private', { auth: { token: 'open' } }), 'connect');
            for (const [name, message, data] of [['/private', 'not you', { code: 7 }],
                ['/nobody-decides', 'The server did not decide about your request', undefined],
                ['/unknown', 'Invalid namespace', undefined]]) {
                const refused = client(context, app.url + name, options);
                const [error] = await next(refused, 'connect_error');
                assert.equal(error.message, message);
                assert.deepEqual(error.data, data);
            }
            other.disconnect();
            assert.equal(await main.emitWithAck('ask', 1), 1);
        });

        test('what is volatile, and being disconnected', async (context) => {
            const socket = await connect(context, app.url, options);
            await upgraded(socket);
            if (way !== 'polling') {
                socket.emit('volatile');
                assert.deepEqual(await next(socket, 'now'), [1]);
            }
            const other = socket.io.socket('/other');
            await next(other, 'connect');
            other.emit('kick');
            assert.equal((await next(other, 'disconnect'))[0], 'io server disconnect');
            assert.equal(await socket.emitWithAck('ask', 1), 1);
            socket.emit('kick', true);
            assert.equal((await next(socket, 'disconnect'))[0], 'io server disconnect');
        });

        test('a handler that throws costs its own client the connection', async (context) => {
            const socket = await connect(context, app.url, options);
            socket.emit('throw');
            await next(socket, 'disconnect');
            await next(socket, 'connect');
            assert.equal(await socket.emitWithAck('ask', 1), 1);
        });
    });

    describe(`channels, by ${way}`, () => {
        let server;
        before(async () => {
            server = await Running.start(longwire, 'serve', '--listen', '127.0.0.1:0',
                '--threads', '2');
        });
        after(() => server.stop());

        test('a namespace is a channel', async (context) => {
            const ann = await connect(context, `${server.url}/lobby`, options);
            const bob = await connect(context, `${server.url}/lobby`, options);
            await upgraded(bob);
            const heard = next(bob, 'message');
            ann.once('message', () => assert.fail('it gets its own'));
            assert.match((await ann.emitWithAck('message', 'hi')).position, /^[0-9a-f]+-\d+$/);
            assert.equal((await heard)[0], 'hi');
            const moved = next(bob, 'moved');
            ann.emit('moved', { x: 1 }, Buffer.from([2]), 'three');
            assert.deepEqual((await moved).slice(0, 3), [{ x: 1 }, Buffer.from([2]), 'three']);
        });

        test('subscribing to channels by name', async (context) => {
            const ann = await connect(context, server.url, { ...options, query: { user: 'ann' } });
            const bob = await connect(context, server.url, { ...options, query: { user: 'bob' } });
            assert.equal((await ann.emitWithAck('subscribe', 'news')).recovered, true);
            assert.equal((await ann.emitWithAck('subscribe', 'news')).status, 409);
            assert.equal((await ann.emitWithAck('subscribe', 'a/b\n')).status, 400);
            const came = next(ann, 'presence');
            await bob.emitWithAck('subscribe', 'news');
            assert.deepEqual((await came).slice(0, 2), [{ joined: 'bob' }, { channel: 'news' }]);
            const { present } = await ann.emitWithAck('presence', 'news');
            assert.deepEqual(present.map(({ user }) => user).sort(), ['ann', 'bob']);
            const heard = next(ann, 'headline');
            await bob.emitWithAck('publish', 'news', 'headline', 'one', 2);
            assert.deepEqual((await heard).slice(0, 3), ['one', 2, { channel: 'news', user: 'bob' }]);
            await ann.emitWithAck('unsubscribe', 'news');
            ann.once('headline', () => assert.fail('it is no member any more'));
            await bob.emitWithAck('publish', 'news', 'headline', 'two');
            const late = await connect(context, server.url, options);
            const old = [next(late, 'headline')];
            await late.emitWithAck('subscribe', 'news', { history: 2 });
            assert.equal((await old[0])[0], 'one');
        });

        test('what others publish, by HTTP', async (context) => {
            const socket = await connect(context, `${server.url}/http`, options);
            const heard = next(socket, 'message');
            const answer = await fetch(`${server.url}/channels/http`, { method: 'POST', body: 'hello' });
            assert.equal(answer.status, 200);
            assert.equal((await heard)[0], 'hello');
        });

        test('what it missed while it was cut off', async (context) => {
            const socket = await connect(context, `${server.url}/cut`, options);
            const other = await connect(context, `${server.url}/cut`, options);
            await upgraded(socket);
            const received = [];
            socket.on('message', (text) => received.push(text));
            await other.emitWithAck('message', 'before');
            while (received.length < 1) await next(socket, 'message');
            const id = socket.id;
            socket.io.engine.close();  // as if the network had gone
            const back = next(socket, 'connect');
            for (const text of ['one', 'two', 'three']) await other.emitWithAck('message', text);
            await back;
            assert.equal(socket.recovered, true);
            assert.equal(socket.id, id);
            await other.emitWithAck('message', 'after');
            while (received.at(-1) !== 'after') await next(socket, 'message');
            assert.deepEqual(received, ['before', 'one', 'two', 'three', 'after']);
        });
    });
}

describe('channels with rules', () => {
    const secret = 'a secret that is only for this test';
    const token = (...more) => execFileSync(longwire, ['token', '--secret', secret, '--user', 'ann',
        '--channel', 'closed', '--publish', 'closed', ...more]).toString().trim();
    let server;
    before(async () => {
        const config = join(mkdtempSync(join(tmpdir(), 'longwire-')), 'longwire.toml');
        writeFileSync(config, `token_secret = "${secret}"
[[channels]]
pattern = "open"
publish = "everyone"
[[channels]]
pattern = "*"
subscribe = "token"
publish = "token"
`);
        server = await Running.start(longwire, 'serve', '--listen', '127.0.0.1:0', '--config', config);
    });
    after(() => server.stop());

    test('a token of the namespace opens what it names', async (context) => {
        const refused = client(context, `${server.url}/closed`, {});
        const [error] = await next(refused, 'connect_error');
        assert.match(error.message, /^You may not subscribe to this channel: a token is required\.$/);
        assert.deepEqual(error.data, { status: 401 });
        const bad = client(context, `${server.url}/closed`, { auth: { token: 'x.y.z' } });
        assert.deepEqual((await next(bad, 'connect_error'))[0].data, { status: 401 });
        const ann = await connect(context, `${server.url}/closed`, { auth: { token: token() } });
        assert.match((await ann.emitWithAck('message', 'hi')).position, /-1$/);
        const other = client(context, `${server.url}/other`, { auth: { token: token() } });
        assert.deepEqual((await next(other, 'connect_error'))[0].data, { status: 403 });
    });

    test('what may be by name is judged each time', async (context) => {
        const nobody = await connect(context, server.url);
        assert.equal((await nobody.emitWithAck('subscribe', 'open')).recovered, true);
        assert.equal((await nobody.emitWithAck('subscribe', 'open', { history: 1 })).status, 403);
        assert.equal((await nobody.emitWithAck('subscribe', 'closed')).status, 401);
        assert.match((await nobody.emitWithAck('publish', 'open', 'message', 1)).position, /-1$/);
        assert.equal((await nobody.emitWithAck('publish', 'closed', 'message', 1)).status, 401);
        assert.equal((await nobody.emitWithAck('presence', 'open')).status, 404);
        const ann = await connect(context, server.url, { auth: { token: token() } });
        assert.equal((await ann.emitWithAck('subscribe', 'closed')).recovered, true);
        assert.equal((await ann.emitWithAck('subscribe', 'other')).status, 403);
    });

    test('whose token expires comes back with another one', async (context) => {
        const socket = await connect(context, `${server.url}/closed`, {
            auth: (tell) => tell({ token: token('--expires', '1s') }),
        });
        assert.equal((await next(socket, 'disconnect'))[0], 'transport close');
        await next(socket, 'connect');
        assert.match((await socket.emitWithAck('message', 'hi')).position, /^[0-9a-f]+-\d+$/);
    });
});

describe('an application whose rooms are channels of a Hub', () => {
    let app;
    before(async () => { app = await Running.start(application, '60000', 'hub'); });
    after(() => app.stop());

    for (const [way, options] of Object.entries(ways))
        test(`each sees what all publish once and in order, by ${way}`, async (context) => {
            const channel = `all-${way.replaceAll(/[ ,]/g, '')}`;
            const at = `${app.url}/channels/${channel}`;
            const socket = await connect(context, app.url, options);
            const other = await connect(context, app.url, options);
            const got = { socket: [], line: [], events: [] };
            socket.onAny((event, ...given) => got.socket.push(given[0]));
            await socket.emitWithAck('join as', channel, 'ann');
            const line = new WebSocket(`${at.replace('http', 'ws')}?user=bob`);
            context.after(() => line.terminate());
            line.on('message', (data) => got.line.push(JSON.parse(data)));
            await once(line, 'open');
            const events = new EventSource(at);
            context.after(() => events.close());
            for (const event of ['message', 'said'])
                events.addEventListener(event, ({ data }) => got.events.push(JSON.parse(data)));
            await new Promise((resolve) => events.addEventListener('joined', resolve));
            let present;
            do present = (await (await fetch(`${at}/presence`)).json()).present;
            while (present.length < 2);
            assert.deepEqual(present.map(({ user }) => user).sort(), ['ann', 'bob']);

            const publish = [
                (number) => other.emitWithAck('publish', channel, String(number)),
                (number) => fetch(at, { method: 'POST', body: String(number) }),
                async (number) => {
                    other.emit('to', channel, String(number));
                    await other.emitWithAck('ask', 1);
                },
            ];
            for (let number = 0; number < 60; ++number) {
                if (number % 20 === 10) {
                    await until(() => socket.connected);
                    await upgraded(socket);
                    socket.io.engine.close();  // as if the network had gone
                }
                await publish[number % 3](number);
            }
            const all = [...Array(60).keys()];
            await until(() => Object.values(got).every((numbers) => numbers.length >= 60));
            assert.equal(socket.recovered, true);
            assert.deepEqual(got, { socket: all.map(String), line: all, events: all });
        });
});

describe('recovery of an application', () => {
    let app;
    before(async () => { app = await Running.start(application, '60000'); });
    after(() => app.stop());

    for (const [way, options] of Object.entries(ways))
        test(`rooms, events to it alone and its state, by ${way}`, async (context) => {
            const socket = await connect(context, app.url, options);
            const other = await connect(context, app.url, options);
            await upgraded(socket);
            assert.deepEqual(await socket.emitWithAck('count'), [1, false].slice(0, 1)[0]);
            await socket.emitWithAck('join', 'red');
            const received = [];
            for (const event of ['said', 'news', 'direct'])
                socket.on(event, (text) => received.push(text));
            other.emit('to', 'red', 'before');
            await next(socket, 'said');
            for (let round = 0; round < 3; ++round) {
                const id = socket.id;
                received.length = 0;
                socket.io.engine.close();
                const back = next(socket, 'connect');
                other.emit('to', 'red', 'to the room');
                other.emit('everybody', 'to all');
                other.emit('direct', id, 'to it alone');
                await other.emitWithAck('ask', 1);
                await back;
                assert.equal(socket.recovered, true);
                assert.equal(socket.id, id);
                other.emit('to', 'red', 'after');
                while (received.at(-1) !== 'after') await next(socket, 'said');
                assert.deepEqual(received.filter((text) => text !== 'to it alone'),
                    ['to the room', 'to all', 'after']);
            }
            assert.equal(await socket.emitWithAck('count'), 2);
        });

    test('who was away for longer than the history reaches is told so', async (context) => {
        const socket = await connect(context, app.url);
        const other = await connect(context, app.url);
        await upgraded(socket);
        await socket.emitWithAck('join', 'red');
        other.emit('to', 'red', 'before');
        await next(socket, 'said');
        const id = socket.id;
        socket.io.engine.close();
        const back = next(socket, 'connect');
        for (let number = 0; number < 150; ++number) other.emit('to', 'red', number);
        await other.emitWithAck('ask', 1);
        await back;
        assert.equal(socket.recovered, false);
        assert.notEqual(socket.id, id);
    });
});
