"""How a process leaves while clients go on: the delay before it, and what is published meanwhile."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import unittest

from serving import LONGWIRE, Serving

PACKAGING = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "packaging")


def ask(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body=body)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Delay(unittest.TestCase):
    """--drain-delay: a load balancer has to see it before clients do."""

    def start(self, *arguments):
        self.admin = free_port()
        self.serving = Serving("--admin", f"127.0.0.1:{self.admin}", *arguments)
        self.addCleanup(self.serving.__exit__)

    def leave(self):
        self.assertEqual(ask(self.admin, "GET", "/readyz")[0], 200)
        self.serving.process.send_signal(signal.SIGTERM)
        while ask(self.admin, "GET", "/readyz")[0] != 503:
            pass

    def test_serves_and_publishes_while_it_is_not_ready(self):
        self.start("--drain-delay", "1h")
        self.leave()
        self.assertEqual(ask(self.serving.port, "POST", "/channels/a", "x")[0], 200)

    def test_ends_by_itself(self):
        self.start("--drain-delay", "500ms", "--drain", "200ms")
        self.leave()
        self.assertEqual(self.serving.process.wait(timeout=60), 0)

    def test_is_over_with_a_second_signal(self):
        for which in (signal.SIGTERM, signal.SIGINT):
            self.start("--drain-delay", "1h", "--drain", "1h")
            with socket.create_connection(("127.0.0.1", self.serving.port), timeout=20) as one:
                one.sendall(b"GET /channels/x HTTP/1.1\r\nHost: x\r\n"
                            b"Accept: text/event-stream\r\n\r\n")
                self.assertIn(b" 200 ", one.recv(4096))
                self.leave()
                self.serving.process.send_signal(which)
                self.assertEqual(self.serving.process.wait(timeout=60), 0)

    def test_is_not_for_ctrl_c(self):
        self.start("--drain-delay", "1h")
        self.serving.process.send_signal(signal.SIGINT)
        self.assertEqual(self.serving.process.wait(timeout=60), 0)


class Publishing(unittest.TestCase):
    def test_goes_to_the_process_that_has_taken_over(self):
        serving = Serving("--drain", "1h", "--threads", "2")
        old = serving.process
        client = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=20)

        def publish(message):
            client.request("POST", "/channels/a", body=message)
            answer = client.getresponse()
            answer.read()
            return answer

        self.assertEqual(publish("before").status, 200)
        connection = client.sock
        old.send_signal(signal.SIGUSR2)
        told = serving.told("has taken over")
        successor = int(re.search(r"process (\d+) has taken over", told).group(1))
        try:
            # Two loops: each hears of it in a turn of its own.
            answer = publish("while it takes over")
            while answer.status == 200 and client.sock is connection:
                answer = publish("while it takes over")
            self.assertEqual(answer.status, 503)
            self.assertEqual(answer.headers["Retry-After"], "1")
            self.assertEqual(publish("after").status, 200)
            _, history = ask(serving.port, "GET", "/channels/a?history=10")
            self.assertEqual([one["text"] for one in json.loads(history)["messages"]], ["after"])
        finally:
            client.close()
            old.kill()
            os.kill(successor, signal.SIGTERM)
            os.kill(successor, signal.SIGTERM)
            old.communicate(timeout=60)


class Units(unittest.TestCase):
    """What the service manager is told: a restart must not have clients wait for a drain."""

    def read(self, name):
        with open(os.path.join(PACKAGING, "systemd", name), encoding="utf-8") as file:
            return file.read()

    def test_restart_without_draining_and_hand_over_by_sigusr2(self):
        service = self.read("longwire.service")
        command = re.search(r"^ExecStart=\S+/longwire serve (.*)$", service, re.M).group(1)
        helped = subprocess.run([LONGWIRE, "serve", "--help"], capture_output=True, text=True,
                                check=True).stdout
        for option in re.findall(r"--[a-z-]+", command):
            self.assertIn(option + " ", helped)
        self.assertIn("--drain ", command)
        self.assertIn("\nRestartKillSignal=SIGINT\n", service)
        self.assertRegex(self.read("longwire-handover.service"),
                         r"(?m)^ExecStart=systemctl kill --kill-whom=main --signal=SIGUSR2 "
                         r"longwire\.service$")

    def test_sigint_does_not_drain(self):
        serving = Serving("--drain", "1h")
        with socket.create_connection(("127.0.0.1", serving.port), timeout=20) as one:
            one.sendall(b"GET /channels/x HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
            self.assertIn(b" 200 ", one.recv(4096))
            self.assertEqual(serving.stop(), 0)


if __name__ == "__main__":
    unittest.main()
