"""Remote Desktop, and the lock of an unattended screen."""

from collections.abc import Iterator

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, Subject, failed, not_applicable, not_assessed, passed
from checks.windows.words import ACCESS, CONFIGURATION, mapped, setting
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.windows_applications import WindowsApplications
from inventory.facts.windows_network import WindowsRdp
from inventory.facts.windows_protection import WindowsScreen, WindowsUserScreen
from inventory.facts.windows_setting import NOT_SET

LONGEST_SECONDS = 900  # PCI DSS 4.0, 8.2.8; CIS benchmarks


def _rdp(denied: int | None, nla: int | None) -> dict[str, object]:
    return {"windows_rdp": partial(WindowsRdp, denied=denied, nla=nla)}


@check(
    id="win.rdp.nla-off",
    title="Remote Desktop shows its log-in screen to everybody",
    severity=Severity.HIGH,
    theme=Theme.EXPOSED_SERVICE,
    rationale=(
        "Without network level authentication anybody who reaches the port gets a session before they log in. With it, "
        "flaws such as BlueKeep can be used by people with a password only."
    ),
    remedy=Remedy(
        text="Require network level authentication.",
        steps=(
            "Set the policy Remote Desktop Session Host, Security, Require user authentication for remote connections "
            "by using Network Level Authentication to Enabled",
        ),
        verify=r"UserAuthentication of the policy, or under ...\Terminal Server\WinStations\RDP-Tcp, is 1",
        risk="Clients older than Windows 7 and users whose password has expired cannot connect.",
    ),
    privilege=Privilege.USER,
    references=(
        "learn.microsoft.com/windows-server/remote/remote-desktop-services/clients/remote-desktop-allow-access",
        "CVE-2019-0708",
        *mapped("4.6", ACCESS, "8.5", "2.2.7"),
    ),
    examples=(
        Example(Outcome.PASS, _rdp(0, 1), says="UserAuthentication is 1"),
        Example(Outcome.FAIL, _rdp(0, 0), says="Remote Desktop is allowed and UserAuthentication is 0"),
        Example(
            Outcome.NOT_ASSESSED,
            _rdp(0, NOT_SET),
            says="UserAuthentication is not set, neither by policy nor for the listener",
        ),
        Example(Outcome.NOT_ASSESSED, _rdp(0, None), says="UserAuthentication could not be read"),
        Example(Outcome.NOT_ASSESSED, _rdp(None, 0), says="whether Remote Desktop is allowed could not be read"),
        Example(Outcome.NOT_APPLICABLE, _rdp(1, 0), says="Remote Desktop is switched off"),
        Example(Outcome.NOT_APPLICABLE, _rdp(NOT_SET, 0)),
        Example(Outcome.NOT_ASSESSED, {"windows_rdp": Missing(Reason.TIMED_OUT)}),
    ),
)
def nla_off(windows_rdp: WindowsRdp) -> Iterator[Ruling]:
    told = setting("UserAuthentication", windows_rdp.nla)
    if windows_rdp.allowed is None:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, "whether Remote Desktop is allowed could not be read")
    elif not windows_rdp.allowed:
        yield not_applicable("Remote Desktop is switched off")
    elif windows_rdp.nla is None:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, told)
    elif windows_rdp.nla == NOT_SET:
        yield not_assessed(Reason.NOT_TOLD, f"{told}, neither by policy nor for the listener")
    elif windows_rdp.nla == 0:
        yield failed(f"Remote Desktop is allowed and {told}")
    else:
        yield passed(told)


def _user(
    *, active: int | None = 1, secure: int | None = 1, seconds: int | None, policy: bool = True
) -> WindowsUserScreen:
    return WindowsUserScreen("S-1-5-21-1-2-3-1001", active, secure, seconds, by_policy=policy)


def _screen(
    machine: int | None, *users: WindowsUserScreen, mdm: int | None = NOT_SET, profiles: int | None = 0
) -> dict[str, object]:
    """``profiles``: of people who are not logged in; None: it is not known."""
    told = partial(WindowsScreen, inactivity_seconds=machine, mdm_inactivity_minutes=mdm, users=users)
    everybody = None if profiles is None else len(users) + profiles
    others = partial(WindowsApplications, users_seen=len(users), users_all=everybody)
    return {"windows_screen": told, "windows_applications": others}


IN_TIME, LATE = _user(seconds=900), _user(seconds=901)


@check(
    id="win.screen.lock-timeout",
    title="An unattended screen stays open",
    severity=Severity.LOW,
    theme=Theme.WEAK_CONFIG,
    rationale=(
        "Who walks past uses the session of somebody else. 15 minutes is what PCI DSS and CIS ask for. The limit of "
        "the machine counts for everybody; without it the screen savers count, which are seen of loaded profiles only, "
        "and which a user may change unless a policy sets them."
    ),
    remedy=Remedy(
        text="Lock the screen after at most 15 minutes, for the whole machine.",
        steps=("Set the policy Interactive logon: Machine inactivity limit to 900 seconds or less",),
        verify=r"InactivityTimeoutSecs under HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System is 900",
        risk="Screens that show something to a room must be exempt.",
    ),
    privilege=Privilege.USER,
    references=(
        "learn.microsoft.com/windows/security/threat-protection/security-policy-settings/"
        "interactive-logon-machine-inactivity-limit",
        *mapped("4.3", CONFIGURATION, "8.1", "8.2.8"),
    ),
    examples=(
        Example(Outcome.PASS, _screen(900, LATE), says="the screen is locked after 900 seconds"),
        Example(Outcome.PASS, _screen(1)),
        Example(Outcome.PASS, _screen(NOT_SET, mdm=15), says="the screen is locked after 900 seconds"),
        Example(Outcome.PASS, _screen(3600, mdm=1), says="the screen is locked after 60 seconds"),
        Example(
            Outcome.PASS,
            _screen(0, IN_TIME, _user(seconds=1)),
            says="a policy locks the screen in time, in each of 2 profiles seen",
        ),
        Example(
            Outcome.FAIL,
            _screen(901, LATE),
            says="InactivityTimeoutSecs is 901, and the screen saver of S-1-5-21-1-2-3-1001 does not lock within 900 "
            "seconds",
            subjects=("S-1-5-21-1-2-3-1001",),
        ),
        Example(Outcome.FAIL, _screen(0, _user(seconds=0))),
        Example(Outcome.FAIL, _screen(NOT_SET, _user(active=0, seconds=None), mdm=16)),
        Example(Outcome.FAIL, _screen(NOT_SET, _user(secure=0, seconds=None), mdm=0)),
        Example(Outcome.FAIL, _screen(NOT_SET, _user(secure=NOT_SET, seconds=900))),
        Example(Outcome.FAIL, _screen(NOT_SET, _user(active=NOT_SET, seconds=900))),
        Example(Outcome.NOT_ASSESSED, _screen(NOT_SET, _user(active=None, seconds=900))),
        Example(Outcome.NOT_ASSESSED, _screen(NOT_SET, _user(seconds=None))),
        Example(
            Outcome.NOT_ASSESSED,
            _screen(NOT_SET, _user(active=1, secure=None, seconds=900)),
            says="InactivityTimeoutSecs is not set, and the screen saver of S-1-5-21-1-2-3-1001 could not be read, or "
            "is the user's own choice",
        ),
        Example(Outcome.NOT_ASSESSED, _screen(NOT_SET, _user(seconds=900, policy=False))),
        Example(
            Outcome.NOT_ASSESSED,
            _screen(NOT_SET),
            says="InactivityTimeoutSecs is not set, and no profile was loaded whose screen saver could be seen",
        ),
        Example(Outcome.NOT_ASSESSED, _screen(None, IN_TIME), says="InactivityTimeoutSecs could not be read"),
        Example(
            Outcome.NOT_ASSESSED,
            _screen(0, IN_TIME, profiles=1),
            says="InactivityTimeoutSecs is 0, and the screen savers of 1 user who is not logged in could not be seen",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _screen(0, IN_TIME, profiles=None),
            says="InactivityTimeoutSecs is 0, and the screen savers of others who are not logged in could not be seen",
        ),
        Example(
            Outcome.FAIL,
            _screen(0, LATE, profiles=2),
            says="InactivityTimeoutSecs is 0, and the screen saver of S-1-5-21-1-2-3-1001 does not lock within 900 "
            "seconds",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _screen(0, IN_TIME, profiles=2),
            says="InactivityTimeoutSecs is 0, and the screen savers of 2 users who are not logged in could not be seen",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {**_screen(0, IN_TIME), "windows_applications": Missing(Reason.TIMED_OUT)},
            says="InactivityTimeoutSecs is 0, and the screen savers of others who are not logged in could not be seen",
        ),
        Example(Outcome.NOT_ASSESSED, {"windows_screen": Missing(Reason.TIMED_OUT)}),
    ),
)
def lock_timeout(windows_screen: WindowsScreen, windows_applications: WindowsApplications | None) -> Iterator[Ruling]:
    """Whoever is not logged in cannot be seen, so what was found of them does not close either."""
    machine, users = windows_screen.inactivity_seconds, windows_screen.users
    minutes = windows_screen.mdm_inactivity_minutes
    told = setting("InactivityTimeoutSecs", machine)
    limits = [seconds for seconds in (machine, None if minutes is None else minutes * 60) if _in_time(seconds)]
    if limits:
        yield passed(f"the screen is locked after {limits[0]} seconds")
    elif machine is None:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, told)
    elif not users:
        yield not_assessed(Reason.NOT_TOLD, f"{told}, and no profile was loaded whose screen saver could be seen")
    else:
        wrong = [ruling for user in users for ruling in _own(user, told)]
        wrong += _unseen(windows_applications.users_unseen if windows_applications else None, told)
        yield from wrong or [passed(f"a policy locks the screen in time, in each of {len(users)} profiles seen")]


def _unseen(profiles: int | None, machine: str) -> Iterator[Ruling]:
    if profiles != 0:
        one = profiles == 1
        who = "others who are" if profiles is None else f"{profiles} {'user who is' if one else 'users who are'}"
        told = f"{machine}, and the screen savers of {who} not logged in could not be seen"
        yield Ruling(Outcome.NOT_ASSESSED, told, Subject("user", "not logged in"), Reason.NOT_TOLD)


def _in_time(seconds: int | None) -> bool:
    return seconds is not None and 0 < seconds <= LONGEST_SECONDS


def _own(user: WindowsUserScreen, machine: str) -> Iterator[Ruling]:
    subject, late = Subject("user", user.user), user.timeout_seconds is not None and not _in_time(user.timeout_seconds)
    if user.active in (0, NOT_SET) or user.secure in (0, NOT_SET) or late:
        told = f"{machine}, and the screen saver of {user.user} does not lock within {LONGEST_SECONDS} seconds"
        yield failed(told, subject)
    elif None in (user.active, user.secure, user.timeout_seconds) or not user.by_policy:
        told = f"{machine}, and the screen saver of {user.user} could not be read, or is the user's own choice"
        yield Ruling(Outcome.NOT_ASSESSED, told, subject, Reason.NOT_TOLD)
