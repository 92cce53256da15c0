"""bench/scale, with rows that take little."""

import importlib
import os
import subprocess
import sys
import tempfile
import unittest

from serving import LONGWIRE

BENCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench")
sys.path.insert(0, BENCH)
report = importlib.import_module("comparing.report")
results_file = importlib.import_module("comparing.results_file")


def scale(*arguments):
    return subprocess.run(["/usr/bin/python3", os.path.join(BENCH, "scale"), "--longwire", LONGWIRE,
                           *arguments], capture_output=True, text=True, timeout=240, check=False)


class Scaling(unittest.TestCase):
    def test_prints_now_before_and_ask(self):
        ran = scale("--results", "-", "--only", "an idle Pusher connection")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        head, _, row = ran.stdout.splitlines()
        self.assertEqual(head, "| what | now | before | ask |")
        name, now, before, ask = (cell.strip() for cell in row.strip("|").split("|"))
        self.assertIn("an idle Pusher connection", name)
        self.assertGreater(float(now.replace(",", "")), 100)
        self.assertEqual((before, ask), ("1,793", "≤ 800"))

    def test_lists_all_rows_and_curves(self):
        ran = scale("--list")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        for text in ("1,000,000 channels", "EventSource", "Socket.IO", "by POST", "webhook",
                     "RS256", "TLS", "two publishers", "echo a message"):
            self.assertIn(text, ran.stdout)

    def test_says_what_is_wrong(self):
        ran = scale("--only", "nothing like it")
        self.assertEqual(ran.returncode, 2)
        self.assertIn("no row has nothing like it in its name", ran.stderr)


class Results(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "RESULTS.md")

    def text(self):
        with open(self.file, encoding="utf-8") as file:
            return file.read()

    def test_each_program_keeps_the_part_of_the_other(self):
        results_file.replace_part(self.file, "## At scale", "first")
        report.write_results(self.file, "", "## Echo\n\na table\n")
        self.assertIn("a table\n\n## At scale\n\nfirst\n", self.text())
        results_file.replace_part(self.file, "## At scale", "second")
        self.assertIn("a table\n\n## At scale\n\nsecond\n", self.text())
        self.assertNotIn("first", self.text())

    def test_a_part_in_the_middle_is_replaced_there(self):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write("# Results\n\n## At scale\n\nold\n\n## Echo\n\na table\n")
        results_file.replace_part(self.file, "## At scale", "new")
        self.assertEqual(self.text(), "# Results\n\n## At scale\n\nnew\n\n## Echo\n\na table\n")
        self.assertEqual(results_file.part_of(self.file, "## Other"), "")


if __name__ == "__main__":
    unittest.main()
