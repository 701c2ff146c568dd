"""The usual shape of a Windows probe: one section of the visit's PowerShell script, one pure parser of its data."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Generic, TypeVar

from inventory.asset import Asset, Privilege
from scanner.probes.windows.reading import Data
from scanner.query import Answer, Query, Unreadable, WindowsSection

F = TypeVar("F")
PREFIX = "windows_"  # of the facts' names; sections go without


def part(name: str) -> str:
    """The text of a ``.ps1`` file beside this one."""
    return (resources.files("scanner.probes.windows") / f"{name}.ps1").read_text("ascii")


@dataclass(frozen=True, slots=True)
class WindowsProbe(Generic[F]):
    """``reads`` gets the section's data. Raises :class:`Unreadable` or ``NotHere``, nothing else."""

    name: str
    section: WindowsSection
    reads: Callable[[Data], F]
    timed: Callable[[F, Data, Answer], F] | None = None  # for the one fact that needs to know when it was asked

    @property
    def privilege(self) -> Privilege:
        return self.section.privilege

    def query(self, asset: Asset, so_far: Sequence[Answer]) -> Query | None:  # noqa: ARG002 (asked of every asset)
        return None if so_far else self.section

    def parse(self, asset: Asset, answers: Sequence[Answer]) -> F:  # noqa: ARG002 (other probes judge by the asset)
        data = data_of(answers[0])
        fact = self.reads(data)
        return self.timed(fact, data, answers[0]) if self.timed else fact


def probe(
    name: str,
    reads: Callable[[Data], F],
    *,
    admin: bool = False,
    seconds: int = 15,
    timed: Callable[[F, Data, Answer], F] | None = None,
) -> WindowsProbe[F]:
    """The probe of fact ``windows_<name>``, asking what stands in ``<name>.ps1``."""
    privilege = Privilege.ROOT if admin else Privilege.USER
    return WindowsProbe(PREFIX + name, WindowsSection(PREFIX + name, part(name), privilege, seconds), reads, timed)


def data_of(answer: Answer) -> Data:
    """Raises :class:`Unreadable`. The transport wrote this JSON, but stored answers are read again too."""
    try:
        told: Any = json.loads(answer.output.decode())
    except (ValueError, RecursionError):
        raise Unreadable("the section's data is not JSON") from None
    if not isinstance(told, Mapping):
        raise Unreadable("the section's data is no JSON object")
    return Data(told)
