"""Who may do what: tokens that were seen before, and questions to a webhook."""

import base64
import contextlib
import http.server
import json
import multiprocessing
import os
import statistics
import subprocess
import tempfile

from scaling.crowd import OPTIONS
from scaling.row import Row
from scaling.server import Server
from scaling.wire import WebSocket

COUNT = 2000
ROUNDS = 5
RULES = """
[[channels]]
pattern = "open"
[[channels]]
pattern = "token"
subscribe = "token"
[[channels]]
pattern = "webhook.*"
subscribe = "webhook"
"""


def come_and_go(server, path):
    """Processor microseconds of a connection that comes and goes."""
    before = server.processor_seconds()
    for number in range(COUNT):
        WebSocket(server.port, path.replace("NUMBER", str(number))).close()
    return (server.processor_seconds() - before) / COUNT * 1e6


def more_than_open(server, path):
    """What it takes more than at a channel that is open to everyone."""
    come_and_go(server, path)
    return statistics.median(come_and_go(server, path) - come_and_go(server, "/channels/open")
                             for _ in range(ROUNDS))


@contextlib.contextmanager
def rules(hook="http://127.0.0.1:1/"):
    """The options of a server with rules of each kind, and a folder."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "rules.toml")
        with open(file, "w", encoding="utf-8") as written:
            written.write(RULES)
        yield folder, ("--config", file, "--hook-url", hook, *OPTIONS)


# ---- tokens ---------------------------------------------------------------------------------------

KINDS = {"RS256": ("RSA", "rsa_keygen_bits:2048"), "ES256": ("EC", "ec_paramgen_curve:P-256")}


def openssl(*words, given=b""):
    return subprocess.run(["openssl", *words], input=given, check=True, capture_output=True).stdout


def key_pair(folder, algorithm):
    """The files of a private key and of its public one."""
    private, public = (os.path.join(folder, name) for name in ("private.pem", "public.pem"))
    kind, setting = KINDS[algorithm]
    openssl("genpkey", "-algorithm", kind, "-pkeyopt", setting, "-out", private)
    openssl("pkey", "-in", private, "-pubout", "-out", public)
    return private, public


def part(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def two_numbers(signature):
    """Of a DER sequence (RFC 7518, section 3.4), each in 32 bytes."""
    numbers, at = b"", 2
    for _ in range(2):
        size = signature[at + 1]
        numbers += signature[at + 2:at + 2 + size].lstrip(b"\0").rjust(32, b"\0")
        at += 2 + size
    return numbers


def token(private, algorithm):
    claims = {"sub": "ann", "channels": ["token"], "exp": 4_000_000_000}
    signed = b".".join(part(json.dumps(content).encode())
                       for content in ({"alg": algorithm, "typ": "JWT"}, claims))
    signature = openssl("dgst", "-sha256", "-sign", private, given=signed)
    if algorithm == "ES256":
        signature = two_numbers(signature)
    return (signed + b"." + part(signature)).decode()


def seen_before(algorithm):
    def measure(setting):
        with rules() as (folder, options):
            private, public = key_pair(folder, algorithm)
            with Server(setting, *options, "--token-key", public) as server:
                return more_than_open(server, f"/channels/token?token={token(private, algorithm)}")
    return measure


def tokens(setting):
    return tuple(seen_before(algorithm)(setting) for algorithm in KINDS)


# ---- webhooks -------------------------------------------------------------------------------------

class Allow(http.server.BaseHTTPRequestHandler):
    """Says yes to everything."""

    protocol_version = "HTTP/1.1"
    ANSWER = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
              b'{"allow": true}')

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.wfile.write(self.ANSWER)

    def log_message(self, *_):
        pass


def webhook(setting):
    hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Allow)
    process = multiprocessing.Process(target=hook.serve_forever)
    process.start()
    try:
        url = f"http://127.0.0.1:{hook.server_address[1]}/"
        with rules(url) as (_, options), Server(setting, *options) as server:
            return more_than_open(server, "/channels/webhook.NUMBER")
    finally:
        process.terminate()
        process.join()
        hook.server_close()


ROWS = [
    Row("a token that was seen before, RS256 / ES256: more than to connect without one", "µs",
        "60 / 170", "≤ 10", tokens),
    Row("a question to a webhook: more than to connect without one", "µs", "62–80", "≤ 35",
        webhook),
]
