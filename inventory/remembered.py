"""What was made of a text, remembered: hosts of an estate repeat each other's package lines and names."""

from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")


class Remembered(dict[str, T]):
    """``remembered[text]`` is ``make(text)``, made once. Bounded: a hostile host may send any number of texts.

    A dictionary, since a look-up costs a third of a cached function's call. What ``make`` raises is not remembered.
    """

    def __init__(self, make: Callable[[str], T], most: int, longest: int) -> None:
        """At most ``most`` texts; none that is longer than ``longest`` characters."""
        super().__init__()
        self._make, self._most, self._longest = make, most, longest

    def __missing__(self, text: str) -> T:
        made = self._make(text)
        if len(text) <= self._longest:
            if len(self) >= self._most:
                self.clear()
            self[text] = made
        return made


class Latest(Generic[K, T]):
    """``latest(thing)`` is ``make(thing)``, kept for the last thing alone, by its identity: a host's checks follow
    each other.
    """

    def __init__(self, make: Callable[[K], T]) -> None:
        self._make = make
        self._kept: tuple[K, T] | None = None

    def __call__(self, thing: K) -> T:
        kept = self._kept  # read once: another thread may be at another host
        if kept is None or kept[0] is not thing:
            kept = self._kept = (thing, self._make(thing))
        return kept[1]
