"""Patch levels of Windows: updates lacking by build and by what replaces what (docs/windows-patches.md)."""

from collections.abc import Iterator

from checks.advisories.library import Advisories
from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import Example
from checks.finding import Outcome, Ruling, Severity
from checks.windows import example_updates as made
from checks.windows.machine import WindowsHost
from checks.windows.opinions import NO_FEED
from checks.windows.rulings import agents_own, by_subscription, heard, lacking, late
from inventory.asset import Privilege
from inventory.facts import Missing, Reason

DOC = "docs/windows-patches.md"
FEED = "the windows-kb feed of 2026-01-16"
STALE = (
    "the windows-kb feed of 2026-01-15 is 46 days old, at most 45 are allowed: what it does not know may be open all "
    "the same"
)


def _host(system: object = None, updates: object = None, **facts: object) -> dict[str, object]:
    known = {"windows_system": system or made.system(), "windows_updates": updates or made.updates("9000001")}
    return {**known, "windows_pending_updates": made.pending(), **facts}


@check(
    id="win.patch.hotfix-missing",
    title="Security updates of Windows are missing",
    severity=Severity.CRITICAL,
    theme=Theme.MISSING_OS_PATCH,
    rationale=(
        "Microsoft has fixed weaknesses in this system, and the host lacks the fix. What counts is the build that "
        "runs, not the list of updates alone: an update may be listed and have been rolled back, or wait for a restart."
    ),
    remedy=Remedy(
        text="Install the newest update of each kind that is named; it contains those before it.",
        steps=(
            "Approve and install it through Windows Update, WSUS or the device management",
            "Restart the host",
            "Where it fails again and again, repair the component store: `DISM /Online /Cleanup-Image /RestoreHealth`",
        ),
        verify="`winver` shows the build named here or a later one",
        risk="The host restarts; test first where a service depends on it.",
    ),
    privilege=Privilege.USER,
    references=("https://msrc.microsoft.com/update-guide", "docs/windows-patches.md"),
    examples=(
        Example(
            Outcome.PASS,
            _host(),
            advisories=made.client(),
            says=f"build 19045.6700 has all 3 updates that {FEED} knows for it (the newest cumulative one is "
            "KB9000001), by its build",
        ),
        Example(
            Outcome.FAIL,
            _host(made.system(6600), made.updates("9000001")),
            advisories=made.client(),
            says="Windows cumulative update: KB9000001 (build 19045.6700) of 2026-01-13 clears 2 known weaknesses "
            f"(CVE-2026-0001, CVE-2026-0002) of build 19045.6600; by {FEED}, its build says so; the update agent, "
            "whose last search was 3 days ago, does not list it",
            subjects=("Windows cumulative update",),
        ),
        Example(
            Outcome.FAIL,
            _host(made.system(6599), windows_pending_updates=made.pending(made.offer("9000001"))),
            advisories=made.client(),
            says="Windows cumulative update: KB9000001 (build 19045.6700) of 2026-01-13 clears 3 known weaknesses "
            "(CVE-2025-0002, CVE-2026-0001, CVE-2026-0002) of build 19045.6599, with 1 earlier update that it lacks; "
            f"by {FEED}, its build says so; the update agent lists it too",
        ),
        Example(
            Outcome.FAIL,
            _host(made.system(6600), made.updates("9000012", packages=[made.on_disk(6700)])),
            advisories=made.client(),
            says="Windows cumulative update: KB9000001 (build 19045.6700) of 2026-01-13 is on disk and clears 2 known "
            "weaknesses (CVE-2026-0001, CVE-2026-0002) of build 19045.6600, once the host is restarted; "
            f"by {FEED}, its build says so; the update agent, whose last search was 3 days ago, does not list it",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _host(),
            advisories=made.client(made.UNTOLD),
            says=f"{FEED} knows of no update that is lacking, but only its list of installed updates says so: no feed "
            "tells which build KB9000001 brings",
        ),
        Example(
            Outcome.FAIL,
            _host(made.system(6600), made.updates("9000012")),
            advisories=made.client(made.UNTOLD),
            subjects=("Windows cumulative update",),
        ),
        Example(
            Outcome.PASS,
            _host(made.OLD_SERVER, made.updates("8000001")),
            advisories=made.feed({made.SERVER: (made.ROLLUP, made.ROLLUP_NEXT, made.ONLY)}),
            says=f"build 9600 has all 3 updates that {FEED} knows for it (the newest cumulative one is KB8000001), by "
            "its list of installed updates",
        ),
        Example(Outcome.NOT_ASSESSED, _host(), advisories=made.client(day=made.OLD), says=STALE),
        Example(
            Outcome.NOT_ASSESSED,
            _host(made.system(build=28000, version="26H2")),
            advisories=made.client(),
            says="no feed of Windows updates speaks of 'windows 11 version 26h2 for x64-based systems'",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _host(made.system(architecture="")),
            advisories=made.client(),
            says="which product this is in Microsoft's data cannot be told: Windows 10 Pro 22H2, build 19045",
        ),
        Example(Outcome.NOT_ASSESSED, _host(), says=NO_FEED),
        Example(Outcome.NOT_ASSESSED, {**_host(), "windows_updates": Missing(Reason.TIMED_OUT)}),
    ),
)
def hotfix_missing(host: WindowsHost, advisories: Advisories | None, context: Context) -> Iterator[Ruling]:
    yield from lacking(heard(host, advisories, context))


@check(
    id="win.patch.pending-unknown",
    title="The update agent has a security update that no feed knows",
    severity=Severity.HIGH,
    theme=Theme.MISSING_OS_PATCH,
    rationale=(
        "The host's own update agent offers a security update of which the feeds say nothing: they may be late, or it "
        "is for something that they do not cover. Of two opinions the worse one counts."
    ),
    remedy=Remedy(
        text="Install the update, and load newer feeds.",
        steps=("Install it through Windows Update, WSUS or the device management", "`estatecheck feeds update`"),
        verify="the update agent, after a search, no longer lists it",
        risk="The host may have to restart.",
    ),
    privilege=Privilege.USER,
    references=("learn.microsoft.com/windows/win32/wua_sdk/windows-update-agent--wua--api-reference", DOC),
    examples=(
        Example(
            Outcome.PASS,
            _host(),
            advisories=made.client(),
            says="the update agent, whose last search was 3 days ago, lists no security update that the feeds do not "
            "know",
        ),
        Example(
            Outcome.PASS,
            _host(windows_pending_updates=made.pending(made.offer("9000001"), days=30)),
            advisories=made.client(),
        ),
        Example(
            Outcome.FAIL,
            _host(windows_pending_updates=made.pending(made.offer("7000001", title="2026-01 Update"))),
            advisories=made.client(),
            says="2026-01 Update (KB7000001) is pending by the update agent; " + FEED + " does not know it",
            subjects=("KB7000001",),
        ),
        Example(
            Outcome.FAIL,
            _host(windows_pending_updates=made.pending(made.offer("7000001", title="2026-01 Update"))),
            says="2026-01 Update (KB7000001) is pending by the update agent; no feed of Windows updates says anything "
            "of it",
        ),
        Example(
            Outcome.FAIL,
            _host(windows_pending_updates=made.pending(made.offer("7000001", title="2026-01 Update"), days=31)),
            subjects=("KB7000001",),
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _host(windows_pending_updates=made.pending(days=31)),
            advisories=made.client(),
            says="the update agent last searched 31 days ago: what came out since then it does not know",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _host(windows_pending_updates=made.pending(days=None)),
            says="the update agent tells of no search: what came out since then it does not know",
        ),
        Example(
            Outcome.NOT_ASSESSED, _host(windows_pending_updates=Missing(Reason.PRIVILEGE_TOO_LOW, "COM is refused"))
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _host(windows_pending_updates=Missing(Reason.TIMED_OUT)),
            says="what the update agent has pending could not be had",
        ),
    ),
)
def pending_unknown(host: WindowsHost, advisories: Advisories | None, context: Context) -> Iterator[Ruling]:
    state = context.facts.get("windows_pending_updates")
    yield from agents_own(host, heard(host, advisories, context), state)


@check(
    id="win.patch.critical-older-14d",
    title="A critical update of Windows has been missing for two weeks",
    severity=Severity.CRITICAL,
    theme=Theme.MISSING_OS_PATCH,
    rationale=(
        "The fix has been out for two weeks, and the weakness is critical by Microsoft's word or by its score, or is "
        "known to be exploited. Attackers compare the update with the one before it within days."
    ),
    remedy=Remedy(
        text="Install the named update now, outside the usual round.",
        steps=("Install it through Windows Update, WSUS or the device management", "Restart the host"),
        verify="`winver` shows the build of the named update or a later one",
        risk="The host restarts.",
    ),
    privilege=Privilege.USER,
    references=("https://msrc.microsoft.com/update-guide", "docs/windows-patches.md"),
    examples=(
        Example(
            Outcome.PASS,
            _host(made.system(6500)),
            advisories=made.client(),
            says=f"no critical update that {FEED} knows has been lacking for 14 days",
        ),
        Example(
            Outcome.FAIL,
            _host(made.system(6499)),
            advisories=made.client(),
            says="Windows cumulative update: 1 critical update lacking on build 19045.6499; the oldest is KB9000011 of "
            f"2025-11-11, 111 days ago; KB9000001 of 2026-01-13 has all; by {FEED}, its build says so",
            subjects=("Windows cumulative update",),
        ),
        Example(Outcome.NOT_ASSESSED, _host(), advisories=made.client(day=made.OLD), says=STALE),
        Example(Outcome.NOT_ASSESSED, _host(), says=NO_FEED),
    ),
)
def critical_older_14d(host: WindowsHost, advisories: Advisories | None, context: Context) -> Iterator[Ruling]:
    yield from late(heard(host, advisories, context), context.today)


@check(
    id="win.patch.fix-needs-subscription",
    title="A fix of Windows exists, but only with extended security updates",
    severity=Severity.HIGH,
    theme=Theme.UNSUPPORTED,
    rationale=(
        "Microsoft has fixed these weaknesses after the regular support of this edition, for subscribers of extended "
        "security updates only, and nothing shows that this host is one. Without it they stay open."
    ),
    remedy=Remedy(
        text="License extended security updates for this host, or move it to a release in regular support.",
        steps=("Enrol the host, where the contract covers it", "Otherwise plan the upgrade"),
        verify="the licence of extended security updates is active on the host and the update is installed",
    ),
    privilege=Privilege.USER,
    references=("https://learn.microsoft.com/lifecycle/faq/extended-security-updates", "docs/windows-patches.md"),
    examples=(
        Example(
            Outcome.PASS,
            _host(made.system(6600)),
            advisories=made.client(),
            says=f"{FEED} knows of no update that this host would need extended security updates for",
        ),
        Example(
            Outcome.FAIL,
            _host(made.system(6600), made.updates(), windows_licence=made.NO_ESU),
            advisories=made.client(),
            support=made.ENDED_IN_OCTOBER,
            says="Windows cumulative update: KB9000001 (build 19045.6700) of 2026-01-13 clears 2 known weaknesses "
            "(CVE-2026-0001, CVE-2026-0002) of build 19045.6600; released after the regular support of this edition, "
            "so it needs extended security updates: its licence tells of none; by " + FEED + ", its build says so",
            subjects=("Windows cumulative update",),
        ),
        Example(
            Outcome.FAIL,
            _host(made.system(6600), made.updates()),
            advisories=made.client(),
            support=made.ENDED_IN_OCTOBER,
        ),
        Example(
            Outcome.PASS,
            _host(made.system(6600), made.updates(), windows_licence=made.ESU),
            advisories=made.client(),
            support=made.ENDED_IN_OCTOBER,
        ),
        Example(Outcome.NOT_ASSESSED, _host(), advisories=made.client(day=made.OLD), says=STALE),
        Example(Outcome.NOT_ASSESSED, _host(), says=NO_FEED),
    ),
)
def fix_needs_subscription(host: WindowsHost, advisories: Advisories | None, context: Context) -> Iterator[Ruling]:
    yield from by_subscription(heard(host, advisories, context))
