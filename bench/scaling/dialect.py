"""What a client says to subscribe, by dialect."""

import itertools
import os

from scaling.wire import WebSocket, frame

APP = ('[[apps]]\nid = "1"\nkey = "bench-key"\nsecret = "bench-secret"\n'
       "message_rate = 0\nclient_event_rate = 0\nmax_channels = 1000000\n")


def options(setting):
    """What the server needs, so that nothing but its work limits it."""
    file = os.path.join(setting.programs, "scale.toml")
    os.makedirs(setting.programs, exist_ok=True)
    with open(file, "w", encoding="utf-8") as written:
        written.write(APP)
    return ["--config", file, "--socketio-recovery", "0s",
            "--socketio-max-channels", "1000000", "--max-backlog", "256MiB",
            "--ping-after", "0s", "--idle-timeout", "0s", "--compress", "off"]


class Client(WebSocket):
    """One that has been greeted."""

    path = None

    def __init__(self, port):
        super().__init__(port, self.path)
        self.receive()


class Pusher(Client):
    path = "/app/bench-key?protocol=7"

    @staticmethod
    def subscribing(channel):
        return frame('{"event":"pusher:subscribe","data":{"channel":"%s"}}' % channel)


class SocketIo(Client):
    path = "/socket.io/?EIO=4&transport=websocket"

    def __init__(self, port):
        super().__init__(port)
        self.send("40")
        self.receive()

    @staticmethod
    def subscribing(channel):
        return frame('421["subscribe","%s"]' % channel)


def subscribe(client, channels, at_once=200):
    """To all of them, some at a time, until each is answered."""
    waiting = iter(channels)
    while some := list(itertools.islice(waiting, at_once)):
        client.socket.sendall(b"".join(client.subscribing(channel) for channel in some))
        for _ in some:
            client.receive()
