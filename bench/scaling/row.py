"""One line of the table."""

from collections.abc import Callable
from typing import NamedTuple


class Row(NamedTuple):
    """What is measured, and what it was and should be: numbers in `unit`, or several with a slash
    between them."""

    name: str
    unit: str
    before: str
    ask: str
    measure: Callable  # of a Setting: a number, or several
    for_peers: bool = False  # a server with an echo and channels of raw WebSockets can take it

    def shown(self, measured):
        if measured is None:
            return ""
        numbers = measured if isinstance(measured, tuple) else (measured,)
        return " / ".join(show(number) for number in numbers)


def show(number):
    if number is None:
        return "–"
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2g}"
