"""``inventory validate`` reads schedules, calendars and hours, and tells faults with their line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from inventory.sources.yaml_file import YamlFile
from scanner.cli.inventory import app

RUN = CliRunner()
ROOT = Path(__file__).parents[3]


def _schedules(folder: Path, own: str, ics: str = "") -> Path:
    """An inventory of one host; ``own`` from its line 4 on."""
    (folder / "days.ics").write_text(ics or ICS)
    path = folder / "estate.yaml"
    path.write_text("all:\n  hosts: {a: {ansible_connection: local}}\nestatecheck:\n" + own)
    return path


ICS = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261125\nSUMMARY:Freeze\nEND:VEVENT\nEND:VCALENDAR\n"
NIGHTLY = "  schedules:\n    nightly:\n      "


@pytest.mark.parametrize(
    ("own", "ics", "where", "text"),
    [
        (NIGHTLY + "cron: '61 2 * * *'\n", "", "6 estatecheck.schedules.nightly.cron", "61"),
        (NIGHTLY + "cron: '0 0 30 2 *'\n", "", "6 estatecheck.schedules.nightly.cron", "30 2"),
        (NIGHTLY + "rrule: FREQ=SOMETIMES\n", "", "6 estatecheck.schedules.nightly.rrule", "SOMETIMES"),
        (NIGHTLY + "every: 20s\n", "", "6 estatecheck.schedules.nightly.every", "at most once a minute"),
        (
            NIGHTLY + "cron: 0 2 * * *\n      zone: Mars/Base\n",
            "",
            "7 estatecheck.schedules.nightly.zone",
            "is not a time zone",
        ),
        (
            NIGHTLY + "cron: 0 2 * * *\n      allowed: {zone: UTC}\n",
            "",
            "7 estatecheck.schedules.nightly.allowed",
            "names no hour at all",
        ),
        (
            NIGHTLY + "cron: 0 2 * * *\n      allowed: {mon: ['8-9']}\n",
            "",
            "7 estatecheck.schedules.nightly.allowed.mon[0]",
            "is not a stretch of a day",
        ),
        (
            NIGHTLY + "cron: 0 2 * * *\n      allowed: {mon: ['08:00-09:00']}\n",
            "",
            "6 estatecheck.schedules.nightly.cron",
            "not due once in nine years",
        ),
        ("  calendars:\n    off: {ics: days.ics}\n", "no calendar", "5 estatecheck.calendars.off.ics", "iCalendar"),
        (
            "  calendars:\n    off: {ics: days.ics}\n",
            ICS.replace("2026", "20x6"),
            "5 estatecheck.calendars.off.ics",
            "20x6",
        ),
        ("  calendars:\n    off: {ics: gone.ics}\n", "", "5 estatecheck.calendars.off.ics", "there is no such file"),
        (
            "  services: {s: {name: S}}\n  availability:\n    s: {share: 98, hours: {zone: UTC}}\n",
            "",
            "6 estatecheck.availability.s.hours",
            "names no hour at all",
        ),
    ],
)
def test_schedules_are_read_and_told_with_their_line(tmp_path: Path, own: str, ics: str, where: str, text: str) -> None:
    path = _schedules(tmp_path, own, ics)
    result = RUN.invoke(app, ["validate", "-i", str(path)])
    assert result.exit_code == 2
    line, key = where.split()
    fault = result.stderr.splitlines()[0]
    assert fault.startswith(f"{path}:{line}:")
    assert f": {key}: " in fault
    assert text in fault


def test_the_example_is_valid() -> None:
    result = RUN.invoke(app, ["validate", "-i", str(ROOT / "examples" / "watched.yaml")])
    assert (result.exit_code, result.stderr) == (0, "")


def test_schedules_that_can_be_meant_are_valid(tmp_path: Path) -> None:
    """``allowed`` in a zone of its own, and in the schedule's where it names none."""
    own = (
        "  calendars: {freeze: {ics: days.ics}}\n  schedules:\n"
        "    a: {cron: '0 2 * * *', zone: Europe/London, allowed: {zone: Asia/Tokyo, mon: ['08:00-18:00']},"
        " blackouts: [freeze]}\n"
        "    b: {cron: '30 23 * * *', zone: America/New_York, allowed: {mon: ['23:00-24:00'], holidays: freeze}}\n"
    )
    result = RUN.invoke(app, ["validate", "-i", str(_schedules(tmp_path, own))])
    assert (result.exit_code, result.stderr) == (0, "")
    a, b = YamlFile(tmp_path / "estate.yaml").estate().watching.plans
    assert a.allowed
    assert b.allowed
    assert (a.allowed.zone, b.allowed.zone) == ("Asia/Tokyo", "America/New_York")
