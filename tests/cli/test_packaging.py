"""The manual pages and completions tell of every option, and are well formed."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

import pexpect

from serving import LONGWIRE

PACKAGING = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "packaging")
COMMANDS = ("serve", "connect", "bench", "token")


def read(*path):
    with open(os.path.join(PACKAGING, *path), encoding="utf-8") as file:
        return file.read()


def options_of(command):
    """The long and the short options that --help tells of."""
    text = subprocess.run([LONGWIRE, command, "--help"], capture_output=True, text=True,
                          check=True).stdout
    found = set()
    for line in text.splitlines():
        if named := re.match(r"  (-[^ ]+)", line):
            found.update(named.group(1).split(","))
    assert len(found) > 10, found
    return sorted(found)


class EveryOption(unittest.TestCase):
    def test_is_in_the_manual(self):
        for command in COMMANDS:
            page = read("man", f"longwire-{command}.1")
            tagged = "\n".join(line for line in page.splitlines() if line.startswith(".It Fl"))
            for option in options_of(command):
                name = option.lstrip("-")
                flag = f"Fl Fl {name}" if option.startswith("--") else f"Fl {name}"
                self.assertRegex(tagged, rf"{re.escape(flag)}(?![\w-])", command)

    def test_is_in_the_completions(self):
        bash, zsh = read("completions", "longwire.bash"), read("completions", "_longwire")
        fish = read("completions", "longwire.fish")
        for command in COMMANDS:
            part = bash.partition(f"        {command})\n            options=")[2].partition(";;")[0]
            of_zsh = zsh.partition(f"_longwire_{command}() {{")[2].partition("\n}")[0]
            of_fish = "\n".join(line for line in fish.splitlines()
                                if f"-n ${command} " in line or " -l help" in line)
            for option in options_of(command):
                name = option.lstrip("-")
                self.assertRegex(of_zsh, rf"(?<![\w-]){re.escape(option)}(?![\w-])", command)
                if option.startswith("--"):
                    self.assertIn(option, part.replace("'", " ").split(), command)
                    self.assertRegex(of_fish, rf" -l {name}(?![\w-])", command)
                else:
                    self.assertRegex(of_fish, rf" -s {name}(?![\w-])", command)

    def test_and_no_other(self):
        known = {option for command in COMMANDS for option in options_of(command)}
        known |= {"--version"}
        for text in (read("completions", "longwire.bash"), read("completions", "_longwire")):
            for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text):
                self.assertIn(option, known)
        fish = re.findall(r"^complete .* -l ([a-z-]+)", read("completions", "longwire.fish"), re.M)
        self.assertGreater(len(fish), 40)
        for name in fish:
            self.assertIn("--" + name, known)


class OptionLists(unittest.TestCase):
    def test_are_those_of_the_help(self):
        tool = os.path.join(PACKAGING, "..", "tools", "option-lists")
        result = subprocess.run([tool, "--check", LONGWIRE], capture_output=True, text=True,
                                check=False)
        self.assertEqual((result.returncode, result.stdout, result.stderr),
                         (0, "all lists are current\n", ""))


class WellFormed(unittest.TestCase):
    def test_the_manual(self):
        for page in sorted(os.listdir(os.path.join(PACKAGING, "man"))):
            result = subprocess.run(
                ["mandoc", "-Tlint", "-W", "warning", os.path.join(PACKAGING, "man", page)],
                capture_output=True, text=True, check=False)
            self.assertEqual((result.returncode, result.stdout, page), (0, "", page))

    def test_the_completions(self):
        for shell, name in (("bash", "longwire.bash"), ("zsh", "_longwire"),
                            ("fish", "longwire.fish")):
            result = subprocess.run([shell, "-n", os.path.join(PACKAGING, "completions", name)],
                                    capture_output=True, text=True, check=False)
            self.assertEqual((result.returncode, result.stderr), (0, ""), shell)

    def test_bash_completes(self):
        script = os.path.join(PACKAGING, "completions", "longwire.bash")
        for words, expected in (
            (["longwire", ""],
             ["serve", "connect", "bench", "config", "token", "version", "--help", "--version"]),
            (["longwire", "connect", "--rec"], ["--reconnect"]),
            (["longwire", "connect", "--compress", "s"], ["shared"]),
            (["longwire", "connect", "ws"], ["ws://", "wss://", "ws+unix:/"]),
            (["longwire", "serve", "--tls-s"], ["--tls-self-signed"]),
            (["longwire", "serve", "--tls-cert", script[:-3]], [script]),
        ):
            line, part = " ".join(words), words[-1].rpartition(":")[2]
            # compopt works only while the shell completes.
            run = (f"compopt() {{ :; }}; source '{script}'; COMP_LINE='{line}'; "
                   f"COMP_POINT={len(line)}; _longwire longwire '{part}' ''; "
                   "printf '%s\\n' \"${COMPREPLY[@]}\"")
            result = subprocess.run(["bash", "-c", run], capture_output=True, text=True, check=False)
            self.assertEqual((result.stdout.split(), result.stderr), (expected, ""), words)


class Typed(unittest.TestCase):
    """What Tab makes of a line, in the shells themselves."""

    def setUp(self):
        self.home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.home)
        with open(f"{self.home}/certificate", "w", encoding="ascii"):
            pass

    def shell(self, *command, load):
        shell = pexpect.spawn(*command[:1], list(command[1:]), timeout=30, dimensions=(24, 200),
                              env={"PATH": os.environ["PATH"], "HOME": self.home, "TERM": "dumb",
                                   "PS1": "ready$ ", "TOKEN_OF_TEST": "x"})
        self.addCleanup(shell.close, force=True)
        shell.delaybeforesend = None
        shell.sendline(f"{load}; echo lo''aded")
        shell.expect_exact("loaded\r\n")
        return shell

    def assert_completes(self, shell):
        for line, rest in (
            ("--pre", "tty"), ("--compress=s", "hared"), ("-x so", "cks5://"),
            ("--color n", "ever"), ("--bearer env:TOKEN_OF", "_TEST"),
            ("--user=env:TOKEN_OF", "_TEST"), (f"--cacert {self.home}/cert", "ificate"),
            (f"-H @{self.home}/cert", "ificate"), (f"--header=@{self.home}/cert", "ificate"),
            ("ws:", "//"), (f"ws+unix:{self.home}/cert", "ificate"),
        ):
            with self.subTest(line=line):
                shell.send(f"longwire connect {line}\t")
                # With nothing but letters of its own in between.
                shell.expect(f"longwire connect {re.escape(line)}{re.escape(rest)}")
                shell.send("\x15")

    def test_in_bash(self):
        script = os.path.abspath(os.path.join(PACKAGING, "completions", "longwire.bash"))
        self.assert_completes(self.shell("bash", "--norc", "--noprofile",
                                         load=f"source '{script}'"))

    def test_in_zsh(self):
        shutil.copy(os.path.join(PACKAGING, "completions", "_longwire"), self.home)
        self.assert_completes(self.shell(
            "zsh", "-f", load=f"fpath=({self.home} $fpath); autoload -U compinit; "
                              "compinit -u -D; unsetopt zle_bracketed_paste"))

    def test_in_fish(self):
        script = os.path.abspath(os.path.join(PACKAGING, "completions", "longwire.fish"))
        for line, whole in (("--pre", "--pretty"), ("--compress=s", "--compress=shared"),
                            ("-x so", "socks5://"), ("--bearer env:TOKEN_OF", "env:TOKEN_OF_TEST"),
                            (f"--cacert {self.home}/cert", f"{self.home}/certificate"),
                            (f"-H @{self.home}/cert", f"@{self.home}/certificate"),
                            ("ws:", "ws://"),
                            (f"ws+unix:{self.home}/cert", f"ws+unix:{self.home}/certificate")):
            with self.subTest(line=line):
                result = subprocess.run(
                    ["fish", "--no-config", "-c",
                     f"source '{script}'; complete -C 'longwire connect {line}'"],
                    capture_output=True, text=True, check=False,
                    env={**os.environ, "HOME": self.home, "TOKEN_OF_TEST": "x"})
                self.assertEqual([found.partition("\t")[0] for found in result.stdout.splitlines()],
                                 [whole], result.stderr)


if __name__ == "__main__":
    unittest.main()
