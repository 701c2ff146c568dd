"""Puts together again, from the rows of a pack, what risk, clocks and verdict are computed from.

From the rows come assets, how far the scan got with them, judgements with their members, contracts and services. From
the report itself come the words that only checks know (title, theme and own severity of each), which occurrences make
one issue, the age of data sources, and the system of a network device.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from checks.check import Check, Remedy, Theme
from checks.clock_life import Life, life_of
from checks.finding import Member, Outcome, Severity, Subject
from checks.overrides import overrides
from checks.risk import Override
from checks.stored import load
from inventory.asset import Asset, Connection, Privilege
from inventory.estate import Estate
from reports.firmware import DeviceFirmware
from reports.report import AssetCoverage, Issue, Occurrence
from scanner.service.report_pack.history import Happening
from scanner.service.report_pack.tables import Fail, Planned, Record

Json = Mapping[str, Any]
KEV = "kev"  # name of a feed


@dataclass
class Rebuilt:
    """``issues`` as the report groups them; ``fixed`` as each was when it failed last."""

    estate: Estate
    started: datetime
    end: datetime
    checks: Mapping[str, Check]
    assets: tuple[AssetCoverage, ...]
    issues: tuple[Issue, ...]
    fixed: tuple[Occurrence, ...]
    carried: tuple[Occurrence, ...]
    absent: tuple[AssetCoverage, ...]
    devices: tuple[DeviceFirmware, ...]
    kev_known: bool
    policies: Mapping[str, str]  # as the scan kept them
    lives: Mapping[str, Life]
    overrides: Mapping[str, Override]
    looked_days: int  # age of the oldest look


def rebuilt(report: Json, record: Record, happened: Sequence[Happening]) -> Rebuilt:
    """Raises whatever rows of another form make Python raise."""
    started = _moment(record.row["started_at"])
    end = _moment(record.ended_at) if record.ended_at else started
    work = _Work(report, record)
    assets = tuple(work.asset(row) for row in report["assets"])
    carried = tuple(work.carried(row) for row in report.get("carried") or ())
    known = {one.uid for one in assets}
    plan = record.plan(record.scan)
    return Rebuilt(
        estate=load(Estate, record.texts[int(record.row["estate_id"])]),
        started=started,
        end=end,
        checks=work.checks,
        assets=assets,
        issues=tuple(work.issue(row) for row in report["issues"]),
        fixed=tuple(work.fixed(row) for row in report["fixed"]),
        carried=carried,
        absent=tuple(work.absent({one.asset_uid: one.asset for one in carried if one.asset_uid not in known})),
        devices=tuple(_devices(report, {one.asset.name: one.uid for one in assets})),
        kev_known=any(feed["name"] == KEV for feed in plan.get("feeds") or ()),
        policies=plan.get("policies") or {},
        lives=_lives(happened, end, record.scan),
        overrides=overrides(happened, end),
        looked_days=_oldest(started, record),
    )


def _moment(text: object) -> datetime:
    return datetime.fromisoformat(str(text))


def _lives(happened: Iterable[Happening], end: datetime, scan: int) -> dict[str, Life]:
    """As of the end of the scan; what a later one found in older evidence is not yet known."""
    by_print: dict[str, list[Happening]] = {}
    for event in happened:
        if event.at <= end and (event.scan_id or 0) <= scan:
            by_print.setdefault(event.fingerprint, []).append(event)
    made = ((print_, life_of(told)) for print_, told in by_print.items())
    return {print_: life for print_, life in made if life is not None}


def _oldest(started: datetime, record: Record) -> int:
    looks = [_moment(row["started_at"]).date() for row in record.attempts.values()]
    return max(((started.date() - look).days for look in looks), default=0)


def _devices(report: Json, uids: Mapping[str, str]) -> Iterator[DeviceFirmware]:
    for model in report["firmware"]:
        for row in model["versions"]:
            for name in row["devices"]:
                told = model["vendor"], model["os"], model["model"], row["version"]
                yield DeviceFirmware(uids.get(name, ""), name, *told, judged={})


def checks_of(report: Json) -> dict[str, Check]:
    """As the report describes them: words, and no rule."""
    return {one["id"]: _check(one["id"], one["title"], one["severity"], one["theme"]) for one in report["checks"]}


def _check(name: str, title: str, severity: str, theme: str) -> Check:
    return Check(
        id=name,
        title=title,
        severity=Severity(severity),
        theme=Theme(theme),
        rationale="",
        remedy=Remedy(""),
        needs=(),
        privilege=Privilege.NONE,
        rule=lambda _: (),
    )


@dataclass
class _Work:
    report: Json
    record: Record
    checks: dict[str, Check] = field(init=False)

    def __post_init__(self) -> None:
        self.checks = checks_of(self.report)
        self._here = {one.name: (n, one) for n, one in self.record.visits.items() if one.scan == self.record.scan}
        self._fails = dict(self.record.fails())
        self._members: dict[str, tuple[Member, ...]] = {}  # hosts share them

    def asset(self, row: Json) -> AssetCoverage:
        """How far the scan got, by its rows; how many checks ended how is taken from the report."""
        number, visit = self._here[row["name"]]
        attempt = self.record.attempts.get(number) if visit.asset is not None else None
        return AssetCoverage(
            uid=row["uid"] if visit.asset is None else self.record.names[visit.asset],
            asset=self._inventory(visit),
            attempted=attempt is not None,
            reached=bool(attempt and attempt["reached"]),
            logged_in=bool(attempt and attempt["logged_in"]),
            privilege=Privilege(attempt["privilege"]) if attempt else Privilege.NONE,
            missing=None,
            seconds=0.0,
            os_name="",
            checks={Outcome(word): number for word, number in row["outcomes"].items()},
            identity_note=visit.identity_note,
            waiting=row.get("waiting", 0),
        )

    def _inventory(self, visit: Planned) -> Asset:
        return load(Asset, self.record.texts[visit.snapshot])

    def absent(self, named: Mapping[str, str]) -> Iterator[AssetCoverage]:
        """Assets that were no part of the scan, as their last visit before it knew them."""
        last: dict[str, Planned] = {}
        for visit in sorted(self.record.visits.values(), key=lambda one: one.scan):
            if visit.asset is not None and visit.scan < self.record.scan:
                last[self.record.names[visit.asset]] = visit
        known = {uid: self._inventory(last[uid]) if uid in last else _nameless(name) for uid, name in named.items()}
        for uid, asset in sorted(known.items(), key=lambda one: (one[1].name, one[0])):
            yield AssetCoverage(uid, asset, False, False, False, Privilege.NONE, None, 0.0, "", {})

    def issue(self, row: Json) -> Issue:
        name = row["check_id"]
        check = self.checks.get(name) or _check(name, row["title"], row["severity"], row["theme"])
        subject = Subject(**row["subject"]) if row["subject"] else None
        return Issue(check, tuple(self._seen(one) for one in row["occurrences"]), subject)

    def _seen(self, row: Json) -> Occurrence:
        fail = self._fails.get(row["fingerprint"]) or self.record.last_fail(row["fingerprint"])
        return self._judged(_occurrence(row), fail)

    def carried(self, row: Json) -> Occurrence:
        """As it was when it failed last."""
        one, fail = _occurrence(row), self.record.last_fail(row["fingerprint"])
        return replace(self._judged(one, fail), check_id=fail.check if fail else one.check_id)

    def fixed(self, row: Json) -> Occurrence:
        """The same; the sentence stays that of the pass."""
        one, fail = _occurrence(row), self.record.last_fail(row["fingerprint"])
        if fail is None:
            return one
        return replace(self._judged(one, fail), check_id=fail.check, observed=one.observed)

    def _judged(self, one: Occurrence, fail: Fail | None) -> Occurrence:
        if fail is None:
            severity = self.record.rows[one.fingerprint]["severity"]
            return replace(one, severity=Severity(severity) if severity else None)
        severity = Severity(fail.severity) if fail.severity else None
        return replace(one, severity=severity, members=self._list(fail.members), observed=fail.observed)

    def _list(self, text: str | None) -> tuple[Member, ...]:
        if not text:
            return ()
        if text not in self._members:
            rows = json.loads(text)
            made = (Member(name, verdict, Severity(word) if word else None, said) for name, verdict, word, said in rows)
            self._members[text] = tuple(made)
        return self._members[text]


def _nameless(name: str) -> Asset:
    return Asset(name, Connection("ssh", name))


def _occurrence(row: Json) -> Occurrence:
    """Without severity and members: these are not the report's to say."""
    words = ("ref", "fingerprint", "asset_uid", "asset", "observed", "state", "episode", "check_id", "first_scan")
    return Occurrence(
        **{word: row[word] for word in words},
        subject=Subject(**row["subject"]),
        first_seen=_moment(row["first_seen"]),
        evidence=tuple(row["evidence"]),
    )
