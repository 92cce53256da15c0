"""Very many channels with a message in their histories, and who is beside them."""

import time

from scaling.row import Row
from scaling.server import Server
from scaling.wire import WebSocket, connect

OPTIONS = ("--idle-timeout", "0s", "--ping-after", "0s", "--max-memory", "8GiB",
           "--history-memory", "6GiB")
AT_ONCE = 64
COUNTS = (0, 10_000, 100_000, 1_000_000)
POST = ("POST /channels/room-%d HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
        "Content-Length: 20\r\n\r\n" + "x" * 20)


def publish(port, numbers):
    """A message to each of these channels."""
    client = connect(port)
    numbers = list(numbers)
    for begin in range(0, len(numbers), AT_ONCE):
        some = numbers[begin:begin + AT_ONCE]
        client.sendall("".join(POST % number for number in some).encode())
        answers = b""
        while answers.count(b"\r\n\r\n") < len(some) or not answers.endswith(b"}\n"):
            more = client.recv(1 << 20)
            if not more:
                raise OSError("the server has ended the connection")
            answers += more
        if answers.count(b"HTTP/1.1 200 ") != len(some):
            raise OSError(f"not published: {answers[:200]!r}")
    client.close()


def round_trips(port, seconds=10, a_second=1000):
    """Of one connection that sends so often, in milliseconds, in order."""
    client, times = WebSocket(port, "/echo"), []
    began = time.monotonic()
    while len(times) < seconds * a_second:
        wait = began + len(times) / a_second - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        times.append(client.echo() * 1e3)
    client.close()
    return sorted(times)


def idle_time(server, seconds=5):
    """Of the processor, milliseconds a second."""
    before = server.processor_seconds()
    time.sleep(seconds)
    return (server.processor_seconds() - before) / seconds * 1e3


def beside(count):
    """p99 of the echo, and the server's processor time while nothing happens."""
    def measure(setting):
        with Server(setting, *OPTIONS) as server:
            publish(server.port, range(count))
            times = round_trips(server.port)
            return times[len(times) * 99 // 100], idle_time(server)
    return measure


BEFORE = {0: "0.17 / –", 10_000: "0.17 / 5", 100_000: "18 / 46", 1_000_000: "325 / 368"}

ROWS = [
    Row(f"p99 of an echo at 1,000/s beside {f'{count:,}' if count else 'no'} channels with a message, ms / "
        "processor time while nothing happens", "ms a second", BEFORE[count],
        "≤ 2 × / ≤ 2" if count else "", beside(count)) for count in COUNTS
]
