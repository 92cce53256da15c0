"""Category 6: text that is UTF-8, and text that is not (RFC 6455, section 8.1; RFC 3629)."""

import asyncio

from case import Group
from wire import CONTINUATION, PING, TEXT, Ended, Failed, NonStrict

ECHO = "The text comes back unchanged."
FAIL = "The connection is failed with 1007."
FAST = ("The connection is failed with 1007 as soon as the text cannot become valid any more; "
        "only at the end of the message is NON-STRICT.")

WORD = "κόσμε".encode()

VALID = (
    ("ASCII", b"Hello, world"),
    ("every length of a character", "$¢€𤭢".encode()),
    ("Greek", WORD),
    ("NUL and DEL", b"\x00\x7f"),
    ("the first character of each length", b"\x00\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80"),
    ("the last character of each length", b"\x7f\xdf\xbf\xef\xbf\xbf\xf4\x8f\xbf\xbf"),
    ("the characters around the surrogates", b"\xed\x9f\xbf\xee\x80\x80"),
    ("the replacement character", b"\xef\xbf\xbd"),
    ("the largest character", b"\xf4\x8f\xbf\xbf"),
    ("a byte order mark", b"\xef\xbb\xbfhello"),
    ("combining characters and right to left", "e\u0301 שלום \u202eabc".encode()),
    ("emoji with joiners", "👩\u200d👩\u200d👧 🏳\ufe0f\u200d🌈".encode()),
    ("noncharacters U+FDD0 to U+FDEF", "".join(map(chr, range(0xFDD0, 0xFDF0))).encode()),
)
NONCHARACTERS = [plane << 16 | low for plane in range(17) for low in (0xFFFE, 0xFFFF)]

INVALID = (
    ("a lone continuation byte 80", b"\x80"),
    ("a lone continuation byte BF", b"\xbf"),
    ("several continuation bytes", b"\x80\xbf\x80\xbf\x80\xbf"),
    ("every continuation byte", bytes(range(0x80, 0xC0))),
    ("lone first bytes of two", b" ".join(bytes([byte]) for byte in range(0xC0, 0xE0))),
    ("lone first bytes of three", b" ".join(bytes([byte]) for byte in range(0xE0, 0xF0))),
    ("lone first bytes of four", b" ".join(bytes([byte]) for byte in range(0xF0, 0xF8))),
    ("the byte C0", b"\xc0"), ("the byte C1", b"\xc1"), ("the byte F5", b"\xf5"),
    ("the byte F8", b"\xf8\x88\x80\x80\x80"), ("the byte FC", b"\xfc\x84\x80\x80\x80\x80"),
    ("the byte FE", b"\xfe"), ("the byte FF", b"\xff"), ("FE FE FF FF", b"\xfe\xfe\xff\xff"),
    ("two bytes without the last", b"\xdf"), ("three bytes without the last", b"\xe0\xa0"),
    ("three bytes without the last two", b"\xef"), ("four bytes without the last", b"\xf0\x90\x80"),
    ("four bytes without the last two", b"\xf4\x8f"),
    ("characters cut short, one after another", b"\xdf\xe0\xa0\xef\xf0\x90\x80\xf4\x8f"),
    ("an overlong slash in two bytes", b"\xc0\xaf"), ("in three bytes", b"\xe0\x80\xaf"),
    ("in four bytes", b"\xf0\x80\x80\xaf"), ("in five bytes", b"\xf8\x80\x80\x80\xaf"),
    ("in six bytes", b"\xfc\x80\x80\x80\x80\xaf"),
    ("the largest overlong of two bytes", b"\xc1\xbf"), ("of three bytes", b"\xe0\x9f\xbf"),
    ("of four bytes", b"\xf0\x8f\xbf\xbf"),
    ("an overlong NUL in two bytes", b"\xc0\x80"), ("in three", b"\xe0\x80\x80"),
    ("in four", b"\xf0\x80\x80\x80"),
    ("the first surrogate", b"\xed\xa0\x80"), ("the last high surrogate", b"\xed\xaf\xbf"),
    ("the first low surrogate", b"\xed\xb0\x80"), ("the last surrogate", b"\xed\xbf\xbf"),
    ("a pair of surrogates", b"\xed\xa0\xbd\xed\xb8\x80"),
    ("the largest pair of surrogates", b"\xed\xaf\xbf\xed\xbf\xbf"),
    ("U+110000", b"\xf4\x90\x80\x80"), ("U+1FFFFF", b"\xf7\xbf\xbf\xbf"),
    ("Latin-1", "Grüße".encode("latin-1")), ("UTF-16", "hi é".encode("utf-16")),
)


def bytewise(text):
    return [text[place:place + 1] for place in range(len(text))]


def echoed(text, parts=None, piece=None):
    async def run(peer):
        if parts:
            await peer.send_fragments(TEXT, parts)
        else:
            await peer.send(TEXT, text, piece=piece)
        await peer.expect_message(TEXT, text)
        await peer.close()
    return run


def refused(text, parts=None, piece=None):
    async def run(peer):
        if parts:
            await peer.send_fragments(TEXT, parts)
        else:
            await peer.send(TEXT, text, piece=piece)
        await peer.expect_failure(1007)
    return run


async def fails_already(peer):
    """Whether the connection is being failed, now."""
    try:
        await asyncio.wait_for(peer.expect_close((1007,)), min(5, peer.patience / 2))
    except asyncio.TimeoutError:
        return False
    except Ended as ended:
        raise NonStrict("the connection was failed without a close frame") from ended
    await peer.finish()
    return True


def fast_between_frames(valid, breaking, rest):
    async def run(peer):
        await peer.send(TEXT, valid, fin=False)
        await peer.send(PING, b"")
        await peer.expect_pong(b"")  # what is valid so far is no reason to fail
        await peer.send(CONTINUATION, breaking, fin=False)
        if await fails_already(peer):
            return
        await peer.send(CONTINUATION, rest)
        await peer.expect_failure(1007)
        raise NonStrict("the connection was failed only at the end of the message")
    return run


def fast_inside_a_frame(valid, breaking, rest):
    async def run(peer):
        frame = peer.frame(TEXT, valid + breaking + rest)
        await peer.write(frame[:len(frame) - len(breaking + rest)])
        try:
            await asyncio.wait_for(peer.reader.read(1), 0.3)
            raise Failed("the connection was failed by text that was still valid")
        except asyncio.TimeoutError:
            pass
        await peer.write(frame[len(frame) - len(breaking + rest):len(frame) - len(rest)])
        if await fails_already(peer):
            return
        await peer.write(frame[len(frame) - len(rest):])
        await peer.expect_failure(1007)
        raise NonStrict("the connection was failed only at the end of the message")
    return run


def cases():
    group = Group("6.1", "8.1")
    group.add("Empty text", ECHO, echoed(b""))
    group.add("Three empty fragments", ECHO, echoed(b"", [b"", b"", b""]))
    group.add("Text between empty fragments", ECHO, echoed(b"middle", [b"", b"middle", b""]))
    yield from group.cases
    group = Group("6.2", "8.1")
    for name, text in VALID:
        group.add(f"Valid: {name}", ECHO, echoed(text))
        group.add(f"Valid: {name}, a fragment each byte", ECHO, echoed(text, bytewise(text)))
        group.add(f"Valid: {name}, byte by byte", ECHO, echoed(text, piece=1))
    yield from group.cases
    group = Group("6.3", "8.1")
    for place in NONCHARACTERS:
        group.add(f"Valid: the noncharacter U+{place:04X}", ECHO, echoed(chr(place).encode()))
    yield from group.cases
    group = Group("6.4", "8.1")
    for size in range(1, len(WORD) + 1):
        text = WORD[:size]
        try:
            text.decode()
            group.add(f"The first {size} bytes of a Greek word: valid", ECHO, echoed(text))
        except UnicodeDecodeError:
            group.add(f"The first {size} bytes of a Greek word: cut", FAIL, refused(text))
    yield from group.cases
    group = Group("6.5", "8.1")
    for name, text in INVALID:
        group.add(f"Invalid: {name}", FAIL, refused(text))
        inside = b"hello " + text + b" world"
        group.add(f"Invalid: {name}, inside other text, a fragment each byte", FAIL,
                  refused(inside, bytewise(inside)))
        group.add(f"Invalid: {name}, inside other text, byte by byte", FAIL,
                  refused(inside, piece=1))
    yield from group.cases
    group = Group("6.6", "8.1")
    for name, breaking in (("U+110000", b"\xf4\x90\x80\x80"),
                           ("only its first two bytes", b"\xf4\x90"),
                           ("a surrogate", b"\xed\xa0"), ("an overlong form", b"\xc0"),
                           ("FF", b"\xff")):
        group.add(f"Fail fast between fragments: {name}", FAST,
                  fast_between_frames(WORD, breaking, b"edited"))
        group.add(f"Fail fast inside a frame: {name}", FAST,
                  fast_inside_a_frame(WORD, breaking, b"edited"))
    yield from group.cases
