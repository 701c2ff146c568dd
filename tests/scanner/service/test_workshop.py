"""The worker process: the same results as without it, and whatever it dies of costs one host."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from checks.finding import Member, Outcome
from inventory.facts import Missing, Reason
from scanner.engine import Looked
from scanner.probes import concerns
from scanner.service import members, worker_process, workshop
from scanner.service import scan as scanning
from scanner.service.bench import BenchError, Order, Worked, bench_of
from scanner.service.scan import Scanned, Watcher
from scanner.service.wire import Garbled, content_of, looked_of, message, visit
from scanner.service.workshop import maker_for
from scanner.store.records import StoredHost
from scanner.store.store import open_store
from scanner.transports import WAYS
from tests.scanner.service.visits import CHECKS, Way, asset, bench, job, order, visits

NAMES = tuple(f"host-{n:02d}" for n in range(24))

# What a worker is made to do before it works: BAD is the host that has it coming.
HARM = """
import sys; sys.path[:] = {path!r}
import os, signal, time
import scanner.service.bench as bench
import scanner.service.worker as worker
from scanner.probes.script import ScriptProbe
work, parse = bench.Bench.work, ScriptProbe.parse
def harmed(self, looked):
    if looked.asset.name in BAD:
        DEED
    return work(self, looked)
bench.Bench.work = harmed
worker.main()
"""


def harm(deed: str, *bad: str) -> str:
    return HARM.replace("DEED", deed).replace("BAD", repr(bad))


def harms(deeds: Mapping[str, str]) -> str:
    """Another deed for each."""
    return harm(f"exec(dict({[*deeds.items()]!r})[looked.asset.name])", *deeds)


def worked_on(seen: Sequence[Looked], ordered: Order | None = None) -> list[Worked]:
    """All at once, as a scan does it."""

    async def all_of_them() -> list[Worked]:
        async with maker_for(len(seen), bench(), ordered or order()) as maker:
            return await asyncio.gather(*(maker.work(looked) for looked in seen))

    return [replace(worked, cpu={}) for worked in asyncio.run(all_of_them())]


@pytest.fixture(scope="module")
def seen() -> list[Looked]:
    return visits(*NAMES)


@pytest.fixture(scope="module")
def plain(seen: list[Looked]) -> list[Worked]:
    """As the scanner's own process makes it."""
    made = bench()
    return [replace(made.work(looked), cpu={}) for looked in seen]


def children() -> set[int]:
    path = Path("/proc/self/task")
    return {int(pid) for task in path.iterdir() for pid in (task / "children").read_text().split()}


def test_a_visit_survives_the_wire(seen: list[Looked]) -> None:
    assert looked_of(content_of(message(visit(seen[0]))[8:])) == seen[0]
    with pytest.raises(Garbled):
        content_of(b"nonsense")


def test_a_worker_makes_exactly_what_the_scanner_makes(seen: list[Looked], plain: list[Worked]) -> None:
    before = children()
    assert {run.outcome for run in plain[0].runs} >= {Outcome.PASS, Outcome.FAIL}
    assert worked_on(seen) == plain
    assert children() == before


def test_a_small_plan_starts_no_process(monkeypatch: pytest.MonkeyPatch, seen: list[Looked]) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert len(worked_on(seen[:5])) == 5


def scanned(monkeypatch: pytest.MonkeyPatch, folder: Path, small: int) -> tuple[Scanned, list[StoredHost], list[bytes]]:
    """A whole scan. Its hosts as the record gives them back, and every text with its packed form."""
    monkeypatch.setitem(WAYS, "test", lambda asset, _: Way(asset))
    monkeypatch.setattr(workshop, "SMALL", small)
    monkeypatch.setattr(scanning, "SMALL", small)
    folder.mkdir()
    with open_store(str(folder / "record.db")) as store:
        done = asyncio.run(scanning.scan(job(store, *NAMES), Watcher(), asyncio.Event()))
        hosts = list(store.hosts(done.scan_id, outputs=True))
        with store._database.reading() as connection:
            blobs = connection.exec_driver_sql("SELECT sha256, size, data FROM blob ORDER BY sha256").all()
        assert store.verify_chain() == len(store.findings()) > len(NAMES)
    return done, hosts, [b"%s %d %s" % tuple(row) for row in blobs]


def test_a_scan_stores_the_same_both_ways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    one, hosts_here, blobs_here = scanned(monkeypatch, tmp_path / "here", 1000)
    two, hosts_there, blobs_there = scanned(monkeypatch, tmp_path / "there", 2)
    assert one.state == two.state == "complete"
    assert len(one.saved) == len(two.saved) == len(NAMES)
    assert hosts_here == hosts_there
    concerned = sum(concerns(asset(NAMES[0]), check.needs) for check in CHECKS)
    assert concerned > 50
    assert all(len(host.answers) > 10 and len(host.runs) >= concerned for host in hosts_here)
    assert blobs_here == blobs_there


DEEDS = {
    "host-03": "os._exit(3)",
    "host-05": "worker.message = lambda content: b'nonsense' * 9",
    "host-07": "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGPROF]); time.sleep(600)",
    "host-09": "raise KeyError('hunter2')",
    "host-11": "bytearray(1 << 40)",
}
DIED = "died {} times of what this host sent"
FAILED = "the scanner itself failed here: {}"


def test_a_host_that_kills_the_worker_is_tried_twice_and_costs_itself_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seen: list[Looked], plain: list[Worked]
) -> None:
    """One of which it dies once, of nothing that would come again, costs nobody."""
    once = tmp_path / "once"
    deeds = {
        "host-03": "os.kill(os.getpid(), signal.SIGKILL)",
        "host-05": f"os.path.exists({str(once)!r}) or (open({str(once)!r}, 'w').close(), os._exit(1))",
    }
    monkeypatch.setattr(workshop, "CODE", harms(deeds))
    costs_only(plain, seen, {"host-03": DIED.format(2)})
    assert once.exists()


def test_hosts_that_do_other_harm_cost_themselves_only(
    monkeypatch: pytest.MonkeyPatch, seen: list[Looked], plain: list[Worked]
) -> None:
    """It exits, babbles, hangs, meets a fault of ours, wants all memory."""
    monkeypatch.setattr(workshop, "CODE", harms(DEEDS))
    monkeypatch.setattr(workshop, "VISIT_SECONDS", 4.0)
    monkeypatch.setattr(workshop, "TRIES", 1)
    whys = [*[DIED.format(1)] * 3, FAILED.format("KeyError"), FAILED.format("MemoryError")]
    costs_only(plain, seen, dict(zip(DEEDS, whys, strict=True)))


def costs_only(plain: list[Worked], seen: Sequence[Looked], harmed: Mapping[str, str]) -> None:
    before = children()
    made = dict(zip(NAMES, worked_on(seen), strict=True))
    others = [(p, made[name]) for name, p in zip(NAMES, plain, strict=True) if name not in harmed]
    assert [m for _, m in others] == [_unpacked_alike(p, m) for p, m in others]
    for name, why in harmed.items():
        missing = made[name].attempt_missing
        assert missing is not None
        assert missing.reason is Reason.NOT_ATTEMPTED
        assert why in missing.detail, name
        assert {run.outcome for run in made[name].runs} <= {Outcome.NOT_ASSESSED, Outcome.NOT_APPLICABLE}
        assert "hunter2" not in str(made[name])
    assert children() == before


def _unpacked_alike(plain: Worked, made: Worked) -> Worked:
    """A worker that begins anew packs again what its forerunner had packed: that may differ, the hashes may not."""
    assert plain.packed is not None
    assert made.packed is not None
    assert [one.sha256 for one in plain.packed] == [one.sha256 for one in made.packed]
    return replace(plain, packed=made.packed)


def test_there_is_an_end_to_new_workers(monkeypatch: pytest.MonkeyPatch, seen: list[Looked]) -> None:
    monkeypatch.setattr(workshop, "CODE", harm("os._exit(3)", *NAMES[2:]))
    monkeypatch.setattr(workshop, "MAX_DEATHS", 2)
    made = worked_on(seen)
    assert [worked.attempt_missing for worked in made[:2]] == [None, None]
    died = Missing(Reason.NOT_ATTEMPTED, "the process that reads answers died 2 times of what this host sent")
    ended = Missing(Reason.NOT_ATTEMPTED, "the process that reads answers ended 2 times in this scan")
    assert [worked.attempt_missing for worked in made[2:]] == [died, *[ended] * 21]


@pytest.mark.parametrize("what", ["exits", "other checks", "no python"])
def test_where_no_worker_starts_the_scanner_does_it_itself(
    monkeypatch: pytest.MonkeyPatch, seen: list[Looked], plain: list[Worked], what: str
) -> None:
    ordered = order()
    if what == "exits":
        monkeypatch.setattr(workshop, "CODE", "raise SystemExit(3)")
    elif what == "no python":
        monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    else:
        ordered = order(catalogue_digest="0" * 64)
    assert worked_on(seen, ordered) == plain


@pytest.mark.parametrize("what", ["catalogue_digest", "support_digest"])
def test_a_worker_with_other_checks_or_support_dates_makes_no_bench(what: str) -> None:
    with pytest.raises(BenchError):
        bench_of(order(**{what: "0" * 64}))
    assert bench_of(order())


def test_a_parser_that_goes_on_and_on_is_one_gap_and_no_secret_of_the_environment_is_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seen: list[Looked], plain: list[Worked]
) -> None:
    monkeypatch.setenv("LAB_SECRET", "hunter2-hunter2")
    told = tmp_path / "environment"
    endless = (
        f"open({str(told)!r}, 'w').write(repr(dict(os.environ)));"
        "self._patience._limits = (0.3, 0.05); ScriptProbe.parse = lambda probe, asset, answers: "
        "[0 for _ in iter(int, 1) if _] if probe.name == 'packages' and asset.name in BAD "
        "else parse(probe, asset, answers)"
    )
    monkeypatch.setattr(workshop, "CODE", harm(endless, "host-00"))
    [made, *others] = worked_on(seen)
    assert "PATH" in told.read_text()
    assert "hunter2" not in told.read_text()
    assert others == plain[1:]
    gaps = {run.check_id: run for run in made.runs if "the parser of packages failed: TookTooLong" in run.observed}
    assert gaps
    assert all(run.outcome is Outcome.NOT_ASSESSED for run in gaps.values())
    assert made.attempt_missing is None
    assert any(run.outcome is Outcome.FAIL for run in made.runs), "the other facts were read"


SCAN = """
import asyncio, sys
from pathlib import Path
from scanner.service import scan, workshop
from scanner.store.store import open_store
from scanner.transports import WAYS
from tests.scanner.service.test_workshop import NAMES, harm
from tests.scanner.service.visits import Way, job
WAYS["test"] = lambda asset, _: Way(asset)
workshop.CODE = harm("print(os.getpid(), flush=True); time.sleep(30)", "host-03")
asyncio.run(scan.scan(job(open_store(sys.argv[1]), *NAMES), scan.Watcher(), asyncio.Event()))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_a_scanner_that_ends_leaves_no_worker(tmp_path: Path, number: signal.Signals) -> None:
    words = [sys.executable, "-c", SCAN, str(tmp_path / "record.db")]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        worker = int(process.stderr.readline())
        os.kill(worker, 0)
        process.send_signal(number)
        process.wait(60)
        process.stderr.close()
    until = time.monotonic() + 15
    while Path(f"/proc/{worker}/stat").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()
    with open_store(str(tmp_path / "record.db")) as store:
        assert store.latest_scan().done <= 24


def test_a_list_of_members_goes_over_once(monkeypatch: pytest.MonkeyPatch, plain: list[Worked]) -> None:
    """And both ends forget it together."""
    many = tuple(Member(f"CVE-2026-{number}", "fix available") for number in range(30))
    few = many[:2]
    run = replace(plain[0].runs[0], members=many)
    first = replace(plain[0], runs=(run, plain[0].runs[1], replace(run, members=few)))
    monkeypatch.setattr(members, "MOST", 40)
    sent, received = members.Sent(), members.Received()
    parcels = [sent.parcel(first) for _ in range(3)]
    assert [len(parcel.new) for parcel in parcels] == [2, 0, 0]
    other = replace(first, runs=(replace(run, members=(*many,)),))  # equal, and another list
    parcels += [sent.parcel(other), sent.parcel(first)]  # after it there are too many
    assert [(len(parcel.new), parcel.generation) for parcel in parcels[3:]] == [(1, 0), (2, 1)]
    made = [received.worked(content_of(message(parcel)[8:])) for parcel in parcels]
    assert made == [first, first, first, other, first]


def test_a_run_goes_over_once(monkeypatch: pytest.MonkeyPatch, plain: list[Worked]) -> None:
    """And both ends forget it together; one with members goes as its list does."""
    monkeypatch.setattr(members, "MOST_RUNS", 3)
    bare = [run for run in plain[0].runs if not run.members][:2]
    listed = replace(bare[0], members=(Member("CVE-2026-1", "fix available"),))
    first = replace(plain[0], runs=(bare[0], listed, bare[1], bare[0]))
    other = replace(plain[0], runs=(replace(bare[0]), replace(bare[1])))  # equal, and others
    sent, received = members.Sent(), members.Received()
    parcels = [sent.parcel(one) for one in (first, first, other, first, first)]
    assert [(len(parcel.new_runs), parcel.generation) for parcel in parcels] == [(2, 0), (0, 0), (2, 0), (2, 1), (0, 1)]
    made = [received.worked(content_of(message(parcel)[8:])) for parcel in parcels]
    assert made == [first, first, other, first, first]
    assert made[0].runs[0] is made[0].runs[3] is made[1].runs[0]


def test_the_same_verdict_on_two_hosts_is_one_run(seen: list[Looked]) -> None:
    """So that it goes to the scanner once."""
    one, two = (bench().work(looked).runs for looked in seen[:2])
    assert one == two
    assert [run for run, other in zip(one, two, strict=True) if run is not other and not run.members] == []


WAITS = "import sys; print('started', sys.argv[1], file=sys.stderr); sys.stdin.read()"


def test_workers_that_start_ahead_are_those_that_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "CODE", WAITS)
    with worker_process.ahead(worker_process.SMALL):
        taken = worker_process.start(WAITS, worker_process.BENCH)
        [left] = worker_process._ahead.values()
        other = worker_process.start("pass", worker_process.READER)  # not what stands ready
        assert left.process.poll() is None
    assert left.process.returncode == -signal.SIGKILL
    assert taken.process.poll() is None
    for one in (taken, other):
        os.close(one.outlet)
        os.close(one.inlet)
        worker_process.end(one.process)
    assert (taken.process.returncode, other.process.returncode, worker_process._ahead) == (0, 0, {})


def test_for_few_no_worker_starts_ahead() -> None:
    with worker_process.ahead(worker_process.SMALL - 1):
        assert worker_process._ahead == {}
