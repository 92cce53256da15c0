"""Runs one case, and turns what happened into a verdict."""

import asyncio
import time
import zlib
from dataclasses import asdict, dataclass, field

from wire import Declined, Ended, Failed, Informational, NonStrict

OK, NON_STRICT, INFORMATIONAL = "OK", "NON-STRICT", "INFORMATIONAL"
FAILED, UNIMPLEMENTED = "FAILED", "UNIMPLEMENTED"
VERDICTS = (OK, NON_STRICT, INFORMATIONAL, UNIMPLEMENTED, FAILED)
BAD = (FAILED, NON_STRICT)
LONGEST_CASE = 120.0  # seconds


@dataclass
class Outcome:
    number: str
    title: str
    section: str
    expectation: str
    verdict: str
    seen: str
    milliseconds: int
    log: list = field(default_factory=list)

    @property
    def category(self):
        return int(self.number.split(".")[0])

    @property
    def order(self):
        return [int(part) for part in self.number.split(".")]

    def plain(self):
        return asdict(self)


def outcome_of(case, verdict, seen, milliseconds=0, log=()):
    return Outcome(case.number, case.title, case.section, case.expectation, verdict, seen,
                   milliseconds, list(log))


def verdict_on(error):
    """The verdict that an exception stands for, and the words for it."""
    if isinstance(error, NonStrict):
        return NON_STRICT, str(error)
    if isinstance(error, Informational):
        return INFORMATIONAL, str(error)
    if isinstance(error, Declined):
        return UNIMPLEMENTED, str(error)
    if isinstance(error, (Failed, Ended)):
        return FAILED, str(error)
    if isinstance(error, asyncio.TimeoutError):
        return FAILED, f"the case was not over after {LONGEST_CASE:.0f} seconds"
    if isinstance(error, UnicodeDecodeError):
        return FAILED, "text came that is not UTF-8"
    if isinstance(error, zlib.error):
        return FAILED, f"what came cannot be inflated as was agreed: {error}"
    # What the peer sent has upset the case itself.
    return FAILED, f"{type(error).__name__}: {error}"


async def judge(case, open_peer, greet):
    """Runs `case` on the connection that `open_peer` gives, after `greet` has made the opening
    handshake (unless that is what the case is about)."""
    begun, peer, verdict, seen = time.monotonic(), None, OK, "as expected"

    async def whole():
        nonlocal peer
        peer = await open_peer()
        if not case.shake:
            await greet(peer, case)
        await case.run(peer)

    try:
        await asyncio.wait_for(whole(), LONGEST_CASE)
    except Exception as error:  # noqa: BLE001: each kind has its verdict
        verdict, seen = verdict_on(error)
    finally:
        if peer:
            peer.writer.close()
    spent = round((time.monotonic() - begun) * 1000)
    return outcome_of(case, verdict, seen, spent, peer.log if peer else ())
