"""The usual shape of a Unix probe: one section of the visit's script, one pure parser."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from inventory.asset import Asset, Privilege
from inventory.facts.missing import Reason
from scanner.query import (
    EXIT_ABSENT,
    EXIT_NO_TOOL,
    EXIT_NOT_ALLOWED,
    EXIT_TIMED_OUT,
    Answer,
    NotHere,
    Query,
    Script,
    Unreadable,
)

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class ScriptProbe(Generic[F]):
    """``reads`` gets the section's whole text. A section that must know the asset comes from ``script_for``.

    It may return None: then nothing is asked, and ``nothing_asked`` is the sentence that says why.
    ``tool`` names what the section needs, for the sentence when it is not installed.
    """

    name: str
    script: Script
    reads: Callable[[str], F]
    tool: str = "the tool that answers"
    script_for: Callable[[Asset], Script | None] | None = None
    nothing_asked: str = "the inventory names nothing to look at"

    @property
    def privilege(self) -> Privilege:
        return self.script.privilege

    def query(self, asset: Asset, so_far: Sequence[Answer]) -> Query | None:
        if so_far:
            return None
        return self.script_for(asset) if self.script_for else self.script

    def parse(self, asset: Asset, answers: Sequence[Answer]) -> F:  # noqa: ARG002 (other probes judge by the asset)
        answer = answers[0]
        refuse_spoken_exit(answer, self.tool)
        return self.reads(answer.text)


def refuse_spoken_exit(answer: Answer, tool: str) -> None:
    """Turn the three speaking exit codes, and a section that ran too long, into what they mean."""
    if answer.exit_code == EXIT_ABSENT:
        raise NotHere(answer.text.strip() or "this host has no such thing")
    if answer.exit_code == EXIT_NO_TOOL:
        raise Unreadable(f"{tool} is not installed", Reason.COLLECTOR_MISSING)
    if answer.exit_code == EXIT_NOT_ALLOWED:
        raise Unreadable("this account may not read it", Reason.PRIVILEGE_TOO_LOW)
    if answer.exit_code == EXIT_TIMED_OUT:
        raise Unreadable("the section ran longer than it may", Reason.TIMED_OUT)


def fields(text: str, separator: str = "=") -> dict[str, str]:
    """``key=value`` lines as a mapping; lines without the separator are passed over, the first of two keys wins."""
    pairs = (line.partition(separator) for line in text.splitlines())
    found: dict[str, str] = {}
    for key, sign, value in pairs:
        if sign:
            found.setdefault(key.strip(), value.strip())
    return found


def number(text: str) -> int | None:
    """A whole number, or None; never an exception, never a number of absurd length."""
    stripped = text.strip()
    digits = stripped.removeprefix("-")
    return int(stripped) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None
