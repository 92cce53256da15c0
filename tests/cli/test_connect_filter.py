"""`longwire connect` in a pipe, as a script uses it."""

import base64
import contextlib
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import unittest

import websockets
from peer import Peer
from serving import LONGWIRE, Serving


def connect(*arguments, data=b"", environment=None, **options):
    return subprocess.run(
        [LONGWIRE, "connect", *arguments], input=data, capture_output=True, timeout=60,
        check=False, env={**os.environ, **(environment or {})}, **options,
    )


def shell(command, **names):
    return subprocess.run(["/bin/bash", "-c", command], capture_output=True, text=True, timeout=60,
                          check=False, env={**os.environ, "LONGWIRE": LONGWIRE, **names})


def recv_exactly(connection, size):
    received = b""
    while len(received) < size:
        received += connection.recv(size - len(received))
    return received


class WhatIsSent(unittest.TestCase):
    def test_each_line_is_a_message_and_with_binary_a_binary_one(self):
        with Peer() as peer:
            self.assertEqual(connect("-w", "0", peer.url(), data="é\n\nlast".encode()).returncode, 0)
            self.assertEqual(connect("-w", "0", "--binary", peer.url(), data=b"\xff\n").returncode, 0)
            peer.wait_for(peer.received, 4)
            self.assertEqual(peer.received, ["é", "", "last", b"\xff"])

    def test_one_message_is_all_of_the_input(self):
        with Peer() as peer:
            connect("-w", "0", "--one-message", peer.url(), data=b"one\ntwo\n")
            connect("-w", "0", "-1", "-b", peer.url(), data=bytes(range(256)))
            peer.wait_for(peer.received, 2)
            self.assertEqual(peer.received, ["one\ntwo\n", bytes(range(256))])

    def test_messages_of_the_command_line_come_in_place_of_the_input(self):
        with Peer() as peer:
            result = connect("-w", "0", "-m", "a", "-m", "-b", peer.url(), data=b"unread\n")
            self.assertEqual(result.returncode, 0, result.stderr)
            peer.wait_for(peer.received, 2)
            self.assertEqual(peer.received, ["a", "-b"])

    def test_what_is_not_utf8_is_not_sent_as_text(self):
        with Peer() as peer:
            result = connect("-w", "0", peer.url(), data=b"good\nb\xffd\nafter\n")
            self.assertEqual(result.returncode, 1)
            self.assertIn(b"--binary", result.stderr)
            peer.wait_for(peer.received, 2)
            self.assertEqual(peer.received, ["good", "after"])

    def test_five_megabytes_go_and_come(self):
        with Serving("--max-message", "8MiB") as serving:
            line = b"x" * 5_000_000
            result = connect("-n", "1", serving.url("/echo"), data=line)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(result.stdout, line + b"\n")

    def test_a_closed_input_is_an_empty_one(self):
        with Serving() as serving:
            result = shell(f"$LONGWIRE connect {serving.url('/echo')} <&-")
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_a_closed_output_is_no_socket(self):
        with Serving() as serving:
            result = shell(f"echo hi | $LONGWIRE connect {serving.url('/echo')} >&-")
            self.assertEqual((result.returncode, result.stderr), (0, ""))


class Addresses(unittest.TestCase):
    def test_without_a_scheme_are_ws(self):
        with Serving() as serving:
            for url in (f"127.0.0.1:{serving.port}/echo", f":{serving.port}/echo"):
                result = connect("-m", "hi", "-n", "1", url)
                self.assertEqual((result.returncode, result.stdout), (0, b"hi\n"), result.stderr)

    def test_with_another_scheme_are_refused(self):
        for url in ("ftp://127.0.0.1/", "wss:/127.0.0.1/", "/echo", ""):
            result = connect(url)
            self.assertEqual((result.returncode, result.stdout), (3, b""), url)


class WhatComesOut(unittest.TestCase):
    def test_binary_messages_are_written_as_they_are(self):
        with Serving() as serving:
            data = bytes(range(256)) * 40
            result = connect("-b", "-1", serving.url("/echo"), data=data)
            self.assertEqual((result.returncode, result.stdout), (0, data))

    def test_without_binary_they_are_only_mentioned(self):
        with Peer() as peer:
            with subprocess.Popen([LONGWIRE, "connect", "-n", "1", peer.url()],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as client:
                peer.send(b"\x00\x01")
                out, errors = client.communicate(timeout=30)
            self.assertEqual((client.returncode, out), (0, b""))
            self.assertIn(b"2 bytes", errors)

    def test_pretty_lays_out_json_and_keeps_its_numbers(self):
        with Serving() as serving:
            text = b'{"b":[1.0,12345678901234567890123,{}],"a":"x\\n","e":[]}'
            result = connect("--pretty", serving.url("/echo"), data=text + b"\n{no json\n7\n")
            self.assertEqual(
                result.stdout.decode(),
                '{\n  "b": [\n    1.0,\n    12345678901234567890123,\n    {}\n  ],\n'
                '  "a": "x\\n",\n  "e": []\n}\n{no json\n7\n')

    def test_what_is_nested_too_deeply_stays_as_it_is(self):
        with Serving() as serving:
            text = b"[" * 5000 + b"]" * 5000
            result = connect("--pretty", serving.url("/echo"), data=text + b"\n")
            self.assertEqual(result.stdout, text + b"\n")

    def test_times_are_rfc_3339(self):
        with Serving() as serving:
            result = connect("--time", serving.url("/echo"), data=b"hi\n")
            self.assertRegex(result.stdout.decode(),
                             r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z hi\n$")

    def test_colours_are_for_terminals_only_unless_asked_for(self):
        with Serving() as serving:
            text = b'{"a":1}\n'
            for arguments, coloured in (((), False), (("--color", "always"), True),
                                        (("--colour", "never"), False)):
                result = connect("--pretty", *arguments, serving.url("/echo"), data=text)
                self.assertEqual(b"\x1b[" in result.stdout, coloured, arguments)


class Json(unittest.TestCase):
    def events(self, result):
        return [json.loads(line) for line in result.stdout.splitlines()]

    def test_each_event_is_an_object_on_a_line(self):
        with Serving() as serving:
            text = 'quote " slash \\ tab \t é \u2028 \x01'
            result = connect("--json", serving.url("/echo"), data=text.encode() + b"\n")
            opened, out, back, closed = self.events(result)
            self.assertEqual((opened["type"], opened["url"]), ("open", serving.url("/echo")))
            self.assertEqual(opened["subprotocol"], "")
            self.assertIn("permessage-deflate", opened["extensions"])
            self.assertEqual((out["type"], out["direction"], out["data"]), ("text", "out", text))
            self.assertEqual((back["type"], back["direction"], back["data"]), ("text", "in", text))
            self.assertEqual(back["size"], len(text.encode()))
            self.assertEqual((closed["type"], closed["code"], closed["clean"]),
                             ("close", 1000, True))
            for event in (opened, out, back, closed):
                self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_bytes_are_base64(self):
        with Serving() as serving:
            for data in (b"", b"\xff", b"\xff\x00", b"\x00\x01\x02", bytes(range(256))):
                result = connect("--json", "-b", "-1", serving.url("/echo"), data=data)
                out, back = (event for event in self.events(result) if event["type"] == "binary")
                self.assertEqual(base64.b64decode(out["data"], validate=True), data)
                self.assertEqual(base64.b64decode(back["data"], validate=True), data)

    def test_the_code_it_was_closed_with_is_told(self):
        with Peer() as peer:
            with subprocess.Popen([LONGWIRE, "connect", "--json", peer.url()],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True) as client:
                peer.close(4123, "wörd")
                out, errors = client.communicate(timeout=30)
            self.assertEqual(client.returncode, 8)
            closed = json.loads(out.splitlines()[-1])
            self.assertEqual((closed["type"], closed["code"], closed["reason"], closed["clean"]),
                             ("close", 4123, "wörd", True))
            self.assertIn("4123", errors)
            self.assertIn("wörd", errors)

    def test_a_refusal_is_an_event_too(self):
        with Serving() as serving:
            result = connect("--json", "--quiet", serving.url("/nothing"))
            self.assertEqual(result.returncode, 6)
            (event,) = self.events(result)
            self.assertEqual((event["type"], event["exit_code"]), ("error", 6))
            self.assertEqual(event["answer"]["status"], 404)
            self.assertEqual(event["answer"]["status_line"], "HTTP/1.1 404 Not Found")
            self.assertIn(["Connection", "close"], event["answer"]["fields"])
            self.assertEqual(len(result.stderr.splitlines()), 1)


class WhenItEnds(unittest.TestCase):
    def test_count_ends_it(self):
        with Peer() as peer:
            with subprocess.Popen([LONGWIRE, "connect", "--count", "2", peer.url()],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as client:
                for text in ("a", "b"):
                    peer.send(text)
                # It may have gone by then.
                with contextlib.suppress(websockets.ConnectionClosed):
                    peer.send("c")
                out, errors = client.communicate(timeout=30)
            self.assertEqual((client.returncode, out, errors), (0, b"a\nb\n", b""))
            self.assertEqual(peer.wait_for(peer.closed, 1)[0], 1000)

    def test_not_before_the_server_has_come_to_what_was_sent(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
            with subprocess.Popen([LONGWIRE, "connect", "-w", "0.01", "-m", "hi", url],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as client:
                connection, _ = listener.accept()
                with connection, connection.makefile("rb") as frames:
                    key = ""
                    while (line := frames.readline().decode()) != "\r\n":
                        if line.startswith("Sec-WebSocket-Key"):
                            key = line.split()[1]
                    accept = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode())
                    connection.sendall(
                        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                        b"Connection: Upgrade\r\nSec-WebSocket-Accept: "
                        + base64.b64encode(accept.digest()) + b"\r\n\r\n")
                    self.assertEqual(self.frame(frames), (0x81, b"hi"))
                    kind, payload = self.frame(frames)
                    self.assertEqual(kind, 0x89)
                    # Whatever time it takes.
                    connection.settimeout(0.3)
                    with self.assertRaises(TimeoutError):
                        connection.recv(1)
                    connection.settimeout(30)
                    connection.sendall(bytes([0x8A, len(payload)]) + payload + b"\x81\x02ho")
                    self.assertEqual(recv_exactly(connection, 8)[0], 0x88)
                    connection.sendall(b"\x88\x02\x03\xe8")
                    connection.shutdown(socket.SHUT_WR)
                    self.assertEqual(client.stdout.read(), b"ho\n")
                    self.assertEqual(client.wait(timeout=30), 0)

    def frame(self, frames):
        """A short frame of a client: its first byte and its payload."""
        kind, size = frames.read(2)
        mask = frames.read(4)
        return kind, bytes(byte ^ mask[index % 4]
                           for index, byte in enumerate(frames.read(size & 0x7F)))

    def test_never_if_it_is_to_stay(self):
        with Peer() as peer:
            with subprocess.Popen([LONGWIRE, "connect", "-w", "forever", peer.url()],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as client:
                peer.wait_for(peer.sockets, 1)
                with self.assertRaises(subprocess.TimeoutExpired):
                    client.wait(timeout=0.5)
                peer.send("late")
                self.assertEqual(client.stdout.readline(), b"late\n")
                peer.close()
                self.assertEqual(client.wait(timeout=30), 0)

    def test_fewer_than_counted_is_a_failure(self):
        with Serving() as serving:
            result = connect("-m", "a", "-n", "2", "-w", "0.1", serving.url("/echo"))
            self.assertEqual((result.returncode, result.stdout), (1, b"a\n"))
            self.assertIn(b"1 of 2", result.stderr)

    def test_whoever_reads_no_more_ends_it_quietly(self):
        with Peer() as peer:
            with subprocess.Popen([LONGWIRE, "connect", peer.url()], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as client:
                peer.send("first")
                self.assertEqual(client.stdout.readline(), b"first\n")
                # Nothing more comes, and the input stays open.
                client.stdout.close()
                self.assertEqual(client.wait(timeout=30), 0)
                self.assertEqual(client.stderr.read(), b"")
            self.assertEqual(peer.wait_for(peer.closed, 1)[0], 1000)

    def test_head_takes_one_of_many(self):
        with Serving() as serving:
            result = shell(f"seq 100000 | $LONGWIRE connect {serving.url('/echo')} | head -1; "
                           "echo ${PIPESTATUS[1]}")
            self.assertEqual((result.stdout, result.stderr), ("1\n0\n", ""))

    def test_a_slow_reader_gets_all_of_it(self):
        with Serving() as serving:
            result = shell(f"seq 100000 | $LONGWIRE connect -n 100000 {serving.url('/echo')} | "
                           "(sleep 1; md5sum); seq 100000 | md5sum")
            first, second = result.stdout.splitlines()
            self.assertEqual(first, second)

    def test_a_signal_ends_it_with_a_closing_handshake(self):
        for sent, code in ((signal.SIGINT, 1000), (signal.SIGTERM, 1001)):
            with Peer() as peer:
                with subprocess.Popen([LONGWIRE, "connect", peer.url()], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE) as client:
                    peer.wait_for(peer.sockets, 1)
                    peer.send("here")
                    client.stdout.readline()
                    client.send_signal(sent)
                    self.assertEqual(client.wait(timeout=30), 128 + sent)
                self.assertEqual(peer.wait_for(peer.closed, 1)[0], code)

    def test_a_signal_ends_it_while_nobody_reads(self):
        with Serving("--max-message", "8MiB", "--max-backlog", "64MiB") as serving:
            with subprocess.Popen([LONGWIRE, "connect", serving.url("/echo")],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
                client.stdin.write(b"x" * 3000000 + b"\n")
                client.stdin.flush()
                self.assertEqual(client.stdout.read(1), b"x")
                client.send_signal(signal.SIGINT)
                client.send_signal(signal.SIGTERM)
                self.assertIn(client.wait(timeout=30), (130, 143))
                client.stdin.close()


class Secrets(unittest.TestCase):
    def requested(self, *arguments, environment=None):
        """The head of the request that is made."""
        with Peer() as peer:
            result = connect("-w", "0", *arguments, peer.url(), environment=environment)
            self.assertEqual(result.returncode, 0, result.stderr)
            return peer.wait_for(peer.sockets, 1).request_headers

    def test_come_from_the_command_line_a_file_or_the_environment(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("s3cret\nmore\n")
            file.flush()
            for given in ("s3cret", "@" + file.name, "env:TOKEN_OF_TEST"):
                head = self.requested("--bearer", given,
                                      environment={"TOKEN_OF_TEST": "s3cret"})
                self.assertEqual(head["Authorization"], "Bearer s3cret")

    def test_user_and_cookie(self):
        head = self.requested("--user", "aladdin:open:sesame", "--cookie", "a=1; b=2")
        self.assertEqual(head["Authorization"],
                         "Basic " + base64.b64encode(b"aladdin:open:sesame").decode())
        self.assertEqual(head["Cookie"], "a=1; b=2")

    def test_header_fields_of_a_file(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("X-One: 1\r\n\nX-Two:   2\n")
            file.flush()
            head = self.requested("-H", "@" + file.name, "-H", "X-Three: 3")
        self.assertEqual((head["X-One"], head["X-Two"], head["X-Three"]), ("1", "2", "3"))

    def test_a_host_takes_the_place_of_the_urls(self):
        self.assertEqual(self.requested("-H", "Host: inner.example").get_all("Host"),
                         ["inner.example"])

    def test_one_that_is_not_there_is_named(self):
        for given, named, code in (("@/no/such/file", b"/no/such/file", 12),
                                   ("env:NO_SUCH", b"NO_SUCH", 2)):
            result = connect("--bearer", given, "ws://127.0.0.1:1/")
            self.assertEqual(result.returncode, code)
            self.assertIn(b"--bearer", result.stderr)
            self.assertIn(named, result.stderr)

    def test_without_a_terminal_nobody_is_asked_for_a_password(self):
        result = connect("--user", "aladdin", "ws://127.0.0.1:1/", start_new_session=True)
        self.assertEqual(result.returncode, 2)
        self.assertIn(b"--user", result.stderr)


class WrongOptions(unittest.TestCase):
    def test_are_named_on_one_line(self):
        for arguments, named in (
            (("--count", "0"), "--count"), (("--count", "-1"), "-1"), (("--ping", "x"), "--ping"),
            (("--wait", "-1"), "--wait"), (("--timeout", "nan"), "--timeout"),
            (("--compress", "zip"), "zip"), (("--max-message", "0"), "--max-message"),
            (("--color", "pink"), "pink"), (("-m", "a", "-1"), "--one-message"),
            (("--proxy", "http://x", "--no-proxy"), "--no-proxy"),
            (("-H", "X-One"), "NAME: VALUE"), (("-H", "Upgrade: x"), "leave it out"),
            (("--cert", "x"), "--key"), (("--pinned-key", "nonsense"), "pin"),
        ):
            result = connect(*arguments, "wss://127.0.0.1:1/")
            self.assertEqual(result.returncode, 2, (arguments, result.stderr))
            self.assertIn(named, result.stderr.decode())
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)


class Help(unittest.TestCase):
    def test_tells_the_exit_codes(self):
        text = connect("--help").stdout.decode()
        for code in (*range(11), 130):
            self.assertRegex(text, re.compile(rf"^  {code}\b", re.MULTILINE))

    def test_fits_on_a_terminal(self):
        for line in connect("--help").stdout.decode().splitlines():
            self.assertLessEqual(len(line), 100, line)


if __name__ == "__main__":
    unittest.main()
