"""Our server with python3-websockets' client, and our client with its server."""

import asyncio
import subprocess
import unittest

import websockets

from serving import LONGWIRE, Serving


def longwire_connect(url, lines, *arguments, timeout=30):
    """Pipes lines through `longwire connect`."""
    return subprocess.run(
        [LONGWIRE, "connect", *arguments, url],
        input=lines,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


async def longwire_connect_async(url, lines, *arguments):
    return await asyncio.to_thread(longwire_connect, url, lines, *arguments)


class PythonClient(unittest.IsolatedAsyncioTestCase):
    """websockets.connect against `longwire serve`."""

    def setUp(self):
        self.serving = Serving()

    def tearDown(self):
        self.assertEqual(self.serving.stop(), 0)

    async def test_echoes_text_and_binary_of_every_length_form(self):
        async with websockets.connect(self.serving.url("/echo"), max_size=None) as socket:
            for size in (0, 1, 125, 126, 127, 65535, 65536, 1_000_000):
                await socket.send("é" * (size // 2))
                self.assertEqual(await socket.recv(), "é" * (size // 2))
                await socket.send(bytes(size))
                self.assertEqual(await socket.recv(), bytes(size))

    async def test_joins_fragments(self):
        async with websockets.connect(self.serving.url("/echo")) as socket:
            await socket.send(part for part in ["Grü", "", "ße ", "🚀"])
            self.assertEqual(await socket.recv(), "Grüße 🚀")

    async def test_answers_pings(self):
        async with websockets.connect(self.serving.url("/echo")) as socket:
            await asyncio.wait_for(await socket.ping(b"payload"), 10)

    async def test_closes_with_the_code_it_got(self):
        async with websockets.connect(self.serving.url("/echo")) as socket:
            await socket.close(4000, "bye")
        self.assertEqual(socket.close_code, 4000)

    async def test_a_message_above_the_limit_is_1009(self):
        async with websockets.connect(self.serving.url("/echo"), max_size=None) as socket:
            await socket.send("x" * (1024 * 1024 + 1))
            with self.assertRaises(websockets.ConnectionClosedError) as raised:
                await socket.recv()
        self.assertEqual(raised.exception.rcvd.code, 1009)

    async def test_a_channel_joins_its_members_only(self):
        async with (
            websockets.connect(self.serving.url("/channels/one")) as ada,
            websockets.connect(self.serving.url("/channels/one")) as bob,
            websockets.connect(self.serving.url("/channels/two")) as eve,
            websockets.connect(self.serving.url("/channels/one?echo=1")) as self_heard,
        ):
            await ada.send("from ada")
            self.assertEqual(await bob.recv(), "from ada")
            self.assertEqual(await self_heard.recv(), "from ada")
            await self_heard.send(b"from self_heard")
            for member in (ada, bob, self_heard):
                self.assertEqual(await member.recv(), b"from self_heard")
            # Eve hears only what comes to her own channel, and that comes after all the rest.
            async with websockets.connect(self.serving.url("/channels/two")) as mallory:
                await mallory.send("the first that eve hears")
            self.assertEqual(await eve.recv(), "the first that eve hears")

    async def test_a_fan_out_keeps_the_order_for_everybody(self):
        members = [
            await websockets.connect(self.serving.url("/channels/many")) for _ in range(50)
        ]
        async with websockets.connect(self.serving.url("/channels/many")) as sender:
            for index in range(200):
                await sender.send(str(index))
            for member in members:
                self.assertEqual(
                    [await member.recv() for _ in range(200)], [str(i) for i in range(200)]
                )
        for member in members:
            await member.close()

    async def test_leaving_sends_1001(self):
        async with websockets.connect(self.serving.url("/echo")) as socket:
            # The first message shows that the connection is open on the server too.
            await socket.send("x")
            await socket.recv()
            stopping = asyncio.to_thread(self.serving.stop)
            code = await stopping
            with self.assertRaises(websockets.ConnectionClosed) as raised:
                await socket.recv()
        self.assertEqual(code, 0)
        self.assertEqual(raised.exception.rcvd.code, 1001)
        self.serving = Serving()

    async def test_pages_of_another_origin_may_not_connect(self):
        with self.assertRaises(websockets.InvalidStatusCode) as raised:
            await websockets.connect(self.serving.url("/echo"), origin="https://evil.example")
        self.assertEqual(raised.exception.status_code, 403)


class PythonServer(unittest.IsolatedAsyncioTestCase):
    """`longwire connect` against websockets.serve."""

    async def serve(self, handler, **options):
        server = await websockets.serve(handler, "127.0.0.1", 0, **options)
        self.addAsyncCleanup(server.wait_closed)
        self.addCleanup(server.close)
        return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/path"

    async def test_echoes_lines(self):
        async def echo(socket):
            async for message in socket:
                await socket.send(message)

        url = await self.serve(echo, compression=None)
        lines = "".join(f"line {index} é🚀\n" for index in range(1000))
        result = await longwire_connect_async(url, lines)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout, lines)

    async def test_answers_pings_of_the_server(self):
        async def ping(socket):
            await asyncio.wait_for(await socket.ping(), 10)
            await socket.send("pong came")
            await socket.wait_closed()

        url = await self.serve(ping)
        result = await longwire_connect_async(url, "x\n" * 3)
        self.assertEqual((result.returncode, result.stdout), (0, "pong came\n"))

    async def test_agrees_on_a_subprotocol_and_sends_its_fields(self):
        seen = {}

        async def note(socket):
            seen["subprotocol"] = socket.subprotocol
            seen["header"] = socket.request_headers["X-Test"]
            seen["origin"] = socket.request_headers["Origin"]
            await socket.close()

        url = await self.serve(note, subprotocols=["chat"])
        result = await longwire_connect_async(
            url, "", "-s", "superchat", "-s", "chat", "-H", "X-Test: yes", "--origin", "http://o"
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(seen, {"subprotocol": "chat", "header": "yes", "origin": "http://o"})

    async def test_a_close_code_of_the_server_is_told(self):
        async def refuse(socket):
            await socket.close(4003, "not you")

        url = await self.serve(refuse)
        result = await longwire_connect_async(url, "")
        # Its input ends at once, so its own close frame may cross the server's.
        self.assertIn(result.returncode, (0, 8))
        reader = await asyncio.create_subprocess_exec(
            LONGWIRE, "connect", url, stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        errors = await reader.stderr.read()
        self.assertEqual(await reader.wait(), 8)
        self.assertIn("4003", errors.decode())
        self.assertIn("not you", errors.decode())

    async def test_fragments_of_the_server_are_joined(self):
        async def send(socket):
            await socket.send(part for part in ["one ", "two ", "three"])
            await socket.close()

        url = await self.serve(send)
        reader = await asyncio.create_subprocess_exec(
            LONGWIRE, "connect", url, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self.assertEqual(await reader.stdout.read(), b"one two three\n")
        self.assertEqual(await reader.wait(), 0)


if __name__ == "__main__":
    unittest.main()
