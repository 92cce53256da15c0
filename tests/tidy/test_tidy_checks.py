"""The checks of clang-tidy that are Longwire's own, on a file that is made for them."""

import os
import re
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKS = os.path.join(HERE, "..", "..", "tools", "tidy_checks.cpp")
RANGES = os.path.join(HERE, "ranges.cpp")
HEADERS = "/usr/lib/llvm-19/include"


class RangeOfTemporary(unittest.TestCase):
    def test_finds_what_is_gone_before_the_loop(self):
        with open(RANGES, encoding="utf-8") as file:
            expected = [number for number, line in enumerate(file, 1) if line.endswith("// found\n")]
        with tempfile.TemporaryDirectory() as folder:
            module = os.path.join(folder, "checks.so")
            subprocess.run(["g++", "-std=c++17", "-fno-rtti", "-O0", "-shared", "-fPIC", "-isystem",
                            HEADERS, CHECKS, "-o", module], check=True)
            for standard in ("-std=c++20", "-std=c++23"):
                ran = subprocess.run(["clang-tidy-19", f"--load={module}",
                                      "--checks=-*,longwire-range-of-temporary", RANGES, "--",
                                      standard], capture_output=True, text=True, check=False)
                found = re.findall(r"ranges\.cpp:(\d+):\d+: .*\[longwire-range-of-temporary",
                                   ran.stdout)
                self.assertEqual([int(number) for number in found], expected,
                                 standard + ": " + ran.stdout + ran.stderr)


if __name__ == "__main__":
    unittest.main()
