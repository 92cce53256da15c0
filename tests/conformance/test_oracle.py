"""The conformance program itself: it must find what is wrong, and only that."""

import json
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
FLAWED = [sys.executable, "-B", str(HERE / "flawed_peer.py")]
# With these a peer without a flaw is tried: what a flaw is found by must be among them.
WITHOUT_FLAW = ["0.[13].[1-6]", "0.4.*", "[1-5].*", "6.[1456].*", "7.*", "13.1.3", "13.1.49"]


def verdicts(role, flaw, only, patience="1"):
    """Runs the cases of `only` against a peer with `flaw`: the exit code, and a verdict each."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = [word for pattern in only for word in ("--only", pattern)]
        where = [] if role == "client" else ["/"]
        finished = subprocess.run(
            [sys.executable, str(HERE / "conformance"), role, *where, "--report", folder,
             "--patience", patience, *wanted, "--", *FLAWED, role, flaw],
            capture_output=True, text=True, timeout=120, check=False)
        if finished.returncode not in (0, 1):
            raise AssertionError(finished.stdout + finished.stderr)
        report = json.loads((Path(folder) / "report.json").read_text(encoding="utf-8"))
    return finished.returncode, {case["number"]: case["verdict"] for case in report["cases"]}


class Oracle(unittest.TestCase):
    def assert_found(self, role, flaw, case, verdict="FAILED"):
        self.assertEqual((1, {case: verdict}), verdicts(role, flaw, [case]))


class WithoutFlaw(Oracle):
    def assert_all_well(self, role):
        code, seen = verdicts(role, "none", WITHOUT_FLAW, "20")
        bad = {case: verdict for case, verdict in seen.items()
               if verdict not in ("OK", "INFORMATIONAL")}
        self.assertEqual((0, {}), (code, bad))
        own = FLAWS_OF_SERVERS if role == "server" else FLAWS_OF_CLIENTS
        for _, case, _ in FLAWS_OF_BOTH + own:
            self.assertEqual("OK", seen.get(case), case)

    def test_server_is_found_well(self):
        self.assert_all_well("server")

    def test_client_is_found_well(self):
        self.assert_all_well("client")

    def test_extension_that_is_declined_is_unimplemented(self):
        self.assertEqual((0, {"12.1.1": "UNIMPLEMENTED"}), verdicts("client", "none", ["12.1.1"]))


# What is wrong, a case that finds it, and the verdict.
FLAWS_OF_BOTH = (
    ("corrupts", "1.1.5", "FAILED"),
    ("forgets-the-type", "1.1.5", "FAILED"),
    ("takes-long-lengths", "1.4.1", "NON-STRICT"),
    ("answers-no-ping", "2.1.1", "FAILED"),
    ("answers-pings-emptily", "2.1.3", "FAILED"),
    ("takes-long-controls", "2.3.1", "FAILED"),
    ("takes-reserved-bits", "3.1.1", "FAILED"),
    ("takes-reserved-opcodes", "4.2.1", "FAILED"),
    ("mixes-fragments", "5.4.1", "FAILED"),
    ("takes-bad-utf8", "6.5.1", "FAILED"),
    ("takes-bad-utf8", "6.5.2", "FAILED"),
    ("fails-late", "6.6.1", "NON-STRICT"),
    ("fails-late", "6.6.2", "NON-STRICT"),
    ("closes-with-another-code", "7.1.1", "FAILED"),
    ("answers-no-close", "7.1.1", "FAILED"),
    ("sends-after-close", "7.1.1", "FAILED"),
    ("takes-any-close", "7.3.2", "FAILED"),
    ("takes-any-close", "7.4.1", "FAILED"),
    ("takes-any-close", "7.6.1", "FAILED"),
    ("fails-without-close", "3.1.1", "NON-STRICT"),
)
FLAWS_OF_SERVERS = (
    ("accepts-wrongly", "0.1.3", "FAILED"),
    ("takes-unmasked", "1.5.1", "FAILED"),
    ("leaves-tcp-open", "7.2.1", "FAILED"),
    ("ignores-the-window", "13.1.49", "FAILED"),
    ("keeps-the-context", "13.1.3", "FAILED"),
)
FLAWS_OF_CLIENTS = (
    ("takes-any-answer", "0.4.11", "FAILED"),
    ("takes-unmasked", "1.5.3", "FAILED"),
    ("does-not-mask", "1.1.1", "FAILED"),
    ("masks-with-one-key", "1.5.4", "FAILED"),
    ("leaves-one-out", "1.1.1", "FAILED"),
)


def add_tests(suite, role, flaws):
    for flaw, case, verdict in flaws:
        def test(self, flaw=flaw, case=case, verdict=verdict):
            self.assert_found(role, flaw, case, verdict)
        words = f"{flaw}_{case}".replace("-", "_").replace(".", "_")
        setattr(suite, f"test_{role}_that_{words}", test)


class FlawedServer(Oracle):
    pass


class FlawedClient(Oracle):
    pass


class CommandLine(unittest.TestCase):
    def exit_code(self, *words):
        return subprocess.run([sys.executable, str(HERE / "conformance"), *words],
                              capture_output=True, timeout=60, check=False).returncode

    def test_server_that_is_not_there(self):
        with socket.socket() as taken:  # bound, and not listening: nobody else gets the port
            taken.bind(("127.0.0.1", 0))
            self.assertEqual(3, self.exit_code("server",
                                               f"ws://127.0.0.1:{taken.getsockname()[1]}/"))

    def test_server_that_ends_at_once(self):
        self.assertEqual(3, self.exit_code("server", "/", "--", "true"))

    def test_client_that_never_comes(self):
        self.assertEqual(1, self.exit_code("client", "--only", "1.1.1", "--", "true"))

    def test_client_that_is_no_program(self):
        self.assertEqual(3, self.exit_code("client", "--", "/nonexistent/client"))

    def test_case_that_does_not_exist(self):
        self.assertEqual(2, self.exit_code("server", "--list", "--only", "8.*"))

    def test_declined_extension_with_complete(self):
        client = [*FLAWED, "client", "none"]
        self.assertEqual(1, self.exit_code("client", "--complete", "--only", "12.1.1", "--",
                                           *client))


add_tests(FlawedServer, "server", FLAWS_OF_BOTH + FLAWS_OF_SERVERS)
add_tests(FlawedClient, "client", FLAWS_OF_BOTH + FLAWS_OF_CLIENTS)

if __name__ == "__main__":
    unittest.main()
