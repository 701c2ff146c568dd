"""Watches that hang behind each other: one outage with children, in whatever order the failures are seen."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import checks.outages
import checks.watching
from checks.outages import BadWatches, Event, Fleet, Happened, Kept, Outage, Result
from checks.watching import Change, Rule
from inventory.facts.availability import Sample, State

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
GATEWAY = {
    "router": Rule(every=60),
    "server": Rule(every=60, parents=("router",)),
    "printer": Rule(every=60, parents=("router",)),
    "disk": Rule(every=60, parents=("server",)),
}


class Play:
    """Feeds samples and keeps what came out."""

    def __init__(self, rules: dict[str, Rule]) -> None:
        self.fleet = Fleet(rules)
        self.changes: list[Change] = []
        self.events: list[Event] = []
        self.last = Result()

    def see(self, watch: str, *looks: tuple[float, State]) -> "Play":
        for at, state in looks:
            self._keep(self.fleet.feed(Sample(watch, at, state, "" if state is UP else "timed out")))
        return self

    def tick(self, now: float) -> "Play":
        self._keep(self.fleet.tick(now))
        return self

    def _keep(self, result: Result) -> None:
        self.last = result
        self.changes += result.changes
        self.events += result.events

    def of(self, watch: str) -> list[tuple[State, float]]:
        return [(one.state, one.start) for one in self.changes if one.watch == watch]

    def happened(self) -> list[tuple[str, str]]:
        return [(one.what.value, one.watch) for one in self.events]


def all_up(rules: dict[str, Rule] | None = None) -> Play:
    play = Play(rules or GATEWAY)
    for watch in play.fleet.state().memories:
        play.see(watch.watch, (0, UP))
    return play


def test_a_site_whose_router_is_down_is_one_outage_with_children() -> None:
    play = all_up().see("router", (60, DOWN), (70, DOWN), (80, DOWN))
    play.see("server", (81, DOWN)).see("printer", (82, DOWN)).see("disk", (83, DOWN))
    assert play.happened() == [("opened", "router"), ("joined", "server"), ("joined", "printer"), ("joined", "disk")]
    (outage,) = play.fleet.open
    assert (outage.watch, outage.start, outage.after, outage.children) == (
        "router",
        60,
        0,
        ("disk", "printer", "server"),
    )
    assert play.of("server") == [(UP, 0), (UNKNOWN, 81)]
    assert play.changes[-1].reason == "unreachable: router is down"


def test_a_child_that_fails_first_waits_for_its_parent() -> None:
    play = all_up().see("server", (55, DOWN), (65, DOWN), (75, DOWN))
    assert play.happened() == []
    assert play.last.looks["router"] == 75  # the parent is looked at out of turn
    play.see("router", (76, DOWN), (86, DOWN), (96, DOWN))
    assert play.happened() == [("opened", "router"), ("joined", "server")]
    assert play.of("server") == [(UP, 0), (UNKNOWN, 55)]


def test_a_child_whose_parent_answers_has_an_outage_of_its_own() -> None:
    play = all_up().see("server", (55, DOWN), (65, DOWN), (75, DOWN)).see("router", (76, UP))
    assert play.happened() == [("opened", "server")]
    assert play.of("server") == [(UP, 0), (DOWN, 55)]
    assert play.fleet.open[0].after == 0


def test_a_parent_that_cannot_be_asked_is_waited_for_only_so_long() -> None:
    play = all_up().see("server", (55, DOWN), (65, DOWN), (75, DOWN))
    assert play.tick(104).happened() == []
    assert play.tick(105).happened() == [("opened", "server")]


def test_a_child_declared_down_shortly_before_its_parent_is_taken_in() -> None:
    play = all_up().see("disk", (50, DOWN), (52, DOWN), (54, DOWN)).see("server", (55, UP))
    assert play.happened() == [("opened", "disk")]
    play.see("server", (60, DOWN), (70, DOWN), (80, DOWN)).see("router", (81, DOWN), (91, DOWN), (101, DOWN))
    assert play.happened() == [
        ("opened", "disk"),
        ("opened", "router"),
        ("joined", "server"),
        ("absorbed", "disk"),
        ("joined", "disk"),
    ]
    absorbed = next(one for one in play.events if one.what is Happened.ABSORBED)
    assert absorbed.into == "router@81.000"
    assert play.of("disk") == [(UP, 0), (DOWN, 50), (UNKNOWN, 50)]  # the open interval is replaced
    assert [one.watch for one in play.fleet.open] == ["router"]


def test_a_parent_that_had_not_answered_since_takes_the_child_in_however_late_it_is_seen() -> None:
    rules = {"router": Rule(every=3600), "server": Rule(every=60, parents=("router",), together=0)}
    play = all_up(rules).see("server", (55, DOWN), (65, DOWN), (75, DOWN)).tick(200)
    assert play.happened() == [("opened", "server")]  # the router was not looked at in time
    play.see("router", (3600, DOWN), (3610, DOWN), (3620, DOWN))
    assert play.happened()[1:] == [("opened", "router"), ("absorbed", "server"), ("joined", "server")]


def test_a_grandchild_that_answers_again_is_not_hidden_when_its_parents_outage_is_taken_in() -> None:
    play = all_up().see("server", (50, DOWN), (52, DOWN), (54, DOWN)).see("router", (55, UP)).see("disk", (56, DOWN))
    assert [one.children for one in play.fleet.open] == [("disk",)]
    play.see("disk", (57, UP)).see("router", (60, DOWN), (70, DOWN), (80, DOWN))
    assert [(one.watch, one.children) for one in play.fleet.open] == [("router", ("disk", "server"))]
    assert play.fleet.memory("disk").behind is None
    assert play.fleet.memory("server").behind == "router"


def test_a_parent_whose_own_failure_hangs_does_not_speak_for_its_child() -> None:
    play = all_up().see("server", (55, DOWN), (65, DOWN)).see("router", (66, UP), (70, DOWN)).see("server", (75, DOWN))
    assert play.happened() == []
    play.see("router", (80, DOWN), (90, DOWN))
    assert play.happened() == [("opened", "router"), ("joined", "server")]


def test_a_child_that_was_down_long_before_keeps_its_outage() -> None:
    play = all_up().see("server", (60, DOWN), (70, DOWN), (80, DOWN)).see("router", (81, UP), (600, UP), (660, DOWN))
    for at in (140, 200, 260, 320, 380, 440, 500, 560, 620):
        play.see("server", (at, DOWN))
    play.see("router", (670, DOWN), (680, DOWN))
    assert [one.watch for one in play.fleet.open] == ["server", "router"]
    assert play.of("server") == [(UP, 0), (DOWN, 60), (UNKNOWN, 660)]
    play.see("server", (681, DOWN)).see("router", (700, UP)).see("server", (701, DOWN), (711, DOWN), (721, DOWN))
    play.see("router", (722, UP))
    assert play.of("server")[3:] == [(DOWN, 701)]
    assert [one.watch for one in play.fleet.open] == ["server"]  # one outage, still the first
    play.see("server", (780, UP))
    closed = play.events[-1].outage
    assert closed
    assert (closed.start, closed.end, closed.last_failed) == (60, 780, 721)


def test_when_the_parent_is_back_its_children_are_looked_at_at_once() -> None:
    play = all_up().see("router", (60, DOWN), (70, DOWN), (80, DOWN)).see("server", (90, DOWN)).see("router", (120, UP))
    assert play.last.looks == {"server": 120}
    closed = play.events[-1]
    assert (closed.what, closed.outage and closed.outage.children) == (Happened.CLOSED, ("server",))
    play.see("server", (121, UP))
    assert play.of("server") == [(UP, 0), (UNKNOWN, 90), (UP, 121)]


def test_a_child_that_stays_down_gets_an_outage_from_its_first_failure_afterwards() -> None:
    play = all_up().see("router", (60, DOWN), (70, DOWN), (80, DOWN)).see("server", (90, DOWN)).see("router", (120, UP))
    play.see("server", (121, DOWN), (131, DOWN), (141, DOWN)).see("router", (142, UP))
    assert play.of("server") == [(UP, 0), (UNKNOWN, 90), (DOWN, 121)]
    assert play.happened()[-1] == ("opened", "server")


def test_a_child_that_answers_is_up_whatever_its_parent_does() -> None:
    play = all_up().see("router", (60, DOWN), (70, DOWN), (80, DOWN)).see("server", (90, UP), (150, UP))
    assert play.of("server") == [(UP, 0)]
    assert play.fleet.open[0].children == ()


def test_with_two_ways_both_must_be_down() -> None:
    rules = {"a": Rule(60), "b": Rule(60), "c": Rule(60, parents=("a", "b"))}
    play = all_up(rules).see("a", (60, DOWN), (70, DOWN), (80, DOWN)).see("c", (81, DOWN), (91, DOWN), (101, DOWN))
    assert play.happened() == [("opened", "a")]  # waits: b has not been looked at since
    play.see("b", (102, UP))
    assert play.happened()[-1] == ("opened", "c")
    play.see("b", (110, DOWN), (120, DOWN), (130, DOWN))
    assert play.happened()[-2:] == [("absorbed", "c"), ("joined", "c")]


def test_silence_closes_no_outage_and_hides_its_children_still() -> None:
    play = all_up().see("router", (60, DOWN), (70, DOWN), (80, DOWN)).tick(1000)
    assert play.of("router") == [(UP, 0), (DOWN, 60), (UNKNOWN, 80)]
    assert [one.watch for one in play.fleet.open] == ["router"]
    play.see("server", (1001, DOWN))
    assert play.fleet.open[0].children == ("server",)
    play.see("router", (1002, DOWN), (1012, DOWN), (1022, DOWN))
    assert [one.start for one in play.fleet.open] == [60]  # down, unknown, down: one outage


def test_the_scanners_downtime_reaches_every_watch() -> None:
    play = all_up()
    result = play.fleet.blind(500.0)
    assert {(one.watch, one.state, one.start) for one in result.changes} == {(name, UNKNOWN, 0) for name in GATEWAY}


def test_flapping_is_an_event() -> None:
    play = Play({"w": Rule(every=60, confirmations=0)})
    play.see("w", *((60.0 * n, DOWN if n % 2 else UP) for n in range(12)))
    assert [what for what, _ in play.happened()].count("flapping") == 1


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"a": Rule(60, parents=("b",))}, "its parent b is not watched"),
        ({"a": Rule(60, parents=("a",))}, "is its own parent"),
        ({"a": Rule(60, parents=("b",)), "b": Rule(60, parents=("a",))}, "is its own parent"),
    ],
)
def test_parents_that_cannot_be_meant_are_refused(rules: dict[str, Rule], words: str) -> None:
    with pytest.raises(BadWatches, match=words):
        Fleet(rules)


WATCHES = list(GATEWAY)
looks = st.lists(
    st.tuples(st.sampled_from(WATCHES), st.integers(1, 90), st.sampled_from([UP, UP, DOWN, DOWN, UNKNOWN])),
    max_size=120,
)


def play_all(stream: list[tuple[str, int, State]], cut: int | None = None) -> tuple[Play, list[Sample]]:
    play, at, samples = Play(GATEWAY), 0.0, []
    for number, (watch, gap, state) in enumerate(stream):
        at += gap
        if number == cut:
            kept = play.fleet.state()
            play.fleet = Fleet(GATEWAY, Kept(tuple(kept.memories), tuple(kept.open)))
        samples.append(Sample(watch, at, state))
        play.see(watch, (at, state))
        if gap > 60:
            play.tick(at)
    return play, samples


@settings(max_examples=125, deadline=None)
@given(looks, st.integers(0, 119))
def test_whatever_is_seen(stream: list[tuple[str, int, State]], cut: int) -> None:
    play, samples = play_all(stream)
    open_now: dict[str, Outage] = {}
    for event in play.events:
        if event.what is Happened.OPENED:
            assert event.watch not in open_now  # never two of one watch
            assert event.outage
            open_now[event.watch] = event.outage
        elif event.what in (Happened.CLOSED, Happened.ABSORBED):
            del open_now[event.watch]
    assert set(open_now) == {one.watch for one in play.fleet.open}
    for watch in WATCHES:
        found = [one for one in play.changes if one.watch == watch]
        assert all(a.start <= b.start for a, b in pairwise(found))
        for change in found:
            if change.state in (UP, DOWN):
                assert any(
                    one.at == change.start and one.state is change.state for one in samples if one.watch == watch
                )
    for memory in play.fleet.state().memories:
        assert memory.state is not DOWN or memory.watch in open_now
        assert memory.behind is None or memory.behind in open_now
    again, _ = play_all(stream, cut)
    assert (again.changes, again.events, again.fleet.state()) == (play.changes, play.events, play.fleet.state())


calm = st.lists(  # mostly the same as before, so that the short way is taken often
    st.tuples(
        st.sampled_from([*WATCHES, "router", "lonely"]),
        st.integers(1, 45),
        st.sampled_from([UP] * 6 + [DOWN] * 3 + [UNKNOWN, State.DEGRADED]),
        st.integers(1, 6),  # so often in a row
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(calm)
def test_the_short_way_of_the_same_again_changes_nothing(stream: list[tuple[str, int, State, int]]) -> None:
    rules = {**GATEWAY, "lonely": Rule(every=60)}

    def played(short: bool) -> tuple[Play, int]:
        taken = [0]

        def again(*given: object) -> object:
            found = real(*given) if short else None  # type: ignore[arg-type]  # what it is given
            taken[0] += found is not None
            return found

        real = checks.watching.same_again
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(checks.watching, "same_again", again)
            patch.setattr(checks.outages, "same_again", again)
            play, at = Play(rules), 0.0
            for watch, gap, state, often in stream:
                for _ in range(often):
                    at += gap
                    play.see(watch, (at, state))
                if gap > 40:
                    play.tick(at)
        return play, taken[0]

    (quick, _), (slow, none) = played(True), played(False)
    assert none == 0
    assert (quick.changes, quick.events, quick.last) == (slow.changes, slow.events, slow.last)
    assert quick.fleet.state() == slow.fleet.state()
