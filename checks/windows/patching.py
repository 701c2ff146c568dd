"""Applications on Windows that lack a fix, or are behind, and those that no feed speaks of."""

from collections.abc import Iterator

from checks.advisories.library import Advisories
from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import Example
from checks.finding import Outcome, Ruling, Severity
from checks.windows import example_updates as made
from checks.windows.application_rulings import outdated
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.windows_applications import WindowsApplications

FIXED = made.update("144.0.3719.82", "2026-01-15", "CVE-2026-0003", severity="moderate")
EDGE = made.versions("microsoft edge (chromium-based)", FIXED)
OLD_EDGE = made.versions("microsoft edge (chromium-based)", FIXED, day=made.OLD)
NEWEST = made.newest(("python", "3.13", "3.13.9"), ("postgresql", "16", "16.4"))


@check(
    id="win.app.update-missing",
    title="An application lacks an update",
    severity=Severity.MEDIUM,
    theme=Theme.MISSING_APP_PATCH,
    rationale=(
        "Browsers, readers, runtimes and VPN clients are attacked through what they open. Where Microsoft's data names "
        "the fixed version, that decides; otherwise the newest version of its release cycle is what its publisher "
        "supports. Of an application that no feed speaks of nothing is known, good or bad."
    ),
    remedy=Remedy(
        text="Update the application, and let it update itself where it can.",
        steps=("Install the named version or a later one", "Of what no feed covers, note who watches its publisher"),
        verify="the installed version is the named one or a later one",
    ),
    privilege=Privilege.USER,
    references=("the publishers' release pages", "docs/windows-patches.md"),
    examples=(
        Example(
            Outcome.FAIL,
            {"windows_applications": made.applications(("Microsoft Edge", "144.0.3719.81"))},
            advisories=EDGE,
            says="Microsoft Edge 144.0.3719.81: 144.0.3719.82 clears 1 known weakness (CVE-2026-0003), by the msrc "
            "feed of 2026-01-16",
            subjects=("Microsoft Edge 144.0",),
        ),
        Example(
            Outcome.PASS,
            {"windows_applications": made.applications(("Microsoft Edge", "144.0.3719.82"))},
            advisories=EDGE,
            says="1 application is the newest that the feeds know",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"windows_applications": made.applications(("Microsoft Edge", "144.0.3719.82"))},
            advisories=OLD_EDGE,
            says="the msrc feed of 2026-01-15 is 46 days old, at most 45 are allowed: what it does not know may be "
            "open all the same in Microsoft Edge 144.0.3719.82",
        ),
        Example(
            Outcome.FAIL,
            {"windows_applications": made.applications(("Python 3.13.8 (64-bit)", ""))},
            support=NEWEST,
            says="Python 3.13.8 is behind 3.13.9, the newest of its cycle; whether that fixes weaknesses the support "
            "dates do not say",
            subjects=("Python 3.13",),
        ),
        Example(
            Outcome.PASS,
            {"windows_applications": made.applications(("PostgreSQL 16 ", "16.4-1"))},
            support=NEWEST,
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"windows_applications": made.applications(("WireGuard", "0.5.3"), ("Contoso Till", "1"))},
            support=NEWEST,
            says="no feed tells of fixes for 1 known application: WireGuard 0.5.3; 1 other application is in no list "
            "of ours",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"windows_applications": made.applications(("Microsoft Edge", "144.0.3719.82"))},
            says="no feed tells of fixes for 1 known application: Microsoft Edge 144.0.3719.82",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"windows_applications": made.applications(("PostgreSQL 16 ", "16.4-1"), runtimes=None)},
            support=NEWEST,
            says="whether .NET runtime is installed could not be read",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"windows_applications": made.applications(("PostgreSQL 16 ", "16.4-1"), users=2)},
            support=NEWEST,
            says="what 1 user installed for themselves alone could not be seen: they are not logged in",
        ),
        Example(Outcome.NOT_ASSESSED, {"windows_applications": Missing(Reason.TIMED_OUT)}),
    ),
)
def application_update_missing(
    windows_applications: WindowsApplications, advisories: Advisories | None, context: Context
) -> Iterator[Ruling]:
    yield from outdated(windows_applications, context.support, advisories, context.asset.exposure, context.today)
