"""Our client through real proxies: tinyproxy (HTTP CONNECT) and microsocks (SOCKS5)."""

import base64
import hashlib
import os
import socket
import subprocess
import threading
import unittest

from certificates import Certificates
from peers import Microsocks, Tinyproxy, free_port
from serving import LONGWIRE, Serving

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def talk(url, *options, lines="hi\n", timeout=30, environment=None):
    """`longwire connect`, with no proxy in its environment but those given."""
    clean = {name: value for name, value in os.environ.items()
             if name.lower() not in VARIABLES}
    return subprocess.run([LONGWIRE, "connect", *options, url], input=lines, capture_output=True,
                          text=True, timeout=timeout, check=False,
                          env={**clean, **(environment or {})})


class Talking(unittest.TestCase):
    def assert_echo(self, result, lines="hi\n"):
        self.assertEqual((result.returncode, result.stdout), (0, lines), result.stderr)

    def assert_refused(self, result, *words):
        self.assertNotEqual(result.returncode, 0)
        self.assertEqual(result.stdout, "")
        for word in words:
            self.assertIn(word, result.stderr)


class HttpProxy(Talking):
    def test_carries_ws(self):
        with Serving() as serving, Tinyproxy() as proxy:
            self.assert_echo(talk(serving.url("/echo"), "--proxy", proxy.url()))
            self.assertIn(f"127.0.0.1:{serving.port}", proxy.said())

    def test_carries_wss_and_a_large_message(self):
        certificates = Certificates()
        self.addCleanup(certificates.remove)
        chain, key = certificates.issue("localhost")
        lines = "x" * 500000 + "\n"
        with Serving("--tls-cert", chain, "--tls-key", key) as serving, Tinyproxy() as proxy:
            result = talk(f"wss://localhost:{serving.port}/echo", "--proxy", proxy.url(),
                          "--cacert", certificates.root, lines=lines)
            self.assert_echo(result, lines)
            # The proxy, and not we, has looked up the name.
            self.assertIn(f"localhost:{serving.port}", proxy.said())

    def test_takes_a_user_and_a_password(self):
        with Serving() as serving, Tinyproxy("BasicAuth me pass-word") as proxy:
            url = serving.url("/echo")
            self.assert_echo(talk(url, "--proxy", proxy.url("me:pass%2Dword")))
            wrong = talk(url, "--proxy", proxy.url("me:secret"))
            self.assert_refused(wrong, "does not take this user and password",
                                f"127.0.0.1:{proxy.port}")
            self.assertNotIn("secret", wrong.stderr)
            self.assert_refused(talk(url, "--proxy", proxy.url()),
                                "wants a user and a password")

    def test_says_that_the_proxy_does_not_allow_it(self):
        with Serving() as serving, Tinyproxy("ConnectPort 443") as proxy:
            self.assert_refused(talk(serving.url("/echo"), "--proxy", proxy.url()),
                                "the proxy 127.0.0.1", "403", "does not allow")

    def test_says_that_the_proxy_cannot_reach_the_server(self):
        with Tinyproxy() as proxy:
            self.assert_refused(
                talk(f"ws://127.0.0.1:{free_port()}/", "--proxy", proxy.url()),
                "the proxy 127.0.0.1", "answered 50")

    def test_says_that_the_proxy_is_not_there(self):
        port = free_port()
        self.assert_refused(
            talk("ws://example.org/", "--proxy", f"http://127.0.0.1:{port}"),
            f"the proxy 127.0.0.1:{port}")

    def test_reaches_an_address_in_brackets(self):
        with Serving() as serving, Tinyproxy() as proxy:
            result = talk(f"ws://[::ffff:127.0.0.1]:{serving.port}/echo", "--proxy", proxy.url())
            self.assert_echo(result)

    def test_carries_what_takes_long(self):
        with Serving("--ping-after", "200ms", "--idle-timeout", "10s") as serving, \
                Tinyproxy("Timeout 2") as proxy:
            # Pings keep the proxy from ending what seems idle to it.
            self.assert_echo(talk(serving.url("/echo"), "--proxy", proxy.url(), "--wait", "4"))


class SocksProxy(Talking):
    def test_carries_ws_and_looks_up_the_name(self):
        with Serving() as serving, Microsocks() as proxy:
            self.assert_echo(talk(serving.url("/echo"), "--proxy", proxy.url()))
            self.assert_echo(
                talk(f"ws://localhost:{serving.port}/echo", "--proxy", proxy.url()))

    def test_carries_wss(self):
        certificates = Certificates()
        self.addCleanup(certificates.remove)
        chain, key = certificates.issue("localhost")
        with Serving("--tls-cert", chain, "--tls-key", key) as serving, Microsocks() as proxy:
            self.assert_echo(talk(f"wss://localhost:{serving.port}/echo", "--proxy", proxy.url(),
                                  "--cacert", certificates.root))

    def test_takes_a_user_and_a_password(self):
        with Serving() as serving, Microsocks("me", "p@ss") as proxy:
            url = serving.url("/echo")
            self.assert_echo(talk(url, "--proxy", proxy.url("me:p%40ss")))
            wrong = talk(url, "--proxy", proxy.url("me:secret"))
            self.assert_refused(wrong, f"127.0.0.1:{proxy.port}", "password")
            self.assertNotIn("secret", wrong.stderr)
            self.assert_refused(talk(url, "--proxy", proxy.url()), "user")

    def test_says_that_nothing_listens_there(self):
        port = free_port()
        with Microsocks() as proxy:
            self.assert_refused(talk(f"ws://127.0.0.1:{port}/", "--proxy", proxy.url()),
                                "the proxy 127.0.0.1", str(port), "refused")

    def test_says_that_the_name_is_not_known(self):
        with Microsocks() as proxy:
            self.assert_refused(talk("ws://name.invalid/", "--proxy", proxy.url()),
                                "the proxy 127.0.0.1", "name.invalid")

    def test_says_that_it_is_no_socks_proxy(self):
        with Tinyproxy() as proxy:
            self.assert_refused(
                talk("ws://example.org/", "--proxy", f"socks5://127.0.0.1:{proxy.port}"),
                f"127.0.0.1:{proxy.port}")


class Together(Talking):
    """Ways of reaching a server that go together."""

    def setUp(self):
        self.certificates = Certificates()
        self.addCleanup(self.certificates.remove)
        self.tls = ["--tls-cert", *self.certificates.issue("localhost")]
        self.tls.insert(2, "--tls-key")
        client, key = self.certificates.issue("client")
        self.shown = ("--cert", client, "--key", key)

    def pin(self):
        key = subprocess.run(["openssl", "x509", "-noout", "-pubkey", "-in",
                              self.certificates.file("localhost.pem")], check=True,
                             capture_output=True).stdout
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key,
                             check=True, capture_output=True).stdout
        return "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()

    def test_a_proxy_with_a_password_tls_a_client_certificate_and_a_pinned_key(self):
        serving = self.enterContext(
            Serving(*self.tls, "--tls-client-ca", self.certificates.root))
        url = f"wss://localhost:{serving.port}/echo"
        trust = ("--cacert", self.certificates.root)
        for proxy, user in ((Microsocks("me", "p@ss"), "me:p%40ss"),
                            (Tinyproxy("BasicAuth me pass-word"), "me:pass-word")):
            with self.subTest(proxy=type(proxy).__name__), proxy:
                through = ("--proxy", proxy.url(user))
                self.assert_echo(talk(url, *through, *trust, *self.shown, "--pinned-key",
                                      self.pin()))
                self.assert_refused(talk(url, *through, *trust, "--timeout", "20"),
                                    "may want a certificate of ours")
                self.assert_refused(talk(url, *through, *trust, *self.shown, "--pinned-key",
                                         "sha256//" + "A" * 43 + "="), "pinned")

    def test_the_secrets_of_the_server_are_not_told_to_the_proxy(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            heard = []

            def refuse():
                connection, _ = listener.accept()
                with connection:
                    heard.append(connection.recv(65536))
                    connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

            thread = threading.Thread(target=refuse)
            thread.start()
            talk("ws://server.invalid/secret-path", "--bearer", "secret", "--cookie", "secret=1",
                 "-H", "X-Key: secret", "--proxy",
                 f"http://me:pass@127.0.0.1:{listener.getsockname()[1]}")
            thread.join()
        self.assertTrue(heard[0].startswith(b"CONNECT server.invalid:80 HTTP/1.1\r\n"), heard)
        self.assertIn(b"Proxy-Authorization: Basic bWU6cGFzcw==\r\n", heard[0])
        self.assertNotIn(b"secret", heard[0])

    def test_socks_reaches_an_address_in_brackets(self):
        with Serving() as serving, Microsocks() as proxy:
            self.assert_echo(talk(f"ws://[::ffff:127.0.0.1]:{serving.port}/echo", "--proxy",
                                  proxy.url()))

    def test_a_unix_socket_is_reached_directly(self):
        path = self.certificates.file("socket")
        dead = {"ALL_PROXY": "http://127.0.0.1:1"}
        with Serving("--listen", f"unix:{path}"):
            self.assert_echo(talk(f"ws+unix:{path}:/echo", environment=dead))
            self.assert_echo(talk(f"ws+unix://{path}:/echo", "--proxy", "http://127.0.0.1:1"))
        with Serving("--listen", f"unix:{path}", *self.tls):
            self.assert_echo(talk(f"wss+unix:{path}:/echo", "--cacert", self.certificates.root,
                                  environment=dead))
            self.assert_refused(talk(f"wss+unix:{path}:/echo"), "not among the trusted roots")


class Environment(Talking):
    """What the environment says counts, but for this machine: so the server is one of a name that
    only the proxy can make something of."""

    def asked_of_proxy(self, url, environment):
        """The first line that a proxy of the environment was sent; None if it was sent none."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(10)
            lines = []

            def answer():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    lines.append(connection.recv(65536).split(b"\r\n")[0].decode())
                    connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

            thread = threading.Thread(target=answer)
            thread.start()
            proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
            result = talk(url, "--timeout", "5",
                          environment={name: value.replace("PROXY", proxy)
                                       for name, value in environment.items()})
            self.assertNotEqual(result.returncode, 0)
            if not lines:
                # Wakes the thread that waits for nobody.
                socket.create_connection(listener.getsockname()).close()
            thread.join()
            return lines[0] if lines and lines[0] else None

    def test_each_scheme_has_its_variable(self):
        ask = self.asked_of_proxy
        connect = "CONNECT server.invalid:{} HTTP/1.1"
        self.assertEqual(ask("ws://server.invalid/", {"http_proxy": "PROXY"}), connect.format(80))
        self.assertEqual(ask("ws://server.invalid/", {"HTTP_PROXY": "PROXY"}), connect.format(80))
        self.assertEqual(ask("wss://server.invalid/", {"HTTPS_PROXY": "PROXY"}),
                         connect.format(443))
        self.assertEqual(ask("wss://server.invalid:1/", {"ALL_PROXY": "PROXY"}),
                         connect.format(1))
        self.assertIsNone(ask("ws://server.invalid/", {"HTTPS_PROXY": "PROXY"}))
        self.assertIsNone(ask("ws://server.invalid/", {"HTTP_PROXY": "PROXY",
                                                       "http_proxy": ""}))

    def test_no_proxy_and_this_machine_are_reached_directly(self):
        for exempt in ("*", "invalid", "other, .server.invalid", "server.invalid:80"):
            self.assertIsNone(self.asked_of_proxy("ws://server.invalid/",
                                                  {"ALL_PROXY": "PROXY", "NO_PROXY": exempt}))
        with Serving() as serving:
            self.assert_echo(talk(serving.url("/echo"),
                                  environment={"ALL_PROXY": "http://127.0.0.1:1"}))

    def test_a_wrong_one_is_named(self):
        result = talk("ws://server.invalid/", environment={"HTTP_PROXY": "ftp://me:secret@a"})
        self.assert_refused(result, "HTTP_PROXY")
        self.assertNotIn("secret", result.stderr)


if __name__ == "__main__":
    unittest.main()
