"""Judging is pure: while a check judges, nothing may be opened, connected or started."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from checks.check import Check, Context
from checks.finding import CheckRun
from inventory.asset import Privilege

REFUSED = ("open", "os.", "socket.", "subprocess.", "sqlite3.", "import")
judging = 0


class Impure(BaseException):
    """A check touched the world. Not an ``Exception``: the boundary in ``Check`` must not hide it."""


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if judging and event.startswith(REFUSED):
        raise Impure(f"a check did {event} {arguments!r}")


sys.addaudithook(_refuse)  # hooks cannot be taken away again, hence one for the process and a switch


@pytest.fixture(autouse=True)
def sealed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Throw the switch for the time of each ``Check.judge``."""
    judge = Check.judge

    def watched(self: Check, context: Context, privileges: Mapping[str, Privilege]) -> tuple[CheckRun, ...]:
        global judging  # noqa: PLW0603  # read by the hook, which cannot be handed anything
        judging += 1
        try:
            return judge(self, context, privileges)
        finally:
            judging -= 1

    monkeypatch.setattr(Check, "judge", watched)
    yield
    assert judging == 0
