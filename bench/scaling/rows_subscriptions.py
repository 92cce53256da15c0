"""Clients of Pusher and Socket.IO that subscribe, and what they hold."""

import statistics
import threading
import time

from scaling.dialect import Pusher, SocketIo, options, subscribe
from scaling.row import Row
from scaling.server import Server, all_closed, instructions
from scaling.wire import WebSocket


def names(count, first=0):
    return (f"room-{number}" for number in range(first, first + count))


def microseconds(kind, setting, already, more=2000):
    """Processor time of one subscription on a connection that has `already` so many."""
    with Server(setting, *options(setting)) as server:
        client = kind(server.port)
        subscribe(client, names(already))
        before = server.processor_seconds()
        subscribe(client, names(more, already))
        took = server.processor_seconds() - before
        client.close()
    return took / more * 1e6


def subscribing(kind):
    def measure(setting):
        return tuple(microseconds(kind, setting, already) for already in (100, 100_000))
    return measure


def subscribing_instructions(kind):
    def measure(setting):
        def load(port, count):
            client = kind(port)
            subscribe(client, names(count))
            client.close()
        return instructions(setting, options(setting), load, 200, 2200)
    return measure


def channel_memory(kind, count=100_000):
    """Bytes of a channel with one subscriber, who has many."""
    def measure(setting):
        with Server(setting, *options(setting)) as server:
            client = kind(server.port)
            subscribe(client, names(1000))
            before = server.memory()
            subscribe(client, names(count, 1000))
            took = server.memory() - before
            client.close()
        return took / count
    return measure


def million_channels(setting, connections=10, each=100_000):
    """Gigabytes of a million channels with one subscriber each."""
    with Server(setting, *options(setting)) as server:
        before = server.memory()
        clients = [Pusher(server.port) for _ in range(connections)]
        with all_closed(clients):
            for number, client in enumerate(clients):
                subscribe(client, names(each, number * each))
            return (server.memory() - before) / 1e9


def longest_wait(kind, count=100_000):
    """The longest that another connection waits for its echo while one with so many subscriptions
    goes, in milliseconds; and until that has gone."""
    def measure(setting):
        with Server(setting, *options(setting)) as server:
            client = kind(server.port)
            subscribe(client, names(count))
            other = WebSocket(server.port, "/echo")
            quiet = echo_times(other, 1)
            closer = threading.Thread(target=client.close)
            closer.start()
            times = echo_times(other, 3)
            closer.join()
            other.close()
        return max(times) * 1e3, statistics.quantiles(quiet, n=100)[98] * 1e3
    return measure


def echo_times(client, seconds):
    times = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        times.append(client.echo())
    return times


ROWS = [
    Row("subscribe by Pusher, with 100 / 100,000 on the connection", "µs", "7.6", "≤ 3, flat",
        subscribing(Pusher)),
    Row("subscribe by Socket.IO, with 100 / 100,000 on the connection", "µs", "8.8", "≤ 3, flat",
        subscribing(SocketIo)),
    Row("subscribe by Pusher, instructions", "", "", "", subscribing_instructions(Pusher)),
    Row("subscribe by Socket.IO, instructions", "", "", "", subscribing_instructions(SocketIo)),
    Row("a channel with one subscriber by Pusher", "B", "3,450", "≤ 900", channel_memory(Pusher)),
    Row("a channel with one subscriber by Socket.IO", "B", "2,840", "≤ 900",
        channel_memory(SocketIo)),
    Row("a million channels with one subscriber each, by Pusher", "GB", "3.47", "≤ 1",
        million_channels),
    Row("an echo while a Pusher connection with 100,000 subscriptions closes: longest / p99 before",
        "ms", "695", "≤ 5", longest_wait(Pusher)),
    Row("the same by Socket.IO", "ms", "", "≤ 5", longest_wait(SocketIo)),
]
