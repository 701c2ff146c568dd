"""Risk, clocks and verdict are computed again by both verifiers, and what differs is named by its finding."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checks.catalogue import catalogue
from checks.lifecycle import canonical
from checks.responsibility import Baseline, Handover
from inventory.responsibility import Layer
from scanner.feeds.support_dates import load
from scanner.service.accredit import sign, told
from scanner.service.import_findings import SuppliedFindings, import_findings
from scanner.service.planned import Basis
from scanner.service.report_pack.checking import verify
from scanner.service.report_pack.names import EVENTS, POLICIES, REPORT
from scanner.service.report_pack.signed import written
from tests.scanner.service.report_pack.owing import BAD, BREACHED, CARRIED, DATABASE, PASSED, WEB, owing, scan
from tests.scanner.service.report_pack.packs import ONE, Made, chained, changed, files_of, lines, plain, put, resigned
from tests.scanner.service.report_pack.strangers import Change, Files, Stranger, both, report

Json = dict[str, Any]


@dataclass(frozen=True)
class World:
    made: Made
    path: Path
    files: Files

    @property
    def told(self) -> Json:
        return _report(self.path)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = owing(tmp_path_factory.mktemp("owing"))
    path, _ = made.pack()
    yield World(made, path, files_of(path))
    made.store.close()


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stranger]:
    made = Stranger(tmp_path_factory.mktemp("stranger"))
    yield made
    made.close()


def test_a_pack_with_every_kind_of_clock_holds(world: World, stranger: Stranger) -> None:
    """The world is what it says: breached, running after a pause, met, carried over, and not all of one risk."""
    found = {one["ref"]: one for one in world.told["clocks"]["findings"]}
    statuses = {(ref, clock["status"]) for ref, one in found.items() for clock in one["clocks"]}
    assert {(BREACHED, "breached"), (CARRIED, "breached"), (DATABASE, "running"), (PASSED, "met")} <= statuses
    assert all(clock["pauses"] for clock in found[DATABASE]["clocks"])
    assert [one["ref"] for one in world.told["carried"]] == [DATABASE, CARRIED]
    assert {one["level"] for one in world.told["risks"]} == {"critical", "high", "medium"}
    verdict = both(stranger, world.path, world.made.signer.key_id)
    assert verdict.holds, verdict
    assert "computed again: risk (of findings: 3), clocks (14) and the verdict" in verdict.checked


def clock(ref: str, change: Callable[[Json], object], number: int = 0) -> Change:
    def do(content: Json) -> None:
        change(next(one for one in content["clocks"]["findings"] if one["ref"] == ref)["clocks"][number])

    return report(do)


def finding(ref: str, **changes: object) -> Change:
    """Of the chapter of clocks."""

    def do(content: Json) -> None:
        next(one for one in content["clocks"]["findings"] if one["ref"] == ref).update(changes)

    return report(do)


def one_less(ref: str) -> Change:
    def do(content: Json) -> None:
        clocks = content["clocks"]
        clocks["findings"] = [one for one in clocks["findings"] if one["ref"] != ref]

    return report(do)


def risk(**changes: object) -> Change:
    return report(lambda c: c["risks"][0].update(changes))


def line(name: str, **changes: object) -> Change:
    def do(content: Json) -> None:
        next(one for one in content["verdicts"]["estate"]["rules"] if one["id"] == name).update(changes)

    return report(do)


def nothing_late(content: Json) -> None:
    """What somebody would write who wants no breach to be seen: each clock, each line, the verdict."""
    for one in content["clocks"]["findings"]:
        for each in one["clocks"]:
            each.update(status="running" if each["status"] == "breached" else each["status"])
    for one in (content["verdicts"]["estate"], *content["verdicts"]["services"]):
        for rule in one["rules"]:
            if "overdue" in rule["id"]:
                rule.update(value=0, refs=[], holds=True)


def of_snapshot(old: bytes, new: bytes) -> Change:
    """In whichever document of the inventory it is."""

    def do(rows: list[Json]) -> None:
        hit = [row for row in rows if old.decode() in row["content"]]
        assert hit
        for row in hit:
            row["content"] = row["content"].replace(old.decode(), new.decode())

    return lambda files: changed(files, "record/snapshot.jsonl.gz", do)


def policy(change: Callable[[Json], object]) -> Change:
    def do(files: Files) -> Files:
        content = json.loads(files[POLICIES])
        change(content["policies"])
        return {**files, POLICIES: written(content)}

    return do


def without_override(files: Files) -> Files:
    return _events(files, lambda rows: [one for one in rows if "override-risk" not in one["proof"]])


def pause_a_week_longer(files: Files) -> Files:
    """In the statement of both sides. Their signatures do not hold then, which is told as well."""

    def longer(rows: list[Json]) -> list[Json]:
        for row in rows:
            content = json.loads(row["proof"])
            if (content.get("statement") or {}).get("action") == "pause-clock":
                content["statement"]["until"] = "2026-03-18"
                row["proof"] = canonical(content).decode()
        return rows

    return _events(files, longer)


def _events(files: Files, change: Callable[[list[Json]], list[Json]]) -> Files:
    return changed(files, EVENTS, lambda rows: chained(change(rows)))


def members_of(content: Json) -> None:
    """The CVE that makes it critical is told as one of low severity."""
    content["members"][0].update(severity="low", attributes={**content["members"][0]["attributes"], "score": "2.0"})


def carried_gone(content: Json) -> None:
    content["carried"] = [one for one in content["carried"] if one["ref"] != CARRIED]


CHANGES: dict[str, tuple[Change, str]] = {
    # clocks
    "a later due date": (
        clock(BREACHED, lambda c: c.update(due="2026-04-30T00:00:00Z")),
        "EC-0001: the clock of moj, critical and high, infrastructure for CVE-2026-1 has due 2026-04-30T00:00:00Z; "
        "computed again it is 2026-02-28T00:00:00Z",
    ),
    "no longer breached": (
        clock(BREACHED, lambda c: c.update(status="running")),
        "has status running; computed again it is breached",
    ),
    "breached and not met": (
        clock(PASSED, lambda c: c.update(status="breached")),
        "EC-0002: the clock of custom, medium has status breached; computed again it is met",
    ),
    "a later start": (
        clock(CARRIED, lambda c: c.update(started="2026-03-20T00:00:00Z")),
        "EC-0004: the clock of moj, critical and high, infrastructure for CVE-2026-1 has started 2026-03-20T00:00:00Z",
    ),
    "a pause that nobody granted": (
        clock(BREACHED, lambda c: c["pauses"].append({"cause": "buyer-delay"})),
        'infrastructure for CVE-2026-1 has pauses [{"cause": "buyer-delay"}]; computed again it is []',
    ),
    "a pause is left out": (
        clock(DATABASE, lambda c: c.update(pauses=[])),
        "EC-0003: the clock of moj, medium for CVE-2026-1 has pauses []; computed again it is [{",
    ),
    "a longer pause": (
        clock(DATABASE, lambda c: c["pauses"][0].update(to="2026-03-20T00:00:00Z")),
        "EC-0003: the clock of moj, medium for CVE-2026-1 has pauses",
    ),
    "fewer days are used": (
        clock(BREACHED, lambda c: c.update(net_days=1.0)),
        "EC-0001: the clock of moj, critical and high, infrastructure for CVE-2026-1 has net_days 1.0",
    ),
    "a limit of another policy": (clock(BREACHED, lambda c: c.update(days=90)), "has days 90; computed again it is 7"),
    "a clock is dropped": (
        report(lambda c: c["clocks"]["findings"][0]["clocks"].pop()),
        "EC-0001 has no clock of moj, low for CVE-2026-3 in the report; computed again there is one",
    ),
    "a finding has no clock": (one_less(CARRIED), "EC-0004 has a clock by its events, and the report says otherwise"),
    "another state": (finding(DATABASE, state="RISK_ACCEPTED"), "EC-0003: its clocks tell state RISK_ACCEPTED"),
    "another contract": (finding(BREACHED, contracts=[]), "EC-0001: its clocks tell contracts []; computed again"),
    "another order": (
        report(lambda c: c["clocks"]["findings"].reverse()),
        "the findings with clocks are not told in their order",
    ),
    "another headline": (
        report(lambda c: c["clocks"].update(headline="No clock is breached.")),
        "the clocks' 'headline' is not what the events and policies of the pack give",
    ),
    "no clocks at all": (report(lambda c: c.update(clocks=None)), "the report has clocks and the pack no policy for"),
    "a policy with more days": (
        policy(lambda p: [rule.update(days=90) for rule in p["clocks"]["policies"]["moj"]["rules"]]),
        "EC-0001: the clock of moj, critical and high, infrastructure for CVE-2026-1 has days 7; computed",
    ),
    "days off that there are not": (
        policy(lambda p: p["clocks"]["days_off"].update({r: ["2026-03-04"] for r in p["clocks"]["days_off"]})),
        "EC-0001: the clock of custom, critical has",
    ),
    "a contract without clocks": (of_snapshot(b'"clocks":["moj","custom"]', b'"clocks":[]'), "EC-0001 has no clock"),
    "a pause that was signed for fewer days": (
        pause_a_week_longer,
        "EC-0003: the clock of moj, medium for CVE-2026-1 has due 2026-03-29",
    ),
    # risk
    "a lower risk": (risk(level="low"), "EC-0001: the report says risk low (R3 EPSS 0.2"),
    "a rule is left out": (
        risk(lines=[]),
        "EC-0001: the report says risk critical (no rule); by the rules in the pack",
    ),
    "an override that was not": (without_override, "EC-0003: the report says risk medium (R10 overridden by"),
    "rules of another day": (
        policy(lambda p: p["risk"].update(epss_raises=0.9)),
        "the risks were made by other rules than those in the pack",
    ),
    "policies that the scan did not have": (
        policy(lambda p: p["risk"].update(epss_raises=0.9)),
        "the policy 'risk' in policies.json is not the one that the scan's own row holds",
    ),
    "members of another severity": (report(members_of), "EC-0001: the report tells another severity or other members"),
    "a member is left out": (
        report(lambda c: c["issues"][0]["occurrences"][0]["members"].pop()),
        "EC-0001: the report tells another severity or other members than the judgement",
    ),
    "another sentence": (
        report(lambda c: c["issues"][0]["occurrences"][0].update(observed="all is well")),
        "EC-0001: the report tells another sentence than the judgement in the pack",
    ),
    "an asset that is less exposed": (
        report(lambda c: c["assets"][1]["inventory"].update(exposure="isolated")),
        "the report says exposure 'isolated' of 'web'; its rows say 'internet'",
    ),
    "an asset's row that is less exposed": (
        of_snapshot(b'"exposure":"internet"', b'"exposure":"isolated"'),
        "the report says exposure 'internet' of 'web'; its rows say 'isolated'",
    ),
    "an issue of a lower risk": (
        report(lambda c: c["issues"][0].update(level="low")),
        "has the level low; by its findings it is critical",
    ),
    "another count by risk": (
        report(lambda c: c["counts"]["by_risk"]["critical"].update(occurrences=0)),
        "(by risk); counted again it is {'critical': 1",
    ),
    # what was not seen again
    "a finding is not carried": (report(carried_gone), "still counts and was not seen again, and the report does not"),
    "one carried is said to be accepted": (
        report(lambda c: c["carried"][0].update(state="RISK_ACCEPTED")),
        "EC-0003 is carried as RISK_ACCEPTED, and its events say OPEN",
    ),
    "a host that was reached": (
        report(lambda c: c["assets"][0].update(reached=True, logged_in=True)),
        "the report says reached True of 'db'; its rows say False",
    ),
    # verdict
    "nothing is late": (
        report(nothing_late),
        "the verdict on 'Northmoor': the line critical-overdue has holds true; computed again it is false",
    ),
    "fewer are overdue": (
        line("overdue", value=1, refs=[BREACHED], measured="1 occurrence in 1 issue"),
        "the line overdue has value 1; computed again it is 2",
    ),
    "another is overdue": (
        line("critical-overdue", refs=[CARRIED]),
        'the line critical-overdue has refs ["EC-0004"]; computed again it is ["EC-0001"]',
    ),
    "an easier way back": (
        report(lambda c: c["verdicts"]["estate"]["what_if"].clear()),
        "the verdict on 'Northmoor': it says what_if []; computed again it is",
    ),
    "of a service": (
        report(lambda c: c["verdicts"]["services"][0]["rules"][0].update(value=0, refs=[], holds=True)),
        "the verdict on 'Payments': the line critical-overdue has holds true; computed again it is false",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_the_holder_of_the_key_changes_is_named(
    world: World, stranger: Stranger, tmp_path: Path, name: str
) -> None:
    change, expected = CHANGES[name]
    files = resigned(change(world.files), world.made.signer)
    verdict = both(stranger, put(tmp_path / "p.zip", files), world.made.signer.key_id)
    assert any(expected in problem for problem in verdict.problems), verdict.problems
    assert not any("after it was signed" in problem for problem in verdict.problems)


def test_a_time_zone_that_is_not_known_here_is_not_taken_for_wrong(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zoneinfo

    def unknown(key: str) -> object:
        raise zoneinfo.ZoneInfoNotFoundError(key)

    monkeypatch.setattr("scanner.service.report_pack.recompute.ZoneInfo", unknown)
    verdict = verify(world.path, world.made.signer.key_id)
    assert not verdict.problems
    assert any("this machine does not know the time zone 'Europe/London'" in why for why in verdict.unknown)


def test_without_the_rules_of_risk_it_says_what_it_could_not_do(world: World, tmp_path: Path) -> None:
    files = resigned(policy(lambda p: p.pop("risk"))(world.files), world.made.signer)
    verdict = verify(put(tmp_path / "p.zip", files), world.made.signer.key_id)
    assert any("the rules of risk that the scan was made under are not in the pack" in why for why in verdict.unknown)


def test_one_suppliers_part_says_that_nothing_of_it_was_computed(world: World) -> None:
    path, _ = world.made.pack("acme.zip", supplier="acme")
    verdict = verify(path, world.made.signer.key_id)
    assert not verdict.problems, verdict.problems
    assert any("risk, clocks and verdict" in why for why in verdict.withheld)
    assert not any("computed again" in line for line in verdict.checked)


def test_a_signed_verdict_and_a_handover_are_no_findings(tmp_path: Path, stranger: Stranger) -> None:
    """Their events stand in the chain like all others, and move no finding."""
    made = owing(tmp_path)
    day = made.world.bench.now.date()
    sign(made.world.desk("accreditor"), told(made.store, catalogue()), "estate", None, "so be it", None)
    passed = Handover(day, "acme", "bolt", Layer.OS, ("web",))
    made.store.freeze([Baseline(passed, {BREACHED: 1}, 2, "e" * 64)], 2)
    path, _ = made.pack()
    verdict = both(stranger, path, made.signer.key_id)
    assert verdict.holds, (verdict.problems, verdict.unknown)
    assert {one["fingerprint"].partition(":")[0] for one in lines(files_of(path)[EVENTS])} >= {
        "accreditation",
        "handover",
    }
    made.store.close()


NESSUS = b"""<NessusClientData_v2><Policy><policyName>Basic</policyName></Policy><Report name='r'>
<ReportHost name='web'><HostProperties><tag name='HOST_START_TIMESTAMP'>1773000000</tag>
<tag name='HOST_END_TIMESTAMP'>1773003600</tag><tag name='Credentialed_Scan'>true</tag></HostProperties>
<ReportItem port='443' protocol='tcp' svc_name='www' severity='3' pluginID='1001' pluginName='Weak' pluginFamily='Web'>
<description>d</description><cve>CVE-2024-0001</cve><cvss3_base_score>8.0</cvss3_base_score></ReportItem>
</ReportHost></Report></NessusClientData_v2>"""


def test_what_another_tool_found_is_computed_again_too(tmp_path: Path, stranger: Stranger) -> None:
    made = owing(tmp_path)
    given = SuppliedFindings("a.nessus", NESSUS, "Kestrel")
    estate = made.store.estate_of(2)
    import_findings(made.store, estate, Basis((), "none", load(None)), given, made.world.bench.now)
    scan(made, {WEB: {ONE: BAD}})
    path, _ = made.pack()
    shown = [one["check_id"] for issue in _report(path)["issues"] for one in issue["occurrences"]]
    assert any(name.startswith("import.") for name in shown)
    verdict = both(stranger, path, made.signer.key_id)
    assert verdict.holds, (verdict.problems, verdict.unknown)
    made.store.close()


def _report(path: Path) -> Json:
    content: Json = json.loads(plain(files_of(path)[REPORT]))
    return content
