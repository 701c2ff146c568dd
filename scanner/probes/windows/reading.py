"""Reading a section's data: each value has the type that was asked for, or is unknown, or the answer is unreadable.

What Windows sends is hostile like all else: texts are cut to size and rid of control characters, numbers and rows
bounded. A value that is absent could not be read; ``null`` was read and is not set. PowerShell 5.1 writes a list of
one as its element, and some lists as ``{"value": [...], "Count": n}``: both are read as the list that they were.
"""

import marshal
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

from inventory.facts.windows_setting import NOT_SET
from scanner.query import Unreadable

MAX_TEXT = 4096  # characters; command lines are longest
MAX_ROWS = 20_000
MAX_NUMBER = 2**64
MOST_ROWS_KEPT, LONGEST_ROW_KEPT = 20_000, 1_000  # bytes: what rows were read into, remembered for the next machine
T = TypeVar("T")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
_AMERICAN_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_OBJECTS = {dict}
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def clean(text: str) -> str:
    """Printable, in one line, of bounded length; what is dropped is never what a check looks for."""
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT]
    if text.isprintable():
        return text.strip()
    return "".join(" " if c in "\t\r\n" else c for c in text if c in "\t\r\n" or _kept(c)).strip()


def _kept(char: str) -> bool:
    return unicodedata.category(char) not in _DROPPED


@dataclass(frozen=True, slots=True)
class Data:
    """An object of the section. Every getter raises :class:`Unreadable` for a value of another type."""

    told: Mapping[str, Any]

    def __contains__(self, key: str) -> bool:
        return key in self.told

    def text(self, key: str) -> str | None:
        """None: absent or null."""
        value = self.told.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            return value.strip() if len(value) <= MAX_TEXT and value.isprintable() else clean(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(_bounded(key, value))
        raise _odd(key, "a text")

    def word(self, key: str) -> str:
        """A text, "" for none."""
        value = self.told.get(key)
        if type(value) is str and len(value) <= MAX_TEXT and value.isprintable():  # nearly every text there is
            return value.strip()
        return self.text(key) or ""

    def setting_text(self, key: str) -> str | None:
        """Of the registry. None: could not be read; "": not set."""
        return self.word(key) if key in self.told else None

    def number(self, key: str) -> int | None:
        """A whole number, 0 or more; None: absent or null. Text that is one, as some registry values are, counts."""
        value = self.told.get(key)
        if value is None:
            return None
        if type(value) is int:  # not bool, which is one too
            return _bounded(key, value)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise _odd(key, "a whole number")
        return _bounded(key, value)

    def setting(self, key: str, most: int | None = None) -> int | None:
        """Of the registry. None: could not be read; NOT_SET: not set. Above ``most`` nobody documents what it does."""
        if key not in self.told:
            return None
        value = self.number(key)
        if value is None:
            return NOT_SET
        return None if most is not None and value > most else value

    def settings(self, key: str) -> "Data":
        """Registry values of which Windows itself sets at least one: where none is set, they were not read."""
        found = self.part(key)
        if all(value is None for value in found.told.values()):
            raise Unreadable(f"no value of {key} is set, and Windows sets some of them itself")
        return found

    def flag(self, key: str) -> bool | None:
        """True or false, 0 and 1 counting as such; None: absent or null."""
        value = self.told.get(key)
        if value is None or isinstance(value, bool):
            return value
        if value in (0, 1):
            return bool(value)
        raise _odd(key, "true or false")

    def moment(self, key: str) -> str | None:
        """None: absent; "": null, which is never."""
        if key not in self.told:
            return None
        value = self.told[key]
        if value is None:
            return ""
        if not isinstance(value, str) or instant(value) is None:
            raise _odd(key, "a moment")
        return value

    def days_since(self, key: str) -> int | None:
        """Whole days from that moment to the section's own ``now``; one in the future counts as 0."""
        then, now = instant(self.moment(key) or ""), instant(self.moment("now") or "")
        return None if then is None or now is None else max(0, (now - then).days)

    def day(self, key: str) -> str | None:
        """A day as 2026-11-23. Other forms that are in use: 20261123 and 11/23/2026; None for anything else."""
        return as_day(self.word(key)) if isinstance(self.told.get(key), str) else None

    def part(self, key: str) -> "Data":
        """An object below; an empty one where it is absent or null."""
        value = self.told.get(key)
        if value is None:
            return Data({})
        if not isinstance(value, dict):
            raise _odd(key, "an object")
        return Data(value)

    def rows(self, key: str) -> "tuple[Data, ...] | None":
        """A list of objects. None: absent or null."""
        listed = self._objects(key)
        return None if listed is None else tuple(map(Data, listed))

    def needed_rows(self, key: str) -> "tuple[Data, ...]":
        """Without which there is no fact."""
        return tuple(map(Data, self.needed_objects(key)))

    def needed_objects(self, key: str) -> Sequence[dict[str, Any]]:
        """The same, as they came."""
        found = self._objects(key)
        if found is None:
            raise Unreadable(f"the section does not say {key}")
        return found

    def _objects(self, key: str) -> Sequence[dict[str, Any]] | None:
        listed = self._listed(key)
        if listed is not None and not _OBJECTS.issuperset(map(type, listed)):
            raise _odd(key, "a list of objects")
        return listed

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts. None: absent or null."""
        listed = self._listed(key)
        if listed is None:
            return None
        if not all(isinstance(one, str) for one in listed):
            raise _odd(key, "a list of texts")
        return tuple(clean(one) for one in listed)

    def setting_texts(self, key: str) -> tuple[str, ...] | None:
        """A list of the registry. None: could not be read; (): not set, or empty."""
        return None if key not in self.told else self.texts(key) or ()

    def numbers(self, key: str) -> tuple[int, ...] | None:
        listed = self._listed(key)
        if listed is None:
            return None
        if not all(isinstance(one, int) and not isinstance(one, bool) for one in listed):
            raise _odd(key, "a list of whole numbers")
        return tuple(_bounded(key, one) for one in listed)

    def _listed(self, key: str) -> Sequence[Any] | None:
        value = self.told.get(key)
        if isinstance(value, dict) and value.keys() == {"value", "Count"}:
            value = value["value"]
        if value is None:
            return None
        listed = value if isinstance(value, list) else [value]
        if len(listed) > MAX_ROWS:
            raise Unreadable(f"{key} has more than {MAX_ROWS} entries")
        return listed


class Alike(Generic[T]):
    """``alike(row)`` is ``make(row)``, which is pure; machines of an estate repeat each other's rows: services, entries
    of the registry, updates. Bounded. What ``make`` raises is not remembered.
    """

    def __init__(self, make: Callable[[Data], T]) -> None:
        self._make = make
        self._made: dict[bytes, T] = {}

    def __len__(self) -> int:
        return len(self._made)

    def __call__(self, row: Data) -> T:
        key = marshal.dumps(cast("Any", row.told), 2)  # tells true, 1 and 1.0 apart, which are equal and hash alike
        known = self._made.get(key)
        return self._new(row, key) if known is None else known

    def all(self, data: Data, listed: str) -> list[T]:
        """Of a list without which there is no fact, row by row; what is known costs no more than its look-up."""
        dumps, known = marshal.dumps, self._made.get
        return [known(key := dumps(row, 2)) or self._new(Data(row), key) for row in data.needed_objects(listed)]

    def _new(self, row: Data, key: bytes) -> T:
        made = self._make(row)
        if len(key) <= LONGEST_ROW_KEPT:
            if len(self._made) >= MOST_ROWS_KEPT:
                self._made.clear()
            self._made[key] = made
        return made


def _bounded(key: str, value: int) -> int:
    if not 0 <= value <= MAX_NUMBER:
        raise _odd(key, "a number that Windows can hold")
    return value


def _odd(key: str, wanted: str) -> Unreadable:
    return Unreadable(f"{key} is not {wanted}")


def instant(moment: str) -> datetime | None:
    try:
        return datetime.fromisoformat(moment) if _MOMENT.fullmatch(moment) else None
    except ValueError:
        return None


@lru_cache(4096)
def as_day(text: str) -> str | None:
    """``2026-11-23`` of 2026-11-23, 20261123, 11/23/2026 (always American, whatever the machine's language)."""
    american = _AMERICAN_DAY.fullmatch(text)
    plain = _DAY.match(text)
    year, month, day = (
        (american[3], american[1], american[2]) if american else plain.groups() if plain else ("", "", "")
    )
    try:
        return datetime(int(year), int(month), int(day), tzinfo=UTC).date().isoformat()
    except ValueError:
        return None


def some(*flags: bool | None) -> bool | None:
    """True when one is; False only when all are known to be false."""
    return True if True in flags else None if None in flags else False


def first(*settings: int | None) -> int | None:
    """The first that is set; a setting that could not be read hides those behind it."""
    for setting in settings:
        if setting != NOT_SET:
            return setting
    return NOT_SET


def chosen(number: int | None, words: Mapping[int, str], otherwise: str = "unknown") -> str:
    return otherwise if number is None else words.get(number, otherwise)


def each(rows: Sequence[Data] | None) -> Iterator[Data]:
    return iter(rows or ())
