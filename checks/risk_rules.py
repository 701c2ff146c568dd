"""The rules of risk as files: the one that ships, and the organisation's own over it. The one place that reads them.

A file of one's own has the same shape and names only what differs (docs/risk.md)::

    version: acme-3
    date: "2026-11-01"
    source: Acme security board, minutes 14
    rules:
      R3: {epss: 0.05}
      R7: {off: we do not accept isolation as a reason}

What is in force is kept with each scan as canonical JSON: :func:`as_text` and :func:`from_text`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from checks.document import Block, Fault, Items, nearest, only, read, read_shallow
from checks.risk import INTERNAL, INTERNET, THIRD_PARTY, Level, Rules
from checks.risk_stored import as_text as as_text  # callers know it by this module
from checks.risk_stored import rules_from, stamped

SHIPPED = "checks/policy/risk.yaml"
MAX_CHARACTERS = 100_000
MAX_WORDS = 200
LEAST_UNKNOWN = 3  # criticality of an asset of which nobody said it
RULES = tuple(f"R{number}" for number in range(11))
PRINCIPLES = frozenset({"R0", "R8", "R9"})  # without them a gap in what is known would lower a risk
_TOP = ("version", "date", "source", "rules")
_SAID = ("when", "effect", "off")  # of every rule: words for the reader, and the reason why it is off
_LEVELS = tuple(level.value for level in Level if level is not Level.UNRATED)


class BadRiskRules(ValueError):
    """Rules that cannot be used. The message names the file, the line, what is wrong and what to write."""


@dataclass(frozen=True, slots=True)
class Told:
    """One rule as it is printed."""

    id: str
    when: str
    effect: str


def shipped() -> Rules:
    return _shipped()[0]


def table(rules: Rules | None = None) -> tuple[Told, ...]:
    """R0 to R10 in words, with the values of ``rules``; None: as they ship."""
    return tuple(_filled(one, rules or shipped()) for one in _shipped()[1])


def _filled(told: Told, rules: Rules) -> Told:
    values = {key: getattr(rules, field) for key, (field, _) in _PARAMETERS.get(told.id, {}).items()}
    shown = {key: _shown(value) for key, value in values.items()}
    return Told(told.id, told.when.format(**shown), told.effect.format(**shown))


def _shown(value: object) -> str:
    if isinstance(value, Level):
        return value.value.upper()
    return f"{value:g}" if isinstance(value, float) else str(value)


@cache
def _shipped() -> tuple[Rules, tuple[Told, ...]]:
    text = files("checks").joinpath("policy", "risk.yaml").read_text("utf-8")
    rules = parse(text, SHIPPED, Rules("", date.min, ""))
    said = _block(read(text), "rules")
    return rules, tuple(Told(name, str(said[name]["when"]), str(said[name]["effect"])) for name in RULES)


def parse(text: str, name: str, over: Rules | None = None) -> Rules:
    """A file over ``over``, the rules that ship where that is None. ``name`` is what messages call the file.

    Raises :class:`BadRiskRules`.
    """
    if len(text) > MAX_CHARACTERS:
        raise BadRiskRules(f"{name}: more than {MAX_CHARACTERS} characters are no rules of risk")
    try:
        return _rules(read_shallow(text), over or shipped())
    except Fault as fault:
        raise BadRiskRules(f"{name}:{fault.line}: {fault.what}") from None


def _rules(root: Any, over: Rules) -> Rules:  # noqa: ANN401 - whatever the file holds
    if not isinstance(root, Block):
        raise Fault(1, "the file must be a mapping with version, date, source and rules")
    only(root, _TOP)
    rules = replace(over, version=_text(root, "version"), day=_day(root), source=_text(root, "source"))
    said = _block(root, "rules")
    only(said, RULES)
    for name in said:
        rules = _rule(rules, name, _block(said, name))
    _ordered(said, rules)
    return stamped(rules)


def _ordered(said: Block, rules: Rules) -> None:
    """More exposure never lowers."""
    if rules.kev_least_exposed.rank > rules.kev_least.rank:
        raise Fault(said.at("R1"), "`least_exposed` must not be milder than `least`")
    if rules.eol_exposed.rank > rules.eol.rank:
        raise Fault(said.at("R5"), "`ended_exposed` must not be milder than `ended`")


def _rule(rules: Rules, name: str, block: Block) -> Rules:
    known = _PARAMETERS.get(name, {})
    only(block, (*_SAID, *known))
    if "off" in block and name in PRINCIPLES:
        raise Fault(block.at("off"), f"{name} cannot be switched off: what is not known would lower a risk")
    if "off" in block:
        rest = tuple(one for one in rules.off if one[0] != name)
        rules = replace(rules, off=tuple(sorted((*rest, (name, _text(block, "off"))))))
    made = {field: read_one(block, key) for key, (field, read_one) in known.items() if key in block}
    return replace(rules, **made)


def _block(block: Any, key: str) -> Block:  # noqa: ANN401 - whatever stands there
    value = block.get(key) if isinstance(block, Block) else None
    if not isinstance(value, Block):
        line = block.at(key) if isinstance(block, Block) else 1
        raise Fault(line, f"`{key}` must be a mapping: each key on its own line, followed by a colon")
    return value


def _text(block: Block, key: str) -> str:
    value = block.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > 1_000 or not value.isprintable():
        raise Fault(block.at(key), f"`{key}` must be a text of at most 1000 characters on one line; put it in quotes")
    return value.strip()


def _day(block: Block) -> date:
    try:
        return date.fromisoformat(_text(block, "date"))
    except ValueError:
        raise Fault(block.at("date"), '`date` must be a day in quotes, such as "2026-11-01"') from None


def _level(block: Block, key: str) -> Level:
    return _named(block.get(key), block.at(key), key)


def _named(value: object, line: int, key: str) -> Level:
    if value not in _LEVELS:
        raise Fault(line, f"`{key}` must be one of {', '.join(_LEVELS)}{nearest(str(value), list(_LEVELS))}")
    return Level(str(value))


def _share(block: Block, key: str) -> float:
    return _number(block, key, 0, 1)


def _score(block: Block, key: str) -> float:
    return _number(block, key, 0, 10)


def _number(block: Block, key: str, least: float, most: float) -> float:
    value = block.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise Fault(block.at(key), f"`{key}` must be a number from {least:g} to {most:g}")
    return float(value)


def _criticality(block: Block, key: str) -> int:
    value = block.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 4:
        raise Fault(block.at(key), f"`{key}` must be a whole number from 1 to 4")
    return value


def _unknown_criticality(block: Block, key: str) -> int:
    """What is not known is never taken for less than 3."""
    value = _criticality(block, key)
    if value < LEAST_UNKNOWN:
        raise Fault(block.at(key), f"`{key}` must be {LEAST_UNKNOWN} or more: what is not known lowers nothing")
    return value


def _exposure(block: Block, key: str) -> str:
    value = block.get(key)
    allowed = (INTERNAL, THIRD_PARTY, INTERNET)
    if value not in allowed:
        raise Fault(block.at(key), f"`{key}` must be one of {', '.join(allowed)}: what is not known lowers nothing")
    return str(value)


def _words(block: Block, key: str) -> tuple[str, ...]:
    value = block.get(key)
    if not isinstance(value, Items) or len(value) > MAX_WORDS or not all(isinstance(one, str) and one for one in value):
        raise Fault(block.at(key), f"`{key}` must be a list of at most {MAX_WORDS} texts")
    return tuple(value)


def _word_set(block: Block, key: str) -> frozenset[str]:
    return frozenset(_words(block, key))


def _by_row(block: Block, key: str) -> tuple[tuple[str, Level], ...]:
    rows = _block(block, key)
    return tuple(sorted((row, _named(rows[row], rows.at(row), row)) for row in rows))


# rule -> key in the file -> field of Rules, and how its value is read
_PARAMETERS: Mapping[str, Mapping[str, tuple[str, Callable[[Block, str], Any]]]] = {
    "R1": {"least": ("kev_least", _level), "least_exposed": ("kev_least_exposed", _level)},
    "R2": {"least": ("bod", _by_row)},
    "R3": {"epss": ("epss_raises", _share)},
    "R4": {"criticality": ("vital", _criticality)},
    "R5": {
        "ended": ("eol", _level),
        "ended_exposed": ("eol_exposed", _level),
        "ending": ("eol_within_a_year", _level),
        "ended_checks": ("ended_checks", _words),
        "ending_checks": ("ending_checks", _words),
    },
    "R6": {
        "least": ("device_least", _level),
        "roles": ("device_roles", _word_set),
        "systems": ("device_systems", _words),
    },
    "R7": {"epss": ("epss_lowers", _share), "floor": ("floor", _level), "floor_score": ("floor_score", _score)},
    "R8": {"exposure": ("exposure", _exposure), "criticality": ("criticality", _unknown_criticality)},
}


@lru_cache(maxsize=64)
def from_text(text: str) -> Rules:
    """What :func:`as_text` wrote. Raises :class:`BadRiskRules`."""
    try:
        return rules_from(text)
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        raise BadRiskRules(f"the rules of risk that were kept with the scan are not readable: {fault}") from None
