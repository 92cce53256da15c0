"""`longwire connect` on a terminal, driven as a person would."""

import os
import signal
import socket
import stat
import tempfile
import unittest

from peer import Peer
from serving import Serving
from terminal import Person

CTRL_C, CTRL_D, CTRL_R, CTRL_U, CTRL_Z = "\x03", "\x04", "\x12", "\x15", "\x1a"
UP, LEFT = "\x1b[A", "\x1b[D"


class Terminal(unittest.TestCase):
    def setUp(self):
        self.peer = Peer()
        self.addCleanup(self.peer.stop)

    def person(self, *arguments, url=None, **options):
        person = Person("connect", *arguments, url or self.peer.url(), **options)
        self.addCleanup(person.__exit__)
        if url is None:
            self.peer.wait_for(self.peer.sockets, 1)
            # Not what is below alone: it is there before the connection.
            person.wait_for("* connected to" if person.columns > 30 else "* connected")
        return person

    def see_message(self, person, text):
        self.peer.send(text)
        person.wait_for(text)
        self.is_settled(person)

    def is_settled(self, person):
        """Awaits that the line and the status are drawn again below what was printed."""
        person.wait_until(lambda: self.typed(person)[1].startswith("open"), "status below")

    def gets(self, person, things, count):
        """Awaits that the peer has them, and looks at the screen meanwhile."""
        person.wait_until(lambda: len(things) >= count, f"number {count} of {things}")
        return things[count - 1]

    def typed(self, person):
        """The row with what is being typed, and the one below it."""
        row = person.screen.cursor.y
        rows = [*person.rows_shown(), ""]
        return rows[row], rows[row + 1]


class Typing(Terminal):
    def test_a_line_is_sent_and_shown_and_what_comes_below_it(self):
        person = self.person()
        person.type("hello wörld\r")
        self.assertEqual(self.gets(person, self.peer.received, 1), "hello wörld")
        self.see_message(person, "an answer")
        person.wait_until(lambda: person.rows_shown()[4].startswith("open  127.0.0.1:"), "status")
        self.assertEqual(person.rows_shown()[1:4], ["> hello wörld", "< an answer", ">"])
        self.assertEqual((person.screen.cursor.y, person.screen.cursor.x), (3, 2))

    def test_what_comes_meanwhile_stands_above_what_is_being_typed(self):
        person = self.person()
        person.type("half a li")
        person.wait_for("> half a li")
        person.type(LEFT)
        for index in range(40):
            self.peer.send(f"message {index}")
        person.wait_for("< message 39")
        self.is_settled(person)
        row, status = self.typed(person)
        self.assertEqual(row, "> half a li")
        self.assertTrue(status.startswith("open"))
        self.assertEqual(person.screen.cursor.x, len("> half a l"))
        self.assertEqual(person.rows_shown()[person.screen.cursor.y - 1], "< message 39")
        # Nothing of it was left behind between the messages.
        everything = person.scrolled_by() + person.rows_shown()
        self.assertEqual(sum("half" in row for row in everything), 1)
        shown = [row for row in everything if row.startswith("< message")]
        self.assertEqual(shown, [f"< message {index}" for index in range(40)])
        person.type("\x1b[Fne\r")
        self.assertEqual(self.gets(person, self.peer.received, 1), "half a line")

    def test_a_long_line_wraps_and_is_edited_across_rows(self):
        person = self.person(columns=20)
        person.type("abcdefghijklmnopqrstuvwxyz")
        person.wait_for("rstuvwxyz")
        row = person.screen.cursor.y
        self.assertEqual(person.rows_shown()[row - 1:row + 1],
                         ["> abcdefghijklmnopq", "  rstuvwxyz"])
        self.see_message(person, "hey")
        row = person.screen.cursor.y
        self.assertEqual(person.rows_shown()[row - 2:row + 1],
                         ["< hey", "> abcdefghijklmnopq", "  rstuvwxyz"])
        self.assertLessEqual(len(person.rows_shown()[row + 1]), 19)
        person.type("\x01-")
        person.wait_for("> -abcdefghijklmnop")
        person.wait_until(lambda: person.screen.cursor.x == 3, "cursor after the -")
        person.type("\r")
        self.assertEqual(self.gets(person, self.peer.received, 1), "-abcdefghijklmnopqrstuvwxyz")

    def test_wide_and_combining_characters_keep_the_cursor_in_place(self):
        person = self.person()
        person.type("漢字e\u0301x")
        person.wait_until(lambda: person.screen.cursor.x == 2 + 4 + 1 + 1, "cursor after 6 columns")
        person.type(LEFT)
        person.wait_until(lambda: person.screen.cursor.x == 2 + 4 + 1, "cursor before the x")
        self.peer.send("漢字漢字漢字 e\u0301.")
        person.wait_for("< 漢字漢字漢字 ")
        self.is_settled(person)
        self.assertEqual(person.screen.cursor.x, 2 + 4 + 1)
        person.type("\r")
        self.assertEqual(self.gets(person, self.peer.received, 1), "漢字e\u0301x")

    def test_several_lines_are_one_message(self):
        person = self.person()
        person.type("one \\\r")
        person.wait_for("> one\n")
        person.type("two\x1b\rthree\r")
        self.assertEqual(self.gets(person, self.peer.received, 1), "one \ntwo\nthree")
        person.wait_for("> one\n  two\n  three\n>")

    def test_two_backslashes_at_the_end_are_themselves(self):
        person = self.person()
        person.type("C:\\\\\r")
        self.assertEqual(self.gets(person, self.peer.received, 1), "C:\\\\")

    def test_what_is_pasted_is_not_sent_by_its_line_breaks(self):
        person = self.person()
        person.type("\x1b[200~{\r  \"a\": 1\r}\r\x1b[201~")
        person.wait_for('"a": 1')
        self.assertEqual(self.peer.received, [])
        person.type("\r")
        self.assertEqual(self.gets(person, self.peer.received, 1), '{\n  "a": 1\n}')

    def test_a_large_paste_is_one_message(self):
        person = self.person()
        text = "".join(f"{index:07d}," for index in range(25000))
        # The terminal's own buffer is small: look while pasting.
        person.type("\x1b[200~")
        for start in range(0, len(text), 1024):
            person.type(text[start:start + 1024])
            person.look(0)
        person.type("\x1b[201~")
        person.wait_for("0024999,")
        person.type("\r")
        self.assertEqual(self.gets(person, self.peer.received, 1), text)

    def test_escape_alone_holds_nothing_up(self):
        person = self.person()
        person.type("x\x1b")
        person.wait_for("> x")
        self.see_message(person, "during escape")
        person.type("\r")

    def test_a_line_of_editrc_counts(self):
        home = tempfile.mkdtemp()
        with open(f"{home}/.editrc", "w", encoding="ascii") as file:
            file.write("bind -v\n")
        person = self.person(home=home)
        person.type("abc\x1b0ix\r")
        self.assertEqual(self.gets(person, self.peer.received, 1), "xabc")


class History(Terminal):
    def path(self, person):
        return f"{person.home}/.local/state/longwire/history"

    def test_lasts_and_is_nobody_elses(self):
        person = self.person()
        person.type("first\rsecond \\\r2\r secret\r")
        self.gets(person, self.peer.received, 3)
        person.type(CTRL_D)
        self.assertEqual(person.leave(), 0)
        self.assertEqual(stat.S_IMODE(os.stat(self.path(person)).st_mode), 0o600)
        again = self.person(home=person.home)
        again.type(UP)
        again.wait_for("> second\n  2")
        again.type(UP)
        again.wait_for("> first")
        again.type("\r")
        self.assertEqual(self.gets(again, self.peer.received, 4), "first")

    def test_is_searched(self):
        person = self.person()
        person.type("alpha\rbeta\rgamma\r")
        self.gets(person, self.peer.received, 3)
        person.type(CTRL_R + "et")
        person.wait_for("bck:et")
        self.peer.send("during a search")
        person.wait_for("< during a search\n> beta\n  bck:et\nopen")
        person.type("\r")
        self.assertEqual(self.gets(person, self.peer.received, 4), "beta")

    def test_is_bounded(self):
        home = tempfile.mkdtemp()
        folder = f"{home}/.local/state/longwire"
        os.makedirs(folder)
        with open(f"{folder}/history", "w", encoding="ascii") as file:
            file.writelines(f"line {index}\n" for index in range(5000))
        os.chmod(f"{folder}/history", 0o644)
        person = self.person(home=home)
        person.type(UP)
        person.wait_for("> line 4999")
        person.type("\r")
        self.gets(person, self.peer.received, 1)
        person.type(CTRL_D)
        self.assertEqual(person.leave(), 0)
        with open(f"{folder}/history", encoding="ascii") as file:
            lines = file.read().splitlines()
        self.assertEqual((len(lines), lines[0], lines[-1]), (1000, "line 4000", "line 4999"))
        self.assertEqual(stat.S_IMODE(os.stat(f"{folder}/history").st_mode), 0o600)

    def test_is_where_the_environment_says(self):
        with tempfile.TemporaryDirectory() as state:
            person = self.person(XDG_STATE_HOME=state)
            person.type("kept\r" + CTRL_D)
            self.assertEqual(person.leave(), 0)
            with open(f"{state}/longwire/history", encoding="ascii") as file:
                self.assertEqual(file.read(), "kept\n")
            self.assertFalse(os.path.exists(self.path(person)))


class Commands(Terminal):
    def test_help_lists_them(self):
        person = self.person()
        person.type("/help\r")
        for command in ("/ping", "/close", "/binary", "/text", "/pretty", "/help", "//TEXT"):
            person.wait_for(command)

    def test_an_unknown_one_is_named_with_the_nearest(self):
        person = self.person()
        person.type("/pong\r")
        person.wait_for("/pong (did you mean /ping?)")
        person.type("//not a command\r")
        self.assertEqual(self.gets(person, self.peer.received, 1), "/not a command")

    def test_close_takes_a_code_and_a_reason(self):
        person = self.person()
        for wrong in ("/close 1005", "/close 999", "/close bye", "/close 4000 " + "x" * 124):
            person.type(wrong + "\r")
            person.wait_for("/close 4000 bye" if "xx" not in wrong else "123 bytes")
        person.type("/close 4000 bye now\r")
        self.assertEqual(self.gets(person, self.peer.closed, 1), (4000, "bye now"))
        person.wait_for("closed: 4000")

    def test_files_are_sent(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(bytes(range(256)) * 3)
            file.flush()
            person = self.person(rows=60)
            person.type(f"/binary {file.name}\r")
            self.assertEqual(self.gets(person, self.peer.received, 1), bytes(range(256)) * 3)
            person.wait_for("> binary, 768 bytes")
            person.wait_for("  0060  60 61 62 63 64 65 66 67  68 69 6a 6b 6c 6d 6e 6f  "
                            "`abcdefghijklmno")
            person.wait_for("… 256 more bytes")
            person.type(f"/text {file.name}\r")
            person.wait_for("not UTF-8")
            person.type("/text /no/such/file\r")
            person.wait_for("/no/such/file: No such file")
        self.assertEqual(len(self.peer.received), 1)

    def test_tab_completes_them_and_their_files(self):
        person = self.person()
        for name in ("picture one.png", "picture two.png", "other.bin"):
            with open(f"{person.home}/{name}", "wb") as file:
                file.write(name.encode())
        os.mkdir(f"{person.home}/folder")
        person.type("/p\t")
        person.wait_for("* ping  pretty\n> /p\n")
        person.type("i\t")
        person.wait_until(lambda: self.typed(person)[0] == "> /ping" and
                          person.screen.cursor.x == len("> /ping "), "a space behind it")
        person.type(CTRL_U + "/b\t~/\t")
        person.wait_for("* folder/  other.bin  picture one.png  picture two.png")
        person.type("p\t")
        person.wait_until(lambda: person.screen.cursor.x == len("> /binary ~/picture "), "picture")
        person.type("t\t")
        person.wait_for("> /binary ~/picture two.png")
        person.type("\r")
        self.assertEqual(self.gets(person, self.peer.received, 1), b"picture two.png")
        # In a message it does nothing, and a folder can be gone into.
        person.type("a message\t\r/text ~/fo\t")
        self.assertEqual(self.gets(person, self.peer.received, 2), "a message")
        person.wait_for("> /text ~/folder/")
        person.type("\r")
        person.wait_for("it is not a file")

    def test_what_is_no_file_holds_nothing_up(self):
        person = self.person()
        os.mkfifo(f"{person.home}/pipe")
        person.type("/binary ~/pipe\r")
        person.wait_for("pipe: it is not a file")
        self.see_message(person, "still there")

    def test_ping_says_how_long_it_took(self):
        person = self.person()
        person.type("/ping hello\r")
        person.wait_for("* pong after ")
        self.is_settled(person)
        self.assertRegex(self.typed(person)[1], r"open .* \d[.\d]* ms$")

    def test_pretty_is_switched(self):
        person = self.person()
        self.see_message(person, '{"a":[1]}')
        person.type("/pretty\r")
        person.wait_for("JSON is formatted")
        self.peer.send('{"b":[1,"\u009b"]}')
        person.wait_for('< {\n    "b": [\n      1,\n      "\\u009b"\n    ]\n  }')


class Harmless(Terminal):
    def test_what_a_server_says_steers_nothing(self):
        person = self.person()
        person.type("typing")
        person.wait_for("> typing")
        self.peer.send("a\x1b[2J\x1b]0;title\x07\x9bH\x08\x7f\r\nb\u202ec\x00\tend")
        person.wait_for("end")
        self.is_settled(person)
        self.assertIn("< a\\x1b[2J\\x1b]0;title\\x07\\x9bH\\x08\\x7f\n  b\\u202ec\\x00", person.shown())
        self.assertEqual(self.typed(person)[0], "> typing")

    def test_nor_do_its_last_words(self):
        person = self.person()
        self.peer.close(4000, "\x1b[2Jbye")
        person.wait_for("closed: 4000")
        person.wait_for("\\x1b[2Jbye")
        self.assertEqual(person.leave(), 8)

    def test_a_message_of_five_megabytes_is_cut(self):
        person = self.person()
        self.peer.send("x" * 5_000_000 + "é")
        person.wait_for("… 4934466 more bytes")
        self.is_settled(person)
        self.assertTrue(self.typed(person)[1].startswith("open"))
        self.assertLess(len(person.raw), 200_000)


class Looks(Terminal):
    def test_colours_and_none_of_them(self):
        for options, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
            person = self.person(**options)
            person.type("hi\r")
            person.wait_for("> hi")
            self.assertEqual(b"\x1b[1;36m" in person.raw, coloured)
            person.type(CTRL_D)
            person.leave()
        person = self.person("--color", "never")
        self.assertNotIn(b"\x1b[1;", person.raw)

    def test_times(self):
        person = self.person("--time")
        self.peer.send("timely")
        person.wait_for(" < timely")
        self.assertRegex(person.shown(), r"\d\d:\d\d:\d\d\.\d{3} < timely")

    def test_a_narrow_terminal(self):
        person = self.person(columns=20)
        self.peer.send(b"0123456789abcdef")
        person.wait_for("< binary, 16 bytes")
        person.wait_for("  0000  30 31  01\n")
        for row in person.rows_shown():
            self.assertLessEqual(len(row), 20)

    def test_a_terminal_that_changes_its_size(self):
        person = self.person()
        person.type("typed before")
        person.wait_for("> typed before")
        for columns, rows in ((40, 24), (100, 30), (20, 30)):
            person.resize(columns, rows)
            self.see_message(person, f"at {columns}")
            person.wait_until(lambda: self.typed(person)[0] == "> typed before", "whole line")
            status = self.typed(person)[1]
            self.assertTrue(status.startswith("open"), status)
            self.assertLess(len(status), columns)
        everything = person.scrolled_by() + person.rows_shown()
        self.assertEqual(sum("typed before" in row for row in everything), 1)

    def test_a_dumb_terminal_gets_no_codes(self):
        for term in ("dumb", ""):
            person = self.person(term=term)
            person.type("plain\r")
            self.assertEqual(self.gets(person, self.peer.received, 1), "plain")
            self.peer.send("answer", which=len(self.peer.sockets))
            person.wait_for("< answer")
            person.type("/nope\r")
            person.wait_for("no command /nope")
            person.type(CTRL_D)
            self.assertEqual(person.leave(), 0)
            self.assertNotIn(b"\x1b", person.raw)
            self.peer.received.clear()

    def test_quiet_leaves_notes_out(self):
        person = Person("connect", "--quiet", self.peer.url())
        self.addCleanup(person.__exit__)
        self.peer.send("first")
        person.wait_for("< first")
        self.assertNotIn("*", person.shown())


class Leaving(Terminal):
    def assert_restored(self, person):
        """The terminal echoes again, and takes pastes as anything else."""
        self.assertIn(b"\x1b[?2004l", person.raw)
        self.assertEqual(person.raw.rfind(b"\x1b[?2004h") < person.raw.rfind(b"\x1b[?2004l"), True)

    def echoes(self, person):
        return person.child.getecho()

    def test_ctrl_d_closes(self):
        person = self.person()
        person.type("unsent" + CTRL_U + CTRL_D)
        self.assertEqual(self.gets(person, self.peer.closed, 1)[0], 1000)
        person.wait_for("* closed: 1000")
        self.assertEqual(person.leave(), 0)
        self.assert_restored(person)

    def test_ctrl_c_closes(self):
        person = self.person()
        person.type("unsent")
        person.wait_for("> unsent")
        person.type(CTRL_C)
        self.assertEqual(self.gets(person, self.peer.closed, 1)[0], 1000)
        self.assertEqual(person.leave(), 130)
        self.assert_restored(person)

    def test_a_second_ctrl_c_ends_it_at_once(self):
        # A server that takes the handshake, and then says and answers nothing.
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            person = self.person(url=f"ws://127.0.0.1:{port}/")
            connection, _ = listener.accept()
            with connection:
                self.shake(connection)
                person.wait_for("* connected")
                person.type(CTRL_C)
                person.wait_for("closing  127.0.0.1")
                person.type(CTRL_C)
                self.assertEqual(person.leave(), 130)
        self.assert_restored(person)

    def shake(self, connection):
        import base64
        import hashlib
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        key = next(line.split(b": ")[1] for line in head.split(b"\r\n")
                   if line.lower().startswith(b"sec-websocket-key"))
        digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                           b"Connection: Upgrade\r\nSec-WebSocket-Accept: "
                           + base64.b64encode(digest) + b"\r\n\r\n")

    def test_ctrl_c_while_connecting(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            person = self.person(url=f"ws://127.0.0.1:{port}/")
            person.wait_for("connecting  127.0.0.1")
            person.type(CTRL_C)
            self.assertEqual(person.leave(), 130)
        self.assert_restored(person)

    def test_a_terminal_that_goes_away(self):
        person = self.person()
        os.close(person.child.child_fd)
        self.assertIn(self.peer.wait_for(self.peer.closed, 1)[0], (1000, 1001))
        os.waitpid(person.child.pid, 0)
        person.forget()

    def test_a_server_that_goes(self):
        person = self.person()
        self.peer.close(1012, "back soon")
        person.wait_for("* closed: 1012 service restart: back soon")
        self.assertEqual(person.leave(), 8)
        self.assert_restored(person)

    def test_stopped_and_continued(self):
        person = self.person()
        person.type("kept")
        person.wait_for("> kept")
        person.type(CTRL_Z)
        _, status = os.waitpid(person.child.pid, os.WUNTRACED)
        self.assertTrue(os.WIFSTOPPED(status))
        person.look(0.2)
        self.assert_restored(person)
        self.assertTrue(self.echoes(person))
        os.kill(person.child.pid, signal.SIGCONT)
        person.wait_for("> kept")
        self.see_message(person, "welcome back")
        self.assertEqual(self.typed(person)[0], "> kept")
        self.assertFalse(self.echoes(person))
        person.type(" on\r")
        self.assertEqual(self.gets(person, self.peer.received, 1), "kept on")


class Password(Terminal):
    def test_is_asked_for_and_not_shown(self):
        person = Person("connect", "--user", "aladdin", self.peer.url())
        self.addCleanup(person.__exit__)
        person.wait_for("Password of aladdin:")
        person.type("open sesamee\x7f\r")
        person.wait_for("* connected")
        head = self.peer.wait_for(self.peer.sockets, 1).request_headers
        self.assertEqual(head["Authorization"], "Basic YWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        self.assertNotIn(b"sesam", person.raw)

    def test_is_not_needed_after_ctrl_c(self):
        person = Person("connect", "--user", "aladdin", self.peer.url())
        self.addCleanup(person.__exit__)
        person.wait_for("Password of aladdin:")
        person.type(CTRL_C)
        self.assertEqual(person.leave(), 2)
        self.assertEqual(self.peer.sockets, [])


class Refused(unittest.TestCase):
    def test_is_told_below_each_other(self):
        with Serving() as serving, Person("connect", serving.url("/nothing")) as person:
            person.wait_for("There is nothing at this path")
            self.assertEqual(person.leave(), 6)
            rows = person.rows_shown()
            self.assertTrue(rows[0].startswith("longwire connect: cannot open"), rows)
            self.assertIn("  HTTP/1.1 404 Not Found", rows)


if __name__ == "__main__":
    unittest.main()
