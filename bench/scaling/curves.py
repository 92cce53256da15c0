"""How cost grows: with channels, members, subscriptions of a connection, and bytes of a message."""

import statistics

from scaling import rows_channels
from scaling.crowd import OPTIONS, PATH, WebSockets, fan_out
from scaling.curve import Curve
from scaling.dialect import Pusher, SocketIo
from scaling.rows_subscriptions import microseconds
from scaling.server import Server, all_closed
from scaling.wire import WebSocket, frame


def publishing(setting, channels, messages=20_000):
    """A message by POST to a channel that has one already."""
    with Server(setting, *rows_channels.OPTIONS) as server:
        rows_channels.publish(server.port, range(channels))
        before = server.processor_seconds()
        step = max(1, channels // messages)
        rows_channels.publish(server.port, (number * step % channels for number in range(messages)))
        return (server.processor_seconds() - before) / messages * 1e6


def delivering(setting, members, at_once=16):
    """A message to one of the members of a channel."""
    with Server(setting, *OPTIONS, "--max-backlog", "64MiB") as server:
        crowd, publisher = WebSockets(server.port, members), WebSocket(server.port, PATH)
        with all_closed([crowd, publisher]):
            rounds = max(10, 200_000 // members // at_once) if members > 1 else 2000
            fan_out(publisher, crowd, at_once, rounds // 10)
            before = server.processor_seconds()
            fan_out(publisher, crowd, at_once, rounds)
            return (server.processor_seconds() - before) / rounds / at_once / members * 1e6


def subscribing(kind):
    return lambda setting, already: microseconds(kind, setting, already)


def echoing(setting, size):
    """A message there and back."""
    with Server(setting, *OPTIONS, "--max-message", "16MiB", "--max-backlog", "64MiB",
                "--max-memory", "1GiB") as server:
        client = WebSocket(server.port, "/echo")
        sent = frame(b"x" * size, opcode=2)
        count = max(20, min(5000, 100_000_000 // size))

        def echo():
            client.socket.sendall(sent)
            client.receive()
        for _ in range(5):
            echo()
        times = []
        for _ in range(3):
            before = server.processor_seconds()
            for _ in range(count):
                echo()
            times.append((server.processor_seconds() - before) / count * 1e6)
        client.close()
        return statistics.median(times)


CURVES = [
    Curve("publish by POST", "µs", "channels with a message", (1, 100, 10_000, 100_000, 1_000_000),
          publishing),
    Curve("deliver to a WebSocket on a channel, 16 at once", "µs", "members",
          (1, 100, 1000, 10_000, 20_000), delivering, for_peers=True),
    Curve("subscribe by Pusher", "µs", "subscriptions of the connection",
          (1, 100, 1000, 10_000, 100_000), subscribing(Pusher)),
    Curve("subscribe by Socket.IO", "µs", "subscriptions of the connection",
          (1, 100, 1000, 10_000, 100_000), subscribing(SocketIo)),
    Curve("echo a message, alone", "µs", "bytes", (20, 1024, 65_536, 1_048_576, 16_777_216 - 1024),
          echoing, for_peers=True),
]
