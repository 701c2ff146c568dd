"""The verdict as JSON values, in the shape of docs/report-schema.json. Pure."""

from fractions import Fraction
from typing import Any

from checks.accreditation import Accreditation, Line, Regain, Verdicts
from reports.report import ReportData
from reports.verdict import measured, threshold


def verdicts_of(data: ReportData) -> dict[str, Any] | None:
    told = data.verdicts
    return None if told is None else plain(told)


def plain(told: Verdicts) -> dict[str, Any]:
    policy = told.policy
    return {
        "policy": {
            "name": policy.name,
            "version": policy.version,
            "date": policy.date,
            "source": policy.source,
            "sha256": policy.digest,
        },
        "estate": _one(told.estate, told),
        "services": [_one(one, told) for one in told.services],
    }


def _one(one: Accreditation, told: Verdicts) -> dict[str, Any]:
    return {
        "subject": one.subject,
        "name": one.name,
        "verdict": one.verdict.value,
        "ceiling": one.ceiling.value,
        "by": "risk" if one.by_risk else "severity",
        "gate": [_line(line) for line in one.gate],
        "rules": [_line(line) for line in one.rules],
        "what_if": [_regain(regain, told) for regain in one.regain],
    }


def _line(line: Line) -> dict[str, Any]:
    """``value`` is a share from 0 to 1, a number of days, or a count; null: it could not be measured."""
    value = line.measured
    return {
        "id": line.rule.id,
        "title": line.rule.title,
        "holds": line.holds,
        "value": round(float(value), 6) if isinstance(value, Fraction) else value,
        "measured": measured(line),
        "threshold": threshold(line.rule),
        "otherwise": line.rule.otherwise.value,
        "refs": list(line.refs),
        "names": list(line.names),
        "short": [{"name": part.name, "got": part.got, "of": part.of} for part in line.parts],
    }


def _regain(regain: Regain, told: Verdicts) -> dict[str, Any]:
    return {
        "verdict": regain.verdict.value,
        "fix": [{"issue": key, "title": told.titles[key]} for key in regain.fix],
        "proven_fewest": regain.proven_smallest,
        "rules_beside": list(regain.rules_beside),
    }
