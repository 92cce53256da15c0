"""That a seed replays exactly, that what is broken is found and named, and what the program says."""

import os
import re
import subprocess
import unittest

PROGRAM = os.environ["SIMULATION"]


def simulation(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, encoding="utf-8",
                          errors="backslashreplace", timeout=60)


class Replay(unittest.TestCase):
    def test_a_seed_tells_the_same_story_twice(self):
        lines = 0
        for seed in range(1, 11):
            with self.subTest(seed=seed):
                first = simulation("--seed", str(seed), "--trace").stdout
                self.assertEqual(first, simulation("--seed", str(seed), "--trace").stdout)
                lines += first.count("\n")
        self.assertGreater(lines, 200)

    def test_a_seed_does_not_depend_on_those_before_it(self):
        alone = simulation("--seed", "42", "--trace").stdout.splitlines()[:-1]
        among = simulation("--from", "40", "--seeds", "3", "--trace").stdout.splitlines()[:-1]
        self.assertGreater(len(alone), 2)
        self.assertEqual(alone, among[-len(alone):])

    def test_two_runs_have_one_digest_and_other_seeds_another(self):
        first = simulation("--seeds", "100").stdout
        self.assertEqual(first, simulation("--seeds", "100").stdout)
        other = simulation("--seeds", "100", "--from", "101").stdout
        digest = re.compile(r"digest ([0-9a-f]{16})")
        self.assertNotEqual(digest.search(first)[1], digest.search(other)[1])


class Findings(unittest.TestCase):
    def test_a_network_that_lies_is_found_out_and_the_seed_named(self):
        ended = simulation("--seeds", "50", "--lie")
        self.assertEqual(ended.returncode, 1, ended.stdout)
        found = re.search(r"seed (\d+): .+\n  see it again: (simulation .+)", ended.stderr)
        self.assertTrue(found, ended.stderr)
        again = simulation(*found[2].split()[1:])
        self.assertEqual(again.returncode, 1)
        self.assertIn(found[0], again.stderr)


class CommandLine(unittest.TestCase):
    def test_help_shows_examples(self):
        ended = simulation("--help")
        self.assertEqual(ended.returncode, 0)
        self.assertIn("--seed 1234 --trace", ended.stdout)

    def test_what_is_wrong_is_said_with_exit_code_2(self):
        for words in (["--sead", "1"], ["--seed"], ["--seed", "x"], ["--seeds", "-1"],
                      ["--seeds", "0"], ["--seed", "18446744073709551616"]):
            with self.subTest(words=words):
                ended = simulation(*words)
                self.assertEqual(ended.returncode, 2)
                self.assertIn("--help", ended.stderr)


if __name__ == "__main__":
    unittest.main()
