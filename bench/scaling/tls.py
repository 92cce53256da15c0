"""Clients that speak TLS, to a server whose certificate nobody trusts."""

import ssl

from scaling.wire import WebSocket, connect

CONTEXT = ssl.create_default_context()
CONTEXT.check_hostname = False
CONTEXT.verify_mode = ssl.CERT_NONE


class TlsWebSocket(WebSocket):
    """With a session of an earlier one, its handshake is resumed."""

    def __init__(self, port, path, session=None):
        self.earlier = session
        super().__init__(port, path)

    def connect(self, port):
        return CONTEXT.wrap_socket(connect(port), session=self.earlier)

    @property
    def session(self):
        """(The server's tickets come with its first answer.)"""
        return self.socket.session
