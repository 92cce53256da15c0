"""`longwire connect` with servers of python3-websockets and of npm's ws (websockets_peer.py and
ws_peer.mjs, which serve the same paths), and with what no good server would do."""

import asyncio
import base64
import contextlib
import email.utils
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import unittest
import urllib.parse

from serving import LONGWIRE
from sites import Site

FOLDER = os.path.dirname(os.path.abspath(__file__))
MIB = 1024 * 1024


def connect(url, *options, data="", timeout=60):
    """Pipes `data` through `longwire connect`; the outputs are text where `data` is."""
    return subprocess.run([LONGWIRE, "connect", "--no-proxy", *options, url], input=data,
                          capture_output=True, text=isinstance(data, str), timeout=timeout,
                          check=False)


def events(output, *types):
    """What --json printed: the events of these types, or all."""
    all_of_them = [json.loads(line) for line in output.splitlines()]
    return [event for event in all_of_them if not types or event["type"] in types]


class Server:
    """A peer as a program of its own, which prints its port."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=FOLDER)
        self.port = int(self.process.stdout.readline())

    def url(self, path):
        return f"ws://127.0.0.1:{self.port}{path}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.process.stdout.close()


class AnyPeer:
    """What holds with every peer. A mixin, so that it is run only with one."""

    @staticmethod
    def start(subprotocols=None, deflate=None):
        """A server that knows these subprotocols, and compresses with these parameters."""
        raise NotImplementedError

    def setUp(self):
        self.server = self.enterContext(self.start())

    def test_subprotocols(self):
        with self.start(subprotocols=["chat.v2", "chat.v1"]) as server:
            for offered, agreed in (((), ""), (("other",), ""), (("chat.v1", "other"), "chat.v1"),
                                    (("other", "chat.v2"), "chat.v2")):
                options = [word for name in offered for word in ("-s", name)]
                result = connect(server.url("/echo"), "--json", *options)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(events(result.stdout, "open")[0]["subprotocol"], agreed)

    def test_every_form_of_length_as_text(self):
        lines = "".join(letter * size + "\n" for size in (0, 1, 125, 126, 127, 65535, 65536, 200000)
                        for letter in ("x", "ü"))
        result = connect(self.server.url("/echo"), data=lines)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, lines, ""))

    def test_large_messages_both_ways(self):
        data = os.urandom(20 * MIB)
        result = connect(self.server.url("/digest"), "--binary", "-1", "-n", "1", data=data)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout.decode(),
                         f"binary {len(data)} {hashlib.sha256(data).hexdigest()}")
        text = "größer " * MIB
        result = connect(self.server.url("/digest"), "-1", "-n", "1", data=text)
        encoded = text.encode()
        self.assertEqual((result.returncode, result.stdout), (
            0, f"text {len(encoded)} {hashlib.sha256(encoded).hexdigest()}\n"), result.stderr)
        for kind in ("text", "binary"):
            result = connect(self.server.url(f"/large?kind={kind}&size={20 * MIB}"), "--binary",
                             "-n", "1", data=b"")
            self.assertEqual((result.returncode, result.stderr), (0, b""))
            self.assertEqual(result.stdout, b"x" * (20 * MIB))

    def test_what_is_too_large_is_1009(self):
        result = connect(self.server.url("/large?kind=text&size=100001"), "--max-message",
                         "100000", "-n", "1")
        self.assertEqual((result.returncode, result.stdout), (8, ""))
        self.assertIn("1009", result.stderr)
        result = connect(self.server.url("/large?kind=text&size=100000"), "--max-message",
                         "100000", "-n", "1")
        self.assertEqual((result.returncode, len(result.stdout)), (0, 100001), result.stderr)

    def test_fragments_with_a_ping_between(self):
        result = connect(self.server.url("/fragments"), "-n", "2")
        self.assertEqual((result.returncode, result.stdout), (0, "Grüße 🚀\npong between\n"),
                         result.stderr)

    def test_pings_are_sent_as_often_as_asked(self):
        result = connect(self.server.url("/pings"), "--ping", "0.05", "-n", "3")
        self.assertEqual((result.returncode, result.stdout), (0, "ping 1\nping 2\nping 3\n"),
                         result.stderr)

    def test_how_it_closes_is_told(self):
        for code, reason, exit_code in (("1000", "", 0), ("1000", "done", 0), ("1001", "", 8),
                                        ("1011", "out of order", 8), ("3000", "", 8),
                                        ("4000", "größer als", 8), ("4999", "x" * 123, 8)):
            with self.subTest(code=code, reason=reason):
                query = urllib.parse.urlencode({"code": code, "reason": reason})
                result = connect(self.server.url(f"/close?{query}"), "--json", "--wait", "20")
                self.assertEqual(result.returncode, exit_code, result.stderr)
                closing = events(result.stdout, "close")[0]
                self.assertEqual((closing["code"], closing["reason"], closing["clean"]),
                                 (int(code), reason, True))
                if exit_code:
                    self.assertIn(code, result.stderr)
                    self.assertIn(reason, result.stderr)

    def test_a_close_without_a_code(self):
        result = connect(self.server.url("/close"), "--json", "--wait", "20")
        closing = events(result.stdout, "close")[0]
        self.assertEqual((result.returncode, closing["code"], closing["clean"]), (0, 1005, True))

    def test_an_abrupt_end_is_1006(self):
        result = connect(self.server.url("/terminate"), "--json", "--wait", "20")
        self.assertEqual(result.returncode, 8)
        self.assertEqual([event["data"] for event in events(result.stdout, "text")], ["before"])
        closing = events(result.stdout, "close")[0]
        self.assertEqual((closing["code"], closing["clean"]), (1006, False))
        self.assertIn("1006", result.stderr)

    def test_fewer_messages_than_counted_are_a_failure(self):
        result = connect(self.server.url("/close?code=1000"), "-n", "1")
        self.assertEqual(result.returncode, 1)
        self.assertIn("only 0 of 1", result.stderr)

    # Names as each peer has them, of: server_no_context_takeover, client_no_context_takeover,
    # server_max_window_bits, client_max_window_bits.
    deflate_names = ()

    def test_compression_of_every_kind(self):
        kinds = [(), (0,), (1,), (0, 1), (2,), (3,), (0, 1, 2, 3)]
        words = json.dumps([{"id": index, "name": f"name {index}"} for index in range(300)])
        random = base64.b64encode(os.urandom(5000)).decode()
        lines = "".join(f"{line}\n" for line in ("", "short", words, random, words, words * 20,
                                                 random, words))
        for how in ("off", "shared", "dedicated"):
            for kind in kinds:
                parameters = {self.deflate_names[index]: True if index < 2 else 9
                              for index in kind}
                with self.subTest(how=how, parameters=parameters), \
                        self.start(deflate=parameters) as server:
                    result = connect(server.url("/echo"), "--compress", how, data=lines)
                    self.assertEqual((result.returncode, result.stdout, result.stderr),
                                     (0, lines, ""))
                    result = connect(server.url("/echo"), "--compress", how, "--json")
                    agreed = events(result.stdout, "open")[0]["extensions"]
                    self.assertEqual(agreed.startswith("permessage-deflate"), how != "off")
                    if how == "off":
                        continue
                    for index, word in enumerate((
                            "server_no_context_takeover", "client_no_context_takeover",
                            "server_max_window_bits=9", "client_max_window_bits=9")):
                        expected = index in kind or (index < 2 and how == "shared")
                        self.assertEqual(word in agreed, expected, agreed)

    def test_a_server_that_does_not_compress(self):
        result = connect(self.server.url("/echo"), "--json")
        self.assertEqual(events(result.stdout, "open")[0]["extensions"], "")


class PythonWebsockets(AnyPeer, unittest.TestCase):
    deflate_names = ("server_no_context_takeover", "client_no_context_takeover",
                     "server_max_window_bits", "client_max_window_bits")

    @staticmethod
    def start(subprotocols=None, deflate=None):
        return Server(sys.executable, "websockets_peer.py",
                      json.dumps({"subprotocols": subprotocols, "deflate": deflate}))


class NodeWs(AnyPeer, unittest.TestCase):
    deflate_names = ("serverNoContextTakeover", "clientNoContextTakeover",
                     "serverMaxWindowBits", "clientMaxWindowBits")

    @staticmethod
    def start(subprotocols=None, deflate=None):
        options = {"maxPayload": 64 * MIB}
        if subprotocols:
            options["subprotocols"] = subprotocols
        options["perMessageDeflate"] = False if deflate is None else {"threshold": 0, **deflate}
        return Server(shutil.which("node"), "ws_peer.mjs", json.dumps(options))

    def test_what_we_send_is_compressed_on_the_wire(self):
        line = "the same words again and again " * 2000
        with self.start(deflate={}) as server:
            for how, most in (("off", None), ("shared", len(line) // 20),
                              ("dedicated", len(line) // 20)):
                result = connect(server.url("/wire"), "--compress", how, data=line + "\n")
                self.assertEqual(result.returncode, 0, result.stderr)
                if most is None:
                    self.assertGreater(int(result.stdout), len(line))
                else:
                    self.assertLess(int(result.stdout), most)


class BadServers(unittest.IsolatedAsyncioTestCase):
    """What listens, but is no WebSocket server, or a slow one."""

    async def served(self, handle):
        """The URL of a server that answers the bytes of a request's head by `handle`."""
        async def answer(reader, writer):
            answering = asyncio.current_task()
            self.addAsyncCleanup(asyncio.wait, [answering])
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                head = await reader.readuntil(b"\r\n\r\n")
                await handle(head, reader, writer)
            with contextlib.suppress(OSError):
                writer.close()
                await writer.wait_closed()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        await self.enterAsyncContext(server)
        return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    async def connect(self, url, *options, **rest):
        return await asyncio.to_thread(connect, url, *options, **rest)

    @staticmethod
    def acceptance(head, *fields):
        key = re.search(rb"Sec-WebSocket-Key: (\S+)", head).group(1)
        accept = base64.b64encode(hashlib.sha1(
            key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
        return "\r\n".join(["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket",
                            "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept}", *fields,
                            "", ""]).encode()

    async def test_silence_ends_with_the_timeout(self):
        async def say_nothing(_head, reader, _writer):
            await reader.read()

        result = await self.connect(await self.served(say_nothing), "--timeout", "0.5")
        self.assertEqual(result.returncode, 5)
        self.assertIn("within 500 ms", result.stderr)
        self.assertIn("has not answered the handshake", result.stderr)

    async def test_an_answer_in_drops_ends_with_the_timeout(self):
        async def drip(head, _reader, writer):
            for byte in self.acceptance(head):
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.05)

        result = await self.connect(await self.served(drip), "--timeout", "0.5")
        self.assertEqual(result.returncode, 5, result.stderr)

    async def test_an_answer_in_pieces_is_one(self):
        async def piecemeal(head, _reader, writer):
            for byte in self.acceptance(head) + b"\x81\x02hi\x88\x02\x03\xe8":
                writer.write(bytes([byte]))
                await writer.drain()

        result = await self.connect(await self.served(piecemeal), "--wait", "20")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "hi\n", ""))

    async def test_a_frame_that_comes_with_the_answer(self):
        async def at_once(head, reader, writer):
            writer.write(self.acceptance(head) + b"\x81\x02hi\x88\x02\x03\xe8")
            await reader.read()

        result = await self.connect(await self.served(at_once), "--wait", "20")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "hi\n", ""))

    async def test_wrong_answers_are_not_the_protocol(self):
        for name, answer in (
                ("key", lambda head: self.acceptance(head).replace(b"Accept: ", b"Accept: A")),
                ("subprotocol", lambda head: self.acceptance(head, "Sec-WebSocket-Protocol: x")),
                ("extension", lambda head: self.acceptance(head, "Sec-WebSocket-Extensions: x")),
                ("Upgrade", lambda head: self.acceptance(head).replace(b"Upgrade: ", b"Up: ")),
                ("", lambda _: b"SSH-2.0-OpenSSH_9.2\r\n"),
                ("without an answer", lambda _: b"")):
            with self.subTest(name=name):
                async def reply(head, _reader, writer, answer=answer):
                    writer.write(answer(head))
                    await writer.drain()

                result = await self.connect(await self.served(reply))
                self.assertEqual((result.returncode, result.stdout), (7, ""), result.stderr)
                self.assertIn(name.lower(), result.stderr.lower())

    async def test_bad_frames_are_1002(self):
        for frame in (b"\x83\x00", b"\xc1\x00", b"\x81\x80\x00\x00\x00\x00", b"\x80\x00",
                      b"\x09\x00", b"\x89\x7e\x00\x80" + b"x" * 128):
            with self.subTest(frame=frame[:4]):
                seen = []

                async def send(head, reader, writer, frame=frame, seen=seen):
                    writer.write(self.acceptance(head) + frame)
                    seen.append(await reader.read())

                result = await self.connect(await self.served(send), "--wait", "20",
                                            "--compress", "off")
                self.assertEqual(result.returncode, 7, result.stderr)
                self.assertIn("1002", result.stderr)
                # A close frame of eight bytes, masked.
                mask, payload = seen[0][2:6], seen[0][6:8]
                code = bytes(byte ^ mask[index] for index, byte in enumerate(payload))
                self.assertEqual(int.from_bytes(code, "big"), 1002)

    async def test_an_endless_answer_is_cut(self):
        async def flood(_head, _reader, writer):
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\n")
            with contextlib.suppress(OSError):
                while True:
                    writer.write(b"X-Filler: " + b"x" * 1000 + b"\r\n")
                    await writer.drain()

        result = await self.connect(await self.served(flood))
        self.assertEqual(result.returncode, 7, result.stderr)


class ComingBack(unittest.IsolatedAsyncioTestCase):
    """--reconnect, with servers that are away for a while."""

    async def connect(self, url, *options, **rest):
        return await asyncio.to_thread(connect, url, "--json", "--reconnect", *options, **rest)

    async def refusing_once(self, status, **fields):
        """Fields by name; what they say is asked for with each request."""
        def answer(count):
            if count > 1:
                return None
            return status, [(name.replace("_", "-"), value()) for name, value in fields.items()]

        return await self.enterAsyncContext(Site({"/": answer}))

    async def test_what_will_pass_is_tried_again(self):
        for status in (429, 502, 503):
            with self.subTest(status=status):
                site = await self.refusing_once(status)
                result = await self.connect(site.url(), data="hi\n")
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(len(site.requests), 2)
                # What was to be sent has waited.
                self.assertEqual([event["data"] for event in events(result.stdout, "text")],
                                 ["hi", "hi"])

    async def test_retry_after_is_heeded(self):
        for least, value in ((2000, lambda: "2"),
                             (1500, lambda: email.utils.formatdate(time.time() + 3, usegmt=True))):
            with self.subTest(value=value()):
                site = await self.refusing_once(503, Retry_After=value)
                began = time.monotonic()
                result = await self.connect(site.url(), data="hi\n")
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertGreaterEqual(time.monotonic() - began, least / 1000)
                self.assertGreaterEqual(events(result.stdout, "reconnecting")[0]["after_ms"],
                                        least)

    async def test_what_will_not_pass_is_not_tried_again(self):
        for status in (400, 401, 403, 404, 426):
            with self.subTest(status=status):
                site = await self.refusing_once(status)
                result = await self.connect(site.url())
                self.assertEqual(result.returncode, 6, result.stderr)
                self.assertEqual(len(site.requests), 1)

    async def test_the_code_of_a_close_decides(self):
        for code, connections in ((1001, 2), (1011, 2), (1012, 2), (1013, 2), (4000, 2),
                                  (1000, 1), (1008, 1), (1009, 1)):
            with self.subTest(code=code):
                count = 0

                async def close_first(websocket, code=code):
                    nonlocal count
                    count += 1
                    if count == 1:
                        await websocket.close(code)
                    else:
                        await websocket.send("back")

                site = Site()
                site.echo = close_first
                async with site:
                    result = await self.connect(site.url(), "--wait", "20")
                self.assertEqual(count, connections)
                self.assertEqual(len(events(result.stdout, "open")), connections)
                self.assertEqual(result.returncode, 0 if connections == 2 or code == 1000 else 8,
                                 result.stderr)

    async def test_a_lost_connection_comes_back(self):
        count = 0

        async def abort_first(websocket):
            nonlocal count
            count += 1
            if count == 1:
                websocket.transport.abort()
            else:
                await websocket.send("back")

        site = Site()
        site.echo = abort_first
        async with site:
            result = await self.connect(site.url(), "--wait", "20")
        self.assertEqual((result.returncode, count), (0, 2), result.stderr)

    async def test_a_server_that_starts_later_is_found(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            LONGWIRE, "connect", "--no-proxy", "--json", "--reconnect", "-n", "1",
            f"ws://127.0.0.1:{port}/", stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL)
        process.stdin.write(b"hi\n")
        first = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
        self.assertEqual(first["type"], "reconnecting")
        async with Site(port=port) as site:
            output, _ = await asyncio.wait_for(process.communicate(), 30)
            self.assertEqual(process.returncode, 0)
            self.assertEqual(site.paths, ["/"])
        self.assertEqual([event["data"] for event in events(output.decode(), "text")],
                         ["hi", "hi"])


if __name__ == "__main__":
    unittest.main()
