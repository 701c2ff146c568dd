"""Risk: severity moved by published rules, each of which prints its line (``docs/risk.md``). Pure arithmetic.

Severity is what a weakness is; risk is what it is here. Two numbers that are never mixed: nothing in this module writes
a severity. The thresholds come from a :class:`Rules`, which ``checks.risk_rules`` reads from YAML.

A finding is rated by its worst part. Parts are the CVEs of a missing update; any other finding is one part.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache

INTERNET, THIRD_PARTY, INTERNAL, ISOLATED = "internet", "third-party", "internal", "isolated"


class Level(StrEnum):
    """Of severity and of risk. UNRATED: nobody scored it; it is clocked as HIGH and shown apart."""

    CRITICAL = "critical"
    HIGH = "high"
    UNRATED = "unrated"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for critical .. 5 for info, for sorting."""
        return _RANKS[self]

    @property
    def clocked(self) -> "Level":
        """The level whose clocks run for it."""
        return Level.HIGH if self is Level.UNRATED else self


_RANKS = {level: rank for rank, level in enumerate(Level)}
_STEPS = (Level.CRITICAL, Level.HIGH, Level.MEDIUM, Level.LOW, Level.INFO)


def worst(levels: Iterable[Level]) -> Level:
    return min(levels, key=lambda level: level.rank)


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers of the rules, and which of them are switched off. They are kept with each scan.

    What a rule does with them is never changed: another way gets a field of its own, whose default is the old way, so
    that old evidence rated again under its own rules gives the old result.
    """

    version: str
    day: date
    source: str
    kev_least: Level = Level.HIGH
    kev_least_exposed: Level = Level.CRITICAL
    bod: tuple[tuple[str, Level], ...] = ()  # what the table says -> at least
    epss_raises: float = 0.10
    vital: int = 4  # criticality
    eol: Level = Level.HIGH
    eol_exposed: Level = Level.CRITICAL
    eol_within_a_year: Level = Level.MEDIUM
    device_least: Level = Level.HIGH
    epss_lowers: float = 0.01
    floor: Level = Level.MEDIUM  # of R7, for a score of floor_score or more
    floor_score: float = 7.0
    exposure: str = INTERNAL  # where it is not known
    criticality: int = 3
    off: tuple[tuple[str, str], ...] = ()  # rule -> the reason
    device_roles: frozenset[str] = frozenset()
    device_systems: tuple[str, ...] = ()
    ended_checks: tuple[str, ...] = ()  # patterns of check ids: support has ended
    ending_checks: tuple[str, ...] = ()  # it ends within 12 months
    digest: str = ""  # sha256 of the canonical JSON of all of it

    def on(self, rule: str) -> bool:
        return all(name != rule for name, _ in self.off)


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of one weakness, wherever it is found."""

    severity: Level  # UNRATED: no score and no vendor word
    score: float | None = None  # CVSS 3 base score; None: the severity is a word
    cve: bool = False  # False: no CVE, so that no list can name it
    kev: str = ""  # the day on which CISA listed it
    kev_known: bool = False  # a list was there to be asked
    epss: float | None = None
    bod: str = ""  # by when, by CISA's table
    bod_assumed: str = ""  # inputs that the table took by default


class Support(StrEnum):
    """Where a finding is about the end of support."""

    ENDED = "ended"
    ENDING = "ends within 12 months"


@dataclass(frozen=True, slots=True)
class Attested:
    """An assessor's word that an asset is isolated. It counts unless ``against`` says why not."""

    by: str
    evidence: str
    review: date
    against: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of the asset, as far as one kind of finding is concerned."""

    exposure: str | None = None  # internet, third-party, internal, isolated; None: not known
    criticality: int | None = None  # 1 low .. 4 vital
    support: Support | None = None  # None: not about the end of support
    exploited_since: str = ""  # a CVE of the same product line that was listed in KEV after its end of support
    security_device: str = ""  # why it is taken for a firewall, VPN or gateway; "": it is none
    patch: bool = False  # the finding is a missing patch or firmware
    attested: Attested | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A person's word over the rules. Both values are kept and printed."""

    level: Level
    actor: str
    role: str
    reason: str
    until: date
    at: str = ""


OVERRIDERS = frozenset({"accreditor", "assessor"})


@dataclass(frozen=True, slots=True)
class Risk:
    """``level`` counts. ``computed`` is what the rules gave, the same unless a person overrode it."""

    severity: Level
    computed: Level
    level: Level
    lines: tuple[str, ...] = ()  # one for each rule that fired, in order
    notes: tuple[str, ...] = ()  # why a rule that seems to apply did not
    part: str = ""  # the CVE that decided, "" the finding as a whole
    override: Override | None = None

    @property
    def moved(self) -> bool:
        return self.level is not self.severity


@dataclass
class _Walk:
    """The level on its way through the rules."""

    rules: Rules
    level: Level
    lines: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def to(self, rule: str, why: str, level: Level) -> None:
        before, after = self.level.value.upper(), level.value.upper()
        self.lines.append(f"{rule} {why}: {f'stays {after}' if before == after else f'{before} -> {after}'}")
        self.level = level

    def least(self, rule: str, why: str, level: Level) -> None:
        """At least that; an unrated one gets a rating."""
        self.to(rule, why, level if level.rank < self.level.clocked.rank or self._unrated(level) else self.level)

    def _unrated(self, level: Level) -> bool:
        return self.level is Level.UNRATED and level.rank <= Level.HIGH.rank


def rate(
    rules: Rules,
    severity: Level,
    parts: Iterable[tuple[str, Part]],
    place: Place,
    override: Override | None = None,
) -> Risk:
    """Of a finding that counts under ``severity``, with these parts by their names; there is at least one.

    The worst part decides; of several the first. ``override`` must be one that counts: see :func:`counts`.
    """
    rated = [(name, rate_part(rules, part, place)) for name, part in parts]
    name, computed = min(rated, key=lambda one: one[1].level.rank)
    risk = Risk(severity, computed.level, computed.level, computed.lines, computed.notes, name)
    if override is None or not rules.on("R10"):
        return risk
    return _overridden(risk, override)


def _overridden(risk: Risk, override: Override) -> Risk:
    moved = f"{risk.computed.value.upper()} -> {override.level.value.upper()}"
    who = f"{override.actor} ({override.role}) until {override.until}"
    line = f"R10 overridden by {who}, because {override.reason}: {moved}"
    lines = (*risk.lines, line)
    return Risk(risk.severity, risk.computed, override.level, lines, risk.notes, risk.part, override)


def counts(override: Override, today: date) -> bool:
    """Only of an accreditor or assessor, with a reason, and not after its last day."""
    return override.role in OVERRIDERS and bool(override.reason.strip()) and today <= override.until


@lru_cache(maxsize=65_536)  # ten thousand hosts share a few hundred weaknesses and a few dozen kinds of place
def rate_part(rules: Rules, part: Part, place: Place) -> Risk:
    """Of one part alone, before any override: each CVE of an update has its own clock."""
    walk = _Walk(rules, part.severity)
    exposure = place.exposure or rules.exposure
    for rule in _RULES:
        if rules.on(rule.__name__[1:].upper()):
            rule(walk, part, place, exposure)
    return Risk(part.severity, walk.level, walk.level, tuple(walk.lines), tuple(walk.notes))


def _r0(walk: _Walk, part: Part, _place: Place, _exposure: str) -> None:
    if part.severity is Level.UNRATED:
        walk.lines.append("R0 no score and no vendor word: UNRATED, clocked as HIGH")


def _r5(walk: _Walk, _part: Part, place: Place, exposure: str) -> None:
    """Sets where it starts, so it stands before the rules that raise."""
    rules = walk.rules
    if place.support is Support.ENDING:
        walk.to("R5", "support ends within 12 months, plan", rules.eol_within_a_year)
    elif place.support is Support.ENDED and exposure == INTERNET:
        walk.to("R5", "out of support, internet-facing", rules.eol_exposed)
    elif place.support is Support.ENDED and place.exploited_since:
        told = f"out of support, and {place.exploited_since} of this product line was listed in CISA KEV since"
        walk.to("R5", told, rules.eol_exposed)
    elif place.support is Support.ENDED:
        walk.to("R5", "out of support", rules.eol)


def _r8(walk: _Walk, _part: Part, place: Place, _exposure: str) -> None:
    """Moves nothing: says what the other rules took for what is not known."""
    rules = walk.rules
    taken: list[str] = []
    if place.exposure is None:
        taken.append(f"exposure not known, treated as {rules.exposure}")
    if place.criticality is None:
        taken.append(f"criticality not known, treated as {rules.criticality} of 4")
    if taken:
        walk.lines.append(f"R8 {'; '.join(taken)}: stays {walk.level.value.upper()}")


def _r1(walk: _Walk, part: Part, _place: Place, exposure: str) -> None:
    if not part.kev:
        return
    exposed = {INTERNET: "internet-facing", THIRD_PARTY: "on a third-party link"}.get(exposure, "")
    where = f", {exposed}" if exposed else ""
    least = walk.rules.kev_least_exposed if exposed else walk.rules.kev_least
    walk.least("R1", f"in CISA KEV since {part.kev}{where}", least)


def _r2(walk: _Walk, part: Part, _place: Place, _exposure: str) -> None:
    least = dict(walk.rules.bod).get(part.bod)
    if least is not None:
        assumed = f" (taken as {part.bod_assumed})" if part.bod_assumed else ""
        walk.least("R2", f"CISA BOD 26-04 says {part.bod}{assumed}", least)


def _r3(walk: _Walk, part: Part, _place: Place, exposure: str) -> None:
    if part.epss is not None and part.epss >= walk.rules.epss_raises and exposure == INTERNET:
        told = f"EPSS {part.epss:.5g} is {walk.rules.epss_raises:g} or more, internet-facing"
        walk.to("R3", told, _step(walk.level.clocked, -1))


def _r4(walk: _Walk, part: Part, place: Place, _exposure: str) -> None:
    """The severity decides, not what other rules made of it; what R5 set lower stays there."""
    criticality = place.criticality if place.criticality is not None else walk.rules.criticality
    if part.severity in (Level.HIGH, Level.CRITICAL) and walk.level is Level.HIGH and criticality >= walk.rules.vital:
        walk.to("R4", f"severity {part.severity.value.upper()}, criticality {criticality} of 4", Level.CRITICAL)


def _r6(walk: _Walk, _part: Part, place: Place, _exposure: str) -> None:
    if place.patch and place.security_device:
        walk.least("R6", f"a patch is missing on a security device ({place.security_device})", walk.rules.device_least)


def _r7(walk: _Walk, part: Part, place: Place, exposure: str) -> None:
    attested, rules = place.attested, walk.rules
    if attested is None:
        return
    refused = _not_lowered(walk, part, attested, exposure)
    if refused:
        walk.notes.append(f"R7 does not apply: {refused}")
        return
    lower = _step(walk.level, +1)
    if part.score is None or part.score >= rules.floor_score:
        lower = worst((lower, rules.floor))
    if lower.rank > walk.level.rank:
        told = f"isolated, attested by {attested.by} ({attested.evidence}, review by {attested.review})"
        walk.to("R7", f"{told}, EPSS {part.epss:.5g}", lower)


def _not_lowered(walk: _Walk, part: Part, attested: Attested, exposure: str) -> str:
    """Why not, "" if so. What is not known never lowers."""
    if attested.against:
        return attested.against
    if exposure in (INTERNET, THIRD_PARTY):
        return f"the inventory says that it is open to {exposure}"
    if not part.cve:
        return "no CVE, so no estimate says that it is not used"
    if part.kev or not part.kev_known:
        return "it is in CISA KEV" if part.kev else "no list of known exploited vulnerabilities was loaded"
    if part.epss is None or part.epss >= walk.rules.epss_lowers:
        known = "not known" if part.epss is None else f"{part.epss:.5g}"
        return f"its EPSS is {known}, below {walk.rules.epss_lowers:g} is needed"
    return "nobody rated it" if walk.level is Level.UNRATED else ""


def _step(level: Level, by: int) -> Level:
    """Never above critical, and never down to information: a weakness stays one."""
    if level is Level.INFO and by > 0:
        return level
    place = _STEPS.index(level) + by
    return _STEPS[max(0, min(place, _STEPS.index(Level.LOW)))]


_RULES = (_r0, _r5, _r8, _r1, _r2, _r3, _r4, _r6, _r7)  # R9: age never changes risk; R10 is a person's


def lines_of(risk: Risk) -> Iterator[str]:
    """The two numbers first, then every rule that moved the second, then what did not."""
    of = f" (by {risk.part})" if risk.part else ""
    yield f"severity {risk.severity.value.upper()}, risk {risk.level.value.upper()}{of}"
    yield from risk.lines
    yield from risk.notes
