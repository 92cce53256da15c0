"""longwire bench, against our own server and against none."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

from serving import LONGWIRE, Serving


def bench(*arguments, timeout=60):
    return subprocess.run([LONGWIRE, "bench", "--quiet", *arguments], capture_output=True,
                          text=True, timeout=timeout, check=False)


def measured(*arguments):
    ran = bench("--json", "--duration", "300ms", "--warmup", "50ms", *arguments)
    assert ran.returncode == 0, ran.stderr + ran.stdout
    return json.loads(ran.stdout)


def clients_of(port):
    """The addresses of those who are connected to the server."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        found = re.findall(rf": (\w{{8}}):\w+ 0100007F:{port:04X} 01 ", table.read())
    return [".".join(str(byte) for byte in reversed(bytes.fromhex(one))) for one in found]


class Measuring(unittest.TestCase):
    def setUp(self):
        self.serving = Serving("--max-backlog", "16MiB")
        self.addCleanup(self.serving.__exit__)
        self.echo = f"ws://127.0.0.1:{self.serving.port}/echo"

    def test_counts_echoes(self):
        report = measured("-c", "8", "--depth", "4", "--size", "100", self.echo)
        self.assertEqual((report["connected"], report["errors"]), (8, {}))
        self.assertGreater(report["received"], 0)
        self.assertEqual(report["bytes_received"], 100 * report["received"])
        times = report["latency_ns"]
        self.assertGreater(times["p50"], 0)
        self.assertLessEqual(times["p50"], times["p99"])
        self.assertLessEqual(times["p99.99"], times["max"])

    def test_keeps_to_a_rate(self):
        report = measured("-c", "4", "--rate", "500", self.echo)
        self.assertLessEqual(report["sent"], 160)
        self.assertGreaterEqual(report["sent"], 130)

    def test_publishes_to_all(self):
        channel = f"ws://127.0.0.1:{self.serving.port}/channels/load"
        report = measured("-c", "10", "--publishers", "1", channel)
        self.assertEqual(report["connected"], 11)
        # Each message comes to ten others. (It comes back to whoever published it too, and some that
        # were sent before are received in the time.)
        self.assertGreater(report["received"], 5 * report["sent"])
        self.assertLessEqual(report["received"], 10 * (report["sent"] + 10))
        self.assertEqual(report["errors"], {})

    def test_several_publishers_hear_each_other_and_count_it_for_nothing(self):
        channel = f"ws://127.0.0.1:{self.serving.port}/channels/load"
        report = measured("-c", "1", "--publishers", "3", channel)
        self.assertEqual((report["connected"], report["errors"], report["foreign"]), (4, {}, 0))
        self.assertLessEqual(report["received"], report["sent"] + 10)

    def test_messages_of_others_are_no_answers(self):
        """A channel without --publishers: each hears what the others say, and never its own."""
        channel = f"ws://127.0.0.1:{self.serving.port}/channels/x"
        for size in ("1", "8", "20", "1KiB"):
            ran = bench("--json", "-d", "200ms", "--warmup", "0s", "-c", "5", "--size", size, channel)
            report = json.loads(ran.stdout)
            self.assertEqual(ran.returncode, 1, ran.stderr)
            self.assertIn("--publishers", ran.stderr)
            self.assertGreater(report["foreign"], 0)
            # (One character may be right by chance.)
            if size not in ("1",):
                self.assertEqual((report["received"], report["latency_ns"]["count"]), (0, 0))

    def test_what_somebody_else_publishes_is_told(self):
        channel = f"ws://127.0.0.1:{self.serving.port}/channels/load"
        with subprocess.Popen([LONGWIRE, "bench", "-q", "--json", "-d", "60s", "--warmup", "0s",
                               "-c", "2", "--publishers", "1", "--rate", "1", channel], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            while len(self.clients()) < 3:
                time.sleep(0.01)
            for _ in range(20):
                connection = http.client.HTTPConnection("127.0.0.1", self.serving.port, timeout=20)
                connection.request("POST", "/channels/load", body="hello")
                self.assertEqual(connection.getresponse().status, 200)
                connection.close()
            running.send_signal(signal.SIGINT)
            output, errors = running.communicate(timeout=20)
        self.assertEqual(running.returncode, 1)
        self.assertGreater(json.loads(output)["foreign"], 0)
        self.assertIn("another client publishes there", errors)

    def test_holds_idle_connections(self):
        report = measured("-c", "50", "--ramp", "1000", "--idle", self.echo)
        self.assertEqual((report["connected"], report["received"]), (50, 0))

    def test_counts_handshakes(self):
        report = measured("-c", "4", "--handshakes", "--fail-if", "rate<1", self.echo)
        self.assertEqual((report["connected"], report["errors"]), (4, {}))
        self.assertGreater(report["handshakes"], 4)
        self.assertAlmostEqual(report["handshakes_a_second"],
                               report["handshakes"] / report["seconds"], delta=1 +
                               report["handshakes_a_second"] * 0.01)
        self.assertEqual(report["latency_ns"]["count"], report["handshakes"])
        self.assertEqual((report["received"], report["messages_a_second"]), (0, 0))
        ran = bench("-d", "200ms", "--warmup", "0s", "-c", "2", "--handshakes", self.echo)
        self.assertRegex(ran.stdout, r"2 connections at a time, made and closed")
        self.assertRegex(ran.stdout, r"handshakes  [0-9,]+ a second")
        self.assertIn("p99.99", ran.stdout)

    def test_connects_from_several_addresses(self):
        with subprocess.Popen([LONGWIRE, "bench", "--json", "-d", "60s", "-c", "6", "--idle",
                               "--source", "127.0.0.5-127.0.0.6,127.0.0.9", self.echo],
                              stdout=subprocess.PIPE, text=True) as running:
            deadline = time.monotonic() + 20
            while len(self.clients()) < 6 and time.monotonic() < deadline:
                time.sleep(0.05)
            clients = self.clients()
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=20)
        self.assertEqual(sorted(clients), sorted(2 * ["127.0.0.5", "127.0.0.6", "127.0.0.9"]))

    def clients(self):
        return clients_of(self.serving.port)

    def test_sends_what_a_file_holds(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "message")
            with open(file, "wb") as opened:
                opened.write("Grüße, ".encode() * 100)
            report = measured("-c", "2", "--payload", file, self.echo)
            self.assertEqual((report["size"], report["errors"]), (900, {}))
            self.assertEqual(report["bytes_received"], 900 * report["received"])
            channel = f"ws://127.0.0.1:{self.serving.port}/channels/load"
            report = measured("-c", "2", "--publishers", "1", "--payload", file, channel)
            self.assertEqual((report["size"], report["errors"]), (916, {}))
            with open(file, "wb") as opened:
                opened.write(b"\xff\x00")
            ran = bench("-d", "100ms", "--payload", file, self.echo)
            self.assertEqual(ran.returncode, 2)
            self.assertIn(f"{file} is not UTF-8, as text has to be; add --binary", ran.stderr)
            report = measured("-c", "2", "--binary", "--payload", file, self.echo)
            self.assertEqual((report["size"], report["errors"]), (2, {}))

    def test_draws_in_ascii_where_the_locale_has_no_more(self):
        for locale, bar, other in (("C.UTF-8", "█", "#"), ("C", "#", "█")):
            ran = subprocess.run(
                [LONGWIRE, "bench", "-q", "-d", "200ms", "-c", "2", self.echo],
                capture_output=True, timeout=60, check=True, env={**os.environ, "LC_ALL": locale})
            self.assertIn(bar, ran.stdout.decode())
            self.assertNotIn(other, ran.stdout.decode())
            self.assertEqual(locale == "C", ran.stdout.isascii())

    def test_works_on_several_threads_and_compressed(self):
        report = measured("-c", "7", "--threads", "2", "--compress", "shared", "--size", "2KiB",
                          self.echo)
        self.assertEqual((report["connected"], report["errors"]), (7, {}))
        self.assertGreater(report["received"], 0)

    def test_a_threshold_sets_the_exit_code_and_says_why(self):
        ran = bench("-d", "200ms", "--warmup", "0s", "-c", "2", "--fail-if", "p99>1ns",
                    "--fail-if", "rate<1", self.echo)
        self.assertEqual(ran.returncode, 1)
        self.assertRegex(ran.stderr, r"failed, because p99>1ns \(p99 is [0-9.]+ .s\)")
        self.assertNotIn("rate<1", ran.stderr)

    def test_the_report_for_people_has_a_table(self):
        ran = bench("-d", "200ms", "-c", "2", self.echo)
        self.assertEqual(ran.returncode, 0)
        for word in ("connected   2 of 2", "a second", "p50", "p99.99", "errors      0"):
            self.assertIn(word, ran.stdout)

    def test_ctrl_c_tells_what_was_measured(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            admin = probe.getsockname()[1]
        serving = Serving("--admin", f"127.0.0.1:{admin}")
        self.addCleanup(serving.__exit__)
        with subprocess.Popen([LONGWIRE, "bench", "--json", "--warmup", "0s", "-d", "60s", "-c", "1",
                               serving.url("/echo")], stdout=subprocess.PIPE, text=True) as running:
            deadline = time.monotonic() + 20
            while not self.has_received(admin) and time.monotonic() < deadline:
                time.sleep(0.05)
            running.send_signal(signal.SIGINT)
            report = json.loads(running.communicate(timeout=20)[0])
        self.assertEqual(running.returncode, 0)
        self.assertLess(report["seconds"], 30)
        self.assertEqual(report["connected"], 1)

    @staticmethod
    def has_received(admin):
        """Whether the server has had a message."""
        with urllib.request.urlopen(f"http://127.0.0.1:{admin}/metrics", timeout=20) as answer:
            return re.search(r"^longwire_messages_received_total [1-9]", answer.read().decode(),
                             re.MULTILINE)


class Failing(unittest.TestCase):
    def test_says_that_nothing_could_be_connected(self):
        ran = bench("-d", "100ms", "-c", "3", "ws://127.0.0.1:1/")
        self.assertEqual(ran.returncode, 5)
        self.assertIn("connected   0 of 3", ran.stdout)
        self.assertIn("refused", ran.stdout)

    def test_connections_that_could_not_be_made_set_the_exit_code(self):
        with Serving("--max-connections", "2") as serving:
            url = f"ws://127.0.0.1:{serving.port}/echo"
            for arguments, code in (((), 5), (("--allow-failed",), 0)):
                ran = bench("--json", "-d", "100ms", "-c", "5", "--idle", *arguments, url)
                report = json.loads(ran.stdout)
                self.assertEqual((ran.returncode, report["connected"], report["failed"]),
                                 (code, 2, 3))

    def test_connections_that_were_lost_set_it_too(self):
        with Serving() as serving:
            with subprocess.Popen([LONGWIRE, "bench", "-q", "--json", "-d", "60s", "-c", "3",
                                   "--idle", f"ws://127.0.0.1:{serving.port}/echo"],
                                  stdout=subprocess.PIPE, text=True) as running:
                while len(clients_of(serving.port)) < 3:
                    time.sleep(0.01)
                # (It ends when all have answered its close.)
                serving.stop()
                running.send_signal(signal.SIGINT)
                report = json.loads(running.communicate(timeout=60)[0])
            self.assertEqual((running.returncode, report["failed"]), (5, 3))

    def test_counts_refusals_by_their_status(self):
        with Serving() as serving:
            ran = bench("-d", "100ms", "-c", "3", f"ws://127.0.0.1:{serving.port}/nothing")
        self.assertEqual(ran.returncode, 5)
        self.assertRegex(ran.stdout, r"3  the server answered 404")

    def test_wrong_options_are_explained(self):
        for arguments, words in (
                (["--fail-if", "q99>5ms", "ws://x/"], 'there is no figure "q99"'),
                (["--fail-if", "p99>5", "ws://x/"], "a time has a unit"),
                (["--connections", "0", "ws://x/"], "--connections"),
                (["--source", "eth0", "ws://x/"], '"eth0" is not an address'),
                (["--source", "127.0.0.9-127.0.0.1", "ws://x/"], "is not a range"),
                (["--source", "10.0.0.0-10.0.255.255", "ws://x/"], "more than 4096"),
                (["--handshakes", "--idle", "ws://x/"], "--handshakes"),
                ([], "URL is required")):
            ran = bench(*arguments)
            self.assertEqual(ran.returncode, 2, arguments)
            self.assertIn(words, ran.stderr)


if __name__ == "__main__":
    unittest.main()
