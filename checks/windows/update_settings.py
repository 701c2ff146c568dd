"""How Windows is told to update itself, and whether it does."""

from collections.abc import Iterator

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, not_assessed, passed
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.windows_setting import NOT_SET
from inventory.facts.windows_updates import WindowsReboot, WindowsUpdatePolicy, WindowsUpdates

STALE_DAYS = 30  # an update comes every month, and Defender's several times a day
OFF = 1  # NoAutoUpdate


def _reboot(*, servicing: bool | None, agent: bool | None) -> dict[str, object]:
    return {"windows_reboot": partial(WindowsReboot, servicing=servicing, update_agent=agent)}


@check(
    id="win.patch.reboot-pending",
    title="Windows waits for a restart to finish updating",
    severity=Severity.HIGH,
    theme=Theme.RESTART_PENDING,
    rationale=(
        "Updates are on disk and not in effect: the old files run until the restart. Further updates may be refused "
        "until then."
    ),
    remedy=Remedy(
        text="Restart the host in its next maintenance window.",
        verify="the keys RebootPending and RebootRequired are gone",
        risk="The services of this host are away during the restart.",
    ),
    privilege=Privilege.USER,
    references=("docs/windows-patches.md",),
    examples=(
        Example(
            Outcome.PASS,
            _reboot(servicing=False, agent=False),
            says="neither the servicing of Windows nor its update agent waits for a restart",
        ),
        Example(
            Outcome.FAIL,
            _reboot(servicing=True, agent=None),
            says="a restart is owed, by the servicing of Windows (RebootPending)",
        ),
        Example(
            Outcome.FAIL,
            _reboot(servicing=True, agent=True),
            says="a restart is owed, by the servicing of Windows (RebootPending) and the update agent (RebootRequired)",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _reboot(servicing=False, agent=None),
            says="whether a restart is owed could not be read in full",
        ),
        Example(Outcome.NOT_ASSESSED, {"windows_reboot": Missing(Reason.TIMED_OUT)}),
    ),
)
def reboot_pending(windows_reboot: WindowsReboot) -> Iterator[Ruling]:
    if windows_reboot.required is None:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, "whether a restart is owed could not be read in full")
    elif windows_reboot.required:
        signs = [
            (windows_reboot.servicing, "the servicing of Windows (RebootPending)"),
            (windows_reboot.update_agent, "the update agent (RebootRequired)"),
        ]
        yield failed(f"a restart is owed, by {' and '.join(name for sign, name in signs if sign)}")
    else:
        yield passed("neither the servicing of Windows nor its update agent waits for a restart")


def _fared(search: tuple[str | None, int | None], install: tuple[str | None, int | None]) -> dict[str, object]:
    """(moment, days since) of each."""
    told = {"last_search_at": search[0], "days_since_search": search[1]}
    told |= {"last_install_at": install[0], "days_since_install": install[1]}
    return {"windows_updates": partial(WindowsUpdates, **told)}


DAY_30, DAY_31 = ("2026-01-31T08:00:00Z", 30), ("2026-01-30T08:00:00Z", 31)
NEVER, UNKNOWN = ("", None), (None, None)


@check(
    id="win.patch.wsus-stale",
    title="Windows has not updated itself for a month",
    severity=Severity.MEDIUM,
    theme=Theme.MISSING_OS_PATCH,
    rationale=(
        "The update agent has found or installed nothing for a month, although updates come every month. It does not "
        "reach its server, it fails, or nobody lets it."
    ),
    remedy=Remedy(
        text="Find out why the agent does not update, and repair that.",
        steps=(
            "See its log: `Get-WindowsUpdateLog`",
            "See that the host reaches its WSUS server or Microsoft",
            "Repair the component store: `DISM /Online /Cleanup-Image /RestoreHealth`",
        ),
        verify="the last search and the last installation are less than 30 days ago",
    ),
    privilege=Privilege.USER,
    references=("IAutomaticUpdatesResults, learn.microsoft.com/windows/win32/wua_sdk",),
    examples=(
        Example(
            Outcome.PASS,
            _fared(DAY_30, DAY_30),
            says="the last successful search was 30 days ago and the last installation 30 days ago",
        ),
        Example(
            Outcome.FAIL, _fared(DAY_31, DAY_30), says="the last successful search was 31 days ago; 30 are allowed"
        ),
        Example(Outcome.FAIL, _fared(DAY_30, DAY_31), says="the last installation was 31 days ago; 30 are allowed"),
        Example(Outcome.FAIL, _fared(NEVER, UNKNOWN), says="there has never been a successful search"),
        Example(Outcome.FAIL, _fared(UNKNOWN, NEVER), says="there has never been an installation"),
        Example(
            Outcome.NOT_ASSESSED,
            _fared(DAY_30, UNKNOWN),
            says="when the last installation was could not be read",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _fared(UNKNOWN, DAY_30),
            says="when the last successful search was could not be read",
        ),
        Example(Outcome.NOT_ASSESSED, {"windows_updates": Missing(Reason.TIMED_OUT)}),
    ),
)
def wsus_stale(windows_updates: WindowsUpdates) -> Iterator[Ruling]:
    search, install = windows_updates.days_since_search, windows_updates.days_since_install
    wanting = [
        *_overdue("successful search", windows_updates.last_search_at, search),
        *_overdue("installation", windows_updates.last_install_at, install),
    ]
    if wanting:
        yield failed("; ".join(wanting))
    elif search is None or install is None:
        what = "successful search" if search is None else "installation"
        yield not_assessed(Reason.OUTPUT_UNREADABLE, f"when the last {what} was could not be read")
    else:
        yield passed(f"the last successful search was {search} days ago and the last installation {install} days ago")


def _overdue(what: str, at: str | None, days: int | None) -> Iterator[str]:
    if not at and at is not None:
        yield f"there has never been {'an' if what == 'installation' else 'a'} {what}"
    elif days is not None and days > STALE_DAYS:
        yield f"the last {what} was {days} days ago; {STALE_DAYS} are allowed"


def _policy(no_auto_update: int | None, start: str) -> dict[str, object]:
    return {"windows_update_policy": partial(WindowsUpdatePolicy, no_auto_update=no_auto_update, service_start=start)}


@check(
    id="win.patch.autoupdate-disabled",
    title="Automatic updates of Windows are switched off",
    severity=Severity.HIGH,
    theme=Theme.WEAK_CONFIG,
    rationale=(
        "Nothing is installed unless somebody does it by hand or with another tool, and months pass before anybody "
        "sees that nobody does."
    ),
    remedy=Remedy(
        text="Switch automatic updates on, or record which tool installs them here.",
        steps=("Set the policy Configure Automatic Updates", "Set the service wuauserv to start by itself"),
        verify=r"NoAutoUpdate under HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU is 0 or not set",
        risk="Updates may restart the host at the hours that the policy allows.",
    ),
    privilege=Privilege.USER,
    references=("learn.microsoft.com/windows/deployment/update/waas-wu-settings",),
    examples=(
        Example(Outcome.PASS, _policy(0, "manual"), says="automatic updates are not switched off"),
        Example(Outcome.PASS, _policy(NOT_SET, "auto")),
        Example(Outcome.FAIL, _policy(1, "manual"), says="a policy switches automatic updates off (NoAutoUpdate is 1)"),
        Example(Outcome.FAIL, _policy(1, "")),
        Example(Outcome.FAIL, _policy(0, "disabled"), says="the update service (wuauserv) is disabled"),
        Example(Outcome.FAIL, _policy(None, "absent"), says="the update service (wuauserv) is absent"),
        Example(
            Outcome.NOT_ASSESSED,
            _policy(None, "auto"),
            says="how automatic updates are set could not be read in full",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _policy(0, ""),
            says="how automatic updates are set could not be read in full",
        ),
        Example(Outcome.NOT_ASSESSED, {"windows_update_policy": Missing(Reason.TIMED_OUT)}),
    ),
)
def autoupdate_disabled(windows_update_policy: WindowsUpdatePolicy) -> Iterator[Ruling]:
    start = windows_update_policy.service_start
    if windows_update_policy.no_auto_update == OFF:
        yield failed("a policy switches automatic updates off (NoAutoUpdate is 1)")
    elif start in ("disabled", "absent"):
        yield failed(f"the update service (wuauserv) is {start}")
    elif windows_update_policy.no_auto_update is None or not start:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, "how automatic updates are set could not be read in full")
    else:
        yield passed("automatic updates are not switched off")
