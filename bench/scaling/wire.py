"""Clients as plain sockets, so that the load itself takes little."""

import socket
import struct
import time

KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def connect(port, timeout=120):
    opened = socket.create_connection(("127.0.0.1", port), timeout)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def read_head(opened):
    """The head of an answer, and what came behind it."""
    read = b""
    while b"\r\n\r\n" not in read:
        more = opened.recv(65536)
        if not more:
            raise OSError(f"the server has ended the connection after {read[:100]!r}")
        read += more
    head, _, rest = read.partition(b"\r\n\r\n")
    return head, rest


def handshake(path):
    return (f"GET {path} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n").encode()


class WebSocket:
    """Just enough of one; reads frames of whatever length."""

    def __init__(self, port, path):
        self.socket = self.connect(port)
        self.socket.sendall(handshake(path))
        head, self.read = read_head(self.socket)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise OSError(f"no WebSocket: {head[:100]!r}")

    def connect(self, port):
        return connect(port)

    def send(self, text):
        self.socket.sendall(frame(text))

    def echo(self):
        """The seconds until a message comes back."""
        began = time.perf_counter()
        self.send("x")
        self.receive()
        return time.perf_counter() - began

    def receive(self):
        """The payload of the next frame."""
        size, header = self.need(2)[1] & 0x7F, 2
        if size == 126:
            size, header = struct.unpack(">H", self.need(4)[2:4])[0], 4
        elif size == 127:
            size, header = struct.unpack(">Q", self.need(10)[2:10])[0], 10
        payload = self.need(header + size)[header:header + size]
        self.read = self.read[header + size:]
        return payload

    def need(self, count):
        while len(self.read) < count:
            more = self.socket.recv(1 << 20)
            if not more:
                raise OSError("the server has ended the connection")
            self.read += more
        return self.read

    def close(self):
        self.socket.close()


def frame(text, opcode=1):
    """Masked with zeros."""
    payload = text.encode() if isinstance(text, str) else text
    size = len(payload)
    if size < 126:
        head = bytes([0x80 | opcode, 0x80 | size])
    elif size < 65536:
        head = bytes([0x80 | opcode, 0x80 | 126]) + struct.pack(">H", size)
    else:
        head = bytes([0x80 | opcode, 0x80 | 127]) + struct.pack(">Q", size)
    return head + b"\0\0\0\0" + payload
