"""A server is tested: we connect to it, once for each case."""

import asyncio
import contextlib
import re
import signal
from urllib.parse import urlsplit

from case import CLIENT
from cases.parameters import deflate_as_client
from handshaking import ClientEnd
from judging import judge
from wire import LARGEST_READ, Failed

PATIENCE_AT_START = 30.0
PATIENCE_AT_END = 60.0
# "127.0.0.1:4321", as a server says where it listens.
PLACE = re.compile(rb"(localhost|\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:]+\]):(\d+)")


class Target:
    def __init__(self, url):
        parts = urlsplit(url)
        if parts.scheme != "ws" or not parts.hostname:
            raise ValueError(f"{url} is not a ws:// URL; write ws://HOST:PORT/PATH")
        self.host, self.port = parts.hostname, parts.port or 80
        self.host_field = parts.netloc
        self.path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


async def greet(peer, case):
    await peer.write(peer.request(peer.fields(Sec_WebSocket_Extensions=case.offer or None)))
    response = await peer.accepted()
    peer.agreed = response["sec-websocket-extensions"]
    if peer.agreed:
        if not case.offer:
            raise Failed(f"{peer.agreed!r} was agreed to, and nothing offered")
        peer.deflate = deflate_as_client(peer.agreed)


async def test_server(url, cases, at_once, done):
    target = Target(url)
    turns = asyncio.Semaphore(at_once)

    async def connect():
        reader, writer = await asyncio.open_connection(target.host, target.port,
                                                       limit=LARGEST_READ)
        return ClientEnd(reader, writer, target)

    # A server that is not there is no server that fails a thousand cases.
    (await connect()).writer.close()

    async def one(case):
        async with turns:
            done(await judge(case, connect, greet))

    await asyncio.gather(*(one(case) for case in cases if case.who != CLIENT))


class StartedServer:
    """A server that we start, and end by SIGTERM. It says on its output where it listens."""

    def __init__(self, command):
        self.command, self.process, self.place, self.reading = command, None, None, None

    async def __aenter__(self):
        self.process = await asyncio.create_subprocess_exec(
            *self.command, stdout=asyncio.subprocess.PIPE)
        try:
            self.place = await asyncio.wait_for(self.find_place(), PATIENCE_AT_START)
        except asyncio.TimeoutError:
            self.process.kill()
            raise RuntimeError(f"{self.command[0]} did not say within {PATIENCE_AT_START:.0f} "
                               "seconds where it listens") from None
        # Nobody wants the rest, but the server must not wait for a reader.
        self.reading = asyncio.create_task(self.process.stdout.read())
        return self

    async def find_place(self):
        while line := await self.process.stdout.readline():
            if found := PLACE.search(line):
                return found[0].decode()
        raise RuntimeError(f"{self.command[0]} ended without saying where it listens "
                           f"(exit status {await self.process.wait()})")

    def url(self, path):
        return f"ws://{self.place}{path}"

    async def __aexit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), PATIENCE_AT_END)
        except asyncio.TimeoutError:
            self.process.kill()
            await self.process.wait()
        await self.reading

    @property
    def complaint(self):
        """What is wrong with how it ended, or nothing."""
        if self.process.returncode in (0, -signal.SIGTERM):
            return ""
        return f"The server ended with {self.process.returncode}, and not as SIGTERM asks for."
