"""The server that is measured, and what it takes."""

import contextlib
import glob
import os
import re
import shlex
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass


@dataclass
class Setting:
    """What all measurements of a run have in common."""

    longwire: str
    programs: str  # the folder of the load programs
    server_core: int = 0
    command: str | None = None  # of another server, with {port}


class Server:
    """`longwire serve` with these options, on one processor. `before` are the words of a program
    that runs it (valgrind); `cores` as taskset takes them."""

    def __init__(self, setting, *options, before=(), cores=None):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        pinned = ["taskset", "-c", str(setting.server_core if cores is None else cores)]
        words = [*pinned, *before, *self.command(setting, options)]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True)
        self.wait_until_it_listens(time.monotonic() + 60)

    def command(self, setting, options):
        if setting.command:
            return shlex.split(setting.command.replace("{port}", str(self.port)))
        words = [setting.longwire, "serve", "--listen", f"127.0.0.1:{self.port}", *options]
        return words if "--threads" in options else [*words, "--threads", "1"]

    def wait_until_it_listens(self, deadline):
        while True:
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.end()
                raise OSError(f"the server does not listen: {self.process.stderr.read()[:300]}")
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def processor_seconds(self):
        """Of all of its threads, to the nanosecond."""
        total = 0
        for file in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            with open(file, encoding="ascii") as read:
                total += int(read.read().split()[0])
        return total / 1e9

    def memory(self):
        """Bytes that it holds for itself."""
        with open(f"/proc/{self.process.pid}/smaps_rollup", encoding="ascii") as read:
            return int(re.search(r"^Anonymous:\s+(\d+) kB", read.read(), re.M)[1]) * 1024


def instructions(setting, options, load, few, many):
    """Instructions of the server for one of what `load(port, count)` does `count` times: as the
    difference between many and few, so that starting does not count."""

    def counted(count):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "callgrind.out")
            with Server(setting, *options, before=(
                    "valgrind", "--tool=callgrind", f"--callgrind-out-file={file}")) as server:
                load(server.port, count)
            with open(file, encoding="utf-8") as read:
                for line in read:
                    if line.startswith(("summary:", "totals:")):
                        return int(line.split()[1])
        raise OSError("callgrind has written no sum")

    return (counted(many) - counted(few)) / (many - few)


@contextlib.contextmanager
def all_closed(sockets):
    """Closes the sockets that are in the list at the end."""
    try:
        yield sockets
    finally:
        for each in sockets:
            each.close()
