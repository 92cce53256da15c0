"""Clients that read a channel as an event stream: very many of them, and who is beside them."""

import multiprocessing
import os
import select
import statistics
import time

from scaling.row import Row
from scaling.server import Server, all_closed, instructions
from scaling.wire import WebSocket, connect, frame, read_head

PATH = "/channels/x"
OPTIONS = ("--idle-timeout", "0s", "--ping-after", "0s", "--compress", "off")
ENTERING = 500  # at a time, less than the backlog of a listening socket


class Crowd:
    """EventSources on one channel, which read what comes and count events."""

    def __init__(self, port, size):
        self.sockets = []
        self.poll = select.epoll()
        self.events = 0
        while len(self.sockets) < size:
            self.enter(port, min(ENTERING, size - len(self.sockets)))

    def enter(self, port, count):
        request = f"GET {PATH} HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n".encode()
        coming = []
        for _ in range(count):
            opened = connect(port)
            opened.sendall(request)
            coming.append(opened)
        for opened in coming:
            _, rest = read_head(opened)
            while b"event: joined" not in rest or not rest.endswith(b"\n\n\r\n"):
                rest += opened.recv(65536)
            self.poll.register(opened, select.EPOLLIN)
        self.sockets += coming
        self.by_number = {opened.fileno(): opened for opened in self.sockets}

    def read(self, seconds):
        for number, _ in self.poll.poll(seconds, 256):
            read = self.by_number[number].recv(1 << 20)
            if not read:
                raise OSError("the server has ended an event stream")
            # (No event is cut off in the middle by a server that has room to write.)
            self.events += read.count(b"\n\n")

    def read_until(self, events):
        while self.events < events:
            self.read(60)

    def close(self):
        for opened in self.sockets:
            opened.close()
        self.poll.close()


def publish(publisher, count):
    publisher.socket.sendall(frame("x" * 20) * count)


def fan_out(publisher, crowd, at_once, rounds):
    """Everybody has what was published before more is."""
    for _ in range(rounds):
        publish(publisher, at_once)
        crowd.read_until(crowd.events + at_once * len(crowd.sockets))


def fan_out_instructions(size=1000):
    """Of one delivery, at 16 publications at once and one at a time."""
    def measure(setting):
        def load(at_once):
            def run(port, rounds):
                crowd, publisher = Crowd(port, size), WebSocket(port, PATH)
                with all_closed([crowd, publisher]):
                    fan_out(publisher, crowd, at_once, rounds)
            return run
        return tuple(instructions(setting, OPTIONS, load(at_once), 2, many) / at_once / size
                     for at_once, many in ((16, 22), (1, 102)))
    return measure


def beside(size=10_000, quiet=100, messages_a_second=5, seconds=10):
    """p99 of an echo's round trip on quiet connections beside the crowd, in milliseconds. The crowd
    has a process of its own, which yields to whoever measures."""
    def measure(setting):
        with Server(setting, *OPTIONS) as server:
            ready, told = multiprocessing.Event(), multiprocessing.Event()
            crowd = multiprocessing.Process(
                target=read_until_told, args=(server.port, size, messages_a_second, ready, told))
            crowd.start()
            echoes = [WebSocket(server.port, "/echo") for _ in range(quiet)]
            with all_closed(echoes):
                while not ready.wait(1):
                    if not crowd.is_alive():
                        raise OSError("the event streams could not be opened")
                times = round_trips(echoes, seconds)
                told.set()
                crowd.join()
        if crowd.exitcode != 0:
            raise OSError("the event streams did not get all")
        return statistics.quantiles(times, n=100)[98] * 1e3
    return measure


def read_until_told(port, size, messages_a_second, ready, told):
    os.nice(10)
    crowd, publisher = Crowd(port, size), WebSocket(port, PATH)
    published, began = 0, time.monotonic()
    ready.set()
    while not told.is_set():
        if time.monotonic() - began > published / messages_a_second:
            publish(publisher, 1)
            published += 1
        crowd.read(0.01)
    crowd.read_until(published * size)


def round_trips(echoes, seconds):
    times = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for echo in echoes:
            times.append(echo.echo())
            time.sleep(0.0005)
    return times


def idle_memory(size=10_000, before=500):
    def measure(setting):
        with Server(setting, *OPTIONS) as server:
            crowd = Crowd(server.port, before)
            held = server.memory()
            more = Crowd(server.port, size)
            with all_closed([crowd, more]):
                time.sleep(1)
                return (server.memory() - held) / size
    return measure


def by_threads(size=1000, at_once=16, rounds=60):
    """Processor time of a delivery with two threads, in that with one."""
    def of(setting, threads):
        with Server(setting, *OPTIONS, "--threads", str(threads), cores="0,1") as server:
            crowd, publisher = Crowd(server.port, size), WebSocket(server.port, PATH)
            with all_closed([crowd, publisher]):
                fan_out(publisher, crowd, at_once, 5)
                began = server.processor_seconds()
                fan_out(publisher, crowd, at_once, rounds)
                return server.processor_seconds() - began

    def measure(setting):
        return statistics.median(of(setting, 2) / of(setting, 1) for _ in range(3))
    return measure


ROWS = [
    Row("a message to one of 1,000 EventSources, instructions at 16 at once / one at a time", "",
        "714 / 1,416", "≤ 60 / ≤ 400", fan_out_instructions()),
    Row("p99 of an echo beside 10,000 EventSources at 5 messages a second", "ms", "134", "≤ 6",
        beside()),
    Row("an idle EventSource", "B", "2,138", "≤ 700", idle_memory()),
    Row("a message to an EventSource with 2 threads, in its processor time with one", "", "1.4",
        "≤ 1.1", by_threads()),
]
