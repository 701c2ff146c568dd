"""Snapshots that tell nothing, or nonsense, although they say that they are whole: could not look is never pass."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from checks.advisories.support import SupportDates
from checks.catalogue import catalogue
from checks.check import Check, Context
from checks.finding import CheckRun, Outcome
from checks.windows import example_updates as made
from inventory.asset import Privilege
from inventory.facts.missing import Missing, Reason
from scanner.engine import fact_of
from scanner.feeds.support_dates import load
from scanner.probes.windows import WINDOWS
from scanner.query import Answer
from scanner.service.intake.taking import Took
from scanner.transports.windows_document import canonical
from tests.lab import windows as lab
from tests.scanner.service.intake_lab import NOW, Intake, laptop, windows_asset

MACHINES = ("laptop-11-23h2", "server-2022-dc")
CHECKS = tuple(check for check in catalogue() if check.id.startswith("win."))
ASSET = windows_asset("pc-7")
Change = Callable[[Mapping[str, Any]], dict[str, Any]]


def leaves(value: object) -> Change:
    """The shape stays, every value in it is this one."""

    def put(told: Any) -> Any:  # noqa: ANN401 (JSON)
        if isinstance(told, dict):
            return {key: put(one) for key, one in told.items()}
        return [put(one) for one in told] if isinstance(told, list) else value

    return put


def members(value: object) -> Change:
    return lambda told: dict.fromkeys(told, value)


FORGED: dict[str, Change] = {
    "nothing": lambda _: {},
    "all values null": leaves(None),
    "all values empty texts": leaves(""),
    "all values empty lists": leaves([]),
    "all values negative": leaves(-1),
    "all members null": members(None),
    "all members empty lists": members([]),
    "all members empty objects": members({}),
    "all members a list of an empty object": members([{}]),
    "all members a list of null": members([None]),
    "all members texts": members("x"),
}
# What passes although this section tells nothing, because another one does.
BY_ANOTHER = {("windows_smb", "win.proto.smb1-enabled"): "the features say that SMB 1 is not installed"}


@pytest.fixture(scope="module")
def support() -> SupportDates:
    return load(None).dates


def judged(
    facts: Mapping[str, object], support: SupportDates, checks: tuple[Check, ...] = CHECKS
) -> Iterator[CheckRun]:
    context = Context(ASSET, facts, NOW, support, made.client())
    rights = dict.fromkeys(facts, Privilege.ROOT)
    for check in checks:
        yield from check.judge(context, rights)


def facts_of(told: Mapping[str, Mapping[str, Any]]) -> dict[str, object]:
    return {
        probe.name: fact_of(probe, ASSET, [Answer(probe.name, canonical(told[probe.section.key]))])
        for probe in WINDOWS
        if probe.section.key in told
    }


def wrong(runs: Iterator[CheckRun]) -> list[str]:
    bad = (Outcome.PASS, Outcome.ERROR)
    return [f"{run.check_id}: {run.outcome}: {run.observed}" for run in runs if run.outcome in bad]


@pytest.mark.parametrize("reason", [Reason.PRIVILEGE_TOO_LOW, Reason.COLLECTOR_MISSING, Reason.TIMED_OUT])
def test_no_check_passes_without_its_facts(reason: Reason, support: SupportDates) -> None:
    missing = {probe.name: Missing(reason) for probe in WINDOWS}
    assert wrong(judged(missing, support)) == []
    assert wrong(judged({}, support)) == []


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("forged", FORGED)
def test_a_document_that_tells_nothing_passes_nothing(forged: str, machine: str, support: SupportDates) -> None:
    told = {name: FORGED[forged](data) for name, data in lab.recorded(machine).items()}
    assert wrong(judged(facts_of(told), support)) == [], "not one check may call this machine healthy"


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("probe", WINDOWS, ids=lambda probe: probe.name)
def test_a_section_that_tells_nothing_passes_nothing(probe: Any, machine: str, support: SupportDates) -> None:  # noqa: ANN401 (of any fact)
    """All others are as they were recorded, so that nothing else hides what this one lacks."""
    recorded = lab.recorded(machine)
    facts, data = facts_of(recorded), recorded[probe.section.key]
    mine = tuple(c for c in CHECKS if probe.name in c.needs and (probe.name, c.id) not in BY_ANOTHER)
    for forged, change in FORGED.items():
        fact = fact_of(probe, ASSET, [Answer(probe.name, canonical(change(data)))])
        assert wrong(judged({**facts, probe.name: fact}, support, mine)) == [], forged


@pytest.mark.parametrize(
    ("section", "value", "check"),
    [
        ("ntlm", "LmCompatibilityLevel", "win.proto.ntlmv1-allowed"),
        ("rdp", "UserAuthentication", "win.rdp.nla-off"),
        ("uac", "EnableLUA", "win.exec.uac-disabled"),
        ("uac", "ConsentPromptBehaviorAdmin", "win.exec.uac-disabled"),
        ("uac", "AlwaysInstallElevated", "win.exec.installer-elevated"),
        ("firmware", "UEFISecureBootEnabled", "win.device.secure-boot-off"),
        ("update_policy", "NoAutoUpdate", "win.patch.autoupdate-disabled"),
        ("winrm", "service_basic", "win.proto.winrm-unencrypted"),
        ("smb", "ClientRequire", "win.proto.smb-client-signing-not-required"),
    ],
)
def test_a_number_that_nobody_documents_passes_nothing(
    section: str, value: str, check: str, support: SupportDates
) -> None:
    recorded = lab.recorded(MACHINES[0])
    one = tuple(known for known in CHECKS if known.id == check)
    assert one, "the check is there"
    registry = {**recorded[section]["registry"], value: 4_000_000_000}
    policies = {key: None for key in registry if key.lower() == f"policy_{value}".lower()}
    told = {**recorded, section: {**recorded[section], "client": None, "registry": {**registry, **policies}}}
    runs = list(judged(facts_of(told), support, one))
    assert {run.outcome for run in runs} <= {Outcome.NOT_ASSESSED, Outcome.NOT_APPLICABLE}, runs


def test_a_volume_with_more_room_than_it_is_large_passes_nothing(support: SupportDates) -> None:
    recorded = lab.recorded(MACHINES[0])
    volumes = [{**row, "Size": 7} for row in recorded["storage"]["volumes"]]
    facts = facts_of({**recorded, "storage": {**recorded["storage"], "volumes": volumes}})
    mine = tuple(check for check in CHECKS if "windows_storage" in check.needs)
    assert wrong(judged(facts, support, mine)) == []


def test_taken_in_it_counts_as_not_assessed(tmp_path: Path) -> None:
    sections = {name: lab.section(None, "refused", "no") for name in lab.recorded(MACHINES[0])}
    sections["licence"] = lab.section({})  # a snapshot without one whole section is refused
    intake = Intake(tmp_path)
    try:
        result = intake.one(laptop(change=sections))
        assert (result.took, result.failing) == (Took.TAKEN, 0)
        [host] = intake.store.hosts(result.scan_id)
        assert {run.outcome for run in host.runs} <= {Outcome.NOT_ASSESSED, Outcome.NOT_APPLICABLE}
        assert result.not_assessed > 50
    finally:
        intake.store.close()
