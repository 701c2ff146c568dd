"""The rules of accreditation: their shapes, and how they are read from plain values. Pure, standard library only.

Every rule is an upper bound on a count or a lower bound on coverage, so that no policy can reward less evidence or
punish a fix (checks/accreditation.py).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from checks.check import Theme
from checks.coverage import Step
from checks.finding import Severity
from checks.lifecycle import canonical

MOST_LINES = 200
_TEXT = 1000


class Wrong(ValueError):
    """What is wrong with a policy, in which of its mappings, at which key."""

    def __init__(self, where: Mapping[str, Any], key: str, what: str) -> None:
        super().__init__(what)
        self.where, self.key, self.what = where, key, what


class Verdict(StrEnum):
    """Best first. INSUFFICIENT EVIDENCE says that nobody can tell."""

    ACCREDIT = "ACCREDIT"
    CONDITIONS = "ACCREDIT WITH CONDITIONS"
    DOWNGRADE = "DOWNGRADE"
    WITHDRAW = "WITHDRAW"
    INSUFFICIENT = "INSUFFICIENT EVIDENCE"

    @property
    def rank(self) -> int:
        return tuple(Verdict).index(self)


@dataclass(frozen=True, slots=True)
class CoverageBound:
    """At least so much of the assets got at least so far."""

    step: Step
    at_least: int  # per cent
    external: bool = False  # only what can be reached from outside
    per_area: bool = False  # each area on its own


@dataclass(frozen=True, slots=True)
class DataBound:
    """No data that weaknesses are judged by is older. A publisher that seldom says something new has its own limit."""

    days: int


@dataclass(frozen=True, slots=True)
class DoubtBound:
    """At most so many assets whose identity a person must review."""

    at_most: int


@dataclass(frozen=True, slots=True)
class CountBound:
    """At most so many issues, or occurrences, of which all that is said here is true."""

    occurrences: bool  # False: issues with at least one such occurrence
    at_most: int
    level: Severity | None = None  # this or worse
    exploited: bool = False
    exposed: bool = False
    overdue: bool = False
    accepted: bool = False  # True: only what runs on an acceptance of risk; False: only what does not
    themes: frozenset[Theme] = frozenset()


Bound = CoverageBound | DataBound | DoubtBound | CountBound


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    title: str
    bound: Bound
    otherwise: Verdict  # INSUFFICIENT for a line of the gate


@dataclass(frozen=True, slots=True)
class Policy:
    name: str
    version: str
    date: str
    source: str
    gate: tuple[Rule, ...]
    rules: tuple[Rule, ...]
    text: str  # canonical JSON: what is kept with a scan
    digest: str  # sha256 of that text


_TOP = ("name", "version", "date", "source", "gate", "rules")
_COVERAGE = ("coverage", "of", "per", "at_least")
_COUNT = ("count", "level", "exploited", "exposed", "overdue", "accepted", "themes", "at_most")
_KINDS = {
    "coverage": _COVERAGE,
    "data_days": ("data_days",),
    "identities_in_doubt": ("identities_in_doubt",),
    "count": _COUNT,
}
Block = Mapping[str, Any]
_MEASURES = "a line measures one of coverage, data_days, identities_in_doubt and count"


def policy_of(root: Mapping[str, Any]) -> Policy:
    """Raises :class:`Wrong` at the first fault."""
    _only(root, _TOP)
    said = {key: _text(root, key) for key in ("name", "version", "date", "source")}
    gate = tuple(_rule(block, gate=True) for block in _items(root, "gate"))
    rules = tuple(_rule(block, gate=False) for block in _items(root, "rules"))
    if not any(isinstance(line.bound, CoverageBound) for line in gate):
        raise Wrong(root, "gate", "a gate needs a line of coverage; without one, not looking would be the best look")
    _no_doubles(root, [*gate, *rules])
    plain = canonical(root).decode()
    return Policy(**said, gate=gate, rules=rules, text=plain, digest=hashlib.sha256(plain.encode()).hexdigest())


def _no_doubles(root: Block, rules: Sequence[Rule]) -> None:
    ids = [rule.id for rule in rules]
    doubles = [one for one in ids if ids.count(one) > 1]
    if doubles:
        raise Wrong(root, "rules", f'the id "{doubles[0]}" is here twice')


def _items(root: Block, key: str) -> list[Block]:
    value = root.get(key)
    if not isinstance(value, list) or not 0 < len(value) <= MOST_LINES:
        raise Wrong(root, key, f"`{key}` must be a list of 1 to {MOST_LINES} lines")
    if not all(isinstance(item, Mapping) for item in value):
        raise Wrong(root, key, f"a line of `{key}` is a mapping with id, title and what it measures")
    return value


def _only(block: Block, known: Sequence[str]) -> None:
    for key in block:
        if key not in known:
            raise Wrong(block, key, f'unknown key "{key}"{_nearest(key, known)}')


def _nearest(word: str, known: Sequence[str]) -> str:
    close = get_close_matches(word[:64], known, n=1)
    return f'; did you mean "{close[0]}"?' if close else ""


def _rule(block: Block, *, gate: bool) -> Rule:
    kinds = [kind for kind in _KINDS if kind in block]
    if len(kinds) != 1:
        raise Wrong(block, "id", f"{_MEASURES}; this has {len(kinds)} of them")
    kind = kinds[0]
    if gate and kind == "count":
        raise Wrong(block, kind, "what was found does not belong to the gate; write this line under `rules`")
    _only(block, ("id", "title", *_KINDS[kind], *(() if gate else ("otherwise",))))
    made = {"coverage": _coverage, "data_days": _data, "identities_in_doubt": _doubt, "count": _count}[kind](block)
    return Rule(_text(block, "id"), _text(block, "title"), made, Verdict.INSUFFICIENT if gate else _otherwise(block))


def _coverage(block: Block) -> Bound:
    return CoverageBound(
        step=Step(_word(block, "coverage", [s.value for s in Step if s is not Step.KNOWN])),
        at_least=_number(block, "at_least", 100),
        external=_word(block, "of", ["all", "external"], "all") == "external",
        per_area=_word(block, "per", ["estate", "area"], "estate") == "area",
    )


def _data(block: Block) -> Bound:
    return DataBound(_number(block, "data_days", 3650))


def _doubt(block: Block) -> Bound:
    return DoubtBound(_number(block, "identities_in_doubt", 1_000_000))


def _count(block: Block) -> Bound:
    level = _word(block, "level", [s.value for s in Severity]) if "level" in block else None
    return CountBound(
        occurrences=_word(block, "count", ["issues", "occurrences"]) == "occurrences",
        at_most=_number(block, "at_most", 1_000_000_000),
        level=Severity(level) if level else None,
        themes=_themes(block),
        **{key: _flag(block, key) for key in ("exploited", "exposed", "overdue", "accepted")},
    )


def _otherwise(block: Block) -> Verdict:
    worse = [v.value for v in (Verdict.CONDITIONS, Verdict.DOWNGRADE, Verdict.WITHDRAW)]
    return Verdict(_word(block, "otherwise", worse))


def _themes(block: Block) -> frozenset[Theme]:
    named = block.get("themes", [])
    known = [theme.name for theme in Theme]
    if not isinstance(named, list) or any(name not in known for name in named):
        raise Wrong(block, "themes", f"`themes` must be a list of {', '.join(known)}")
    return frozenset(Theme[name] for name in named)


def _text(block: Block, key: str) -> str:
    value = block.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > _TEXT or not value.isprintable():
        raise Wrong(block, key, f"`{key}` must be a text of at most {_TEXT} characters; put it in quotes")
    return value


def _word(block: Block, key: str, allowed: list[str], default: str = "") -> str:
    value = block.get(key, default)
    if value not in allowed:
        near = _nearest(value, allowed) if isinstance(value, str) else ""
        raise Wrong(block, key, f"`{key}` must be one of {', '.join(allowed)}{near}")
    return str(value)


def _number(block: Block, key: str, most: int) -> int:
    value = block.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Wrong(block, key, f"`{key}` must be a whole number from 0 to {most}")
    return value


def _flag(block: Block, key: str) -> bool:
    value = block.get(key, False)
    if not isinstance(value, bool):
        raise Wrong(block, key, f"`{key}` must be true or false")
    return value
