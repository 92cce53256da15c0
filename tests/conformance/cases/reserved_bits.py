"""Category 3: reserved bits that nobody agreed on (RFC 6455, section 5.2)."""

from case import Group
from wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT

FAIL = "The connection is failed with 1002."
NAMES = ((TEXT, "text"), (BINARY, "binary"), (CLOSE, "close"), (PING, "ping"), (PONG, "pong"))


def alone(opcode, rsv, payload=b""):
    async def run(peer):
        await peer.send(opcode, payload, rsv=rsv)
        await peer.expect_failure(1002)
    return run


def after_a_message(opcode, rsv, piece=None):
    async def run(peer):
        await peer.send(TEXT, b"hello")
        await peer.send(opcode, b"", rsv=rsv, piece=piece)
        await peer.expect_messages_then_close(TEXT, [b"hello"], 1002)
    return run


def in_a_fragment(rsv):
    async def run(peer):
        await peer.send(TEXT, b"hel", fin=False)
        await peer.send(CONTINUATION, b"lo", rsv=rsv)
        await peer.expect_failure(1002)
    return run


def cases():
    for number, (opcode, name) in enumerate(NAMES, 1):
        group = Group(f"3.{number}", "5.2")
        for rsv in range(1, 8):
            group.add(f"A {name} frame with the reserved bits {rsv:03b}", FAIL, alone(opcode, rsv))
        yield from group.cases
    group = Group("3.6", "5.2")
    for rsv in range(1, 8):
        group.add(f"A fragment that continues with the reserved bits {rsv:03b}", FAIL,
                  in_a_fragment(rsv))
    for rsv in (1, 2, 4):
        group.add(f"A message, then a ping with the reserved bits {rsv:03b}",
                  "The message comes back first. " + FAIL, after_a_message(PING, rsv))
        group.add(f"A message, then byte by byte a text frame with the reserved bits {rsv:03b}",
                  "The message comes back first. " + FAIL, after_a_message(TEXT, rsv, 1))
    yield from group.cases
