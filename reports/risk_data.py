"""Risk as JSON values: each different risk once, because hosts of one kind share most of theirs. Pure."""

from typing import Any

from checks.risk import Level, Override, Risk, Rules
from reports.counting import (
    Units,
    assets_by_worst_risk,
    by_risk,
    by_theme_risk,
    moved,
    overridden,
    patch_share_by_risk,
)
from reports.report import ReportData


class RiskTable:
    """Risks in the order in which they are met."""

    def __init__(self) -> None:
        self._known: dict[Risk, int] = {}

    def position(self, risk: Risk | None) -> int | None:
        return None if risk is None else self._known.setdefault(risk, len(self._known))

    def rows(self) -> list[dict[str, Any]]:
        return [of_risk(risk) for risk in self._known]


def of_risk(risk: Risk) -> dict[str, Any]:
    """One risk with its lines."""
    return {
        "severity": risk.severity.value,
        "computed": risk.computed.value,
        "level": risk.level.value,
        "lines": list(risk.lines),
        "notes": list(risk.notes),
        "part": risk.part,
        "override": _override(risk.override) if risk.override else None,
    }


def _override(said: Override) -> dict[str, Any]:
    who = {"actor": said.actor, "role": said.role, "reason": said.reason, "at": said.at}
    return {**who, "level": said.level.value, "until": said.until.isoformat()}


def rules_in(rules: Rules | None) -> dict[str, Any] | None:
    """By which rules the risks came about."""
    if rules is None:
        return None
    return {
        "version": rules.version,
        "date": rules.day.isoformat(),
        "source": rules.source,
        "digest": rules.digest,
        "off": dict(rules.off),
    }


def counts(data: ReportData) -> dict[str, Any]:
    """What stands beside the counts by severity."""
    share = patch_share_by_risk(data.issues, data.checks)
    return {
        "by_risk": _per_level(by_risk(data.issues)),
        "by_theme_risk": {theme.value: _per_level(row) for theme, row in by_theme_risk(data.issues).items()},
        "assets_by_worst_risk": {level.value: n for level, n in assets_by_worst_risk(data.issues).items()},
        "patch_share_by_risk": {
            "part": share.part,
            "whole": share.whole,
            "refs": list(share.refs),
            "asked": share.asked,
            "without_fix": share.without_fix,
        },
        "risk_moved": moved(data),
        "risk_overridden": overridden(data.issues),
    }


def _per_level(table: dict[Level, Units]) -> dict[str, dict[str, int]]:
    return {
        level.value: {
            "issues": units.issues,
            "occurrences": units.occurrences,
            "assets": units.assets,
            "root_causes": units.root_causes,
        }
        for level, units in table.items()
    }
