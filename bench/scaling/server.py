"""The server that is measured, and what it takes."""

import contextlib
import glob
import os
import re
import shlex
import shutil
import signal
import tempfile
from dataclasses import dataclass

from comparing.running import Running, callgrind_into, sum_of_callgrind


@dataclass
class Setting:
    """What all measurements of a run have in common."""

    longwire: str
    programs: str  # the folder of the load programs
    server_core: int = 0
    command: str | None = None  # of another server, with {port}


class Server(Running):
    """`longwire serve` with these options, or the other server in its place."""

    def __init__(self, setting, *options, before=(), cores=None):
        if setting.command:
            words = shlex.split(setting.command)
        else:
            words = [setting.longwire, "serve", "--listen", "127.0.0.1:{port}", *options]
            words += () if "--threads" in options else ("--threads", "1")
        super().__init__(words, setting.server_core if cores is None else cores, before, 60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end(signal.SIGTERM)

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

    if not shutil.which("valgrind"):
        raise OSError("valgrind is missing: apt-get install valgrind")

    def counted(count):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "callgrind.out")
            with Server(setting, *options, before=callgrind_into(file)) as server:
                load(server.port, count)
            return sum_of_callgrind(file)

    return (counted(many) - counted(few)) / (many - few)


@contextlib.contextmanager
def all_closed(sockets):
    """Closes the sockets that are in the list at the end."""
    try:
        yield sockets
    finally:
        for each in sockets:
            each.close()
