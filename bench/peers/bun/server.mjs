// Bun (its server is a fork of uWebSockets): an echo at every path, and /channels/NAME.
// Usage: bun server.mjs PORT [deflate | tls CERTIFICATE KEY]
const [port, mode, certificate, key] = process.argv.slice(2);
const compress = mode === "deflate";
Bun.serve({
  port: Number(port),
  tls: mode === "tls" ? { cert: Bun.file(certificate), key: Bun.file(key) } : undefined,
  fetch(request, server) {
    const { pathname } = new URL(request.url);
    const channel = pathname.startsWith("/channels/") ? pathname : null;
    return server.upgrade(request, { data: { channel } }) ? undefined : new Response("no", { status: 400 });
  },
  websocket: {
    idleTimeout: 0,
    maxPayloadLength: 64 * 1024 * 1024,
    backpressureLimit: 64 * 1024 * 1024,
    perMessageDeflate: compress,
    open(socket) {
      if (socket.data.channel) socket.subscribe(socket.data.channel);
    },
    message(socket, message) {
      if (socket.data.channel) socket.publish(socket.data.channel, message);
      else socket.send(message, compress);
    },
  },
});
