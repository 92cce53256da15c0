"""Names with several addresses, of which some lead nowhere: what `longwire connect` makes of them,
in a network of its own (RFC 8305)."""

import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from serving import LONGWIRE

GOOD_IPV4 = "192.0.2.1"
GOOD_IPV6 = "2001:db8::1"
# What is sent there is lost, and nobody says so.
LOST_IPV4 = [f"192.0.2.{index}" for index in range(101, 111)]
LOST_IPV6 = [f"2001:db8::{index}" for index in range(101, 111)]
# Nobody listens there, and that is said at once.
REFUSING_IPV4 = "192.0.2.2"
REFUSING_IPV6 = "2001:db8::2"

SET_UP = f"""
set -e
mount --bind "$1/hosts" /etc/hosts
mount --bind "$1/resolv.conf" /etc/resolv.conf
mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf
ip link set lo up
ip link add here type veth peer name there
for address in {GOOD_IPV4} {REFUSING_IPV4}; do ip address add $address/24 dev here; done
for address in {GOOD_IPV6} {REFUSING_IPV6}; do ip address add $address/64 dev here nodad; done
ip link set here up
ip link set there up
for address in {' '.join(LOST_IPV4 + LOST_IPV6)}; do
    ip neighbour add $address lladdr 02:00:00:00:00:01 dev here nud permanent
done
echo ready
cat
"""


class Network:
    """A network and an /etc/hosts that only the programs run in it have. It ends with our end of
    its standard input."""

    def __init__(self):
        self.folder = tempfile.mkdtemp()
        self.write("hosts", "")
        self.write("resolv.conf", "nameserver 192.0.2.101\n")
        self.write("nsswitch.conf", "hosts: files dns\n")
        # Without rules a server listens on loopback only.
        self.write("longwire.toml", '[[channels]]\npattern = "*"\n')
        self.holder = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--mount", "--net", "sh", "-c", SET_UP, "sh",
             self.folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.usable = self.holder.stdout.readline() == "ready\n"

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)

    def path(self, name):
        return os.path.join(self.folder, name)

    def name(self, name, addresses):
        self.write("hosts", "".join(f"{address} {name}\n" for address in addresses))

    def command(self, *command):
        return ["nsenter", "--target", str(self.holder.pid), "--user", "--preserve-credentials",
                "--mount", "--net", *command]

    def close(self):
        _, errors = self.holder.communicate()
        shutil.rmtree(self.folder)
        return errors


class Racing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network()
        if not cls.network.usable:
            raise unittest.SkipTest("NOT TESTED: no network of our own: " + cls.network.close())
        cls.addClassCleanup(cls.network.close)

    def serve(self, *addresses):
        """Serves port 8000 of these addresses for the length of a test."""
        listen = [word for address in addresses
                  for word in ("--listen", f"[{address}]:8000" if ":" in address
                               else f"{address}:8000")]
        server = subprocess.Popen(
            self.network.command(LONGWIRE, "serve", "--config", self.network.path("longwire.toml"),
                                 *listen),
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        for line in server.stdout:
            if line.startswith("Press Ctrl-C"):
                return
        self.fail("the server does not listen")

    def connect(self, *addresses, host="both.test", timeout="20"):
        """Connects to a name with these addresses; gives what happened, and how long it took."""
        self.network.name(host, addresses)
        began = time.monotonic()
        result = subprocess.run(
            self.network.command(LONGWIRE, "connect", "--no-proxy", "--json", "--timeout", timeout,
                                 "--wait", "0", f"ws://{host}:8000/echo"),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        took = time.monotonic() - began
        event = json.loads(result.stdout.splitlines()[0])
        return result.returncode, event, took

    def assert_reached_soon(self, address, *addresses, seconds):
        """The best of five counts, for a busy machine may hold up any of them."""
        times = []
        for _ in range(5):
            outcome = self.connect(*addresses)
            self.assert_reached(outcome, address)
            times.append(outcome[2])
            if times[-1] < seconds:
                return
        self.fail(f"it took {times} seconds")

    def assert_reached(self, outcome, address):
        code, event, _ = outcome
        self.assertEqual((code, event["type"]), (0, "open"), event)
        self.assertIn(address, event["peer"])

    def assert_failed(self, outcome, exit_code, *words):
        code, event, _ = outcome
        self.assertEqual((code, event["type"]), (exit_code, "error"), event)
        for word in words:
            self.assertIn(word, event["message"])

    def test_ipv6_is_preferred(self):
        self.serve(GOOD_IPV4, GOOD_IPV6)
        self.assert_reached(self.connect(GOOD_IPV4, GOOD_IPV6), GOOD_IPV6)
        self.assert_reached(self.connect(GOOD_IPV6, GOOD_IPV4), GOOD_IPV6)
        self.assert_reached(self.connect(GOOD_IPV4), GOOD_IPV4)
        self.assert_reached(self.connect(GOOD_IPV6), GOOD_IPV6)

    def test_ipv6_that_is_lost_costs_little(self):
        self.serve(GOOD_IPV4)
        outcome = self.connect(LOST_IPV6[0], GOOD_IPV4)
        self.assert_reached(outcome, GOOD_IPV4)
        # It was given its quarter of a second, and no minute.
        self.assertGreater(outcome[2], 0.2)
        self.assert_reached_soon(GOOD_IPV4, LOST_IPV6[0], GOOD_IPV4, seconds=5)

    def test_many_that_are_lost_do_not_delay_the_other_family(self):
        self.serve(GOOD_IPV4)
        self.assert_reached_soon(GOOD_IPV4, *LOST_IPV6, GOOD_IPV4, seconds=2)

    def test_ipv4_that_is_lost_does_not_keep_from_ipv6(self):
        self.serve(GOOD_IPV6)
        self.assert_reached(self.connect(*LOST_IPV4, GOOD_IPV6), GOOD_IPV6)
        self.assert_reached_soon(GOOD_IPV6, *LOST_IPV4[:3], LOST_IPV6[0], GOOD_IPV6, seconds=5)

    def test_what_is_refused_is_not_waited_for(self):
        self.serve(GOOD_IPV4)
        alone, outcomes = [], []
        # The best of several, as a busy machine may hold up any one of them.
        for _ in range(10):
            alone.append(self.connect(GOOD_IPV4)[2])
            outcomes.append(self.connect(REFUSING_IPV6, GOOD_IPV4, LOST_IPV6[0]))
            self.assert_reached(outcomes[-1], GOOD_IPV4)
            if min(took for *_, took in outcomes) < min(alone) + 0.2:
                return
        self.fail(f"it took {outcomes}, and {alone} with nobody who refuses")

    def test_an_address_without_a_route_is_passed_over(self):
        self.serve(GOOD_IPV4)
        self.assert_reached(self.connect("2001:db8:1::1", GOOD_IPV4), GOOD_IPV4)

    def test_all_that_failed_is_told(self):
        self.assert_failed(self.connect(REFUSING_IPV6, REFUSING_IPV4), 5, REFUSING_IPV6,
                           REFUSING_IPV4, "refused")
        self.assert_failed(self.connect(REFUSING_IPV6, "203.0.113.1"), 5, REFUSING_IPV6,
                           "203.0.113.1", "unreachable")

    def test_what_is_lost_altogether_ends_with_the_timeout(self):
        self.assert_failed(self.connect(LOST_IPV6[0], LOST_IPV4[0], timeout="1"), 5, "both.test",
                           "within 1000 ms")
        self.assert_failed(self.connect(LOST_IPV6[0], REFUSING_IPV4, timeout="1"), 5, "both.test")

    def test_a_server_of_names_that_is_silent_ends_with_the_timeout(self):
        self.assert_failed(self.connect(host="nowhere.test", timeout="1"), 5, "nowhere.test",
                           "within 1000 ms")

    def test_a_lone_address_needs_no_name(self):
        self.serve(GOOD_IPV4, GOOD_IPV6)
        self.assert_reached(self.connect(host=GOOD_IPV4), GOOD_IPV4)
        self.assert_reached(self.connect(host=f"[{GOOD_IPV6}]"), GOOD_IPV6)


if __name__ == "__main__":
    unittest.main()
