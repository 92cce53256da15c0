"""What is measured."""

from typing import NamedTuple


# Of the kinds in which one publishes for all others: a dialect each.
PATHS = {"fan": "/channels/x", "events": "/channels/x", "pusher": "/app/bench-key?protocol=7",
         "socketio": "/socket.io/?EIO=4&transport=websocket"}


class Row(NamedTuple):
    kind: str
    connections: int
    depth: int
    size: int

    @property
    def path(self):
        return PATHS.get(self.kind, "/echo")

    @property
    def fans_out(self):
        return self.kind in PATHS


ROWS = {
    "echo 20 B, 64 connections": Row("echo", 64, 1, 20),
    "echo 20 B, 500 connections": Row("echo", 500, 1, 20),
    "echo 20 B, 16 on the way": Row("echo", 64, 16, 20),
    "echo 20 B, 256 on the way": Row("echo", 64, 256, 20),
    "echo 1 KB": Row("echo", 64, 1, 1024),
    "echo 1 KB, 16 on the way": Row("echo", 64, 16, 1024),
    "echo 16 KB": Row("echo", 64, 1, 16384),
    "echo 16 KB, 500 connections": Row("echo", 500, 1, 16384),
    "echo 16 KB, 16 on the way": Row("echo", 64, 16, 16384),
    "echo 1 MB": Row("echo", 16, 1, 1048576),
    "echo 20 B, 1 connection": Row("echo", 1, 1, 20),
    "TLS echo 20 B": Row("tls", 64, 1, 20),
    "TLS echo 16 KB": Row("tls", 64, 1, 16384),
    "fan-out to 1,000, 16 on the way": Row("fan", 1001, 16, 20),
    "EventSource fan-out to 1,000, 16 on the way": Row("events", 1001, 16, 20),
    "Pusher fan-out to 1,000, 16 on the way": Row("pusher", 1001, 16, 20),
    "Socket.IO fan-out to 1,000, 16 on the way": Row("socketio", 1001, 16, 20),
    "deflate 128 B of JSON": Row("deflate", 64, 4, 128),
    "deflate 1 KB of JSON": Row("deflate", 64, 4, 1024),
    "deflate 16 KB of JSON": Row("deflate", 64, 4, 16384),
    "connection rate, 64 at a time": Row("handshakes", 64, 1, 0),
    "idle, 10,000 connections": Row("idle", 10000, 1, 20),
}
