"""TLS with peers that nobody here wrote: curl, openssl, python3-websockets."""

import asyncio
import re
import shutil
import signal
import ssl
import subprocess
import unittest

import websockets

from certificates import Certificates
from serving import LONGWIRE, Serving


def text_of(*command, lines=""):
    """Standard output and standard error of a command, and its exit code."""
    ran = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=30,
                         check=False)
    return ran.stdout, ran.stderr, ran.returncode


class Server(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.certificates = Certificates()
        self.addCleanup(self.certificates.remove)
        self.certificate, self.key = self.certificates.issue("server")

    def serve(self, *arguments):
        serving = Serving("--tls-cert", self.certificate, "--tls-key", self.key, *arguments)
        self.addCleanup(serving.__exit__)
        return serving

    def trusting(self):
        return ssl.create_default_context(cafile=self.certificates.root)

    def s_client(self, serving, *arguments, lines=""):
        return text_of("openssl", "s_client", "-connect", f"127.0.0.1:{serving.port}", "-CAfile",
                       self.certificates.root, *arguments, lines=lines)[0]

    async def test_websockets_echoes_over_tls(self):
        serving = self.serve("--max-message", "32MiB")
        url = f"wss://localhost:{serving.port}/echo"
        async with websockets.connect(url, ssl=self.trusting(), max_size=None) as socket:
            for size in (0, 1, 125, 65536, 16_000_000):
                await socket.send(bytes(size))
                self.assertEqual(await socket.recv(), bytes(size))
            await socket.close(4000, "bye")
        self.assertEqual(socket.close_code, 4000)

    async def test_members_of_a_channel_meet_whether_or_not_the_message_is_large(self):
        serving = self.serve()
        url = f"wss://localhost:{serving.port}/channels/lobby"
        sockets = [await websockets.connect(url, ssl=self.trusting()) for _ in range(20)]
        for size in (5, 60_000):
            await sockets[0].send("x" * size)
            for socket in sockets[1:]:
                self.assertEqual(await asyncio.wait_for(socket.recv(), 10), "x" * size)
        for socket in sockets:
            await socket.close()

    def test_curl_gets_the_page_and_checks_the_certificate(self):
        serving = self.serve()
        page, _, status = text_of("curl", "-s", "--cacert", self.certificates.root,
                                  f"https://localhost:{serving.port}/")
        self.assertEqual(status, 0)
        self.assertIn("<!doctype html>", page)

    def test_curl_without_tls_is_told(self):
        serving = self.serve()
        said, _, _ = text_of("curl", "-s", f"http://localhost:{serving.port}/")
        self.assertIn("This port speaks TLS only", said)

    def test_both_versions_are_spoken_and_no_older_one(self):
        serving = self.serve()
        for version, spoken in (("-tls1_2", True), ("-tls1_3", True), ("-tls1_1", False)):
            said = self.s_client(serving, version, "-cipher", "DEFAULT:@SECLEVEL=0")
            self.assertEqual("Verify return code: 0 (ok)" in said and "Cipher is (NONE)" not in said,
                             spoken, version + said)

    def test_alpn_chooses_http_1_1(self):
        serving = self.serve()
        self.assertIn("ALPN protocol: http/1.1", self.s_client(serving, "-alpn", "h2,http/1.1"))
        refused = self.s_client(serving, "-alpn", "h2")
        self.assertIn("Cipher is (NONE)", refused)

    def test_a_session_is_resumed_also_after_a_reload(self):
        serving = self.serve()
        session = self.certificates.file("session")
        self.s_client(serving, "-tls1_2", "-sess_out", session)
        self.assertIn("Reused, TLSv1.2", self.s_client(serving, "-tls1_2", "-sess_in", session))
        self.reload(serving)
        self.assertIn("Reused, TLSv1.2", self.s_client(serving, "-tls1_2", "-sess_in", session))

    def reload(self, serving):
        serving.process.send_signal(signal.SIGHUP)
        serving.told("reloaded the certificates")

    async def test_a_reload_shows_the_new_certificate_and_drops_nobody(self):
        serving = self.serve()
        url = f"wss://localhost:{serving.port}/echo"
        socket = await websockets.connect(url, ssl=self.trusting())
        before = self.s_client(serving)
        renewed, key = self.certificates.issue("renewed")
        shutil.copy(renewed, self.certificate)
        shutil.copy(key, self.key)
        self.reload(serving)
        await socket.send("still here")
        self.assertEqual(await socket.recv(), "still here")
        await socket.close()
        subject = re.compile(r"subject=CN = (\w+)")
        self.assertEqual(subject.search(before).group(1), "server")
        self.assertEqual(subject.search(self.s_client(serving)).group(1), "renewed")

    def test_each_name_has_its_certificate(self):
        other, key = self.certificates.issue("other", "DNS:other.example")
        serving = self.serve("--tls-cert", other, "--tls-key", key)
        for name, shown in (("other.example", "other"), ("localhost", "server"), ("x.y", "server")):
            said = self.s_client(serving, "-servername", name)
            self.assertIn("subject=CN = " + shown, said)

    async def test_only_clients_with_a_certificate_are_let_in_if_so_wanted(self):
        serving = self.serve("--tls-client-ca", self.certificates.root)
        url = f"wss://localhost:{serving.port}/echo"
        with self.assertRaises((ssl.SSLError, ConnectionError, websockets.InvalidMessage)):
            async with websockets.connect(url, ssl=self.trusting()):
                pass
        context = self.trusting()
        context.load_cert_chain(*self.certificates.issue("alice", "email:alice@example.org"))
        async with websockets.connect(url, ssl=context) as socket:
            await socket.send("hello")
            self.assertEqual(await socket.recv(), "hello")


class Client(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.certificates = Certificates()
        self.addCleanup(self.certificates.remove)

    async def talk_to(self, certificate, key, *arguments, host="localhost", client_root=None):
        """Pipes a line through `longwire connect` to a websockets server with TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        if client_root:
            context.load_verify_locations(client_root)
            context.verify_mode = ssl.CERT_REQUIRED

        async def echo(socket):
            async for message in socket:
                await socket.send(message)

        async with websockets.serve(echo, "127.0.0.1", 0, ssl=context) as server:
            port = server.sockets[0].getsockname()[1]
            return await asyncio.to_thread(text_of, LONGWIRE, "connect", *arguments,
                                           f"wss://{host}:{port}/", lines="hello\n")

    async def test_talks_to_a_server_it_may_trust(self):
        files = self.certificates.issue("server")
        said, errors, status = await self.talk_to(*files, "--cacert", self.certificates.root)
        self.assertEqual((said, errors, status), ("hello\n", "", 0))

    async def test_says_why_it_does_not_trust_a_server(self):
        good = self.certificates.issue("server")
        expired = self.certificates.issue("expired", days="-1")
        for files, host, words in (
            (expired, "localhost", "its certificate expired on "),
            (self.certificates.issue("other", "DNS:example.org"), "localhost",
             "is for DNS:example.org, and not for localhost"),
            (self.certificates.issue("name", "DNS:localhost"), "127.0.0.1", "and not for 127.0.0.1"),
        ):
            said, errors, status = await self.talk_to(*files, "--cacert", self.certificates.root,
                                                      host=host)
            self.assertEqual((said, status), ("", 9))
            self.assertIn(words, errors)
            self.assertEqual(len(errors.splitlines()), 1)
        _, errors, status = await self.talk_to(*good)
        self.assertEqual(status, 9)
        self.assertIn("CN = Test Root, which is not among the trusted roots", errors)
        self.assertIn("--cacert", errors)
        self.assertEqual((await self.talk_to(*expired, "--insecure"))[0], "hello\n")

    async def test_shows_a_certificate_of_its_own(self):
        files = self.certificates.issue("server")
        alice, key = self.certificates.issue("alice", "email:alice@example.org")
        root = self.certificates.root
        said, _, status = await self.talk_to(*files, "--cacert", root, "--cert", alice, "--key",
                                             key, client_root=root)
        self.assertEqual((said, status), ("hello\n", 0))
        _, errors, status = await self.talk_to(*files, "--cacert", root, client_root=root)
        self.assertEqual(status, 9)
        self.assertIn("asked for a client certificate", errors)


if __name__ == "__main__":
    unittest.main()
