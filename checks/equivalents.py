"""The table of rules of other tools that look for the same weakness as a check of ours.

``checks/policy/equivalents.yaml`` shows the form: version, date, and lines of ``ours``, ``reason`` and ``rules``.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files

from checks.document import Block, Fault, Items, read
from checks.lifecycle import canonical

NAME = "equivalents"
KEYS = frozenset({"ours", "reason", "rules"})


@dataclass(frozen=True, slots=True)
class Equivalent:
    ours: str  # id of a check of ours
    reason: str
    rules: tuple[str, ...]  # ids of imported checks; * stands for anything


@dataclass(frozen=True, slots=True)
class Equivalents:
    version: str
    table: tuple[Equivalent, ...]

    def ours(self, imported: str) -> str:
        """Our check that looks for the same; "" when there is none. The first line that fits counts."""
        return next((one.ours for one in self.table if any(fnmatchcase(imported, rule) for rule in one.rules)), "")


def parse(text: str) -> Equivalents:
    """Raises :class:`checks.document.Fault` with the line."""
    root = read(text)
    if not isinstance(root, Block) or not isinstance(root.get("equivalents"), Items):
        raise Fault(1, "the table is a mapping of version, date and equivalents")
    return Equivalents(str(root.get("version")), tuple(_lines(root["equivalents"])))


def _lines(listed: Items) -> Iterator[Equivalent]:
    for line, entry in listed.placed():
        if not isinstance(entry, Block) or entry.keys() != KEYS or not isinstance(entry["rules"], list):
            raise Fault(line, "each line has ours, reason and rules")
        rules = tuple(str(rule) for rule in entry["rules"])
        if not rules or not all(rule.startswith("import.") for rule in rules):
            raise Fault(line, f"{entry['ours']}: rules are ids of imported checks, import.<tool>.<rule>")
        yield Equivalent(str(entry["ours"]), str(entry["reason"]), rules)


@cache
def shipped() -> Equivalents:
    """The table that comes with the program."""
    place = files("checks").joinpath("policy", "equivalents.yaml")
    try:
        return parse(place.read_text("utf-8"))
    except Fault as fault:
        raise ValueError(f"checks/policy/equivalents.yaml:{fault.line}: {fault.what}") from fault


def as_text(table: Equivalents) -> str:
    """Canonical JSON, as a scan keeps it."""
    return canonical(asdict(table)).decode()


@lru_cache(maxsize=16)
def from_text(text: str) -> Equivalents:
    """What :func:`as_text` wrote. Raises :class:`ValueError` for anything else."""
    try:
        plain = json.loads(text)
        lines = (Equivalent(str(one["ours"]), str(one["reason"]), tuple(one["rules"])) for one in plain["table"])
        return Equivalents(str(plain["version"]), tuple(lines))
    except (TypeError, KeyError) as fault:
        raise ValueError(f"it has another form: {type(fault).__name__} {fault}") from None
