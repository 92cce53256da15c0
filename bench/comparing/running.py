"""A server that runs for a measurement, and what it takes under callgrind."""

import signal
import socket
import subprocess
import time


class Running:
    """A server that listens on `port`, for which {port} stands in its words, on these processors
    (as taskset takes them). `before` are the words of a program that runs it (valgrind)."""

    def __init__(self, words, cores, before=(), patience=15):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        words = ["taskset", "-c", str(cores), *before,
                 *(word.replace("{port}", str(self.port)) for word in words)]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_until_it_listens(time.monotonic() + patience, " ".join(words))

    def wait_until_it_listens(self, deadline, command):
        while True:
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.end()
                raise OSError(f"it does not listen: {command}")
            time.sleep(0.02)

    def end(self, how=signal.SIGKILL):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def callgrind_into(file):
    """The words that run a server under callgrind, which writes the file when the server ends by
    itself."""
    return ("valgrind", "--tool=callgrind", f"--callgrind-out-file={file}")


def sum_of_callgrind(file_name):
    """All instructions."""
    with open(file_name, encoding="utf-8") as file:
        for line in file:
            if line.startswith(("summary:", "totals:")):
                return int(line.split()[1])
    raise OSError("callgrind has written no sum")
