// Socket.IO's own server: the namespace /x, where what one emits as "message" goes to all others.
// Usage: node server.mjs PORT
import { Server } from "socket.io";

const io = new Server(Number(process.argv[2]), { perMessageDeflate: false });
io.of("/x").on("connection", (socket) => {
  socket.on("message", (text) => socket.broadcast.emit("message", text));
});
