"""What people said of a report's findings, replayed from the events that the scan knew when it ended."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from checks.statements import Action
from reports.on_record import ACCEPTED, REQUESTED, Acceptance, OnRecord
from reports.report import Occurrence, ReportData
from scanner.store.records import EventRow, ScanRow

PROVEN = frozenset({"proven", "retested and fixed"})


def with_record(events: Iterable[EventRow], scan: ScanRow, data: ReportData) -> ReportData:
    """The report with what was said of its findings; those of which nobody said anything are left out."""
    shown = [*(o for issue in data.issues for o in issue.occurrences), *data.carried, *data.fixed]
    wanted = {one.fingerprint: one for one in shown}
    told = (_on_record(wanted[print_], found) for print_, found in _by_finding(events, scan, wanted).items())
    kept = (one for one in told if one.claimed or one.verified or one.acceptance or one.comment)
    return replace(data, on_record=tuple(sorted(kept, key=lambda one: (len(one.ref), one.ref))))


def _by_finding(
    events: Iterable[EventRow], scan: ScanRow, wanted: Mapping[str, Occurrence]
) -> dict[str, list[EventRow]]:
    """Events in which a person spoke or a fix was proven, as the scan's end knew them."""
    end, found = scan.ended_at, dict[str, list[EventRow]]()
    for event in events:
        spoken = event.why in PROVEN or "statement" in event.proof
        known = (event.scan_id or 0) <= scan.id and (end is None or event.at <= end)
        if spoken and known and event.fingerprint in wanted:
            found.setdefault(event.fingerprint, []).append(event)
    return found


def _on_record(one: Occurrence, events: Iterable[EventRow]) -> OnRecord:
    told, episode = OnRecord(one.ref, one.fingerprint, one.state), 1
    for event in events:
        if event.episode != episode:  # it came back: what was said of it before is history
            told, episode = OnRecord(one.ref, one.fingerprint, one.state, verified=told.verified), event.episode
        told = replace(told, verified=event.at) if event.why in PROVEN else _after(told, event)
    granted = told.acceptance is not None and told.acceptance.granted
    return told if one.state == (ACCEPTED if granted else REQUESTED) else replace(told, acceptance=None)


def _after(told: OnRecord, event: EventRow) -> OnRecord:
    said = _object(event.proof, "statement")
    told, action = replace(told, comment=_text(said, "reason") or told.comment), _text(said, "action")
    if action == Action.CLAIM:
        return _claimed(told, event, said)
    if action == Action.WITHDRAW_CLAIM:
        return replace(told, claimed=None, done_on="", claimed_by="", claim="", change="")
    if action in (Action.REQUEST_ACCEPTANCE, Action.ACCEPT):
        return replace(told, acceptance=_acceptance(event, said, told.acceptance))
    return told


def _claimed(told: OnRecord, event: EventRow, said: Mapping[str, object]) -> OnRecord:
    return replace(
        told,
        claimed=event.at,
        done_on=_text(_object(said, "more"), "done_on"),
        claimed_by=event.actor,
        claim=_text(said, "reason"),
        change=_text(said, "reference"),
    )


def _acceptance(event: EventRow, said: Mapping[str, object], asked: Acceptance | None) -> Acceptance:
    """What the grant leaves out stands in the request."""
    granted = _text(said, "action") == Action.ACCEPT
    return Acceptance(
        event=event.seq,
        granted=granted,
        until=_text(said, "until") or (asked.until if asked else ""),
        owner=_text(_object(said, "more"), "owner") or (asked.owner if asked else ""),
        by=event.actor,
        role=event.role,
        at=event.at,
        reason=_text(said, "reason"),
        reference=_text(said, "reference") or (asked.reference if asked else ""),
        asked_by=asked.by if granted and asked and not asked.granted else "",
    )


def _object(of: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = of.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(of: Mapping[str, object], name: str) -> str:
    found = of.get(name)
    return found if isinstance(found, str) else ""
