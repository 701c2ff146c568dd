"""Patterns of the inventory, tried on what strangers sent: a slow one must not hold up every other probe."""

import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import FrameType

from scanner.transports.endpoints.faults import Blind

MAX_SECONDS = 0.5  # one megabyte takes a sane pattern a few milliseconds
_REPEATS = frozenset("*+{")


class _TooSlow(Exception):
    pass


def found(pattern: str, said: bytes) -> "re.Match[bytes] | None":
    """Raises :class:`Blind` when the pattern takes too long on this: that says nothing of the service."""
    wanted = _compiled(pattern)
    if not _REPEATS.intersection(pattern) or threading.current_thread() is not threading.main_thread():
        return wanted.search(said)
    try:
        with _limited():
            return wanted.search(said)
    except _TooSlow:
        raise Blind(f"the pattern {pattern!r} takes too long on {len(said)} bytes: write a simpler one") from None


@lru_cache(maxsize=10_000)
def _compiled(pattern: str) -> "re.Pattern[bytes]":
    return re.compile(pattern.encode())


@contextmanager
def _limited() -> Iterator[None]:
    """The matcher looks for signals while it runs; nothing else in Python can stop it."""
    before = signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, MAX_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise _TooSlow
