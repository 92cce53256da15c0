"""A server of python3-websockets; it says its port, and does on each path what test_peers.py says.

Its argument is JSON: "subprotocols", and "deflate" with the options of the extension, or null.
"""

import asyncio
import hashlib
import json
import sys
import urllib.parse

import websockets
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory


async def echo(socket, _):
    async for message in socket:
        await socket.send(message)


async def digest(socket, _):
    async for message in socket:
        kind = "text" if isinstance(message, str) else "binary"
        data = message.encode() if isinstance(message, str) else message
        await socket.send(f"{kind} {len(data)} {hashlib.sha256(data).hexdigest()}")


async def large(socket, query):
    size = int(query["size"])
    await socket.send("x" * size if query["kind"] == "text" else b"x" * size)


async def fragments(socket, _):
    pongs = []

    async def parts():
        yield "Grü"
        pongs.append(await socket.ping(b"between"))
        yield ""
        yield "ße 🚀"

    await socket.send(parts())
    await pongs[0]
    await socket.send("pong between")


async def close(socket, query):
    if "code" in query:
        await socket.close(int(query["code"]), query.get("reason", ""))
    else:
        # The interface has no word for a close frame without a code.
        await socket.write_close_frame(websockets.frames.Close(1005, ""), b"")
        await socket.wait_closed()


async def terminate(socket, _):
    await socket.send("before")
    socket.transport.abort()


async def pings(socket, _):
    await socket.wait_closed()


class Protocol(websockets.WebSocketServerProtocol):
    """Says on the path /pings which ping it has got."""

    pings_taken = 0

    async def pong(self, data=b""):
        await super().pong(data)
        self.pings_taken += 1
        if self.path == "/pings":
            await self.send(f"ping {self.pings_taken}")


PATHS = {f"/{handler.__name__}": handler
         for handler in (echo, digest, large, fragments, close, terminate, pings)}


async def handle(socket):
    path, _, query = socket.path.partition("?")
    await PATHS[path](socket, dict(urllib.parse.parse_qsl(query)))


async def main():
    options = json.loads(sys.argv[1] if len(sys.argv) > 1 else "{}")
    deflate = options.get("deflate")
    extensions = [] if deflate is None else [ServerPerMessageDeflateFactory(**deflate)]
    async with websockets.serve(handle, "127.0.0.1", 0, compression=None, extensions=extensions,
                                subprotocols=options.get("subprotocols"), max_size=None,
                                create_protocol=Protocol) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())
