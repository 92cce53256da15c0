"""One measurement: a server on one processor, and the load on another."""

import os
import shlex
import signal
import subprocess
from dataclasses import dataclass

from comparing.peers import say
from comparing.rows import PATHS
from comparing.running import Running, callgrind_into, sum_of_callgrind


@dataclass
class Setting:
    """What all measurements of a run have in common."""

    load: str
    certificate: tuple = (None, None)
    server_core: int = 0
    load_core: int = 1
    seconds: float = 2


def start(command, setting, before=(), patience=15):
    places = {"{cert}": setting.certificate[0], "{key}": setting.certificate[1]}
    for place, value in places.items():
        command = command.replace(place, str(value))
    return Running(shlex.split(command), setting.server_core, before, patience)


def give_load(server, row, setting, time_or_turns, kind=None, patience=60):
    """The figures that the load prints; fails where it does."""
    ran = subprocess.run(
        ["taskset", "-c", str(setting.load_core), setting.load, kind or row.kind,
         str(server.port), PATHS.get(kind, row.path), str(row.connections), str(row.depth),
         str(row.size), str(time_or_turns), str(server.process.pid)],
        capture_output=True, text=True, timeout=patience, check=False)
    if ran.returncode != 0:
        raise OSError(ran.stderr.strip()[:200] or f"the load ended with {ran.returncode}")
    return tuple(float(word) for word in ran.stdout.split())


def measure(peer, row, setting):
    """(messages a second, processor microseconds a message, p99 in microseconds), of idle the
    bytes a connection; nothing where it failed."""
    seconds = setting.seconds * (2 if row.fans_out else 1)
    own = peer.own(row.kind)
    kind = "raw" if peer.name == "raw TCP" else own
    try:
        server = start(peer.commands[own], setting)
        try:
            return give_load(server, row, setting, seconds, kind, seconds + 60)
        finally:
            server.end()
    except (OSError, subprocess.TimeoutExpired) as failure:
        say(f"    {peer.name}: {failure}")
        return None


class Callgrind:
    """Instructions a message, which do not depend on the machine's mood: the same load twice, once
    longer, and only the difference, so that starting and connecting do not count."""

    def __init__(self, folder, setting):
        self.setting = setting
        self.file = os.path.join(folder, "callgrind.out")

    def instructions_a_message(self, peer, row):
        if row.kind == "idle":
            return None
        few, many = self.turns(row)
        try:
            short, long = self.run(peer, row, few), self.run(peer, row, many)
        except (OSError, subprocess.TimeoutExpired) as failure:
            say(f"    {peer.name} under callgrind: {failure}")
            return None
        return (long[0] - short[0]) / (long[1] - short[1])

    @staticmethod
    def turns(row):
        """How many bursts in the shorter and in the longer run: some thousand messages more, or of
        large ones some 32 MB."""
        messages = min(4000, max(64, (32 << 20) // max(row.size, 1)))
        senders = 1 if row.fans_out else row.connections
        more = max(2, -(-messages // (senders * row.depth)))
        return (2, 6) if row.fans_out else (2, 2 + more)

    def run(self, peer, row, turns):
        """(instructions, messages)."""
        server = start(
            peer.commands[row.kind], self.setting,
            callgrind_into(self.file), patience=60)
        try:
            messages, = give_load(server, row, self.setting, f"{turns}x", patience=300)
        finally:
            # It writes its file when it ends by itself.
            server.end(signal.SIGTERM)
        total = sum_of_callgrind(self.file)
        os.remove(self.file)
        return total, messages
