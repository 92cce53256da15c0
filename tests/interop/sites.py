"""HTTP servers of a test, in its own event loop, that note the requests they get."""

import http

import websockets


class Site:
    """A server of python3-websockets: it answers a path of `answers` as that says, and opens a
    WebSocket that echoes at every other."""

    def __init__(self, answers=None, port=0, **options):
        self.answers = dict(answers or {})
        self.requests = []
        self.options = options
        self.scheme = "wss" if "ssl" in options else "ws"
        self.server = None
        self.port = port

    async def __aenter__(self):
        self.server = await websockets.serve(self.echo, "127.0.0.1", self.port,
                                             process_request=self.note, **self.options)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        await self.server.wait_closed()

    @staticmethod
    async def echo(socket):
        async for message in socket:
            await socket.send(message)

    async def note(self, path, headers):
        self.requests.append((path, headers))
        answer = self.answers.get(path)
        if callable(answer):
            answer = answer(len(self.requests))
        if answer is None:
            return None
        status, fields, *body = answer
        return http.HTTPStatus(status), fields, body[0] if body else b""

    def redirect(self, path, location, status=302):
        self.answers[path] = (status, [("Location", location)])

    def url(self, path="/", scheme=None, user=""):
        return f"{scheme or self.scheme}://{user}{'@' if user else ''}localhost:{self.port}{path}"

    @property
    def paths(self):
        return [path for path, _ in self.requests]

    def fields(self, name):
        """The values of a field, one list for each request."""
        return [headers.get_all(name) for _, headers in self.requests]
