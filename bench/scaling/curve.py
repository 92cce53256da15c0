"""How the cost of one thing grows with a number."""

from collections.abc import Callable
from typing import NamedTuple

from scaling.row import show


class Curve(NamedTuple):
    """A table with the numbers in its head. Flat, or in proportion to the number, is what it
    should be: anything else is a part that grows faster."""

    name: str
    unit: str
    of: str  # what the numbers count
    points: tuple[int, ...]
    measure: Callable  # of a Setting and a point: a number
    for_peers: bool = False

    def shown(self, numbers):
        return [show(number) for number in numbers]
