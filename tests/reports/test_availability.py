"""The chapter on availability in all three formats, and the strip of states."""

import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import pytest

from inventory.facts.availability import Interval, State
from reports.availability import hours
from reports.availability_chapter import MOST_SERVICES, chapter, worst_first
from reports.formats import FORMATS
from reports.timeline import COLUMNS, pieces, strips
from tests.reports.page import Page
from tests.reports.sample import HOSTILE, empty, sample
from tests.reports.sample_availability import END, START, month, service
from tests.reports.test_json_report import SCHEMA, undescribed

SVG = "{http://www.w3.org/2000/svg}"


def told(data: object) -> tuple[str, str, dict[str, object]]:
    made = []
    for name in ("html", "terminal", "json"):
        out = io.BytesIO()
        FORMATS[name].render(data, out)  # type: ignore[arg-type]  # a report
        made.append(out.getvalue().decode())
    return made[0], made[1], json.loads(made[2])


def test_the_chapter_in_all_formats() -> None:
    page, text, document = told(replace(sample(), availability=month()))
    assert 'href="#availability"' in page
    assert '<span class="no">12</span> Availability</h2>' in page
    assert all(words in page for words in ("96.47\u00a0%", "97.03\u00a0%", "99.90 % does not hold"))
    assert "Nobody probed for 4 h of this time (1 gap); it is unknown." in page
    assert "Claimed by the supplier: 2026-03: 99.90 % does not hold" in page
    assert "no: excludes nothing" in page
    assert '<td class="n">19 of 21</td><td>ash-field</td><td>birch</td>' in page
    assert "AVAILABILITY" in text
    assert "Case files, 24x7: between 96.47 % and 97.03 % up, 21.3 h down in 2 outages" in " ".join(text.split())
    assert "1 of 3 devices in service; 1 unusable, 1 unseen." in " ".join(text.split())
    known = document["availability"]
    assert [one["service"] for one in known["services"]] == ["case-files", "forms", "mail"]  # type: ignore[index,call-overload]


def test_a_promise_stands_beside_the_hours_that_it_is_about() -> None:
    """98.5 % of the contract's hours says nothing of 24x7: there it must not "hold" below its own bounds."""
    asked = 0
    for one, row in zip(worst_first(month().services), chapter(month(), "")["services"], strict=True):
        asked += one.measured.promised is not None
        said = [set_["verdict"] for set_ in row["rows"]]
        assert [word != "–" for word in said] == [n == len(said) - 1 for n in range(len(said))], one.service
    assert asked


def test_without_series_there_is_no_chapter() -> None:
    page, text, document = told(empty())
    assert "Availability was not watched before this scan, so nothing is said about it." in page
    assert "AVAILABILITY" not in text
    assert document["availability"] is None


def test_the_json_follows_its_schema_and_is_described() -> None:
    import jsonschema

    _, _, document = told(replace(sample(), availability=month()))
    validator = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    assert [fault.message for fault in validator.iter_errors(document)] == []
    assert undescribed(document["availability"], {"$ref": "#/$defs/availability"}, "") == []


def test_the_worst_comes_first() -> None:
    order = [one.service for one in worst_first(month().services)]
    assert order == ["case-files", "mail", "forms"]


@pytest.mark.parametrize("said", HOSTILE)
def test_hostile_names_stay_text(said: str) -> None:
    page, text, _ = told(replace(sample(), availability=month(said)))
    read = Page(page)
    assert read.faults == []
    assert read.tags["script"] == 1
    assert [name for name, count in read.ids.items() if count > 1] == []
    assert not any(char in page + text for char in "\x1b\x00\u202e")


def test_many_services_are_bounded_and_said_to_be() -> None:
    one = month()
    many = replace(one, services=tuple(replace(one.services[1], service=f"s{n}", name=f"s{n}") for n in range(300)))
    made = chapter(many, "D")
    assert len(made["services"]) == MOST_SERVICES
    assert made["more"] == 300 - MOST_SERVICES
    page, _, document = told(replace(sample(), availability=many))
    assert "The 200 worst of 300 services are listed here" in page
    assert len(document["availability"]["services"]) == 300  # type: ignore[index,call-overload]


def test_the_strip_is_xml_and_tells_states_in_words() -> None:
    root = ET.fromstring(str(strips(month().services)))  # noqa: S314 (our own)
    titles = [one.text or "" for one in root.iter(f"{SVG}title")]
    assert any("down: HTTP status 502" in title for title in titles)
    assert any("excluded maintenance" in title for title in titles)
    assert [one.text for one in root.iter(f"{SVG}text")][-1].startswith("Low: up.")  # type: ignore[union-attr]
    assert "2 outages" in next(root.iter(f"{SVG}desc")).text  # type: ignore[operator]


def test_an_outage_of_a_minute_is_seen_in_a_month() -> None:
    short = Interval(START + 100, START + 160, State.DOWN, "refused")
    known = (Interval(START, START + 100, State.UP), short, Interval(START + 160, END, State.UP))
    drawn = [one for one in pieces(known, START, END) if one.state is State.DOWN]
    assert [(one.last - one.first, one.reason) for one in drawn] == [(1, "refused")]


def test_a_strip_is_bounded_whatever_happens() -> None:
    known = tuple(
        Interval(START + n, START + n + 0.5, State.DOWN if n % 2 else State.UP) for n in range(0, 30 * 86_400, 40)
    )
    drawn = list(pieces(known, START, END))
    assert len(drawn) <= COLUMNS
    assert drawn[0].first == 0
    assert all(a.last == b.first for a, b in pairwise(drawn))
    assert drawn[-1].last == COLUMNS


@pytest.mark.parametrize("seconds", [1, 600, 7200, 86_400, 40 * 86_400, 3 * 365 * 86_400, 30 * 365 * 86_400])
def test_any_length_of_a_period_has_a_picture(seconds: int) -> None:
    one = service("web", (Interval(START, START + seconds, State.UP),))
    measured = replace(one.measured, start=round(START * 1000), end=round((START + seconds) * 1000))
    ET.fromstring(str(strips([replace(one, measured=measured)])))  # noqa: S314 (our own)


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (None, "-"),
        (0, "0 h"),
        (1, "< 0.001 h"),
        (5_400_000, "1.5 h"),
        (743 * 3_600_000, "743 h"),
        (3_601, "0.001 h"),
    ],
)
def test_hours_in_words(ms: int | None, text: str) -> None:
    assert hours(ms) == text
