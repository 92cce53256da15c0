"""The program itself: a peer with a fault is told from one without."""

import asyncio
import struct
import unittest

import wire
from cases import all_cases
from handshaking import ServerEnd, accept_of, fields_of, read_head
from run import test_client, test_server
from wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Ended, Failed

CASES = {case.number: case for case in all_cases()}


class EchoServer:
    """A small server that is right where it is asked, but for the faults it is given."""

    def __init__(self, *faults):
        self.faults = faults

    async def take(self, reader, writer):
        try:
            await self.talk(reader, writer)
        except (Ended, Failed, ConnectionError):
            pass
        finally:
            writer.close()

    async def talk(self, reader, writer):
        _, *lines = (await read_head(reader)).split("\r\n")
        request = {name: ", ".join(values) for name, values in fields_of(lines).items()}
        peer = ServerEnd(reader, writer, request)
        changes = {}
        if "wrong accept" in self.faults:
            changes["Sec-WebSocket-Accept"] = accept_of("another key")
        await peer.answer(request, changes=changes)
        await self.echo(peer)

    async def fail(self, peer, code):
        await peer.send_close(code)
        await peer.shut()
        while await peer.reader.read(65536):
            pass

    async def echo(self, peer):
        kind, parts = None, []
        while True:
            first, second = await peer.read(2)
            length = second & 127
            if length == 126:
                length, = struct.unpack(">H", await peer.read(2))
            elif length == 127:
                length, = struct.unpack(">Q", await peer.read(8))
            masked = bool(second & 128)
            key = await peer.read(4) if masked else bytes(4)
            payload = bytes(byte ^ key[place % 4]
                            for place, byte in enumerate(await peer.read(length)))
            opcode, fin, rsv = first & 15, first >> 7, first >> 4 & 7
            if not masked and "takes unmasked" not in self.faults:
                return await self.fail(peer, 1002)
            if rsv and "takes reserved bits" not in self.faults:
                return await self.fail(peer, 1002)
            if opcode == PING:
                await peer.send(PONG, b"" if "empty pongs" in self.faults else payload)
            elif opcode == CLOSE:
                return await self.close(peer, payload)
            elif opcode in (TEXT, BINARY, CONTINUATION):
                if opcode != CONTINUATION:
                    kind, parts = opcode, []
                parts.append(payload)
                if fin:
                    message = b"".join(parts)
                    if kind == TEXT and not self.takes(message):
                        return await self.fail(peer, 1007)
                    if "corrupts" in self.faults and message:
                        message = message[:-1] + bytes([message[-1] ^ 1])
                    if "changes type" in self.faults:
                        kind = BINARY
                    await peer.send(kind, message, masked="masks" in self.faults)
            elif "takes any opcode" not in self.faults:
                return await self.fail(peer, 1002)

    def takes(self, message):
        try:
            message.decode()
        except UnicodeDecodeError:
            return "takes any text" in self.faults
        return True

    async def close(self, peer, payload):
        if "closes with 1001" in self.faults:
            payload = struct.pack(">H", 1001)
        if "never closes" not in self.faults:
            await peer.send(CLOSE, payload)
        if "talks on" in self.faults:
            await peer.send(TEXT, b"and one more thing")
        if "never ends" in self.faults or "never closes" in self.faults:
            while await peer.reader.read(65536):
                pass
        await peer.shut()


async def verdict_of(number, *faults):
    server = await asyncio.start_server(EchoServer(*faults).take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outcomes = []
    await test_server(f"ws://127.0.0.1:{port}/", [CASES[number]], 1, outcomes.append)
    server.close()
    return outcomes[0].verdict


def number_of(title):
    return next(case.number for case in CASES.values() if case.title.startswith(title))


class Oracle(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.patience, wire.PATIENCE = wire.PATIENCE, 2.0

    async def asyncTearDown(self):
        wire.PATIENCE = self.patience

    async def judge(self, title, *faults, expected="FAILED"):
        number = number_of(title)
        self.assertEqual(await verdict_of(number), "OK", title)
        self.assertEqual(await verdict_of(number, *faults), expected, (title, faults))

    async def test_a_frame_that_is_not_masked_and_is_taken(self):
        await self.judge("A frame of a client that is not masked", "takes unmasked")

    async def test_reserved_bits_that_are_taken(self):
        await self.judge("A text frame with the reserved bits 001", "takes reserved bits")

    async def test_reserved_opcodes_that_are_taken(self):
        await self.judge("Opcode 3", "takes any opcode")

    async def test_text_that_is_not_utf8_and_is_taken(self):
        await self.judge("Invalid: the byte C0", "takes any text")

    async def test_an_answer_that_is_not_what_was_sent(self):
        await self.judge("A text message of 125 bytes", "corrupts")
        await self.judge("A text message of 125 bytes", "changes type")
        await self.judge("A text message of 125 bytes", "masks")

    async def test_a_pong_without_the_pings_payload(self):
        await self.judge("A ping with text", "empty pongs")

    async def test_a_close_that_is_answered_wrongly(self):
        await self.judge("A close frame with a reason", "closes with 1001")
        await self.judge("A close frame with a reason", "never closes")
        await self.judge("A close frame with a reason", "never ends")
        await self.judge("A close frame with a reason", "talks on")

    async def test_a_handshake_that_is_answered_wrongly(self):
        await self.judge("A good request", "wrong accept")

    async def test_failing_only_at_the_end_of_a_message_is_not_strict(self):
        number = number_of("Fail fast between fragments")
        self.assertEqual(await verdict_of(number), "NON-STRICT")

    async def test_compression_that_is_declined_is_unimplemented(self):
        self.assertEqual(await verdict_of("12.1.1"), "UNIMPLEMENTED")

    async def test_a_client_that_never_comes_has_no_verdict(self):
        outcomes = []
        await test_client(["true"], [CASES["1.1.1"]], outcomes.append)
        self.assertEqual(outcomes, [])


if __name__ == "__main__":
    unittest.main()
