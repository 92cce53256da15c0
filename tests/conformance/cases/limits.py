"""Categories 9 and 10: large messages, many messages, many fragments. Durations are reported, and
judge nothing. A peer has to allow messages of 16 MiB."""

from case import Group
from wire import BINARY, TEXT

ECHO = "The message comes back unchanged."
KIB, MIB = 1024, 1024 * 1024
LARGE = (64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB)


def content(opcode, size):
    if opcode == TEXT:
        return ("Grüße, world. " * (size // 15 + 1)).encode()[:size - 1].decode("utf-8", "ignore") \
            .encode().ljust(size, b".")
    return bytes(range(256)) * (size // 256)


def echoed(opcode, size, fragment=None, piece=None):
    async def run(peer):
        message = content(opcode, size)
        if piece:
            await peer.send(opcode, message, piece=piece)
        else:
            await peer.send_message(opcode, message, fragment)
        await peer.expect_message(opcode, message)
        await peer.close()
    return run


def round_trips(opcode, size, count):
    async def run(peer):
        message = (b"*" if opcode == TEXT else b"\xfe") * size
        for _ in range(count):
            await peer.expect_echo(opcode, message)
        await peer.close()
    return run


def pipelined(opcode, size, count):
    async def run(peer):
        message = (b"*" if opcode == TEXT else b"\xfe") * size
        for _ in range(count // 100):
            await peer.write(peer.frame(opcode, message) * 100)
            for _ in range(100):
                await peer.expect_message(opcode, message)
        await peer.close()
    return run


def size_of(size):
    return f"{size // MIB} MiB" if size >= MIB else f"{size // KIB} KiB"


def cases():
    kinds = ((TEXT, "text"), (BINARY, "binary"))
    for number, (opcode, name) in enumerate(kinds, 1):
        group = Group(f"9.{number}", "5.2")
        for size in LARGE:
            group.add(f"A {name} message of {size_of(size)}", ECHO, echoed(opcode, size))
        yield from group.cases
    for number, (opcode, name) in enumerate(kinds, 3):
        group = Group(f"9.{number}", "5.4")
        for fragment in (64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB):
            group.add(f"A {name} message of 4 MiB in fragments of {fragment} bytes", ECHO,
                      echoed(opcode, 4 * MIB, fragment))
        yield from group.cases
    for number, (opcode, name) in enumerate(kinds, 5):
        group = Group(f"9.{number}", "5.2")
        for piece in (64, 128, 256, 512, 1024, 2048):
            group.add(f"A {name} message of 1 MiB, {piece} bytes at a time", ECHO,
                      echoed(opcode, MIB, piece=piece))
        yield from group.cases
    for number, (opcode, name) in enumerate(kinds, 7):
        group = Group(f"9.{number}", "5.6")
        for size in (0, 16, 64, 256, 1024, 4096):
            group.add(f"500 {name} messages of {size} bytes, one after another", ECHO,
                      round_trips(opcode, size, 500))
            group.add(f"2000 {name} messages of {size} bytes, 100 at a time", ECHO,
                      pipelined(opcode, size, 2000))
        yield from group.cases
    group = Group("10.1", "5.4")
    for opcode, name in kinds:
        for size, fragment in ((65536, 1300), (65536, 1), (65536, 125), (65536, 65535),
                               (100_000, 16384)):
            group.add(f"A {name} message of {size} bytes in frames of {fragment}", ECHO,
                      echoed(opcode, size - size % 256 if opcode == BINARY else size, fragment))
    yield from group.cases
