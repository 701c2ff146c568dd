"""Local accounts, who is in the groups that matter, and the password policy. No hash, no password, ever.

Sources: Win32_UserAccount (local only), Get-LocalUser, Get-LocalGroupMember or WinNT; rules by the WinNT provider.
Accounts are known by their SID: names are translated and changed. A domain controller has no local accounts: Absent.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WindowsAccount:
    name: str
    sid: str
    rid: int  # the last part of the SID: 500 built-in administrator, 501 guest, 503 default, 504 WDAG
    enabled: bool | None
    locked: bool | None
    password_required: bool | None
    password_expires: bool | None
    password_set_at: str | None  # moment; "" never: it must be set at the next log-on
    days_since_password: int | None
    last_logon_at: str | None  # moment; "" never, as far as this machine remembers
    days_since_logon: int | None

    @property
    def builtin(self) -> bool:
        return self.rid < 1000


@dataclass(frozen=True, slots=True)
class WindowsMember:
    name: str  # DOMAIN\\name as Windows shows it; "" for a SID that nobody knows any more
    sid: str
    kind: str  # user, group, other
    source: str  # local, domain, entra, orphan, other

    @property
    def expected(self) -> bool:
        """The built-in administrator, or the domain's administrators: there on every machine."""
        return self.sid.startswith("S-1-5-21-") and self.sid.rpartition("-")[2] in ("500", "512", "519")


@dataclass(frozen=True, slots=True)
class WindowsAccounts:
    items: tuple[WindowsAccount, ...]
    administrators: tuple[WindowsMember, ...] | None  # S-1-5-32-544; None: its members could not be listed
    remote_desktop: tuple[WindowsMember, ...] | None  # S-1-5-32-555

    @property
    def administrator(self) -> WindowsAccount | None:
        """The built-in one, whatever its name now is."""
        return next((a for a in self.items if a.rid == 500), None)

    @property
    def guest(self) -> WindowsAccount | None:
        return next((a for a in self.items if a.rid == 501), None)

    @property
    def people(self) -> tuple[WindowsAccount, ...]:
        """Enabled accounts that are not built in."""
        return tuple(a for a in self.items if a.enabled and not a.builtin)

    @property
    def unexpected_administrators(self) -> tuple[WindowsMember, ...] | None:
        listed = self.administrators
        return None if listed is None else tuple(m for m in listed if not m.expected)


@dataclass(frozen=True, slots=True)
class WindowsPasswordPolicy:
    """Rules for local accounts. 0 means "none demanded" or "never", as Windows has it; None: could not be read."""

    min_length: int | None  # characters
    history: int | None  # passwords remembered
    max_age_days: int | None  # 0: never expires
    min_age_days: int | None
    complexity: bool | None  # told by group policy results only; None: nothing tells it without writing a file
    lockout_threshold: int | None  # wrong passwords; 0: never locked
    lockout_minutes: int | None  # 0: until an administrator unlocks it
    lockout_window_minutes: int | None
    source: str  # winnt, net accounts
