"""Category 0: the opening handshake (RFC 6455, section 4). These cases make it themselves."""

import asyncio

from case import CLIENT, SERVER, Group
from wire import TEXT, Declined, Ended, Failed, accept_of

GOOD = "The handshake is accepted, and messages come back."


# ---- servers ------------------------------------------------------------------------------------

def accepted(piece=None, line=None, more_fields=(), **changes):
    async def run(peer):
        await peer.write(peer.request(peer.fields(**changes) + list(more_fields), line), piece)
        await peer.accepted()
        await peer.expect_echo(TEXT, b"hello")
        await peer.close()
    return run


def refused(*statuses, line=None, more_fields=(), check=None, **changes):
    async def run(peer):
        await peer.write(peer.request(peer.fields(**changes) + list(more_fields), line))
        response = await peer.read_response()
        if response.status not in statuses:
            wanted = " or ".join(map(str, statuses))
            raise Failed(f"the answer is {response.status}, and not {wanted}")
        if check:
            check(response)
    return run


def lists_versions(response):
    versions = [version.strip() for version in response["sec-websocket-version"].split(",")]
    if "13" not in versions:
        raise Failed("the answer does not list version 13 in Sec-WebSocket-Version")


def says_why(response):
    if "sec-websocket-key" not in response.body.lower():
        raise Failed(f"the body does not say that the key is missing: {response.body[:100]!r}")


async def frames_after_the_request(peer):
    await peer.write(peer.request(more=peer.frame(TEXT, b"one") + peer.frame(TEXT, b"two")))
    await peer.accepted()
    await peer.expect_message(TEXT, b"one")
    await peer.expect_message(TEXT, b"two")
    await peer.close()


async def key_of_the_rfc(peer):
    peer.key = "dGhlIHNhbXBsZSBub25jZQ=="
    await peer.write(peer.request())
    response = await peer.accepted()
    if response["sec-websocket-accept"] != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=":
        raise Failed("the answer is not the one that section 1.3 gives")
    await peer.close()


async def version_8(peer):
    """The draft before the RFC: the same frames, and another name for the origin."""
    await peer.write(peer.request(peer.fields(
        Sec_WebSocket_Version="8", Sec_WebSocket_Origin=f"http://{peer.target.host_field}")))
    response = await peer.read_response()
    if response.status in (400, 426):
        lists_versions(response)
        raise Declined(f"version 8 is answered with {response.status}")
    if response.status != 101 or response["sec-websocket-accept"] != accept_of(peer.key):
        raise Failed(f"the answer is {response.status}, or its Sec-WebSocket-Accept is wrong")
    await peer.expect_echo(TEXT, b"hello")
    await peer.close()


async def no_subprotocol(peer):
    await peer.write(peer.request(peer.fields(Sec_WebSocket_Protocol="x-nobody, x-speaks-this")))
    response = await peer.accepted()
    chosen = response["sec-websocket-protocol"]
    if chosen not in ("", "x-nobody", "x-speaks-this"):
        raise Failed(f"the subprotocol {chosen!r} was not offered")
    await peer.close()


def of_servers():
    group = Group("0.1", "4.2")
    group.add("A good request", GOOD, accepted())
    group.add("A good request, byte by byte", GOOD, accepted(piece=1))
    group.add("The key of the RFC", "The answer of the RFC.", key_of_the_rfc, section="1.3")
    group.add("Frames right after the request", "They are answered.", frames_after_the_request)
    group.add("Other letters in the fields' values", GOOD,
              accepted(Upgrade="WebSocket", Connection="keep-alive, UPGRADE"))
    group.add("Other letters in the fields' names", GOOD,
              accepted(Upgrade=None, more_fields=[("uPGRADE", "websocket")]))
    group.add("Several Connection fields", GOOD,
              accepted(Connection="keep-alive", more_fields=[("Connection", "Upgrade")]))
    group.add("White space around values", GOOD, accepted(Sec_WebSocket_Version="  13\t "))
    group.add("Fields that nobody knows", GOOD,
              accepted(more_fields=[("X-Unknown", "a, b; c=\"d\"")]))
    group.add("A subprotocol that may not be spoken here", "None is chosen, or one of them.",
              no_subprotocol, section="4.2.2")
    group.add("Version 8, an earlier draft", "It is spoken, or refused with the list of versions.",
              version_8, section="4.4")
    yield from group.cases
    group = Group("0.2", "4.2")
    for version in ("12", "14", "7", "0", "255"):
        group.add(f"Version {version}", "426, with the versions that are spoken.",
                  refused(426, 400, check=lists_versions, Sec_WebSocket_Version=version),
                  section="4.4")
    group.add("No version", "A refusal.", refused(400, 426, Sec_WebSocket_Version=None))
    group.add("A version that is no number", "A refusal.",
              refused(400, 426, Sec_WebSocket_Version="thirteen"))
    group.add("No key", "400, and the body says so.",
              refused(400, check=says_why, Sec_WebSocket_Key=None))
    for key in ("", "short", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ===",
                "dGhlIHNhbXBsZSBub25jZTE2Yg==AA", "!!!!IHNhbXBsZSBub25jZQ=="):
        group.add(f"The key {key!r}, which is not 16 bytes in base64", "400.",
                  refused(400, Sec_WebSocket_Key=key))
    group.add("Two keys", "400.",
              refused(400, more_fields=[("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]))
    group.add("No Upgrade", "Anything but 101.", refused(200, 400, 404, 426, Upgrade=None))
    group.add("An Upgrade to something else", "Anything but 101.",
              refused(200, 400, 404, 426, Upgrade="h2c"))
    group.add("No Connection", "Anything but 101.", refused(200, 400, 404, 426, Connection=None))
    group.add("POST", "Anything but 101.", refused(400, 404, 405, 426, line="POST / HTTP/1.1"))
    group.add("HTTP/1.0", "Anything but 101.",
              refused(200, 400, 404, 426, 505, line="GET / HTTP/1.0"))
    group.add("No Host", "400.", refused(400, Host=None))
    group.add("A malformed subprotocol", "400, or it is passed over.",
              refused(400, 101, more_fields=[("Sec-WebSocket-Protocol", "a b, @")]))
    for text in ("permessage-deflate; =9", "permessage-deflate; server_max_window_bits=",
                 "permessage deflate", "x; a=\"b"):
        group.add(f"The extension field {text}, which breaks the grammar",
                  "400, or it is passed over.",
                  refused(400, 101, more_fields=[("Sec-WebSocket-Extensions", text)]),
                  section="9.1")
    yield from group.cases


# ---- clients ------------------------------------------------------------------------------------

async def good_request(peer):
    request = await peer.read_request()
    for name, value in (("upgrade", "websocket"), ("connection", "upgrade"),
                        ("sec-websocket-version", "13")):
        if value not in request.get(name, "").lower():
            raise Failed(f"the request has {name}: {request.get(name)!r}")
    if len(accept_of(request.get("sec-websocket-key", ""))) != 28 or \
            len(request.get("sec-websocket-key", "")) != 24:
        raise Failed("the key is not 16 bytes in base64")
    if not request.get("host"):
        raise Failed("the request has no Host")
    await peer.answer(request)
    await peer.expect_echo(TEXT, b"hello")
    await peer.close()


def taken(**how):
    async def run(peer):
        await peer.answer(await peer.read_request(), **how)
        await peer.expect_echo(TEXT, b"hello")
        await peer.close()
    return run


async def frames_after_the_answer(peer):
    await peer.answer(await peer.read_request(),
                      after=peer.frame(TEXT, b"one") + peer.frame(TEXT, b"two"))
    await peer.expect_message(TEXT, b"one")
    await peer.expect_message(TEXT, b"two")
    await peer.close()


def not_taken(**how):
    async def run(peer):
        await peer.answer(await peer.read_request(), **how)
        await peer.expect_refusal()
    return run


async def ends_at_once(peer):
    await peer.read_request()
    await peer.shut()
    try:
        await asyncio.wait_for(peer.reader.read(), peer.patience)
    except ConnectionError as error:
        raise Ended("reset") from error


def of_clients():
    group = Group("0.3", "4.1")
    group.add("The request", "It is as section 4.1 says.", good_request)
    group.add("An answer byte by byte", GOOD, taken(piece=1))
    group.add("Frames right after the answer", "They are answered.", frames_after_the_answer)
    group.add("Other letters in the fields' values", GOOD,
              taken(changes={"Upgrade": "WebSocket", "Connection": "keep-alive, UPGRADE"}))
    group.add("Another reason phrase", GOOD, taken(status="101 Welcome"))
    group.add("No reason phrase", GOOD, taken(status="101 "))
    group.add("Fields that nobody knows", GOOD, taken(more=[("X-Unknown", "a, b; c")]))
    yield from group.cases
    group = Group("0.4", "4.1")
    refuses = "The client fails the connection."
    for status in ("200 OK", "100 Continue", "301 Moved Permanently", "401 Unauthorized",
                   "403 Forbidden", "404 Not Found", "500 Internal Server Error", "102 Processing"):
        group.add(f"The status {status}", refuses, not_taken(status=status))
    for name in ("Upgrade", "Connection", "Sec-WebSocket-Accept"):
        group.add(f"An answer without {name}", refuses, not_taken(leave_out=(name,)))
    for name, value in (("Upgrade", "h2c"), ("Connection", "keep-alive"),
                        ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
                        ("Sec-WebSocket-Accept", "")):
        group.add(f"An answer with {name}: {value}", refuses, not_taken(changes={name: value}))
    group.add("A subprotocol that was not offered", refuses,
              not_taken(more=[("Sec-WebSocket-Protocol", "x-not-offered")]))
    group.add("An extension that was not offered", refuses,
              not_taken(more=[("Sec-WebSocket-Extensions", "x-not-offered")]))
    group.add("No answer", "The client gives up.", ends_at_once)
    yield from group.cases


def cases():
    for case in of_servers():
        case.who, case.shake = SERVER, True
        yield case
    for case in of_clients():
        case.who, case.shake = CLIENT, True
        yield case
