"""The access log of `longwire serve`: who came, what they got, and how it ended."""

import asyncio
import hashlib
import hmac
import json
import os
import pty
import re
import resource
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import websockets

from serving import LONGWIRE, Serving
from test_serving import SECRET, ask, run

COMBINED = re.compile(
    r'^(\S+) - (\S+) \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "((?:[^"\\]|\\.)*)" (\d+) (\d+) '
    r'"((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)" (.*)$')


def listening_port(output):
    """From what a server prints until it is ready."""
    port = 0
    for line in output:
        if found := re.search(r"Listening on 127\.0\.0\.1:(\d+)", line):
            port = int(found.group(1))
        if line.startswith("Press Ctrl-C"):
            return port
    raise AssertionError("the server did not start")


class AccessLog(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "access.log")

    def lines(self, count, path=None):
        """The first lines of the log, when they are there."""
        until = time.monotonic() + 20
        lines = []
        while len(lines) < count and time.monotonic() < until:
            try:
                with open(path or self.path, encoding="utf-8") as file:
                    lines = file.read().split("\n")[:-1]
            except FileNotFoundError:
                pass
            time.sleep(0.01)
        self.assertGreaterEqual(len(lines), count, lines)
        return lines

    def test_has_a_json_object_for_each_request_and_connection(self):
        async def talk(serving):
            url = serving.url("/channels/news?user=alice&echo=1&token_of_mine=hidden")
            async with websockets.connect(url, user_agent_header="tést/1") as client:
                await client.send("hello")
                self.assertEqual(await client.recv(), "hello")
                await client.close(1000, "enough")

        with Serving("--access-log", self.path, "--request-rate-per-address", "1000") as serving:
            ask(serving.port, "POST", "/channels/news", "hello",
                {"User-Agent": "poster\"\\\t", "Origin": f"http://127.0.0.1:{serving.port}"})
            asyncio.run(talk(serving))
            self.assertEqual(ask(serving.port, "GET", "/nothing?token=secret")[0], 404)
            refused = run("connect", "--origin", "http://elsewhere", "-m", "x",
                          serving.url("/echo"))
            self.assertNotEqual(refused.returncode, 0)
            posted, socket_, nothing, origin = map(json.loads, self.lines(4))
            # Nothing more is said on the way out.
            self.assertEqual(serving.stop(), 0)
        self.assertEqual(len(self.lines(4)), 4)
        self.assertEqual(posted["method"], "POST")
        self.assertEqual(posted["target"], "/channels/news")
        self.assertEqual(posted["status"], 200)
        self.assertEqual(posted["user_agent"], "poster\"\\")
        self.assertEqual(posted["origin"], f"http://127.0.0.1:{serving.port}")
        self.assertRegex(posted["peer"], r"^127\.0\.0\.1:\d+$")
        self.assertRegex(posted["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertGreater(posted["bytes_in"], 100)
        self.assertGreater(posted["bytes_out"], 100)
        self.assertEqual(socket_["target"],
                         "/channels/news?user=alice&echo=1&token_of_mine=***")
        self.assertEqual((socket_["status"], socket_["user"]), (101, "alice"))
        self.assertEqual((socket_["messages_in"], socket_["messages_out"]), (1, 1))
        self.assertEqual((socket_["close_code"], socket_["close_reason"]), (1000, "enough"))
        self.assertEqual(nothing["status"], 404)
        self.assertEqual(nothing["target"], "/nothing?token=***")
        self.assertEqual((origin["status"], origin["refused"]), (403, "origin"))

    def test_names_the_user_of_a_token_and_never_shows_it(self):
        config = os.path.join(self.folder.name, "longwire.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f'token_secret = "{SECRET}"\naccess_log = "{self.path}"\n'
                       '[[channels]]\npattern = "*"\nsubscribe = "user"\npublish = "user"\n')
        token = run("token", "--secret", SECRET, "--user", "bob").stdout.strip()
        self.assertTrue(token)
        with Serving("--config", config) as serving:
            path = f"/channels/a?access_token={token}&token={token}"
            self.assertEqual(ask(serving.port, "POST", path, "x")[0], 200)
            self.assertEqual(ask(serving.port, "POST", "/channels/a", "x")[0], 401)
            let_in, not_let_in = map(json.loads, self.lines(2))
        self.assertEqual(let_in["user"], "bob")
        self.assertNotIn("user", not_let_in)
        with open(self.path, encoding="utf-8") as file:
            self.assertNotIn(token, file.read())

    def test_names_the_user_of_a_connect_packet_of_socketio(self):
        token = run("token", "--secret", SECRET, "--user", "bob").stdout.strip()
        connect = f'40{{"token":"{token}"}}'

        async def by_websocket(serving):
            url = serving.url("/socket.io/?EIO=4&transport=websocket")
            async with websockets.connect(url) as client:
                self.assertTrue((await client.recv()).startswith("0"))
                await client.send(connect)
                self.assertTrue((await client.recv()).startswith("40"))

        with Serving("--access-log", self.path, "--token-secret", SECRET, "--threads",
                     "2") as serving:
            asyncio.run(by_websocket(serving))
            path = "/socket.io/?EIO=4&transport=polling"
            session = json.loads(ask(serving.port, "GET", path)[1][1:])["sid"]
            path += f"&sid={session}"
            # (Each by a connection of its own, and so perhaps on another loop.)
            self.assertEqual(ask(serving.port, "POST", path, connect), (200, "ok"))
            self.assertTrue(ask(serving.port, "GET", path)[1].startswith("40"))
            self.assertEqual(ask(serving.port, "POST", path, '42["hello"]'), (200, "ok"))
            socket_, opened, _, polled, posted = map(json.loads, self.lines(5))
        self.assertEqual((socket_["status"], socket_["user"]), (101, "bob"))
        self.assertNotIn("user", opened)
        self.assertEqual((posted["user"], polled["user"]), ("bob", "bob"))
        self.assertEqual(polled["target"], path.replace(session, "***"))

    def test_names_the_user_who_signs_in_at_an_app(self):
        config = os.path.join(self.folder.name, "longwire.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f'access_log = "{self.path}"\n[[apps]]\nid = "1"\nkey = "our-key"\n'
                       f'secret = "{SECRET}"\n')

        def sign_in(greeting):
            socket_id = json.loads(json.loads(greeting)["data"])["socket_id"]
            user = json.dumps({"id": "ann"})
            signature = hmac.new(SECRET.encode(), f"{socket_id}::user::{user}".encode(),
                                 hashlib.sha256).hexdigest()
            return json.dumps({"event": "pusher:signin",
                               "data": {"auth": f"our-key:{signature}", "user_data": user}})

        async def by_websocket(serving):
            async with websockets.connect(serving.url("/app/our-key?protocol=7")) as client:
                await client.send(sign_in(await client.recv()))
                self.assertIn("signin_success", await client.recv())

        with Serving("--config", config) as serving:
            asyncio.run(by_websocket(serving))
            session = "/pusher/app/our-key/123/secret-name"

            def post(what, body=None):
                return ask(serving.port, "POST", f"{session}/{what}?protocol=7", body)[1]

            self.assertTrue(post("xhr").startswith("o"))
            greeting = json.loads(post("xhr")[1:])[0]
            post("xhr_send", json.dumps([sign_in(greeting)]))
            self.assertIn("signin_success", post("xhr"))
            lines = [json.loads(line) for line in self.lines(5)]
        self.assertEqual(lines[0]["target"], "/app/our-key?protocol=7")
        # Who uses the fallbacks has no other secret than its session's name.
        self.assertEqual(lines[4]["target"], "/pusher/app/our-key/123/***/xhr?protocol=7")
        self.assertEqual((lines[0]["user"], lines[4]["user"]), ("ann", "ann"))
        self.assertNotIn("user", lines[1])
        with open(self.path, encoding="utf-8") as file:
            self.assertNotIn("secret-name", file.read())

    def test_is_text_if_asked_for(self):
        with Serving("--access-log", self.path, "--log-format", "text") as serving:
            ask(serving.port, "GET", "/channels/a?wait=0", headers={"User-Agent": "x\t\xff\"y"})
            line, = self.lines(1)
        found = COMBINED.match(line)
        self.assertTrue(found, line)
        self.assertEqual(found.group(1, 2, 3, 6, 7),
                         ("127.0.0.1", "-", "GET /channels/a?wait=0 HTTP/1.1", "-",
                          r"x\x09\xFF\x22y"))
        self.assertRegex(found.group(8), r"^0\.\d{6}s received=\d+$")

    def test_goes_to_standard_output(self):
        with Serving("--access-log", "-") as serving:
            ask(serving.port, "GET", "/nothing")
            self.assertEqual(json.loads(serving.process.stdout.readline())["status"], 404)

    def test_is_text_on_a_terminal(self):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [LONGWIRE, "serve", "--listen", "127.0.0.1:0", "--access-log", "-"],
            stdout=theirs, stderr=subprocess.DEVNULL)
        os.close(theirs)
        with os.fdopen(ours, encoding="utf-8") as terminal:
            port = listening_port(terminal)
            ask(port, "GET", "/nothing")
            line = terminal.readline().strip()
            process.send_signal(signal.SIGINT)
            process.wait(20)
        self.assertTrue(COMBINED.match(line), line)

    def test_is_opened_again_at_sighup(self):
        with Serving("--access-log", self.path) as serving:
            ask(serving.port, "GET", "/first")
            self.lines(1)
            os.rename(self.path, self.path + ".1")
            serving.process.send_signal(signal.SIGHUP)
            serving.told("SIGHUP: reopened the access log")
            ask(serving.port, "GET", "/second")
            self.assertEqual(json.loads(self.lines(1)[0])["target"], "/second")
            self.assertEqual(len(self.lines(1, self.path + ".1")), 1)
            # Where it cannot be, lines go where they went.
            os.rename(self.path, self.path + ".2")
            os.mkdir(self.path)
            serving.process.send_signal(signal.SIGHUP)
            serving.told("the old access log stays in use")
            ask(serving.port, "GET", "/third")
            self.assertEqual(json.loads(self.lines(2, self.path + ".2")[1])["target"], "/third")

    def test_a_reader_that_stops_stops_nobody_else(self):
        os.mkfifo(self.path)
        reading = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reading)
        with socket.create_server(("127.0.0.1", 0)) as free:
            admin = free.getsockname()[1]
        with Serving("--access-log", self.path, "--admin", f"127.0.0.1:{admin}") as serving:
            requests = b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" * 100
            answered = 0
            with socket.create_connection(("127.0.0.1", serving.port), timeout=20) as client:
                for _ in range(120):
                    client.sendall(requests)
                    got = b""
                    while got.count(b"HTTP/1.1 404") < 100 or not got.endswith(b"address.\n"):
                        got += client.recv(1 << 20)
                    answered += 100
            figures = ask(admin, "GET", "/metrics")[1]
            lines, lost = (int(re.search(rf"longwire_access_log_lines_{which}total (\d+)\n",
                                         figures).group(1)) for which in ("", "lost_"))
            self.assertEqual(lines, answered)
            self.assertGreater(lost, 0)
            self.assertLess(lost, lines)
            serving.told("the access log could not keep up: ")
            # All that was not left out is read in the end.
            serving.process.send_signal(signal.SIGINT)
            os.set_blocking(reading, True)
            rest = b""
            while more := os.read(reading, 1 << 20):
                rest += more
            self.assertEqual(rest.count(b"\n"), lines - lost)
            for line in rest.splitlines():
                json.loads(line)
            self.assertEqual(serving.stop(), 0)

    def test_says_when_it_cannot_be_written(self):
        def small():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

        process = subprocess.Popen(
            [LONGWIRE, "serve", "--listen", "127.0.0.1:0", "--access-log", self.path],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=small)
        port = listening_port(process.stdout)
        for _ in range(10):
            self.assertEqual(ask(port, "GET", "/nothing")[0], 404)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0)
        self.assertIn("cannot be written (File too large)", errors)

    def test_that_cannot_be_opened_is_an_error_at_the_start(self):
        served = run("serve", "--listen", "127.0.0.1:0", "--access-log", "/nowhere/access.log")
        self.assertEqual(served.returncode, 2)
        self.assertIn("cannot open the access log /nowhere/access.log: No such file or directory",
                      served.stderr)
        os.mkfifo(self.path)  # nobody reads it
        served = run("serve", "--listen", "127.0.0.1:0", "--access-log", self.path)
        self.assertEqual(served.returncode, 2)


if __name__ == "__main__":
    unittest.main()
