"""An echo server and an echo client with a flaw on demand: what the conformance program itself is
tested against. Without a flaw they do what the RFC asks for.

  flawed_peer.py server FLAW          prints where it listens
  flawed_peer.py client FLAW URL      takes all cases of a testing server
"""

import asyncio
import base64
import codecs
import os
import struct
import sys
from urllib.parse import urlsplit

from cases.parameters import parameters_of
from handshaking import Response, fields_of, read_head
from wire import BINARY, CLOSE, CONTINUATION, NAMES, PING, PONG, TEXT, Deflate, accept_of, mask, \
    valid_code

LARGEST = 64 << 20


class Violation(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Text:
    """Whether what has come of a text message is UTF-8 so far."""

    def __init__(self, flaw):
        self.decoder, self.flaw, self.kept = codecs.getincrementaldecoder("utf-8")(), flaw, b""

    def take(self, data, last):
        if self.flaw == "takes-bad-utf8":
            return
        if self.flaw == "fails-late":
            self.kept += data
            data, self.kept = (self.kept, b"") if last else (b"", self.kept)
        try:
            self.decoder.decode(data, last)
        except UnicodeDecodeError:
            raise Violation(1007) from None
        # Python waits for the third byte of a surrogate; two say enough.
        waiting = self.decoder.getstate()[0]
        if waiting[:1] == b"\xed" and waiting[1:2] >= b"\xa0":
            raise Violation(1007)


class Echo:
    def __init__(self, reader, writer, serves, flaw, deflate=None):
        self.reader, self.writer, self.serves, self.flaw = reader, writer, serves, flaw
        self.deflate, self.key = deflate, os.urandom(4)
        self.kind, self.parts, self.compressed, self.text = None, [], False, None

    def send(self, opcode, payload, rsv=0):
        size = len(payload)
        masked = not self.serves and self.flaw != "does-not-mask"
        bit = 0x80 if masked else 0
        if size < 126:
            head = struct.pack(">BB", 0x80 | rsv << 4 | opcode, bit | size)
        elif size < 65536:
            head = struct.pack(">BBH", 0x80 | rsv << 4 | opcode, bit | 126, size)
        else:
            head = struct.pack(">BBQ", 0x80 | rsv << 4 | opcode, bit | 127, size)
        if masked:
            key = self.key if self.flaw == "masks-with-one-key" else os.urandom(4)
            head, payload = head + key, mask(payload, key)
        self.writer.write(head + payload)

    async def run(self):
        try:
            while await self.take_frame():
                await self.writer.drain()
        except Violation as violation:
            if self.flaw == "fails-without-close":
                self.writer.close()
                return
            self.send(CLOSE, struct.pack(">H", violation.code))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        await self.end()

    async def end(self):
        try:
            if self.serves and self.flaw != "leaves-tcp-open":
                self.writer.write_eof()
            while await self.reader.read(65536):
                pass
        except (ConnectionError, OSError):
            pass
        self.writer.close()

    async def take_frame(self):
        first, second = await self.reader.readexactly(2)
        fin, rsv, opcode = bool(first & 0x80), first >> 4 & 7, first & 15
        masked, length = bool(second & 0x80), second & 127
        self.check_head(fin, rsv, opcode, masked, length)
        if length > 125:
            size = 2 if length == 126 else 8
            length = int.from_bytes(await self.reader.readexactly(size), "big")
            if length < (126 if size == 2 else 65536) and self.flaw != "takes-long-lengths":
                raise Violation(1002)
        if length > LARGEST:
            raise Violation(1009)
        key = await self.reader.readexactly(4) if masked else bytes(4)
        if opcode >= CLOSE:
            return self.take_control(opcode, mask(await self.reader.readexactly(length), key))
        self.begin_fragment(rsv, opcode)
        await self.take_data(fin, length, key)
        return True

    def check_head(self, fin, rsv, opcode, masked, length):
        flaw = self.flaw
        if rsv == 4 and self.deflate and opcode in (TEXT, BINARY):
            rsv = 0
        if rsv and flaw != "takes-reserved-bits":
            raise Violation(1002)
        if opcode not in NAMES and flaw != "takes-reserved-opcodes":
            raise Violation(1002)
        if opcode >= CLOSE and (not fin or length > 125) and flaw != "takes-long-controls":
            raise Violation(1002)
        if masked != self.serves and flaw != "takes-unmasked":
            raise Violation(1002)

    def begin_fragment(self, rsv, opcode):
        if (opcode == CONTINUATION) == (self.kind is None):
            if self.flaw != "mixes-fragments":
                raise Violation(1002)
            opcode = opcode or TEXT
        if opcode != CONTINUATION:
            self.kind, self.compressed, self.parts = opcode, bool(rsv and self.deflate), []
            self.text = Text(self.flaw) if self.kind == TEXT and not self.compressed else None

    async def take_data(self, fin, length, key):
        place = 0
        while place < length:
            data = await self.reader.read(min(length - place, 65536))
            if not data:
                raise asyncio.IncompleteReadError(b"", length)
            turned = key[place % 4:] + key[:place % 4]
            place += len(data)
            data = mask(data, turned)
            self.parts.append(data)
            if self.text:
                self.text.take(data, False)
        if fin:
            if self.text:
                self.text.take(b"", True)
            self.echo(b"".join(self.parts))
            self.kind = None

    def echo(self, message):
        kind = self.kind
        if self.compressed:
            message = self.deflate.decompress(message)
            if kind == TEXT:
                Text(self.flaw).take(message, True)
        if self.flaw == "corrupts" and message:
            message = message[:-1] + bytes([message[-1] ^ 1])
        if self.flaw == "forgets-the-type":
            kind = BINARY
        if self.deflate:
            self.send(kind, self.deflate.compress(message), 4)
        else:
            self.send(kind, message)

    def take_control(self, opcode, payload):
        if opcode == PING and self.flaw != "answers-no-ping":
            self.send(PONG, b"" if self.flaw == "answers-pings-emptily" else payload[:125])
        if opcode != CLOSE:
            return True
        if len(payload) == 1 and self.flaw != "takes-any-close":
            raise Violation(1002)
        if len(payload) > 1 and self.flaw != "takes-any-close":
            if not valid_code(int.from_bytes(payload[:2], "big")):
                raise Violation(1002)
            Text("").take(payload[2:], True)
        if self.flaw == "closes-with-another-code":
            payload = struct.pack(">H", 1001)
        if self.flaw != "answers-no-close":
            self.send(CLOSE, payload)
        if self.flaw == "sends-after-close":
            self.send(TEXT, b"one more thing")
        return False


# ---- as a server --------------------------------------------------------------------------------

def agree(offer, flaw):
    """What is agreed to, and how we compress then. The client's windows are of no interest."""
    if not offer.startswith("permessage-deflate"):
        return "", None
    asked = parameters_of(offer.split(",")[0])
    window = int(asked.get("server_max_window_bits") or 15)
    context = "server_no_context_takeover" not in asked
    if window == 8:
        return "", None
    text = "permessage-deflate"
    text += f"; server_max_window_bits={window}" if window < 15 else ""
    text += "; server_max_window_bits=15" if asked.get("server_max_window_bits") == "15" else ""
    text += "" if context else "; server_no_context_takeover"
    if "client_no_context_takeover" in asked:
        text += "; client_no_context_takeover"
    return text, Deflate(15 if flaw == "ignores-the-window" else window,
                         context or flaw == "keeps-the-context",
                         peer_context="client_no_context_takeover" not in asked)


async def serve_one(reader, writer, flaw):
    _, *lines = (await read_head(reader)).split("\r\n")
    request = {name: ", ".join(values) for name, values in fields_of(lines).items()}
    accept = accept_of(request["sec-websocket-key"] + ("x" if flaw == "accepts-wrongly" else ""))
    text, deflate = agree(request.get("sec-websocket-extensions", ""), flaw)
    extensions = f"Sec-WebSocket-Extensions: {text}\r\n" if text else ""
    writer.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade"
                  f"\r\nSec-WebSocket-Accept: {accept}\r\n{extensions}\r\n").encode())
    await Echo(reader, writer, True, flaw, deflate).run()


async def serve(flaw):
    server = await asyncio.start_server(lambda reader, writer: serve_one(reader, writer, flaw),
                                        "127.0.0.1", 0)
    print("Listening on 127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# ---- as a client --------------------------------------------------------------------------------

async def connect(url, path):
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    key = base64.b64encode(os.urandom(16)).decode()
    fields = (f"Host: {parts.netloc}", "Upgrade: websocket", "Connection: Upgrade",
              f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13")
    writer.write("\r\n".join((f"GET {path} HTTP/1.1", *fields, "", "")).encode())
    response = Response(await read_head(reader), "")
    good = response.status == 101 and response["sec-websocket-accept"] == accept_of(key) \
        and response["upgrade"].lower() == "websocket" \
        and "upgrade" in response["connection"].lower() \
        and not response["sec-websocket-extensions"] and not response["sec-websocket-protocol"]
    return reader, writer, good


async def take_cases(flaw, url):
    reader, writer, _ = await connect(url, "/getCaseCount")
    _, size = await reader.readexactly(2)
    count = int(await reader.readexactly(size))
    await Echo(reader, writer, False, "").run()
    for number in range(1, count + 1):
        if flaw == "leaves-one-out" and number == 1:
            continue
        try:
            reader, writer, good = await connect(url, f"/runCase?case={number}&agent=flawed")
        except Exception:  # noqa: BLE001: an answer that is to be refused
            continue
        if good or flaw == "takes-any-answer":
            await Echo(reader, writer, False, flaw).run()
        writer.close()
    reader, writer, _ = await connect(url, "/updateReports?agent=flawed")
    await Echo(reader, writer, False, "").run()


if __name__ == "__main__":
    role, chosen, *more = sys.argv[1:]
    asyncio.run(serve(chosen) if role == "server" else take_cases(chosen, *more))
