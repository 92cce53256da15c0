"""bench/compare, with our own server and raw TCP alone."""

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from serving import LONGWIRE

BENCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench")
sys.path.insert(0, BENCH)
report = importlib.import_module("comparing.report")


def compare(*arguments, environment=None):
    return subprocess.run(["/usr/bin/python3", os.path.join(BENCH, "compare"), "--longwire",
                           LONGWIRE, *arguments], capture_output=True, text=True, timeout=240,
                          check=False, env=environment)


class Comparing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("g++") or not shutil.which("openssl"):
            raise unittest.SkipTest("the load wants g++ and openssl")
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.results = os.path.join(cls.folder, "RESULTS.md")
        cls.places = ["--folder", cls.folder, "--results", cls.results]

    def measured(self, *arguments):
        ran = compare(*self.places, "--rounds", "1", "--seconds", "0.1", *arguments)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertNotIn("    Longwire", ran.stderr)
        return ran.stdout

    @staticmethod
    def cells(table, title, row):
        part = table.split(f"## {title}")[1].split("##")[0]
        line = next(line for line in part.splitlines() if line.startswith(f"| {row}"))
        return [cell.strip() for cell in line.split("|")[2:-1]]

    def test_measures_each_kind_of_load(self):
        table = self.measured("--peers", "none", "--only", "echo 20 B, 1 c", "--only", "TLS echo 20",
                              "--only", "rate", "--only", "deflate 128", "--only", "fan-out")
        for row in ("TLS echo 20 B", "connection rate, 64 at a time", "deflate 128 B of JSON",
                    "fan-out to 1,000, 16 on the way"):
            raw, ours = self.cells(table, "Processor microseconds", row)
            self.assertEqual(raw, "–")
            self.assertGreater(float(ours), 0, row)
            # The limit has no part in these.
            self.assertEqual(self.cells(table, "Messages a second", f"{row} (Longwire = 1)"),
                             ["–", "1.00"])
        self.assertEqual(self.cells(table, "p99", "echo 20 B, 1 connection")[0], "1.00")
        with open(self.results, encoding="utf-8") as file:
            text = file.read()
        self.assertIn(table.strip(), text)
        self.assertNotIn(self.folder, text)

    def test_counts_the_instructions_of_a_message(self):
        runs = shutil.which("valgrind") and subprocess.run(
            ["valgrind", "--tool=none", "-q", LONGWIRE, "--version"], capture_output=True,
            check=False).returncode == 0
        if not runs:  # a build with sanitizers does not
            self.skipTest("it wants valgrind, and a program that runs under it")
        table = self.measured("--peers", "none", "--only", "echo 1 KB, 16", "--callgrind")
        *_, instructions = self.cells(table, "Processor microseconds", "echo 1 KB, 16")
        # 1 KB is masked and copied in steps of 16 bytes at best, so it is more than a hundred; and
        # start-up, which is millions, does not count.
        self.assertGreater(int(instructions.replace(",", "")), 100)
        self.assertLess(int(instructions.replace(",", "")), 20_000)

    def test_a_peer_that_cannot_be_had_is_left_out_with_what_brings_it(self):
        tools = os.path.join(self.folder, "tools")
        os.makedirs(tools)
        with open(os.path.join(tools, "npm"), "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\necho 'npm error: no network' >&2; exit 1\n")
        os.chmod(file.name, 0o755)
        ran = compare(*self.places, "--quick", "--peers", "ws", "--only", "1 connection",
                      environment={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"})
        self.assertEqual(ran.returncode, 0)
        self.assertIn("ws is left out: npm error: no network", ran.stderr)
        self.assertIn("apt-get install nodejs npm", ran.stderr)

    def test_another_server_is_given_by_its_command(self):
        other = f"Other={LONGWIRE} serve --listen 127.0.0.1:{{port}}"
        table = self.measured("--peers", "none", "--peer-tls",
                              other + " --tls-cert {cert} --tls-key {key}", "--only", "TLS echo 20",
                              "--reference", "Other")
        self.assertEqual(self.cells(table, "Processor time", "TLS echo 20 B")[2], "1.00")


class Options(unittest.TestCase):
    def test_wrong_ones_are_explained(self):
        for arguments, words in (
                (["--peers", "Boost"], "there is no peer Boost"),
                (["--peer", "Mine=server 80"], "{port}"),
                (["--only", "nothing like it"], "no row has nothing like it")):
            ran = compare(*arguments)
            self.assertEqual(ran.returncode, 2, arguments)
            self.assertIn(words, ran.stderr)

    def test_help_tells_the_packages(self):
        ran = compare("--help")
        self.assertIn("libwebsocketpp-dev", ran.stdout)


class Report(unittest.TestCase):
    def test_a_ratio_is_of_runs_of_the_same_round(self):
        ours = [(10, 1.0, 5), None, (30, 3.0, 5)]
        reference = [(20, 2.0, 5), (20, 2.0, 5), (10, 1.0, 5)]
        self.assertEqual(report.ratios(ours, reference, 0), [0.5, 3.0])
        self.assertEqual(report.cell([0.5, 3.0]), "1.75 (0.50–3.00)")
        self.assertEqual(report.cell([]), "–")


if __name__ == "__main__":
    unittest.main()
