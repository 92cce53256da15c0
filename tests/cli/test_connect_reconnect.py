"""`longwire connect --reconnect`, with servers that go away and come back."""

import json
import subprocess
import unittest

from one_answer import OneAnswer
from peer import Peer
from serving import LONGWIRE
from terminal import Person


class InAPipe(unittest.TestCase):
    def start(self, *arguments):
        client = subprocess.Popen([LONGWIRE, "connect", "--reconnect", *arguments],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, bufsize=1)
        self.addCleanup(self.end, client)
        return client

    def end(self, client):
        if client.poll() is None:
            client.kill()
        client.wait()
        for stream in (client.stdin, client.stdout, client.stderr):
            stream.close()

    def test_comes_back_and_sends_what_was_typed_meanwhile(self):
        with Peer() as first:
            client = self.start(first.url())
            client.stdin.write("before\n")
            self.assertEqual(first.wait_for(first.received, 1), "before")
            first.close(1012)
            said = client.stderr.readline()
            self.assertIn("1012", said)
            self.assertIn("connecting again in", said)
        client.stdin.write("meanwhile\n")
        with Peer(port=first.port) as second:
            self.assertEqual(second.wait_for(second.received, 1), "meanwhile")
            second.send("welcome back")
            self.assertEqual(client.stdout.readline(), "welcome back\n")
            client.stdin.close()
            self.assertEqual(client.wait(timeout=30), 0)

    def test_waits_for_a_server_that_is_not_there_yet(self):
        with Peer() as peer:
            port = peer.port
        client = self.start("--json", f"ws://127.0.0.1:{port}/")
        client.stdin.write("early\n")
        event = json.loads(client.stdout.readline())
        self.assertEqual(event["type"], "reconnecting")
        self.assertIn(str(port), event["why"])
        self.assertGreaterEqual(event["after_ms"], 0)
        with Peer(port=port) as peer:
            self.assertEqual(peer.wait_for(peer.received, 1), "early")
            client.stdin.close()
            self.assertEqual(client.wait(timeout=30), 0)

    def test_not_after_what_is_final(self):
        with Peer() as peer:
            client = self.start(peer.url())
            peer.close(1008, "go away")
            self.assertEqual(client.wait(timeout=30), 8)
        with OneAnswer(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as server:
            client = self.start(server.url())
            self.assertEqual(client.wait(timeout=30), 6)

    def test_not_after_a_closing_handshake_of_ours(self):
        with Peer() as peer:
            client = self.start("-m", "once", "-w", "0", peer.url())
            self.assertEqual(client.wait(timeout=30), 0)
            self.assertEqual(peer.received, ["once"])


class OnATerminal(unittest.TestCase):
    def test_says_when_it_comes_back_and_keeps_what_is_typed(self):
        with Peer() as first:
            person = Person("connect", "--reconnect", first.url())
            self.addCleanup(person.__exit__)
            person.wait_for("* connected")
            person.type("unfinished")
            first.close(1012, "upgrade")
            person.wait_for("1012 service restart: upgrade; connecting again in")
        person.wait_for("> unfinished")
        person.type(" business\r")
        person.wait_for("1 to send")
        with Peer(port=first.port) as second:
            person.wait_until(lambda: second.received == ["unfinished business"], "message")
            person.wait_for("> unfinished business\n>")
            person.type("\x04")
            self.assertEqual(person.leave(), 0)

    def test_ctrl_c_ends_the_wait(self):
        with Peer() as peer:
            port = peer.port
        person = Person("connect", "--reconnect", f"ws://127.0.0.1:{port}/")
        self.addCleanup(person.__exit__)
        person.wait_for("connecting again in")
        person.type("\x03")
        self.assertEqual(person.leave(), 130)


if __name__ == "__main__":
    unittest.main()
