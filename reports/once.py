"""What several chapters of a report ask of the same data is worked out once, and forgotten with the data. Pure."""

import functools
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

from reports.report import ReportData

T = TypeVar("T")
known: dict[int, dict[str, Any]] = {}  # by id(): a report is compared by all its fields, and some have no hash


def once(work: Callable[[ReportData], T]) -> Callable[[ReportData], T]:
    """For a pure function whose result nobody changes. Two reports with the same fields are two reports here."""
    name = f"{work.__module__}.{work.__qualname__}"

    @functools.wraps(work)
    def told(data: ReportData) -> T:
        mine = known.get(id(data))
        if mine is None:
            mine = known[id(data)] = {}
            weakref.finalize(data, known.pop, id(data), None).atexit = False
        if name not in mine:
            mine[name] = work(data)
        found: T = mine[name]
        return found

    return told
