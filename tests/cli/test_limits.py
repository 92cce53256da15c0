"""Each limit of `longwire serve`, just within it and just beyond it."""

import asyncio
import json
import os
import socket
import struct
import subprocess
import time
import unittest
import urllib.request

import websockets

from serving import LONGWIRE, Serving

HANDSHAKE = (
    "GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)


def frame(opcode, payload, fin=True):
    """A client's frame, with a masking key of zeros."""
    size = len(payload)
    head = bytes([(0x80 if fin else 0) | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += b"\xfe" + struct.pack(">H", size)
    else:
        head += b"\xff" + struct.pack(">Q", size)
    return head + bytes(4) + payload


def close_frame(code, reason):
    return bytes([0x88, 2 + len(reason)]) + struct.pack(">H", code) + reason.encode()


class Wire:
    """A TCP connection to the server."""

    def __init__(self, serving):
        self.socket = socket.create_connection(("127.0.0.1", serving.port), timeout=20)
        self.pending = b""

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def fill(self):
        data = self.socket.recv(65536)
        self.pending += data
        return bool(data)

    def read(self, size):
        while len(self.pending) < size and self.fill():
            pass
        taken, self.pending = self.pending[:size], self.pending[size:]
        return taken

    def read_head(self):
        while b"\r\n\r\n" not in self.pending and self.fill():
            pass
        head, _, self.pending = self.pending.partition(b"\r\n\r\n")
        return head.decode()

    def read_all(self):
        while self.fill():
            pass
        return self.pending

    def upgrade(self):
        self.send(HANDSHAKE + "\r\n")
        assert self.read_head().startswith("HTTP/1.1 101 ")
        return self

    def close(self):
        self.socket.close()


class Limits(unittest.TestCase):
    def serve(self, *arguments):
        serving = Serving(*arguments)
        self.addCleanup(serving.__exit__)
        return serving

    def wire(self, serving):
        wire = Wire(serving)
        self.addCleanup(wire.close)
        return wire

    def answer(self, serving, request):
        wire = Wire(serving)
        wire.send(request)
        status = wire.read_head().split(" ")[1]
        wire.close()
        return status

    def test_max_message(self):
        serving = self.serve("--max-message", "1000", "--compress", "off")
        for split in (False, True):
            wire = self.wire(serving).upgrade()
            within = bytes(1000)
            wire.send(frame(2, within[:400], False) + frame(0, within[400:])
                      if split else frame(2, within))
            self.assertEqual(wire.read(4 + 1000), b"\x82\x7e" + struct.pack(">H", 1000) + within)
            wire.send(frame(2, bytes(601), False) + frame(0, bytes(400))
                      if split else frame(2, bytes(1001)))
            self.assertEqual(wire.read(4)[2:], struct.pack(">H", 1009))

    def test_max_header_size(self):
        serving = self.serve("--max-header-size", "1KiB")
        start = "GET /echo HTTP/1.1\r\nHost: x\r\n"
        for size, status in ((1024, "426"), (1025, "431")):
            filler = size - len(start) - len("X: \r\n") - 2
            self.assertEqual(self.answer(serving, start + "X: " + "a" * filler + "\r\n\r\n"), status)

    def test_max_header_count(self):
        serving = self.serve("--max-header-count", "10")
        for count, status in ((10, "426"), (11, "431")):
            fields = "".join(f"X-{number}: a\r\n" for number in range(count - 1))
            request = "GET /echo HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n"
            self.assertEqual(self.answer(serving, request), status)

    def test_max_connections(self):
        serving = self.serve("--max-connections", "3")
        held = [self.wire(serving).upgrade() for _ in range(3)]
        self.assertEqual(self.wire(serving).read_head().split(" ")[1], "503")
        held[0].close()
        deadline = time.monotonic() + 20
        while self.answer(serving, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n") != "426":
            self.assertLess(time.monotonic(), deadline)

    def test_max_connections_per_address(self):
        serving = self.serve("--max-connections-per-address", "2")
        for _ in range(2):
            self.wire(serving).upgrade()
        self.assertEqual(self.wire(serving).read_head().split(" ")[1], "429")

    def test_socketio_max_channels(self):
        serving = self.serve("--socketio-max-channels", "2")

        async def answers():
            url = serving.url("/socket.io/?EIO=4&transport=websocket")
            async with websockets.connect(url) as client:
                self.assertTrue((await client.recv()).startswith("0"))
                await client.send("40")
                self.assertTrue((await client.recv()).startswith("40"))
                for number in range(3):
                    await client.send(f'42{number}["subscribe","channel-{number}"]')
                    yield json.loads((await client.recv())[3:])[0]

        async def all_answers():
            return [answer async for answer in answers()]

        *within, beyond = asyncio.run(all_answers())
        for answer in within:
            self.assertIn("position", answer)
        self.assertEqual(beyond["status"], 429)

    def test_max_control_frames(self):
        serving = self.serve("--max-control-frames", "50")
        wire = self.wire(serving).upgrade()
        wire.send(frame(9, b"") * 50)
        self.assertEqual(wire.read(100), b"\x8a\x00" * 50)
        wire.send(frame(10, b"") * 150 + frame(8, struct.pack(">H", 1000)))
        self.assertEqual(wire.read_all(), close_frame(1008, "too many pings and pongs"))

    def test_max_memory(self):
        serving = self.serve("--max-memory", "1MiB", "--history-memory", "1", "--max-message", "16MiB")
        wire = self.wire(serving).upgrade()
        # The half of a message that fits, and one that does not.
        wire.send(frame(2, bytes(400_000))[:300_000])
        wire.send(frame(2, bytes(400_000))[300_000:])
        self.assertEqual(wire.read(2), b"\x82\x7f")
        greedy = self.wire(serving).upgrade()
        greedy.send(frame(2, bytes(8_000_000))[:4_000_000])
        self.assertEqual(greedy.read(4)[2:], struct.pack(">H", 1013))

    def test_history_memory(self):
        serving = self.serve("--max-memory", "4MiB", "--history-memory", "1MiB")
        url = f"http://127.0.0.1:{serving.port}/channels/a"
        for number in range(20):
            urllib.request.urlopen(url, data=b"%02d" % number + b"x" * 100_000, timeout=20).close()
        with urllib.request.urlopen(url + "?history=100", timeout=20) as answer:
            kept = json.load(answer)["messages"]
        self.assertIn(len(kept), range(1, 6))
        self.assertEqual(kept[-1]["text"][:2], "19")

    def test_history_memory_leaves_some_for_connections(self):
        refused = subprocess.run(
            [LONGWIRE, "serve", "--max-memory", "1MiB", "--history-memory", "1MiB"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        self.assertEqual(refused.returncode, 2)
        self.assertIn("has to leave some of it for connections", refused.stderr)

    def test_handshake_timeout(self):
        serving = self.serve("--handshake-timeout", "500ms")
        wire = self.wire(serving)
        wire.send(HANDSHAKE)
        self.assertTrue(wire.read_all().startswith(b"HTTP/1.1 408 "))
        self.wire(serving).upgrade()

    def test_frame_timeout(self):
        serving = self.serve("--frame-timeout", "500ms", "--close-timeout", "500ms")
        wire = self.wire(serving).upgrade()
        wire.send(frame(1, b"hello")[:8])
        self.assertEqual(wire.read_all(), close_frame(1008, "sends too slowly"))

    def test_idle_timeout_and_ping(self):
        serving = self.serve("--ping-after", "300ms", "--idle-timeout", "900ms")
        silent = self.wire(serving).upgrade()
        ping = silent.read_all()
        self.assertEqual((len(ping), ping[:2]), (6, b"\x89\x04"))
        alive = self.wire(serving).upgrade()
        for _ in range(5):
            ping = alive.read(6)
            self.assertEqual(ping[:2], b"\x89\x04")
            alive.send(frame(10, ping[2:]))
        alive.send(frame(1, b"still here"))
        self.assertEqual(alive.read(12), b"\x81\x0astill here")

    def test_close_timeout(self):
        serving = self.serve("--close-timeout", "300ms", "--max-message", "10")
        wire = self.wire(serving).upgrade()
        wire.send(frame(2, bytes(11)))
        # We never answer its close frame, and it does not wait for ever.
        self.assertEqual(wire.read_all()[2:4], struct.pack(">H", 1009))

    def test_max_backlog(self):
        serving = self.serve("--max-backlog", "64KiB", "--max-message", "64MiB", "--compress", "off",
                             "--close-timeout", "300ms")
        reads_nothing = self.wire(serving)
        reads_nothing.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reads_nothing.upgrade()
        reads_nothing.socket.settimeout(20)
        message = frame(2, os.urandom(1_000_000))
        deadline = time.monotonic() + 20
        with self.assertRaises(ConnectionError):
            while time.monotonic() < deadline:
                reads_nothing.send(message)
        self.wire(serving).upgrade()

    def test_a_bound_that_is_not_one_is_named(self):
        for flag, value in (("--max-connections", "many"), ("--max-control-frames", "70000"),
                            ("--max-memory", "0"), ("--frame-timeout", "soon")):
            with self.assertRaises(AssertionError):
                Serving(flag, value)


if __name__ == "__main__":
    unittest.main()
