// A server of npm's ws; it says its port, and does on each path what test_peers.py says. Its
// argument is JSON: the options of WebSocketServer.
import { createHash } from 'node:crypto';
import { WebSocketServer } from 'ws';

const { subprotocols, ...options } = JSON.parse(process.argv[2] ?? '{}');
if (subprotocols)
    options.handleProtocols = (offered) => subprotocols.find((name) => offered.has(name)) ?? false;
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });

const paths = {
    '/echo'(socket) {
        socket.on('message', (data, binary) => socket.send(data, { binary }));
    },
    '/digest'(socket) {
        socket.on('message', (data, binary) => socket.send(
            `${binary ? 'binary' : 'text'} ${data.length} ${createHash('sha256').update(data).digest('hex')}`));
    },
    '/large'(socket, query) {
        const size = Number(query.get('size'));
        socket.send(query.get('kind') === 'text' ? 'x'.repeat(size) : Buffer.alloc(size, 'x'));
        socket.close(1000);
    },
    '/fragments'(socket) {
        socket.send('Grü', { fin: false });
        socket.ping('between');
        socket.send('', { fin: false });
        socket.send('ße 🚀', { fin: true });
        socket.on('pong', (data) => { socket.send(`pong ${data}`); socket.close(1000); });
    },
    '/close'(socket, query) {
        if (query.has('code')) socket.close(Number(query.get('code')), query.get('reason') ?? '');
        else socket.close();
    },
    '/terminate'(socket) {
        socket.send('before', () => socket.terminate());
    },
    '/pings'(socket) {
        let pings = 0;
        socket.on('ping', () => socket.send(`ping ${++pings}`));
    },
    // How many bytes came since the handshake, once a message has.
    '/wire'(socket) {
        const began = socket._socket.bytesRead;
        socket.on('message', () => socket.send(String(socket._socket.bytesRead - began)));
    },
};

server.on('connection', (socket, request) => {
    socket.on('error', () => {});
    const url = new URL(request.url, 'ws://localhost');
    paths[url.pathname](socket, url.searchParams);
});
server.on('listening', () => console.log(server.address().port));
