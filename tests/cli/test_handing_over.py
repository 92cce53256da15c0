"""Sockets that a service manager hands on, and restarts that lose nobody who connects."""

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from serving import LONGWIRE, until_told

# As systemd does it: the socket is number 3, and the process that is started has its own number in
# LISTEN_PID.
AS_MANAGER = 'exec 3<&"$SOCKET"; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"'


def start(listener, *arguments, environment=None):
    return subprocess.Popen(
        ["/bin/bash", "-c", AS_MANAGER, "start", LONGWIRE, "serve", *arguments],
        pass_fds=[listener.fileno()], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "SOCKET": str(listener.fileno()), **(environment or {})})


def until_ready(process):
    for line in process.stdout:
        if line.startswith("Press Ctrl-C"):
            return
    raise AssertionError(process.stderr.read())


def end(process):
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    return process.returncode


def upgrade(port):
    """One attempt to open a WebSocket: the status, or what went wrong."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            client.sendall(b"GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                           b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            head = b""
            while b"\r\n\r\n" not in head:
                more = client.recv(4096)
                if not more:
                    return f"ended after {head!r}"
                head += more
            return head.split()[1].decode()
    except OSError as error:
        return repr(error)


def upgrade_over(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(path)
        client.sendall(b"GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                       b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        return client.recv(100).split()[1].decode()


def open_descriptors(process):
    return len(os.listdir(f"/proc/{process}/fd"))


class Connecting:
    """Four threads that connect all the while, and how each attempt went."""

    def __init__(self, port):
        self.port = port
        self.attempts = []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.connect) for _ in range(4)]

    def connect(self):
        while not self.over.is_set():
            self.attempts.append(upgrade(self.port))

    def some_more(self):
        before = len(self.attempts)
        while len(self.attempts) < before + 20:
            pass

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


class HandedOn(unittest.TestCase):
    def setUp(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.addCleanup(self.listener.close)
        self.port = self.listener.getsockname()[1]

    def test_restarts_lose_nobody_who_connects(self):
        process = start(self.listener, "--listen", "systemd", "--threads", "2")
        until_ready(process)
        with Connecting(self.port) as connecting:
            for _ in range(5):
                connecting.some_more()
                self.assertEqual(end(process), 0)
                process = start(self.listener, "--listen", "systemd", "--threads", "2")
                until_ready(process)
        attempts = connecting.attempts
        self.assertEqual(end(process), 0)
        self.assertGreater(len(attempts), 100)
        self.assertEqual([status for status in attempts if status != "101"], [])

    def test_the_next_may_begin_before_the_last_has_ended(self):
        first = start(self.listener, "--listen", "fd:3", "--drain", "1s")
        until_ready(first)
        with socket.create_connection(("127.0.0.1", self.port)) as client:
            client.sendall(b"GET /channels/a HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
            client.recv(100)
            second = start(self.listener, "--listen", "systemd")
            until_ready(second)
            first.send_signal(signal.SIGTERM)
            while first.poll() is None:
                self.assertEqual(upgrade(self.port), "101")
            first.communicate()
        self.assertEqual((first.returncode, end(second)), (0, 0))

    def test_are_taken_by_name(self):
        process = start(self.listener, "--listen", "systemd:public",
                        environment={"LISTEN_FDNAMES": "public"})
        until_ready(process)
        self.assertEqual((upgrade(self.port), end(process)), ("101", 0))
        refused = start(self.listener, "--listen", "systemd:admin",
                        environment={"LISTEN_FDNAMES": "public"})
        _, errors = refused.communicate(timeout=30)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("no service manager has handed on a socket of the name admin", errors)

    def test_that_others_can_reach_need_rules(self):
        with socket.create_server(("0.0.0.0", 0)) as listener:
            refused = start(listener, "--listen", "systemd")
            _, errors = refused.communicate(timeout=30)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("[[channels]]", errors)

    def test_that_are_none_are_refused(self):
        with tempfile.TemporaryFile() as file:
            refused = start(file, "--listen", "systemd")
            _, errors = refused.communicate(timeout=30)
        self.assertEqual(refused.returncode, 2)
        self.assertNotEqual(errors, "")
        alone = subprocess.run([LONGWIRE, "serve", "--listen", "systemd"], capture_output=True,
                               text=True, check=False, timeout=30)
        self.assertEqual(alone.returncode, 2)
        self.assertIn("LISTEN_FDS", alone.stderr)


class Successors(unittest.TestCase):
    """SIGUSR2: the same program, started anew, takes the sockets over."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.config = os.path.join(self.folder.name, "longwire.toml")
        self.write("")

    def write(self, text):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    def start(self, *arguments, environment=None):
        """Successors write to the same pipes."""
        self.process = subprocess.Popen(
            [LONGWIRE, "serve", "--config", self.config, *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
        self.addCleanup(self.end_all)
        self.serving = self.process.pid
        port = None
        for line in self.process.stdout:
            if found := re.search(r"Listening on 127\.0\.0\.1:(\d+)", line):
                port = int(found.group(1))
            if line.startswith("Press Ctrl-C"):
                return port
        raise AssertionError(self.process.stderr.read())

    def end_all(self):
        """Ends whoever serves; afterwards nobody holds the pipes."""
        if self.process.stdout.closed:
            return None
        if self.serving:
            os.kill(self.serving, signal.SIGTERM)
            self.serving = None
        rest = self.process.stdout.read(), self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        self.process.wait(20)
        return rest

    def assert_no_trouble(self, errors):
        for line in errors.splitlines():
            self.assertEqual(json.loads(line)["level"], "info", line)

    def hand_over(self):
        os.kill(self.serving, signal.SIGUSR2)
        told = until_told(self.process.stderr, "has taken over")
        self.serving = int(re.search(r"process (\d+) has taken over", told).group(1))

    def test_lose_nobody_who_connects(self):
        port = self.start("--listen", "127.0.0.1:0", "--threads", "2")
        with Connecting(port) as connecting:
            for _ in range(5):
                connecting.some_more()
                self.hand_over()
            self.assertEqual(self.process.wait(20), 0)
            connecting.some_more()
        attempts = connecting.attempts
        self.assertGreater(len(attempts), 100)
        self.assertEqual([status for status in attempts if status != "101"], [])
        self.assert_no_trouble(self.end_all()[1])
        self.assertIn("ConnectionRefused", upgrade(port))

    def test_that_cannot_start_leave_all_as_it_was(self):
        port = self.start("--listen", "127.0.0.1:0")
        self.write("nonsense = 1\n")
        os.kill(self.serving, signal.SIGUSR2)
        until_told(self.process.stderr, "there is no key nonsense")
        until_told(self.process.stderr, "SIGUSR2: it has ended with 2; this process continues to serve")
        self.assertEqual(upgrade(port), "101")
        self.write("")
        self.hand_over()
        self.assertEqual(self.process.wait(20), 0)
        self.assertEqual(upgrade(port), "101")

    def test_take_every_socket(self):
        path = os.path.join(self.folder.name, "socket")
        admin = os.path.join(self.folder.name, "admin")
        port = self.start("--listen", "127.0.0.1:0", "--listen", f"unix:{path}",
                          "--admin", f"unix:{admin}", "--drain", "200ms")
        for _ in range(2):
            self.hand_over()
        self.assertEqual(self.process.wait(20), 0)
        self.assertEqual(upgrade(port), "101")
        for where, asked in ((path, "/channels/a"), (admin, "/readyz")):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(20)
                client.connect(where)
                client.sendall(f"HEAD {asked} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                self.assertRegex(client.recv(100), b"^HTTP/1.1 [24]")
        # The last one takes the files of its sockets along.
        self.assert_no_trouble(self.end_all()[1])
        self.assertFalse(os.path.exists(path) or os.path.exists(admin))

    def test_hold_no_descriptors_of_those_before(self):
        path = os.path.join(self.folder.name, "socket")
        self.start("--listen", "127.0.0.1:0", "--listen", f"unix:{path}", "--admin", "127.0.0.1:0")
        self.assertEqual(upgrade_over(path), "101")
        held = open_descriptors(self.serving)
        for _ in range(3):
            self.hand_over()
            self.assertEqual(upgrade_over(path), "101")
            # What was to tell that it is ready is closed a moment after that was told.
            deadline = time.monotonic() + 20
            while open_descriptors(self.serving) > held and time.monotonic() < deadline:
                time.sleep(0.01)
            self.assertLessEqual(open_descriptors(self.serving), held)

    def test_that_get_no_further_leave_the_files_of_sockets(self):
        path = os.path.join(self.folder.name, "socket")
        listen = f'listen = ["unix:{path}"]\n'
        self.write(listen)
        self.start()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.write(listen[:-2] + f', "127.0.0.1:{taken.getsockname()[1]}"]\n')
            os.kill(self.serving, signal.SIGUSR2)
            until_told(self.process.stderr, "Address already in use")
            until_told(self.process.stderr, "this process continues to serve")
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
        self.assert_no_trouble(self.end_all()[1])
        self.assertFalse(os.path.exists(path))

    def test_leave_the_file_of_a_socket_that_a_manager_made(self):
        path = os.path.join(self.folder.name, "socket")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            self.process = start(listener, "--config", self.config, "--listen", "systemd")
            self.addCleanup(self.end_all)
            until_ready(self.process)
            self.serving = self.process.pid
            self.hand_over()
            self.end_all()
            self.assertTrue(os.path.exists(path))

    def test_tell_connections_to_come_back(self):
        port = self.start("--listen", "127.0.0.1:0")
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            client.sendall(b"GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                           b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            got = client.recv(4096)
            self.hand_over()
            while not got.endswith(b"\x88\x02\x03\xf4"):  # 1012
                more = client.recv(4096)
                self.assertTrue(more, got)
                got += more

    def test_are_the_managers_main_process(self):
        path = os.path.join(self.folder.name, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(20)
            self.start("--listen", "127.0.0.1:0", environment={"NOTIFY_SOCKET": path})
            self.assertEqual(manager.recv(200), b"READY=1")
            self.hand_over()
            told = {manager.recv(200).decode() for _ in range(2)}
            self.assertEqual(told, {"READY=1", f"MAINPID={self.serving}"})
            self.end_all()
            self.assertEqual(manager.recv(200), b"STOPPING=1")


class ToldTheManager(unittest.TestCase):
    def test_when_it_is_ready_reloads_lives_and_stops(self):
        with tempfile.TemporaryDirectory() as folder, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            path = os.path.join(folder, "notify")
            manager.bind(path)
            manager.settimeout(20)
            process = subprocess.Popen(
                [LONGWIRE, "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True,
                env={**os.environ, "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"})
            told = []

            def until(state):
                while not re.match(state, told[-1] if told else ""):
                    told.append(manager.recv(200).decode())

            until("READY=1")
            for _ in range(3):
                told.append("")
                until("WATCHDOG=1")
            process.send_signal(signal.SIGHUP)
            until(r"RELOADING=1\nMONOTONIC_USEC=\d+$")
            until("READY=1")
            process.send_signal(signal.SIGTERM)
            until("STOPPING=1")
            process.communicate(timeout=30)
            self.assertEqual(process.returncode, 0)


if __name__ == "__main__":
    unittest.main()
