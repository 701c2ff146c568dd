"""Seven real machines: the security updates that they lacked by their own word, against our verdicts.

Each difference has a reason, and the reason is worked out from the data, not listed. Where the definitions cannot
decide (they tell of no build numbers), the machine's verdict has to say so and may not be a pass.
"""

from collections.abc import Sequence
from datetime import date

import pytest

from checks.finding import Outcome
from checks.windows.judging import judge
from checks.windows.machine import machine_of
from checks.windows.opinions import Opinion, opinion_of
from checks.windows.rulings import lacking
from checks.windows.series import ROLLUPS_SINCE, Merged, Series, apart, fixed_by
from tests.checks.windows.recorded import NAMES, definitions, recorded

TODAY = date(2026, 6, 28)  # of the definitions
NOT_THERE = "not in the definitions: no security update, or a preview"
OTHER = "of another product"
UNSURE = "may be contained in one that is applied"
REPLACED = "replaced by one that is applied"
LATER = "newer than all that the recording knows"
COVERED = "replaced by another that is missing too, which the recording names or which is later"
TWIN = "a security-only update or hotpatch, of which another that is missing fixes the same"
BEFORE = "from before the first monthly rollups, each for itself: agents of 2026 are told of few of them"
APART = "stands apart from the cumulative updates: the agent offers it by rules of its own"
SINGLE = "an update for itself, without a link to any other"


def _judged(name: str) -> tuple[Opinion, Series]:
    advisories, _ = definitions()
    host = recorded(name).host
    opinion = opinion_of(host, advisories, None, None, TODAY)
    assert opinion.verdicts is not None
    return opinion, opinion.verdicts.series


def _found(opinion: Opinion) -> set[str]:
    assert opinion.verdicts is not None
    return {kb for unit in opinion.verdicts.to_install for kb in unit.kbs}


@pytest.mark.parametrize("name", NAMES)
def test_what_the_machine_lacked_is_found(name: str) -> None:
    opinion, series = _judged(name)
    assert opinion.verdicts is not None
    _, every_kb = definitions()
    host, found = recorded(name), _found(opinion)
    unsure = {update.kb for update in opinion.verdicts.judged.unsure}
    reasons = {}
    for kb in host.unapplied - found:
        if kb not in every_kb:
            reasons[kb] = NOT_THERE
        elif kb not in series.updates:
            reasons[kb] = OTHER
        elif kb in opinion.verdicts.judged.present:
            reasons[kb] = REPLACED
        elif kb in unsure:
            reasons[kb] = UNSURE
    assert host.unapplied - found - reasons.keys() == set()
    assert found >= host.unapplied & series.updates.keys() - reasons.keys()
    assert {REPLACED, UNSURE}.isdisjoint(reasons.values())  # their own agent still offered them


@pytest.mark.parametrize("name", NAMES)
def test_what_is_found_beyond_it_has_a_reason(name: str) -> None:
    opinion, series = _judged(name)
    host, found = recorded(name), _found(opinion)
    known = (host.applied | host.unapplied) & series.updates.keys()
    last = max(series.updates[kb].update.day for kb in known)
    others = [series.updates[kb] for kb in found]
    unexplained = {kb for kb in found - host.unapplied if not _reason(series, kb, found, others, last)}
    assert unexplained == set()


def _reason(series: Series, kb: str, found: set[str], others: Sequence[Merged], last: str) -> str:
    one = series.updates[kb]
    reasons = {
        LATER: one.update.day > last,
        COVERED: any(kb in series.replaces[other] | series.before(series.updates[other].update) for other in found),
        TWIN: fixed_by(one, others),
        APART: apart(one),
        SINGLE: kb not in series.line and not any(kb in series.replaces[other] for other in series.updates),
        BEFORE: not series.cumulative and one.update.day < ROLLUPS_SINCE,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


@pytest.mark.parametrize("name", NAMES)
def test_no_machine_passes_by_a_list_alone(name: str) -> None:
    opinion, series = _judged(name)
    outcomes = {ruling.outcome for ruling in lacking(opinion)}
    assert Outcome.PASS not in outcomes
    if series.cumulative and not _found(opinion):
        assert Outcome.NOT_ASSESSED in outcomes


def test_an_update_that_is_listed_and_still_offered_is_not_installed() -> None:
    """This machine lists KB5066791 of October 2025, runs build 19044.1645 of April 2022, and is offered it again."""
    host = recorded("windows_10_21h2")
    both = host.applied & host.unapplied
    assert "5066791" in both
    machine = machine_of(host.host, TODAY)
    assert machine.installed.isdisjoint(both)
    _, series = _judged("windows_10_21h2")
    assert {"5066791"} <= {one.update.kb for one in judge(series, machine).missing}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "windows_81"])
def test_all_cumulative_updates_are_one_action(name: str) -> None:
    opinion, series = _judged(name)
    assert opinion.verdicts is not None
    units = {unit.name: unit for unit in opinion.verdicts.to_install}
    whole = units.get("Windows cumulative update")
    if name == "windows_11_22h2":
        assert whole is None  # it has the last one
        return
    assert whole is not None
    assert whole.target is series.newest
    assert len(units) <= 5
