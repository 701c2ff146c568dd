"""The command line with shorter intervals, as a process: ``python -m tests.scanner.hurried serve ...``.

Only waiting is shortened: watches may be probed every second, vantage points keep a batch and are asked for it several
times a second. Everything else is the program's own, its processes and its protocol too.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from types import ModuleType
from typing import ParamSpec, TypeVar

from inventory.sources import watch_keys
from scanner.cli import main, serve, vantage

OFTEN = 0.3
P = ParamSpec("P")
R = TypeVar("R")


def hurry() -> None:
    watch_keys.SHORTEST_EVERY = 1.0
    _replace(serve, "_vantages", _hurried(serve._vantages, fetch_seconds=OFTEN))
    _replace(vantage, "_site", _hurried(vantage._site, batch_seconds=OFTEN))


def _hurried(made: Callable[P, R], **given: float) -> Callable[P, R]:
    """What it makes, with other waiting times."""

    @wraps(made)
    def hurried(*args: P.args, **named: P.kwargs) -> R:
        return replace(made(*args, **named), **given)  # type: ignore[type-var]  # both make data classes

    return hurried


def _replace(module: ModuleType, name: str, by: object) -> None:
    setattr(module, name, by)


if __name__ == "__main__":
    hurry()
    main.main()
