"""python websockets: an echo at every path. Usage: server.py PORT [deflate]"""

import asyncio
import sys

import websockets


async def echo(socket, *_):
    async for message in socket:
        await socket.send(message)


async def main():
    compression = "deflate" if sys.argv[2:] == ["deflate"] else None
    async with websockets.serve(echo, "0.0.0.0", int(sys.argv[1]), compression=compression,
                                max_size=64 * 1024 * 1024, ping_interval=None):
        await asyncio.Future()


asyncio.run(main())
