"""The example of longwire::Client, as a program of its own."""

import os
import subprocess
import unittest

from serving import Serving

WATCH = os.path.join(os.environ.get("EXAMPLES", "build/release/examples"), "watch")


class Watch(unittest.TestCase):
    def start(self, url):
        return subprocess.Popen([WATCH, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def test_sends_what_is_typed_and_prints_what_comes(self):
        with Serving() as serving:
            watch = self.start(serving.url("/echo"))
            watch.stdin.write("one\ntwo\n")
            watch.stdin.flush()
            self.assertEqual([watch.stdout.readline(), watch.stdout.readline()],
                             ["one\n", "two\n"])
            _, said = watch.communicate(timeout=20)
            self.assertEqual((watch.returncode, said), (0, ""))

    def test_a_program_may_end_at_any_moment(self):
        with Serving() as serving:
            for lines in range(40):
                watch = self.start(serving.url("/echo"))
                if lines % 4 == 3:
                    watch.stdin.write("one\n")
                    watch.stdin.flush()
                    watch.stdout.readline()
                _, said = watch.communicate(timeout=20)
                self.assertEqual((watch.returncode, said), (0, ""), lines)

    def test_says_what_is_wrong(self):
        watch = self.start("ftp://nowhere/")
        self.assertIn("ftp", watch.stderr.readline())
        watch.communicate(timeout=20)
        self.assertEqual(watch.returncode, 0)


if __name__ == "__main__":
    unittest.main()
