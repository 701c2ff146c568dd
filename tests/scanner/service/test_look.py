"""From a call prober's numbers to a verdict."""

import pytest

from inventory.facts.availability import Sample, State
from inventory.watch import Call, Watch
from scanner.service.look import judged


def watch(min_mos: float | None = None, kind: str = "call") -> Watch:
    return Watch("phones", kind, "127.0.0.1", 7, Call(min_mos=min_mos))


def sample(lost: int = 0, trip: float = 20.0, jitter: float | None = 1.0, state: State = State.UP) -> Sample:
    notes = {"packets": "100", "lost": str(lost), "round_trip_ms": str(trip)}
    return Sample("phones", 1.0, state, notes=notes | ({"jitter_ms": str(jitter)} if jitter is not None else {}))


@pytest.mark.parametrize(
    ("seen", "least", "state", "mos"),
    [
        (sample(), None, State.UP, 4.38),
        (sample(), 4.0, State.UP, 4.38),
        (sample(lost=10), 4.0, State.DEGRADED, 3.37),  # R = 93.2 - 0.8 - 95 * 10 / 35.1
        (sample(lost=10), None, State.UP, 3.37),
        (sample(trip=800), 3.6, State.DEGRADED, 2.95),  # R = 93.2 - 0.024 * 422 - 0.11 * 244.7
        (sample(jitter=200), 3.6, State.DEGRADED, 2.89),  # buffer of 400 ms
    ],
)
def test_an_estimate(seen: Sample, least: float | None, state: State, mos: float) -> None:
    found = judged(watch(least), seen)
    assert found.state is state
    assert float(found.notes["mos"]) == pytest.approx(mos, abs=0.06)
    assert found.notes["mos_is"].startswith("estimate by ITU-T G.107")
    assert (found.reason == "") == (state is State.UP)
    assert found.notes.keys() >= seen.notes.keys()


def test_too_few_packets() -> None:
    assert judged(watch(), sample(lost=99, jitter=None)).state is State.UP
    found = judged(watch(3.0), sample(lost=99, jitter=None))
    assert (found.state, found.reason) == (State.DEGRADED, "too few packets came back to judge a call")


@pytest.mark.parametrize("state", [State.DOWN, State.UNKNOWN, State.DEGRADED])
def test_what_is_not_up_stays_as_it_is(state: State) -> None:
    seen = sample(state=state)
    assert judged(watch(4.4), seen) is seen
    other = sample()
    assert judged(watch(4.4, kind="udp"), other) is other
