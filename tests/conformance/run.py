"""Runs cases: against a server, or against a client that connects to us."""

import asyncio
import json
import re
import time
from dataclasses import asdict, dataclass, field
from urllib.parse import parse_qs, urlsplit

from case import CLIENT, SERVER
from cases.parameters import deflate_as_client
from handshaking import ClientEnd, ServerEnd, fields_of, read_head
from wire import TEXT, Declined, Ended, Failed, Informational, NonStrict

OK, NON_STRICT, INFORMATIONAL = "OK", "NON-STRICT", "INFORMATIONAL"
FAILED, UNIMPLEMENTED = "FAILED", "UNIMPLEMENTED"
LONGEST_CASE = 120.0


@dataclass
class Outcome:
    number: str
    title: str
    section: str
    expectation: str
    verdict: str
    seen: str
    milliseconds: int
    log: list = field(default_factory=list)

    def plain(self):
        return asdict(self)


async def judge(case, make_peer):
    """Runs one case; `make_peer` gives our end, after the handshake unless the case makes it."""
    begun, peer, verdict, seen = time.monotonic(), None, OK, ""

    async def whole():
        nonlocal peer
        peer = await make_peer()
        await case.run(peer)

    try:
        await asyncio.wait_for(whole(), LONGEST_CASE)
    except (Failed, Ended) as failure:
        verdict, seen = FAILED, str(failure)
    except NonStrict as failure:
        verdict, seen = NON_STRICT, str(failure)
    except Informational as information:
        verdict, seen = INFORMATIONAL, str(information)
    except Declined as declined:
        verdict, seen = UNIMPLEMENTED, str(declined)
    except asyncio.TimeoutError:
        verdict, seen = FAILED, f"the case was not over after {LONGEST_CASE:.0f} seconds"
    except UnicodeDecodeError:
        verdict, seen = FAILED, "text came that is not UTF-8"
    except Exception as error:  # noqa: BLE001: what the peer sent has upset the case itself
        verdict, seen = FAILED, f"{type(error).__name__}: {error}"
    finally:
        if peer:
            peer.writer.close()
    spent = round((time.monotonic() - begun) * 1000)
    return Outcome(case.number, case.title, case.section, case.expectation, verdict, seen, spent,
                   peer.log if peer else [])


# ---- a server is tested -----------------------------------------------------------------------

class Target:
    def __init__(self, url):
        parts = urlsplit(url)
        if parts.scheme != "ws" or not parts.hostname:
            raise ValueError(f"{url} is not a ws:// URL")
        self.host, self.port = parts.hostname, parts.port or 80
        self.host_field = parts.netloc
        self.path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


async def connect(case, target):
    reader, writer = await asyncio.open_connection(target.host, target.port, limit=1 << 22)
    peer = ClientEnd(reader, writer, target)
    if case.shake:
        return peer
    fields = peer.fields(Sec_WebSocket_Extensions=case.offer or None)
    await peer.write(peer.request(fields))
    response = await peer.accepted()
    peer.agreed = response["sec-websocket-extensions"]
    if peer.agreed:
        if not case.offer:
            raise Failed(f"{peer.agreed!r} was agreed to, and nothing offered")
        peer.deflate = deflate_as_client(peer.agreed)
    return peer


async def test_server(url, cases, at_once, done):
    target = Target(url)
    turns = asyncio.Semaphore(at_once)

    async def one(case):
        async with turns:
            done(await judge(case, lambda: connect(case, target)))

    await asyncio.gather(*(one(case) for case in cases if case.who != CLIENT))


# ---- a client is tested -----------------------------------------------------------------------

class Listening:
    """What a client connects to: /getCaseCount, /runCase?case=N, /updateReports."""

    def __init__(self, cases, done):
        self.cases = [case for case in cases if case.who != SERVER]
        self.done, self.over = done, asyncio.Event()

    async def take(self, reader, writer):
        try:
            line, *lines = (await read_head(reader)).split("\r\n")
            request = {name: ", ".join(values) for name, values in fields_of(lines).items()}
            url = urlsplit(line.split(" ")[1])
            if url.path == "/runCase":
                number = int(parse_qs(url.query)["case"][0])
                case = self.cases[number - 1]
                self.done(await judge(case, lambda: self.greet(case, reader, writer, request)))
            else:
                await self.serve(url.path, ServerEnd(reader, writer, request))
        except (Failed, Ended, ConnectionError, IndexError, KeyError, ValueError):
            pass
        finally:
            writer.close()

    async def serve(self, path, peer):
        await peer.answer(peer.request)
        if path == "/getCaseCount":
            await peer.send(TEXT, str(len(self.cases)).encode())
        await peer.close(1000, answer=(1000, None))
        if path == "/updateReports":
            self.over.set()

    @staticmethod
    async def greet(case, reader, writer, request):
        peer = ServerEnd(reader, writer, request)
        if case.shake:
            return peer
        more = []
        if case.agree:
            text, peer.deflate = case.agree(request)
            if not re.search(r"permessage-deflate", request.get("sec-websocket-extensions", "")):
                text, peer.deflate = "", None
            more = [("Sec-WebSocket-Extensions", text)] if text else []
        await peer.answer(request, more)
        return peer


async def test_client(command, cases, done, host="127.0.0.1", port=0):
    """Listens, starts `command` with our URL behind it (or waits for whoever comes), and ends when
    the client asks for /updateReports or its process ends."""
    listening = Listening(cases, done)
    server = await asyncio.start_server(listening.take, host, port, limit=1 << 22)
    port = server.sockets[0].getsockname()[1]
    url = f"ws://{host}:{port}"
    if not command:
        print(f"Waiting for a client at {url}/getCaseCount, {url}/runCase?case=1 … "
              f"{len(listening.cases)}, {url}/updateReports", flush=True)
        await listening.over.wait()
    else:
        client = await asyncio.create_subprocess_exec(*command, url)
        status = await client.wait()
        if status != 0:
            print(f"The client ended with {status}.")
    server.close()


def write_json(outcomes, subject, file):
    with open(file, "w", encoding="utf-8") as out:
        json.dump({"subject": subject, "cases": [outcome.plain() for outcome in outcomes]}, out,
                  indent=1, ensure_ascii=False)
