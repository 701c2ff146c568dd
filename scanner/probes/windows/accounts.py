"""Local accounts, the members of two groups, and the rules for passwords."""

import re

from inventory.facts.windows_accounts import WindowsAccount, WindowsAccounts, WindowsMember, WindowsPasswordPolicy
from scanner.probes.windows.reading import Data, each
from scanner.probes.windows.section import probe
from scanner.query import NotHere, Unreadable

_RID = re.compile(r"S-1-[0-9-]*-(\d{1,10})")
_FOREVER = 2**31  # seconds; an age or a lock as long as this has no end
_DAY, _MINUTE = 86_400, 60
_SOURCES = {"local": "local", "activedirectory": "domain", "azuread": "entra", "microsoftaccount": "entra"}
_KINDS = {"user": "user", "group": "group", "win32_useraccount": "user", "win32_group": "group"}
# The lines of "net accounts" (net.exe), whose order is the same in every language
_NET_LINES = 9
_MIN_AGE, _MAX_AGE, _LENGTH, _HISTORY, _THRESHOLD, _DURATION, _WINDOW = range(1, 8)


def read_accounts(data: Data) -> WindowsAccounts:
    if data.flag("domain_controller"):
        raise NotHere("a domain controller has no local accounts: its accounts are those of the domain")
    times = {one.word("sid"): one for one in each(data.rows("times"))}
    now = data.moment("now") or ""
    items = tuple(_account(row, times.get(row.word("SID"), Data({})), now) for row in data.needed_rows("accounts"))
    if not items:
        raise Unreadable("not one local account is listed, and Windows always has some")
    own = {item.name.lower(): item.sid for item in items}
    computer = data.word("computer")
    return WindowsAccounts(
        tuple(sorted(items, key=lambda one: one.rid)),
        _members(data, "administrators", computer, own),
        _members(data, "remote_desktop", computer, own),
    )


def _account(row: Data, times: Data, now: str) -> WindowsAccount:
    found = _RID.fullmatch(row.word("SID"))
    if found is None:
        raise Unreadable("an account has no SID")
    disabled = row.flag("Disabled")
    dated = Data({**times.told, "now": now or None})
    return WindowsAccount(
        name=row.word("Name"),
        sid=row.word("SID"),
        rid=int(found[1]),
        enabled=None if disabled is None else not disabled,
        locked=row.flag("Lockout"),
        password_required=row.flag("PasswordRequired"),
        password_expires=row.flag("PasswordExpires"),
        password_set_at=times.moment("password_set"),
        days_since_password=dated.days_since("password_set"),
        last_logon_at=times.moment("last_logon"),
        days_since_logon=dated.days_since("last_logon"),
    )


def _members(data: Data, key: str, computer: str, own: dict[str, str]) -> tuple[WindowsMember, ...] | None:
    rows = data.rows(key)
    return None if rows is None else tuple(_member(row, computer, own) for row in rows)


def _member(row: Data, computer: str, own: dict[str, str]) -> WindowsMember:
    """Where only the name is known, the SID of a local account of that name is."""
    name, sid = row.word("name"), row.word("sid")
    domain, _, short = name.rpartition("\\")
    local = domain.lower() == computer.lower()
    if not sid and local:
        sid = own.get(short.lower(), "")
    source = _SOURCES.get(row.word("source").lower(), "other")
    if source == "other" and sid.startswith("S-1-12-1-"):
        source = "entra"
    elif source == "other" and domain and not row.word("source"):
        source = "local" if local else "domain"
    if not name or name == sid:
        source = "orphan" if source != "entra" else source
        name = ""
    return WindowsMember(name, sid, _KINDS.get(row.word("class").lower(), "other"), source)


def read_password_policy(data: Data) -> WindowsPasswordPolicy:
    winnt, lines = data.rows("winnt"), data.texts("lines")
    if winnt:
        return _by_winnt(winnt[0], data)
    if lines is None:
        raise Unreadable("neither the WinNT provider nor net accounts told the rules")
    return _by_net(lines, data)


def _by_winnt(told: Data, data: Data) -> WindowsPasswordPolicy:
    return WindowsPasswordPolicy(
        min_length=told.number("MinPasswordLength"),
        history=told.number("PasswordHistoryLength"),
        max_age_days=_of_seconds(told, "MaxPasswordAge", _DAY),
        min_age_days=_of_seconds(told, "MinPasswordAge", _DAY),
        complexity=data.flag("complexity"),
        lockout_threshold=told.number("MaxBadPasswordsAllowed"),
        lockout_minutes=_of_seconds(told, "AutoUnlockInterval", _MINUTE),
        lockout_window_minutes=_of_seconds(told, "LockoutObservationInterval", _MINUTE),
        source="winnt",
    )


def _of_seconds(told: Data, key: str, unit: int) -> int | None:
    """Without end is -1 as the provider gives it, or the largest number that fits."""
    value = told.told.get(key)
    if value == -1:
        return 0
    seconds = told.number(key)
    return None if seconds is None else 0 if seconds >= _FOREVER else seconds // unit


def _by_net(lines: tuple[str, ...], data: Data) -> WindowsPasswordPolicy:
    """The last word of each line: a number, or a translated word that stands for "none", "never", "unlimited"."""
    if not _NET_LINES <= len(lines) <= _NET_LINES + 1:
        raise Unreadable("net accounts did not answer with the lines that it has")
    numbers = [int(word) if word.isascii() and word.isdigit() and len(word) < 7 else 0 for word in lines]
    if not lines[_LENGTH].isdigit() or not lines[_WINDOW].isdigit():
        raise Unreadable("net accounts did not answer with the lines that it has")
    return WindowsPasswordPolicy(
        min_length=numbers[_LENGTH],
        history=numbers[_HISTORY],
        max_age_days=numbers[_MAX_AGE],
        min_age_days=numbers[_MIN_AGE],
        complexity=data.flag("complexity"),
        lockout_threshold=numbers[_THRESHOLD],
        lockout_minutes=numbers[_DURATION],
        lockout_window_minutes=numbers[_WINDOW],
        source="net accounts",
    )


ACCOUNTS = probe("accounts", read_accounts, seconds=45)
PASSWORD_POLICY = probe("password_policy", read_password_policy)
