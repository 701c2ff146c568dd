"""Words and numbers."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from reports import text

START = datetime(2025, 3, 3, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain Ünïcode 日本 €", "plain Ünïcode 日本 €"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\tb\nc\rd", "a\\tb\\nc\\rd"),
        ("\x00\x7f\x9b\xad", "\\x00\\x7f\\x9b\\xad"),
        ("\u202e\u2066\u200b\ufeff\u2028", "\\u202e\\u2066\\u200b\\ufeff\\u2028"),
        ("\U000e0041\udc80\ue000", "\\U000e0041\\udc80\\ue000"),
    ],
)
def test_safe_text(given: str, shown: str) -> None:
    assert text.safe_text(given) == shown
    assert text.safe_text(shown) == shown


def test_safe_text_cuts_and_says_so() -> None:
    assert text.safe_text("x" * 5_000, 10) == "xxxxxxxxxx … (4,990 more characters)"
    assert text.safe_text("x" * 10, 10) == "x" * 10


def test_json_safe_loses_nothing_but_lone_surrogates() -> None:
    value = {"a": "\x7f\x9b\u202e\U000e0041 ü\n"}
    document = text.json_safe(json.dumps(value, ensure_ascii=False))
    assert json.loads(document) == value
    assert "\\udb40\\udc41" in document
    assert text.json_safe('"\udc80"') == '"\ufffd"'


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 5, "0"), (5, 5, "100"), (1, 3, "33"), (1, 1000, "<1"), (999, 1000, ">99"), (2, 3, "67")],
)
def test_share_is_never_rounded_to_all_or_nothing(part: int, whole: int, said: str) -> None:
    assert text.share(part, whole) == f"{said}\u00a0%"


def test_share_of_nothing_is_a_dash() -> None:
    assert text.share(0, 0) == "–"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (list("abcd"), "a, b, c and 1 more"),
    ],
)
def test_listing(names: list[str], said: str) -> None:
    assert text.listing(names, 3) == said


@pytest.mark.parametrize(
    ("end", "window", "duration"),
    [
        (None, "3 March 2025, 08:00 UTC, end not recorded", ""),
        (START + timedelta(seconds=45), "3 March 2025, 08:00 to 08:00 UTC", "45 s"),
        (START + timedelta(minutes=72), "3 March 2025, 08:00 to 09:12 UTC", "1 h 12 min"),
        (START + timedelta(hours=20), "3 March 2025, 08:00 to 4 March 2025, 04:00 UTC", "20 h 0 min"),
    ],
)
def test_window_and_duration(end: datetime | None, window: str, duration: str) -> None:
    assert text.window(START, end) == window
    assert text.duration(START, end) == duration


def test_instants_are_told_in_utc() -> None:
    assert text.stamp(datetime(2025, 3, 3, 1, 0, tzinfo=timezone(timedelta(hours=2)))) == "2025-03-02T23:00:00Z"
    assert text.day(datetime(2025, 3, 3, 1, 0, tzinfo=timezone(timedelta(hours=2)))) == "2 March 2025"
    assert text.stamp(START.replace(tzinfo=None)) == "2025-03-03T08:00:00Z"


@pytest.mark.parametrize(
    ("octets", "said"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 * 1024 * 1024, "5.0 MiB")]
)
def test_size(octets: int, said: str) -> None:
    assert text.size(octets) == said


def test_count() -> None:
    assert (text.count(1, "asset"), text.count(1204, "asset"), text.count(2, "entry", "entries")) == (
        "1 asset",
        "1,204 assets",
        "2 entries",
    )
