"""Webhooks that decide: a user's own server, real, and what becomes of those it is asked about."""

import asyncio
import hashlib
import hmac
import http.client
import http.server
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatusCode

from serving import LONGWIRE, Serving

SECRET = "a secret of more than thirty-two bytes"
DOCUMENT = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "access.md")


class connect:
    """A WebSocket of another maker, one step at a time."""

    def __init__(self, url, additional_headers=None):
        self.loop = asyncio.new_event_loop()
        try:
            self.socket = self.run(
                lambda: websockets.connect(url, extra_headers=additional_headers))
        except BaseException:
            self.loop.close()
            raise

    def run(self, begin, seconds=20):
        async def within():
            return await asyncio.wait_for(begin(), seconds)
        return self.loop.run_until_complete(within())

    def send(self, message):
        self.run(lambda: self.socket.send(message))

    def recv(self, seconds=20):
        return self.run(self.socket.recv, seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.run(self.socket.close)
        self.loop.close()


class Deciding:
    """An HTTP server that answers as `decide` says, and notes what it was asked."""

    def __init__(self, decide):
        self.decide = decide
        self.asked = []
        self.lock = threading.Lock()
        self.at_once = self.most_at_once = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with outer.lock:
                    outer.asked.append((json.loads(body), body, dict(self.headers)))
                    outer.at_once += 1
                    outer.most_at_once = max(outer.most_at_once, outer.at_once)
                answer = outer.decide(json.loads(body))
                with outer.lock:
                    outer.at_once -= 1
                status = 200
                if isinstance(answer, tuple):
                    status, answer = answer
                if not isinstance(answer, bytes):
                    answer = json.dumps(answer).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except ConnectionError:
                    pass

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a caller that hangs up

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.01,),
                         daemon=True).start()

    def questions(self, what):
        with self.lock:
            return [question for question, _, _ in self.asked if question["what"] == what]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


RULES = """
[[channels]]
pattern = "*"
subscribe = "webhook"
publish = "webhook"
presence = "webhook"
history = "webhook"
history_count = 10
keeps_presence = true
"""


class Webhooks(unittest.TestCase):
    def serve(self, decide, *arguments, rules=RULES, hook="hook_url"):
        self.hook = Deciding(decide)
        self.addCleanup(self.hook.close)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "longwire.toml")
        with open(path, "w", encoding="utf-8") as file:
            for key in (hook,) if isinstance(hook, str) else hook:
                file.write(f'{key} = "{self.hook.url}"\n')
            file.write(rules)
        serving = Serving("--config", path, *arguments)
        self.addCleanup(serving.__exit__)
        return serving

    def ask(self, serving, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=20)
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text, answer.headers

    def refused(self, serving, path):
        with self.assertRaises(InvalidStatusCode) as refused:
            connect(serving.url(path))
        return refused.exception.status_code

    def test_let_subscribe_and_publish_and_are_told_who_and_what(self):
        serving = self.serve(lambda question: {"allow": True}, "--hook-header", "Cookie")
        with connect(serving.url("/channels/a?echo=1"),
                     additional_headers={"Cookie": "session=1"}) as socket_:
            for count in range(20):
                socket_.send(f"message {count}")
            for count in range(20):
                self.assertEqual(socket_.recv(), f"message {count}")
            socket_.send(b"\x00\xff\x01")
            self.assertEqual(socket_.recv(), b"\x00\xff\x01")
        self.assertEqual(self.hook.questions("subscribe"),
                         [{"what": "subscribe", "channel": "a", "address": "127.0.0.1",
                           "headers": {"Cookie": "session=1"}}])
        published = [question["message"] for question in self.hook.questions("publish")]
        self.assertEqual(published[0], {"type": "text", "size": 9, "text": "message 0"})
        self.assertEqual(published[20], {"type": "binary", "size": 3, "base64": "AP8B"})
        self.assertEqual(self.hook.questions("connect"), [])

    def test_are_shown_fields_beside_a_token_too(self):
        serving = self.serve(lambda question: {"allow": True}, "--hook-header", "Cookie",
                             "--token-secret", SECRET)
        token = subprocess.run([LONGWIRE, "token", "--secret", SECRET, "--user", "ann"],
                               capture_output=True, text=True, check=True).stdout.strip()
        with connect(serving.url("/channels/a"),
                     additional_headers={"Cookie": "session=1",
                                         "Authorization": f"Bearer {token}"}):
            pass
        question = self.hook.questions("subscribe")[0]
        self.assertEqual(question["user"], "ann")
        self.assertEqual(question["headers"], {"Cookie": "session=1"})

    def test_keep_the_order_of_messages_though_answers_take_their_time(self):
        gate = threading.Event()

        def decide(question):
            if question.get("message", {}).get("text") == "first":
                gate.wait(10)
            return {"allow": True}

        serving = self.serve(decide)
        with connect(serving.url("/channels/a?echo=1")) as socket_:
            socket_.send("first")
            socket_.send("second")
            gate.set()
            self.assertEqual([socket_.recv() for _ in range(2)], ["first", "second"])

    def test_refuse_before_the_handshake_is_answered(self):
        serving = self.serve(lambda question: {"allow": False, "reason": "not on my watch"})
        self.assertEqual(self.refused(serving, "/channels/a"), 403)
        for method, path, headers in (("GET", "/channels/a?wait=1", {}),
                                      ("GET", "/channels/a?history=1", {}),
                                      ("GET", "/channels/a", {"Accept": "text/event-stream"}),
                                      ("GET", "/channels/a/presence", {}),
                                      ("POST", "/channels/a", {})):
            status, text, _ = self.ask(serving, method, path, headers=headers,
                                       body=b"x" if method == "POST" else None)
            self.assertEqual(status, 403)
            self.assertIn("not on my watch", text)
        self.assertEqual(len(self.hook.asked), 6)

    def test_refuse_a_message_and_the_others_still_come(self):
        serving = self.serve(lambda question: {
            "allow": question.get("message", {}).get("text") != "bad", "reason": "it is bad"})
        with connect(serving.url("/channels/a?echo=1&format=json")) as socket_:
            self.assertEqual(json.loads(socket_.recv())["joined"] is not None, True)
            for word in ("one", "bad", "two"):
                socket_.send(word)
            came = [json.loads(socket_.recv()) for _ in range(3)]
            self.assertEqual([message.get("text") for message in came], ["one", None, "two"])
            self.assertIn("it is bad", came[1]["error"])
        with connect(serving.url("/channels/a")) as socket_:
            socket_.send("bad")
            with self.assertRaises(ConnectionClosed):
                socket_.recv()
            self.assertEqual(socket_.socket.close_code, 3003)

    def test_that_fail_let_nobody_in(self):
        answers = [b"", b"hello", b"[]", {}, {"allow": "yes"}, {"allow": True, "expires_in": "x"},
                   {"allow": True, "channels": 1}, (500, {"allow": True}), (204, b""),
                   (302, {"allow": True}), b" " * 100_000]
        for answer in answers:
            with self.subTest(answer=answer if len(str(answer)) < 99 else "large"):
                serving = self.serve(lambda question, answer=answer: answer)
                self.assertEqual(self.refused(serving, "/channels/a"), 503)
                status, _, headers = self.ask(serving, "POST", "/channels/a", body=b"x")
                self.assertEqual((status, headers["Retry-After"]), (503, "5"))
                serving.process.send_signal(2)
                self.assertIn("the webhook for subscribe: ", serving.process.stderr.read())

    def test_that_are_down_or_slow_let_nobody_in_and_say_so_once_a_second(self):
        gate = threading.Event()
        self.addCleanup(gate.set)
        serving = self.serve(lambda question: gate.wait(10) and {"allow": True},
                             "--hook-timeout", "50ms")
        for _ in range(5):
            self.assertEqual(self.refused(serving, "/channels/a"), 503)
        self.hook.close()
        gate.set()
        self.assertEqual(self.refused(serving, "/channels/a"), 503)
        serving.process.send_signal(2)
        told = [line for line in serving.process.stderr.read().splitlines() if "webhook" in line]
        self.assertIn("no whole answer in 50 ms", told[0])
        self.assertLess(len(told), 5)

    def test_are_signed(self):
        serving = self.serve(lambda question: {"allow": True}, "--hook-secret", SECRET)
        self.assertEqual(self.ask(serving, "POST", "/channels/a", body=b"x")[0], 200)
        _, body, headers = self.hook.asked[0]
        time, signature = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})",
                                       headers["Longwire-Signature"]).groups()
        expected = hmac.new(SECRET.encode(), time.encode() + b"." + body, hashlib.sha256)
        self.assertEqual(signature, expected.hexdigest())

    def test_say_who_somebody_is_and_what_they_may(self):
        def decide(question):
            if question["headers"]["Authorization"] == "Basic bad":
                return {"allow": False}
            return {"allow": True, "user": "ann", "info": {"name": "Ann"},
                    "channels": ["ours.*"], "publish": ["ours.1"]}

        rules = """hook_header = ["Authorization"]
[[channels]]
pattern = "*"
subscribe = "token"
publish = "token"
presence = "user"
keeps_presence = true
"""
        serving = self.serve(decide, rules=rules, hook="hook_connect")
        good = {"Authorization": "Basic good"}
        with connect(serving.url("/channels/ours.1?echo=1"), additional_headers=good) as socket_:
            socket_.send("hello")
            self.assertEqual(socket_.recv(), "hello")
            self.assertEqual(len(self.hook.asked), 1)
            status, text, _ = self.ask(serving, "GET", "/channels/ours.1/presence", headers=good)
            self.assertEqual(status, 200)
            self.assertEqual(json.loads(text), {"present": [{"user": "ann",
                                                             "info": {"name": "Ann"}}]})
        self.assertEqual(self.ask(serving, "POST", "/channels/ours.2", b"x", good)[0], 403)
        self.assertEqual(self.ask(serving, "POST", "/channels/ours.1", b"x", good)[0], 200)
        self.assertEqual(self.ask(serving, "GET", "/channels/theirs?wait=1", None, good)[0], 403)
        with self.assertRaises(InvalidStatusCode) as refused:
            connect(serving.url("/channels/ours.1"),
                    additional_headers={"Authorization": "Basic bad"})
        self.assertEqual(refused.exception.status_code, 403)

    def test_are_asked_again_when_what_they_said_expires(self):
        allowed = [True]
        serving = self.serve(lambda question: {"allow": allowed[0], "expires_in": 1})
        with connect(serving.url("/channels/a?echo=1")) as socket_:
            while len(self.hook.questions("subscribe")) < 2:
                pass
            # What was said of publishing holds for a second too.
            for _ in range(5):
                socket_.send("x")
                socket_.recv()
            self.assertLess(len(self.hook.questions("publish")), 5)
            allowed[0] = False
            with self.assertRaises(ConnectionClosed):
                socket_.recv()
            self.assertEqual(socket_.socket.close_code, 3003)

    def events(self, serving, path, headers=None):
        """An event stream: its events one by one, as [type, data]."""
        connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=20)
        self.addCleanup(connection.close)
        connection.request("GET", path,
                           headers={"Accept": "text/event-stream", **(headers or {})})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        event = ["message", ""]
        for line in iter(answer.readline, b""):
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "event":
                event[0] = value
            elif name == "data":
                event[1] = value
            elif not name and event[1]:
                yield event
                event = ["message", ""]

    def test_ask_about_an_event_stream_again_and_it_stays_open(self):
        allowed = [True]
        serving = self.serve(lambda question: {
            "allow": allowed[0] or question["what"] == "publish", "reason": "it is over",
            "expires_in": 1})
        events = self.events(serving, "/channels/a")
        self.assertEqual(next(events)[0], "joined")
        while len(self.hook.questions("subscribe")) < 3:
            pass
        self.assertEqual(self.ask(serving, "POST", "/channels/a", b"still there")[0], 200)
        self.assertEqual(next(events), ["message", "still there"])
        allowed[0] = False
        event, data = next(events)
        self.assertEqual(event, "expired")
        self.assertIn("it is over", data)
        self.assertEqual(list(events), [])

    def test_say_who_is_told_of_who_comes_and_goes(self):
        withdrawn = [False]

        def decide(question):
            who = question["headers"]["X-Who"]
            if question["what"] != "presence":
                return {"allow": True, "user": who} if question["what"] == "connect" else {
                    "allow": True}
            return {"allow": who == "ann" and not withdrawn[0], "reason": "not for you",
                    "expires_in": 1}

        serving = self.serve(decide, "--hook-header", "X-Who", hook=("hook_url", "hook_connect"))

        def come(who, path="/channels/a"):
            return connect(serving.url(path), additional_headers={"X-Who": who})

        events = self.events(serving, "/channels/a", {"X-Who": "ann"})
        self.assertEqual(next(events)[0], "joined")
        with come("ann", "/channels/a?format=json") as ann, \
                come("bob", "/channels/a?format=json") as bob:
            self.assertIn("joined", json.loads(ann.recv()))
            self.assertIn("joined", json.loads(bob.recv()))
            # It takes a moment until it was asked about them.
            told = []
            for number in range(100):
                with come(f"cat{number}"):
                    pass
                try:
                    told.append(json.loads(ann.recv(0.2)))
                    break
                except asyncio.TimeoutError:
                    pass
            self.assertRegex(told[0]["presence"]["joined"], "^(bob|cat)")
            self.assertEqual(next(events)[0], "presence")
            while len([question for question in self.hook.questions("presence")
                       if question["user"] == "ann"]) < 4:
                pass
            withdrawn[0] = True
            while "error" not in (last := json.loads(ann.recv())):
                self.assertIn("presence", last)
            self.assertIn("not for you", last["error"])
            bob.send("hello")
            self.assertEqual(json.loads(ann.recv())["text"], "hello")
            while (event := next(events))[0] == "presence":
                pass
            self.assertEqual(event, ["message", "hello"])
            # Whom it has not let was told of nobody.
            status, _, _ = self.ask(serving, "POST", "/channels/a", b"end", {"X-Who": "ann"})
            self.assertEqual(status, 200)
            self.assertEqual(json.loads(bob.recv())["text"], "end")

    def test_are_not_asked_more_than_so_many_things_at_a_time(self):
        gate = threading.Semaphore(0)
        serving = self.serve(lambda question: gate.acquire(timeout=20) and {"allow": True},
                             "--hook-at-once", "2", "--hook-timeout", "20s")
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(
            self.ask(serving, "POST", "/channels/a", b"x")[0])) for _ in range(6)]
        for thread in threads:
            thread.start()
        for _ in threads:
            while len(self.hook.asked) < min(6, len(answers) + 2):
                pass
            gate.release()
        for thread in threads:
            thread.join()
        self.assertEqual((answers, self.hook.most_at_once), ([200] * 6, 2))

    def test_whose_client_has_gone_meanwhile(self):
        gate = threading.Event()
        serving = self.serve(lambda question: gate.wait(20) and {"allow": True})
        with socket.create_connection(("127.0.0.1", serving.port)) as client:
            client.sendall(b"GET /channels/a HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                           b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            while not self.hook.asked:
                pass
        gate.set()
        self.assertEqual(self.ask(serving, "POST", "/channels/a", body=b"x")[0], 200)
        self.assertEqual(serving.stop(), 0)

    def test_that_are_still_asked_do_not_keep_the_server_from_ending(self):
        gate = threading.Event()
        self.addCleanup(gate.set)
        serving = self.serve(lambda question: gate.wait(20) and {"allow": True},
                             "--hook-timeout", "20s")
        client = socket.create_connection(("127.0.0.1", serving.port))
        self.addCleanup(client.close)
        client.sendall(b"GET /channels/a?wait=1 HTTP/1.1\r\nHost: x\r\n\r\n")
        while not self.hook.asked:
            pass
        self.assertEqual(serving.stop(), 0)
        self.assertTrue(client.recv(100).startswith(b"HTTP/1.1 503"))

    def test_need_somebody_to_ask(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(RULES)
            file.flush()
            served = subprocess.run([LONGWIRE, "serve", "--config", file.name], text=True,
                                    capture_output=True, check=False, timeout=30)
        self.assertEqual(served.returncode, 2)
        self.assertIn("use --hook-url", served.stderr)


class Documented(unittest.TestCase):
    """The servers of docs/access.md, run as they stand there."""

    def check(self, language, command):
        with open(DOCUMENT, encoding="utf-8") as file:
            program = re.search(rf"```{language}\n(.*?)```", file.read(), re.DOTALL).group(1)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "decide." + {"python": "py", "js": "mjs"}[language])
            with open(path, "w", encoding="utf-8") as file:
                file.write(program.replace("9000", str(port)))
            rules = os.path.join(folder, "longwire.toml")
            with open(rules, "w", encoding="utf-8") as file:
                file.write(f'hook_url = "http://127.0.0.1:{port}/"\nhook_header = ["Cookie"]\n'
                           f'hook_secret = "{SECRET}"\n{RULES}')
            with subprocess.Popen([*command, path],
                                  env={**os.environ, "HOOK_SECRET": SECRET}) as hook:
                # (It has to end before it is waited for, whatever went wrong.)
                try:
                    while True:
                        try:
                            socket.create_connection(("127.0.0.1", port)).close()
                            break
                        except ConnectionRefusedError:
                            self.assertIsNone(hook.poll())
                    with Serving("--config", rules) as serving:
                        known = {"Cookie": "session=ann"}
                        with connect(serving.url("/channels/chat.ann?echo=1"),
                                     additional_headers=known) as socket_:
                            socket_.send("hello")
                            self.assertEqual(socket_.recv(), "hello")
                        with self.assertRaises(InvalidStatusCode) as refused:
                            connect(serving.url("/channels/chat.bob"), additional_headers=known)
                        self.assertEqual(refused.exception.status_code, 403)
                finally:
                    hook.kill()

    def test_in_python(self):
        self.check("python", [sys.executable])

    def test_in_node(self):
        self.check("js", ["node"])


if __name__ == "__main__":
    unittest.main()
