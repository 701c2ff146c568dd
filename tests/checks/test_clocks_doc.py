"""The worked example of docs/clocks.md, worked out."""

from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from checks.calendars import Days
from checks.clock_life import Episode, Fix, Life, Pause, milliseconds
from checks.clock_policy import preset_plain, stored
from checks.clock_types import Cause
from checks.clocks import Matter, Status, clocks

LONDON = ZoneInfo("Europe/London")


def utc(day: int, hour: int, month: int = 3) -> int:
    return milliseconds(datetime(2026, month, day, hour, tzinfo=UTC))


def local(instant: int | None) -> str:
    assert instant is not None
    return datetime.fromtimestamp(instant / 1000, LONDON).isoformat()


def test_the_example_of_the_page() -> None:
    about = Matter("CVE-2026-1", level="high", theme="missing OS patch", fixable=True, alerted=date(2026, 3, 20))
    pause = Pause(Cause.NO_VENDOR_FIX, date(2026, 3, 24), date(2026, 3, 26), "supplier", "owner")
    fix = Fix(utc(28, 6), utc(2, 6, month=4), utc(29, 8))
    life = Life((Episode(utc(23, 10), fix),), pauses=(pause,))
    (clock,) = clocks(stored(preset_plain("moj"), "moj"), Days(LONDON), about, (about,), life, utc(10, 12, month=4))
    assert (clock.days, clock.target) == (7, 3)
    assert local(clock.due_gross) == "2026-03-28T00:00:00+00:00"  # the end of the 27th
    assert local(clock.due) == "2026-03-31T00:00:00+01:00"  # the end of the 30th
    assert (clock.gross, clock.net) == (8 + Fraction(8, 23), 5 + Fraction(8, 23))
    assert clock.status is Status.MET
    assert clock.waited == 94 * 3_600_000


def test_the_page_says_these_numbers() -> None:
    page = (Path(__file__).parents[2] / "docs/clocks.md").read_text()
    for words in ("8 days and 8/23 are gross and 5 and 8/23 are net", "94 hours", "end of 27 March", "end of 30 March"):
        assert words in " ".join(page.split())
