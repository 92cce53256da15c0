"""What `longwire connect` tells of a handshake that did not succeed."""

import os
import subprocess
import unittest

from one_answer import OneAnswer
from serving import LONGWIRE, Serving


def answer(status, *fields, body=""):
    head = "".join(f"{field}\r\n" for field in fields)
    data = body if isinstance(body, bytes) else body.encode()
    return (f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(data)}\r\n\r\n").encode() + data


def connect(*arguments):
    return subprocess.run([LONGWIRE, "connect", *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60, check=False)


class Refusals(unittest.TestCase):
    def told(self, status, *fields, body="", options=(), code=6):
        with OneAnswer(answer(status, *fields, body=body)) as server:
            result = connect(*options, server.url("/path"))
        self.assertEqual((result.returncode, result.stdout), (code, b""), result.stderr)
        text = result.stderr.decode()
        first, _, rest = text.partition("\n")
        self.assertTrue(first.startswith("longwire connect: "), first)
        self.assertIn(status.partition(" ")[0], first)
        return rest

    def test_the_whole_answer_is_shown(self):
        rest = self.told("418 I'm a teapot", "X-One: 1", "X-Two: 2", body="short\nand stout\n")
        self.assertIn("The server answered:\n  HTTP/1.1 418", rest)
        self.assertIn("  X-One: 1\n  X-Two: 2\n", rest)
        self.assertIn("\n\n  short\n  and stout\n", rest)

    def test_no_more_than_its_first_kib(self):
        rest = self.told("500 Internal Server Error", body="x" * 1024 + "y" * 5000)
        self.assertIn("x" * 1024 + "\n  …\n", rest)
        self.assertNotIn("y", rest.partition("x" * 1024)[2].partition("…")[0])

    def test_nothing_of_it_steers_the_terminal(self):
        rest = self.told("404 Not Found", "X-Evil: \u009b1m", body=b"\x1b[2J\x9b1\r\n\xff\xc2\x9b")
        self.assertNotIn("\x1b", rest)
        self.assertNotIn("\x9b", rest)
        self.assertIn("\\x1b[2J\\x9b1\n  \\xff\\x9b", rest)

    def test_quiet_keeps_to_one_line(self):
        self.assertEqual(self.told("404 Not Found", body="x", options=("--quiet",)), "")

    def test_each_is_told_what_it_likely_means(self):
        for status, fields, options, expected in (
            ("401 Unauthorized", ('WWW-Authenticate: Basic realm="x"',), (), "--user"),
            ("401 Unauthorized", ("WWW-Authenticate: bearer",), (), "--bearer TOKEN."),
            ("401 Unauthorized", ("WWW-Authenticate: Basic, Bearer",), (), "or a token"),
            ("401 Unauthorized", (), (), "--cookie"),
            ("401 Unauthorized", (), ("--user", "a:b"), "not one that it takes"),
            ("403 Forbidden", (), (), "--origin https://HOST"),
            ("403 Forbidden", (), ("--origin", "https://mine.example"), "https://mine.example"),
            ("404 Not Found", (), (), "/websocket"),
            ("405 Method Not Allowed", (), (), "not for GET"),
            ("426 Upgrade Required", ("Sec-WebSocket-Version: 99",), (), "another version"),
            ("426 Upgrade Required", (), (), "proxy_http_version 1.1"),
            ("200 OK", (), (), "a page at this path"),
            ("302 Found", ("Location: /login",), (), "-L goes there"),
            ("400 Bad Request", (), (), "-H"),
            ("429 Too Many Requests", ("Retry-After: 3",), (), "--reconnect"),
            ("502 Bad Gateway", (), (), "the server behind it"),
            ("503 Service Unavailable", (), (), "try again later"),
            ("504 Gateway Timeout", (), (), "did not answer in time"),
        ):
            with self.subTest(status=status, fields=fields, options=options):
                rest = self.told(status, *fields, options=options)
                self.assertIn(expected, " ".join(rest.split()))

    def test_a_tls_port_that_is_spoken_to_plainly(self):
        rest = self.told("400 Bad Request",
                         body="<p>The plain HTTP request was sent to HTTPS port</p>")
        self.assertIn("wss:// instead of ws://", " ".join(rest.split()))
        with Serving("--tls-self-signed") as serving:
            result = connect(serving.url("/echo"))
            self.assertIn(result.returncode, (6, 7), result.stderr)
            self.assertIn("wss://", result.stderr.decode())

    def test_a_plain_port_that_is_spoken_to_with_tls(self):
        with Serving() as serving:
            result = connect(serving.url("/echo").replace("ws:", "wss:"))
            self.assertEqual(result.returncode, 9)
            self.assertIn("ws:", result.stderr.decode())

    def test_a_redirect_is_followed_if_asked(self):
        with Serving() as serving:
            location = f"Location: http://127.0.0.1:{serving.port}/echo"
            with OneAnswer(answer("307 Temporary Redirect", location)) as server:
                result = connect("-L", "-m", "there", server.url())
            self.assertEqual((result.returncode, result.stdout), (0, b"there\n"), result.stderr)

    def test_a_proxy_that_wants_a_password(self):
        with OneAnswer(answer("407 Proxy Authentication Required",
                              'Proxy-Authenticate: Basic realm="x"')) as proxy:
            result = connect("--proxy", f"http://127.0.0.1:{proxy.port}", "ws://192.0.2.1/")
        self.assertEqual(result.returncode, 10, result.stderr)
        text = " ".join(result.stderr.decode().split())
        self.assertIn("The proxy answered", text)
        self.assertIn("--proxy http://USER:PASSWORD@", text)

    def test_a_proxy_that_is_not_there(self):
        result = connect("--proxy", "http://127.0.0.1:1", "ws://192.0.2.1/")
        self.assertEqual(result.returncode, 10, result.stderr)

    def test_the_proxy_of_the_environment_is_used_unless_told_otherwise(self):
        environment = {**os.environ, "HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": ""}
        for options, code in (((), 10), (("--no-proxy", "--timeout", "0.2"), 5)):
            result = subprocess.run([LONGWIRE, "connect", *options, "ws://192.0.2.1/"],
                                    stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                                    check=False, env=environment)
            self.assertEqual(result.returncode, code, result.stderr)


if __name__ == "__main__":
    unittest.main()
