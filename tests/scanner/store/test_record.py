"""What goes in comes out, and findings move as they should: the same tests on SQLite and PostgreSQL."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from checks.advisories.model import FeedNote
from checks.finding import CheckRun, Member, Outcome, Severity, Subject, fingerprint
from inventory.asset import Privilege
from inventory.facts.identity import Identity
from inventory.facts.missing import Missing, Reason
from scanner.query import Attempt
from scanner.service.decide import settle
from scanner.store.records import ScanKind, ScanRunning, ScanState, StoreError
from scanner.store.store import Store
from tests.scanner.store.people_world import World
from tests.scanner.store.world import CHECK, OTHER, START, Bench, answer, asset, gone, host_key, identity, run

FAIL, PASS = run(Outcome.FAIL), run(Outcome.PASS)


def test_a_host_comes_back_as_it_was_saved(bench: Bench) -> None:
    scan = bench.begin("web", "db")
    lost = Missing(Reason.OUTPUT_TRUNCATED, "cut off")
    result = bench.result(
        "web",
        FAIL,
        run(Outcome.NOT_ASSESSED, OTHER),
        answers=(answer("sshd", "a"), answer("mounts", "", lost), answer("x", "a")),
    )
    saved = bench.store.save_host(scan, result)
    host, never = bench.store.hosts(scan, outputs=True)
    assert (host.uid, host.asset, host.attempt) == (saved.uid, result.asset, result.attempt)
    assert (host.runs, host.os_name, host.identity_note) == (result.runs, "Debian GNU/Linux 12", "")
    assert tuple(stored.answer for stored in host.answers) == result.answers
    assert [stored.size for stored in host.answers] == [1, 0, 1]
    assert (never.asset, never.attempt, never.runs) == (asset("db"), None, ())
    assert len({host.uid, never.uid, ""}) == 3
    assert all(stored.answer.output == b"" for stored in next(bench.store.hosts(scan)).answers)


UPDATE = Subject("package", "openssl")
MEMBERS = (
    Member("CVE-2026-1000", "FIX_AVAILABLE", Severity.CRITICAL, {"fixed": "3.0.17-1", "kev": "2026-01-02"}),
    Member("CVE-2026-1001", "FIX_AVAILABLE", None, {}),
)
DEBIAN = FeedNote("debian", "Debian", date(2026, 2, 1), 100, "ab" * 32, "MIT", "2026-02-02T00:00:00+00:00")


def test_an_update_keeps_its_severity_and_its_members(bench: Bench) -> None:
    told = run(Outcome.FAIL, subject=UPDATE, severity=Severity.CRITICAL, members=MEMBERS)
    scan, _ = bench.scan("web", told, run(Outcome.FAIL, subject=UPDATE, check=OTHER))
    host = next(bench.store.hosts(scan))
    assert host.runs[0] == told
    assert (host.runs[1].severity, host.runs[1].members) == (None, ())
    assert [row.severity for row in bench.store.findings()] == [Severity.CRITICAL, None]
    bench.scan("web", replace(told, severity=Severity.HIGH))
    assert bench.store.findings()[0].severity is Severity.HIGH


def test_the_same_sentence_with_other_members_is_another_ruling(bench: Bench) -> None:
    less = run(Outcome.FAIL, subject=UPDATE, members=MEMBERS[1:])
    first, _ = bench.scan("web", run(Outcome.FAIL, subject=UPDATE, members=MEMBERS))
    second, _ = bench.scan("web", less)
    assert [len(next(bench.store.hosts(scan)).runs[0].members) for scan in (first, second)] == [2, 1]


def test_feeds_come_back_and_an_older_one_closes_nothing(bench: Bench) -> None:
    bench.plan = {"feeds": (DEBIAN,), "uses_advisories": (CHECK,)}
    scan, opened = bench.scan("web", FAIL)
    assert bench.store.scan(scan).feeds == (DEBIAN,)
    bench.plan = {"feeds": (replace(DEBIAN, snapshot=date(2026, 1, 31), fetched=""),), "uses_advisories": (CHECK,)}
    _, saved = bench.scan("web", PASS)
    assert "older than the one that raised it" in saved.refused[opened.opened[0]]
    bench.plan = {"feeds": (replace(DEBIAN, snapshot=date(2026, 2, 2)),), "uses_advisories": (CHECK,)}
    assert bench.scan("web", PASS)[1].fixed == opened.opened


def test_a_check_that_reads_no_feed_does_not_wait_for_one(bench: Bench) -> None:
    bench.plan = {"feeds": (DEBIAN,), "uses_advisories": (OTHER,)}
    opened = bench.scan("web", FAIL)[1].opened
    bench.plan = {}
    assert bench.scan("web", PASS)[1].fixed == opened


def test_a_scan_comes_back_as_it_was_planned(bench: Bench) -> None:
    scan = bench.begin("web")
    estate = bench.store.estate_of(scan)
    assert (estate.name, estate.areas["a1"].users, estate.assets) == ("Northmoor Justice", 12, (asset("web"),))
    row = bench.store.scan(scan)
    assert (row.state, row.planned, row.done, row.started_at) == (ScanState.RUNNING, 1, 0, bench.now)
    assert (row.options, row.checks, row.inventory_digest) == ({"limit": "all"}, (CHECK, OTHER), "d")
    assert bench.end(scan) is ScanState.PARTIAL
    assert bench.store.latest_scan().state is ScanState.PARTIAL


def test_a_moment_comes_back_in_utc(bench: Bench) -> None:
    zone = datetime.fromisoformat("2030-06-01T12:00:00.123456+02:00")
    scan = bench.begin("web", started_at=zone)
    assert bench.store.scan(scan).started_at == datetime(2030, 6, 1, 10, 0, 0, 123456, UTC)


def test_a_moment_without_a_zone_is_refused(bench: Bench) -> None:
    with pytest.raises(StatementError, match="no time zone"):
        bench.begin("web", started_at=datetime(2030, 6, 2))  # noqa: DTZ001 (that is the point)
    assert bench.store.scans() == ()


def test_a_finding_from_first_sight_to_regression(bench: Bench) -> None:
    first, saved = bench.scan("web", FAIL)
    assert saved.opened == ("EC-0001",)
    row = bench.store.finding("ec-1")
    assert row.fingerprint == fingerprint(saved.uid, CHECK, Subject())
    assert (row.state, row.episode, row.first_scan, row.last_pass_scan) == ("OPEN", 1, first, None)
    second, saved = bench.scan("web", FAIL)
    assert (saved.opened, saved.fixed) == ((), ())
    third, saved = bench.scan("web", PASS)
    assert (saved.fixed, saved.refused) == (("EC-0001",), {})
    row = bench.store.finding("EC-0001")
    assert (row.state, row.last_fail_scan, row.last_pass_scan) == ("VERIFIED_FIXED", second, third)
    assert [r.ref for r in bench.store.fixed_by(third)] == ["EC-0001"]
    fourth, saved = bench.scan("web", FAIL)
    assert saved.regressed == ("EC-0001",)
    assert (bench.store.finding("EC-0001").state, bench.store.finding("EC-0001").episode) == ("OPEN", 2)
    assert [r.ref for r in bench.store.opened_by(fourth)] == ["EC-0001"]
    assert [(e.to_state, e.why, e.episode) for e in bench.store.events(row.fingerprint)] == [
        ("OPEN", "first seen", 1),
        ("VERIFIED_FIXED", "proven", 1),
        ("OPEN", "regressed", 2),
    ]
    assert bench.store.verify_chain() == 3


def test_a_proof_names_the_evidence_of_both_sides(bench: Bench) -> None:
    first, _ = bench.scan("web", FAIL, answers=(answer("sshd", "tries 6"), answer("mounts", "x")))
    second, _ = bench.scan("web", PASS, answers=(answer("sshd", "tries 4"), answer("mounts", "x")))
    proof = bench.store.events(bench.store.finding("1").fingerprint)[-1].proof
    sides = [proof["before"], proof["after"]]
    assert [[bench.store.blob(sha) for sha in side["evidence"]] for side in sides] == [[b"tries 6"], [b"tries 4"]]  # type: ignore[index]
    assert proof["identity"]
    found = bench.store.evidence_of(bench.store.finding("1").fingerprint, first, outputs=True)
    assert [(a.query, a.answer.output) for a in found] == [("sshd", b"tries 6")]
    assert [a.query for a in bench.store.evidence_of(bench.store.finding("1").fingerprint, second)] == ["sshd"]


NOTHING: tuple[CheckRun, ...] = ()
TRUNCATED = answer("sshd", "", Missing(Reason.OUTPUT_TRUNCATED))


@pytest.mark.parametrize(
    ("runs", "changes", "why"),
    [
        pytest.param((run(Outcome.NOT_ASSESSED),), {}, None, id="not assessed"),
        pytest.param((run(Outcome.ERROR),), {}, None, id="error in the check"),
        pytest.param((run(Outcome.NOT_APPLICABLE),), {}, None, id="not applicable"),
        pytest.param((run(Outcome.NOT_ASSESSED),), gone(), None, id="unreachable"),
        pytest.param(NOTHING, gone(), None, id="unreachable, and nothing judged"),
        pytest.param((run(Outcome.PASS, OTHER),), {}, None, id="only another check ran"),
        pytest.param((PASS,), gone(), "no strong identity", id="a pass without a visit"),
        pytest.param((PASS,), {"answers": (TRUNCATED,)}, "not complete", id="truncated"),
        pytest.param((PASS,), {"answers": ()}, "no evidence", id="no answers"),
        pytest.param((replace(PASS, privilege=Privilege.USER),), {}, "only as user", id="less privilege"),
        pytest.param((replace(PASS, observed=""),), {}, "observed", id="no observed value"),
        pytest.param((PASS,), {"who": Identity(None, None, ())}, "no strong identity", id="identity unreadable"),
        pytest.param((PASS,), {"who": identity("other")}, "another machine", id="another machine"),
    ],
)
def test_what_never_closes(
    bench: Bench, runs: tuple[CheckRun, ...], changes: dict[str, object], why: str | None
) -> None:
    bench.scan("web", FAIL)
    given = dict(changes)
    who = given.pop("who", None)
    _, saved = bench.scan("web", *runs, who=who, **given)  # type: ignore[arg-type]  # a table of keyword arguments
    assert saved.fixed == ()
    assert bench.store.finding("EC-0001").state == "OPEN"
    assert (
        [why in sentence for sentence in saved.refused.values()] == ([True] if why else [])
        if why
        else not saved.refused
    )


def test_older_support_dates_prove_nothing(bench: Bench) -> None:
    bench.scan("web", FAIL)
    bench.plan["support_snapshot"] = "2026-01-01"
    _, saved = bench.scan("web", PASS)
    assert "older" in saved.refused["EC-0001"]
    bench.plan["uses_support"] = ()
    assert bench.scan("web", PASS)[1].fixed == ("EC-0001",)


def test_a_successor_and_a_family_keep_the_finding(bench: Bench) -> None:
    bench.scan("web", FAIL)
    bench.checks, bench.plan = ("new",), {"families": {"new": CHECK}}
    assert bench.scan("web", run(Outcome.FAIL, "new"))[1].opened == ()
    assert bench.store.finding("1").check_id == "new"
    bench.checks, bench.plan = ("newer",), {"supersedes": {"newer": ("new",)}}
    assert bench.scan("web", run(Outcome.PASS, "newer"))[1].fixed == ("EC-0001",)
    assert bench.store.verify_chain() == 2


def test_a_subject_that_no_longer_fails_is_fixed_and_the_other_is_not(bench: Bench) -> None:
    var, tmp = (run(Outcome.FAIL, OTHER, subject=Subject("mount", m), facts=("mounts",)) for m in ("/var", "/tmp"))
    bench.scan("web", var, tmp)
    gap = run(Outcome.NOT_ASSESSED, OTHER, facts=("mounts",))
    assert bench.scan("web", tmp, gap)[1].fixed == ()
    _, saved = bench.scan("web", tmp)
    assert saved.fixed == ("EC-0001",)
    assert {r.subject.key: r.state for r in bench.store.findings()} == {"/var": "VERIFIED_FIXED", "/tmp": "OPEN"}
    assert [r.ref for r in bench.store.findings("OPEN")] == ["EC-0002"]


def test_an_older_visit_changes_nothing(bench: Bench) -> None:
    """A verification beside a long scan: its pass came later than the scan's fail, though the fail is saved last."""
    bench.scan("web", FAIL)
    full = bench.begin("web")
    slow = bench.result("web", FAIL)
    assert bench.scan_kind(ScanKind.VERIFY, "web", PASS).fixed == ("EC-0001",)
    saved = bench.store.save_host(full, slow)
    assert (saved.opened, saved.regressed) == ((), ())
    assert bench.store.finding("1").state == "VERIFIED_FIXED"


def test_a_renamed_machine_keeps_its_uid(bench: Bench) -> None:
    _, first = bench.scan("web", FAIL)
    _, second = bench.scan("www", PASS, who=identity("web"))
    assert (second.uid, second.fixed, second.identity_note) == (first.uid, ("EC-0001",), "")
    assert bench.store.finding("1").asset == "www"


def test_a_machine_installed_anew_needs_a_new_proof_and_can_give_it(bench: Bench) -> None:
    _, first = bench.scan("web", FAIL)
    anew = identity("anew", smbios="web")
    _, second = bench.scan("web", FAIL, who=anew)
    assert (second.uid, second.regressed, second.identity_note) == (first.uid, (), "")
    assert bench.scan("web", PASS, who=anew)[1].fixed == ("EC-0001",)


def test_twenty_names_of_one_machine_get_a_note_and_close_nothing(bench: Bench) -> None:
    names = [f"lab{n}" for n in range(20)]
    one, notes = identity("one"), []
    for outcome in (FAIL, PASS):
        scan = bench.begin(*names)
        saved = [bench.save(scan, name, outcome, who=one) for name in names]
        assert bench.end(scan) is ScanState.COMPLETE
        assert len({s.uid for s in saved}) == 20
        notes.append([bool(host.identity_note) for host in bench.store.hosts(scan)])
    assert all(notes[0])
    assert all(notes[1])
    assert {row.state for row in bench.store.findings()} == {"OPEN"}
    assert len(bench.store.findings()) == 20


@pytest.mark.parametrize("order", [("web", "copy"), ("copy", "web")])
def test_a_copy_withdraws_what_was_closed_before_it_was_seen(bench: Bench, order: tuple[str, str]) -> None:
    bench.scan("web", FAIL)
    scan = bench.begin("web", "copy")
    saved = {name: bench.save(scan, name, PASS, who=identity("web")) for name in order}
    assert all(host.identity_note for host in bench.store.hosts(scan))
    assert bench.store.finding("1").state == "OPEN"
    assert bench.store.fixed_by(scan) == ()
    if order[0] == "web":
        assert "withdrawn" in saved["copy"].refused["EC-0001"]
        assert bench.store.events()[-1].why == "withdrawn"
    assert bench.store.verify_chain() in (1, 3)


def test_a_verification_of_one_host_knows_the_copy_too(bench: Bench) -> None:
    scan = bench.begin("web", "copy")
    for name in ("web", "copy"):
        bench.save(scan, name, FAIL, who=identity("web"))
    bench.end(scan)
    estate = bench.store.estate_of(scan)
    verify = bench.begin("web", kind=ScanKind.VERIFY, estate=estate)
    assert bench.save(verify, "web", PASS, who=identity("web")).fixed == ()


def test_a_person_settles_an_identity(bench: Bench) -> None:
    _, old = bench.scan("web", FAIL)
    for _ in range(2):
        _, saved = bench.scan("web", PASS, who=identity("new hardware"))
        assert "another machine" in saved.identity_note
    bench.store._clock = lambda: bench.now
    desk = World(bench.store, bench).people().desk("owner")
    assert settle(desk, "web", "mainboard replaced, ticket 7") == old.uid
    _, saved = bench.scan("web", PASS, who=identity("new hardware"))
    assert (saved.identity_note, saved.fixed) == ("", ("EC-0001",))
    event = bench.store.events(f"asset:{old.uid}")[0]
    assert (event.actor, event.proof["reason"]) == ("O. Wner", "mainboard replaced, ticket 7")
    with pytest.raises(StoreError, match="not in doubt"):
        settle(desk, "web", "again")


def test_a_host_key_alone_is_an_identity(bench: Bench) -> None:
    attempt = Attempt("ssh", True, True, Privilege.ROOT, None, "", host_key("web"), START + timedelta(days=9))
    _, first = bench.scan("web", FAIL, who=Identity(None, None, ()), attempt=replace(attempt, started_at=START))
    bench.now += timedelta(days=20)
    attempt = replace(attempt, started_at=bench.now)
    _, second = bench.scan("www", PASS, who=Identity(None, None, ()), attempt=attempt)
    assert (second.uid, second.fixed) == (first.uid, ("EC-0001",))


def test_a_second_full_scan_is_refused_and_a_verification_is_not(bench: Bench) -> None:
    scan = bench.begin("web")
    with pytest.raises(ScanRunning, match=rf"scan {scan} has been running since .* as process \d+ on "):
        bench.begin("web")
    beside = bench.begin("web", kind=ScanKind.VERIFY)
    assert [row.kind for row in bench.store.scans()] == [ScanKind.FULL, ScanKind.VERIFY]
    assert bench.store.latest_scan(ScanKind.VERIFY).id == beside


def set_scan(store: Store, **values: object) -> None:
    """As another machine or another process would have written it."""
    with store._database.writing() as connection:
        for column, value in values.items():
            connection.execute(text(f"UPDATE scan SET {column} = :value"), {"value": value})  # noqa: S608 (our own names)


def test_a_scan_of_another_machine_is_lost_after_two_silent_minutes(bench: Bench) -> None:
    scan = bench.begin("web", "db")
    bench.save(scan, "web", FAIL)
    set_scan(bench.store, place="elsewhere")
    assert bench.store.lost_scans() == ()
    bench.store._clock = lambda: datetime.now(UTC) + timedelta(seconds=121)
    [lost] = bench.store.lost_scans()
    assert (lost.id, lost.done, lost.lacking) == (scan, 1, ("db",))
    assert bench.store.lost_scans() == ()
    row = bench.store.scan(scan)
    assert row.state is ScanState.INTERRUPTED
    assert row.ended_at is not None
    assert all(event.at <= row.ended_at for event in bench.store.events())


@pytest.mark.parametrize(
    "values", [{"pid": 2**22 + 1}, {"process_start": "1"}], ids=["no such process", "its number was reused"]
)
def test_a_scan_whose_process_is_gone_is_lost_at_once(bench: Bench, values: dict[str, object]) -> None:
    scan = bench.begin("web")
    assert bench.store.lost_scans() == ()
    set_scan(bench.store, **values)
    assert [lost.id for lost in bench.store.lost_scans()] == [scan]
    assert bench.begin("web") == scan + 1


def test_a_heartbeat_keeps_a_scan_alive(bench: Bench) -> None:
    scan = bench.begin("web")
    set_scan(bench.store, place="elsewhere")
    later = datetime.now(UTC) + timedelta(hours=1)
    bench.store._clock = lambda: later
    bench.store.heartbeat(scan)
    assert bench.store.lost_scans() == ()


Misuse = Callable[[Bench, int], object]


@pytest.mark.parametrize(
    ("misuse", "why"),
    [
        pytest.param(lambda b, s: b.save(s, "other"), "other is not in the plan", id="not planned"),
        pytest.param(lambda b, s: (b.save(s, "web"), b.save(s, "web")), "has a result for web already", id="twice"),
        pytest.param(lambda b, s: (b.end(s), b.save(s, "web")), "is partial; nothing can be added", id="ended"),
        pytest.param(lambda b, s: (b.end(s), b.end(s)), "nothing can be added", id="ended twice"),
        pytest.param(lambda b, s: b.end(s, ScanState.RUNNING), "cannot end as running", id="ends as running"),
        pytest.param(lambda b, _: b.store.scan(99), "no scan 99", id="unknown scan"),
        pytest.param(lambda b, _: list(b.store.hosts(99)), "no scan 99", id="hosts of an unknown scan"),
        pytest.param(lambda b, _: b.store.finding("EC-7"), "no finding 'EC-7'", id="unknown finding"),
        pytest.param(lambda b, _: b.store.finding("' OR 1"), "no finding", id="nonsense"),
        pytest.param(lambda b, _: b.store.blob("ab"), "no evidence 'ab'", id="unknown evidence"),
        pytest.param(lambda b, _: b.store.blob("zz"), "no evidence 'zz'", id="evidence of no hash"),
        pytest.param(lambda b, s: b.store.evidence_of("ff", s), "no finding with", id="evidence of an unknown finding"),
        pytest.param(lambda b, _: b.store.purge(), "say how many", id="purge without a limit"),
        pytest.param(
            lambda b, _: b.begin("web", kind=ScanKind.VERIFY, started_at=START),
            "set the clock",
            id="time goes backwards",
        ),
    ],
)
def test_misuse_is_one_clear_sentence(bench: Bench, misuse: Misuse, why: str) -> None:
    scan = bench.begin("web")
    with pytest.raises(StoreError, match=why):
        misuse(bench, scan)


def test_a_failure_half_way_leaves_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = bench.begin("web")

    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("scanner.store.findings.append", broken)
    with pytest.raises(StoreError, match="No space left"):
        bench.save(scan, "web", FAIL)
    assert bench.store.findings() == ()
    assert bench.store.size().tables["evidence"] == 0
    monkeypatch.undo()
    assert len(bench.save(scan, "web", FAIL).opened) == 1  # PostgreSQL does not give a number back


@pytest.mark.parametrize(
    "hostile", ["nul \0 byte", "lone \ud800 surrogate", "'; DROP TABLE event; --", "\u202e", "é" * 1000]
)
def test_what_a_host_says_is_stored_and_never_breaks_us(bench: Bench, hostile: str) -> None:
    attempt = Attempt("ssh", True, True, Privilege.ROOT, None, hostile, hostile, bench.now + timedelta(days=1))
    subject = Subject("mount", hostile)
    scan, saved = bench.scan(
        "web", run(Outcome.FAIL, subject=subject, observed=hostile), attempt=attempt, os_name=hostile
    )
    [host] = bench.store.hosts(scan)
    [finding] = bench.store.findings()
    assert finding.fingerprint == fingerprint(saved.uid, CHECK, host.runs[0].subject)
    assert finding.observed.isprintable() or "\u202e" in hostile
    assert bench.scan("web", run(Outcome.FAIL, subject=subject, observed=hostile))[1].opened == ()


def test_thousands_of_subjects_of_one_host_fit(bench: Bench) -> None:
    """More than one statement takes; and no step may cost the square of what a hostile host makes up."""
    runs = tuple(run(Outcome.FAIL, subject=Subject("file", str(n))) for n in range(2000))
    assert len(set(bench.scan("web", *runs)[1].opened)) == 2000
    assert len(bench.scan("web", *runs[:2])[1].fixed) == 1998


@pytest.mark.parametrize("change", ["UPDATE event SET actor = 'me'", "DELETE FROM event"])
def test_the_database_itself_refuses_to_change_events(bench: Bench, change: str) -> None:
    bench.scan("web", FAIL)
    with pytest.raises(StoreError, match="never changed or deleted"), bench.store._database.writing() as connection:
        connection.execute(text(change))
    assert bench.store.verify_chain() == 1


def test_two_scans_of_an_unchanged_host_share_everything(bench: Bench) -> None:
    bench.scan("web", FAIL)
    before = bench.store.size()
    bench.scan("web", FAIL)
    after = bench.store.size()
    for table in ("blob", "ruling", "finding", "event", "snapshot", "asset_identity"):
        assert after.tables[table] == before.tables[table], table
    assert after.blob_bytes == before.blob_bytes
    assert after.scans == 2
    assert after.largest_scan_bytes == after.blob_bytes
