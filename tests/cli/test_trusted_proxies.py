"""Clients behind proxies: told apart by what those say that are trusted."""

import json
import os
import signal
import socket
import time
import unittest

from serving import Serving
from test_serving import Configured, ask, run


def from_client(address):
    return {"X-Forwarded-For": address}


class TrustedProxies(Configured):
    def logged(self, count):
        """The access log, when it has so many lines."""
        until = time.monotonic() + 20
        lines = []
        while len(lines) < count and time.monotonic() < until:
            with open(self.log, encoding="utf-8") as file:
                lines = file.read().split("\n")[:-1]
            time.sleep(0.01)
        self.assertEqual(len(lines), count)
        return [json.loads(line) for line in lines]

    def setUp(self):
        super().setUp()
        self.log = os.path.join(self.folder.name, "access.log")

    def test_have_their_clients_in_the_access_log(self):
        with Serving("--access-log", self.log, "--trusted-proxy", "127.0.0.1",
                     "--trusted-proxy", "10.0.0.0/8") as serving:
            ask(serving.port, "GET", "/", headers=from_client("198.51.100.1, 192.0.2.7, 10.0.0.1"))
            ask(serving.port, "GET", "/")
            named, unnamed = self.logged(2)
        self.assertEqual(named["client"], "192.0.2.7")
        self.assertRegex(named["peer"], r"^127\.0\.0\.1:\d+$")
        self.assertEqual(unnamed["client"], "127.0.0.1")

    def test_are_limited_for_each_of_their_clients(self):
        with Serving("--trusted-proxy", "127.0.0.1", "--request-rate-per-address", "1") as serving:
            def answers(address):
                return [ask(serving.port, "GET", "/channels/a?wait=0",
                            headers=from_client(address))[0] for _ in range(3)]

            self.assertEqual(answers("192.0.2.7")[:2], [200, 200])
            self.assertEqual(answers("192.0.2.8")[:2], [200, 200])
            # Whoever claims to be others is counted as what the proxy saw.
            spoofed = [ask(serving.port, "GET", "/channels/a?wait=0",
                           headers=from_client(f"198.51.100.{number}, 192.0.2.9"))[0]
                       for number in range(20)]
            self.assertIn(429, spoofed)
            # And whoever has all addresses of an IPv6 network as one.
            one_network = [ask(serving.port, "GET", "/channels/a?wait=0",
                               headers=from_client(f"2001:db8:1:2::{number}"))[0]
                           for number in range(20)]
            self.assertIn(429, one_network)
            self.assertEqual(answers("2001:db8:1:3::1")[:2], [200, 200])

    def test_are_nobody_unless_listed(self):
        with Serving("--access-log", self.log, "--request-rate-per-address", "1") as serving:
            statuses = [ask(serving.port, "GET", "/channels/a?wait=0",
                            headers=from_client(f"192.0.2.{number}"))[0] for number in range(20)]
            self.assertIn(429, statuses)
            self.assertEqual({line["client"] for line in self.logged(20)}, {"127.0.0.1"})

    def test_may_be_on_a_unix_socket(self):
        path = os.path.join(self.folder.name, "socket")
        with Serving("--listen", f"unix:{path}", "--trusted-proxy", "unix", "--access-log",
                     self.log, "--forwarded-field", "forwarded"):
            with socket.socket(socket.AF_UNIX) as proxy:
                proxy.settimeout(20)
                proxy.connect(path)
                proxy.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nForwarded: for=192.0.2.7;proto=https"
                              b"\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n")
                self.assertTrue(proxy.recv(100).startswith(b"HTTP/1.1 200 "))
            line, = self.logged(1)
        self.assertEqual((line["peer"], line["client"], line["tls"]), ("unix", "192.0.2.7", True))

    def test_may_be_in_the_file_and_are_read_again(self):
        text = f'access_log = "{self.log}"\n'
        with Serving("--config", self.write(text + 'trusted_proxy = ["127.0.0.1", "::1"]\n')) \
                as serving:
            ask(serving.port, "GET", "/", headers=from_client("192.0.2.7"))
            self.assertEqual(self.logged(1)[0]["client"], "192.0.2.7")
            self.write(text)
            serving.process.send_signal(signal.SIGHUP)
            serving.told("reloaded the limits")
            ask(serving.port, "GET", "/", headers=from_client("192.0.2.7"))
            self.assertEqual(self.logged(2)[1]["client"], "127.0.0.1")
            serving.process.send_signal(signal.SIGINT)
            self.assertNotIn("restart", serving.process.stderr.read())

    def test_that_are_none_are_refused_in_words(self):
        refused = run("serve", "--trusted-proxy", "10.1.2.3/8")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("did you mean 10.0.0.0/8", refused.stderr)
        self.write('listen = ["127.0.0.1:0"]\ntrusted_proxy = ["proxy.example"]\n')
        checked = run("config", "check", self.path)
        self.assertEqual(checked.returncode, 1)
        self.assertIn("longwire.toml:2: trusted_proxy ", checked.stdout + checked.stderr)
        refused = run("serve", "--forwarded-field", "X-Real-IP")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("must be X-Forwarded-For or Forwarded: X-Real-IP", refused.stderr)


if __name__ == "__main__":
    unittest.main()
