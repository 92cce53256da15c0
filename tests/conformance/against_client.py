"""A client is tested: we listen, and it asks for one case after the other, by the URLs that the
field has agreed on: /getCaseCount, /runCase?case=N&agent=NAME, /updateReports?agent=NAME."""

import asyncio
from urllib.parse import parse_qs, urlsplit

from case import SERVER
from handshaking import ServerEnd, fields_of, read_head
from judging import FAILED, judge, outcome_of
from wire import LARGEST_READ, TEXT, Ended, Failed


async def greet(peer, case):
    more = []
    if case.agree:
        text, peer.deflate = case.agree(peer.request)
        more = [("Sec-WebSocket-Extensions", text)] if text else []
    await peer.answer(peer.request, more)


class Listening:
    def __init__(self, cases, done):
        self.cases, self.done = cases, done
        self.asked, self.over = set(), asyncio.Event()

    async def take(self, reader, writer):
        try:
            line, *lines = (await read_head(reader)).split("\r\n")
            request = {name: ", ".join(values) for name, values in fields_of(lines).items()}
            url = urlsplit(line.split(" ")[1])
            peer = ServerEnd(reader, writer, request)
            if url.path == "/runCase":
                await self.run(int(parse_qs(url.query)["case"][0]), peer)
            else:
                await self.serve(url.path, peer)
        except (Failed, Ended, ConnectionError, IndexError, KeyError, ValueError) as error:
            print(f"A connection that runs no case went wrong: {error}", flush=True)
        finally:
            writer.close()

    async def run(self, number, peer):
        async def open_peer():
            return peer

        if not 1 <= number <= len(self.cases) or number in self.asked:
            raise Failed(f"the client asked for case {number}, or asked twice")
        self.asked.add(number)
        self.done(await judge(self.cases[number - 1], open_peer, greet))

    async def serve(self, path, peer):
        await peer.answer(peer.request)
        if path == "/getCaseCount":
            await peer.send(TEXT, str(len(self.cases)).encode())
        if path == "/updateReports":
            self.over.set()
        await peer.close(1000)

    def give_up_on_the_rest(self):
        for number, case in enumerate(self.cases, 1):
            if number not in self.asked:
                self.done(outcome_of(case, FAILED, "the client never asked for this case"))


def command_line(command, url):
    """`command` with our URL in place of {url}, or behind it."""
    words = [word.replace("{url}", url) for word in command]
    return words if words != command else [*command, url]


async def test_client(cases, done, command=(), place=("127.0.0.1", 0)):
    """Listens, and starts `command`; without one it waits for whoever comes. It is over when the
    command has ended (or the client asked for /updateReports). Gives a complaint, or nothing."""
    listening = Listening([case for case in cases if case.who != SERVER], done)
    server = await asyncio.start_server(listening.take, *place, limit=LARGEST_READ)
    host, port = server.sockets[0].getsockname()[:2]
    url, status = f"ws://{host}:{port}", 0
    if command:
        client = await asyncio.create_subprocess_exec(*command_line(list(command), url))
        status = await client.wait()
    else:
        print(f"Listening on {url}\nThe client's part: {url}/getCaseCount, then "
              f"{url}/runCase?case=1 to {len(listening.cases)}, then {url}/updateReports",
              flush=True)
        await listening.over.wait()
    server.close()
    listening.give_up_on_the_rest()
    return f"The client ended with {status}." if status else ""
