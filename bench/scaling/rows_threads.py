"""What a second thread gives, and what it takes."""

import multiprocessing
import statistics
import time

from scaling.crowd import OPTIONS, PATH, TEXT, EventSources, WebSockets, fan_out, publish
from scaling.row import Row
from scaling.server import Server, all_closed
from scaling.wire import WebSocket

ROUNDS = 3


def in_two_to_one(of):
    """What is measured with two threads, in what it is with one."""
    def measure(setting):
        return statistics.median(of(setting, 2) / of(setting, 1) for _ in range(ROUNDS))
    return measure


def server(setting, threads):
    return Server(setting, *OPTIONS, "--max-backlog", "256MiB", "--threads", str(threads),
                  cores="0,1")


def processor_time(kind, size=1000, at_once=16, rounds=60):
    """Of deliveries."""
    def of(setting, threads):
        with server(setting, threads) as running:
            crowd, publisher = kind(running.port, size), WebSocket(running.port, PATH)
            with all_closed([crowd, publisher]):
                fan_out(publisher, crowd, at_once, 5)
                began = running.processor_seconds()
                fan_out(publisher, crowd, at_once, rounds)
                return running.processor_seconds() - began
    return of


def publish_and_read(port, others, count, at_once, ready, go):
    """What one of several publishers does, in a process of its own."""
    client = WebSocket(port, PATH)
    expected = others * count * WebSockets.frame_size
    ready.release()
    go.wait()
    client.socket.setblocking(True)
    for _ in range(count // at_once):
        publish(client, at_once)
    while expected > 0:
        read = client.socket.recv(1 << 20)
        if not read:
            raise OSError("the server has ended the connection")
        expected -= len(read)
    client.close()


def messages_a_second(setting, threads, publishers=2, count=300_000, at_once=1000):
    """That several publish on one channel, until each has those of the others."""
    with server(setting, threads) as running:
        ready, go = multiprocessing.Semaphore(0), multiprocessing.Event()
        all_of_them = [multiprocessing.Process(
            target=publish_and_read,
            args=(running.port, publishers - 1, count, at_once, ready, go))
            for _ in range(publishers)]
        for each in all_of_them:
            each.start()
            if not ready.acquire(timeout=60):
                raise OSError("a publisher could not connect")
        began = time.monotonic()
        go.set()
        for each in all_of_them:
            each.join()
        took = time.monotonic() - began
    if any(each.exitcode != 0 for each in all_of_them):
        raise OSError("a publisher did not get what the other published")
    return publishers * count / took


def two_publishers(setting):
    rates = {threads: statistics.median(messages_a_second(setting, threads) for _ in range(ROUNDS))
             for threads in (2, 1)}
    return rates[2] / rates[1], rates[2], rates[1]


ROWS = [
    Row("two publishers on one channel, 2 threads in one / messages a second with 2 / with one", "",
        "0.31–0.57 / 155,000–283,000 / 500,000", "≥ 1.0", two_publishers),
    Row("a message to a WebSocket, 16 at once, with 2 threads, in its processor time with one", "",
        "1.23", "≤ 1.1", in_two_to_one(processor_time(WebSockets))),
    Row("a message to an EventSource, 16 at once, with 2 threads, in its processor time with one",
        "", "1.4", "≤ 1.1", in_two_to_one(processor_time(EventSources))),
]
