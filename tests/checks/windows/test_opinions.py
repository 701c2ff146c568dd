"""What is said of hosts: entitlement, age of the feed, exploited weaknesses, several feeds, likeness."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from checks.advisories.library import Advisories, Feed
from checks.advisories.model import Epss, Exploited, FeedNote, line_of
from checks.advisories.support import SupportDates
from checks.advisories.table import Table, encode
from checks.advisories.verdict import Verdict
from checks.advisories.windows_updates import TABLE, Update, product_key
from checks.advisories.windows_updates import line_of as updates_line
from checks.finding import Outcome, Ruling, Severity
from checks.windows import example_updates as made
from checks.windows.machine import WindowsHost
from checks.windows.opinions import Opinion, opinion_of
from checks.windows.rulings import agents_own, by_subscription, lacking, late

TODAY = date(2026, 3, 2)


def host(ubr: int = 6700, *kbs: str, **facts: object) -> WindowsHost:
    return WindowsHost(made.system(ubr), made.updates(*kbs), made.pending(), **facts)  # type: ignore[arg-type]  # facts by name


def heard(
    of: WindowsHost, feeds: Advisories, support: SupportDates | None = None, exposure: str | None = None
) -> Opinion:
    return opinion_of(of, feeds, support, exposure, TODAY)


def rulings(of: WindowsHost, feeds: Advisories) -> list[Ruling]:
    return list(lacking(heard(of, feeds)))


def own(of: WindowsHost, feeds: Advisories) -> list[Ruling]:
    """The second opinion."""
    return list(agents_own(of, heard(of, feeds), None))


def kbs(opinion: Opinion) -> tuple[list[str], list[str]]:
    assert opinion.verdicts is not None
    free = [kb for unit in opinion.verdicts.to_install for kb in sorted(unit.kbs)]
    return free, [kb for unit in opinion.verdicts.by_subscription for kb in sorted(unit.kbs)]


NOVEMBER_END = made.support(("windows", "10-22h2", "2025-11-30", "2028-10-10"))


def test_fixes_after_regular_support_need_evidence() -> None:
    feeds = made.client()
    assert kbs(heard(host(6400), feeds, NOVEMBER_END)) == (["9000011"], ["9000001", "9000012"])
    assert kbs(heard(host(6400, windows_licence=made.ESU), feeds, NOVEMBER_END))[1] == []
    assert kbs(heard(host(6400, windows_licence=made.NO_ESU), feeds, NOVEMBER_END))[1] == ["9000001", "9000012"]
    assert kbs(heard(host(6400), feeds))[1] == []  # no support dates: nothing is known of an end


@pytest.mark.parametrize(
    ("extended", "scope", "why"),
    [
        ("2028-10-10", "extended security updates", ": nothing on the host shows them"),
        ("", "an edition that is still serviced", ", which this one is not"),
    ],
)
def test_what_a_later_fix_needs(extended: str, scope: str, why: str) -> None:
    """An old client gets fixes for its long-term editions alone, which nobody sells for this one."""
    dates = made.support(("windows", "10-22h2", "2025-11-30", extended))
    (ruling,) = by_subscription(heard(host(6400), made.client(), dates))
    assert {member.attributes["scope"] for member in ruling.members} == {scope}
    assert {member.verdict for member in ruling.members} == {Verdict.FIX_NEEDS_SUBSCRIPTION}
    assert f"so it needs {scope}{why}; by" in ruling.observed


def test_a_build_that_only_subscribers_have_is_evidence() -> None:
    assert kbs(heard(host(6600), made.client(), NOVEMBER_END)) == (["9000001"], [])


def test_a_member_tells_what_is_known_of_the_weakness() -> None:
    kev = Table(encode([("CVE-2026-0001", line_of(Exploited("2026-01-20", "2026-02-10", True, "x")))]))
    epss = Table(encode([("CVE-2026-0001", line_of(Epss(0.9, 0.99, "2026-02-01")))]))
    note = FeedNote("kev", "CISA", TODAY, 1, "")
    table = Table(encode([(product_key(made.CLIENT), updates_line(made.MONTHS))]))
    windows = Feed(FeedNote("windows-kb", "x", made.FRESH, 1, ""), {TABLE: table})
    feeds = Advisories([windows, Feed(note, {"kev": kev}), Feed(note, {"epss": epss})])
    (ruling,) = rulings(host(6600), feeds)
    first = next(member for member in ruling.members if member.id == "CVE-2026-0001")
    assert first.verdict == Verdict.FIX_AVAILABLE
    assert first.severity is Severity.HIGH  # Microsoft's "important"
    told = {
        name: first.attributes[name]
        for name in ("advisory", "fixed", "issued", "kev", "epss", "bod", "vendor_severity")
    }
    assert told == {
        "advisory": "KB9000001",
        "fixed": "KB9000001",
        "issued": "2026-01-13",
        "kev": "2026-01-20",
        "epss": "0.90000",
        "bod": "14 days",
        "vendor_severity": "important",
    }
    assert "1 exploited by CISA's list" in ruling.observed
    (urgent,) = late(heard(host(6600), feeds), TODAY)
    assert [member.id for member in urgent.members] == ["CVE-2026-0001", "CVE-2026-0002"]
    assert urgent.severity is Severity.CRITICAL


@pytest.mark.parametrize(("today", "outcome"), [(date(2026, 1, 26), Outcome.PASS), (date(2026, 1, 27), Outcome.FAIL)])
def test_two_weeks(today: date, outcome: Outcome) -> None:
    critical = replace(made.JANUARY, fixes=(("critical", ("CVE-2026-0001",)),))
    feeds = made.client((*made.MONTHS[:2], critical))
    (ruling,) = late(opinion_of(host(6600), feeds, None, None, today), today)
    assert ruling.outcome is outcome


def test_builds_of_one_feed_are_used_for_the_updates_of_another() -> None:
    def of(name: str, updates: Sequence[Update], day: date) -> Feed:
        table = Table(encode([(product_key(made.CLIENT), updates_line(updates))]))
        return Feed(FeedNote(name, "x", day, 1, ""), {TABLE: table})

    feeds = Advisories([of("windows-kb", made.UNTOLD, made.FRESH), of("msrc", made.MONTHS, date(2025, 1, 1))])
    (ruling,) = rulings(host(6700), feeds)
    assert ruling.outcome is Outcome.PASS  # the list alone would prove nothing
    assert "the windows-kb feed of 2026-01-16" in ruling.observed  # the newest of them tells how old the knowledge is
    (ruling,) = rulings(host(6699), feeds)
    assert ruling.outcome is Outcome.FAIL


def of_feeds(*given: tuple[str, tuple[Update, ...], date]) -> Advisories:
    key = product_key(made.CLIENT)
    return Advisories(
        [Feed(FeedNote(n, "x", day, 1, ""), {TABLE: Table(encode([(key, updates_line(u))]))}) for n, u, day in given]
    )


OLD = made.update("9000090", "2025-06-10", "CVE-2025-0090", build="10.0.19045.5965")
JUNE, JANUARY = ("windows-kb", (OLD,), date(2025, 6, 28)), ("msrc", (made.JANUARY,), made.FRESH)


@pytest.mark.parametrize(
    ("feeds", "says"),
    [
        ((JUNE, JANUARY), "no feed speaks of updates from 2025-06-28 to 2026-01-13, where the msrc feed begins"),
        ((JANUARY,), "the feeds speak of updates of 2026-01 alone: what came before is not known"),
        ((JUNE, ("msrc", made.MONTHS, made.FRESH)), "no feed speaks of updates from 2025-06-28 to 2025-11-11, where"),
        ((("windows-kb", (OLD,), date(2025, 9, 27)), ("msrc", made.MONTHS, made.FRESH)), ""),
        ((("windows-kb", (OLD,), date(2025, 9, 26)), ("msrc", made.MONTHS, made.FRESH)), "no feed speaks of"),
        ((JUNE, JANUARY, ("other", (OLD, *made.MONTHS), made.FRESH)), ""),  # a third one speaks of all of it
        ((("msrc", made.MONTHS[1:], made.FRESH),), ""),
    ],
)
def test_months_that_no_feed_speaks_of_prove_nothing(feeds: tuple[Any, ...], says: str) -> None:
    found = rulings(host(6700), of_feeds(*feeds))
    assert [one.outcome for one in found] == [Outcome.NOT_ASSESSED if says else Outcome.PASS]
    assert says in found[0].observed
    assert Outcome.FAIL in [
        one.outcome for one in rulings(host(6000), of_feeds(*feeds))
    ]  # what lacks, lacks all the same


def test_hosts_alike_share_their_verdicts_and_rulings() -> None:
    feeds = made.client()
    first, second = heard(host(6600, "9000012", "7000001"), feeds), heard(host(6600, "9000012", "7000002"), feeds)
    assert first.verdicts is second.verdicts
    assert next(lacking(first)) is next(lacking(second))
    assert heard(host(6600, "9000012"), feeds, exposure="internet").verdicts is not first.verdicts
    assert heard(host(6599, "9000012"), feeds).verdicts is not first.verdicts


def test_part_of_a_unit_may_wait_for_a_restart() -> None:
    of = WindowsHost(made.system(6500), made.updates(packages=[made.on_disk(6600)]), made.pending())
    (ruling,) = rulings(of, made.client())
    assert {member.id: member.verdict for member in ruling.members} == {
        "CVE-2025-0002": Verdict.FIXED_REBOOT_PENDING,
        "CVE-2026-0001": Verdict.FIX_AVAILABLE,
        "CVE-2026-0002": Verdict.FIX_AVAILABLE,
    }
    assert ruling.observed.count("1 of these updates waits for a restart") == 1


def test_a_restart_that_is_owed_for_a_listed_update() -> None:
    of = WindowsHost(made.system(6600), made.updates("9000001"), made.pending(), made.OWED)
    (ruling,) = rulings(of, made.client())
    assert "is on disk and clears" in ruling.observed


def test_an_update_that_is_offered_until_the_restart_waits_for_it() -> None:
    offered = made.pending(made.offer("9000001"))
    of = WindowsHost(made.system(6600), made.updates("9000001"), offered, made.OWED)
    (ruling,) = rulings(of, made.client())
    assert "is on disk and clears" in ruling.observed
    (ruling,) = rulings(replace(of, windows_reboot=None), made.client())
    assert "is on disk" not in ruling.observed


def test_drivers_and_definitions_are_no_missing_security_updates() -> None:
    driver = replace(made.offer("7000001"), driver=True)
    patterns = made.offer("2267602", category="e0789628-ce08-4437-be74-2495b842f43b")
    of = replace(host(), windows_pending_updates=made.pending(driver, patterns))
    for feeds in (made.client(), Advisories([])):
        (ruling,) = own(of, feeds)
        assert ruling.outcome is Outcome.PASS


def test_one_update_that_the_agent_lists_twice_is_told_once() -> None:
    of = replace(host(), windows_pending_updates=made.pending(made.offer("7000001"), made.offer("7000001")))
    (ruling,) = own(of, made.client())
    assert (ruling.subject.key, ruling.severity) == ("KB7000001", Severity.CRITICAL)


def test_the_finding_keeps_its_identity_from_month_to_month() -> None:
    (before,) = rulings(host(6500), made.client(made.MONTHS[:2]))
    (after,) = rulings(host(6500), made.client())
    assert before.subject == after.subject
    assert "KB9000012" in before.observed
    assert "KB9000001" in after.observed


ROLLUPS = {
    made.SERVER: (
        made.ROLLUP,
        made.ROLLUP_NEXT,
        made.ONLY,
        made.update("8000009", "2023-01-10", components=["Adobe Flash Player"], severity="critical"),
    )
}


def test_a_rollup_is_one_action_and_flash_player_another() -> None:
    of = WindowsHost(made.OLD_SERVER, made.updates("x"), made.pending())
    found = {ruling.subject.key: ruling for ruling in rulings(of, made.feed(ROLLUPS))}
    assert set(found) == {"Adobe Flash Player update", "Windows monthly rollup"}
    rollup = found["Windows monthly rollup"]
    assert rollup.observed.startswith("Windows monthly rollup: KB8000001 of 2023-01-10 clears 2 known weaknesses")
    assert found["Adobe Flash Player update"].severity is Severity.CRITICAL
    assert "weaknesses without a CVE" in found["Adobe Flash Player update"].observed


def test_feeds_without_windows_updates_are_no_feed_of_them() -> None:
    """Also where the feed was imported before its table had this form."""
    other = Advisories([Feed(FeedNote("windows-kb", "x", made.FRESH, 1, ""), {"windows-kb": Table(b"")})])
    (ruling,) = rulings(host(), other)
    assert (ruling.outcome, ruling.observed) == (Outcome.NOT_ASSESSED, "no feed of Windows updates is loaded")


NET = "microsoft .net framework 4.8 on windows 10 version 22h2 for x64-based systems"


@pytest.mark.parametrize(
    ("applications", "expected"),
    [
        pytest.param(None, Outcome.NOT_ASSESSED, id="the list of applications could not be had"),
        pytest.param(made.applications(framework=None), Outcome.NOT_ASSESSED, id="its Release could not be read"),
        pytest.param(made.applications(), Outcome.PASS, id="there is none"),
        pytest.param(made.applications(framework=528049), Outcome.PASS, id="it is known, and patched"),
    ],
)
def test_which_framework_is_there_must_be_known_to_pass(applications: object, expected: Outcome) -> None:
    """A finding of its update must not close because nobody could see it."""
    framework = made.update("9000050", "2026-01-13", "CVE-2026-0050")
    feeds = made.feed({made.CLIENT: made.MONTHS, NET: [framework]})
    found = rulings(host(6700, "9000050", windows_applications=applications), feeds)
    assert [one.outcome for one in found] == [expected]
    if expected is Outcome.NOT_ASSESSED:
        assert found[0].subject.key == ".NET Framework update"
        assert found[0].observed.startswith("which .NET Framework is installed could not be read")
    assert [one.outcome for one in rulings(host(6700), made.client())] == [Outcome.PASS], "the feed knows of none"
