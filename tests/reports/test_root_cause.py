"""Timelines and delays: arithmetic on exact cases, words that claim nothing, and hostile text that stays text."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.finding import Member, Severity
from reports.life import Backlog
from reports.root_cause import (
    CAME_BACK,
    ENDED,
    NOT_YET,
    OTHER_ORDER,
    STEPS,
    UNKNOWN,
    Leg,
    Moment,
    RootCause,
    Timeline,
    days,
    leg_told,
    measured,
    percentile,
    sentences,
    shares,
)
from reports.root_cause_files import as_csv, as_html, as_json
from reports.root_cause_life import episodes, on_day, released
from tests.reports.page import Page
from tests.reports.sample import HOSTILE

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(day: float) -> Moment:
    return Moment(START + timedelta(days=day), "a" * 64, 7)


def line(*days_of: float | None, number: int = 1, **changes: Any) -> Timeline:  # noqa: ANN401 (fields of a Timeline)
    """Days of detected, told, claimed, verified; released is the day before all of them."""
    names = ("detected", "told", "claimed", "verified")
    moments = {name: None if day is None else at(day) for name, day in zip(names, days_of, strict=True)}
    return Timeline(**{
        "ref": f"EC-{number:04d}", "fingerprint": f"{number}", "episode": 1, "asset": f"host-{number}", "area": "North",
        "supplier": "Acme Ltd", "service": "Payments", "check_id": "linux.patch.x", "title": "Updates: openssl",
        "theme": "missing OS patch", "severity": Severity.HIGH, "state": "OPEN",
        "released": on_day(date(2026, 2, 28), "b" * 64), **moments, **changes,
    })  # fmt: skip


def pack(*lines: Timeline, **changes: Any) -> RootCause:  # noqa: ANN401 (fields of a RootCause)
    values: dict[str, Any] = {
        "about": "patching",
        "by_supplier": False,
        "report_id": "ECR-4-0123456789ab",
        "scan": 4,
        "estate": "Northmoor",
        "marking": "OFFICIAL",
        "at": START,
        "timelines": lines,
        "backlog": tuple(Backlog(n, START + timedelta(days=7 * n), "", 9 - n, n, 0, n) for n in range(4)),
        "patches": "2 of 4 critical and high findings (50 %) stem from missing patches.",
        "sources": (("evidence root", "c" * 64),),
    }
    return RootCause(**{**values, **changes})


def test_the_legs_of_a_whole_life() -> None:
    one = line(0, 1, 4.5, 6)
    assert {leg: measured(one, leg).days for leg in Leg} == {
        Leg.SCAN: 1, Leg.TELL: 1, Leg.WORK: 3.5, Leg.PROVE: 1.5, Leg.ALL: 6, Leg.EXPOSED: 7,
    }  # fmt: skip


CASES = [
    pytest.param(line(0, None, None, None), Leg.TELL, NOT_YET, id="open and not told"),
    pytest.param(line(0, 1, None, None), Leg.WORK, NOT_YET, id="open and not claimed"),
    pytest.param(line(0, 1, None, 6), Leg.WORK, UNKNOWN["claimed"], id="fixed without a claim"),
    pytest.param(line(0, None, None, 6), Leg.TELL, UNKNOWN["told"], id="fixed untold"),
    pytest.param(line(0, 1, None, None, ended=True), Leg.WORK, ENDED, id="a false positive"),
    pytest.param(line(0, 5, 3, 6), Leg.WORK, OTHER_ORDER, id="claimed before it was told"),
    pytest.param(line(0, 1, 2, 3, episode=2), Leg.SCAN, CAME_BACK, id="came back"),
    pytest.param(line(0, 1, 2, 3, released=None), Leg.EXPOSED, UNKNOWN["released"], id="no day"),
    pytest.param(line(0, 1, 2, 3, released=on_day(date(2026, 4, 1), "b")), Leg.SCAN, OTHER_ORDER, id="released later"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "leg", "why"), CASES)
def test_what_cannot_be_measured_says_why(one: Timeline, leg: Leg, why: str) -> None:
    assert measured(one, leg).days is None
    assert measured(one, leg).why_not == why


def test_a_newer_update_after_a_fix_has_a_release_of_its_own() -> None:
    old, new = (START + timedelta(days=day) for day in (-5, 5))  # released on 28 February, the day before START
    assert measured(line(0, 1, 2, 3, episode=2, fixed_before=old), Leg.SCAN).days == 1
    assert measured(line(0, 1, 2, 3, episode=2, fixed_before=new), Leg.SCAN).why_not == CAME_BACK


_DAYS = st.one_of(st.none(), st.floats(0, 400, allow_nan=False))
LINES = st.lists(
    st.builds(
        lambda a, b, c, d, episode, ended: line(a, b, c, d, episode=episode, ended=ended),
        _DAYS, _DAYS, _DAYS, _DAYS, st.integers(1, 2), st.booleans(),
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(LINES)
def test_every_finding_is_measured_or_counted_as_unknown(lines: list[Timeline]) -> None:
    for leg in Leg:
        told = leg_told(lines, leg)
        assert told.measured + sum(told.unknown.values()) == len(lines)
        if told.measured:
            assert 0 <= (told.median or 0) <= (told.p95 or 0) <= (told.most or 0)
    whole = shares(lines)
    assert sum(whole.parts.values()) == pytest.approx(whole.days)
    assert whole.findings <= min(leg_told(lines, leg).measured for leg in STEPS)


@pytest.mark.parametrize(
    ("values", "wanted"), [([1.0], 1.0), ([1.0, 9.0], 9.0), ([float(n) for n in range(1, 101)], 95.0)]
)
def test_percentile_by_nearest_rank(values: list[float], wanted: float) -> None:
    assert percentile(values, 95) == wanted


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "not known"), (0.0, "0 days"), (0.01, "less than 0.1 days"), (1.0, "1 day"), (1234.56, "1,234.6 days")],
)
def test_days_in_words(value: float | None, words: str) -> None:
    assert days(value) == words


def test_too_few_measured_findings_speak_for_nobody() -> None:
    told = " ".join(sentences(pack(line(0, 1, 2, 3), line(0, 1, 2, 3, number=2))))
    assert "nothing is said about which took longest" in told
    told = " ".join(sentences(pack(*(line(0, 1, 11, 12, number=n) for n in range(3)))))
    assert "the longest is “told to claimed”: median 10 days" in told
    assert "not why" in told


def test_an_empty_pack_says_so() -> None:
    assert list(sentences(pack())) == ["The record holds no such finding, so there is nothing to tell."]
    assert b"nothing to tell" in as_html(pack(backlog=()))


MEMBERS = (
    Member("CVE-2026-1", "fix available", Severity.HIGH, {"issued": "2026-02-20"}),
    Member("CVE-2026-2", "fix available", Severity.LOW, {"issued": "2026-01-01"}),
    Member("CVE-2026-3", "no fix yet", Severity.CRITICAL, {"issued": "2026-01-02"}),
)


def test_released_is_the_day_of_the_gravest_that_can_be_fixed() -> None:
    assert released(MEMBERS) == (date(2026, 2, 20), ("CVE-2026-1",))
    assert released(MEMBERS[1:]) == (date(2026, 1, 1), ("CVE-2026-2",))
    assert released(MEMBERS[2:]) is None
    assert released(()) is None


@pytest.mark.parametrize("text", ["", "soon", "1970-01-01", "2026-13-01", "0001-01-01"])
def test_a_day_that_cannot_be_meant_is_none(text: str) -> None:
    assert released([replace(MEMBERS[0], attributes={"issued": text})]) is None


class Event:
    """One event of the chain, as the record tells it."""

    def __init__(self, seq: int, why: str, to: str = "OPEN", episode: int = 1, **statement: object) -> None:
        self.seq, self.why, self.to_state, self.episode = seq, why, to, episode
        self.at, self.hash, self.scan_id = START + timedelta(days=seq), f"{seq:064x}", 1
        self.proof = {"statement": statement} if statement else {}


def test_a_word_may_be_dated_back_and_not_ahead() -> None:
    early, late = (START + timedelta(days=1)).isoformat(), (START + timedelta(days=99)).isoformat()
    (back,) = episodes([Event(1, "first seen"), Event(5, "supplier told", more={"told_at": early})])
    (ahead,) = episodes([Event(1, "first seen"), Event(5, "supplier told", more={"told_at": late})])
    (odd,) = episodes([Event(1, "first seen"), Event(5, "supplier told", more={"told_at": ["x"]})])
    assert [one.told.at if one.told else None for one in (back, ahead, odd)] == [
        START + timedelta(days=1), START + timedelta(days=5), START + timedelta(days=5),
    ]  # fmt: skip


def test_a_refused_claim_is_not_the_one_that_led_to_the_fix() -> None:
    told = [
        Event(1, "first seen"),
        Event(2, "claimed fixed", "CLAIMED_FIXED"),
        Event(3, "claim rejected"),
        Event(4, "claimed fixed", "CLAIMED_FIXED"),
        Event(5, "proven", "VERIFIED_FIXED"),
        Event(6, "regressed", episode=2),
    ]
    first, second = episodes(told)
    assert first.claimed is not None
    assert (first.claimed.event, first.refused) == (4, 1)
    assert (second.claimed, second.verified, second.state) == (None, None, "OPEN")


def test_a_proof_that_was_withdrawn_is_none() -> None:
    (one,) = episodes([Event(1, "first seen"), Event(2, "proven", "VERIFIED_FIXED"), Event(3, "withdrawn")])
    assert one.verified is None


def test_a_decision_ends_it_and_a_return_begins_it_again() -> None:
    events = [Event(1, "first seen"), Event(2, "out of service", "OUT_OF_SERVICE")]
    assert [one.ended for one in episodes(events)] == [True]
    assert [one.ended for one in episodes([*events, Event(3, "back in service")])] == [False]


def hostile() -> RootCause:
    lines = tuple(
        line(0, 1, 2, 3, number=n, asset=bad, area=bad, supplier=bad, service=bad, title=bad, state=bad, updates=(bad,))
        for n, bad in enumerate(HOSTILE)
    )
    text = " ".join(HOSTILE)
    return pack(
        *lines, about=text, estate=text, marking=text, patches=text, left_out={text: 1}, sources=((text, text),)
    )


def test_hostile_text_stays_text() -> None:
    page = Page(as_html(hostile()).decode())
    assert page.faults == []
    assert page.tags["script"] == 0
    assert [a for a in page.attributes if a[1] == "style" or a[1].startswith("on")] == []
    for content in (as_html(hostile()).decode(), as_json(hostile()).decode(), as_csv(hostile()).decode("utf-8-sig")):
        assert not [c for c in ("\x1b", "\u202e", "\x00", "\u2066", "\u2028", "\x9b") if c in content]


def test_no_cell_is_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(as_csv(hostile()).decode("utf-8-sig"))))
    assert len(rows) == len(HOSTILE) + 1
    assert not [cell for row in rows for cell in row if cell.lstrip().startswith(("=", "+", "-", "@"))]
    assert any("'=1+1|cmd" in row for row in rows)


def test_the_page_is_sound() -> None:
    page = Page(as_html(pack(line(0, 1, 2, 3), line(0, None, None, None, number=2))).decode())
    assert page.faults == []
    assert page.tags["h1"] == page.tags["main"] == 1
    assert set(page.referred) <= set(page.ids)
    assert [name for name, count in page.ids.items() if count > 1] == []
    assert [link for link in page.links if link[1:] not in page.ids] == []
    assert "not yet" in page.words
    assert "not on record" in page.words


def test_golden_json() -> None:
    document = json.loads(as_json(pack(line(0, 1, 4.5, 6), line(0, None, None, None, number=2))))
    assert document["whole"] == {
        "findings": 1,
        "days": 7.0,
        "parts": {
            "released to detected": 1.0,
            "detected to told": 1.0,
            "told to claimed": 3.5,
            "claimed to verified": 1.5,
        },
    }
    assert document["legs"][2] == {
        "leg": "told to claimed",
        "in_the_hands_of": "the supplier",
        "measured": 1,
        "median_days": 3.5,
        "p95_days": 3.5,
        "longest_days": 3.5,
        "not_measured": {"the record does not say that the supplier was told": 1},
    }
    assert document["findings"][0]["released"] == {"at": "2026-02-28", "event": None, "proof": "b" * 64}
    assert document["findings"][1]["not_measured"]["detected to told"] == NOT_YET


def test_what_a_supplier_found_when_it_came_is_told_apart() -> None:
    first, second = line(0, 1, 2, 3), line(9, 10, 11, 12, number=2)
    on_that_day = {one.asset: date(2026, 3, 8) for one in (first, second)}
    told = " ".join(sentences(pack(first, second, took_over=on_that_day)))
    assert (
        "1 finding of these on 1 asset began before the supplier named here took the assets over (8 March 2026)" in told
    )
    assert "took the assets over" not in " ".join(sentences(pack(second, took_over=on_that_day)))
