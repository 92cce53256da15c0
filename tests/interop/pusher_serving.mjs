// What the tests of the pusher dialect share: a server with an app, its own server's library, clients.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import PusherServer from 'pusher';
import Pusher from 'pusher-js';

const longwire = process.env.LONGWIRE ?? 'build/release/longwire';
export { wire } from './wire.mjs';
export const app = { id: '1', key: 'app-key', secret: 'app-secret' };

/** Starts `longwire serve` with a configuration of one app, and these lines more; ends it with the test. */
export async function serve(context, { settings = '', tables = '', options = [] } = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'longwire-'));
    const file = join(folder, 'longwire.toml');
    const write = (more = settings) => writeFileSync(file, `listen = ["127.0.0.1:0"]
[[apps]]
id = "${app.id}"
key = "${app.key}"
secret = "${app.secret}"
${more}
${tables}
`);
    write();
    const server = spawn(longwire, ['serve', '--config', file, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    let complaints = '';
    server.stderr.on('data', (data) => { complaints += data; });
    context.after(async () => {
        server.kill('SIGINT');
        if (server.exitCode === null) await once(server, 'exit');
        rmSync(folder, { recursive: true });
        assert.equal(server.exitCode, 0, complaints);
    });
    const lines = createInterface({ input: server.stdout });
    for await (const line of lines) {
        const found = line.match(/Listening on (127\.0\.0\.1):(\d+)/);
        if (found) return { port: Number(found[2]), process: server, write, complaints: () => complaints };
    }
    throw new Error(`the server printed no port: ${complaints}`);
}

/** The library that an app's own server uses. */
export function backend({ port }, options = {}) {
    return new PusherServer({
        appId: app.id, key: app.key, secret: app.secret, host: '127.0.0.1', port: String(port), useTLS: false,
        encryptionMasterKeyBase64: randomBytes(32).toString('base64'), ...options,
    });
}

/** A pusher-js client, which its own app's `server` gives signatures. */
export function client(context, { port }, server, options = {}, key = app.key) {
    const made = new Pusher(key, {
        cluster: 'none', wsHost: '127.0.0.1', wsPort: port, httpHost: '127.0.0.1', httpPort: port,
        forceTLS: false, enabledTransports: ['ws'], disableStats: true,
        channelAuthorization: {
            customHandler: ({ socketId, channelName }, done) => {
                const data = channelName.startsWith('presence-') && options.member ? options.member : undefined;
                done(null, server.authorizeChannel(socketId, channelName, data));
            },
        },
        userAuthentication: {
            customHandler: ({ socketId }, done) => done(null, server.authenticateUser(socketId, options.user)),
        },
        ...options,
    });
    context.after(() => made.disconnect());
    return made;
}

/** The data of the next event of that name. */
export function heard(emitter, event) {
    return new Promise((resolve) => {
        const take = (data) => { emitter.unbind(event, take); resolve(data); };
        emitter.bind(event, take);
    });
}

export async function subscribed(channel) {
    if (!channel.subscribed) await heard(channel, 'pusher:subscription_succeeded');
    return channel;
}

export async function connected(made) {
    if (made.connection.state !== 'connected') await heard(made.connection, 'connected');
    return made.connection.socket_id;
}

/** Waits until something is true. */
export async function until(what, milliseconds = 10_000) {
    for (const end = Date.now() + milliseconds; !(await what());) {
        if (Date.now() > end) assert.fail(`not within ${milliseconds} ms: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
}
