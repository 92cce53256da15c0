"""The program as a person or a script uses it."""

import json
import os
import pty
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

from serving import LONGWIRE, Serving


def longwire(*arguments, lines="", timeout=30):
    return subprocess.run(
        [LONGWIRE, *arguments],
        input=lines,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


class HttpAnswer:
    """A TCP server that answers one connection with fixed bytes."""

    def __init__(self, answer):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, args=(answer,))
        self.thread.start()

    def serve(self, answer):
        connection, _ = self.listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.thread.join()
        self.listener.close()


class Connect(unittest.TestCase):
    def assert_one_line(self, text):
        self.assertEqual(len(text.splitlines()), 1, text)
        self.assertTrue(text.startswith("longwire connect: "), text)

    def test_works_in_a_pipe(self):
        with Serving() as serving:
            result = longwire("connect", serving.url("/echo"), lines="hi\n")
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "hi\n", ""))

    def test_every_line_of_a_large_input_comes_back_in_order(self):
        lines = "".join(f"{index} {'x' * (index % 300)}\n" for index in range(20000))
        with Serving() as serving:
            result = longwire("connect", serving.url("/echo"), lines=lines)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(result.stdout, lines)

    def test_a_last_line_without_a_break_is_sent(self):
        with Serving() as serving:
            result = longwire("connect", serving.url("/echo"), lines="one\n\ntwo")
            self.assertEqual((result.returncode, result.stdout), (0, "one\n\ntwo\n"))

    def test_reads_a_plain_file(self):
        with Serving() as serving, tempfile.NamedTemporaryFile("w+") as file:
            file.write("from a file\n")
            file.flush()
            file.seek(0)
            result = subprocess.run(
                [LONGWIRE, "connect", serving.url("/echo")],
                stdin=file, capture_output=True, text=True, timeout=30, check=False,
            )
            self.assertEqual((result.returncode, result.stdout), (0, "from a file\n"))

    def test_on_a_terminal_lines_go_out_as_they_are_typed(self):
        with Serving() as serving:
            terminal, side = pty.openpty()
            client = subprocess.Popen(
                [LONGWIRE, "connect", serving.url("/echo")],
                stdin=side, stdout=subprocess.PIPE, text=True,
            )
            os.close(side)
            os.write(terminal, b"typed\n")
            self.assertEqual(client.stdout.readline(), "typed\n")
            os.write(terminal, b"\x04")
            self.assertEqual(client.wait(timeout=20), 0)
            client.stdout.close()
            os.close(terminal)

    def test_a_terminal_gets_no_escape_sequences(self):
        with Serving() as serving:
            terminal, side = pty.openpty()
            client = subprocess.Popen([LONGWIRE, "connect", serving.url("/echo")],
                                      stdin=subprocess.PIPE, stdout=side)
            os.close(side)
            client.stdin.write("\x1b]0;title\x07 é\x9b2J\tend\n".encode())
            client.stdin.close()
            said = b""
            while not said.endswith(b"\n"):
                said += os.read(terminal, 1000)
            self.assertEqual(said.decode().strip(), "\\x1b]0;title\\x07 é\\x9b2J\tend")
            self.assertEqual(client.wait(timeout=20), 0)
            os.close(terminal)

    def test_a_bad_url(self):
        for url in ("htp://x", "local host:8000", "ws://", "ws://x:99999/", "ws://x/#y"):
            result = longwire("connect", url)
            self.assertEqual(result.returncode, 3, result.stderr)
            self.assert_one_line(result.stderr)

    def test_a_refused_connection(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        result = longwire("connect", f"ws://127.0.0.1:{port}/")
        self.assertEqual(result.returncode, 5)
        self.assert_one_line(result.stderr)
        self.assertIn(str(port), result.stderr)

    def test_an_unknown_host(self):
        result = longwire("connect", "ws://no.such.host.invalid/")
        self.assertEqual(result.returncode, 4)
        self.assert_one_line(result.stderr)

    def test_an_answer_that_is_not_101(self):
        with Serving() as serving:
            result = longwire("connect", serving.url("/nothing"))
            self.assertEqual(result.returncode, 6)
            first = result.stderr.splitlines()[0]
            self.assert_one_line(first)
            self.assertIn("404 Not Found", first)

    def test_an_answer_that_is_not_http(self):
        with HttpAnswer(b"SSH-2.0-OpenSSH_9.2\r\n") as answer:
            result = longwire("connect", f"ws://127.0.0.1:{answer.port}/")
            self.assertEqual(result.returncode, 7)
            self.assert_one_line(result.stderr)

    def test_a_server_that_does_not_answer(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            result = longwire("connect", "--timeout", "0.1", f"ws://127.0.0.1:{port}/")
        self.assertEqual(result.returncode, 5)
        self.assert_one_line(result.stderr)

    def test_a_wrong_option(self):
        for arguments in (
            ("connect",),
            ("connect", "--nonsense", "ws://x/"),
            ("connect", "ws://x/", "--timeout", "soon"),
            ("connect", "ws://x/", "-H", "Upgrade: y"),
            ("connect", "ws://x/", "-s", "not a token"),
        ):
            result = longwire(*arguments)
            self.assertEqual(result.returncode, 2, (arguments, result.stderr))
            self.assert_one_line(result.stderr)

    def test_over_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/longwire.sock"
            with Serving("--listen", f"unix:{path}"):
                result = longwire("connect", f"ws+unix:{path}:/echo", lines="hi\n")
                self.assertEqual((result.returncode, result.stdout), (0, "hi\n"))
            self.assertFalse(os.path.exists(path))


class Serve(unittest.TestCase):
    def test_prints_what_is_where_and_ends_cleanly(self):
        server = subprocess.Popen(
            [LONGWIRE, "serve", "--listen", "127.0.0.1:0", "--listen", "[::1]:0"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        lines = []
        for line in server.stdout:
            lines.append(line)
            if line.startswith("Press Ctrl-C"):
                break
        printed = "".join(lines)
        for part in ("http://127.0.0.1:", "ws://127.0.0.1:", "/channels/lobby", "/echo", "[::1]:"):
            self.assertIn(part, printed)
        server.send_signal(signal.SIGTERM)
        rest, errors = server.communicate(timeout=20)
        self.assertEqual((server.returncode, rest), (0, ""))
        self.assertEqual({json.loads(line)["level"] for line in errors.splitlines()}, {"info"})

    def test_a_taken_port_is_named_with_a_way_out(self):
        with Serving() as serving:
            result = longwire("serve", "--listen", f"127.0.0.1:{serving.port}")
            self.assertEqual(result.returncode, 1)
            self.assertIn(f"port {serving.port}", result.stderr)
            self.assertIn("--listen", result.stderr)
            self.assertEqual(len(result.stderr.splitlines()), 1)

    def test_a_wrong_option_is_named(self):
        for arguments, named in (
            (("--nonsense",), "--nonsense"),
            (("--listen", "nowhere"), "nowhere"),
            (("--listen", "127.0.0.1:99999"), "99999"),
            (("--web", "/no/such/folder"), "/no/such/folder"),
            (("--echo", "echo"), "echo"),
            (("--max-message", "lots"), "lots"),
            (("--max-message", "0"), "--max-message"),
            (("--max-message", "99999999999GiB"), "99999999999GiB"),
            (("--idle-timeout", "5 parsecs"), "parsecs"),
            (("--idle-timeout", "-1s"), "-1s"),
            (("--compress", "lots"), "lots"),
            (("extra",), "extra"),
        ):
            result = longwire("serve", *arguments)
            self.assertEqual(result.returncode, 2, (arguments, result.stderr))
            self.assertIn(named, result.stderr)
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)

    def test_a_message_may_be_as_large_as_the_limit_and_no_larger(self):
        with Serving("--max-message", "2KiB", "--compress", "off") as serving:
            fits = longwire("connect", serving.url("/echo"), lines="x" * 2048 + "\n")
            self.assertEqual((fits.returncode, fits.stdout), (0, "x" * 2048 + "\n"))
            beyond = longwire("connect", serving.url("/echo"), lines="x" * 2049 + "\n")
            self.assertEqual(beyond.returncode, 8)
            self.assertIn("1009", beyond.stderr)

    def test_a_silent_peer_is_given_up(self):
        with Serving("--ping-after", "0", "--idle-timeout", "1s") as serving:
            result = longwire("connect", "--wait", "20", serving.url("/echo"), lines="x\n")
            self.assertEqual((result.returncode, result.stdout), (8, "x\n"))
            self.assertIn("1006", result.stderr)

    def test_a_slow_request_is_shed(self):
        with Serving("--handshake-timeout", "500ms") as serving:
            with socket.create_connection(("127.0.0.1", serving.port), timeout=20) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHos")
                self.assertTrue(client.recv(65536).startswith(b"HTTP/1.1 408 "))

    def test_the_echo_may_be_elsewhere(self):
        with Serving("--echo", "/mirror") as serving:
            result = longwire("connect", serving.url("/mirror"), lines="hi\n")
            self.assertEqual(result.stdout, "hi\n")
            self.assertEqual(longwire("connect", serving.url("/echo")).returncode, 6)

    def test_serves_a_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/index.html", "w", encoding="utf-8") as page:
                page.write("<p>mine")
            with Serving("--web", folder) as serving:
                with urllib.request.urlopen(f"http://127.0.0.1:{serving.port}/") as answer:
                    self.assertEqual(answer.read(), b"<p>mine")
                    self.assertEqual(answer.headers["Content-Type"], "text/html; charset=utf-8")
                with self.assertRaises(urllib.error.HTTPError) as raised:
                    urllib.request.urlopen(f"http://127.0.0.1:{serving.port}/no/such/page")
                self.assertEqual(raised.exception.code, 404)
                raised.exception.close()

    def test_serves_its_own_page(self):
        with Serving() as serving:
            with urllib.request.urlopen(f"http://127.0.0.1:{serving.port}/") as answer:
                self.assertIn(b"Longwire", answer.read())


class Help(unittest.TestCase):
    def test_has_examples_and_exit_codes(self):
        for command in ((), ("serve",), ("connect",)):
            result = longwire(*command, "--help")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn("Examples:", result.stdout)
        self.assertIn("Exit codes", longwire("connect", "--help").stdout)

    def test_tells_its_version(self):
        line = r"^longwire \d+\.\d+\.\d+ \((commit [0-9a-f]{12}|no commit is known); \w+, \w+ [\d.]+.*\)\n$"
        self.assertRegex(longwire("--version").stdout, line)
        self.assertEqual(longwire("version").stdout, longwire("--version").stdout)

    def test_an_unknown_command_is_named(self):
        result = longwire("sevre")
        self.assertEqual(result.returncode, 2)
        self.assertIn("sevre", result.stderr)


if __name__ == "__main__":
    unittest.main()
