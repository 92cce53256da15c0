"""Category 1: frames of every length (RFC 6455, section 5.2)."""

from case import CLIENT, SERVER, Group
from wire import BINARY, TEXT, Failed, NonStrict

SIZES = (0, 1, 2, 124, 125, 126, 127, 128, 255, 256, 4095, 65535, 65536, 65537)
ECHO = "The message comes back unchanged, and the connection closes normally."
FAIL = "The connection is failed with 1002."


def payload(opcode, size):
    return (b"*" if opcode == TEXT else b"\xfe") * size


def echoed(opcode, size, piece=None):
    async def run(peer):
        await peer.send(opcode, payload(opcode, size), piece=piece)
        await peer.expect_message(opcode, payload(opcode, size))
        await peer.close()
    return run


def together(count):
    async def run(peer):
        messages = [b"%d" % number for number in range(count)]
        await peer.write(b"".join(peer.frame(TEXT, message) for message in messages))
        for message in messages:
            await peer.expect_message(TEXT, message)
        await peer.close()
    return run


def refused(**header):
    async def run(peer):
        await peer.send(BINARY, **header)
        await peer.expect_failure(1002)
    return run


def not_shortest(size, form):
    async def run(peer):
        await peer.send(BINARY, bytes(size), form=form)
        event = await peer.read_event()
        if event == (BINARY, bytes(size)):
            raise NonStrict("the length is taken: the RFC binds whoever writes it")
        peer.check_close(event, (1002,))
        await peer.finish()
    return run


def claimed(length):
    async def run(peer):
        await peer.send(BINARY, b"x", length=length, form=8)
        await peer.expect_failure(1002, 1009)
    return run


async def fresh_keys(peer):
    for number in range(50):
        await peer.expect_echo(TEXT, b"%d" % number)
    # Two of 50 random keys are alike once in three million runs.
    if len(set(peer.keys)) < 50:
        raise Failed(f"of 50 masking keys only {len(set(peer.keys))} are different")
    await peer.close()


def cases():
    for number, opcode, name in ((1, TEXT, "text"), (2, BINARY, "binary")):
        group = Group(f"1.{number}", "5.2")
        for size in SIZES:
            group.add(f"A {name} message of {size} bytes", ECHO, echoed(opcode, size))
        for size, piece in ((100, 1), (1000, 1), (65536, 997), (70_000, 8192)):
            group.add(f"A {name} message of {size} bytes, {piece} bytes at a time", ECHO,
                      echoed(opcode, size, piece))
        yield from group.cases
    group = Group("1.3", "5.2")
    for count in (2, 10, 1000):
        group.add(f"{count} messages in one write", "Each comes back, in order.", together(count))
    yield from group.cases
    group = Group("1.4", "5.2")
    for size, form in ((0, 2), (125, 2), (0, 8), (125, 8), (126, 8), (65535, 8)):
        group.add(f"A length of {size} written in {form} bytes",
                  FAIL + " The shortest form must be used; taking it is NON-STRICT.",
                  not_shortest(size, form))
    group.add("A length with its highest bit set", FAIL, claimed(1 << 63 | 5))
    for length in (1 << 31, 1 << 32, 1 << 40, (1 << 63) - 1):
        group.add(f"A length of {length} is claimed",
                  "The connection is failed at once, with 1009 or 1002.", claimed(length))
    yield from group.cases
    group = Group("1.5", "5.1")
    group.add("A frame of a client that is not masked", FAIL,
              refused(payload=b"hello", masked=False), who=SERVER)
    group.add("An empty frame of a client that is not masked", FAIL, refused(masked=False),
              who=SERVER)
    group.add("A frame of a server that is masked", FAIL, refused(payload=b"hello", masked=True),
              who=CLIENT)
    group.add("A client masks each frame with a new key", "50 frames, 50 keys.", fresh_keys,
              section="5.3", who=CLIENT)
    yield from group.cases
