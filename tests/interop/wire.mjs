// A network between a client and the server, for tests of what happens when it fails.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A way to the server that can be cut, or go silent. */
export async function wire(context, { port }) {
    const pairs = new Set();
    let closedUntil = 0;
    let way = Promise.resolve();
    const proxy = createServer(async (near) => {
        if (Date.now() < closedUntil) return near.destroy();
        near.on('error', () => {});
        await way;
        const far = connect(port, '127.0.0.1');
        const pair = { near, far };
        pairs.add(pair);
        for (const [one, other] of [[near, far], [far, near]]) {
            one.on('data', (data) => other.write(data));
            one.on('error', () => {});
            one.on('close', () => { other.destroy(); pairs.delete(pair); });
        }
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    // For a moment, so that whoever is between two requests notices too.
    const cut = () => {
        closedUntil = Date.now() + 200;
        pairs.forEach(({ near, far }) => { near.destroy(); far.destroy(); });
    };
    context.after(() => { cut(); proxy.close(); });
    return {
        port: proxy.address().port,
        cut,
        /** Cut off, and whoever comes back has to wait for the function that is given. */
        hold: () => {
            let letThrough;
            way = new Promise((resolve) => { letThrough = resolve; });
            cut();
            return letThrough;
        },
        /** The client is cut off, and the server does not hear of it. */
        vanish: () => pairs.forEach((pair) => { pairs.delete(pair); pair.near.removeAllListeners('close'); pair.near.destroy(); pair.far.pause(); }),
    };
}
