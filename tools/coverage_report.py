"""Line coverage of src/protocol and src/http, from clang's own counts (tools/coverage, tools/fuzz).

A line counts as covered if any of its copies ran: a template has one for each of its uses. A line
that says nothing itself ("}", "else") does not count.
"""
import collections
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = ("protocol", "http")
SAYS_NOTHING = re.compile(r"[\s{}();]*(else)?[\s{}();]*")


def lines_run(profiles, build):
    """How often each line of the rooms ran: {file: {line: times}}, from {program: its profile}.

    Each program is read alone: functions of the same name may differ from one to the next.
    """
    counts = collections.defaultdict(dict)
    for program, profile in profiles.items():
        merged = profile.with_suffix(".profdata")
        subprocess.run(["llvm-profdata-19", "merge", "-sparse", "-o", merged, profile], check=True)
        command = ["llvm-cov-19", "export", "-format=lcov", f"-instr-profile={merged}", program]
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        add_lines(counts, text, build)
    return {path: statements_of(path, lines) for path, lines in counts.items()}


def statements_of(path, lines):
    text = (ROOT / path).read_text().splitlines()
    return {number: times for number, times in lines.items()
            if not SAYS_NOTHING.fullmatch(text[number - 1])}


def add_lines(counts, text, build):
    lines = {}
    for line in text.splitlines():
        kind, _, value = line.partition(":")
        if kind == "SF":
            # Headers are named by the links they were reached through.
            path = (build / value).resolve()
            in_rooms = any(path.is_relative_to(ROOT / "src" / room) for room in ROOMS)
            lines = counts[path.relative_to(ROOT)] if in_rooms else {}
        elif kind == "DA":
            number, times = (int(word) for word in value.split(",")[:2])
            lines[number] = max(lines.get(number, 0), times)


def ranges_of(numbers):
    """[3, 4, 5, 9] as "3-5 9"."""
    ranges = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)


def print_coverage(counts, missing=False):
    """Prints the table, and gives each room's share of covered lines in percent."""
    shares = {}
    for room in ROOMS:
        total = covered = 0
        for path in sorted(path for path in counts if path.parts[1] == room):
            lines = counts[path]
            run = sum(times > 0 for times in lines.values())
            total += len(lines)
            covered += run
            print_share(path, run, len(lines))
            if missing and run < len(lines):
                print("          not run:", ranges_of(n for n, times in lines.items() if times == 0))
        shares[room] = 100 * covered / total if total else 0
        print_share(f"src/{room}/ in total", covered, total)
        print()
    sys.stdout.flush()
    return shares


def print_share(name, covered, total):
    share = 100 * covered / total if total else 100
    print(f"{share:6.1f} %  {covered:5} of {total:5} lines  {name}")
