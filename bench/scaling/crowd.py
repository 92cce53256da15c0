"""Very many clients that read one channel, each in as little as a socket takes."""

import select

from scaling.wire import connect, frame, handshake, read_head

PATH = "/channels/x"
TEXT = "x" * 20
OPTIONS = ("--idle-timeout", "0s", "--ping-after", "0s", "--compress", "off")
ENTERING = 500  # at a time, less than the backlog of a listening socket


class Crowd:
    """Reads what comes, and counts what was delivered."""

    request = None

    def __init__(self, port, size):
        self.sockets = []
        self.poll = select.epoll()
        self.delivered = 0
        while len(self.sockets) < size:
            self.enter(port, min(ENTERING, size - len(self.sockets)))

    def enter(self, port, count):
        coming = []
        for _ in range(count):
            opened = connect(port)
            opened.sendall(self.request)
            coming.append(opened)
        for opened in coming:
            self.begin(opened)
            self.poll.register(opened, select.EPOLLIN)
        self.sockets += coming
        self.by_number = {opened.fileno(): opened for opened in self.sockets}

    def read(self, seconds):
        for number, _ in self.poll.poll(seconds, 256):
            read = self.by_number[number].recv(1 << 20)
            if not read:
                raise OSError("the server has ended a connection")
            self.count(read)

    def read_until(self, delivered):
        while self.delivered < delivered:
            self.read(60)

    def close(self):
        for opened in self.sockets:
            opened.close()
        self.poll.close()


class EventSources(Crowd):
    request = f"GET {PATH} HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n".encode()

    @staticmethod
    def begin(opened):
        _, rest = read_head(opened)
        while b"event: joined" not in rest or not rest.endswith(b"\n\n\r\n"):
            rest += opened.recv(65536)

    def count(self, read):
        # (No event is cut off in the middle by a server that has room to write.)
        self.delivered += read.count(b"\n\n")


class WebSockets(Crowd):
    """Of a server that sends frames without a mask, and nothing but what is published."""

    request = handshake(PATH)
    frame_size = 2 + len(TEXT)

    def __init__(self, port, size):
        self.bytes = 0
        super().__init__(port, size)

    @staticmethod
    def begin(opened):
        head, rest = read_head(opened)
        if b" 101 " not in head or rest:
            raise OSError(f"no WebSocket: {head[:100]!r}")

    def count(self, read):
        self.bytes += len(read)
        self.delivered = self.bytes // self.frame_size


def publish(publisher, count):
    publisher.socket.sendall(frame(TEXT) * count)


def fan_out(publisher, crowd, at_once, rounds):
    """Everybody has what was published before more is."""
    for _ in range(rounds):
        publish(publisher, at_once)
        crowd.read_until(crowd.delivered + at_once * len(crowd.sockets))
