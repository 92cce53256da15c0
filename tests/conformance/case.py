"""What a case is, and the table of all of them."""

from dataclasses import dataclass
from typing import Any, Callable

CATEGORIES = {
    0: "Opening handshake",
    1: "Framing",
    2: "Pings and pongs",
    3: "Reserved bits",
    4: "Opcodes",
    5: "Fragmentation",
    6: "UTF-8 handling",
    7: "Close handling",
    9: "Limits and performance",
    10: "Auto-fragmentation",
    12: "Compression: payloads",
    13: "Compression: parameters",
}

BOTH, SERVER, CLIENT = "both", "server", "client"


@dataclass
class Case:
    """`run` is given our end of the connection after its opening handshake. A case with `shake`
    makes the handshake itself, and is given the bare connection (and, as a server, the request).
    `offer` is the extension field that we send as a client, `agree` what we do as a server with
    the client's: each gives text, and `agree` the Deflate as well."""

    number: str
    title: str
    section: str
    expectation: str
    run: Callable[..., Any]
    who: str = BOTH  # who can be tested with it
    shake: bool = False
    offer: str = ""
    agree: Callable[..., Any] | None = None

    @property
    def category(self):
        return int(self.number.split(".")[0])

    @property
    def order(self):
        return [int(part) for part in self.number.split(".")]


class Group:
    """Numbers the cases of one group: Group("1.1") gives 1.1.1, 1.1.2, …"""

    def __init__(self, prefix, section):
        self.prefix, self.section, self.count, self.cases = prefix, section, 0, []

    def add(self, title, expectation, run, **more):
        self.count += 1
        section = more.pop("section", self.section)
        self.cases.append(Case(f"{self.prefix}.{self.count}", title, section, expectation, run,
                               **more))
