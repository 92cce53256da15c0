"""Clients that read a channel as an event stream: very many of them, and who is beside them."""

import multiprocessing
import os
import statistics
import time

from scaling.crowd import OPTIONS, PATH, EventSources, fan_out, publish
from scaling.row import Row
from scaling.server import Server, all_closed, instructions
from scaling.wire import WebSocket


def fan_out_instructions(size=1000):
    """Of one delivery, at 16 publications at once and one at a time."""
    def measure(setting):
        def load(at_once):
            def run(port, rounds):
                crowd, publisher = EventSources(port, size), WebSocket(port, PATH)
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
    crowd, publisher = EventSources(port, size), WebSocket(port, PATH)
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


ROWS = [
    Row("a message to one of 1,000 EventSources, instructions at 16 at once / one at a time", "",
        "714 / 1,416", "≤ 60 / ≤ 400", fan_out_instructions()),
    Row("p99 of an echo beside 10,000 EventSources at 5 messages a second", "ms", "134", "≤ 6",
        beside()),
]
