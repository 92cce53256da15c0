"""The opening handshake, from either end (RFC 6455, section 4)."""

import asyncio
import base64
import os

from wire import CLOSE, Ended, Failed, Peer, accept_of


class Response:
    def __init__(self, head, body):
        line, *fields = head.split("\r\n")
        parts = line.split(" ", 2)
        if len(parts) < 2 or not parts[0].startswith("HTTP/1."):
            raise Failed(f"the answer is not HTTP: {line[:80]!r}")
        self.status, self.body = int(parts[1]), body
        self.fields = fields_of(fields)

    def __getitem__(self, name):
        return ", ".join(self.fields.get(name.lower(), []))


def fields_of(lines):
    fields = {}
    for line in lines:
        name, _, value = line.partition(":")
        fields.setdefault(name.strip().lower(), []).append(value.strip())
    return fields


async def read_head(reader):
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), Peer.patience)
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise Ended("the connection was ended without an answer") from error
    except asyncio.TimeoutError as error:
        raise Failed("no answer came") from error
    return head[:-4].decode("latin-1")


class ClientEnd(Peer):
    """We are the client."""

    def __init__(self, reader, writer, target):
        super().__init__(reader, writer, serves=False)
        self.target, self.agreed = target, ""
        self.key = base64.b64encode(os.urandom(16)).decode()

    def fields(self, **changes):
        """The fields of a good request; a change to None leaves one out."""
        fields = {"Host": self.target.host_field, "Upgrade": "websocket", "Connection": "Upgrade",
                  "Sec-WebSocket-Key": self.key, "Sec-WebSocket-Version": "13"}
        for name, value in changes.items():
            fields[name.replace("_", "-")] = value
        return [(name, value) for name, value in fields.items() if value is not None]

    def request(self, fields=None, line=None, more=b""):
        line = line or f"GET {self.target.path} HTTP/1.1"
        fields = self.fields() if fields is None else fields
        text = "".join(f"{name}: {value}\r\n" for name, value in fields)
        self.note(f"> {line}")
        return f"{line}\r\n{text}\r\n".encode() + more

    async def read_response(self):
        head = await read_head(self.reader)
        self.note("< " + head.split("\r\n")[0])
        response = Response(head, "")
        if response.status != 101 and response["content-length"].isdigit():
            body = await self.reader.readexactly(int(response["content-length"]))
            response.body = body.decode("utf-8", "replace")
        return response

    async def accepted(self):
        """Reads the answer and judges it as section 4.1 demands of a client."""
        response = await self.read_response()
        self.check_accepted(response)
        return response

    def check_accepted(self, response):
        if response.status != 101:
            raise Failed(f"the answer is {response.status}: {response.body.strip()[:200]}")
        if response["upgrade"].lower() != "websocket":
            raise Failed("the answer has no Upgrade: websocket")
        if "upgrade" not in [word.strip().lower() for word in response["connection"].split(",")]:
            raise Failed("the answer has no Connection: Upgrade")
        if response["sec-websocket-accept"] != accept_of(self.key):
            raise Failed("Sec-WebSocket-Accept is not the one for our key")


class ServerEnd(Peer):
    """We are the server."""

    def __init__(self, reader, writer, request):
        super().__init__(reader, writer, serves=True)
        self.request, self.agreed = request, ""

    async def read_request(self):
        return self.request

    async def answer(self, request, more=(), status="101 Switching Protocols", leave_out=(),
                     changes=None, after=b"", piece=None):
        fields = {"Upgrade": "websocket", "Connection": "Upgrade",
                  "Sec-WebSocket-Accept": accept_of(request.get("sec-websocket-key", ""))}
        fields.update(changes or {})
        lines = [f"{name}: {value}" for name, value in fields.items() if name not in leave_out]
        lines += [f"{name}: {value}" for name, value in more]
        head = f"HTTP/1.1 {status}\r\n" + "".join(line + "\r\n" for line in lines) + "\r\n"
        self.note(f"> HTTP/1.1 {status}")
        await self.write(head.encode() + after, piece)

    async def expect_refusal(self):
        """A client that does not take our answer ends the connection, and sends no message."""
        await self.write(self.frame(1, b"are you there?"))
        try:
            _, _, opcode, _ = await self.read_frame()
        except Ended:
            return
        except Failed as error:
            raise Failed(f"the client did not refuse the answer: {error}") from error
        if opcode != CLOSE:
            raise Failed(f"the client took the answer, and sent a frame: {self.log[-1]}")
