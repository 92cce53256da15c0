"""Short requests: what is published by POST, and WebSockets that come and go."""

from scaling.row import Row
from scaling.server import instructions
from scaling.wire import WebSocket, connect

POST = (b"POST /channels/bench HTTP/1.1\r\nHost: localhost:9001\r\nContent-Type: text/plain\r\n"
        b"Content-Length: 11\r\n\r\nhello world")
AT_ONCE = 16


def publish(port, count):
    """On one connection, so many requests at once."""
    client = connect(port)
    for _ in range(count // AT_ONCE):
        client.sendall(POST * AT_ONCE)
        answers = b""
        while answers.count(b"\r\n\r\n") < AT_ONCE or not answers.endswith(b"}\n"):
            more = client.recv(1 << 16)
            if not more:
                raise OSError("the server has ended the connection")
            answers += more
        if answers.count(b"HTTP/1.1 200 ") != AT_ONCE:
            raise OSError(f"not published: {answers[:100]!r}")
    client.close()


def come_and_go(path):
    """Connects, upgrades and closes, one after the other."""
    def load(port, count):
        for _ in range(count):
            WebSocket(port, path).close()
    return load


def measured(load, few, many, *options):
    return lambda setting: instructions(setting, options, load, few, many)


ROWS = [
    Row("a message published by POST, 16 at once", "instructions", "39,032", "≤ 13,000",
        measured(publish, 320, 3520), for_peers=True),
    Row("connect, upgrade and close at /echo", "instructions", "44,598", "≤ 22,000",
        measured(come_and_go("/echo"), 100, 1100), for_peers=True),
    Row("connect, upgrade and close at a channel", "instructions", "59,180", "≤ 30,000",
        measured(come_and_go("/channels/bench"), 100, 1100), for_peers=True),
]
