// Our server with ws's client, our client with ws's server, and the examples with both.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import WebSocket, { WebSocketServer } from 'ws';

const longwire = process.env.LONGWIRE ?? 'build/release/longwire';
const examples = process.env.EXAMPLES ?? 'build/release/examples';

/** Starts `longwire serve` on a port that the system picks; ends it with the test. */
async function serve(context, ...options) {
    const server = spawn(longwire, ['serve', '--listen', '127.0.0.1:0', ...options]);
    context.after(async () => {
        server.kill('SIGINT');
        if (server.exitCode === null) await once(server, 'exit');
        assert.equal(server.exitCode, 0);
    });
    for await (const line of createInterface({ input: server.stdout })) {
        const found = line.match(/Listening on (127\.0\.0\.1:\d+)/);
        if (found) return `ws://${found[1]}`;
    }
    throw new Error('the server printed no port');
}

async function open(url, ...rest) {
    const socket = new WebSocket(url, ...rest);
    await once(socket, 'open');
    return socket;
}

async function close(socket, ...how) {
    socket.close(...how);
    const [code, reason] = await once(socket, 'close');
    return { code, reason: reason.toString() };
}

/** Runs `longwire connect`, with these lines as its input. */
async function connect(url, lines, ...options) {
    const client = spawn(longwire, ['connect', ...options, url]);
    let output = '';
    let errors = '';
    client.stdout.on('data', (data) => { output += data; });
    client.stderr.on('data', (data) => { errors += data; });
    client.stdin.end(lines);
    const [code] = await once(client, 'close');
    return { code, output, errors };
}

test('ws client: echo of text, binary and every form of length', async (context) => {
    const url = await serve(context);
    const socket = await open(`${url}/echo`);
    for (const size of [0, 1, 125, 126, 65535, 65536, 1_000_000]) {
        for (const payload of ['x'.repeat(size), Buffer.alloc(size, 7)]) {
            socket.send(payload);
            const [data, isBinary] = await once(socket, 'message');
            assert.equal(isBinary, typeof payload !== 'string');
            assert.ok(data.equals(Buffer.from(payload)), `${size} bytes`);
        }
    }
    assert.deepEqual(await close(socket, 4001, 'bye'), { code: 4001, reason: '' });
});

test('ws client: fragments and pings', async (context) => {
    const url = await serve(context);
    const socket = await open(`${url}/echo`);
    socket.send('Hello ', { fin: false });
    socket.send('in ', { fin: false });
    socket.ping('between');
    assert.equal((await once(socket, 'pong'))[0].toString(), 'between');
    socket.send('parts', { fin: true });
    assert.equal((await once(socket, 'message'))[0].toString(), 'Hello in parts');
    assert.equal((await close(socket, 1000)).code, 1000);
});

for (const how of ['off', 'shared', 'dedicated']) {
    for (const offer of [
        { threshold: 0 },
        { threshold: 0, serverNoContextTakeover: true },
        { threshold: 0, clientNoContextTakeover: true, serverMaxWindowBits: 10 },
        { threshold: 0, clientMaxWindowBits: 9, serverMaxWindowBits: 9 },
    ]) {
        test(`ws client: --compress ${how}, offering ${JSON.stringify(offer)}`, async (context) => {
            const url = await serve(context, '--compress', how);
            const socket = await open(`${url}/echo`, { perMessageDeflate: offer });
            assert.equal(socket.extensions.startsWith('permessage-deflate'), how !== 'off');
            const json = JSON.stringify(Array.from({ length: 200 }, (_, id) => ({ id, name: 'x' })));
            const random = Buffer.from(Array.from({ length: 5000 }, () => Math.random() * 256));
            for (const payload of ['', 'short', json, random, json, json.repeat(50), random, json]) {
                socket.send(payload);
                const [data] = await once(socket, 'message');
                assert.ok(data.equals(Buffer.from(payload)), `${payload.length} bytes`);
            }
            socket.send(json.slice(0, 100), { fin: false });
            socket.send(json.slice(100), { fin: true });
            assert.equal((await once(socket, 'message'))[0].toString(), json);
            assert.equal((await close(socket, 1000)).code, 1000);
        });
    }
}

test('ws client: a channel compresses once for all, and not for those who cannot', async (context) => {
    const url = await serve(context);
    const plain = await open(`${url}/channels/c`, { perMessageDeflate: false });
    const packed = [await open(`${url}/channels/c`), await open(`${url}/channels/c`)];
    const sender = await open(`${url}/channels/c`, { perMessageDeflate: false });
    const text = 'the same words again and again '.repeat(200);
    const heard = [plain, ...packed].map((socket) => once(socket, 'message'));
    const wire = packed[0]._socket.bytesRead;
    sender.send(text);
    for (const [data] of await Promise.all(heard)) assert.equal(data.toString(), text);
    assert.ok(packed[0]._socket.bytesRead - wire < text.length / 10);
    for (const socket of [plain, sender, ...packed]) await close(socket);
});

test('ws client: a thousand messages in one burst, then close', async (context) => {
    const url = await serve(context);
    const socket = await open(`${url}/echo`);
    const received = [];
    socket.on('message', (data) => received.push(Number(data)));
    for (let index = 0; index < 1000; ++index) socket.send(String(index));
    await close(socket, 1000);
    assert.deepEqual(received, Array.from({ length: 1000 }, (_, index) => index));
});

test('ws client: a bad frame ends its own connection only', async (context) => {
    const url = await serve(context);
    const good = await open(`${url}/echo`);
    const bad = await open(`${url}/echo`);
    bad._socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]));
    assert.equal((await once(bad, 'close'))[0], 1002);
    good.send('still here');
    assert.equal((await once(good, 'message'))[0].toString(), 'still here');
    await close(good);
});

test('ws client: a path that is not there is a 404', async (context) => {
    const url = await serve(context);
    const socket = new WebSocket(`${url}/nothing/here`);
    const [error] = await once(socket, 'error');
    assert.match(error.message, /404/);
});

for (const perMessageDeflate of [false, { threshold: 0 }, { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 9 }])
test(`ws server: connect sends lines and prints messages, deflate ${JSON.stringify(perMessageDeflate)}`, async (context) => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate });
    context.after(() => server.close());
    await once(server, 'listening');
    server.on('connection', (socket) => {
        socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    const url = `ws://127.0.0.1:${server.address().port}/`;
    const lines = Array.from({ length: 500 }, (_, index) => `line ${index} ${'words '.repeat(index)}\n`).join('');
    assert.deepEqual(await connect(url, lines), { code: 0, output: lines, errors: '' });
});

test('ws server: connect tells of a refusal', async (context) => {
    const server = new WebSocketServer({
        host: '127.0.0.1', port: 0, verifyClient: (_, done) => done(false, 401),
    });
    context.after(() => server.close());
    await once(server, 'listening');
    const { code, errors } = await connect(`ws://127.0.0.1:${server.address().port}/`, '');
    assert.equal(code, 6);
    assert.match(errors, /401 Unauthorized/);
});

for (const name of ['echo', 'echo_coroutine']) {
    test(`example ${name} echoes`, async (context) => {
        const example = spawn(`${examples}/${name}`, { stdio: 'inherit' });
        context.after(async () => {
            example.kill();
            if (example.exitCode === null && example.signalCode === null)
                await once(example, 'exit');
        });
        let socket;
        // It prints nothing, and its port is its own: try until it listens.
        for (const until = Date.now() + 20_000; !socket;) {
            socket = await open('ws://127.0.0.1:9001/echo').catch(async (error) => {
                if (Date.now() > until) throw error;
                await new Promise((resolve) => setTimeout(resolve, 20));
            });
        }
        socket.send('hello');
        assert.equal((await once(socket, 'message'))[0].toString(), 'hello');
        assert.equal((await close(socket, 1000)).code, 1000);
    });
}

test('example client tells why it cannot connect', async () => {
    const example = spawn(`${examples}/client`);
    let errors = '';
    example.stderr.on('data', (data) => { errors += data; });
    const [code] = await once(example, 'close');
    assert.equal(code, 0);
    assert.match(errors, /example\.org/);
});

test('ws talks to us over TLS, and we to it', async (t) => {
    const { execFileSync } = await import('node:child_process');
    const { mkdtempSync, readFileSync, rmSync } = await import('node:fs');
    const { createServer } = await import('node:https');
    const folder = mkdtempSync('/tmp/ws-');
    t.after(() => rmSync(folder, { recursive: true }));
    const [key, cert] = [`${folder}/key.pem`, `${folder}/cert.pem`];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'], { stdio: 'ignore' });

    const origin = await serve(t, '--tls-cert', cert, '--tls-key', key);
    const url = `${origin.replace('ws://127.0.0.1', 'wss://localhost')}/echo`;
    const socket = await open(url, { ca: readFileSync(cert) });
    socket.send('x'.repeat(200_000));
    const [message] = await once(socket, 'message');
    assert.equal(message.length, 200_000);
    assert.equal((await close(socket, 4001)).code, 4001);

    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    new WebSocketServer({ server }).on('connection', (peer) => peer.on('message', (data) => peer.send(data.toString())));
    const ran = await connect(`wss://localhost:${server.address().port}/`, 'hello\n', '--cacert', cert);
    assert.deepEqual(ran, { code: 0, output: 'hello\n', errors: '' });
});
