"""One end of a WebSocket connection that says exactly what a case wants said, and takes nothing for
granted. Written from RFC 6455 and RFC 7692 alone, and with the standard library alone, so that it
shares no mistake with what it tests."""

import asyncio
import base64
import hashlib
import os
import struct
import zlib
from collections import deque

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
NAMES = {0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TAIL = b"\x00\x00\xff\xff"
LONGEST_LOG_HEAD, LONGEST_LOG_TAIL = 40, 20
MOST_KEYS = 100
LARGEST_READ = 1 << 22
LARGEST_MESSAGE = 64 << 20  # no case makes a peer send more


class Failed(Exception):
    """The peer did what it must not do, or did not do what it must."""


class NonStrict(Exception):
    """The peer did what is allowed, and not what is best."""


class Declined(Exception):
    """The peer does not have what the case is about."""


class Informational(Exception):
    """The RFC leaves it open; this is what the peer did."""


class Ended(Exception):
    """The peer has ended the connection."""


def accept_of(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def mask(payload, key):
    size = len(payload)
    if size == 0:
        return b""
    keys = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(keys, "big")).to_bytes(size, "big")


def shown(data, most=24):
    text = data[:most].decode("ascii", "backslashreplace").replace("\n", "\\n")
    return f"{text!r}{'…' if len(data) > most else ''} ({len(data)} bytes)"


class Deflate:
    """permessage-deflate as it was agreed on, seen from our end."""

    def __init__(self, our_window=15, our_context=True, peer_window=15, peer_context=True):
        self.our_window, self.our_context = our_window, our_context
        self.peer_window, self.peer_context = peer_window, peer_context
        self.compressor = self.decompressor = None

    def make_compressor(self):
        if self.our_window > 8:
            return zlib.compressobj(6, zlib.DEFLATED, -self.our_window)
        # zlib has no raw window of 8 bits for compressing, but runs of one byte need none.
        return zlib.compressobj(6, zlib.DEFLATED, -9, 8, zlib.Z_RLE)

    def compress(self, message):
        if self.compressor is None or not self.our_context:
            self.compressor = self.make_compressor()
        data = self.compressor.compress(message) + self.compressor.flush(zlib.Z_SYNC_FLUSH)
        return data[:-4]

    def decompress(self, data):
        if self.decompressor is None or not self.peer_context:
            self.decompressor = zlib.decompressobj(-self.peer_window)
        # Inside of one call zlib lets references reach further back than the window, into what
        # that call gave: small steps hold the peer to its window.
        step = 64 if self.peer_window < 15 else 1 << 16
        parts, size, rest = [], 0, data + TAIL
        while True:
            part = self.decompressor.decompress(rest, step)
            rest = self.decompressor.unconsumed_tail
            parts.append(part)
            size += len(part)
            if size > LARGEST_MESSAGE:
                raise Failed(f"a message inflates to more than {LARGEST_MESSAGE} bytes")
            if self.decompressor.eof:
                self.decompressor = None
                break
            if not rest and len(part) < step:
                break
        return b"".join(parts)


class Peer:
    """Our end of one connection. `serves` says whether we are the server of the two."""

    patience = 20.0  # seconds for anything that has to come

    def __init__(self, reader, writer, serves):
        self.reader, self.writer, self.serves = reader, writer, serves
        self.deflate = None
        self.log_head, self.log_tail, self.left_out = [], deque(maxlen=LONGEST_LOG_TAIL), 0
        self.keys = []
        self.close_received = False

    # ---- what we say ----------------------------------------------------------------------------

    def note(self, text):
        if len(self.log_head) < LONGEST_LOG_HEAD:
            self.log_head.append(text)
        else:
            self.left_out += len(self.log_tail) == LONGEST_LOG_TAIL
            self.log_tail.append(text)

    @property
    def log(self):
        gap = [f"… {self.left_out} more …"] if self.left_out else []
        return [*self.log_head, *gap, *self.log_tail]

    def frame(self, opcode, payload=b"", fin=True, rsv=0, masked=None, length=None, form=None):
        """The bytes of a frame; `length` is what its header claims, `form` the bytes it takes."""
        masked = (not self.serves) if masked is None else masked
        length = len(payload) if length is None else length
        if form is None:
            form = 0 if length < 126 else 2 if length < 65536 else 8
        bit = 0x80 if masked else 0
        head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
        if form == 0:
            head += bytes([bit | length])
        elif form == 2:
            head += bytes([bit | 126]) + struct.pack(">H", length)
        else:
            head += bytes([bit | 127]) + struct.pack(">Q", length)
        if not masked:
            return head + payload
        key = os.urandom(4)
        return head + key + mask(payload, key)

    async def write(self, data, piece=None):
        try:
            if piece is None:
                self.writer.write(data)
            else:
                for begin in range(0, len(data), piece):
                    self.writer.write(data[begin:begin + piece])
                    # Each piece in a segment of its own, as far as the system lets us.
                    await asyncio.sleep(0)
            await self.writer.drain()
        except ConnectionError:
            pass  # what the peer said before counts; it is read next

    async def send(self, opcode, payload=b"", fin=True, rsv=0, piece=None, **header):
        self.note(f"> {NAMES.get(opcode, opcode)}{'' if fin else ' (more follows)'}"
                  f"{f' rsv {rsv}' if rsv else ''} {shown(payload)}")
        await self.write(self.frame(opcode, payload, fin, rsv, **header), piece)

    async def send_fragments(self, opcode, parts, rsv=0, together=False):
        frames = b""
        for index, part in enumerate(parts):
            last = index == len(parts) - 1
            which = opcode if index == 0 else CONTINUATION
            frame = self.frame(which, part, last, rsv if index == 0 else 0)
            if together:
                frames += frame
            else:
                await self.write(frame)
        self.note(f"> {NAMES[opcode]} in {len(parts)} fragments {shown(b''.join(parts[:8]))}")
        if together:
            await self.write(frames)

    async def send_message(self, opcode, message, fragment=None):
        """A whole message, compressed if that was agreed on, in frames of at most `fragment`."""
        data = self.deflate.compress(message) if self.deflate else message
        rsv = 4 if self.deflate else 0
        size = fragment or max(len(data), 1)
        parts = [data[begin:begin + size] for begin in range(0, len(data), size)] or [b""]
        await self.send_fragments(opcode, parts, rsv, together=len(data) < 65536)

    async def send_close(self, code=None, reason=b""):
        payload = b"" if code is None else struct.pack(">H", code) + reason
        await self.send(CLOSE, payload)

    # ---- what the peer says ---------------------------------------------------------------------

    async def read(self, size):
        try:
            return await asyncio.wait_for(self.reader.readexactly(size), self.patience)
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise Failed("the connection ended in the middle of a frame") from error
            raise Ended("the connection was ended") from error
        except ConnectionError as error:
            raise Ended("the connection was reset") from error
        except asyncio.TimeoutError as error:
            raise Failed(f"nothing came for {self.patience:.0f} seconds") from error

    async def read_frame(self):
        first, second = await self.read(2)
        fin, rsv, opcode = first >> 7, first >> 4 & 7, first & 15
        length = second & 127
        if length == 126:
            length, = struct.unpack(">H", await self.read(2))
            if length < 126:
                raise Failed("a length is not written in the shortest form")
        elif length == 127:
            length, = struct.unpack(">Q", await self.read(8))
            if length < 65536:
                raise Failed("a length is not written in the shortest form")
        if length > LARGEST_MESSAGE:
            raise Failed(f"a frame of {length} bytes came, which no case asks for")
        masked = bool(second & 128)
        if masked != self.serves:
            raise Failed("a client's frame is not masked" if self.serves
                         else "a server's frame is masked")
        key = await self.read(4) if masked else None
        if key and len(self.keys) < MOST_KEYS:
            self.keys.append(key)
        payload = await self.read(length) if length else b""
        payload = mask(payload, key) if masked else payload
        self.note(f"< {NAMES.get(opcode, opcode)}{'' if fin else ' (more follows)'}"
                  f"{f' rsv {rsv}' if rsv else ''} {shown(payload)}")
        self.check(fin, rsv, opcode, payload)
        return fin, rsv, opcode, payload

    def check(self, fin, rsv, opcode, payload):
        if self.close_received:
            raise Failed("a frame came after the close frame")
        if opcode not in NAMES:
            raise Failed(f"a frame of the reserved opcode {opcode} came")
        if opcode >= CLOSE and (not fin or len(payload) > 125):
            raise Failed("a control frame is fragmented or longer than 125 bytes")
        if rsv & 3 or (rsv and (not self.deflate or opcode in (CONTINUATION, CLOSE, PING, PONG))):
            raise Failed("a reserved bit is set that nobody agreed on")
        if opcode == CLOSE:
            self.close_received = True
            if len(payload) == 1:
                raise Failed("a close frame has a payload of one byte")
            if payload:
                code, = struct.unpack(">H", payload[:2])
                if not valid_code(code):
                    raise Failed(f"a close frame has the code {code}, which must not be sent")
                payload[2:].decode()

    async def read_event(self):
        """The next message, ping, pong or close: (kind, payload). Pings are answered."""
        parts, kind, compressed = [], None, False
        while True:
            fin, rsv, opcode, payload = await self.read_frame()
            if opcode == PING:
                await self.send(PONG, payload)
                continue
            if opcode in (CLOSE, PONG):
                return opcode, payload
            if (opcode == CONTINUATION) == (kind is None):
                raise Failed("fragments of messages are mixed up")
            if kind is None:
                kind, compressed = opcode, bool(rsv)
            parts.append(payload)
            if fin:
                message = b"".join(parts)
                if compressed:
                    message = self.deflate.decompress(message)
                if kind == TEXT:
                    message.decode()
                return kind, message

    # ---- what is expected -----------------------------------------------------------------------

    @staticmethod
    def check_message(event, opcode, message):
        kind, payload = event
        if kind != opcode or payload != message:
            raise Failed(f"instead of the {NAMES[opcode]} message {shown(message)} came "
                         f"{NAMES[kind]} {shown(payload)}")

    @staticmethod
    def check_close(event, codes):
        kind, payload = event
        if kind != CLOSE:
            raise Failed(f"instead of a close frame came {NAMES[kind]} {shown(payload)}")
        code = struct.unpack(">H", payload[:2])[0] if payload else None
        if code not in codes:
            wanted = " or ".join(str(wanted) for wanted in codes)
            raise Failed(f"the close frame has the code {code}, and not {wanted}")

    async def expect_message(self, opcode, message):
        self.check_message(await self.read_event(), opcode, message)

    async def expect_pong(self, payload):
        kind, got = await self.read_event()
        if kind != PONG or got != payload:
            raise Failed(f"instead of the pong {shown(payload)} came {NAMES[kind]} {shown(got)}")

    async def expect_pongs(self, payloads):
        """Pongs for these pings, in order. Those that wait may be answered by the last alone
        (section 5.5.3); gives how many were passed over."""
        left = list(payloads)
        passed_over = 0
        while left:
            kind, got = await self.read_event()
            if kind != PONG or got not in left:
                raise Failed(f"instead of the pong {shown(left[0])} came {NAMES[kind]} "
                             f"{shown(got)}")
            passed_over += left.index(got)
            del left[:left.index(got) + 1]
        return passed_over

    async def expect_echo(self, opcode, message):
        await self.send(opcode, message)
        await self.expect_message(opcode, message)

    async def expect_end(self):
        """The TCP connection ends, and nothing comes before."""
        try:
            rest = await asyncio.wait_for(self.reader.read(1), self.patience)
        except ConnectionError as error:
            raise Failed("the connection was reset where it was to be ended") from error
        except asyncio.TimeoutError as error:
            raise Failed("the TCP connection was not ended") from error
        if rest:
            raise Failed("something came after the close frame")

    async def expect_close(self, codes):
        """A close frame with one of these codes (None: without one)."""
        self.check_close(await self.read_event(), codes)

    async def expect_failure(self, *codes):
        """The peer fails the connection (section 7.1.7): best with a close frame, then the end."""
        try:
            await self.expect_close(codes)
        except Ended as ended:
            raise NonStrict("the connection was failed without a close frame") from ended
        await self.finish()

    async def expect_messages_then_close(self, opcode, messages, *codes):
        """What was sent before comes back, and then the close frame. The RFC lets a peer close
        first: it does not say when an echo is due."""
        for message in messages:
            try:
                event = await self.read_event()
            except Ended as ended:
                raise NonStrict("the connection was ended before what was sent before came back, "
                                "and without a close frame") from ended
            if event[0] == CLOSE:
                self.check_close(event, codes)
                await self.finish()
                raise NonStrict("the connection was closed before what was sent before came back")
            self.check_message(event, opcode, message)
        await self.expect_failure(*codes)

    async def finish(self):
        """After the peer's close frame: ours, if it began, and the end of TCP (section 7.1.1)."""
        if self.serves:
            await self.shut()
        await self.expect_end()

    async def shut(self):
        try:
            if self.writer.can_write_eof():
                self.writer.write_eof()
        except (ConnectionError, OSError):
            pass

    async def close(self, code=1000, reason=b"", answer=None):
        """A closing handshake that we begin."""
        await self.send_close(code, reason)
        await self.expect_close((code,) if answer is None else answer)
        await self.finish()


def valid_code(code):
    """Whether an endpoint may send it (section 7.4 and the registry it opened)."""
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999
