"""`longwire config`, `longwire token`, and what `longwire serve` makes of them; the operator's view."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from exposition import figures_of
from serving import LONGWIRE, Serving, message_of

SECRET = "a secret of more than thirty-two bytes"


def run(*arguments, environment=None, text_in=None):
    return subprocess.run(
        [LONGWIRE, *arguments], capture_output=True, text=True, check=False, timeout=30,
        input=text_in, env={**os.environ, **(environment or {})})


def ask(port, method, path, body=None, headers=None):
    """(status, body) of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body=body, headers=headers or {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


class Configured(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "longwire.toml")

    def write(self, text):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        return self.path


class Config(Configured):
    def test_the_default_is_a_file_that_is_right_once_it_is_uncommented(self):
        default = run("config", "default")
        self.assertEqual((default.returncode, default.stderr), (0, ""))
        lines = [line[1:] for line in default.stdout.splitlines() if re.match(r"#[a-z\[]", line)]
        self.assertGreater(len(lines), 40)
        # (A secret that stands in a file is looked for there.)
        text = "\n".join(lines).replace("@/etc/longwire/app-secret", "secret")
        checked = run("config", "check", self.write(text))
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        self.assertRegex(checked.stdout, r"\d+ keys, 1 rule and 1 app, all well")

    def test_names_each_line_that_is_wrong_and_what_was_meant(self):
        path = self.write("""lisen = ["127.0.0.1:1"]
max_message = "lots"
threads = [1, 2]
tls_self_signed = "maybe"
nothing_like_it_at_all = 1

[[channels]]
patern = "x"
publish = "admins"
history_count = 100001
""")
        checked = run("config", "check", path)
        self.assertEqual(checked.returncode, 1)
        for line in (f"{path}:1: there is no key lisen; did you mean listen?",
                     f"{path}:2: max_message must be a size, as 65536, 64KiB or 1MiB, and not 0: lots",
                     f"{path}:3: threads has one value",
                     f"{path}:4: tls_self_signed is true or false",
                     f"{path}:5: there is no key nothing_like_it_at_all; longwire config default "
                     "lists them",
                     f"{path}:7: channels: a rule needs a pattern, as pattern = \"chat.*\"",
                     f"{path}:8: channels: patern is not a key of a rule; did you mean pattern?",
                     f"{path}:9: channels: publish must be nobody, everyone, user, token or webhook: admins",
                     f"{path}:10: channels: history_count must be a number up to 100000: 100001"):
            self.assertIn(line, checked.stderr.splitlines())

    def test_what_is_not_toml_is_told_with_its_line(self):
        checked = run("config", "check", self.write("threads = 1\nthreads\n"))
        self.assertEqual(checked.returncode, 1)
        self.assertIn(f"{self.path}:2: this is not TOML: ", checked.stderr)

    def test_a_file_that_is_not_there_is_named(self):
        checked = run("config", "check", self.path)
        self.assertEqual(checked.returncode, 12)
        self.assertIn(self.path, checked.stderr)

    def test_shows_what_holds_and_no_secret(self):
        path = self.write(f'threads = 1\nping_after = "20s"\ntoken_secret = "{SECRET}"\n')
        shown = run("config", "show", path,
                    environment={"LONGWIRE_THREADS": "2", "LONGWIRE_LISTEN": "[::1]:1,[::1]:2"})
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("threads = 2  # LONGWIRE_THREADS\n", shown.stdout)
        self.assertIn('listen = ["[::1]:1", "[::1]:2"]  # LONGWIRE_LISTEN\n', shown.stdout)
        self.assertIn(f'ping_after = "20s"  # {path}:2\n', shown.stdout)
        self.assertNotIn(SECRET, shown.stdout)

    def test_serve_says_where_pusher_clients_of_an_app_connect(self):
        self.write("""listen = ["127.0.0.1:0"]
[[apps]]
id = "1"
key = "the-key"
secret = "the-secret"
""")
        server = subprocess.Popen(
            [LONGWIRE, "serve", "--config", self.path], stdout=subprocess.PIPE, text=True)
        said = ""
        while line := server.stdout.readline():
            said += line
            if "Press Ctrl-C" in line:
                break
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=30)
        self.assertRegex(said, r"pusher +ws://127\.0\.0\.1:\d+/app/the-key")

    def test_serve_refuses_a_wrong_file(self):
        served = run("serve", "--config", self.write("thread = 1\n"))
        self.assertEqual(served.returncode, 2)
        self.assertIn("did you mean threads?", served.stderr)

    def test_the_command_line_goes_before_the_variable_and_that_before_the_file(self):
        self.write('echo = "/file"\nmax_message = "10"\n')
        os.environ["LONGWIRE_MAX_MESSAGE"] = "20"
        self.addCleanup(os.environ.pop, "LONGWIRE_MAX_MESSAGE")
        with Serving("--config", self.path, "--echo", "/line") as serving:
            status, body = ask(serving.port, "GET", "/endpoints.json")
            self.assertEqual((status, json.loads(body)), (200, {"echo": "/line"}))
            url = serving.url("/echo".replace("echo", "line"))
            fits = run("connect", "-m", "x" * 20, url)
            self.assertEqual(fits.stdout.strip(), "x" * 20)
            self.assertEqual(run("connect", "-m", "x" * 21, url).returncode, 8)


class Tokens(Configured):
    def make(self, *arguments):
        made = run("token", "--secret", "env:SECRET", *arguments, environment={"SECRET": SECRET})
        self.assertEqual((made.returncode, made.stderr), (0, ""))
        return made.stdout.strip()

    def test_are_made_and_explained(self):
        token = self.make("--user", "ann", "--channel", "chat.*", "--publish", "chat.1",
                          "--info", '{"name": "Ann"}')
        good = run("token", "--explain", "-", "--secret", SECRET, text_in=token + "\n")
        self.assertEqual(good.returncode, 0)
        for part in ('"HS256"', '"ann"', '["chat.*"]', '{"name":"Ann"}', "It is valid."):
            self.assertIn(part, good.stdout)
        # (A second may have begun meanwhile, or some.)
        self.assertRegex(good.stdout, r"in (3600|35\d\d) s")
        bad = run("token", "--explain", token, "--secret", SECRET + "!")
        self.assertEqual(bad.returncode, 1)
        self.assertIn("The token's signature does not match any key of this server.", bad.stdout)
        self.assertEqual(run("token", "--explain", "hello").returncode, 1)

    def test_are_those_of_others(self):
        """Node's own cryptography makes and reads what we do."""
        key = os.path.join(self.folder.name, "key.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-out", key], check=True, capture_output=True)
        made = run("token", "--key", key, "--user", "ann").stdout.strip()
        script = r"""
            const crypto = require('node:crypto'), fs = require('node:fs');
            const [key, token] = process.argv.slice(1);
            const secret = crypto.createPrivateKey(fs.readFileSync(key));
            const how = { key: secret, dsaEncoding: 'ieee-p1363' };
            const [head, claims, signature] = token.split('.');
            const good = crypto.verify('sha256', `${head}.${claims}`,
                { ...how, key: crypto.createPublicKey(secret) }, Buffer.from(signature, 'base64url'));
            const part = (json) => Buffer.from(JSON.stringify(json)).toString('base64url');
            const text = `${part({ alg: 'ES256' })}.${part({ sub: 'bob' })}`;
            const ours = crypto.sign('sha256', Buffer.from(text), how).toString('base64url');
            console.log(`${good} ${text}.${ours}`);"""
        said = subprocess.run(["node", "-e", script, key, made], check=True, capture_output=True,
                              text=True).stdout.split()
        self.assertEqual(said[0], "true")
        read = run("token", "--explain", said[1], "--key", key)
        self.assertEqual(read.returncode, 0, read.stdout)
        self.assertIn('"bob"', read.stdout)

    def test_without_a_key_there_is_none(self):
        self.assertEqual(run("token", "--user", "ann").returncode, 2)
        short = run("token", "--secret", "short", "--user", "ann")
        self.assertEqual(short.returncode, 2)
        self.assertIn("32 bytes", short.stderr)


RULES = """
listen = ["127.0.0.1:0"]
[[channels]]
pattern = "chat.*"
subscribe = "token"
publish = "token"
history = "token"
history_count = 10
[[channels]]
pattern = "news"
publish = "user"
[[channels]]
pattern = "closed"
subscribe = "nobody"
"""


class Rules(Tokens):
    def setUp(self):
        super().setUp()
        self.write(f'token_secret = "{SECRET}"\n' + RULES)
        self.serving = Serving("--config", self.path, "--publish-rate-per-address", "20")
        self.addCleanup(self.serving.__exit__)
        self.token = self.make("--user", "ann", "--channel", "chat.*", "--publish", "chat.1")

    def publish(self, channel, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return ask(self.serving.port, "POST", f"/channels/{channel}", b"x", headers)[0]

    def test_say_who_may_publish(self):
        self.assertEqual(self.publish("chat.1"), 401)
        self.assertEqual(self.publish("chat.1", self.token), 200)
        self.assertEqual(self.publish("chat.2", self.token), 403)
        self.assertEqual(self.publish("news"), 401)
        self.assertEqual(self.publish("news", self.token), 200)
        self.assertEqual(self.publish("other", self.token), 403)
        self.assertEqual(self.publish("news", self.token[:-3] + "AAA"), 401)
        self.assertEqual(self.publish("news", "nonsense"), 401)

    def test_say_who_may_subscribe(self):
        def status(path):
            refused = run("connect", "-w", "0", self.serving.url(path), text_in="")
            found = re.search(r"answered (\d+)", refused.stderr)
            return int(found.group(1)) if found else 101

        self.assertEqual(status("/channels/chat.1"), 401)
        self.assertEqual(status("/channels/chat.1?token=" + self.token), 101)
        self.assertEqual(status("/channels/closed?token=" + self.token), 403)
        self.assertEqual(status("/channels/news"), 101)
        for path, expected in (("chat.1", 401), ("closed", 403)):
            got, _ = ask(self.serving.port, "GET", f"/channels/{path}",
                         headers={"Accept": "text/event-stream"})
            self.assertEqual(got, expected)

    def test_an_expired_token_ends_what_it_opened(self):
        token = self.make("--user", "ann", "--channel", "chat.*", "--expires", "2s")
        ended = run("connect", "-w", "20", self.serving.url(f"/channels/chat.1?token={token}"),
                    text_in="")
        self.assertEqual(ended.returncode, 8, ended.stderr)
        self.assertIn("3000", ended.stderr)
        self.assertIn("Your token has expired.", ended.stderr)

    def test_publish_no_faster_than_their_rate(self):
        statuses = [self.publish("chat.1", self.token) for _ in range(60)]
        self.assertEqual(statuses[:40], [200] * 40)
        self.assertIn(429, statuses[40:])

    def test_are_read_again(self):
        self.assertEqual(self.publish("news"), 401)
        self.write(f'token_secret = "{SECRET}"\n' + RULES.replace('"user"', '"everyone"'))
        self.serving.process.send_signal(signal.SIGHUP)
        self.serving.told("SIGHUP: reloaded the rules and keys")
        self.assertEqual(self.publish("news"), 200)
        self.write("nonsense")
        self.serving.process.send_signal(signal.SIGHUP)
        self.serving.told("not TOML")
        self.assertEqual(self.publish("news"), 200)


class Limits(Configured):
    """What SIGHUP makes of limits, and what it says of the rest."""

    def hang_up(self, serving, text):
        self.write(text)
        serving.process.send_signal(signal.SIGHUP)
        serving.told("reloaded the limits")

    def test_hold_for_those_who_come_after_they_were_read_again(self):
        with Serving("--config", self.write('max_message = "100"\n')) as serving:
            url = serving.url("/echo")
            self.assertEqual(run("connect", "-m", "x" * 101, url).returncode, 8)
            with subprocess.Popen([LONGWIRE, "connect", url], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True) as before:
                before.stdin.write("hello\n")
                before.stdin.flush()
                self.assertEqual(before.stdout.readline(), "hello\n")
                self.hang_up(serving, 'max_message = "200"\nmax_header_count = 20\n')
                self.assertEqual(run("connect", "-m", "x" * 101, url).stdout, "x" * 101 + "\n")
                many = {f"X-{number}": "x" for number in range(30)}
                self.assertEqual(ask(serving.port, "GET", "/", headers=many)[0], 431)
                self.hang_up(serving, "max_connections = 1\nmax_header_count = 20\n")
                self.assertEqual(ask(serving.port, "GET", "/")[0], 503)
                # Who was there stays, as they came.
                before.stdin.write("x" * 100 + "\n")
                before.stdin.flush()
                self.assertEqual(before.stdout.readline(), "x" * 100 + "\n")
                self.hang_up(serving, "")
                self.assertEqual(ask(serving.port, "GET", "/")[0], 200)
                before.stdin.close()

    def test_name_what_needs_a_restart(self):
        with Serving("--config", self.write("threads = 1\n"), "--echo", "/line") as serving:
            self.hang_up(serving, 'threads = 2\nspin = 5\necho = "/file"\nping_after = "20s"\n')
            told = [message_of(serving.process.stderr.readline()) for _ in range(2)]
            self.assertEqual(told, [f"SIGHUP: {key} has changed, and needs a restart"
                                    for key in ("spin", "threads")])

    def test_which_are_read_again_is_in_the_default_configuration(self):
        marked = "SIGHUP reads this again"
        above = {}
        for paragraph in run("config", "default").stdout.split("\n\n"):
            above[paragraph.rstrip("\n").split("\n")[-1].split(" = ")[0]] = paragraph
        for key in ("max_message", "ping_after", "token_secret", "drain", "hook_url"):
            self.assertIn(marked, above[f"#{key}"].replace("\n# ", " "))
        for key in ("threads", "echo", "listen", "socketio"):
            self.assertNotIn(marked, above[f"#{key}"].replace("\n# ", " "))

    def test_are_told_to_be_wrong_and_the_old_ones_stay(self):
        with Serving("--config", self.write('max_message = "100"\n')) as serving:
            self.write('max_mesage = "200"\n')
            serving.process.send_signal(signal.SIGHUP)
            serving.told("did you mean max_message?")
            serving.told("the old rules, keys and limits stay")
            self.assertEqual(run("connect", "-m", "x" * 101, serving.url("/echo")).returncode, 8)


class Answers(Configured):
    def answer(self, method, path, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.serving.port, timeout=20)
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    def setUp(self):
        super().setUp()
        self.write(f'token_secret = "{SECRET}"\norigin = ["https://app.example"]\n[[channels]]\n'
                   'pattern = "*"\nhistory = "everyone"\nsubscribe = "user"\n')
        self.serving = Serving("--config", self.path)
        self.addCleanup(self.serving.__exit__)

    def test_name_the_methods_that_a_channel_has(self):
        for method in ("DELETE", "PUT"):
            answer = self.answer(method, "/channels/a")
            self.assertEqual(answer.status, 405)
            self.assertEqual(set(answer.headers["Allow"].split(", ")),
                             {"GET", "HEAD", "POST", "OPTIONS"})
        answer = self.answer("GET", "/echo")
        self.assertEqual(answer.status, 426)

    def test_say_how_to_sign_in(self):
        for headers in ({}, {"Accept": "text/event-stream"},
                        {"Connection": "Upgrade", "Upgrade": "websocket",
                         "Sec-WebSocket-Version": "13",
                         "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}):
            answer = self.answer("GET", "/channels/a?wait=1", headers)
            self.assertEqual((answer.status, answer.headers["WWW-Authenticate"]), (401, "Bearer"))
        self.assertIsNone(self.answer("POST", "/channels/a").headers["WWW-Authenticate"])

    def test_differ_by_the_origin_of_the_page(self):
        for origin, status, allowed in ((None, 200, None), ("https://evil.example", 403, None),
                                        ("https://app.example", 200, "https://app.example")):
            answer = self.answer("GET", "/channels/a", {"Origin": origin} if origin else {})
            self.assertEqual(answer.status, status)
            self.assertEqual(answer.headers["Vary"], "Origin")
            self.assertEqual(answer.headers["Access-Control-Allow-Origin"], allowed)


class Rates(Configured):
    def test_of_requests_are_counted_by_address(self):
        with Serving("--request-rate-per-address", "2") as serving:
            answers = [ask(serving.port, "POST", "/channels/a", "x")[0] for _ in range(6)]
        self.assertEqual(answers[:4], [200] * 4)
        self.assertIn(429, answers[4:])


class Logging(Configured):
    def test_is_json_where_there_is_no_terminal(self):
        for arguments, is_json in ((("--log-format", "auto"), True), (("--log-format", "text"), False)):
            with Serving("--verbose", *arguments) as serving:
                with socket.create_connection(("127.0.0.1", serving.port)) as client:
                    client.sendall(b"GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                                   b"Origin: http://else\xff\"where\r\nConnection: Upgrade\r\n"
                                   b"Sec-WebSocket-Version: 13\r\n"
                                   b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                    self.assertIn(b" 403 ", client.recv(1000))
                line = ""
                while "origin" not in line:
                    line = serving.process.stderr.buffer.readline().decode(errors="replace")
            if is_json:
                told = json.loads(line)
                self.assertEqual(told["level"], "debug")
                self.assertRegex(told["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
                self.assertIn('else\ufffd"where', told["message"])
            else:
                self.assertRegex(line, r"^\d{4}-.* debug refused a handshake: the origin")


class Exposed(unittest.TestCase):
    def test_without_rules_only_this_machine_is_listened_to(self):
        for address in ("0.0.0.0:0", ":0", "[::]:0"):
            refused = run("serve", "--listen", address)
            self.assertEqual(refused.returncode, 2)
            self.assertIn("[[channels]]", refused.stderr)


class Admin(Configured):
    def setUp(self):
        super().setUp()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.admin = probe.getsockname()[1]
        self.serving = Serving("--admin", f"127.0.0.1:{self.admin}", "--drain", "1s")
        self.addCleanup(self.serving.__exit__)

    def metrics(self):
        status, text = ask(self.admin, "GET", "/metrics")
        self.assertEqual(status, 200)
        return text

    def test_tells_that_it_is_alive_and_ready(self):
        self.assertEqual(ask(self.admin, "GET", "/healthz"), (200, "alive\n"))
        self.assertEqual(ask(self.admin, "GET", "/readyz"), (200, "ready\n"))
        self.assertEqual(ask(self.serving.port, "GET", "/metrics")[0], 404)

    def test_figures_are_as_prometheus_reads_them(self):
        run("connect", "-m", "hello", self.serving.url("/echo"))
        ask(self.serving.port, "POST", "/channels/a", b"x")
        values = figures_of(self.metrics())
        self.assertEqual(values["longwire_websockets_opened_total"], 1)
        self.assertEqual(values["longwire_messages_received_total"], 1)
        self.assertEqual(values["longwire_message_bytes_received_total"], 5)
        self.assertEqual(values['longwire_websockets_closed_total{code="1000"}'], 1)
        self.assertGreater(values["longwire_resident_bytes"], 1e6)
        buckets = [value for name, value in values.items() if "_bucket" in name]
        self.assertEqual(buckets, sorted(buckets))

    def test_lists_channels(self):
        connect = subprocess.Popen(
            [LONGWIRE, "connect", self.serving.url("/channels/b")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        ask(self.serving.port, "GET", "/channels/b?history=0")
        while json.loads(ask(self.admin, "GET", "/channels")[1])["channels"] != [
                {"members": 1, "name": "b"}]:
            time.sleep(0.01)
        listed = ask(self.admin, "GET", "/channels?prefix=c")
        self.assertEqual(json.loads(listed[1]), {"channels": []})
        self.assertEqual(ask(self.admin, "GET", "/channels?count=x")[0], 400)
        connect.communicate(timeout=20)

    def test_drains_on_sigterm(self):
        count = 40
        sockets = []
        for _ in range(count):
            one = socket.create_connection(("127.0.0.1", self.serving.port), timeout=20)
            one.sendall(b"GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            self.assertIn(b" 101 ", one.recv(4096))
            sockets.append(one)
        times = []

        def await_close(one):
            frame = one.recv(4096)
            times.append(time.monotonic())
            self.assertEqual(frame[:4], b"\x88\x02\x03\xf4")  # close, 1012
            one.sendall(b"\x88\x82\x00\x00\x00\x00\x03\xf4")
            while one.recv(4096):
                pass
            one.close()

        threads = [threading.Thread(target=await_close, args=(one,)) for one in sockets]
        for thread in threads:
            thread.start()
        begun = time.monotonic()
        self.serving.process.send_signal(signal.SIGTERM)
        while ask(self.admin, "GET", "/readyz")[0] != 503:
            pass
        with self.assertRaises(ConnectionRefusedError):
            while True:
                socket.create_connection(("127.0.0.1", self.serving.port), timeout=20).close()
        for thread in threads:
            thread.join()
        self.assertEqual(self.serving.process.wait(timeout=20), 0)
        self.assertEqual(len(times), count)
        # Spread, and not all at once.
        self.assertGreater(max(times) - min(times), 0.5)
        early = sum(1 for moment in times if moment - begun < 0.5)
        self.assertGreater(early, count // 8)
        self.assertLess(early, count * 7 // 8)

    def test_a_second_signal_ends_it_at_once(self):
        one = socket.create_connection(("127.0.0.1", self.serving.port), timeout=20)
        one.sendall(b"GET /channels/x HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
        one.recv(4096)
        self.serving.process.send_signal(signal.SIGTERM)
        while ask(self.admin, "GET", "/readyz")[0] != 503:
            pass
        self.serving.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.serving.process.wait(timeout=5), 0)
        one.close()


if __name__ == "__main__":
    unittest.main()
