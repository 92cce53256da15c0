"""The report as a page: one file, no scripts from elsewhere, for a phone as for a desk."""

import html
from collections import Counter

from case import CATEGORIES

ORDER = ("OK", "INFORMATIONAL", "UNIMPLEMENTED", "NON-STRICT", "FAILED")
STYLE = """
:root { color-scheme: light dark; --ink: #1c1b19; --paper: #f7f5f0; --line: #d9d4c7; --dim: #6b665c;
  --ok: #2f6f4f; --info: #3c5f8a; --warn: #9a6700; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #ebe7de; --paper: #171613; --line: #37342d;
  --dim: #a19b8e; --ok: #74c69d; --info: #8ab4f8; --warn: #e3b341; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 62rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem; }
p { margin: .25rem 0; } .dim { color: var(--dim); }
code, pre { font: .85rem/1.5 ui-monospace, monospace; }
.totals { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; margin: 1rem 0; padding: 0; }
.totals li { list-style: none; } .totals b { font-size: 1.5rem; margin-right: .35rem; }
table { border-collapse: collapse; width: 100%; } .scroll { overflow-x: auto; }
th, td { text-align: left; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
details { border-bottom: 1px solid var(--line); }
summary { display: grid; grid-template-columns: 5rem 1fr auto auto; gap: .25rem .75rem;
  padding: .4rem 0; cursor: pointer; }
summary:focus-visible { outline: 2px solid var(--info); }
summary .ms { color: var(--dim); font-variant-numeric: tabular-nums; }
details > div { padding: .25rem 0 1rem 5.75rem; }
pre { overflow-x: auto; margin: .5rem 0 0; padding: .5rem .75rem; border-left: 3px solid var(--line); }
.OK { color: var(--ok); } .INFORMATIONAL, .UNIMPLEMENTED { color: var(--info); }
.NON-STRICT { color: var(--warn); } .FAILED { color: var(--bad); font-weight: 600; }
@media (max-width: 36rem) { summary { grid-template-columns: 4rem 1fr; } .ms { display: none; }
  details > div { padding-left: 0; } }
"""


def escaped(text):
    return html.escape(str(text))


def totals(outcomes):
    return Counter(outcome.verdict for outcome in outcomes)


def by_category(outcomes):
    for category, name in CATEGORIES.items():
        within = [o for o in outcomes if int(o.number.split(".")[0]) == category]
        if within:
            yield category, name, within


def one_case(outcome):
    opened = " open" if outcome.verdict in ("FAILED", "NON-STRICT") else ""
    seen = f"<p><b>Seen:</b> {escaped(outcome.seen)}</p>" if outcome.seen else ""
    log = f"<pre>{escaped(chr(10).join(outcome.log))}</pre>" if outcome.log else ""
    return (f'<details id="case-{outcome.number}"{opened}><summary><code>{outcome.number}</code>'
            f'<span>{escaped(outcome.title)}</span><span class="ms">{outcome.milliseconds} ms</span>'
            f'<span class="{outcome.verdict}">{outcome.verdict}</span></summary><div>'
            f'<p><b>Expected:</b> {escaped(outcome.expectation)} '
            f'<span class="dim">RFC {section(outcome.section)}</span></p>{seen}{log}</div></details>')


def section(text):
    rfc, colon, part = text.partition(": ")
    return escaped(f"{rfc}, section {part}" if colon else f"6455, section {text}")


def page(outcomes, subject, when):
    count = totals(outcomes)
    numbers = "".join(f'<li><b class="{verdict}">{count[verdict]}</b>{verdict}</li>'
                      for verdict in ORDER if count[verdict])
    rows = "".join(
        f'<tr><td><a href="#category-{category}">{category}</a></td><td>{escaped(name)}</td>'
        + "".join(f'<td class="n">{totals(within)[verdict] or ""}</td>' for verdict in ORDER)
        + "</tr>" for category, name, within in by_category(outcomes))
    parts = "".join(
        f'<h2 id="category-{category}">{category} · {escaped(name)}</h2>'
        + "".join(map(one_case, within)) for category, name, within in by_category(outcomes))
    heads = "".join(f'<th class="n">{verdict}</th>' for verdict in ORDER)
    return (f'<!doctype html><html lang="en"><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>WebSocket conformance: {escaped(subject)}</title><style>{STYLE}</style>"
            f"<h1>WebSocket conformance</h1><p><code>{escaped(subject)}</code> "
            f'<span class="dim">{escaped(when)}, {len(outcomes)} cases</span></p>'
            f'<ul class="totals">{numbers}</ul><div class="scroll"><table><thead><tr><th></th>'
            f"<th>Category</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{parts}</html>\n")


def summary(outcomes, colours):
    """Lines for a terminal or a log."""
    paint = {"OK": "32", "FAILED": "31", "NON-STRICT": "33"} if colours else {}
    width = max(len(name) for name in CATEGORIES.values())
    yield " " * (width + 4) + "".join(f"{verdict:>15}" for verdict in ORDER)
    for category, name, within in by_category(outcomes):
        yield f"{category:>3} {name:<{width}}" + "".join(
            f"{totals(within)[verdict] or '':>15}" for verdict in ORDER)
    yield f"{'':>3} {'in all':<{width}}" + "".join(
        f"{totals(outcomes)[verdict] or '':>15}" for verdict in ORDER)
    for outcome in outcomes:
        if outcome.verdict in ("FAILED", "NON-STRICT"):
            word = outcome.verdict
            word = f"\033[{paint[word]}m{word}\033[0m" if word in paint else word
            yield f"\n{word} {outcome.number}: {outcome.title}"
            yield f"  expected: {outcome.expectation}"
            yield f"  seen:     {outcome.seen}"
