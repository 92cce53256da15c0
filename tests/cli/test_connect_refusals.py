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
        self.assertIn("The server answered:\n  HTTP/1.1 418 I'm a teapot\n", rest)
        self.assertIn("  X-One: 1\n  X-Two: 2\n", rest)
        self.assertIn("\n\n  short\n  and stout\n", rest)

    def test_its_first_line_is_shown_as_it_came(self):
        for line in ("HTTP/1.0 404 File not found", "HTTP/1.1 403"):
            with OneAnswer(line.encode() + b"\r\nContent-Length: 0\r\n\r\n") as server:
                result = connect(server.url())
            self.assertIn(f"The server answered:\n  {line}\n", result.stderr.decode())

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
            ("401 Unauthorized", (), ("--user", "a:b"), "does not accept the user, password or token"),
            ("401 Unauthorized", ("WWW-Authenticate: Basic",), ("--bearer", "x"),
             "it wants a user and password"),
            ("401 Unauthorized", ("WWW-Authenticate: Bearer",), ("--user", "a:b"),
             "it wants a token"),
            ("401 Unauthorized", ("WWW-Authenticate: Digest realm=x",), (), "not supported"),
            ("403 Forbidden", (), (), "--origin https://HOST"),
            ("403 Forbidden", (), ("--origin", "https://mine.example"), "https://mine.example"),
            ("404 Not Found", (), (), "/websocket"),
            ("405 Method Not Allowed", (), (), "not for GET"),
            ("426 Upgrade Required", ("Sec-WebSocket-Version: 99",), (), "another version"),
            ("426 Upgrade Required", (), (), "proxy_http_version 1.1"),
            ("426 Upgrade Required", ("Sec-WebSocket-Version: 13, 8",), (),
             "proxy_http_version 1.1"),
            ("200 OK", (), (), "a page at this path"),
            ("302 Found", ("Location: /login",), (), "-L goes there"),
            ("400 Bad Request", (), (), "-H"),
            ("400 Bad Request", (), (), "in nginx: proxy_http_version 1.1"),
            ("429 Too Many Requests", ("Retry-After: 3",), (), "--reconnect"),
            ("502 Bad Gateway", (), (), "the server behind it"),
            ("503 Service Unavailable", (), (), "try again later"),
            ("504 Gateway Timeout", (), (), "did not answer in time"),
        ):
            with self.subTest(status=status, fields=fields, options=options):
                rest = self.told(status, *fields, options=options)
                self.assertIn(expected, " ".join(rest.split()))

    def test_a_user_of_the_url_counts_as_one(self):
        with OneAnswer(answer("401 Unauthorized", "WWW-Authenticate: Basic")) as server:
            result = connect(server.url().replace("//", "//me:secret@"))
        self.assertIn("does not accept the user, password or token", " ".join(result.stderr.decode().split()))
        self.assertNotIn(b"secret", result.stderr)

    def test_one_that_hangs_up_may_speak_tls(self):
        for then in (b"", OneAnswer.RESET):
            with OneAnswer(b"", then) as server:
                result = connect(server.url())
            self.assertIn(result.returncode, (5, 7))
            self.assertIn("wss:// instead of ws://", " ".join(result.stderr.decode().split()))

    def test_a_key_that_is_not_pinned_has_no_way_around(self):
        with Serving("--tls-self-signed") as serving:
            result = connect("--insecure", "--pinned-key", "sha256//" + "A" * 43 + "=",
                             serving.url("/echo").replace("ws:", "wss:"))
        self.assertEqual(result.returncode, 9)
        self.assertIn(b"pinned", result.stderr)
        self.assertNotIn(b"--insecure", result.stderr)

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

    def told_by_proxy(self, *told, options=(), user="", then=b"", environment=None):
        with OneAnswer(answer(*told) if isinstance(told[0], str) else told[0], then) as proxy:
            url = f"http://{user}127.0.0.1:{proxy.port}"
            options = ("--proxy", url) if environment is None else ()
            result = subprocess.run(
                [LONGWIRE, "connect", *options, "ws://192.0.2.1/"], stdin=subprocess.DEVNULL,
                capture_output=True, timeout=60, check=False,
                env={**os.environ, **({"http_proxy": url, "no_proxy": ""} if environment else {})})
        self.assertEqual(result.returncode, 10, result.stderr)
        return result.stderr.decode()

    def test_each_refusal_of_a_proxy_is_told_what_it_likely_means(self):
        for told, user, expected in (
            (("403 Forbidden",), "", "many allow port 443"),
            (("404 Not Found",), "", "a web server and not a proxy"),
            (("407 Proxy Authentication Required", "Proxy-Authenticate: Negotiate"), "",
             "not supported"),
            (("407 Proxy Authentication Required", "Proxy-Authenticate: Basic"), "me:pw@", "does not accept the user and password of --proxy"),
            (("302 Found", "Location: http://login.example/"), "", "open a page in a browser"),
            (("502 Bad Gateway",), "", "could not reach the server"),
        ):
            with self.subTest(told=told):
                text = " ".join(self.told_by_proxy(*told, user=user).split())
                self.assertIn(expected, text)
                # What is said of servers does not hold here.
                self.assertNotIn("--origin", text)
                self.assertNotIn("/websocket", text)

    def test_a_proxys_whole_answer_is_shown_though_it_comes_in_parts(self):
        text = self.told_by_proxy(b"HTTP/1.0 500 Unable to connect\r\nServer: x\r\n\r\n",
                                  then=b"Nobody\nis there.\n")
        self.assertIn("  HTTP/1.0 500 Unable to connect\n  Server: x\n\n  Nobody\n  is there.\n\n",
                      text)

    def test_a_proxy_of_the_environment_can_be_left_out(self):
        text = " ".join(self.told_by_proxy("403 Forbidden", environment=True).split())
        self.assertIn("The environment names this proxy; --no-proxy goes without it.", text)

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
