// npm ws: an echo at every path, and /channels/NAME, where what one sends goes to all others.
// Usage: node server.mjs PORT [deflate | tls CERTIFICATE KEY]
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { WebSocketServer } from "ws";

const [port, mode, certificate, key] = process.argv.slice(2);
const perMessageDeflate =
  mode === "deflate"
    ? { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 }
    : false;
const options = { perMessageDeflate, maxPayload: 64 * 1024 * 1024 };
const https =
  mode === "tls" && createServer({ cert: readFileSync(certificate), key: readFileSync(key) });
const server = new WebSocketServer(https ? { ...options, server: https } : { ...options, port });
if (https) https.listen(port);
const channels = new Map();
server.on("connection", (socket, request) => {
  socket.on("error", () => {});
  if (!request.url.startsWith("/channels/")) {
    socket.on("message", (data, binary) => socket.send(data, { binary }));
    return;
  }
  const members = channels.get(request.url) ?? new Set();
  channels.set(request.url, members.add(socket));
  socket.on("close", () => members.delete(socket));
  socket.on("message", (data, binary) => {
    for (const member of members) if (member !== socket) member.send(data, { binary });
  });
});
