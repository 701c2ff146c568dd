"""The terminal summary: readable in 80 columns, loud about gaps, and no terminal's puppet."""

import io
import re
from dataclasses import replace

import pytest

from reports.formats import FORMATS
from reports.formats.terminal import RESET, render_terminal
from reports.report import ReportData
from reports.text import safe_text
from tests.reports.sample import dark, empty, hostile, large, sample


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    "said",
    [
        "OFFICIAL: SENSITIVE (sample)",
        "Fenmarsh Courts Service: scan 42, complete",
        "not a CHECK test",
        "36 assets known, 36 attempted, 34 reached, 30 logged in, 26 privileged, 19 fully assessed",
        "Nothing could be logged in to in Estuary Records Office.",
        "◆ 3 critical issues (8 occurrences on 8 assets, 3 root causes)",
        "○ 1 informational issue (6 occurrences on 6 assets, 1 root cause)",
        "16 of 25 critical and high findings (64\u00a0%) stem from missing security and firmware patches.",
        "◆ CRITICAL An account can log in without a password",
        "EC-0001 web-00.ashmoor.example: account kiosk has an empty password and the shell /bin/bash",
        "◆ CRITICAL openssl on 5 assets ⚑ exploited (KEV)",
        "Install these 4 updates on 12 assets, and 52\u00a0% of the critical and high findings are gone (13 of 25,",
        "2 CVEs on 7 assets are known to be exploited (KEV), in 2 issues of which 2 can be closed by an update.",
        "2 packages have vulnerabilities without a vendor fix, on 9 assets: there is nothing to install yet.",
        "support dates 3 days old; debian 1 day old; epss 1 day old; firmware releases 183 days old (too old)",
        "!! Too old is the data of firmware releases (183 days): what was published",
        "First: Run `passwd -l NAME` for each account named here",
        "119 judgements of 540 (22\u00a0%) could not be made. None of them counts as passed.",
        "login refused: 45 judgements on 3 assets (court-pc-29.dunwick.example, db-11.dunwick.example and",
        "the worst: An account can log in without a password (critical)",
        "print-03.cobham.example: two machines answer with the same machine-id",
    ],
)
def test_says(said: str) -> None:
    assert words(said) in words(render_terminal(sample()))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(replace(sample(), state="partial"), "!! This scan is PARTIAL: a person stopped it", id="partial"),
        pytest.param(dark(), "!! This scan was INTERRUPTED", id="interrupted"),
        pytest.param(
            dark(), "No check could be judged anywhere, so nothing was found and nothing is known.", id="dark"
        ),
        pytest.param(dark(), "540 judgements of 540 (100\u00a0%) could not be made.", id="implied gaps"),
        pytest.param(replace(sample(), kind="evaluate"), "Nothing was looked at anew: stored evidence", id="evaluate"),
        pytest.param(replace(sample(), kind="import"), "rest on lists that somebody supplied", id="import"),
        pytest.param(empty(), "Nothing was looked at, so nothing can be said.", id="empty"),
        pytest.param(large(100, 50), "more critical or high issues in the full report", id="many issues"),
        pytest.param(large(1, 50), "and 47 more occurrences, 50 assets in all", id="many occurrences"),
    ],
)
def test_says_of_special_scans(data: ReportData, said: str) -> None:
    assert words(said) in words(render_terminal(data))


@pytest.mark.parametrize(
    "data", [sample(), hostile(), dark(), empty(), large(30, 10)], ids=["sample", "hostile", "dark", "empty", "large"]
)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_too_long_and_none_carries_a_control_character(data: ReportData, width: int) -> None:
    text = render_terminal(data, width=width)
    assert [line for line in text.splitlines() if len(line) > width] == []
    assert [line for line in text.split("\n") if safe_text(line) != line] == []


def test_colour_adds_only_our_own_escapes() -> None:
    coloured = render_terminal(hostile(), colour=True)
    assert RESET in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render_terminal(hostile())


def test_the_format_is_plain_and_names_the_files_when_told() -> None:
    out = io.BytesIO()
    FORMATS["terminal"].render(sample(), out)
    assert out.getvalue().decode() == render_terminal(sample())
    assert "\n  out/report.html\n" in render_terminal(sample(), written=["out/report.html"])


def test_the_worst_come_before_the_gaps_and_no_verdict_is_given() -> None:
    text = render_terminal(sample())
    heads = [
        text.index(h)
        for h in (
            "COVERAGE",
            "DATA",
            "FOUND",
            "MISSING UPDATES",
            "CRITICAL AND HIGH",
            "NOT ASSESSED, AND WHY",
            "IDENTITY",
            "FULL REPORT",
        )
    ]
    assert heads == sorted(heads)
    assert not re.search(r"\b(secure|compliant|verdict|accredit\w*|score)\b", text)
