"""nginx and HAProxy between our client and our server, with the configurations of the manual."""

import http.client
import json
import os
import re
import signal
import subprocess
import unittest

from certificates import Certificates
from peers import Haproxy, Nginx, free_port
from serving import LONGWIRE, Serving
from test_proxies import Talking, talk

MANUAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/proxies.md")


def of_manual(language, serving_port, listen="PORT"):
    """The configuration that docs/proxies.md prints, for other ports."""
    with open(MANUAL, encoding="utf-8") as file:
        block = re.search(f"```{language}\n(.*?)```", file.read(), re.DOTALL).group(1)
    assert "127.0.0.1:8000" in block and "8080" in block
    return block.replace("127.0.0.1:8000", f"127.0.0.1:{serving_port}").replace("8080", listen)


def nginx_before(port):
    return Nginx(of_manual("nginx", port, "127.0.0.1:PORT"))


def haproxy_before(port):
    return Haproxy(of_manual("haproxy", port).replace("bind :", "bind 127.0.0.1:"))


class ReverseProxy(Talking):
    def through(self, make):
        """A server, and what `make` puts before it; stopped at the end of the test."""
        serving = self.enterContext(Serving())
        proxy = self.enterContext(make(serving.port))
        return serving, proxy

    def test_carry_messages_of_all_sizes(self):
        lines = "".join("x" * size + "\n" for size in (0, 1, 125, 126, 65535, 65536, 900000))
        for make in (nginx_before, haproxy_before):
            with self.subTest(make.__name__):
                _, proxy = self.through(make)
                self.assert_echo(
                    talk(f"ws://127.0.0.1:{proxy.port}/echo", "--wait", "1", lines=lines), lines)

    def test_keep_the_rule_about_origins(self):
        for make in (nginx_before, haproxy_before):
            with self.subTest(make.__name__):
                _, proxy = self.through(make)
                url = f"ws://127.0.0.1:{proxy.port}/echo"
                self.assert_echo(talk(url, "--origin", f"http://127.0.0.1:{proxy.port}"))
                self.assert_refused(talk(url, "--origin", "https://evil.example"), "403")

    def test_carry_subprotocol_path_and_query(self):
        for make in (nginx_before, haproxy_before):
            with self.subTest(make.__name__):
                _, proxy = self.through(make)
                self.assert_echo(
                    talk(f"ws://127.0.0.1:{proxy.port}/channels/a%20b?echo=1"))

    def test_say_whom_a_request_is_from(self):
        for make in (nginx_before, haproxy_before):
            with self.subTest(make.__name__):
                serving = self.enterContext(
                    Serving("--trusted-proxy", "127.0.0.1", "--access-log", "-"))
                proxy = self.enterContext(make(serving.port))
                client = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=20,
                                                    source_address=("127.0.0.2", 0))
                self.addCleanup(client.close)
                # What a client claims is not taken for it.
                client.request("GET", "/nothing", headers={"X-Forwarded-For": "192.0.2.7",
                                                           "Forwarded": "for=192.0.2.7",
                                                           "X-Forwarded-Proto": "https"})
                self.assertEqual(client.getresponse().status, 404)
                line = json.loads(serving.process.stdout.readline())
                self.assertEqual((line["client"], line["tls"]), ("127.0.0.2", False))

    def test_end_encryption(self):
        certificates = Certificates()
        self.addCleanup(certificates.remove)
        chain, key = certificates.issue("localhost")
        with open(chain, encoding="ascii") as first, open(key, encoding="ascii") as second:
            both = first.read() + second.read()
        bundle = certificates.file("both.pem")
        with open(bundle, "w", encoding="ascii") as file:
            file.write(both)

        def nginx(port):
            site = of_manual("nginx", port, "127.0.0.1:PORT ssl")
            return Nginx(f"ssl_certificate {chain};\nssl_certificate_key {key};\n" + site)

        def haproxy(port):
            text = of_manual("haproxy", port).replace("bind :", "bind 127.0.0.1:")
            return Haproxy(text.replace("bind 127.0.0.1:PORT",
                                        f"bind 127.0.0.1:PORT ssl crt {bundle}"))

        for make in (nginx, haproxy):
            with self.subTest(make.__name__):
                _, proxy = self.through(make)
                self.assert_echo(talk(f"wss://localhost:{proxy.port}/echo", "--cacert",
                                      certificates.root))

    def test_a_forgotten_upgrade_is_explained(self):
        serving = self.enterContext(Serving())
        site = of_manual("nginx", serving.port, "127.0.0.1:PORT")
        forgetful = "\n".join(line for line in site.splitlines()
                              if "Upgrade $http" not in line and "Connection $conn" not in line)
        proxy = self.enterContext(Nginx(forgetful))
        self.assert_refused(talk(f"ws://127.0.0.1:{proxy.port}/echo"), "426")

    def test_a_server_that_is_down_is_a_502_or_503(self):
        for make in (nginx_before, haproxy_before):
            with self.subTest(make.__name__):
                proxy = self.enterContext(make(free_port()))
                result = talk(f"ws://127.0.0.1:{proxy.port}/echo")
                self.assert_refused(result, "50")

    def staying(self, port):
        """A client that has had one echo, and stays."""
        client = subprocess.Popen([LONGWIRE, "connect", f"ws://127.0.0.1:{port}/echo"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        client.stdin.write("hi\n")
        client.stdin.flush()
        self.assertEqual(client.stdout.readline(), "hi\n")
        return client

    def test_the_close_code_of_the_server_comes_through(self):
        for make in (nginx_before, haproxy_before):
            with self.subTest(make.__name__):
                serving, proxy = self.through(make)
                client = self.staying(proxy.port)
                serving.process.send_signal(signal.SIGTERM)
                _, said = client.communicate(timeout=20)
                self.assertIn("1001", said)
                self.assertNotEqual(client.returncode, 0)
                serving.stop()

    def test_a_proxy_that_ends_is_a_lost_connection(self):
        for make in (nginx_before, haproxy_before):
            with self.subTest(make.__name__):
                _, proxy = self.through(make)
                client = self.staying(proxy.port)
                proxy.stop()
                _, said = client.communicate(timeout=20)
                self.assertIn("1006", said)
                self.assertNotEqual(client.returncode, 0)


if __name__ == "__main__":
    unittest.main()
