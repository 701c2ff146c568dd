"""Issues and occurrences as JSON text, written out by hand: there are 200,000, and an encoder sorts the keys of each.

What many of them share (the asset, the subject, the members) is turned into text once. Pure.
"""

import functools
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from checks.finding import Member, Subject
from checks.risk import Risk
from reports.json_plain import plain
from reports.json_stream import Written, put_together, quoted, text_of
from reports.report import Issue, Occurrence
from reports.risk_data import RiskTable
from reports.text import stamp
from reports.updates import MemberTable

_KNOWN = 1 << 15  # texts of each sort that are kept: assets come again with every issue
T = TypeVar("T")


class _OfObject(Generic[T]):
    """The text of an object, made once. It is found by ``id()``, so the object is kept; hashing one costs more."""

    __slots__ = ("_known", "_make")

    def __init__(self, make: Callable[[T], str]) -> None:
        self._make, self._known = make, dict[int, tuple[T, str]]()

    def __call__(self, one: T) -> str:
        found = self._known.get(id(one))
        if found is None:
            found = self._known[id(one)] = one, self._make(one)
        return found[1]


class Findings:
    """Members and risks are told once, by ``table`` and ``risks``: hosts of one release share most of theirs."""

    def __init__(self, table: MemberTable, risks: RiskTable) -> None:
        kept = functools.lru_cache(maxsize=_KNOWN)
        self._table, self._risks = table, risks
        self._head, self._listed, self._said, self._stamp = kept(_head), kept(_listed), kept(quoted), kept(stamp)
        self._members, self._subject = _OfObject(self._positions), _OfObject(_tail)
        self._risk = _OfObject(self._place)

    def issue(self, issue: Issue) -> Written:
        told: dict[str, Any] = {
            "check_id": issue.check.id,
            "subject": plain(issue.subject),
            "title": issue.title,
            "severity": issue.severity.value,
            "level": issue.level.value,
            "exploited": issue.exploited,
            "theme": issue.check.theme.value,
            "assets": sorted(issue.assets),
        }
        return put_together(told, {"occurrences": f"[{','.join(map(self._occurrence, issue.occurrences))}]"})

    def occurrence(self, one: Occurrence) -> Written:
        return Written(self._occurrence(one))

    def _occurrence(self, one: Occurrence) -> str:
        """Its keys in their order."""
        severity = one.severity
        return (
            f"{self._head(one.asset, one.asset_uid, one.check_id)}{one.episode},"
            f'"evidence":[{self._listed(one.evidence)}],"fingerprint":{quoted(one.fingerprint)},"first_scan":{one.first_scan},'
            f'"first_seen":"{self._stamp(one.first_seen)}",'
            f'"members":[{self._members(one.members)}],"observed":{self._said(one.observed)},'
            f'"ref":{quoted(one.ref)},"risk":{self._risk(one.risk)},'
            f'"severity":{"null" if severity is None else quoted(severity)},'
            f'"sources":{text_of(plain(one.sources)) if one.sources else "[]"},"state":{quoted(one.state)},'
            f"{self._subject(one.subject)}"
        )

    def _positions(self, members: tuple[Member, ...]) -> str:
        return ",".join(map(str, self._table.places(members)))

    def _place(self, risk: Risk | None) -> str:
        place = self._risks.position(risk)
        return "null" if place is None else str(place)


def _head(asset: str, uid: str, check: str) -> str:
    return f'{{"asset":{quoted(asset)},"asset_uid":{quoted(uid)},"check_id":{quoted(check)},"episode":'


def _listed(texts: tuple[str, ...]) -> str:
    return ",".join(map(quoted, texts))


def _tail(subject: Subject) -> str:
    return f'"subject":{{"key":{quoted(subject.key)},"kind":{quoted(subject.kind)}}}}}'
