"""A person at a terminal: types at a program, and sees the screen as a terminal shows it."""

import os
import tempfile
import time

import pexpect
import pyte

from serving import LONGWIRE


class Person:
    def __init__(self, *arguments, columns=80, rows=24, term="xterm-256color", home=None, **extra):
        self.home = home or tempfile.mkdtemp()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": self.home,
            "TERM": term,
            "TZ": "UTC",
            **extra,
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        self.columns, self.rows = columns, rows
        self.screen = pyte.HistoryScreen(columns, rows, history=10000, ratio=0.5)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.gone = False
        self.child = pexpect.spawn(
            LONGWIRE, list(arguments), env=environment, dimensions=(rows, columns), timeout=30,
            echo=True,
        )
        # pexpect would wait before it sends.
        self.child.delaybeforesend = None

    def look(self, within=0.0):
        """Takes in what has been written by now."""
        try:
            seen = self.child.read_nonblocking(1 << 16, within)
        except pexpect.TIMEOUT:
            return False
        except pexpect.EOF:
            return None
        self.raw += seen
        self.stream.feed(seen)
        return True

    def rows_shown(self):
        return [row.rstrip() for row in self.screen.display]

    def shown(self):
        return "\n".join(self.rows_shown()).rstrip()

    def scrolled_by(self):
        """The rows that have left the screen at its top."""
        return ["".join(row[column].data for column in range(self.columns)).rstrip()
                for row in self.screen.history.top]

    def wait_for(self, text, seconds=30):
        self.wait_until(lambda: text in self.shown(), f"{text!r} on the screen", seconds)

    def wait_until(self, so, what, seconds=30):
        end = time.monotonic() + seconds
        while not so():
            if self.look(0.05) is None:
                time.sleep(0.01)
            if not so() and time.monotonic() > end:
                raise AssertionError(f"no {what}; the screen shows:\n{self.shown()}")

    def type(self, keys):
        self.child.send(keys)

    def resize(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def leave(self):
        """Looks until the program has ended; gives its exit code (or minus a signal)."""
        while self.look(0.2) is not None:
            pass
        self.child.close(force=False)
        if self.child.signalstatus is not None:
            return -self.child.signalstatus
        return self.child.exitstatus

    def __enter__(self):
        return self

    def forget(self):
        """The terminal has been closed, and the program waited for."""
        self.child.ptyproc.terminated = self.child.terminated = True
        self.child.ptyproc.closed = self.child.closed = True
        self.child.ptyproc.fd = self.child.child_fd = -1
        self.gone = True

    def __exit__(self, *_):
        if self.gone:
            return
        if self.child.isalive():
            self.child.terminate(force=True)
        self.child.close(force=True)
