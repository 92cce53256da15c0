"""The report as one page that needs nothing else: no scripts from elsewhere, no fonts."""

from html import escape
from pathlib import Path

from judging import BAD, VERDICTS

HERE = Path(__file__).resolve().parent
WORDS = {"OK": "ok", "NON-STRICT": "non-strict", "INFORMATIONAL": "informational",
         "UNIMPLEMENTED": "unimplemented", "FAILED": "failed"}


def share_bar(counts):
    """How the verdicts divide the cases, as one bar."""
    whole = sum(counts.values()) or 1
    pieces = "".join(
        f'<i class="{WORDS[verdict]}" style="width:{100 * counts[verdict] / whole:.3f}%"></i>'
        for verdict in VERDICTS if counts[verdict])
    return f'<span class="bar" aria-hidden="true">{pieces}</span>'


def figures(counts):
    items = "".join(f'<li><label class="{WORDS[verdict]}"><input type="checkbox" checked '
                    f'value="{WORDS[verdict]}"> <b>{counts[verdict]}</b> {WORDS[verdict]}'
                    "</label></li>" for verdict in VERDICTS if counts[verdict])
    return f'<ul class="figures">{items}</ul>'


def section_name(section):
    rfc, _, rest = section.rpartition(": ")
    return f"RFC {rfc or '6455'}, section {rest}"


def case_block(outcome):
    word = WORDS[outcome.verdict]
    log = "\n".join(outcome.log)
    is_open = " open" if outcome.verdict in BAD else ""
    return (
        f'<details class="case {word}" id="case-{outcome.number}"{is_open}>'
        f'<summary><span class="number">{outcome.number}</span>'
        f'<span class="title">{escape(outcome.title)}</span>'
        f'<span class="verdict">{word}</span></summary><dl>'
        f"<dt>Expected</dt><dd>{escape(outcome.expectation)}</dd>"
        f"<dt>Seen</dt><dd>{escape(outcome.seen)}</dd>"
        f"<dt>Where</dt><dd>{escape(section_name(outcome.section))}</dd>"
        f"<dt>Took</dt><dd>{outcome.milliseconds} ms</dd></dl>"
        + (f"<pre>{escape(log)}</pre>" if log else "") + "</details>")


def category_block(category, name, part):
    counts = {verdict: sum(outcome.verdict == verdict for outcome in part) for verdict in VERDICTS}
    told = ", ".join(f"{counts[verdict]} {WORDS[verdict]}" for verdict in VERDICTS
                     if counts[verdict])
    is_open = " open" if any(counts[verdict] for verdict in BAD) else ""
    return (f'<details class="category"{is_open}><summary><span class="number">{category}</span>'
            f'<h2>{escape(name)}</h2><span class="told">{told}</span>{share_bar(counts)}</summary>'
            + "".join(map(case_block, part)) + "</details>")


def page_of(subject, role, seconds, counts, categories):
    bad = sum(counts[verdict] for verdict in BAD)
    total = sum(counts.values())
    finding = f"{bad} of {total} cases are not as they should be." if bad \
        else f"All {total} cases are as they should be."
    return (HERE / "page.html").read_text(encoding="utf-8").format(
        style=(HERE / "page.css").read_text(encoding="utf-8"),
        role=escape(role), subject=escape(subject), finding=finding,
        state="bad" if bad else "good", seconds=f"{seconds:.1f}", bar=share_bar(counts),
        figures=figures(counts),
        categories="\n".join(category_block(*category) for category in categories))
