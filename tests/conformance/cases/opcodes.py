"""Category 4: opcodes that are reserved (RFC 6455, section 5.2)."""

from case import Group
from wire import TEXT

FAIL = "The connection is failed with 1002."


def alone(opcode, payload=b"", fin=True):
    async def run(peer):
        await peer.send(opcode, payload, fin)
        await peer.expect_failure(1002)
    return run


def after_a_message(opcode, payload, piece=None):
    async def run(peer):
        await peer.send(TEXT, b"hello")
        await peer.send(opcode, payload, piece=piece)
        await peer.expect_messages_then_close(TEXT, [b"hello"], 1002)
    return run


def cases():
    for number, opcodes in ((1, range(3, 8)), (2, range(11, 16))):
        group = Group(f"4.{number}", "5.2")
        for opcode in opcodes:
            group.add(f"Opcode {opcode}", FAIL, alone(opcode))
            group.add(f"Opcode {opcode} with a payload", FAIL, alone(opcode, b"reserved"))
            group.add(f"Opcode {opcode} as a fragment", FAIL, alone(opcode, b"reserved", False))
            group.add(f"Opcode {opcode} after a message", "The message comes back first. " + FAIL,
                      after_a_message(opcode, b"reserved"))
            group.add(f"Opcode {opcode} after a message, byte by byte",
                      "The message comes back first. " + FAIL,
                      after_a_message(opcode, b"reserved", 1))
        yield from group.cases
