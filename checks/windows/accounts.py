"""Local accounts: who administers the machine against who should, and accounts that nobody uses."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import EXAMPLE_ASSET, Example, partial
from checks.finding import Outcome, Ruling, Severity, Subject, failed, not_assessed, passed
from checks.windows.words import ACCESS, mapped
from inventory.asset import Asset, Privilege
from inventory.facts import Absent, Missing, Reason
from inventory.facts.windows_accounts import WindowsAccount, WindowsAccounts, WindowsMember

DORMANT_DAYS = 45  # CIS Controls v8 5.3
_LOCAL = "S-1-5-21-1-2-3-"
BUILT_IN = WindowsMember("PC1\\Administrator", f"{_LOCAL}500", "user", "local")
DOMAIN_ADMINS = WindowsMember("CORP\\Domain Admins", "S-1-5-21-7-8-9-512", "group", "domain")
ALICE = WindowsMember("PC1\\alice", f"{_LOCAL}1001", "user", "local")
BOB = WindowsMember("CORP\\bob", "S-1-5-21-7-8-9-1207", "user", "domain")
NOBODY = WindowsMember("", "S-1-5-21-7-8-9-4711", "other", "orphan")


def _members(*members: WindowsMember) -> dict[str, object]:
    return {"windows_accounts": partial(WindowsAccounts, administrators=members)}


def _asset(*administrators: str) -> Asset:
    return replace(EXAMPLE_ASSET, administrators=administrators)


@check(
    id="win.acct.local-admins-unexpected",
    title="Somebody administers this machine whom nobody expects",
    severity=Severity.HIGH,
    theme=Theme.WEAK_CONFIG,
    rationale=(
        "Everybody in the group Administrators owns the machine, and what they open or click runs with its rights. The "
        "built-in administrator and the domain's own administrators are always expected; the inventory names the "
        "others (administrators). Where it names nobody, others cannot be judged."
    ),
    remedy=Remedy(
        text="Take the account out of the group, or name it in the inventory when it belongs there.",
        steps=("Decide with its owner", "`Remove-LocalGroupMember -SID S-1-5-32-544 -Member NAME`"),
        verify="`Get-LocalGroupMember -SID S-1-5-32-544` lists expected members only",
        risk="Programs that need administrator rights ask for another account.",
    ),
    privilege=Privilege.USER,
    references=("docs/write-an-inventory.md", *mapped("5.4", ACCESS, "8.2", "7.2.1")),
    examples=(
        Example(
            Outcome.PASS,
            _members(BUILT_IN, DOMAIN_ADMINS),
            says="every administrator is expected: PC1\\Administrator, CORP\\Domain Admins",
        ),
        Example(Outcome.PASS, _members(BUILT_IN, ALICE), _asset("alice")),
        Example(Outcome.PASS, _members(BUILT_IN, ALICE, BOB), _asset("pc1\\Alice", "S-1-5-21-7-8-9-1207")),
        Example(
            Outcome.FAIL,
            _members(BUILT_IN, ALICE, BOB, NOBODY),
            _asset("alice"),
            says=(
                "CORP\\bob (user, domain) is an administrator and not expected",
                "S-1-5-21-7-8-9-4711 (other, orphan) is an administrator and not expected",
            ),
            subjects=("S-1-5-21-7-8-9-1207", "S-1-5-21-7-8-9-4711"),
        ),
        Example(
            Outcome.FAIL, _members(BUILT_IN, BOB), _asset("bob"), subjects=("S-1-5-21-7-8-9-1207",)
        ),  # a bare name is a local account
        Example(Outcome.FAIL, _members(ALICE), _asset()),
        Example(
            Outcome.NOT_ASSESSED,
            _members(BUILT_IN, ALICE, NOBODY),
            says="the inventory does not say who else administers this machine (administrators): PC1\\alice, "
            "S-1-5-21-7-8-9-4711",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"windows_accounts": partial(WindowsAccounts, administrators=None)},
            says="the members of the group Administrators could not be listed",
        ),
        Example(Outcome.NOT_APPLICABLE, {"windows_accounts": Absent("a domain controller has no local accounts")}),
    ),
)
def unexpected_administrators(windows_accounts: WindowsAccounts, asset: Asset) -> Iterator[Ruling]:
    listed = windows_accounts.administrators
    if listed is None:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, "the members of the group Administrators could not be listed")
        return
    named = {name.casefold() for name in asset.administrators or ()}
    wrong = [member for member in listed if not member.expected and named.isdisjoint(_names(member))]
    if not wrong:
        yield passed(f"every administrator is expected: {', '.join(map(_shown, listed)) or 'there is none'}")
    elif asset.administrators is None:
        told = "the inventory does not say who else administers this machine (administrators)"
        yield not_assessed(Reason.NO_BASELINE, f"{told}: {', '.join(map(_shown, wrong))}")
    for member in wrong if asset.administrators is not None else ():
        told = f"{_shown(member)} ({member.kind}, {member.source}) is an administrator and not expected"
        yield failed(told, Subject("administrator", member.sid or member.name))


def _shown(member: WindowsMember) -> str:
    return member.name or member.sid


def _names(member: WindowsMember) -> Collection[str]:
    """What the inventory may call a member: its SID, its whole name, and of a local account the name alone."""
    short = member.name.rpartition("\\")[2] if member.source == "local" else member.name
    return {member.sid.casefold(), member.name.casefold(), short.casefold()}


def _account(rid: int, name: str, **fields: object) -> WindowsAccount:
    return partial(WindowsAccount, rid=rid, name=name, enabled=fields.pop("enabled", True), **fields)


def _accounts(*items: WindowsAccount) -> dict[str, object]:
    return {"windows_accounts": partial(WindowsAccounts, items=items)}


@check(
    id="win.acct.dormant-45d",
    title="A local account that nobody uses is enabled",
    severity=Severity.MEDIUM,
    theme=Theme.WEAK_CONFIG,
    rationale=(
        "Nobody notices when somebody else uses an account that its owner has forgotten. Windows remembers the last "
        "log-on of its local accounts; an account made in the last 45 days counts as used."
    ),
    remedy=Remedy(
        text="Disable the account, and remove it when nobody missed it.",
        steps=("Ask its owner", "`Disable-LocalUser NAME`"),
        verify="`Get-LocalUser NAME` shows Enabled False",
        risk="A job or service that logs in with it rarely stops.",
    ),
    privilege=Privilege.USER,
    references=(
        "learn.microsoft.com/powershell/module/microsoft.powershell.localaccounts/get-localuser",
        *mapped("5.3", ACCESS, "5.18", "8.2.6"),
    ),
    examples=(
        Example(
            Outcome.PASS,
            _accounts(
                _account(500, "Administrator", last_logon_at="2025-01-16T08:00:00Z", days_since_logon=410),
                _account(
                    1001, "alice", last_logon_at="2026-01-16T08:00:00Z", days_since_logon=45, days_since_password=46
                ),
                _account(1002, "old", enabled=False, last_logon_at="2025-01-16T08:00:00Z", days_since_logon=410),
                _account(1003, "new", last_logon_at="", days_since_logon=None, days_since_password=45),
            ),
            says="all of 2 enabled accounts were used in the last 45 days, or are new",
        ),
        Example(
            Outcome.FAIL,
            _accounts(
                _account(1000, "first", last_logon_at="2026-01-15T08:00:00Z", days_since_logon=46),
                _account(1001, "alice", last_logon_at="2026-03-01T08:00:00Z", days_since_logon=1),
                _account(1003, "never", last_logon_at="", days_since_logon=None, days_since_password=46),
            ),
            says=(
                "first last logged on 46 days ago",
                "never has never logged on here; its password was set 46 days ago",
            ),
            subjects=("first", "never"),
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _accounts(
                _account(1001, "alice", last_logon_at=None, days_since_logon=None),
                _account(1002, "bob", last_logon_at="", days_since_logon=None, days_since_password=None),
                _account(1003, "carol", last_logon_at="2026-03-01T08:00:00Z", days_since_logon=1),
                _account(1004, "dan", enabled=None, last_logon_at="2025-03-01T08:00:00Z", days_since_logon=367),
            ),
            says=(
                "when alice last logged on could not be read",
                "when bob last logged on could not be read",
                "whether dan is enabled could not be read",
            ),
            subjects=("alice", "bob", "dan"),
        ),
        Example(Outcome.NOT_ASSESSED, {"windows_accounts": Missing(Reason.TIMED_OUT)}),
        Example(Outcome.NOT_APPLICABLE, {"windows_accounts": Absent("a domain controller has no local accounts")}),
    ),
)
def dormant(windows_accounts: WindowsAccounts) -> Iterator[Ruling]:
    people = [account for account in windows_accounts.items if not account.builtin and account.enabled is not False]
    wrong = [ruling for account in people for ruling in _unused(account)]
    told = f"all of {len(people)} enabled accounts were used in the last {DORMANT_DAYS} days, or are new"
    yield from wrong or [passed(told)]


def _unused(account: WindowsAccount) -> Iterator[Ruling]:
    """One that has never logged on, as far as the machine remembers, goes by when its password was set."""
    subject, never = Subject("account", account.name), account.last_logon_at == ""
    days = account.days_since_password if never else account.days_since_logon
    if account.enabled is None:
        told = f"whether {account.name} is enabled could not be read"
        yield Ruling(Outcome.NOT_ASSESSED, told, subject, Reason.OUTPUT_UNREADABLE)
    elif days is None:
        told = f"when {account.name} last logged on could not be read"
        yield Ruling(Outcome.NOT_ASSESSED, told, subject, Reason.OUTPUT_UNREADABLE)
    elif days > DORMANT_DAYS and never:
        yield failed(f"{account.name} has never logged on here; its password was set {days} days ago", subject)
    elif days > DORMANT_DAYS:
        yield failed(f"{account.name} last logged on {days} days ago", subject)
