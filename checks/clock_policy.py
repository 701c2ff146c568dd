"""Clock policies: how long what may take, from which event on. The one place that reads ``checks/policy/clocks``.

A policy is YAML (docs/clocks.md has every key). Presets ship with us; a text of the user's with the id of a preset
takes its place. A policy is known by the sha256 of its values, so that a report says by which one it was made.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from typing import Any

from checks.check import Theme
from checks.clock_types import UNRATED, Cause, ClockPolicy, Per, Start, from_json
from checks.document import Block, Fault, Items, only, read_shallow
from checks.finding import Severity

PRESETS = ("cisa-bod-26-04", "custom", "cyber-essentials", "moj", "ncsc")
LEVELS = (*(severity.value for severity in Severity), UNRATED)
KINDS = ("server", "workstation", "laptop", "network", "endpoint")
EXPOSURES = ("internet", "third-party", "internal", "isolated", "unknown")
BOD = ("3 days and forensic investigation", "3 days", "14 days", "60 days", "fix on system upgrade")
MOST_DAYS = 3660
MOST_RULES = 200
MOST_POLICIES = 50
MOST_CHARACTERS = 100_000
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


class BadClockPolicy(ValueError):
    """A policy that cannot be meant; the message says which, where and what to write."""


def preset(name: str) -> str:
    """The text of a policy that ships with us. Raises :class:`BadClockPolicy`."""
    if name not in PRESETS:
        raise BadClockPolicy(f"no clock policy is called {name[:40]!r}; there is {', '.join(PRESETS)}")
    return files("checks").joinpath("policy", "clocks", f"{name}.yaml").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What an inventory's own file says, or the name of a preset in its place."""

    use: tuple[str, ...] | None = None  # policies that hold for every finding; None: it does not say
    own: Mapping[str, ClockPolicy] = field(default_factory=dict)
    plain: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # as JSON values, by id


def chosen(text: str, where: str) -> Chosen:
    """A file is one policy, or ``use`` (names) and ``policies`` (a list). Raises :class:`BadClockPolicy`."""
    root = _document(text, where)
    with _placed(where):
        block = _block(root, 1)
        if "rules" in block:
            one = of_plain(block)
            return Chosen((one.id,), {one.id: one}, {one.id: block})
        only(block, ("use", "policies"))
        items = block.get("policies") or Items(block.line)
        if not isinstance(items, Items) or len(items) > MOST_POLICIES:
            raise Fault(block.at("policies"), f"`policies` must be a list of at most {MOST_POLICIES} policies")
        made = [(of_plain(_block(item, line)), item) for line, item in items.placed()]
        use = _words(block, "use", ()) if "use" in block else None
        own, plain = {p.id: p for p, _ in made}, {p.id: item for p, item in made}
        if len(own) < len(made):
            raise Fault(block.at("policies"), "two policies have the same id")
        return Chosen(use, own, plain)


def preset_plain(name: str) -> Mapping[str, Any]:
    """A preset as JSON values. Raises :class:`BadClockPolicy`."""
    block = _document(preset(name), name)
    with _placed(name):
        return _block(block, 1)


def parse(text: str, where: str) -> ClockPolicy:
    """``where`` is what messages call it. Raises :class:`BadClockPolicy` with the line."""
    root = _document(text, where)
    with _placed(where):
        return of_plain(_block(root, 1))


def stored(plain: Mapping[str, Any], where: str) -> ClockPolicy:
    """A policy as it was kept with a scan. Raises :class:`BadClockPolicy`."""
    try:
        return from_json(plain)
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise BadClockPolicy(f"{where} cannot be read back: {type(fault).__name__} {fault}") from None


def of_plain(block: Block) -> ClockPolicy:
    """Raises :class:`Fault` for what cannot be meant."""
    _check(block)
    return from_json(block)


def _document(text: str, where: str) -> Any:  # noqa: ANN401 - whatever stands there
    if len(text) > MOST_CHARACTERS:
        raise BadClockPolicy(f"{where}: more than {MOST_CHARACTERS} characters is no clock policy")
    with _placed(where):
        return read_shallow(text)


@contextmanager
def _placed(where: str) -> Iterator[None]:
    """A fault with its file and line."""
    try:
        yield
    except Fault as fault:
        raise BadClockPolicy(
            f"{where}:{fault.line}: {fault.what}" if fault.line else f"{where}: {fault.what}"
        ) from None
    except RecursionError:
        raise BadClockPolicy(f"{where}: nested too deep") from None


_KEYS = (
    "id",
    "version",
    "title",
    "source",
    "date",
    "zone",
    "days",
    "holidays",
    "per",
    "start",
    "otherwise",
    "pauses",
    "continues_within_days",
    "note",
    "rules",
)


def _check(block: Block) -> None:
    only(block, _KEYS)
    words = {key: _text(block, key) for key in ("id", "version", "title", "source", "date", "zone")}
    if not _ID.fullmatch(words["id"]):
        raise Fault(block.at("id"), "`id` must be lower-case letters, digits and hyphens, at most 60")
    _day(words["date"], block.at("date"))
    days = _one_of(block, "days", ("calendar", "working"), "calendar")
    if _text(block, "holidays", "") and days != "working":
        raise Fault(block.at("holidays"), "holidays matter to working days only: write `days: working`")
    _one_of(block, "start", tuple(Start))
    _words(block, "otherwise", tuple(Start))
    _one_of(block, "per", tuple(Per), "finding")
    _number(block, "continues_within_days", 30)
    _text(block, "note", "")
    pauses = _block(block.get("pauses") or Block(block.line), block.at("pauses"))
    only(pauses, tuple(Cause))
    for cause in pauses:
        _number(pauses, cause)
    _check_rules(block)


def _check_rules(block: Block) -> None:
    items = block.get("rules")
    if not isinstance(items, Items) or not items or len(items) > MOST_RULES:
        raise Fault(block.at("rules"), f"`rules` must be a list of 1 to {MOST_RULES} rules")
    seen: set[str] = set()
    for line, item in items.placed():
        name = _check_rule(_block(item, line))
        if name in seen:
            raise Fault(line, f"the rule {name!r} is here twice")
        seen.add(name)


def _check_rule(block: Block) -> str:
    only(block, ("id", "days", "target", "when", "start", "otherwise"))
    days = _number(block, "days")
    if "target" in block and _number(block, "target") > days:
        raise Fault(block.at("target"), "`target` is the earlier end of the range: not more than `days`")
    if "start" in block:
        _one_of(block, "start", tuple(Start))
    _words(block, "otherwise", tuple(Start))
    _check_when(_block(block.get("when") or Block(block.line), block.at("when")))
    return _text(block, "id")


_LISTS: Mapping[str, tuple[str, ...]] = {
    "level": LEVELS,
    "theme": tuple(theme.value for theme in Theme),
    "kind": KINDS,
    "exposure": EXPOSURES,
    "vendor": (),
    "bod": BOD,
}


def _check_when(block: Block) -> None:
    only(block, (*_LISTS, "score_at_least", "unrated", "kev", "fixable"))
    for key, allowed in _LISTS.items():
        _words(block, key, allowed)
    _score(block)
    for key in ("unrated", "kev", "fixable"):
        _flag(block, key)


# the shapes of values


def _block(value: Any, line: int) -> Block:  # noqa: ANN401 - whatever stands there
    if not isinstance(value, Block):
        raise Fault(line, "this must be a mapping: each key on its own line, followed by a colon")
    return value


def _text(block: Block, key: str, default: str | None = None) -> str:
    value = block.get(key, default)
    if not isinstance(value, str) or (not value.strip() and default is None) or len(value) > 2_000:
        raise Fault(block.at(key), f"`{key}` must be a text of at most 2000 characters; put it in quotes")
    return value.strip()


def _number(block: Block, key: str, default: int | None = None) -> int:
    value = block.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_DAYS:
        raise Fault(block.at(key), f"`{key}` must be a whole number of days, 0 to {MOST_DAYS}")
    return value


def _score(block: Block) -> None:
    value = block.get("score_at_least", 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10:
        raise Fault(block.at("score_at_least"), "must be a CVSS v3 base score, 0 to 10")


def _flag(block: Block, key: str) -> None:
    if not isinstance(block.get(key, False), bool):
        raise Fault(block.at(key), f"`{key}` must be true or false")


def _one_of(block: Block, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
    value = block.get(key, default)
    if value not in allowed:
        raise Fault(block.at(key), f"`{key}` must be one of {', '.join(allowed)}")
    return str(value)


def _words(block: Block, key: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """A list of words; one alone may stand without brackets. Any word will do where none are given to choose from."""
    value = block.get(key, Items(block.line))
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise Fault(block.at(key), f"`{key}` must be a list of words")
    for item in items:
        if allowed and item not in allowed:
            raise Fault(block.at(key), f"{item[:40]!r} is not known in `{key}`; it may be {', '.join(allowed)}")
    return tuple(item if allowed else item.lower() for item in items)


def _day(text: str, line: int) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise Fault(line, "`date` must be a day in quotes such as '2026-01-31'") from None
