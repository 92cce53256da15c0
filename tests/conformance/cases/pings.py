"""Category 2: pings and pongs (RFC 6455, sections 5.5.2 and 5.5.3)."""

from case import Group
from wire import PING, PONG, TEXT, Informational, NonStrict

EACH = "A pong for each, in order, or for those that came last."
FAIL = "The connection is failed with 1002."


def answered(payload, piece=None):
    async def run(peer):
        await peer.send(PING, payload, piece=piece)
        await peer.expect_pong(payload)
        await peer.close()
    return run


def several(count, piece=None):
    async def run(peer):
        payloads = [b"ping %d" % number for number in range(count)]
        for payload in payloads:
            await peer.send(PING, payload, piece=piece)
        passed_over = await peer.expect_pongs(payloads)
        await peer.close()
        if passed_over:
            raise Informational(f"{passed_over} of {count} pings were passed over, as is allowed")
    return run


def unsolicited(*pongs):
    async def run(peer):
        for pong in pongs:
            await peer.send(PONG, pong)
        await peer.expect_echo(TEXT, b"after the pongs")
        await peer.close()
    return run


async def pong_then_ping(peer):
    await peer.send(PONG, b"nobody asked")
    await peer.send(PING, b"asked")
    await peer.expect_pong(b"asked")
    await peer.close()


async def between_messages(peer):
    for number in range(5):
        await peer.expect_echo(TEXT, b"message %d" % number)
        await peer.send(PING, b"%d" % number)
        await peer.expect_pong(b"%d" % number)
    await peer.close()


def not_shortest(opcode):
    async def run(peer):
        await peer.send(opcode, bytes(10), form=2)
        await peer.send(PING, b"after it")
        event = await peer.read_event()
        if event in ((PONG, bytes(10)), (PONG, b"after it")):
            raise NonStrict("the length is taken: the RFC binds whoever writes it")
        peer.check_close(event, (1002,))
        await peer.finish()
    return run


def refused(opcode, payload, fin=True):
    async def run(peer):
        await peer.send(opcode, payload, fin)
        await peer.expect_failure(1002)
    return run


def cases():
    group = Group("2.1", "5.5.2")
    for payload, name in ((b"", "without a payload"), (b"hello", "with text"),
                          (b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", "with bytes that are no text"),
                          (b"\xfe" * 124, "with 124 bytes"), (b"\xfe" * 125, "with 125 bytes")):
        group.add(f"A ping {name}", "The pong has the same payload.", answered(payload))
        group.add(f"A ping {name}, byte by byte", "The pong has the same payload.",
                  answered(payload, 1))
    for count in (10, 100):
        group.add(f"{count} pings", EACH, several(count))
    group.add("10 pings, byte by byte", EACH, several(10, 1))
    group.add("Pings between messages", "Each is answered in its turn.", between_messages)
    yield from group.cases
    group = Group("2.2", "5.5.3")
    group.add("A pong that nobody asked for", "It is ignored.", unsolicited(b""))
    group.add("A pong with a payload that nobody asked for", "It is ignored.",
              unsolicited(b"unsolicited"))
    group.add("20 pongs that nobody asked for", "They are ignored.", unsolicited(*[b"x"] * 20))
    group.add("A pong that nobody asked for, then a ping", "The ping is answered.", pong_then_ping)
    yield from group.cases
    group = Group("2.3", "5.5")
    for opcode, name in ((PING, "ping"), (PONG, "pong")):
        group.add(f"A {name} with 126 bytes", FAIL, refused(opcode, bytes(126)))
        group.add(f"A {name} with 65536 bytes", FAIL, refused(opcode, bytes(65536)))
        group.add(f"A {name} of 10 bytes, with its length in two bytes",
                  FAIL + " Taking it is NON-STRICT.", not_shortest(opcode))
        group.add(f"A {name} that is a fragment", FAIL, refused(opcode, b"part", fin=False))
    yield from group.cases
