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
MOST_KEPT, LONGEST_KEPT = 4_096, 4_096  # sections, and bytes of one
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
        if self.timed is None:
            return _SECTIONS.read(self.reads, answers[0])
        data = data_of(answers[0])
        return self.timed(self.reads(data), data, answers[0])


class Sections:
    """Facts of short sections, by what they were read from: machines under one policy have the same settings.

    Bounded. What reading raises is not remembered.
    """

    def __init__(self) -> None:
        self._facts: dict[tuple[object, bytes], Any] = {}

    def __len__(self) -> int:
        return len(self._facts)

    def read(self, reads: Callable[[Data], F], answer: Answer) -> F:
        if len(answer.output) > LONGEST_KEPT:
            return reads(data_of(answer))
        key = reads, answer.output
        known: F | None = self._facts.get(key)
        if known is None:
            known = reads(data_of(answer))
            if len(self._facts) >= MOST_KEPT:
                self._facts.clear()
            self._facts[key] = known
        return known


_SECTIONS = Sections()


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
