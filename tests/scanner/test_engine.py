"""The engine: every asset once, within its caps and deadlines, and one bad host is nobody else's trouble.

The transports here are small stand-ins, because what is tested is the engine's own order and bounds; real ways in are
tested in tests/scanner/transports.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from inventory.asset import Asset, Connection, Limits, Privilege
from inventory.facts import Absent, Missing, Reason
from scanner.engine import GRACE_SECONDS, Errand, Looked, Pace, look, read, subnet_of
from scanner.probes.script import ScriptProbe
from scanner.query import Answer, Attempt, Deadline, NotHere, Query, Script, Unreadable, Visit


def probe(name: str = "word", reads: Callable[[str], object] = str.strip) -> ScriptProbe[object]:
    return ScriptProbe(name, Script(name, "echo"), reads)


def asset(number: int, *groups: str, seconds: float = 5.0) -> Asset:
    address = f"127.0.{number // 250}.{number % 250 + 1}"
    return Asset(f"host-{number:03d}", Connection("test", address), groups=groups, limits=Limits(host_seconds=seconds))


@dataclass
class Bench:
    """Answers every query with the asset's name after a while, and counts who is busy."""

    seconds: float = 0.01
    busy: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    broken: dict[str, Exception] = field(default_factory=dict)
    hanging: set[str] = field(default_factory=set)
    missing: dict[str, Missing] = field(default_factory=dict)

    def open(self, wanted: Asset) -> "_Way":
        return _Way(self, wanted)


@dataclass
class _Way:
    bench: Bench
    asset: Asset

    async def answer(self, queries: Sequence[Query], _deadline: Deadline) -> Visit:
        bench, name = self.bench, self.asset.name
        bench.calls[name] += 1
        keys = ["all", *self.asset.groups, subnet_of(self.asset.connection.address) or ""]
        for key in keys:
            bench.busy[key] += 1
            bench.most[key] = max(bench.most[key], bench.busy[key])
        try:
            await asyncio.sleep(3600 if name in bench.hanging else bench.seconds)
            if name in bench.broken:
                raise bench.broken[name]
        finally:
            for key in keys:
                bench.busy[key] -= 1
        gap = bench.missing.get(name)
        attempt = Attempt("test", True, gap is None, Privilege.USER, gap, started_at=datetime.now(UTC))
        answers = () if gap else tuple(Answer(q.name, f"{name}\n".encode(), 0) for q in queries)
        return Visit(attempt, answers)


def run(bench: Bench, errands: list[Errand], pace: Pace, stop_after: int | None = None) -> list[Looked]:
    async def all_of_it() -> list[Looked]:
        stop, seen = asyncio.Event(), []
        async for looked in look(errands, bench.open, replace(pace, jitter_seconds=0.0), stop=stop):
            seen.append(looked)
            if stop_after is not None and len(seen) >= stop_after:
                stop.set()
        return seen

    return asyncio.run(all_of_it())


def errands(count: int, *groups: str, seconds: float = 5.0) -> list[Errand]:
    return [Errand(asset(n, *groups, seconds=seconds), (probe(),)) for n in range(count)]


def test_every_asset_is_visited_once_and_brings_its_own_fact() -> None:
    bench = Bench()
    seen = run(bench, errands(200), Pace(workers=16, per_subnet=99))
    assert sorted(looked.asset.name for looked in seen) == [f"host-{n:03d}" for n in range(200)]
    assert all(read(looked).facts == {"word": looked.asset.name} for looked in seen)
    assert set(bench.calls.values()) == {1}
    assert bench.most["all"] == 16


@pytest.mark.parametrize(
    ("pace", "key", "most"),
    [
        (Pace(workers=20, per_subnet=3), "127.0.0.0/24", 3),
        (Pace(workers=20, per_subnet=99, groups={"old": 2}), "old", 2),
        (Pace(workers=5, per_subnet=99), "all", 5),
    ],
    ids=["subnet", "group", "workers"],
)
def test_caps_hold_and_are_used(pace: Pace, key: str, most: int) -> None:
    bench = Bench()
    assert len(run(bench, errands(40, "old"), pace)) == 40
    assert bench.most[key] == most


def test_a_capped_group_does_not_hold_up_the_others() -> None:
    bench = Bench(seconds=0.05)
    mixed = [*errands(10, "old"), *(Errand(asset(100 + n), (probe(),)) for n in range(10))]
    seen = run(bench, mixed, Pace(workers=8, per_subnet=99, groups={"old": 1}))
    first_ten = {looked.asset.name for looked in seen[:12]}
    assert len(seen) == 20
    assert sum(name >= "host-100" for name in first_ten) >= 8


def test_a_fault_of_ours_is_a_gap_at_one_host_only() -> None:
    bench = Bench(broken={"host-003": RuntimeError("password=hunter2")})
    by_name = {looked.asset.name: looked for looked in run(bench, errands(8), Pace(workers=4))}
    broken = by_name.pop("host-003")
    assert broken.attempt.missing == Missing(Reason.NOT_ATTEMPTED, "the scanner itself failed here: RuntimeError")
    assert isinstance(read(broken).facts["word"], Missing)
    assert all(read(looked).facts["word"] == name for name, looked in by_name.items())


def test_a_transport_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.engine.GRACE_SECONDS", 0.2)
    assert GRACE_SECONDS > 0.2
    bench, started = Bench(hanging={"host-001"}), time.monotonic()
    by_name = {looked.asset.name: looked for looked in run(bench, errands(3, seconds=0.3), Pace(workers=3))}
    assert time.monotonic() - started < 2
    assert by_name["host-001"].attempt.missing == Missing(Reason.TIMED_OUT, "nothing came to an end within 0.3 s")
    assert read(by_name["host-002"]).facts["word"] == "host-002"


def test_stop_ends_running_visits_and_yields_nothing_for_them() -> None:
    bench, started = Bench(hanging={f"host-{n:03d}" for n in range(2, 50)}), time.monotonic()
    seen = run(bench, errands(50), Pace(workers=10), stop_after=2)
    assert {looked.asset.name for looked in seen} == {"host-000", "host-001"}
    assert time.monotonic() - started < 2
    assert not +bench.busy


def test_a_visit_that_failed_leaves_no_fact_and_says_why() -> None:
    gap = Missing(Reason.CONNECTION_REFUSED, "127.0.0.1:22 refused")
    (looked,) = run(Bench(missing={"host-000": gap}), errands(1), Pace())
    assert looked.attempt.missing == gap
    assert read(looked).facts["word"] == gap


def _unreadable(_: str) -> object:
    raise Unreadable("nonsense", Reason.COLLECTOR_MISSING)


def _not_here(_: str) -> object:
    raise NotHere("no sshd on this host")


def _broken(_: str) -> object:
    raise IndexError("secret")


@pytest.mark.parametrize(
    ("reads", "fact"),
    [
        (str.strip, "host-000"),
        (_unreadable, Missing(Reason.COLLECTOR_MISSING, "nonsense")),
        (_not_here, Absent("no sshd on this host")),
        (_broken, Missing(Reason.OUTPUT_UNREADABLE, "the parser of word failed: IndexError")),
    ],
    ids=["fact", "unreadable", "absent", "broken parser"],
)
def test_what_a_parser_can_bring(reads: Callable[[str], object], fact: object) -> None:
    (looked,) = run(Bench(), [Errand(asset(0), (probe(reads=reads),))], Pace())
    assert read(looked).facts["word"] == fact


@pytest.mark.parametrize(
    ("address", "subnet"),
    [("192.0.2.7", "192.0.2.0/24"), ("2001:db8::7", "2001:db8::/64"), ("web.example", None), ("", None)],
)
def test_subnet(address: str, subnet: str | None) -> None:
    assert subnet_of(address) == subnet
