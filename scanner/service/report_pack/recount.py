"""Counts a report again from the rows and the events of its pack, and says where the report differs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from checks.import_proof import is_imported
from checks.lifecycle import State
from checks.replay import APART, Stand
from scanner.service.report_pack.history import History
from scanner.service.report_pack.tables import Record

Json = Mapping[str, Any]


def findings_faults(record: Record, history: History) -> Iterator[str]:
    """The state of every finding follows from its events, and every event belongs to a finding."""
    now = history.replay.now
    for print_, (number, state) in record.findings.items():
        stand = now.get(print_)
        if stand is None:
            yield f"{ref(number)} is {state}, and there is no event about it"
        elif stand.state != state:
            yield f"{ref(number)} is {state}, but its events say {stand.state}"
    for print_ in sorted(now.keys() - record.findings.keys()):
        if not print_.startswith(APART):
            yield f"the events speak of a finding that is not in the record: {print_[:16]}"


def ref(number: int) -> str:
    return f"EC-{number:04d}"


def report_faults(report: Json, record: Record, history: History) -> Iterator[str]:
    """Raises whatever a report of another form makes Python raise; the caller names it."""
    occurrences = [one for issue in report["issues"] for one in issue["occurrences"]]
    if report["scan"]["id"] != record.scan:
        yield f"the report is about scan {report['scan']['id']}, and the pack about scan {record.scan}"
    yield from _fails_faults(occurrences, record)
    for one in occurrences:
        yield from _occurrence_faults(one, record, history.replay.then.get(one["fingerprint"]))
    yield from _fixed_faults(report["fixed"], history)
    yield from _counts_faults(report["counts"], report["issues"], occurrences, report["fixed"])


def _fails_faults(occurrences: Sequence[Json], record: Record) -> Iterator[str]:
    told = {one["fingerprint"]: one["ref"] for one in occurrences}
    imported = {one["fingerprint"] for one in occurrences if is_imported(one["check_id"])}
    failed = {print_ for print_, _ in record.fails()}
    for print_ in sorted(failed - told.keys()):
        number = record.findings.get(print_, (0, ""))[0]
        yield f"{ref(number) if number else print_[:16]} failed in scan {record.scan} and is not in the report"
    for print_ in sorted(told.keys() - failed - imported):
        yield f"{told[print_]} is in the report, and no check failed for it in scan {record.scan}"
    if len(told) != len(occurrences):
        yield "the report lists an occurrence twice"


def _occurrence_faults(one: Json, record: Record, stand: Stand | None) -> Iterator[str]:
    number, _ = record.findings.get(one["fingerprint"], (0, ""))
    if ref(number) != one["ref"]:
        yield f"{one['ref']} of the report is {ref(number) if number else 'nothing'} in the record"
    if stand is None:
        yield f"{one['ref']} of the report has no event before the end of the scan"
        return
    for name, known in (("state", stand.state), ("episode", stand.episode), ("first_scan", stand.first_scan)):
        if one[name] != known:
            yield f"{one['ref']}: the report says {name} {one[name]}, its events say {known}"


def _fixed_faults(told: Sequence[Json], history: History) -> Iterator[str]:
    named = {one["fingerprint"]: one["ref"] for one in told}
    proven = {print_ for print_, state in history.by_scan.items() if state == State.VERIFIED_FIXED}
    for print_ in sorted(named.keys() - proven):
        yield f"{named[print_]} is told as fixed, and no event of the scan says so"
    if missing := len(proven - named.keys()):
        yield f"{missing} findings were proven fixed by the scan and are not in the report"


def _counts_faults(
    counts: Json, issues: Sequence[Json], occurrences: Sequence[Json], fixed: Sequence[Json]
) -> Iterator[str]:
    severities = {s: [i for i in issues if i["severity"] == s] for s in counts["by_severity"]}
    expected: dict[str, tuple[object, object]] = {
        "total": (_units(issues), _told(counts["total"])),
        "by_state": (dict(Counter(one["state"] for one in occurrences)), counts["by_state"]),
        "fixed": (len(fixed), counts["fixed"]),
        **{f"by_severity {s}": (_units(some), _told(counts["by_severity"][s])) for s, some in severities.items()},
    }
    for name, (counted, told) in expected.items():
        if counted != told:
            yield f"the report counts {told} ({name}); counted again it is {counted}"


def _told(units: Json) -> dict[str, object]:
    """Of what a report counts, what is counted again here."""
    return {name: units[name] for name in ("issues", "occurrences", "assets")}


def _units(issues: Sequence[Json]) -> dict[str, int]:
    occurrences = [one for issue in issues for one in issue["occurrences"]]
    assets = len({one["asset_uid"] for one in occurrences})
    return {"issues": len(issues), "occurrences": len(occurrences), "assets": assets}


def states(stands: Mapping[str, Stand]) -> dict[str, int]:
    """How many findings are in which state."""
    counted = Counter(stand.state for print_, stand in stands.items() if not print_.startswith(APART))
    return dict(sorted(counted.items()))
