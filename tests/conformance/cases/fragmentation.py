"""Category 5: fragmented messages (RFC 6455, section 5.4)."""

from case import Group
from wire import BINARY, CONTINUATION, PING, TEXT

FAIL = "The connection is failed with 1002."
ECHO = "The message comes back whole."


def joined(opcode, parts, together):
    async def run(peer):
        await peer.send_fragments(opcode, parts, together=together)
        await peer.expect_message(opcode, b"".join(parts))
        await peer.close()
    return run


def with_pings(opcode, together):
    async def run(peer):
        frames = [peer.frame(opcode, b"one ", False), peer.frame(PING, b"first"),
                  peer.frame(CONTINUATION, b"two ", False), peer.frame(PING, b"second"),
                  peer.frame(CONTINUATION, b"three")]
        if together:
            await peer.write(b"".join(frames))
        else:
            for frame in frames:
                await peer.write(frame, 1)
        await peer.expect_pongs([b"first", b"second"])
        await peer.expect_message(opcode, b"one two three")
        await peer.close()
    return run


async def pong_before_the_end(peer):
    await peer.send(TEXT, b"begun", fin=False)
    await peer.send(PING, b"now")
    await peer.expect_pong(b"now")
    await peer.send(CONTINUATION, b" and ended")
    await peer.expect_message(TEXT, b"begun and ended")
    await peer.close()


def nothing_to_continue(fin, payload, before=False, after=False):
    async def run(peer):
        if before:
            await peer.send_fragments(TEXT, [b"a", b"b"])
        await peer.send(CONTINUATION, payload, fin)
        if after:
            await peer.send(TEXT, b"hello")
        await peer.expect_messages_then_close(TEXT, [b"ab"] if before else [], 1002)
    return run


def message_in_message(first, second, fin):
    async def run(peer):
        await peer.send(first, b"begun", fin=False)
        await peer.send(second, b"another", fin=fin)
        await peer.expect_failure(1002)
    return run


def cases():
    text = [b"fragment 1, ", b"fragment 2, ", b"fragment 3"]
    for number, opcode, name in ((1, TEXT, "text"), (2, BINARY, "binary")):
        group = Group(f"5.{number}", "5.4")
        for title, parts in (
                ("two fragments", text[:2]), ("three fragments", text),
                ("an empty first fragment", [b"", b"hello"]),
                ("an empty last fragment", [b"hello", b""]),
                ("an empty fragment in the middle", [b"hel", b"", b"lo"]),
                ("nothing but empty fragments", [b""] * 5),
                ("50 fragments of a byte", [b"x"] * 50),
                ("1000 fragments of a byte", [b"x"] * 1000),
                ("fragments of 1, 126 and 65536 bytes", [b"a", b"b" * 126, b"c" * 65536])):
            for together in (True, False):
                how = "in one write" if together else "one write each"
                group.add(f"A {name} message in {title}, {how}", ECHO,
                          joined(opcode, parts, together))
        for together in (True, False):
            group.add(f"Pings between the fragments of a {name} message, "
                      f"{'in one write' if together else 'byte by byte'}",
                      "Pongs first, then the message.", with_pings(opcode, together))
        yield from group.cases
    group = Group("5.3", "5.4")
    group.add("A ping before the message has ended", "It is answered at once.",
              pong_before_the_end)
    yield from group.cases
    group = Group("5.4", "5.4")
    for fin in (True, False):
        last = "last" if fin else "further"
        for payload in (b"", b"part"):
            size = "with a payload" if payload else "without a payload"
            group.add(f"A {last} fragment of no message, {size}", FAIL,
                      nothing_to_continue(fin, payload))
            group.add(f"A {last} fragment of no message, {size}, then a message", FAIL,
                      nothing_to_continue(fin, payload, after=True))
            group.add(f"A whole message, then a {last} fragment of none, {size}",
                      "The message comes back first. " + FAIL,
                      nothing_to_continue(fin, payload, before=True))
        for first in (TEXT, BINARY):
            for second in (TEXT, BINARY):
                group.add(f"A message that begins ({second}) before another ({first}) has ended"
                          f"{'' if fin else ', itself a fragment'}", FAIL,
                          message_in_message(first, second, fin))
    yield from group.cases
