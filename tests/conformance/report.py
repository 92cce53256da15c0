"""What is said of a run: a line of progress, a summary in the terminal, JSON and a page."""

import json
import os
import sys

from case import CATEGORIES
from judging import BAD, FAILED, NON_STRICT, OK, UNIMPLEMENTED, VERDICTS
from page import page_of

WIDTHS = {verdict: max(len(verdict), 4) + 2 for verdict in VERDICTS}
COLOURS = {OK: "32", FAILED: "31", NON_STRICT: "33", UNIMPLEMENTED: "35"}
MOST_FAILURES_SHOWN = 100


class Progress:
    """Collects outcomes, and says on a terminal how far it is."""

    def __init__(self, total, out=sys.stderr):
        self.total, self.out, self.outcomes = total, out, []
        self.shown = out.isatty()

    def done(self, outcome):
        self.outcomes.append(outcome)
        if self.shown:
            bad = sum(one.verdict in BAD for one in self.outcomes)
            print(f"\r\033[K{len(self.outcomes)} of {self.total} cases"
                  f"{f', {bad} of them bad' if bad else ''}: {outcome.number}",
                  end="", file=self.out, flush=True)

    def end(self):
        if self.shown:
            print("\r\033[K", end="", file=self.out, flush=True)
        return sorted(self.outcomes, key=lambda outcome: outcome.order)


def counts_of(outcomes):
    return {verdict: sum(outcome.verdict == verdict for outcome in outcomes)
            for verdict in VERDICTS}


def by_category(outcomes):
    for category, name in CATEGORIES.items():
        part = [outcome for outcome in outcomes if outcome.category == category]
        if part:
            yield category, name, part


def print_summary(outcomes, seconds, out=sys.stdout):
    colours = out.isatty() and "NO_COLOR" not in os.environ

    def coloured(text, verdict):
        return f"\033[{COLOURS[verdict]}m{text}\033[0m" \
            if colours and verdict in COLOURS else text

    def row(category, name, counts):
        cells = "".join(
            coloured(f"{counts[verdict] or '·':>{WIDTHS[verdict]}}",
                     verdict if counts[verdict] else None) for verdict in VERDICTS)
        print(f"{category:>3}  {name:<24}{sum(counts.values()):>5}{cells}", file=out)

    print(f"{'':>3}  {'':<24}{'cases':>5}"
          + "".join(f"{verdict:>{WIDTHS[verdict]}}" for verdict in VERDICTS), file=out)
    for category, name, part in by_category(outcomes):
        row(category, name, counts_of(part))
    row("", "all", counts_of(outcomes))
    print(f"in {seconds:.1f} s", file=out)
    bad = [outcome for outcome in outcomes if outcome.verdict in BAD]
    for outcome in bad[:MOST_FAILURES_SHOWN]:
        print(f"\n{coloured(outcome.verdict, outcome.verdict)}  {outcome.number}  {outcome.title}"
              f" (section {outcome.section})\n  expected: {outcome.expectation}"
              f"\n  seen:     {outcome.seen}", file=out)
    if len(bad) > MOST_FAILURES_SHOWN:
        print(f"\n… and {len(bad) - MOST_FAILURES_SHOWN} more", file=out)


def write_report(folder, outcomes, subject, role, seconds):
    folder.mkdir(parents=True, exist_ok=True)
    content = {"subject": subject, "role": role, "seconds": round(seconds, 1),
               "counts": counts_of(outcomes),
               "cases": [outcome.plain() for outcome in outcomes]}
    (folder / "report.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n",
                                        encoding="utf-8")
    page = page_of(subject, role, seconds, counts_of(outcomes), list(by_category(outcomes)))
    (folder / "index.html").write_text(page, encoding="utf-8")
