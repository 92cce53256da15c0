"""Starts `longwire serve` on a port that the system picks, for the length of a test."""

import json
import os
import re
import signal
import subprocess

LONGWIRE = os.environ.get("LONGWIRE", "build/release/longwire")


def message_of(line):
    """What a line of the log says, be it JSON or text."""
    return json.loads(line)["message"] if line.startswith("{") else line.rstrip("\n")


def until_told(errors, words):
    """The first message of the log that has these words; what comes before is passed over."""
    passed = []
    for line in errors:
        passed.append(message_of(line))
        if words in passed[-1]:
            return passed[-1]
    raise AssertionError(f"nobody says {words!r}: {passed}")


class Serving:
    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [LONGWIRE, "serve", "--listen", "127.0.0.1:0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.port = None
        for line in self.process.stdout:
            found = re.search(r"Listening on 127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
            if line.startswith("Press Ctrl-C"):
                break
        assert self.port, "the server printed no port"

    def url(self, path):
        return f"ws://127.0.0.1:{self.port}{path}"

    def told(self, words):
        """The next message of the log that has these words."""
        return until_told(self.process.stderr, words)

    def stop(self):
        """Ends the server as Ctrl-C does; gives its exit code."""
        self.process.send_signal(signal.SIGINT)
        self.process.stdout.read()
        self.process.stdout.close()
        self.process.stderr.close()
        return self.process.wait(timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
