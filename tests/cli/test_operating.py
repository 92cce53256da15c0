"""What `longwire serve` says of itself, what it does without, and who may reach it."""

import asyncio
import json
import os
import re
import signal
import socket
import stat
import subprocess
import tempfile
import unittest

import websockets

from exposition import figures_of
from serving import LONGWIRE, Serving, message_of, until_told
from test_serving import Configured, ask, run


class JsonLog(Configured):
    """--log-format json: every line, and nothing on standard output."""

    def start(self, text, *arguments):
        process = subprocess.Popen(
            [LONGWIRE, "serve", "--config", self.write(text), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait, 60)
        self.addCleanup(process.kill)
        return process

    TEXT = """listen = ["127.0.0.1:0"]
log_format = "json"
max_message = "3MiB"
[[channels]]
pattern = "news"
[[channels]]
pattern = "chat.*"
"""

    def test_has_the_start_reloads_failed_reloads_and_the_end(self):
        process = self.start(self.TEXT)
        lines = []

        def until(words):
            while words not in (lines[-1]["message"] if lines else ""):
                line = process.stderr.readline()
                self.assertNotEqual(line, "", lines)
                lines.append(json.loads(line))
                self.assertEqual(set(lines[-1]), {"time", "level", "message"})
            return lines[-1]

        until("listening on 127.0.0.1:")
        begun = until("starts")["message"]
        version = run("--version").stdout.split()[1]
        for part in (f"longwire {version} ", f"configuration {self.path}",
                     "2 rules for channels: news, chat.*"):
            self.assertIn(part, begun)
        limits = until("limits: ")["message"]
        for part in ("max_message 3MiB", "max_connections 0", "publish_rate 0"):
            self.assertIn(part, limits)
        process.send_signal(signal.SIGHUP)
        until("SIGHUP: reloaded the limits")
        self.write(self.TEXT + "nonsense = 1\n")
        process.send_signal(signal.SIGHUP)
        self.assertEqual(until("nonsense")["level"], "error")
        self.assertEqual(until("the old rules, keys and limits stay in use")["level"], "error")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(until("stopped")["level"], "info")
        self.assertEqual(process.stdout.read(), "")

    def test_has_what_keeps_it_from_starting(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            for text, arguments, words in (
                    (self.TEXT, ("--listen", address), "Address already in use"),
                    (self.TEXT + "nonsense = 1\n", (), "nonsense"),
                    (self.TEXT, ("--token-secret", "short"), "32 bytes"),
                    ("", ("--log-format", "json", "--nonsense"), "--nonsense"),
                    ("", ("--log-format=json", "--listen", ":0"), "[[channels]]")):
                with self.subTest(words):
                    process = self.start(text, *arguments)
                    output, errors = process.communicate(timeout=60)
                    self.assertEqual(output, "")
                    self.assertNotEqual(process.returncode, 0)
                    told = [json.loads(line) for line in errors.splitlines()]
                    self.assertEqual(told[-1]["level"], "error")
                    self.assertIn(words, told[-1]["message"])

    def test_leaves_standard_output_to_the_access_log(self):
        process = self.start(self.TEXT, "--access-log", "-")
        port = int(re.search(r":(\d+)", until_told(process.stderr, "listening on")).group(1))
        ask(port, "GET", "/nothing")
        process.send_signal(signal.SIGINT)
        self.assertEqual([json.loads(line)["status"] for line in process.stdout], [404])


class Reloads(Configured):
    def test_are_figures(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            admin = probe.getsockname()[1]
        with Serving("--config", self.write(""), "--admin", f"127.0.0.1:{admin}") as serving:
            def figures():
                values = figures_of(ask(admin, "GET", "/metrics")[1])
                return tuple(values[f"longwire_{name}"] for name in (
                    'reloads_total{outcome="good"}', 'reloads_total{outcome="failed"}',
                    "last_reload_successful"))

            def hang_up(text, expected):
                self.write(text)
                serving.process.send_signal(signal.SIGHUP)
                while figures() != expected:
                    pass

            self.assertEqual(figures(), (0, 0, 1))
            hang_up("", (1, 0, 1))
            hang_up("nonsense = 1", (1, 1, 0))
            hang_up("", (2, 1, 1))


class Without(Configured):
    def test_an_echo_there_is_none(self):
        with Serving("--echo", "off") as serving:
            self.assertEqual(json.loads(ask(serving.port, "GET", "/endpoints.json")[1]),
                             {"echo": None})
            self.assertEqual(run("connect", "-m", "x", serving.url("/echo")).returncode, 6)
            self.assertEqual(run("connect", "-m", "x", serving.url("/off")).returncode, 6)

    def test_pages_there_are_none(self):
        with Serving("--web", "off") as serving:
            self.assertEqual(ask(serving.port, "GET", "/")[0], 404)
            self.assertEqual(run("connect", "-m", "x", serving.url("/echo")).stdout, "x\n")


class UnixMode(Configured):
    def test_says_who_may_connect(self):
        path, admin = (os.path.join(self.folder.name, name) for name in ("socket", "admin"))
        with Serving("--listen", f"unix:{path}", "--admin", f"unix:{admin}", "--unix-mode", "0660"):
            for one in (path, admin):
                self.assertEqual(stat.S_IMODE(os.stat(one).st_mode), 0o660)
        for wrong in ("0888", "1777", "rw", "-1"):
            refused = run("serve", "--unix-mode", wrong)
            self.assertEqual(refused.returncode, 2)
            self.assertIn("as 0660", refused.stderr)


class EchoRate(Configured):
    def test_is_that_of_publishing(self):
        async def talk(url):
            async with websockets.connect(url) as one:
                for _ in range(50):
                    await one.send("x")
                count = 0
                try:
                    while True:
                        await one.recv()
                        count += 1
                except websockets.ConnectionClosed as closed:
                    return count, closed.code

        with Serving("--publish-rate", "2") as serving:
            count, code = asyncio.run(talk(serving.url("/echo")))
        self.assertEqual(code, 1008)
        # Twice as many at once, and what comes in a moment or two.
        self.assertGreaterEqual(count, 4)
        self.assertLess(count, 50)

    def test_is_read_again(self):
        with Serving("--config", self.write("")) as serving:
            self.assertEqual(run("connect", *(["-m", "x"] * 50), serving.url("/echo")).returncode, 0)
            self.write("publish_rate_per_address = 2")
            serving.process.send_signal(signal.SIGHUP)
            serving.told("reloaded the rules and keys")
            self.assertEqual(run("connect", *(["-m", "x"] * 50), serving.url("/echo")).returncode, 8)


class NobodyReads(unittest.TestCase):
    """Standard output whose reader has gone (`longwire serve | tee log`), and signals sent by habit."""

    def test_what_it_prints_is_no_end(self):
        with tempfile.TemporaryDirectory() as folder:
            config = os.path.join(folder, "longwire.toml")
            with open(config, "w", encoding="utf-8"):
                pass
            serving = Serving("--config", config)
            serving.process.stdout.close()
            serving.process.send_signal(signal.SIGHUP)
            serving.told("reloaded the limits")
            serving.process.send_signal(signal.SIGUSR1)
            self.assertEqual(ask(serving.port, "GET", "/")[0], 200)
            serving.process.send_signal(signal.SIGTERM)
            self.assertEqual(serving.process.wait(60), 0)
            self.assertEqual(message_of(serving.process.stderr.read().splitlines()[-1]), "stopped")
            serving.process.stderr.close()

    def test_nor_is_it_with_the_log_gone_too(self):
        serving = Serving()
        serving.process.stdout.close()
        serving.process.stderr.close()
        serving.process.send_signal(signal.SIGHUP)
        serving.process.send_signal(signal.SIGUSR1)
        self.assertEqual(ask(serving.port, "GET", "/")[0], 200)
        serving.process.send_signal(signal.SIGTERM)
        self.assertEqual(serving.process.wait(60), 0)


class Lost(unittest.TestCase):
    """A full disk, and input that cannot be read, are told, with exit codes of their own."""

    SECRET = "a secret of more than thirty-two bytes"

    def full(self, *arguments, text=None):
        with open("/dev/full", "wb", buffering=0) as full:
            return subprocess.run([LONGWIRE, *arguments], stdout=full, stderr=subprocess.PIPE,
                                  input=text, text=True, timeout=60, check=False)

    def test_a_full_disk(self):
        with Serving() as serving:
            for arguments, text in (
                    (("connect", serving.url("/echo")), "hi\nho\n"),
                    (("connect", "--json", serving.url("/echo")), "hi\n"),
                    (("token", "--secret", self.SECRET, "--user", "x"), None),
                    (("bench", "--json", "-q", "-d", "100ms", "--warmup", "0s", "-c", "1",
                      serving.url("/echo")), None),
                    (("config", "default"), None), (("config", "--help"), None),
                    (("--version",), None)):
                with self.subTest(arguments):
                    result = self.full(*arguments, text=text)
                    self.assertEqual(result.returncode, 11, result.stderr)
                    self.assertIn("standard output cannot be written: No space left on device",
                                  result.stderr)

    def test_input_that_cannot_be_read(self):
        with Serving() as serving, tempfile.TemporaryDirectory() as folder:
            directory = os.open(folder, os.O_RDONLY)
            self.addCleanup(os.close, directory)
            for arguments, words in (
                    (("connect", serving.url("/echo")), "standard input cannot be read"),
                    (("connect", "--one-message", serving.url("/echo")), "standard input cannot be read"),
                    (("connect", "--bearer", "@/no/such", serving.url("/echo")), "/no/such"),
                    (("token", "--explain", "-"), "standard input cannot be read"),
                    (("token", "--secret", "@/no/such", "--user", "x"), "/no/such"),
                    (("token", "--key", folder, "--user", "x"), folder),
                    (("bench", "--payload", "/no/such", serving.url("/echo")), "/no/such"),
                    (("config", "check", "/no/such"), "/no/such"),
                    (("config", "show", folder), folder)):
                with self.subTest(arguments):
                    result = subprocess.run([LONGWIRE, *arguments], stdin=directory,
                                            capture_output=True, text=True, timeout=60, check=False)
                    self.assertEqual(result.returncode, 12, result.stderr)
                    self.assertIn(words, result.stderr)

    def test_a_reader_that_has_enough_is_told_nothing(self):
        for arguments in (("config", "default"), ("token", "--secret", self.SECRET, "--user", "x")):
            with subprocess.Popen([LONGWIRE, *arguments], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as process:
                process.stdout.close()
                self.assertEqual(process.stderr.read(), b"")
                self.assertIn(process.wait(60), (0, 11))


if __name__ == "__main__":
    unittest.main()
