"""The chapter on the verdict, as the HTML report and the terminal tell it: bounded, the worst first. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from checks.accreditation import Accreditation, Line
from checks.accreditation_rules import Policy, Verdict
from reports import handovers
from reports import verdict as words
from reports.report import ReportData
from reports.text import count, safe_text

MOST_SERVICES = 200
MOST_EVIDENCE = 60  # names of one rule; the template folds further
MOST_FIXES = 12  # issues named in one sentence
_CSS = {
    Verdict.ACCREDIT: "good",
    Verdict.CONDITIONS: "fair",
    Verdict.DOWNGRADE: "poor",
    Verdict.WITHDRAW: "bad",
    Verdict.INSUFFICIENT: "unknown",
}
RESTS = {
    True: "Findings count by their risk.",
    False: "Findings count by their severity, because no rules of risk were applied.",
}


def chapter(data: ReportData) -> dict[str, Any] | None:
    """What the template prints; None when the report gives no verdict."""
    told = data.verdicts
    if told is None:
        return None
    services = sorted(told.services, key=lambda one: (-one.verdict.rank, -one.ceiling.rank, one.name, one.subject))
    return {
        **_head(told.estate),
        "rests": _rests(told.estate),
        "carried": carried(data),
        "lines": [_line(line, gate=line in told.estate.gate) for line in (*told.estate.gate, *told.estate.rules)],
        "regain": list(words.what_if(told.estate, told.titles, MOST_FIXES)),
        "services": [_service(one, told.titles) for one in services[:MOST_SERVICES]],
        "more_services": max(0, len(services) - MOST_SERVICES),
        "policy": policy_line(told.policy),
        "handovers": handovers.sentences(data.handovers, data.suppliers),
    }


def _head(one: Accreditation) -> dict[str, str]:
    return {"word": one.verdict.value, "css": _CSS[one.verdict], "because": words.because(one)}


def _rests(one: Accreditation) -> str:
    clocks = "" if any(_asks_clocks(line) for line in one.rules) else " No clocks were worked out."
    return f"{RESTS[one.by_risk]}{clocks}"


def _asks_clocks(line: Line) -> bool:
    return line.measured is not None or line.holds


def carried(data: ReportData) -> str:
    """What counts although it was not seen again; empty when there is nothing of it."""
    if not data.carried:
        return ""
    assets = len({one.asset_uid for one in data.carried})
    could = "was not" if len(data.carried) == 1 else "were not"
    return (
        f"{count(len(data.carried), 'earlier occurrence')} on {count(assets, 'asset')} {could} looked at again by this "
        "scan. Nothing proves a fix, so the verdict counts them as they were."
    )


def _line(line: Line, *, gate: bool) -> dict[str, Any]:
    return {
        "title": line.rule.title,
        "gate": gate,
        "holds": line.holds,
        "measured": words.measured(line),
        "needed": words.threshold(line.rule),
        "otherwise": line.rule.otherwise.value,
        "evidence": words.evidence(line, MOST_EVIDENCE),
    }


def _service(one: Accreditation, titles: Mapping[str, str]) -> dict[str, Any]:
    failed: Iterable[str] = (f"{safe_text(li.rule.title)}: {words.measured(li)}" for li in one.failed)
    return {
        **_head(one),
        "name": one.name,
        "ceiling": one.ceiling.value,
        "failed": list(failed),
        "regain": list(words.what_if(one, titles, 3)),
    }


def policy_line(policy: Policy) -> str:
    return (
        f"Policy {safe_text(policy.name)}, version {safe_text(policy.version)} of {safe_text(policy.date)}, sha256 "
        f"{policy.digest[:12]}; source: {safe_text(policy.source)}."
    )
