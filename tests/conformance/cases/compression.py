"""Category 12: compressed messages of many kinds and sizes (RFC 7692, section 6)."""

import functools
import json
import random

from case import Group
from wire import BINARY, TEXT, Declined, Deflate

ECHO = "Each message comes back unchanged."
SIZES = (16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072)
FRAGMENTED = ((8192, 256), (16384, 256), (32768, 256), (131072, 1024), (131072, 32768))
MESSAGES = 12


def table(generator):
    rows = [{"id": number, "name": f"user {generator.randrange(1000)}", "online": number % 3 == 0,
             "price": round(generator.random() * 100, 2)} for number in range(4000)]
    return json.dumps(rows).encode()


def prose(generator):
    words = "Habe nun ach Philosophie Juristerei und Medizin mit heißem Bemühn süße Grüße".split()
    return " ".join(generator.choice(words) for _ in range(40_000)).encode()


def page(generator):
    items = (f'<li class="item"><a href="/page/{generator.randrange(10_000)}">Entry</a></li>\n'
             for _ in range(4000))
    return ("<!doctype html><ul>\n" + "".join(items) + "</ul>").encode()


@functools.cache
def kinds():
    """(opcode, name, data) of what is compressed: the same in every run."""
    generator = random.Random(12)
    return ((TEXT, "JSON", table(generator)), (TEXT, "prose", prose(generator)),
            (TEXT, "HTML", page(generator)), (BINARY, "noise", generator.randbytes(300_000)),
            (BINARY, "zeros", bytes(300_000)))


def accept_plainly(request):
    """Agrees as a server to permessage-deflate without parameters, if it is offered."""
    if "permessage-deflate" not in request.get("sec-websocket-extensions", ""):
        return "", None
    return "permessage-deflate", Deflate()


def taken(data, opcode, begin, size):
    part = data[begin % len(data):][:size]
    while len(part) < size:
        part += data[:size - len(part)]
    if opcode == TEXT:  # not in the middle of a character
        part = part.decode("utf-8", "ignore").encode()
    return part


def echoed(opcode, data, size, fragment=None):
    async def run(peer):
        if not peer.deflate:
            raise Declined("the peer did not agree to permessage-deflate")
        for number in range(MESSAGES):
            message = taken(data, opcode, number * size, size)
            await peer.send_message(opcode, message, fragment)
            await peer.expect_message(opcode, message)
        await peer.close()
    return run


def cases():
    for number, (opcode, name, data) in enumerate(kinds(), 1):
        group = Group(f"12.{number}", "7692: 6")
        for size in SIZES:
            group.add(f"{name}, {MESSAGES} messages of {size} bytes", ECHO,
                      echoed(opcode, data, size), offer="permessage-deflate",
                      agree=accept_plainly)
        for size, fragment in FRAGMENTED:
            group.add(f"{name}, {MESSAGES} messages of {size} bytes in frames of {fragment}", ECHO,
                      echoed(opcode, data, size, fragment), offer="permessage-deflate",
                      agree=accept_plainly)
        yield from group.cases
