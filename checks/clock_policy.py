"""Clock policies: how long what may take, from which event on. The one place that reads ``checks/policy/clocks``.

A policy is YAML (docs/clocks.md has every key). Presets ship with us; a text of the user's with the id of a preset
takes its place. A policy is known by the sha256 of its values, so that a report says by which one it was made.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from importlib.resources import files
from typing import Any

from checks.check import Theme
from checks.document import Block, Fault, Items, only, read
from checks.finding import Severity
from checks.lifecycle import canonical

PRESETS = ("cisa-bod-26-04", "custom", "cyber-essentials", "moj", "ncsc")
UNRATED = "unrated"  # nobody scored it and the vendor has no word for it: clocked as high (domain.md, R0)
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


class Start(StrEnum):
    """From what a clock may count."""

    FIX_RELEASED = "fix-released"
    ALERT = "alert"  # published: the earliest of CVE, advisory and KEV
    DETECTED = "first-detected"
    TOLD = "told-supplier"


class Cause(StrEnum):
    """For what alone a clock may stand still (domain.md)."""

    NO_VENDOR_FIX = "no-vendor-fix"
    BUYER_DELAY = "buyer-delay"
    FORCE_MAJEURE = "force-majeure"


class Per(StrEnum):
    FINDING = "finding"
    MEMBER = "member"  # each CVE of a missing update has its own clock


@dataclass(frozen=True, slots=True)
class When:
    """What a rule is for; an empty part is no condition, and all parts that are given must hold."""

    level: tuple[str, ...] = ()
    theme: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    exposure: tuple[str, ...] = ()
    vendor: tuple[str, ...] = ()  # the vendor's word, in lower case
    bod: tuple[str, ...] = ()  # what CISA's table says
    score_at_least: float | None = None  # CVSS v3 base score
    unrated: bool = False  # neither a score nor a word of the vendor
    kev: bool | None = None
    fixable: bool | None = None  # the vendor has released a fix


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    days: int  # 0: at once, when the clock starts
    when: When
    start: Start
    otherwise: tuple[Start, ...]  # in this order, where the start event is not known
    target: int | None = None  # the earlier end of a range: told, never a breach


@dataclass(frozen=True, slots=True)
class ClockPolicy:
    id: str
    version: str
    title: str
    source: str
    date: str  # of the source, ISO
    zone: str  # IANA name: where days begin and end
    rules: tuple[Rule, ...]  # the first that fits
    working: bool = False
    holidays: str = ""  # GB-ENG: country and subdivision (ISO 3166); only of working days
    per: Per = Per.FINDING
    pauses: Mapping[Cause, int] = field(default_factory=dict, hash=False)  # cause -> most days of one pause
    continues_within_days: int = 30  # a regression sooner than this goes on with the old clock
    note: str = ""
    digest: str = ""  # sha256 of its values as canonical JSON

    @property
    def unit(self) -> str:
        return "working days" if self.working else "days"


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
    with _placed(where):
        return of_plain(_block(_blocks(plain), 0))


def of_plain(block: Block) -> ClockPolicy:
    """Raises :class:`Fault`. The digest is over the values: comments and order do not matter."""
    return _policy(block, hashlib.sha256(canonical(block)).hexdigest())


def _document(text: str, where: str) -> Any:  # noqa: ANN401 - whatever stands there
    if len(text) > MOST_CHARACTERS:
        raise BadClockPolicy(f"{where}: more than {MOST_CHARACTERS} characters is no clock policy")
    with _placed(where):
        return read(text)


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


def _blocks(value: Any) -> Any:  # noqa: ANN401 - JSON values in, the same as blocks out
    if isinstance(value, Mapping):
        block = Block(0)
        block.update({str(key): _blocks(item) for key, item in value.items()})
        return block
    if isinstance(value, list | tuple):
        items = Items(0)
        items.extend(_blocks(item) for item in value)
        items.lines = [0] * len(items)
        return items
    return value


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


def _policy(block: Block, digest: str) -> ClockPolicy:
    only(block, _KEYS)
    words = {key: _text(block, key) for key in ("id", "version", "title", "source", "date", "zone")}
    if not _ID.fullmatch(words["id"]):
        raise Fault(block.at("id"), "`id` must be lower-case letters, digits and hyphens, at most 60")
    _day(words["date"], block.at("date"))
    days = _one_of(block, "days", ("calendar", "working"), "calendar")
    holidays = _text(block, "holidays", "")
    if holidays and days != "working":
        raise Fault(block.at("holidays"), "holidays matter to working days only: write `days: working`")
    start = Start(_one_of(block, "start", tuple(Start)))
    otherwise = tuple(Start(word) for word in _words(block, "otherwise", tuple(Start)))
    return ClockPolicy(
        **words,
        working=days == "working",
        holidays=holidays,
        per=Per(_one_of(block, "per", tuple(Per), "finding")),
        pauses=_pauses(block),
        continues_within_days=_number(block, "continues_within_days", 30),
        note=_text(block, "note", ""),
        rules=tuple(_rules(block, start, otherwise)),
        digest=digest,
    )


def _pauses(block: Block) -> dict[Cause, int]:
    given = _block(block.get("pauses") or Block(block.line), block.at("pauses"))
    only(given, tuple(Cause))
    return {Cause(key): _number(given, key) for key in given}


def _rules(block: Block, start: Start, otherwise: tuple[Start, ...]) -> Iterable[Rule]:
    items = block.get("rules")
    if not isinstance(items, Items) or not items or len(items) > MOST_RULES:
        raise Fault(block.at("rules"), f"`rules` must be a list of 1 to {MOST_RULES} rules")
    seen: set[str] = set()
    for line, item in items.placed():
        rule = _rule(_block(item, line), start, otherwise)
        if rule.id in seen:
            raise Fault(line, f"the rule {rule.id!r} is here twice")
        seen.add(rule.id)
        yield rule


def _rule(block: Block, start: Start, otherwise: tuple[Start, ...]) -> Rule:
    only(block, ("id", "days", "target", "when", "start", "otherwise"))
    days = _number(block, "days")
    target = _number(block, "target") if "target" in block else None
    if target is not None and target > days:
        raise Fault(block.at("target"), "`target` is the earlier end of the range: not more than `days`")
    if "start" in block:
        start, otherwise = Start(_one_of(block, "start", tuple(Start))), ()
    if "otherwise" in block:
        otherwise = tuple(Start(word) for word in _words(block, "otherwise", tuple(Start)))
    when = _when(_block(block.get("when") or Block(block.line), block.at("when")))
    return Rule(_text(block, "id"), days, when, start, otherwise, target)


_LISTS: Mapping[str, tuple[str, ...]] = {
    "level": LEVELS,
    "theme": tuple(theme.value for theme in Theme),
    "kind": KINDS,
    "exposure": EXPOSURES,
    "vendor": (),
    "bod": BOD,
}


def _when(block: Block) -> When:
    only(block, (*_LISTS, "score_at_least", "unrated", "kev", "fixable"))
    listed = {key: _words(block, key, allowed) for key, allowed in _LISTS.items()}
    return When(
        level=listed["level"],
        theme=listed["theme"],
        kind=listed["kind"],
        exposure=listed["exposure"],
        vendor=listed["vendor"],
        bod=listed["bod"],
        score_at_least=_score(block),
        unrated=_flag(block, "unrated") or False,
        kev=_flag(block, "kev"),
        fixable=_flag(block, "fixable"),
    )


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


def _score(block: Block) -> float | None:
    value = block.get("score_at_least")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10:
        raise Fault(block.at("score_at_least"), "must be a CVSS v3 base score, 0 to 10")
    return float(value)


def _flag(block: Block, key: str) -> bool | None:
    value = block.get(key)
    if value is not None and not isinstance(value, bool):
        raise Fault(block.at(key), f"`{key}` must be true or false")
    return value


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
