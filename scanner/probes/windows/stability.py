"""Boots, crashes and lock-ups of the last 30 days, and signs that updating is stuck."""

import re
from collections.abc import Sequence

from inventory.facts.windows_stability import WindowsCrash, WindowsStability
from scanner.probes.windows.reading import Data, each, instant
from scanner.probes.windows.section import probe
from scanner.query import Unreadable

DAYS = 30
MOST_CRASHES = 200
_SAME_SECONDS = 900  # Kernel-Power 41 and the bugcheck's own event come with the same boot
_BUGCHECK = re.compile(r"(0x[0-9a-fA-F]{1,16})\b.*")
_KB = re.compile(r"KB ?(\d{5,8})\b", re.IGNORECASE)
_INSTALLED, _FAILED = 19, 20  # WindowsUpdateClient
_STUBBORN = 3  # failures in a row


def read_stability(data: Data) -> WindowsStability:
    updates, boots, servicing = data.rows("updates"), data.rows("boots"), data.rows("servicing")
    hardware = data.rows("hardware")
    return WindowsStability(
        booted_at=data.moment("booted") or None,
        days_since_boot=data.days_since("booted"),
        boots=None if boots is None else len(boots),
        crashes=_crashes(data),
        log_days=_reach(data, "oldest_System"),
        application_log_days=None if data.rows("hangs") is None else _reach(data, "oldest_Application"),
        update_failures=None if updates is None else sum(row.number("id") == _FAILED for row in updates),
        updates_failing=None if updates is None else _failing(updates, _reach(data, "oldest_System")),
        servicing_errors=None if servicing is None else len(servicing),
        fast_startup=data.part("registry").setting("HiberbootEnabled"),
        hardware_errors=None if hardware is None else len(hardware),
    )


def _reach(data: Data, key: str) -> int | None:
    days = data.days_since(key)
    return None if days is None else min(days, DAYS)


def _crashes(data: Data) -> tuple[WindowsCrash, ...] | None:
    """None unless the two sources that prove a crash could both be read."""
    if data.rows("bugchecks") is None or data.rows("power") is None:
        return None
    bugchecks = [WindowsCrash("bugcheck", _at(row), _code(row)) for row in each(data.rows("bugchecks"))]
    found = list(bugchecks)
    for row in each(data.rows("power")):
        code = _decimal(_value(row, 0))
        if not code:
            found.append(WindowsCrash("unexpected shutdown", _at(row), ""))
        elif not any(_together(_at(row), known.at) for known in bugchecks):
            found.append(WindowsCrash("bugcheck", _at(row), f"0x{code:08x}"))
    found += [WindowsCrash("hardware error", _at(row), "") for row in each(data.rows("hardware"))]
    found += [WindowsCrash("hang", _at(row), _value(row, 0)) for row in each(data.rows("hangs"))]
    return tuple(sorted(found, key=lambda one: (one.at, one.kind, one.detail), reverse=True)[:MOST_CRASHES])


def _at(row: Data) -> str:
    return row.moment("at") or ""


def _value(row: Data, place: int) -> str:
    values = row.texts("values") or ()
    return values[place] if place < len(values) else ""


def _code(row: Data) -> str:
    found = _BUGCHECK.fullmatch(_value(row, 0))
    return found[1].lower() if found else ""


def _decimal(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


def _together(one: str, other: str) -> bool:
    first, second = instant(one), instant(other)
    return first is not None and second is not None and abs((first - second).total_seconds()) <= _SAME_SECONDS


def _failing(rows: Sequence[Data], reach: int | None) -> tuple[str, ...] | None:
    """A log that does not reach back so far proves failures, and never that there were none."""
    return _stubborn(rows) or (() if reach == DAYS else None)


def _stubborn(rows: Sequence[Data]) -> tuple[str, ...]:
    """Updates whose newest attempts failed, three or more and none that succeeded since. Of an installation the title
    is the first value of its event, of a failure the second, behind the error's number."""
    failures: dict[str, int] = {}
    for row in sorted(rows, key=_at):
        number = row.number("id")
        if number is None:
            raise Unreadable("an event of the update agent has no number")
        title = _value(row, 0 if number == _INSTALLED else 1)
        named = _KB.search(title)
        name = f"KB{named[1]}" if named else title
        if number == _INSTALLED:
            failures.pop(name, None)
        elif number == _FAILED and name:
            failures[name] = failures.get(name, 0) + 1
    return tuple(sorted(name for name, count in failures.items() if count >= _STUBBORN))


STABILITY = probe("stability", read_stability, seconds=60)
