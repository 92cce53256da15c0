"""Category 13: the parameters of permessage-deflate, in every combination, and what must not be
agreed to (RFC 7692, sections 5 and 7)."""

import functools
import zlib

from case import CLIENT, SERVER, Group
from wire import BINARY, CONTINUATION, PING, TEXT, Declined, Deflate, Failed, NonStrict
from .compression import accept_plainly, kinds, taken

ECHO = "The agreement is one the offer allows, and each message comes back unchanged."
PLAIN = "permessage-deflate"


def parameters_of(field):
    """The parameters of one extension: {name: value or None}."""
    _, *parts = [part.strip() for part in field.split(";")]
    return {name.strip(): value.strip().strip('"') if equals else None
            for name, equals, value in (part.partition("=") for part in parts)}


def deflate_as_client(answer):
    """What a client makes of the server's answer to its offer."""
    agreed = parameters_of(answer)
    known = {"server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits",
             "client_max_window_bits"}
    if not answer.startswith(PLAIN) or set(agreed) - known:
        raise Failed(f"the server agreed to {answer!r}, which was not offered")
    return Deflate(int(agreed.get("client_max_window_bits") or 15),
                   "client_no_context_takeover" not in agreed,
                   int(agreed.get("server_max_window_bits") or 15),
                   "server_no_context_takeover" not in agreed)


def check_answer(offer, agreed):
    """Section 7.1: what an answer must have, and must not have, for this offer."""
    bits = offer.get("server_max_window_bits")
    got = agreed.get("server_max_window_bits")
    if got is not None and not 8 <= int(got) <= 15:
        raise Failed(f"a window of {got} bits was agreed to")
    if bits and (got is None or int(got) > int(bits)):
        raise Failed(f"a server's window of {bits} bits was asked for, and {got} agreed to")
    if "server_no_context_takeover" in offer and "server_no_context_takeover" not in agreed:
        raise Failed("no context takeover of the server was asked for, and not agreed to")
    if "client_max_window_bits" in agreed:
        if "client_max_window_bits" not in offer:
            raise Failed("a client's window was agreed to that the client did not offer")
        most = offer["client_max_window_bits"]
        if most and int(agreed["client_max_window_bits"]) > int(most):
            raise Failed("a client's window was agreed to that is larger than was offered")


@functools.cache
def messages_of_every_kind():
    return [(opcode, taken(data, opcode, size, size))
            for opcode, _, data in kinds() for size in (100, 5000, 40_000)]


def echoed(offer=None, fragment=None):
    async def run(peer):
        if not peer.deflate:
            raise Declined("the peer did not agree to permessage-deflate")
        if offer is not None:
            check_answer(offer, parameters_of(peer.agreed))
        for _ in range(2):
            for opcode, message in messages_of_every_kind():
                await peer.send_message(opcode, message, fragment)
                await peer.expect_message(opcode, message)
        await peer.close()
    return run


def agreeing_to(text, **deflate):
    """A server's answer to any offer that allows it, else none."""
    def agree(request):
        offers = request.get("sec-websocket-extensions", "")
        if PLAIN not in offers:
            return "", None
        if "client_max_window_bits" in text and "client_max_window_bits" not in offers:
            return "", None
        return text, Deflate(**deflate)
    return agree


def offered(field, then):
    """Offers what no server may agree to. A server that refuses the handshake for it goes further
    than it has to (section 5.1: such an offer is declined)."""
    async def run(peer):
        await peer.write(peer.request(peer.fields(Sec_WebSocket_Extensions=field)))
        response = await peer.read_response()
        if response.status == 400:
            raise NonStrict("the whole handshake is refused")
        peer.check_accepted(response)
        peer.agreed = response["sec-websocket-extensions"]
        peer.deflate = deflate_as_client(peer.agreed) if peer.agreed else None
        await then(peer)
    return run


async def stays_plain(peer):
    if peer.agreed:
        raise Failed(f"{peer.agreed!r} was agreed to")
    await peer.expect_echo(TEXT, b"as it is " * 500)
    await peer.close()


def refuses_answer(answer):
    async def run(peer):
        request = await peer.read_request()
        await peer.answer(request, [("Sec-WebSocket-Extensions", answer)])
        await peer.expect_refusal()
    return run


def data_frames(*frames):
    """Sends frames (opcode, data, fin, rsv) and expects `messages` back."""
    async def run(peer):
        if not peer.deflate:
            raise Declined("the peer did not agree to permessage-deflate")
        for opcode, data, fin, rsv in frames:
            await peer.send(opcode, data, fin, rsv)
    return run


HELLO = bytes.fromhex("f248cdc9c90700")


def comes_back(title_frames, *messages):
    async def run(peer):
        await data_frames(*title_frames)(peer)
        for message in messages:
            await peer.expect_message(TEXT, message)
        await peer.close()
    return run


def fails(frames, *codes):
    async def run(peer):
        await data_frames(*frames)(peer)
        await peer.expect_failure(*codes)
    return run


def deflated(message):
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def gigabyte_of_zeros():
    """One block again and again: after a full flush nothing refers to what was before."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = compressor.compress(bytes(1 << 20)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return (block * 1024)[:-4]


async def bomb(peer):
    if not peer.deflate:
        raise Declined("the peer did not agree to permessage-deflate")
    await peer.send(BINARY, gigabyte_of_zeros(), rsv=4)
    await peer.expect_failure(1009)


def offers():
    """Every combination of the four parameters that a client may offer."""
    for server_bits in (None, 8, 9, 10, 11, 12, 13, 14, 15):
        for client_bits in (None, "", 8, 9, 12, 15):
            for server_context in (True, False):
                for client_context in (True, False):
                    text, offer = PLAIN, {}
                    if server_bits:
                        text += f"; server_max_window_bits={server_bits}"
                        offer["server_max_window_bits"] = server_bits
                    if client_bits is not None:
                        text += "; client_max_window_bits"
                        text += f"={client_bits}" if client_bits else ""
                        offer["client_max_window_bits"] = client_bits
                    if not server_context:
                        text += "; server_no_context_takeover"
                        offer["server_no_context_takeover"] = None
                    if not client_context:
                        text += "; client_no_context_takeover"
                    yield text, offer


def answers():
    """Every combination that a server may answer with."""
    for server_bits in (None, 8, 9, 10, 11, 12, 13, 14, 15):
        for client_bits in (None, 8, 9, 10, 11, 12, 13, 14, 15):
            if server_bits and client_bits and server_bits != client_bits:
                continue
            for server_context in (True, False):
                for client_context in (True, False):
                    text = PLAIN
                    text += f"; server_max_window_bits={server_bits}" if server_bits else ""
                    text += f"; client_max_window_bits={client_bits}" if client_bits else ""
                    text += "" if server_context else "; server_no_context_takeover"
                    text += "" if client_context else "; client_no_context_takeover"
                    yield text, dict(our_window=server_bits or 15, our_context=server_context,
                                     peer_window=client_bits or 15, peer_context=client_context)


ILLEGAL_OFFERS = (
    "server_max_window_bits=7", "server_max_window_bits=16", "server_max_window_bits=08",
    "server_max_window_bits", "server_max_window_bits=+9",
    "server_max_window_bits=9; server_max_window_bits=10", "client_max_window_bits=7",
    "client_max_window_bits=16", "client_max_window_bits=010", "client_max_window_bits=x",
    "client_max_window_bits; client_max_window_bits=9", "server_no_context_takeover=true",
    "client_no_context_takeover=1", "server_no_context_takeover; server_no_context_takeover",
    "unknown", "unknown=1", "server_max_window_bits=9; unknown",
)
ILLEGAL_ANSWERS = (
    "permessage-deflate; unknown", "permessage-deflate; server_max_window_bits=7",
    "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits",
    "permessage-deflate; server_no_context_takeover=1",
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    "permessage-deflate; client_max_window_bits=7", "permessage-deflate; client_max_window_bits=16",
    "permessage-deflate; client_max_window_bits=9; client_max_window_bits=10",
    "permessage-deflate, permessage-deflate", "permessage-bzip2", "x-webkit-deflate-frame",
    "permessage-deflate, x-unknown", "permessage-deflate;", "=",
)


def cases():
    group = Group("13.1", "7692: 7.1")
    for text, offer in offers():
        group.add(f"The offer {text[len(PLAIN):] or 'without parameters'}", ECHO, echoed(offer),
                  who=SERVER, offer=text)
    yield from group.cases
    group = Group("13.2", "7692: 7.1")
    for text, deflate in answers():
        group.add(f"The answer {text[len(PLAIN):] or 'without parameters'}",
                  "Each message comes back unchanged.", echoed(), who=CLIENT,
                  agree=agreeing_to(text, **deflate))
    yield from group.cases
    group = Group("13.3", "7692: 5.1 and 7.1")
    for parameters in ILLEGAL_OFFERS:
        group.add(f"The offer ; {parameters}", "It is declined, and nothing is compressed.",
                  offered(f"{PLAIN}; {parameters}", stays_plain), who=SERVER, shake=True)
        group.add(f"The offer ; {parameters}, and a good one after it", "The good one is taken.",
                  offered(f"{PLAIN}; {parameters}, {PLAIN}", echoed({})), who=SERVER, shake=True)
    for text in ("x-unknown", "permessage-bzip2; level=9", "permessage-deflatex"):
        group.add(f"The offer {text}", "It is declined.", stays_plain, who=SERVER, offer=text)
        group.add(f"The offer {text}, {PLAIN}", "The one that is known is taken.", echoed({}),
                  who=SERVER, offer=f"{text}, {PLAIN}")
    yield from group.cases
    group = Group("13.4", "7692: 5.1 and 7.1")
    for answer in ILLEGAL_ANSWERS:
        group.add(f"The answer {answer}", "The client fails the connection.",
                  refuses_answer(answer), who=CLIENT, shake=True)
    yield from group.cases
    yield from cases_of_data()


def cases_of_data():
    group = Group("13.5", "7692: 6 and 7.2")
    how = {"offer": PLAIN, "agree": accept_plainly}
    one = (TEXT, HELLO, True, 4)
    group.add("The RFC's first example", "“Hello” comes back.", comes_back([one], b"Hello"), **how)
    group.add("The same in two fragments", "“Hello” comes back.",
              comes_back([(TEXT, HELLO[:3], False, 4), (CONTINUATION, HELLO[3:], True, 0)],
                         b"Hello"), **how)
    group.add("A block without compression", "“Hello” comes back.",
              comes_back([(TEXT, bytes.fromhex("000500faff48656c6c6f00"), True, 4)], b"Hello"),
              **how)
    group.add("A block that says it is the last", "“Hello” comes back.",
              comes_back([(TEXT, bytes.fromhex("f348cdc9c9070000"), True, 4)], b"Hello"), **how)
    group.add("Two blocks", "“Hello” comes back.",
              comes_back([(TEXT, bytes.fromhex("f248050000 00ffffcac9c90700"), True, 4)],
                         b"Hello"), **how)
    group.add("An empty message, compressed", "It comes back empty.",
              comes_back([(TEXT, b"\x00", True, 4)], b""), **how)
    group.add("An empty fragment at the end", "“Hello” comes back.",
              comes_back([(TEXT, HELLO, False, 4), (CONTINUATION, b"", True, 0)], b"Hello"), **how)
    group.add("Messages that are not compressed among others that are", "All come back.",
              comes_back([(TEXT, b"plain", True, 0), one, (TEXT, b"plain again", True, 0)],
                         b"plain", b"Hello", b"plain again"), **how)
    group.add("Data that is not DEFLATE", "The connection is failed with 1007.",
              fails([(BINARY, b"\xff\xff\xff\xff", True, 4)], 1007, 1002), **how)
    group.add("A block of the reserved type", "The connection is failed with 1007.",
              fails([(BINARY, b"\x06\x00\x00", True, 4)], 1007, 1002), **how)
    group.add("Compressed text that is not UTF-8", "The connection is failed with 1007.",
              fails([(TEXT, deflated(b"\xce\xba\xed\xa0\x80"), True, 4)], 1007), **how)
    group.add("A ping with the bit of compression", "The connection is failed with 1002.",
              fails([(PING, b"", True, 4)], 1002), **how)
    group.add("A continuation with the bit of compression", "The connection is failed with 1002.",
              fails([(TEXT, HELLO[:3], False, 4), (CONTINUATION, HELLO[3:], True, 4)], 1002), **how)
    for rsv in (1, 2, 3, 5, 6, 7):
        group.add(f"A text frame with the reserved bits {rsv:03b}",
                  "The connection is failed with 1002.",
                  fails([(TEXT, HELLO, True, rsv)], 1002), **how)
    group.add("A gigabyte of zeros in a megabyte", "The connection is failed with 1009.", bomb,
              **how)
    yield from group.cases
