"""How the risk of one finding came about, by the rules of the scan that saw it last."""

from collections.abc import Sequence
from dataclasses import dataclass

from checks.check import Check
from checks.risk import Rules
from reports.report import Issue, Occurrence
from scanner.service.report import report_data
from scanner.store.records import FindingRow, StoreError
from scanner.store.store import Store


@dataclass(frozen=True, slots=True)
class Explained:
    """One finding with its risk, as of the scan that saw it last."""

    scan: int
    issue: Issue
    occurrence: Occurrence
    rules: Rules


def explain(store: Store, ref: str, catalogue: Sequence[Check]) -> Explained:
    """How the risk of one finding came about. Raises :class:`StoreError`."""
    row = store.finding(ref)
    data = report_data(store, row.last_fail_scan, catalogue)
    for issue in data.issues:
        for occurrence in issue.occurrences:
            if occurrence.fingerprint == row.fingerprint and data.risk_rules is not None:
                return Explained(row.last_fail_scan, issue, occurrence, data.risk_rules)
    raise StoreError(f"{row.ref} is not among what scan {row.last_fail_scan} found; {_why(row)}")


def _why(row: FindingRow) -> str:
    return f"it is {row.state}, and was last seen on {row.last_seen:%Y-%m-%d}"
