"""`longwire connect` and redirects, and what it sends to say who it is: as python3-websockets
sees it."""

import asyncio
import base64
import contextlib
import os
import socket
import ssl
import unittest

from certificates import Certificates
from serving import LONGWIRE
from sites import Site


async def connect(url, *options, lines="hi\n", environment=None):
    """Pipes `lines` through `longwire connect`; gives its exit code and both outputs."""
    process = await asyncio.create_subprocess_exec(
        LONGWIRE, "connect", "--no-proxy", *options, url,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, env={**os.environ, **(environment or {})})
    try:
        output, errors = await asyncio.wait_for(process.communicate(lines.encode()), 30)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, output.decode(), errors.decode()


def basic(user):
    return "Basic " + base64.b64encode(user.encode()).decode()


class Connecting(unittest.IsolatedAsyncioTestCase):
    async def site(self, answers=None, **options):
        return await self.enterAsyncContext(Site(answers, **options))

    async def secure_site(self):
        """A site with a certificate for localhost, and the options that trust it."""
        # Whoever does not trust it is no news.
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        certificates = Certificates()
        self.addCleanup(certificates.remove)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificates.issue("localhost", names="DNS:localhost"))
        return await self.site(ssl=context), ("--cacert", certificates.root)

    def assert_echo(self, result):
        self.assertEqual(result, (0, "hi\n", ""))

    def assert_refused(self, result, exit_code, *words):
        code, output, errors = result
        self.assertEqual((code, output), (exit_code, ""), errors)
        for word in words:
            self.assertIn(word, errors)


class Redirects(Connecting):
    async def test_are_followed_when_asked(self):
        for status in (301, 302, 303, 307, 308):
            with self.subTest(status=status):
                target = await self.site()
                site = await self.site()
                site.redirect("/old", target.url("/new?a=%20b"), status)
                self.assert_refused(await connect(site.url("/old")), 6, str(status),
                                    target.url("/new?a=%20b"), "-L goes there")
                self.assertEqual(target.requests, [])
                self.assert_echo(await connect(site.url("/old"), "-L"))
                self.assertEqual(target.paths, ["/new?a=%20b"])
                self.assertEqual(target.fields("Host"), [[f"localhost:{target.port}"]])

    async def test_that_only_look_like_one_are_not(self):
        for status in (300, 304, 404):
            target = await self.site()
            site = await self.site()
            site.redirect("/old", target.url(), status)
            self.assert_refused(await connect(site.url("/old"), "-L"), 6, str(status))
            self.assertEqual(target.requests, [])

    async def test_lead_to_what_a_reference_means(self):
        site = await self.site()
        for location, path in (("next", "/a/b/next"), ("./next?x#y", "/a/b/next?x"),
                               ("../next", "/a/next"), ("../../../next", "/next"),
                               ("/next", "/next"), ("?x=1", "/a/b/c?x=1"),
                               (f"//localhost:{site.port}/next", "/next"),
                               (site.url("/next", scheme="http"), "/next"),
                               (site.url("", scheme="WS"), "/")):
            with self.subTest(location=location):
                site.requests.clear()
                site.redirect("/a/b/c?q", location)
                self.assert_echo(await connect(site.url("/a/b/c?q"), "-L"))
                self.assertEqual(site.paths, ["/a/b/c?q", path])

    async def test_that_lead_nowhere_are_refused(self):
        site = await self.site()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            for location in ("", "ftp://localhost/", "javascript:alert(1)", "http://", "ws://:1/",
                             f"ws://127.0.0.1:{listener.getsockname()[1]}9999/", "ws://a b/",
                             "ws+unix:/run/secret.sock:/", "file:///etc/passwd"):
                with self.subTest(location=location):
                    site.redirect("/", location)
                    self.assert_refused(await connect(site.url(), "-L"), 6, "redirect (302)")
        site.answers["/"] = (302, [])
        self.assert_refused(await connect(site.url(), "-L"), 6, "no Location")

    async def test_are_followed_ten_times_at_most(self):
        site = await self.site()
        for index in range(20):
            site.redirect(f"/{index}", f"/{index + 1}")
        self.assert_echo(await connect(site.url("/10"), "-L"))
        self.assertEqual(site.paths, [f"/{index}" for index in range(10, 21)])
        site.requests.clear()
        self.assert_refused(await connect(site.url("/9"), "-L"), 6, "too many redirects")
        self.assertEqual(len(site.requests), 11)
        site.requests.clear()
        site.redirect("/loop", "/loop")
        self.assert_refused(await connect(site.url("/loop"), "-L"), 6)
        self.assertEqual(site.paths, ["/loop"] * 11)

    async def test_never_leave_tls(self):
        secure, trust = await self.secure_site()
        trust = ("-L", *trust)
        plain = await self.site()
        for scheme in ("ws", "http"):
            secure.redirect("/old", plain.url(scheme=scheme))
            self.assert_refused(await connect(secure.url("/old"), *trust), 6, "wss: to ws:")
        self.assertEqual(plain.requests, [])
        for scheme in ("wss", "https"):
            secure.redirect("/old", secure.url("/new", scheme=scheme))
            self.assert_echo(await connect(secure.url("/old"), *trust))
            plain.redirect("/old", secure.url("/new", scheme=scheme))
            self.assert_echo(await connect(plain.url("/old"), *trust))
        # Whom the certificate must be for is asked anew at every step.
        plain.redirect("/old", f"wss://127.0.0.1:{secure.port}/")
        self.assert_refused(await connect(plain.url("/old"), *trust), 9, "127.0.0.1")
        plain.redirect("/old", secure.url("/new"))
        self.assert_refused(await connect(plain.url("/old"), "-L"), 9, "localhost")

    async def test_to_where_nobody_answers_name_it(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        site = await self.site()
        site.redirect("/", f"ws://127.0.0.1:{port}/")
        self.assert_refused(await connect(site.url(), "-L"), 5, f"127.0.0.1:{port}")

    async def test_share_one_timeout(self):
        with contextlib.ExitStack() as stack:
            silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            # The queue of a listener that accepts nobody holds one more than its backlog.
            full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
            address = full.getsockname()
            for _ in range(2):
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(address)
            for listener in (silent, full):
                with self.subTest(listener="silent" if listener is silent else "full"):
                    port = listener.getsockname()[1]
                    site = await self.site()
                    site.redirect("/", f"ws://127.0.0.1:{port}/")
                    self.assert_refused(await connect(site.url(), "-L", "--timeout", "2"), 5,
                                        f"127.0.0.1:{port}", "within 2000 ms")

    async def test_are_followed_though_their_body_never_comes(self):
        target = await self.site()

        async def answer(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: {target.url()}\r\n"
                         "Content-Length: 1000000\r\n\r\nit is".encode())
            await reader.read()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            self.assert_echo(await connect(f"ws://127.0.0.1:{port}/", "-L", "--timeout", "5"))


class Secrets(Connecting):
    """What may be known by the first origin alone."""

    def setUp(self):
        self.given = ("-L", "-u", "me:pass", "--cookie", "session=1", "-H", "X-Kind: a",
                      "--origin", "https://page.example")

    async def test_stay_with_the_origin(self):
        site = await self.site()
        site.redirect("/old", "/new")
        self.assert_echo(await connect(site.url("/old"), *self.given))
        self.assertEqual(site.fields("Authorization"), [[basic("me:pass")]] * 2)
        self.assertEqual(site.fields("Cookie"), [["session=1"]] * 2)

    async def test_are_not_told_to_another_origin(self):
        for headers in ((), ("-H", "authorization: Token t", "-H", "COOKIE: session=1")):
            with self.subTest(headers=headers):
                target = await self.site()
                site = await self.site()
                site.redirect("/old", target.url("/new"))
                target.redirect("/new", "/newest")
                given = ("-L", "-H", "X-Kind: a", *headers) if headers else self.given
                self.assert_echo(await connect(site.url("/old"), *given))
                self.assertEqual(site.fields("Cookie"), [["session=1"]])
                self.assertEqual(len(site.fields("Authorization")[0]), 1)
                self.assertEqual(target.paths, ["/new", "/newest"])
                self.assertEqual(target.fields("Authorization"), [[], []])
                self.assertEqual(target.fields("Cookie"), [[], []])
                self.assertEqual(target.fields("X-Kind"), [["a"], ["a"]])

    async def test_of_the_url_are_not_told_either(self):
        target = await self.site()
        site = await self.site()
        site.redirect("/old", "/here")
        site.redirect("/here", target.url())
        self.assert_echo(await connect(site.url("/old", user="me:pass"), "-L"))
        self.assertEqual(site.fields("Authorization"), [[basic("me:pass")]] * 2)
        self.assertEqual(target.fields("Authorization"), [[]])

    async def test_that_a_redirect_brings_are_for_its_target(self):
        target = await self.site()
        site = await self.site()
        site.redirect("/", target.url(user="you:word"))
        self.assert_echo(await connect(site.url(), *self.given))
        self.assertEqual(target.fields("Authorization"), [[basic("you:word")]])
        self.assertEqual(target.fields("Cookie"), [[]])

    async def test_of_a_plain_origin_are_not_told_to_the_secure_one(self):
        secure, trust = await self.secure_site()
        site = await self.site()
        site.redirect("/", secure.url())
        self.assert_echo(await connect(site.url(), *self.given, *trust))
        self.assertEqual(secure.fields("Authorization") + secure.fields("Cookie"), [[], []])


class Authorization(Connecting):
    async def authorization_of(self, *options, user="", environment=None):
        site = await self.site()
        self.assert_echo(await connect(site.url(user=user), *options, environment=environment))
        return site.fields("Authorization")[0]

    async def test_basic(self):
        ask = self.authorization_of
        self.assertEqual(await ask("-u", "me:pass:word"), [basic("me:pass:word")])
        self.assertEqual(await ask("-u", "jürgen:größe"), [basic("jürgen:größe")])
        self.assertEqual(await ask("-u", "me:"), [basic("me:")])
        self.assertEqual(await ask(user="me:p%40ss%3Aword"), [basic("me:p@ss:word")])
        self.assertEqual(await ask("-u", "me:pass", user="other:word"), [basic("me:pass")])
        self.assertEqual(await ask("--user", "env:WHO", environment={"WHO": "me:pass"}),
                         [basic("me:pass")])

    async def test_bearer(self):
        ask = self.authorization_of
        self.assertEqual(await ask("--bearer", "a.b-c=="), ["Bearer a.b-c=="])
        self.assertEqual(await ask("--bearer", "env:TOKEN", user="me:pass",
                                   environment={"TOKEN": "t"}), ["Bearer t"])

    async def test_none_unless_given(self):
        self.assertEqual(await self.authorization_of(), [])

    async def test_twice_is_a_wrong_option(self):
        site = await self.site()
        for given in (("-u", "a:b", "--bearer", "c"),
                      ("-u", "a:b", "-H", "Authorization: Bearer c"),
                      ("--cookie", "a=b", "-H", "Cookie: c=d")):
            self.assert_refused(await connect(site.url(), *given), 2)
        self.assertEqual(site.requests, [])

    async def test_what_would_break_the_request_is_refused(self):
        site = await self.site()
        for given in (("--bearer", "a\r\nX: y"), ("--cookie", "a=b\nX: y"),
                      ("-H", "X: a\r\nY: b"), ("--origin", "a\rb")):
            self.assert_refused(await connect(site.url(), *given), 2)
        self.assertEqual(site.requests, [])

    async def test_cookies(self):
        site = await self.site()
        self.assert_echo(await connect(site.url(), "--cookie", "a=1; b=2"))
        self.assertEqual(site.fields("Cookie"), [["a=1; b=2"]])

    async def test_a_refusal_says_what_it_wants_and_not_what_was_given(self):
        wants = [("WWW-Authenticate", 'Basic realm="here"')]
        site = await self.site({"/": (401, wants, b"who are you?\n")})
        self.assert_refused(await connect(site.url()), 6, "401 Unauthorized", "--user",
                            'Basic realm="here"', "who are you?")
        wrong = await connect(site.url(), "-u", "me:secret", "--cookie", "c=secret")
        self.assert_refused(wrong, 6, "does not accept the user, password or token")
        self.assertNotIn("secret", wrong[2])
        self.assertNotIn("secret", (await connect(site.url(user="me:secret")))[2])


if __name__ == "__main__":
    unittest.main()
