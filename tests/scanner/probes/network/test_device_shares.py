"""How much of 786 recorded devices is identified, by field, half and operating system (``pytest -s`` prints it all).

``make test`` looks at every fifth of them, ``make soak`` at all.
"""

from collections import Counter
from dataclasses import dataclass

import pytest

from tests.scanner.probes.network.walks import FIELDS, OURS, devices, disputed, expected, half, same

pytestmark = pytest.mark.data

EVERY = pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.soak)])
LEAST_RIGHT = {"version": 0.95, "model": 0.88, "serial": 0.91}
MOST_WRONG = {"version": 0.002, "model": 0.01, "serial": 0.01}  # without the cases where ours is the better value


@dataclass(frozen=True)
class Judged:
    name: str
    field: str
    verdict: str  # right, better, wrong, unknown
    theirs: str
    ours: str | None
    rule: str | None

    def told(self) -> str:
        why = OURS.get((self.name, self.field), "")
        return (
            f"{self.verdict:8} {self.name}: theirs {self.theirs!r}, ours {self.ours!r} ({self.rule or 'no rule'}) {why}"
        )


def judged(field: str, every: int) -> list[Judged]:
    rows = []
    for name, device in devices(every).items():
        theirs, ours = expected()[name][FIELDS[field]], getattr(device, field)
        if theirs and theirs.strip():
            verdict = _verdict(name, field, theirs, ours)
            if field == "model" and device.model_is_architecture and verdict == "wrong":
                verdict = "unknown"  # the fact says that it is no model
            rows.append(Judged(name, field, verdict, theirs, ours, device.rule))
    return rows


def _verdict(name: str, field: str, theirs: str, ours: str | None) -> str:
    if ours is None:
        return "unknown"
    if same(ours, theirs):
        return "right"
    return "better" if (name, field) in OURS else "wrong"


def share(rows: list[Judged], verdict: str) -> float:
    return sum(row.verdict == verdict for row in rows) / len(rows)


@EVERY
@pytest.mark.parametrize("field", FIELDS)
def test_the_share_that_is_right_and_the_share_that_is_wrong(field: str, every: int) -> None:
    rows = judged(field, every)
    for title, part in (("all", rows), *((f"half {n}", [r for r in rows if half(r.name) == n]) for n in (0, 1))):
        shares = {v: f"{share(part, v):.1%}" for v in ("right", "better", "wrong", "unknown")}
        print(f"{field}, {title}: {len(part)} devices, {shares}")  # noqa: T201
    for row in rows:
        if row.verdict != "right":
            print("  ", row.told())  # noqa: T201
    assert share(rows, "right") >= LEAST_RIGHT[field]
    assert share(rows, "wrong") <= MOST_WRONG[field]


@EVERY
def test_versions_by_operating_system(every: int) -> None:
    by_os: dict[str, Counter[str]] = {}
    for row in judged("version", every):
        by_os.setdefault(expected()[row.name]["os"], Counter())[row.verdict] += 1
    for system, verdicts in sorted(by_os.items()):
        print(f"{system}: {dict(verdicts)}")  # noqa: T201
    poor = {
        system
        for system, v in by_os.items()
        if sum(v.values()) >= 3 and v["right"] + v["better"] < 0.8 * sum(v.values())
    }
    assert poor == set()


@pytest.mark.parametrize("named", sorted({name for name, _ in OURS}))
def test_a_disagreement_listed_as_ours_is_still_one(named: str) -> None:
    """A stale entry would hide a later mistake."""
    device = disputed()[named]
    for name, field in OURS:
        if name == named:
            ours = getattr(device, field)
            assert ours is not None
            assert not same(ours, expected()[name][FIELDS[field]])


@EVERY
def test_every_device_that_says_anything_gets_its_uptime_name_and_evidence_or_none(every: int) -> None:
    for name, device in devices(every).items():
        assert device.evidence or device.description is None, name
        told = {source.field for source in device.evidence}
        for field in ("version", "model", "serial", "boot_version"):
            assert (getattr(device, field) is None) == (field not in told), (name, field)
