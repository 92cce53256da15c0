"""What connections hold that say nothing."""

import time

from scaling.crowd import OPTIONS, EventSources, WebSockets
from scaling.dialect import Pusher, SocketIo, options, subscribe
from scaling.row import Row
from scaling.server import Server, all_closed
from scaling.tls import TlsWebSocket
from scaling.wire import WebSocket

SIZE = 10_000
BEFORE = 500


class Echoes(WebSockets):
    request = WebSockets.request.replace(b"/channels/x", b"/echo")


def each(connect):
    """Opens connections one after the other."""
    def crowd(port, size):
        return AllOf([connect(port) for _ in range(size)])
    return crowd


class AllOf:
    def __init__(self, clients):
        self.clients = clients

    def close(self):
        for client in self.clients:
            client.close()


def with_one_channel(kind):
    def connect(port):
        client = kind(port)
        subscribe(client, ["x"])
        return client
    return connect


def idle(crowd, *words, size=SIZE, needs=None):
    """Bytes of one connection."""
    def measure(setting):
        all_words = (*words, *(needs(setting) if needs else ()))
        with Server(setting, *all_words) as server:
            first = crowd(server.port, BEFORE)
            time.sleep(1)
            held = server.memory()
            more = crowd(server.port, size)
            with all_closed([first, more]):
                time.sleep(1)
                return (server.memory() - held) / size
    return measure


ROWS = [
    Row("an idle connection at /echo", "B", "184", "", idle(Echoes, *OPTIONS)),
    Row("an idle WebSocket on a channel", "B", "1,952", "≤ 700", idle(WebSockets, *OPTIONS)),
    Row("an idle EventSource", "B", "2,138", "≤ 700", idle(EventSources, *OPTIONS)),
    Row("an idle Pusher connection with one channel", "B", "1,793", "≤ 800",
        idle(each(with_one_channel(Pusher)), needs=options)),
    Row("an idle Socket.IO connection", "B", "5,378", "≤ 2,000",
        idle(each(SocketIo), needs=options)),
    Row("an idle Socket.IO connection with one channel", "B", "", "",
        idle(each(with_one_channel(SocketIo)), needs=options)),
    Row("an idle TLS connection at /echo", "B", "14,800", "< 12,000",
        idle(each(lambda port: TlsWebSocket(port, "/echo")), *OPTIONS, "--tls-self-signed",
             size=2000)),
]
