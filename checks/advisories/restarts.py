"""A fix that is on disk while a process still runs the file it replaced (patch-levels rule 16).

Which version that file was is not known: it was replaced, once or more often, after the process had loaded it. So no
weakness is named, only that the installed version has fixes that this process may lack.
"""

from collections.abc import Iterator, Mapping, Sequence

from checks.advisories.opinions import Opinion
from checks.advisories.verdict import Verdict
from checks.advisories.words import counted, some
from checks.finding import Ruling, Subject, failed, passed
from inventory.facts.processes import StaleLibraries, StaleProcess

UNKNOWN_VERSION = "which version still runs is not known, so no weakness is named"


def still_running(stale: StaleLibraries, opinion: Opinion | None) -> Iterator[Ruling]:
    """One finding for each program: restarting it is one action, whatever files it holds."""
    by_command: dict[str, list[StaleProcess]] = {}
    for item in stale.items:
        by_command.setdefault(item.command, []).append(item)
    fixed = _fixed(stale, opinion) if opinion else {}
    for command, items in sorted(by_command.items()):
        told = f"{_maps(command, items)}{_lacks(items, fixed)}"
        yield failed(told, Subject("process", command))
    if not by_command:
        yield passed("no process maps a library that is gone from disk")


def _maps(command: str, items: Sequence[StaleProcess]) -> str:
    files = [f"{item.library} of {item.package}" if item.package else item.library for item in items]
    were = "was" if len(files) == 1 else "were"
    number = counted(max(item.processes for item in items), "process", "processes")
    return f"{command} still maps {some(files)}, which {were} replaced ({number})"


def _fixed(stale: StaleLibraries, opinion: Opinion) -> Mapping[str, str]:
    """Owner of a replaced file -> which fix it has by now, of those that some advisory asked for."""
    owners = {item.package for item in stale.items if item.package}
    units = [unit for found in opinion.reached(owners).values() for unit in found] if owners else []
    told = {unit.package: f"{unit.package} {unit.version}, fixed since {unit.judged.reached}" for unit in units}
    return {package: f"{words}, by {opinion.name}" for package, words in told.items()}


def _lacks(items: Sequence[StaleProcess], fixed: Mapping[str, str]) -> str:
    which = sorted({fixed[item.package] for item in items if item.package in fixed})
    return f"; {some(which)}: {Verdict.FIXED_RESTART_PENDING.value}; {UNKNOWN_VERSION}" if which else ""
