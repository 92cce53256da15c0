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
             ["serve", "connect", "bench", "config", "token", "--help", "--version"]),
            (["longwire", "connect", "--rec"], ["--reconnect"]),
            (["longwire", "connect", "--compress", "s"], ["shared"]),
            (["longwire", "connect", "ws"], ["ws://", "wss://"]),
            (["longwire", "serve", "--tls-s"], ["--tls-self-signed"]),
            (["longwire", "serve", "--tls-cert", script[:-3]], [script]),
        ):
            quoted = " ".join(f"'{word}'" for word in words)
            # compopt works only while the shell completes.
            run = (f"compopt() {{ :; }}; source '{script}'; COMP_WORDS=({quoted}); "
                   f"COMP_CWORD={len(words) - 1}; _longwire; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
            result = subprocess.run(["bash", "-c", run], capture_output=True, text=True, check=False)
            self.assertEqual((result.stdout.split(), result.stderr), (expected, ""), words)

    def test_fish_completes(self):
        script = os.path.join(PACKAGING, "completions", "longwire.fish")
        with tempfile.TemporaryDirectory() as home:
            result = subprocess.run(
                ["fish", "--no-config", "-c", f"source {script}; complete -C 'longwire connect --pre'"],
                capture_output=True, text=True, check=False, env={**os.environ, "HOME": home})
        self.assertEqual(result.stdout.split("\t")[0], "--pretty", result.stderr)

    def test_zsh_completes(self):
        with tempfile.TemporaryDirectory() as home:
            shutil.copy(os.path.join(PACKAGING, "completions", "_longwire"), home)
            shell = pexpect.spawn("zsh", ["-f"], env={"PATH": os.environ["PATH"], "HOME": home,
                                                      "TERM": "dumb", "PS1": "ready$ "},
                                  timeout=30, dimensions=(24, 200))
            shell.sendline(f"fpath=({home} $fpath); autoload -U compinit; compinit -u -D; "
                           "echo lo''aded")
            shell.expect_exact("loaded")
            shell.send("longwire connect --pre\t")
            shell.expect_exact("tty")
            shell.close(force=True)


if __name__ == "__main__":
    unittest.main()
