"""Handshakes of TLS."""

from scaling.crowd import OPTIONS
from scaling.row import Row
from scaling.server import Server
from scaling.tls import TlsWebSocket

COUNT = 1000


def come_and_go(server, session=None):
    """Processor microseconds of a connection at /echo that comes and goes."""
    before = server.processor_seconds()
    for _ in range(COUNT):
        client = TlsWebSocket(server.port, "/echo", session)
        if session is not None and not client.socket.session_reused:
            raise OSError("the server has not resumed a session")
        client.close()
    return (server.processor_seconds() - before) / COUNT * 1e6


def handshakes(setting):
    with Server(setting, *OPTIONS, "--tls-self-signed") as server:
        first = TlsWebSocket(server.port, "/echo")
        first.echo()
        session = first.session
        come_and_go(server)
        full, resumed = come_and_go(server), come_and_go(server, session)
        first.close()
    return full, resumed


ROWS = [
    Row("connect with TLS, upgrade and close at /echo: a full handshake / a resumed one", "µs",
        "785 / –", "≤ uWebSockets", handshakes),
]
