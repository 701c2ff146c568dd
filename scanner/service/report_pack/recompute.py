"""Computes the risk, the clocks and the verdict of a report again from the rows of its pack, and names what differs.

It is done with the modules that made the report (``reports.risk``, ``reports.clock_desk``, ``reports.verdict``), the
rules and policies that the scan kept, and the people's own statements in the events.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from checks.accreditation_rules import policy_of
from checks.clock_life import milliseconds
from checks.clock_stored import ClockBook, book_from
from checks.decisions import CLOSED
from checks.risk import Rules
from checks.risk_stored import rules_from
from reports import clocks as told_clocks
from reports import risk_data, verdict_data
from reports.clock_desk import ClockBasis, alone, clock_report, overdue
from reports.clocks import ClockReport
from reports.counting import assets_by_worst_risk, by_risk
from reports.report import DataSource, Issue, Occurrence, ReportData
from reports.risk import Basis, levels_of_members, rated
from reports.verdict import Beside, verdicts
from scanner.service.report_pack.rebuilt import Rebuilt

Json = Mapping[str, Any]
RISK, CLOCKS, ACCREDITATION = "risk", "clocks", "accreditation"  # names among the policies of the pack


class NotHere(Exception):
    """What would be needed is not on this machine, or not in the pack; the message says what."""


@dataclass
class Recomputed:
    """``made``: what the rows say. Every ``*_faults`` names where the report says otherwise."""

    report: Json
    made: Rebuilt
    policies: Json
    _alike: dict[tuple[int, object], bool] = field(default_factory=dict)  # by id() of what ``issues`` and others hold

    # risk

    @cached_property
    def rules(self) -> Rules:
        """Raises :class:`NotHere`."""
        if RISK not in self.policies:
            raise NotHere("the rules of risk that the scan was made under are not in the pack")
        return rules_from(_text(self.policies[RISK]))

    @cached_property
    def basis(self) -> Basis:
        made = self.made
        return Basis(
            rules=self.rules,
            today=made.end.date(),
            kev_known=made.kev_known,
            assets={one.uid: one for one in (*made.assets, *made.absent)},
            services=made.estate.services,
            sites=made.estate.sites,
            devices={one.asset_uid: one for one in made.devices},
            isolations=made.estate.policy.isolations,
            overrides=made.overrides,
        )

    @cached_property
    def issues(self) -> tuple[Issue, ...]:
        return rated(self.made.issues, self.basis)

    @cached_property
    def carried(self) -> tuple[Occurrence, ...]:
        """What no check of the scan explains keeps its severity."""
        issues = rated(tuple(alone(self.made.checks, self.made.carried)), self.basis)
        known = {one.fingerprint: one for issue in issues for one in issue.occurrences}
        return tuple(known.get(one.fingerprint, one) for one in self.made.carried)

    def risk_faults(self) -> Iterator[str]:
        digest = (self.report["risk_rules"] or {}).get("digest")
        if digest != self.rules.digest:
            yield "the risks were made by other rules than those in the pack"
            return
        rows = {row["fingerprint"]: row for issue in self.report["issues"] for row in issue["occurrences"]}
        rows |= {row["fingerprint"]: row for row in self.report.get("carried") or ()}
        for one in (*(one for issue in self.issues for one in issue.occurrences), *self.carried):
            yield from self._of_one(one, rows[one.fingerprint])
        yield from self._level_faults()

    def _of_one(self, one: Occurrence, row: Json) -> Iterator[str]:
        """Hosts share their members and risks, so each pair of ours and the report's is compared once."""
        places, told = tuple(row["members"]), row["risk"]
        key = id(one.members), places
        if key not in self._alike:
            self._alike[key] = [_told_member(self.report["members"][place]) for place in places] == [
                (m.id, m.verdict, m.severity.value if m.severity else None, dict(m.attributes)) for m in one.members
            ]
        if not self._alike[key] or row["severity"] != (one.severity.value if one.severity else None):
            yield f"{one.ref}: the report tells another severity or other members than the judgement in the pack"
        if row["observed"] != one.observed:
            yield f"{one.ref}: the report tells another sentence than the judgement in the pack"
        pair = id(one.risk), told
        if pair not in self._alike:
            self._alike[pair] = self._risk_told(told) == _risk_made(one)
        if not self._alike[pair]:
            said, found = _risk(self._risk_told(told)), _risk(_risk_made(one))
            yield f"{one.ref}: the report says {said}; by the rules in the pack it is {found}"

    def _risk_told(self, place: int | None) -> Json | None:
        return None if place is None else self.report["risks"][place]

    def _level_faults(self) -> Iterator[str]:
        for row, issue in zip(self.report["issues"], self.issues, strict=True):
            for name, found in (("level", issue.level.value), ("severity", issue.severity.value)):
                if row[name] != found:
                    yield f"the issue {row['title']!r:.80} has the {name} {row[name]}; by its findings it is {found}"
        counts = self.report["counts"]
        again = {level.value: units.occurrences for level, units in by_risk(self.issues).items()}
        told = {level: units["occurrences"] for level, units in counts["by_risk"].items()}
        if told != again:
            yield f"the report counts {told} (by risk); counted again it is {again}"
        worst = {level.value: number for level, number in assets_by_worst_risk(self.issues).items()}
        if counts["assets_by_worst_risk"] != worst:
            yield f"the report counts assets {counts['assets_by_worst_risk']} (by risk); counted again it is {worst}"

    # clocks

    @cached_property
    def clocks(self) -> ClockReport | None:
        """None: the scan is from before there were clocks. Raises :class:`NotHere`."""
        if CLOCKS not in self.policies:
            return None
        made, book = self.made, book_from(self.policies[CLOCKS])
        estate, now = made.estate, milliseconds(made.end)
        basis = ClockBasis(book, _calendars(book), estate.contracts, now, estate.responsibilities)
        before = rated(tuple(alone(made.checks, made.fixed)), self.basis)
        issues = (*self.issues, *alone(made.checks, self.carried), *before)
        coverage = {one.uid: one for one in (*made.assets, *made.absent)}
        seen = {o.fingerprint for issue in made.issues for o in issue.occurrences} | {o.fingerprint for o in made.fixed}
        return clock_report(basis, made.lives, levels_of_members(issues, self.basis), issues, coverage, seen)

    def clock_faults(self) -> Iterator[str]:
        told, made = self.report["clocks"], self.clocks
        if told is None or made is None:
            if (told is None) is not (made is None):
                yield "the report has clocks and the pack no policy for them, or the other way round"
            return
        again: Json = told_clocks.plain(made)
        rows, found = _by_print(told["findings"]), _by_print(again["findings"])
        for print_ in sorted(rows.keys() | found.keys(), key=lambda one: _ref(rows.get(one) or found[one])):
            yield from _clock_faults(rows.get(print_), found.get(print_))
        for name in sorted(again.keys() - {"findings"}):
            if told.get(name) != again[name]:
                yield f"the clocks' {name!r} is not what the events and policies of the pack give"
        if list(rows) != list(found) and rows.keys() == found.keys():
            yield "the findings with clocks are not told in their order"

    # verdict

    def carried_faults(self) -> Iterator[str]:
        """A finding that still counts and was not seen again is told as such."""
        if self.report["verdicts"] is None:
            return
        told = {one.fingerprint for one in self.made.carried}
        shown = told | {one.fingerprint for issue in self.made.issues for one in issue.occurrences}
        open_ = {print_ for print_, life in self.made.lives.items() if life.state not in CLOSED}
        for print_ in sorted(open_ - shown):
            yield f"finding {print_[:16]} still counts and was not seen again, and the report does not carry it"
        for one in self.made.carried:
            life = self.made.lives.get(one.fingerprint)
            if life is None or life.state != one.state or one.fingerprint not in open_:
                yield f"{one.ref} is carried as {one.state}, and its events say {life.state if life else 'nothing'}"

    def verdict_faults(self) -> Iterator[str]:
        told = self.report["verdicts"]
        if told is None or ACCREDITATION not in self.policies:
            return
        late = overdue(self.clocks) if self.clocks else None
        beside = Beside(self.carried, self.made.absent, late, self.made.looked_days)
        made = verdicts(self._data(), policy_of(self.policies[ACCREDITATION]), beside)
        again = _plain(verdict_data.plain(made))
        for one, other in zip((told["estate"], *told["services"]), (again["estate"], *again["services"]), strict=False):
            for why in _verdict_faults(one, other):
                yield f"the verdict on {one['name']!r:.60}: {why}"
        if [one["subject"] for one in told["services"]] != [one["subject"] for one in again["services"]]:
            yield "the report's verdicts are not on the services of the inventory"

    def _data(self) -> ReportData:
        """What the verdict looks at, and nothing else."""
        made, report = self.made, self.report
        sources = (DataSource(s["name"], s["snapshot"], s["age_days"], s["digest"]) for s in report["sources"])
        return ReportData(
            scan_id=report["scan"]["id"],
            estate=report["estate"]["name"],
            marking="",
            started_at=made.started,
            ended_at=made.end,
            state="",
            tool_version="",
            inventory_digest="",
            catalogue_digest="",
            options={},
            areas=made.estate.areas,
            sites=made.estate.sites,
            suppliers=made.estate.suppliers,
            services=made.estate.services,
            scopes=(),
            assets=made.assets,
            issues=self.issues,
            fixed=(),
            gaps=(),
            checks=tuple(made.checks.values()),
            passed={},
            not_applicable={},
            sources=tuple(sources),
            evidence=(),
            evidence_root="",
            risk_rules=self.rules,
        )


# rows held against each other


def asset_faults(report: Json, made: Rebuilt) -> Iterator[str]:
    """What the report says of an asset that coverage, risk and clocks look at, against the asset's own rows."""
    for row, one in zip(report["assets"], made.assets, strict=True):
        asset, said = one.asset, row["inventory"]
        found: dict[str, tuple[object, object]] = {
            name: (said[name], _listed(getattr(asset, name)))
            for name in ("kind", "exposure", "criticality", "service", "supplier", "area", "site", "groups", "roles")
        }
        found |= {name: (row[name], getattr(one, name)) for name in ("uid", "attempted", "reached", "logged_in")}
        found["privilege"] = row["privilege"], one.privilege.value
        found["identity_note"] = row["identity_note"], one.identity_note
        for name, (told, known) in found.items():
            if told != known:
                yield f"the report says {name} {told!r:.60} of {asset.name!r:.60}; its rows say {known!r:.60}"


def _policy_faults(policies: Json, planned: Mapping[str, str]) -> Iterator[str]:
    """The pack's list is what the scan set out with."""
    for name in sorted(policies.keys() | planned.keys()):
        if policies.get(name) != (json.loads(planned[name]) if name in planned else None):
            yield f"the policy {name!r:.40} in policies.json is not the one that the scan's own row holds"


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _clock_faults(told: Json | None, made: Json | None) -> Iterator[str]:
    if told is None or made is None:
        one = _words(told or made)
        yield f"{one} has {'no clock' if made is None else 'a clock'} by its events, and the report says otherwise"
        return
    if told == made:
        return
    for name in sorted(made.keys() - {"clocks"}):
        if told.get(name) != made[name]:
            said, found = _short(told.get(name)), _short(made[name])
            yield f"{_words(told)}: its clocks tell {name} {said}; computed again it is {found}"
    rows, again = _by_what(told["clocks"]), _by_what(made["clocks"])
    for key in sorted(rows.keys() | again.keys()):
        yield from _one_clock_faults(_words(told), rows.get(key), again.get(key))
    if list(rows) != list(again) and rows.keys() == again.keys():
        yield f"{_words(told)}: its clocks are not told in their order, the one that leads first"
    if len(rows) != len(told["clocks"]):
        yield f"{_words(told)} has a clock twice"


def _by_what(clocks: Sequence[Json]) -> dict[tuple[str, str, tuple[str, ...]], Json]:
    return {(one["policy"], one["rule"], tuple(one["members"])): one for one in clocks}


def _one_clock_faults(ref: str, told: Json | None, made: Json | None) -> Iterator[str]:
    one = made or told or {}
    by = f"{one['policy']}, {one['rule']}" + (f" for {', '.join(one['members'])}" if one["members"] else "")
    if told is None or made is None:
        said, found = ("a clock", "none") if made is None else ("no clock", "one")
        yield f"{ref} has {said} of {by:.200} in the report; computed again there is {found}"
        return
    for name in sorted(made):
        if told.get(name) != made[name]:
            said, found = _short(told.get(name)), _short(made[name])
            yield f"{ref}: the clock of {by:.200} has {name} {said}; computed again it is {found}"


def _verdict_faults(told: Json, made: Json) -> Iterator[str]:
    for part in ("gate", "rules"):
        for line, other in zip(told[part], made[part], strict=False):
            if line != other:
                name = next(name for name in (*other, *line) if line.get(name) != other.get(name))
                yield (
                    f"the line {other['id']} has {name} {_short(line.get(name))}; "
                    f"computed again it is {_short(other.get(name))}"
                )
    for name in sorted(made.keys() - {"gate", "rules"}):
        if told.get(name) != made[name]:
            yield f"it says {name} {_short(told.get(name))}; computed again it is {_short(made[name])}"


def _short(value: object) -> str:
    return f"{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False):.120}"


def _words(row: Json | None) -> str:
    return str(row["ref"] if row else "")


def _ref(row: Json) -> tuple[int, str]:
    return len(row["ref"]), row["ref"]


def _by_print(rows: Sequence[Json]) -> dict[str, Json]:
    return {row["fingerprint"]: row for row in rows}


def _told_member(row: Json) -> tuple[object, ...]:
    return row["id"], row["verdict"], row["severity"], row["attributes"]


def _risk_made(one: Occurrence) -> Json | None:
    return None if one.risk is None else risk_data.of_risk(one.risk)


def _risk(told: Json | None) -> str:
    return "nothing of its risk" if told is None else f"risk {told['level']} ({'; '.join(told['lines']) or 'no rule'})"


def _plain(value: object) -> Any:  # noqa: ANN401 (JSON)
    """As it is when it was written and read."""
    return json.loads(json.dumps(value))


def _text(plain: object) -> str:
    """How a scan keeps its rules (``checks.risk_stored.as_text``): the pack holds them parsed."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _calendars(book: ClockBook) -> dict[str, Any]:
    made = {}
    for name, policy in book.policies.items():
        try:
            made[name] = book.days(policy, ZoneInfo(policy.zone))
        except (ZoneInfoNotFoundError, OSError):
            raise NotHere(f"this machine does not know the time zone {policy.zone!r:.60} of a clock policy") from None
    return made


def faults(again: Recomputed) -> Iterable[str]:
    """All of them. Raises :class:`NotHere`, and whatever a report of another form makes Python raise."""
    yield from asset_faults(again.report, again.made)
    yield from _policy_faults(again.policies, again.made.policies)
    yield from again.risk_faults()
    yield from again.clock_faults()
    yield from again.carried_faults()
    yield from again.verdict_faults()
