"""The fifteen proofs of the record (issue 6): where each of them is, and those that are about machines and identities.

:data:`PROOFS` is the table; a test holds it against the files, so that none can go away unseen.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from checks.catalogue import catalogue
from checks.finding import CheckRun, Member, Outcome, Severity, Subject, fingerprint
from checks.lifecycle import State
from inventory.asset import Asset, Connection, Privilege
from inventory.estate import Estate, Intrusiveness, Scope
from inventory.facts.identity import Identity
from inventory.facts.missing import Missing, Reason
from scanner.query import Attempt
from scanner.service.plan import PlanError
from scanner.service.report import report_data
from scanner.service.verify import plan_verification
from scanner.store.asset_book import Machine
from scanner.store.records import ScanKind
from scanner.store.store import open_store
from tests.scanner.store.people_world import World, clocked
from tests.scanner.store.world import START, Bench, answer, asset, gone, host_key, identity, run

HERE = "scanner/store/test_the_proofs.py"
RECORD, MUTATIONS = "scanner/store/test_record.py", "scanner/service/report_pack/test_mutations.py"
IMPORTS, UPDATES = "scanner/service/test_import_findings.py", "scanner/service/test_update_life.py"
PROOFS: dict[str, tuple[str, ...]] = {
    "1 credentials revoked for the whole estate": (
        f"{HERE}::test_without_credentials_nothing_in_the_whole_estate_closes",
        f"{RECORD}::test_what_never_closes",
    ),
    "2 service down at scan time": (
        f"{HERE}::test_a_service_that_is_down_verifies_nothing",
        "scanner/test_scan_end_to_end.py::test_an_unreachable_host_never_closes_anything",
    ),
    "3 same import twice": (f"{IMPORTS}::test_the_same_file_twice_changes_nothing",),
    "4 re-rated by the vendor": (
        f"{HERE}::test_a_new_rating_is_the_same_finding",
        f"{IMPORTS}::test_a_new_title_text_or_rating_is_the_same_finding",
    ),
    "5 hostname, IP, installed version change": (
        f"{HERE}::test_a_new_name_address_or_version_is_the_same_finding",
        f"{UPDATES}::test_another_version_that_is_too_old_is_the_same_finding",
    ),
    "6 flipped byte, dropped, reordered, forked, re-signed": (
        f"{MUTATIONS}::test_what_is_changed_without_a_key_is_named",
        f"{MUTATIONS}::test_any_flipped_byte_is_noticed_wherever_it_is",
        f"{MUTATIONS}::test_what_the_holder_of_the_key_changes_breaks_the_rules_or_the_counts",
        f"{MUTATIONS}::test_a_fork_is_refused",
        f"{MUTATIONS}::test_a_shortened_history_is_refused",
        f"{MUTATIONS}::test_signed_anew_with_another_key",
    ),
    "7 report re-made from the pack": (
        "scanner/service/report_pack/test_pack.py::test_the_report_is_made_again_from_the_pack",
    ),
    "8 DST, leap day, bank holiday, overlapping pauses": (
        "checks/test_clocks_oracle.py::test_due_is_where_the_tally_is_full",
        "checks/test_clocks_oracle.py::test_gross_and_net_are_the_tally",
        "checks/test_clocks_oracle.py::test_the_same_pause_twice_counts_once",
        "checks/test_clocks_oracle.py::test_the_nth_working_day_is_the_one_that_counting_finds",
    ),
    "9 availability bounds against the oracle": (
        "checks/test_availability_oracle.py::test_every_figure_equals_the_walk_over_the_minutes",
    ),
    "10 exactly 25 critical and 55 high issues": (
        "scanner/test_known_counts_end_to_end.py::test_twenty_five_critical_and_fifty_five_high_are_counted_as_such",
    ),
    "11 every role by every transition": (
        "checks/test_decisions.py::test_every_role_by_every_state",
        "checks/test_decisions.py::test_who_can_reach_a_closed_state_at_all",
        "checks/test_lifecycle.py::test_every_state_against_every_event",
    ),
    "12 re-imaged, cloned, renamed, DHCP-moved, NIC-swapped": (
        f"{HERE}::test_a_machine_that_was_imaged_anew_needs_proof_from_its_new_installation",
        f"{HERE}::test_a_clone_gets_findings_of_its_own_and_closes_none",
        f"{HERE}::test_a_new_name_address_or_version_is_the_same_finding",
        f"{HERE}::test_two_machines_that_changed_addresses_are_not_taken_for_each_other",
        f"{RECORD}::test_a_copy_withdraws_what_was_closed_before_it_was_seen",
    ),
    "13 a package renamed, a check split": (
        f"{HERE}::test_a_check_that_was_split_is_proven_by_all_its_parts",
        f"{HERE}::test_a_scan_of_chosen_checks_proves_no_check_that_was_split",
        f"{UPDATES}::test_a_renamed_binary_of_one_source_is_the_same_finding",
        f"{UPDATES}::test_a_renamed_source_is_never_lost_from_the_count",
    ),
    "14 importers on files not in the repository": (
        "scanner/importers/test_foreign_real.py::test_nessus",
        "scanner/importers/test_foreign_real.py::test_openvas",
        "scanner/importers/test_foreign_real.py::test_xccdf_and_arf",
    ),
    "15 one unassessed area of 42": (
        "checks/test_accreditation.py::test_one_unassessed_area_of_42_is_insufficient_evidence_and_is_named",
    ),
}
TESTS = Path(__file__).parents[2]
ASLR = "linux.sysctl.aslr"
FAIL, PASS, GAP = (run(outcome, ASLR) for outcome in (Outcome.FAIL, Outcome.PASS, Outcome.NOT_ASSESSED))


@pytest.mark.parametrize("where", [place for places in PROOFS.values() for place in places])
def test_every_proof_is_where_the_table_says(where: str) -> None:
    file, _, name = where.partition("::")
    assert f"def {name}(" in (TESTS / file).read_text("utf-8")


def test_there_are_fifteen() -> None:
    assert [int(name.split()[0]) for name in PROOFS] == list(range(1, 16))


# 1, 2: not having seen


LOCKED_OUT = Attempt(
    "ssh", True, False, Privilege.NONE, Missing(Reason.LOGIN_REFUSED, "Permission denied"), "OpenSSH", "", START, 1.0
)


def _states(world: World) -> list[str]:
    return sorted({row.state for row in world.store.findings()})


@pytest.mark.parametrize(
    "said", [GAP, PASS, replace(GAP, outcome=Outcome.ERROR, reason=None)], ids=["gap", "pass", "error"]
)
def test_without_credentials_nothing_in_the_whole_estate_closes(tmp_path: Path, said: CheckRun) -> None:
    """Nor does it leave the count: the report carries every one of them, and so it does when all has gone stale."""
    names = tuple(f"h{n:02d}" for n in range(12))
    with open_store(str(tmp_path / "record.db")) as store:
        world = World(*clocked(store)).people()
        world.bench.checks = (ASLR,)
        first = world.bench.begin(*names)
        for name in names:
            world.bench.save(first, name, FAIL, replace(FAIL, subject=Subject("mount", "/")))
        world.bench.end(first)
        world.claim(ref="EC-0001")
        world.claim(ref="EC-0002")
        for _ in range(4):
            scan = world.bench.begin(*names)
            lost = {"attempt": LOCKED_OUT, "answers": (), "identity": None}
            saved = [world.bench.save(scan, name, said, **lost) for name in names]  # type: ignore[arg-type]  # fields
            world.bench.end(scan)
            assert [one.fixed for one in saved] == [()] * 12
            data = report_data(store, scan, catalogue())
            assert len(data.carried) == 24
            assert not data.fixed
        assert not any(event.to_state == State.VERIFIED_FIXED for event in store.events())
        store.people.tick({})
        kept = {State.OPEN, State.STALE, State.CLAIMED_FIXED, State.CLAIM_UNVERIFIABLE}
        assert set(_states(world)) <= {state.value for state in kept}
        assert len(report_data(store, scan, catalogue()).carried) == 24
        store.verify_chain()


TLS = "tls.proto.sslv2-sslv3"
PORT = Subject("port", "tcp/443")


def _tls(outcome: Outcome, observed: str = "seen") -> CheckRun:
    reason = Reason.CONNECTION_REFUSED if outcome is Outcome.NOT_ASSESSED else None
    return run(outcome, TLS, subject=PORT, facts=("tls",), reason=reason, observed=observed)


def test_a_service_that_is_down_verifies_nothing(tmp_path: Path) -> None:
    """Its host answers, and the port does not: that may be the fix or an outage, and nobody can tell which."""
    refused = answer("tls", "", Missing(Reason.CONNECTION_REFUSED, "port 443"))
    with open_store(str(tmp_path / "record.db")) as store:
        world = World(*clocked(store)).people()
        world.bench.checks = (TLS,)
        world.bench.scan("web", _tls(Outcome.FAIL), answers=(answer("tls", "SSL 3"),))
        world.claim()
        _, saved = world.bench.scan("web", _tls(Outcome.PASS, "nothing answers"), answers=(refused,))
        assert "not complete" in saved.refused["EC-0001"]
        assert world.state() is State.CLAIMED_FIXED
        world.bench.scan("web", _tls(Outcome.NOT_ASSESSED), answers=(refused,))
        assert world.state() is State.CLAIM_UNVERIFIABLE
        world.bench.scan("web", _tls(Outcome.NOT_ASSESSED), **gone())  # type: ignore[arg-type]  # fields
        assert world.state() is State.CLAIM_UNVERIFIABLE
        _, saved = world.bench.scan("web", _tls(Outcome.PASS, "TLS 1.3"), answers=(answer("tls", "TLS 1.3"),))
        assert saved.fixed == ("EC-0001",), "it is back, and the proof is there"
        store.verify_chain()


# 4, 5: what is not in the fingerprint


@pytest.mark.parametrize("now", [Severity.CRITICAL, Severity.LOW, None])
def test_a_new_rating_is_the_same_finding(bench: Bench, now: Severity | None) -> None:
    package = Subject("package", "openssl")
    cve = Member("CVE-2026-1", "fix available", Severity.HIGH, {"score": "7.5"})
    before = run(Outcome.FAIL, subject=package, severity=Severity.HIGH, members=(cve,))
    bench.scan("web", before)
    was = bench.store.finding("1")
    other = Member("CVE-2026-2", "fix available", now, {"kev": "2026-03-01"})
    _, saved = bench.scan("web", replace(before, severity=now, members=(replace(cve, severity=now), other)))
    assert (saved.opened, saved.fixed, saved.regressed) == ((), (), ())
    (row,) = bench.store.findings()
    assert (row.ref, row.fingerprint, row.episode, row.first_seen) == (was.ref, was.fingerprint, 1, was.first_seen)
    assert row.severity == now
    assert len(bench.store.events()) == 1, "the vendor's word moves no state"


ELSEWHERE = Connection("ssh", "198.51.100.77")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        pytest.param("www", {}, id="renamed"),
        pytest.param("web", {"asset": Asset("web", ELSEWHERE, groups=("all",))}, id="moved by DHCP"),
        pytest.param(
            "web", {"asset": Asset("web", ELSEWHERE), "os_name": "Debian GNU/Linux 13"}, id="other NIC, other OS"
        ),
        pytest.param("www", {"asset": Asset("www", ELSEWHERE, groups=("all",))}, id="renamed and moved"),
    ],
)
def test_a_new_name_address_or_version_is_the_same_finding(bench: Bench, name: str, changes: dict[str, object]) -> None:
    package = run(Outcome.FAIL, subject=Subject("package", "openssl"), observed="openssl 3.0.15-1 is installed")
    _, first = bench.scan("web", package)
    newer = replace(package, observed="openssl 3.0.16-1 is installed")
    _, second = bench.scan(name, newer, who=identity("web"), **changes)
    assert (second.uid, second.identity_note, second.opened, second.fixed) == (first.uid, "", (), ())
    (row,) = bench.store.findings()
    assert row.fingerprint == fingerprint(first.uid, package.check_id, package.subject)
    assert (row.asset, row.observed, row.episode) == (name, newer.observed, 1)
    fixed = replace(package, outcome=Outcome.PASS, observed="openssl 3.0.17-1 is installed")
    assert bench.scan(name, fixed, who=identity("web"), **changes)[1].fixed == ("EC-0001",)


# 12: machines


def _machine(bench: Bench, name: str) -> Machine:
    (found,) = [one for one in bench.store.people.machines() if one.name == name]
    return found


def test_a_machine_that_was_imaged_anew_needs_proof_from_its_new_installation(bench: Bench) -> None:
    bench.scan("web", FAIL)
    anew = identity("anew", smbios="web")
    for runs in ((GAP,), ()):
        _, saved = bench.scan("web", *runs, who=anew)
        assert (saved.fixed, saved.identity_note, bench.store.finding("1").state) == ((), "", "OPEN")
    assert _machine(bench, "web").generation == 2
    _, saved = bench.scan("web", PASS, who=Identity(anew.machine_id, None, ()))
    assert "no strong identity is shared" in saved.refused["EC-0001"], (
        "what is only the new installation's proves nothing"
    )
    assert bench.scan("web", run(Outcome.PASS, ASLR), who=anew)[1].fixed == ("EC-0001",)
    proof = bench.store.events(bench.store.finding("1").fingerprint)[-1].proof
    assert proof["identity"] == [f"smbios-uuid {anew.smbios_uuid}"], "the board is what both installations share"


@pytest.mark.parametrize(
    "clone",
    [
        pytest.param(identity("web"), id="with everything"),
        pytest.param(identity("clone", machine="web", keys=(host_key("web"),)), id="on other hardware"),
        pytest.param(identity("clone", machine="web"), id="with new host keys"),
    ],
)
def test_a_clone_gets_findings_of_its_own_and_closes_none(bench: Bench, clone: Identity) -> None:
    _, first = bench.scan("web", FAIL)
    scan = bench.begin("web", "clone")
    copy = bench.save(scan, "clone", FAIL, who=clone)
    own = bench.save(scan, "web", PASS)
    bench.end(scan)
    assert (own.uid, copy.uid != first.uid, own.fixed) == (first.uid, True, ())
    assert copy.identity_note
    assert {row.asset: row.state for row in bench.store.findings()} == {"web": "OPEN", "clone": "OPEN"}
    verify = bench.begin("clone", kind=ScanKind.VERIFY, estate=bench.store.estate_of(scan))
    assert bench.save(verify, "clone", PASS, who=clone).fixed == ()
    assert "merge" not in {event.why for event in bench.store.events()}


def test_two_machines_that_changed_addresses_are_not_taken_for_each_other(bench: Bench) -> None:
    """DHCP gave each the other's address: what answers as web is db. Nothing closes, and both are in doubt."""
    scan = bench.begin("web", "db")
    uids = {name: bench.save(scan, name, outcome).uid for name, outcome in (("web", FAIL), ("db", PASS))}
    bench.end(scan)
    scan = bench.begin("web", "db")
    web, db = bench.save(scan, "web", PASS, who=identity("db")), bench.save(scan, "db", FAIL, who=identity("web"))
    bench.end(scan)
    assert web.identity_note
    assert db.identity_note
    assert (web.fixed, db.fixed) == ((), ())
    assert bench.store.finding("1").state == "OPEN"
    scan = bench.begin("web", "db")
    back = {name: bench.save(scan, name, GAP) for name in ("web", "db")}
    bench.end(scan)
    assert {name: one.uid for name, one in back.items()} == uids
    assert bench.store.verify_chain()


# 13: checks


HALVES = ("ssh.first-half", "ssh.second-half")
SPLIT: dict[str, object] = {"supersedes": dict.fromkeys(HALVES, (ASLR,))}


@pytest.mark.parametrize("order", [HALVES, HALVES[::-1]], ids=["first", "second"])
@pytest.mark.parametrize("other", [Outcome.FAIL, Outcome.NOT_ASSESSED, Outcome.ERROR])
def test_a_check_that_was_split_is_proven_by_all_its_parts(
    bench: Bench, order: tuple[str, str], other: Outcome
) -> None:
    bench.checks = (ASLR,)
    bench.scan("web", FAIL)
    bench.checks, bench.plan = order, SPLIT
    for one, two in ((Outcome.PASS, other), (other, Outcome.PASS)):
        _, saved = bench.scan("web", run(one, order[0]), run(two, order[1]))
        assert "EC-0001" not in saved.fixed
    assert bench.store.finding("1").state == "OPEN"
    _, saved = bench.scan("web", *(run(Outcome.PASS, half) for half in HALVES))
    assert "EC-0001" in saved.fixed
    assert {row.state for row in bench.store.findings()} == {"VERIFIED_FIXED"}


def test_a_scan_of_chosen_checks_proves_no_check_that_was_split(bench: Bench) -> None:
    bench.checks = (ASLR,)
    bench.scan("web", FAIL)
    half = HALVES[0]
    bench.checks, bench.plan = (half,), {"supersedes": {half: (ASLR,)}, "options": {"check": half}}
    assert bench.scan("web", run(Outcome.PASS, half))[1].fixed == ()
    bench.checks, bench.plan = HALVES, SPLIT
    assert bench.scan("web", *(run(Outcome.PASS, one) for one in HALVES))[1].fixed == ("EC-0001",)


def test_a_finding_of_a_check_that_was_split_is_verified_by_all_its_parts(bench: Bench) -> None:
    whole = next(check for check in catalogue() if check.id == ASLR)
    halves = tuple(replace(whole, id=half, supersedes=(ASLR,)) for half in HALVES)
    day = START.date()
    scope = Scope("s", "Head of IT", "CHG-1", day, day, Intrusiveness.POLITE, ("all",))
    estate = Estate("Northmoor", (asset("web"),), scopes={"s": scope})
    bench.checks = (ASLR,)
    bench.scan("web", FAIL)
    planned, row = plan_verification(bench.store, estate, halves, "EC-0001", day)
    assert ([check.id for check in planned.checks], row.ref) == (sorted(HALVES), "EC-0001")
    planned, _ = plan_verification(bench.store, estate, (whole, *halves), "EC-0001", day)
    assert [check.id for check in planned.checks] == [ASLR], "while the check is there it proves its own"
    with pytest.raises(PlanError, match="does not have"):
        plan_verification(bench.store, estate, (replace(whole, id="another"),), "EC-0001", day)
