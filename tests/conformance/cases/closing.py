"""Category 7: the closing handshake (RFC 6455, sections 5.5.1 and 7)."""

import asyncio
import struct

from case import CLIENT, SERVER, Group
from wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Ended, Failed, \
    Informational, NonStrict

VALID = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
REGISTERED = (1012, 1013, 1014)
INVALID = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999)
UNDEFINED = (5000, 65535)
NORMAL = "The close frame is answered with its code, and the connection ends cleanly."
FAIL = "The connection is failed with 1002."


def closes(code, reason=b"", answer=None, before=()):
    async def run(peer):
        for message in before:
            await peer.expect_echo(TEXT, message)
        await peer.close(code, reason, answer)
    return run


def refused(payload, code=1002):
    async def run(peer):
        await peer.send(CLOSE, payload)
        await peer.expect_failure(code)
    return run


def answered_somehow(code):
    async def run(peer):
        await peer.send_close(code)
        try:
            await peer.expect_close((code, 1000, 1002))
            await peer.finish()
        except Ended:
            pass
        raise Informational(f"the RFC says nothing of codes from 5000 up ({code})")
    return run


def ignored_after_close(opcode, payload, fin=True):
    async def run(peer):
        await peer.write(peer.frame(CLOSE, struct.pack(">H", 1000))
                         + peer.frame(opcode, payload, fin))
        await peer.expect_close((1000,))
        await peer.finish()
    return run


async def close_inside_a_message(peer):
    await peer.send(TEXT, b"begun", fin=False)
    await peer.close()


async def close_after_a_large_message(peer):
    message = bytes(256 * 1024)
    await peer.send(BINARY, message)
    await peer.send_close(1000)
    await peer.expect_messages_then_close(BINARY, [message], 1000)


async def close_after_many_messages(peer):
    messages = [b"message %d" % number for number in range(500)]
    frames = [peer.frame(TEXT, message) for message in messages]
    await peer.write(b"".join(frames) + peer.frame(CLOSE, struct.pack(">H", 1000)))
    await peer.expect_messages_then_close(TEXT, messages, 1000)


async def end_without_close(peer):
    await peer.expect_echo(TEXT, b"hello")
    await peer.shut()
    try:
        kind, _ = await peer.read_event()
        if kind != CLOSE:
            raise Failed("something came that is no close frame")
        await peer.expect_end()
    except Ended:
        pass


async def end_inside_a_frame(peer):
    frame = peer.frame(TEXT, b"never whole")
    await peer.write(frame[:7])
    await peer.shut()
    try:
        kind, _ = await peer.read_event()
        if kind != CLOSE:
            raise Failed("a message came of half a frame")
        await peer.expect_end()
    except Ended:
        pass


async def answers_ping_before_close(peer):
    await peer.write(peer.frame(PING, b"p") + peer.frame(CLOSE, struct.pack(">H", 1000)))
    event = await peer.read_event()
    if event[0] == CLOSE:
        peer.check_close(event, (1000,))
        await peer.finish()
        raise NonStrict("the ping before the close frame was not answered")
    if event != (PONG, b"p"):
        raise Failed("instead of the pong came something else")
    await peer.expect_close((1000,))
    await peer.finish()


async def server_ends_tcp_first(peer):
    await peer.send_close(1000)
    await peer.expect_close((1000,))
    await peer.expect_end()


async def client_waits_for_the_server(peer):
    await peer.send_close(1000)
    await peer.expect_close((1000,))

    try:
        if not await asyncio.wait_for(peer.reader.read(1), 0.3):
            raise NonStrict("the client ended the TCP connection before the server did")
        raise Failed("something came after the close frame")
    except asyncio.TimeoutError:
        await peer.finish()


def cases():
    group = Group("7.1", "5.5.1")
    group.add("A close frame", NORMAL, closes(1000))
    group.add("Messages, then a close frame", NORMAL, closes(1000, before=(b"one", b"two")))
    for name, opcode in (("text", TEXT), ("ping", PING), ("close", CLOSE),
                         ("fragment", CONTINUATION)):
        group.add(f"A {name} frame after the close frame", "It is ignored. " + NORMAL,
                  ignored_after_close(opcode, b"\x03\xe9" if opcode == CLOSE else b"late"))
    group.add("A frame of a reserved opcode after the close frame", "It is ignored. " + NORMAL,
              ignored_after_close(5, b""))
    group.add("A close frame inside a fragmented message", NORMAL, close_inside_a_message)
    group.add("A ping and a close frame in one write", "Pong, then close; no pong is NON-STRICT.",
              answers_ping_before_close)
    group.add("256 KiB, then at once a close frame", "The message comes back before the close.",
              close_after_a_large_message)
    group.add("500 messages and a close frame in one write", "All come back before the close.",
              close_after_many_messages)
    yield from group.cases
    group = Group("7.2", "7.1.1")
    group.add("After both close frames the server ends TCP", "It does, at once.",
              server_ends_tcp_first, who=SERVER)
    group.add("After both close frames the client waits for the server to end TCP",
              "It does; ending first is NON-STRICT.", client_waits_for_the_server, who=CLIENT)
    group.add("TCP is shut without a close frame", "The peer ends the connection too.",
              end_without_close)
    group.add("TCP is shut inside a frame", "The peer ends the connection too.", end_inside_a_frame)
    yield from group.cases
    group = Group("7.3", "5.5.1")
    group.add("A close frame without a payload", "It is answered without one, or with 1000.",
              closes(None, answer=(None, 1000)))
    group.add("A close frame with one byte", FAIL, refused(b"\x03"))
    group.add("A close frame with a code", NORMAL, closes(1000))
    group.add("A close frame with a reason", NORMAL, closes(1000, "Tschüß".encode()))
    group.add("A close frame with a reason of 123 bytes", NORMAL, closes(1000, b"*" * 123))
    group.add("A close frame with a reason of 124 bytes", FAIL,
              refused(struct.pack(">H", 1000) + b"*" * 124))
    yield from group.cases
    group = Group("7.4", "8.1")
    for name, reason in (("a surrogate", b"\xce\xba\xed\xa0\x80edited"), ("FF", b"\xff"),
                         ("a character that is cut", "€".encode()[:2]), ("C0 80", b"\xc0\x80")):
        group.add(f"A reason that is not UTF-8: {name}", "The connection is failed with 1007.",
                  refused(struct.pack(">H", 1000) + reason, 1007))
    yield from group.cases
    group = Group("7.5", "7.4")
    for code in VALID + REGISTERED:
        group.add(f"The code {code}", NORMAL, closes(code))
        group.add(f"The code {code} with a reason", NORMAL, closes(code, b"reason"))
    yield from group.cases
    group = Group("7.6", "7.4")
    for code in INVALID:
        group.add(f"The code {code}, which must not be sent", FAIL,
                  refused(struct.pack(">H", code)))
        group.add(f"The code {code}, which must not be sent, with a reason", FAIL,
                  refused(struct.pack(">H", code) + b"reason"))
    for code in UNDEFINED:
        group.add(f"The code {code}", "Nothing is said of it.", answered_somehow(code))
    yield from group.cases
