"""What is known of each finding and its asset, handed to the rules of risk (``checks.risk``). Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache

from checks.advisories.verdict import Verdict
from checks.check import Check, Theme
from checks.finding import Member, Severity
from checks.risk import Attested, Level, Override, Part, Place, Risk, Rules, Support, rate, rate_part
from inventory.asset import Asset
from inventory.estate import Service, Site
from inventory.policy import Isolation
from reports.firmware import DeviceFirmware
from reports.report import AssetCoverage, Issue, Occurrence

PATCHES = frozenset({Theme.MISSING_OS_PATCH, Theme.MISSING_APP_PATCH, Theme.FIRMWARE})
UPDATES = frozenset({"package", "patches", "firmware"})  # subjects that stand for an update
_SILENT = frozenset({Verdict.THIRD_PARTY_UNKNOWN.value})  # members that are no weakness
_ENDED = re.compile(r"\bon (\d{4}-\d\d-\d\d)")
_CVE = "CVE-"


@dataclass(frozen=True, slots=True)
class Basis:
    """What the rules look at beside the findings."""

    rules: Rules
    today: date  # of the scan's end
    kev_known: bool  # a list of known exploited vulnerabilities was loaded
    assets: Mapping[str, AssetCoverage]  # by uid
    services: Mapping[str, Service]
    sites: Mapping[str, Site]
    devices: Mapping[str, DeviceFirmware] = field(default_factory=dict)  # by uid
    isolations: tuple[Isolation, ...] = ()
    overrides: Mapping[str, Override] = field(default_factory=dict)  # by fingerprint; those that count


def rated(issues: Sequence[Issue], basis: Basis) -> tuple[Issue, ...]:
    """The same issues in the same order, each occurrence with its risk."""
    rater = Rater(basis, _listed(issues))
    return tuple(
        replace(issue, occurrences=tuple(replace(o, risk=rater.of(issue.check, o)) for o in issue.occurrences))
        for issue in issues
    )


def levels_of_members(issues: Sequence[Issue], basis: Basis) -> dict[str, Mapping[str, Level]]:
    """By fingerprint, the risk of each member before any override: each CVE of an update has its own clock."""
    rater = Rater(basis, _listed(issues))
    return {o.fingerprint: rater.of_members(issue.check, o) for issue in issues for o in issue.occurrences if o.members}


def _listed(issues: Iterable[Issue]) -> dict[str, list[tuple[str, str, str]]]:
    """Asset -> (day, CVE, subject) of everything there that is in KEV."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for issue in issues:
        for occurrence in issue.occurrences:
            for member in occurrence.members:
                if day := member.attributes.get("kev"):
                    found.setdefault(occurrence.asset_uid, []).append((day, member.id, occurrence.subject.key))
    return found


class Rater:
    def __init__(self, basis: Basis, listed: Mapping[str, list[tuple[str, str, str]]]) -> None:
        self._basis, self._listed = basis, listed
        self._risks: dict[tuple[object, Level, Place], Risk] = {}  # hosts that are alike share theirs
        self._assets: dict[str, Place] = {}
        self._places: dict[tuple[str, Support | None, str, bool], Place] = {}
        self._parts: dict[tuple[int, Level, bool], tuple[tuple[Member, ...], tuple[tuple[str, Part], ...]]] = {}
        self._levels: dict[tuple[int, Place, Level | None], tuple[tuple[Member, ...], Mapping[str, Level]]] = {}

    def of(self, check: Check, occurrence: Occurrence) -> Risk:
        counted = Level((occurrence.severity or check.severity).value)
        parts, place = self._parts_of(check, occurrence, counted), self._place(check, occurrence)
        override = self._basis.overrides.get(occurrence.fingerprint)
        if override is not None:
            return rate(self._basis.rules, counted, parts, place, override)
        key = (id(parts) if occurrence.members else parts, counted, place)
        known = self._risks.get(key)
        if known is None:
            known = self._risks[key] = rate(self._basis.rules, counted, parts, place)
        return known

    def _parts_of(self, check: Check, occurrence: Occurrence, counted: Level) -> tuple[tuple[str, Part], ...]:
        """Hosts share their lists of members, so each list is read once."""
        members = occurrence.members
        if not members:
            return (("", _whole(check, occurrence, counted)),)
        unfixed = check.theme is Theme.NO_VENDOR_FIX
        key = (id(members), counted, unfixed)
        known = self._parts.get(key)
        if known is None:
            made = _of_members(members, counted if unfixed else None, self._basis.kev_known)
            known = self._parts[key] = members, made or (("", Part(counted)),)  # held, so that its id stays its own
        return known[1]

    def of_members(self, check: Check, occurrence: Occurrence) -> Mapping[str, Level]:
        """Shared by hosts that share the members and are alike."""
        counted = Level((occurrence.severity or check.severity).value)
        place, at_most = self._place(check, occurrence), counted if check.theme is Theme.NO_VENDOR_FIX else None
        key = (id(occurrence.members), place, at_most)
        known = self._levels.get(key)
        if known is None:
            parts = {one.id: _part(one, at_most, self._basis.kev_known) for one in occurrence.members}
            levels = {name: rate_part(self._basis.rules, part, place).level for name, part in parts.items()}
            known = self._levels[key] = occurrence.members, levels  # held, so that its id stays its own
        return known[1]

    def _place(self, check: Check, occurrence: Occurrence) -> Place:
        """Of the asset, and of what this finding is about."""
        uid, support = occurrence.asset_uid, _support(check, self._basis.rules)
        since = self._since(uid, occurrence) if support is Support.ENDED else ""
        key = (uid, support, since, _update(check, occurrence))
        place = self._places.get(key)
        if place is None:
            if uid not in self._assets:
                self._assets[uid] = self._of_asset(uid)
            made = replace(self._assets[uid], support=support, exploited_since=since, patch=key[3])
            place = self._places[key] = made
        return place

    def _of_asset(self, uid: str) -> Place:
        basis, coverage = self._basis, self._basis.assets[uid]
        asset = coverage.asset
        service = basis.services.get(asset.service or "")
        criticality = asset.criticality if asset.criticality is not None else service.criticality if service else None
        return Place(
            exposure=asset.exposure,
            criticality=criticality,
            security_device=_security_device(asset, basis.devices.get(uid), basis.rules),
            attested=self._attested(coverage),
        )

    def _attested(self, coverage: AssetCoverage) -> Attested | None:
        """The attestation that counts longest, and what speaks against it."""
        asset = coverage.asset
        told = [one for one in self._basis.isolations if one.covers(asset.name, asset.groups)]
        if not told:
            return None
        best = max(told, key=lambda one: (one.review, one.id))
        against = _contradiction(coverage, self._basis.sites)
        if best.review < self._basis.today:
            against = f"the attestation {best.id} was to be reviewed by {best.review}"
        return Attested(best.assessor, best.evidence, best.review, against)

    def _since(self, uid: str, occurrence: Occurrence) -> str:
        """A CVE of the same product line that CISA listed after its support had ended; a day not told is no bar."""
        ended = max(_ENDED.findall(occurrence.observed), default="")
        line = occurrence.subject.key.partition(" ")[0].lower()
        listed = (cve for day, cve, subject in sorted(self._listed.get(uid, ())) if day >= ended and line in subject)
        return next(listed, "")


@lru_cache(maxsize=4_096)
def _about_support(check_id: str, ending: tuple[str, ...], ended: tuple[str, ...]) -> Support | None:
    if any(fnmatchcase(check_id, pattern) for pattern in ending):
        return Support.ENDING
    return Support.ENDED if any(fnmatchcase(check_id, pattern) for pattern in ended) else None


def _support(check: Check, rules: Rules) -> Support | None:
    return _about_support(check.id, rules.ending_checks, rules.ended_checks)


def _security_device(asset: Asset, device: DeviceFirmware | None, rules: Rules) -> str:
    role = next((role for role in asset.roles if role.lower() in rules.device_roles), "")
    if role:
        return f"role {role}"
    os = device.os if device else ""
    return os if os and any(fnmatchcase(os.lower(), name.lower()) for name in rules.device_systems) else ""


def _contradiction(coverage: AssetCoverage, sites: Mapping[str, Site]) -> str:
    """Whoever reaches it from outside its own zone has shown that it is not isolated."""
    asset = coverage.asset
    if not coverage.reached or asset.connection.way == "local" or asset.connection.bastion:
        return ""
    site = sites.get(asset.site or "")
    if site and asset.seen_from.zone == site.name:
        return ""
    stood = f"from {asset.seen_from.zone}" if asset.seen_from.zone else "from a place that the inventory does not name"
    return f"attested as isolated, but this scan reached it {stood}"


def _whole(check: Check, occurrence: Occurrence, counted: Level) -> Part:
    """A finding that is one weakness: of an update nobody rated the severity is a stand-in, of the rest its own."""
    return Part(Level.UNRATED if _update(check, occurrence) and occurrence.severity is None else counted)


def _update(check: Check, occurrence: Occurrence) -> bool:
    """A patch or firmware that is missing; not a setting, an approval or a comparison about patches."""
    return check.theme in PATCHES and (bool(occurrence.members) or occurrence.subject.kind in UPDATES)


def _of_members(members: Iterable[Member], at_most: Level | None, kev_known: bool) -> tuple[tuple[str, Part], ...]:
    """Each different one once, by the first CVE that is like it."""
    found: dict[Part, str] = {}
    for member in members:
        if member.verdict not in _SILENT:
            found.setdefault(_part(member, at_most, kev_known), member.id)
    return tuple((name, part) for part, name in found.items())


def _part(member: Member, at_most: Level | None, kev_known: bool) -> Part:
    """``at_most``: what the finding counts under, where the vendor has no fix and its weaknesses are told apart."""
    said = member.attributes
    severity = Level(member.severity.value) if isinstance(member.severity, Severity) else Level.UNRATED
    return Part(
        severity=severity if at_most is None or severity.rank > at_most.rank else at_most,
        score=_number(said.get("score", ""), 10),
        cve=member.id.startswith(_CVE),
        kev=said.get("kev", ""),
        kev_known=kev_known,
        epss=_number(said.get("epss", ""), 1),
        bod=said.get("bod", ""),
        bod_assumed=said.get("bod_assumed", ""),
    )


def _number(text: str, most: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= most else None
