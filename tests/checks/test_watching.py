"""One watch, sample by sample."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.rounds import judge_round
from checks.watching import (
    BadMemory,
    Change,
    Memory,
    Rule,
    Step,
    blind,
    changed_percent,
    memory_from,
    open_intervals,
    set_back,
    step,
    tick,
    to_plain,
)
from inventory.facts.availability import Interval, Sample, State

UP, SLOW, DOWN, UNKNOWN = State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN
RULE = Rule(every=60.0)


def run(
    samples: list[tuple[float, State]], rule: Rule = RULE, memory: Memory | None = None
) -> tuple[Memory, list[Step]]:
    now, steps = memory or Memory("w"), []
    for at, state in samples:
        steps.append(step(now, Sample("w", at, state, "" if state is UP else "refused"), rule))
        now = steps[-1].memory
    return now, steps


def changes(samples: list[tuple[float, State]], rule: Rule = RULE) -> list[tuple[State, float]]:
    return [(one.state, one.start) for done in run(samples, rule)[1] for one in done.changes]


def test_a_failure_is_confirmed_by_looking_again_and_dated_from_the_first_failed_sample() -> None:
    memory, steps = run([(0, UP), (60, DOWN), (70, DOWN), (80, DOWN)])
    assert [one.again_at for one in steps] == [None, 70, 80, None]
    assert steps[-1].changes == (Change("w", DOWN, 60, "refused", after=0),)
    assert (memory.state, memory.last_good, memory.proof) == (DOWN, 0, 80)


def test_a_blip_is_not_an_outage() -> None:
    memory, steps = run([(0, UP), (60, DOWN), (70, UP), (120, UP)])
    assert [one for done in steps[1:] for one in done.changes] == []
    assert (memory.state, memory.pending, memory.last_good) == (UP, None, 120)


@pytest.mark.parametrize(("confirmations", "when"), [(0, 1), (1, 2), (4, 5)])
def test_how_many_looks_it_takes(confirmations: int, when: int) -> None:
    rule = Rule(every=60, confirmations=confirmations, within=20)
    _, steps = run([(0, UP), *[(60.0 + 5 * number, DOWN) for number in range(6)]], rule)
    assert [bool(done.changes) for done in steps].index(True, 1) == when
    again = steps[1].again_at
    assert again == (None if confirmations == 0 else 60 + 20 / confirmations)


def test_recovery_is_dated_from_the_first_answer() -> None:
    rule = Rule(every=60, confirmations=0, recoveries=2)
    assert changes([(0, UP), (60, DOWN), (120, UP), (180, UP)], rule) == [(UP, 0), (DOWN, 60), (UP, 120)]
    assert changes([(0, UP), (60, DOWN), (120, UP), (180, DOWN), (240, UP)], rule) == [(UP, 0), (DOWN, 60)]
    _, steps = run([(0, UP), (60, DOWN), (120, UP), (180, UP)], rule)
    assert steps[-1].changes[0].after == 60  # it ended after the last failed sample


def test_slow_and_down_in_turns_is_degraded() -> None:
    assert changes([(0, UP), (60, DOWN), (70, SLOW), (80, DOWN)]) == [(UP, 0), (SLOW, 60)]
    assert changes([(0, UP), (60, SLOW), (70, SLOW), (80, SLOW)]) == [(UP, 0), (SLOW, 60)]


def test_out_of_unknown_one_answer_is_enough_and_a_failure_is_not() -> None:
    assert changes([(0, UP)]) == [(UP, 0)]
    assert changes([(0, DOWN)]) == []
    assert changes([(0, DOWN), (10, DOWN), (20, DOWN)]) == [(DOWN, 0)]
    assert changes([(0, DOWN), (10, UP)]) == [(UP, 10)]


def test_a_gap_is_unknown_from_the_last_proof_on() -> None:
    assert changes([(0, UP), (60, UP), (210, UP)]) == [(UP, 0)]  # 2.5 intervals, not more
    assert changes([(0, UP), (60, UP), (210.1, UP)]) == [(UP, 0), (UNKNOWN, 60), (UP, 210.1)]
    assert changes([(0, UP), (60, DOWN), (500, UP)]) == [(UP, 0), (UNKNOWN, 0), (UP, 500)]
    assert changes([(0, DOWN), (500, UP)]) == [(UNKNOWN, 0), (UP, 500)]


def test_tick_says_it_once() -> None:
    memory, _ = run([(0, UP), (60, UP)])
    assert tick(memory, 210, RULE).changes == ()
    lost = tick(memory, 211, RULE)
    assert [(one.state, one.start) for one in lost.changes] == [(UNKNOWN, 60)]
    assert tick(lost.memory, 400, RULE).changes == ()
    assert tick(Memory("w"), 1e9, RULE).changes == ()


def test_the_scanners_own_downtime() -> None:
    memory, _ = run([(0, UP), (60, UP)])
    assert blind(memory, 119, RULE, "restart").changes == ()  # nothing was due meanwhile
    lost = blind(memory, 121, RULE, "the scanner did not run")
    assert lost.changes == (Change("w", UNKNOWN, 60, "the scanner did not run"),)
    assert changes([(0, UP), (60, UP)], RULE)[-1] == (UP, 0)


def test_a_sample_that_could_not_look_is_no_proof() -> None:
    assert changes([(0, UP), (60, UNKNOWN), (120, UNKNOWN), (180, UP)]) == [(UP, 0), (UNKNOWN, 60), (UP, 180)]
    assert changes([(0, UP), (60, DOWN), (70, UNKNOWN)]) == [(UP, 0), (UNKNOWN, 60)]


def test_samples_that_come_late_or_twice_are_ignored() -> None:
    memory, steps = run([(0, UP), (60, UP), (60, DOWN), (30, DOWN)])
    assert memory == steps[1].memory


def test_nagios_flapping_percentages() -> None:
    assert changed_percent("") == changed_percent("u" * 21) == 0
    assert changed_percent("ud" * 11) == pytest.approx(100.0)
    assert changed_percent("d" + "u" * 20) == pytest.approx(0.75 * 100 / 20)
    assert changed_percent("u" * 20 + "d") == pytest.approx(1.25 * 100 / 20)
    assert changed_percent("ud") == changed_percent("u" * 20 + "d")
    assert changed_percent("x" * 50 + "u" * 21) == 0


def test_flapping_begins_and_ends() -> None:
    rule = Rule(every=60, confirmations=0)
    samples = [(60.0 * n, DOWN if n % 2 else UP) for n in range(12)] + [(60.0 * n, UP) for n in range(12, 60)]
    _, steps = run(samples, rule)
    flaps = [(number, done.flap) for number, done in enumerate(steps) if done.flap is not None]
    assert [what for _, what in flaps] == [True, False]
    begun, ended = (number for number, _ in flaps)
    history = "".join("d" if state is DOWN else "u" for _, state in samples)
    assert begun == next(n for n in range(60) if changed_percent(history[: n + 1]) >= 20)
    assert ended == next(n for n in range(begun, 60) if changed_percent(history[: n + 1]) <= 5)


def test_what_is_open_is_only_said_as_far_as_it_is_proven() -> None:
    memory, _ = run([(0, UP), (60, UP)])
    assert open_intervals(memory, 100, RULE) == (Interval(0, 100, UP),)
    assert [(one.end, one.state) for one in open_intervals(memory, 300, RULE)] == [(60, UP), (300, UNKNOWN)]
    waiting, _ = run([(120, DOWN)], RULE, memory)
    assert [(one.end, one.state) for one in open_intervals(waiting, 130, RULE)] == [(120, UP), (130, UNKNOWN)]
    assert open_intervals(Memory("w"), 100, RULE) == ()


streams = st.lists(
    st.tuples(st.integers(1, 400), st.sampled_from([UP, UP, UP, DOWN, DOWN, SLOW, UNKNOWN])), min_size=1, max_size=60
)
rules = st.builds(
    Rule, every=st.sampled_from([30.0, 60.0]), confirmations=st.integers(0, 3), recoveries=st.integers(1, 3)
)


@settings(max_examples=150, deadline=None)
@given(streams, rules)
def test_whatever_comes_changes_are_in_order_and_nothing_is_claimed_without_a_sample(
    stream: list[tuple[int, State]], rule: Rule
) -> None:
    at, samples = 0.0, []
    for gap, state in stream:
        at += gap
        samples.append((at, state))
    memory, steps = run(samples, rule)
    found = [one for done in steps for one in done.changes]
    assert all(a.start <= b.start for a, b in pairwise(found))
    assert all(a.state is not b.state or a.start == b.start for a, b in pairwise(found))
    times = {state: {at for at, seen in samples if seen is state} for state in State}
    for change in found:
        if change.state in (UP, DOWN):
            assert change.start in times[change.state]  # never dated at a moment that did not show it
        if change.after is not None:
            assert change.after < change.start
    assert memory_from(json.loads(json.dumps(to_plain(memory)))) == memory


@settings(max_examples=100, deadline=None)
@given(streams, rules, st.integers(0, 59))
def test_a_daemon_that_is_killed_goes_on_as_if_nothing_had_happened(
    stream: list[tuple[int, State]], rule: Rule, cut: int
) -> None:
    samples, at = [], 0.0
    for gap, state in stream:
        at += gap
        samples.append((at, state))
    whole, steps = run(samples, rule)
    before, first = run(samples[:cut], rule)
    after, second = run(samples[cut:], rule, memory_from(json.loads(json.dumps(to_plain(before)))))
    assert after == whole
    assert [one.changes for one in first + second] == [one.changes for one in steps]


@pytest.mark.parametrize(
    "broken",
    [{"state": "sideways"}, {"since": "noon"}, {"flapping": 1}, {"pending_count": "x"}, {"more": 1}, {"history": None}],
    ids=str,
)
def test_a_memory_that_cannot_be_read_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(BadMemory, match="'w'"):
        memory_from({**to_plain(Memory("w")), **broken})


def test_a_round_counts_only_when_the_prober_worked() -> None:
    samples = [Sample("a", 1.0, UP), Sample("b", 1.0, DOWN, "refused")]
    good, dead = Sample("canary", 1.0, UP), Sample("canary", 1.0, DOWN, "timed out")
    assert judge_round(samples, [good], 0.5) == tuple(samples)
    assert judge_round(samples, [good, dead]) == tuple(samples)  # one of two is enough
    assert judge_round(samples) == tuple(samples)
    blind_round = judge_round(samples, [dead])
    assert {one.state for one in blind_round} == {UNKNOWN}
    assert blind_round[0].reason == "the prober was blind: canary did not answer it either"
    wrong = judge_round(samples, [good], -12.34)
    assert {(one.state, one.reason) for one in wrong} == {(UNKNOWN, "the prober's clock was 12.3 s off")}
    assert judge_round(samples, [Sample("canary", 1.0, UNKNOWN)])[0].state is UNKNOWN


# the clock is set back


@pytest.mark.parametrize(
    ("samples", "now", "by", "start"),
    [
        pytest.param([(0, UP), (100, UP)], 70, 30, 70, id="up all the time, by either clock"),
        pytest.param([(0, UP), *[(n, DOWN) for n in (80, 90, 100)]], 70, 30, 40, id="changed in that time"),
        pytest.param([(0, UP), (100, DOWN)], 70, 30, 40, id="a failure hangs"),
        pytest.param([(0, UNKNOWN), (100, UNKNOWN)], 70, 30, None, id="unknown all the time"),
        pytest.param([(0, UP), (60, UNKNOWN), (100, UNKNOWN)], 50, 50, 0, id="unknown since then"),
        pytest.param([(0, UP), (60, UP)], 70, 30, None, id="nothing was seen in that time"),
    ],
)
def test_what_cannot_be_put_in_order_is_unknown(
    samples: list[tuple[float, State]], now: float, by: float, start: float | None
) -> None:
    memory, _ = run(samples)
    done = set_back(memory, now, by, "set back")
    assert [(one.state, one.start) for one in done.changes] == ([] if start is None else [(UNKNOWN, start)])
    after, steps = run([(now + 1, UP), (now + 2, UP)], memory=done.memory)
    assert after.state is UP, "the next look counts"
    assert all(one.start > now and (one.after or 0.0) <= now for step_ in steps for one in step_.changes)


def test_nobody_looked_while_the_clock_was_set_back() -> None:
    memory, _ = run([(0, UP), (100, UP)])
    assert set_back(memory, 70, 30, "", seen=False).changes == (Change("w", UNKNOWN, 40, ""),)
