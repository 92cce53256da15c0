"""The tables, in Markdown."""

import datetime
import os
import platform
import statistics
import subprocess

from comparing.peers import LOAD_PACKAGES, PACKAGES
from comparing.results_file import part_of
from comparing.rows import ROWS

OURS = "Longwire"


def ratios(ours, reference, place):
    """Of each round the ratio, so that what changes between rounds is the same for both."""
    return [one[place] / other[place] for one, other in zip(ours, reference)
            if one and other and other[place]]


def cell(values, digits=2):
    if not values:
        return "–"
    middle = statistics.median(values)
    if len(values) == 1:
        return f"{middle:.{digits}f}"
    return f"{middle:.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def reference_of(runs, reference):
    """Whom the ratios of a row are to: the reference, or ours where the reference is not in it."""
    return reference if any(runs.get(reference, ())) else OURS


def grid(title, names, lines):
    return [f"## {title}", "", f"| | {' | '.join(names)} |", f"|---|{'---|' * len(names)}",
            *(f"| {' | '.join(cells)} |" for cells in lines), ""]


def ratio_table(title, place, results, names, reference):
    lines = []
    for row, runs in results.items():
        base = reference_of(runs, reference)
        label = row if base == reference else f"{row} ({base} = 1)"
        lines.append([label, *(cell(ratios(runs.get(name, []), runs.get(base, []), place))
                               for name in names)])
    return grid(f"{title}, {reference} = 1", names, lines)


def microseconds_table(results, names, instructions):
    """With the instructions of ours as a last column, where they were counted."""
    lines = []
    for row, runs in results.items():
        cells = [cell([run[1] for run in runs.get(name, []) if run], 3) for name in names]
        if instructions:
            counted = instructions.get(row)
            cells.append(f"{counted:,.0f}" if counted else "–")
        lines.append([row, *cells])
    columns = [*names, f"{OURS}, instructions"] if instructions else names
    return grid("Processor microseconds a message", columns, lines)


def dialects_table(results, names):
    """Of fan-outs: how many deliveries ours makes in the processor time in which another makes
    one. Each speaks its own protocol."""
    others = [name for name in names if name != OURS and any(runs.get(name) for runs in
                                                             results.values())]
    lines = [[row, *(cell(ratios(runs.get(name, []), runs.get(OURS, []), 1), 1)
                     for name in others)] for row, runs in results.items()]
    return grid(f"Deliveries a processor-second of {OURS}, to those of", others, lines) + [
        "In the rows of dialects the others do what they do in their own: a loop of `send`, or "
        "Socket.IO's server its broadcast.", ""]


def table(results, names, reference, instructions=None):
    """`results`: of each row, of each peer, the runs. Of the connection rate, a message stands for
    a connection."""
    lines = []
    moving = {row: runs for row, runs in results.items() if ROWS[row].kind != "idle"}
    idle = {row: runs for row, runs in results.items() if ROWS[row].kind == "idle"}
    if moving:
        for title, place in (("Processor time a message", 1), ("Messages a second", 0),
                             ("p99", 2)):
            lines += ratio_table(title, place, moving, names, reference)
        lines += microseconds_table(moving, names, instructions)
    fans = {row: runs for row, runs in moving.items() if ROWS[row].fans_out}
    if fans:
        lines += dialects_table(fans, names)
    if any(ROWS[row].kind == "handshakes" for row in moving):
        lines += ["Of the connection rate, read a connection for a message: it is opened, upgraded "
                  "and closed; its p99 is from the first packet to the answer.", ""]
    if instructions:
        lines += ["Instructions are those of our own code and its libraries for a message, without "
                  "the kernel's: the server under Callgrind with a short load and with a longer "
                  "one, and the difference between the two. They do not depend on what else the "
                  "machine does. Callgrind's processor lacks the newest vector instructions, so "
                  "TLS and compression cost more there.", ""]
    if idle:
        lines += grid("Resident bytes an idle connection", names, [
            [row, *(cell([run[0] for run in runs.get(name, []) if run], 0) for name in names)]
            for row, runs in idle.items()])
    return "\n".join(lines)


def version_of(*command):
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return f"no {command[0]}"
    return (ran.stdout or ran.stderr).splitlines()[0].strip() if ran.returncode == 0 else "?"


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if "model name" in line), "?")
    named = sorted({name for names in [*PACKAGES.values(), LOAD_PACKAGES] for name in names})
    packages = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Package} ${Version}\n", *named],
        capture_output=True, text=True, check=False).stdout.splitlines()
    installed = [line[2:].strip() for line in packages if line.startswith("ii")]
    return [f"- {model}, {os.cpu_count()} processors, Linux {platform.release()}",
            f"- {version_of('g++', '--version')}; Node {version_of('node', '--version')}",
            f"- {', '.join(installed)}"]


OTHERS = "## At scale"  # what bench/scale has written in the same file stays


def write_results(file_name, shown, text):
    kept = part_of(file_name, OTHERS)
    with open(file_name, "w", encoding="utf-8") as file:
        file.write("# Results\n\nWritten by `bench/compare`; "
                   "[performance](../docs/performance.md) tells what they mean.\n\n")
        file.write(f"- {datetime.date.today()}, `bench/compare {shown}`\n".replace(" `\n", "`\n"))
        file.write("\n".join(machine()) + "\n\n")
        file.write("In brackets: the least and the greatest of the rounds. A dash: the peer has "
                   "no such thing, or failed.\n\n" + text)
        if kept:
            file.write(f"\n{kept}")
