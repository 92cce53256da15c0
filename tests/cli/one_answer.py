"""A TCP server that answers one connection with fixed bytes."""

import socket
import struct
import threading
import time


class OneAnswer:
    """`then`: what it says a moment later, or that it resets the connection."""

    RESET = object()

    def __init__(self, answer, then=b""):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.asked = b""
        self.thread = threading.Thread(target=self.serve, args=(answer, then))
        self.thread.start()

    def serve(self, answer, then):
        connection, _ = self.listener.accept()
        with connection:
            self.asked = connection.recv(65536)
            connection.sendall(answer)
            if then is self.RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            if then:
                time.sleep(0.2)
                connection.sendall(then)
            try:
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
            except OSError:
                pass

    def url(self, path="/"):
        return f"ws://127.0.0.1:{self.port}{path}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.thread.join()
        self.listener.close()
