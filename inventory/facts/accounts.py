"""Accounts, passwords (never the hash) and password rules: passwd(5), group(5), shadow(5), login.defs(5), pam(8)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    name: str
    uid: int
    gid: int
    home: str
    shell: str
    interactive: bool  # the shell lets somebody work: not nologin, false, sync, git-shell, ...
    system: bool = False  # a number below the host's first for people (UID_MIN), but not 0


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    gid: int
    members: tuple[str, ...]
    primary: tuple[str, ...] = ()  # accounts that have it as their own group, which need not be among the members


@dataclass(frozen=True, slots=True)
class DuplicateId:
    kind: str  # uid or gid
    number: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accounts:
    users: tuple[User, ...]
    groups: tuple[Group, ...]
    duplicates: tuple[DuplicateId, ...]
    central: tuple[str, ...] | None  # directory services in use: sss, ldap, winbind; None: cannot be told
    path_directories: tuple["PathDirectory", ...]  # of the system-wide PATH
    umask: str | None  # of profiles, pam_umask or login.defs, four digits; None: not set, or they do not agree


@dataclass(frozen=True, slots=True)
class PathDirectory:
    path: str
    mode: str  # four octal digits
    owner: str
    world_writable: bool


@dataclass(frozen=True, slots=True)
class ShadowEntry:
    name: str
    state: str  # locked, empty, hashed
    scheme: str  # yescrypt, sha512, sha256, md5, bcrypt, des, unknown; "" unless hashed
    weak: bool  # md5, sha256-crypt or DES
    last_change_day: int | None  # days since 1970-01-01
    max_days: int | None


@dataclass(frozen=True, slots=True)
class Shadow:
    entries: tuple[ShadowEntry, ...]


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What PAM and login.defs demand. None: nothing on the host sets it."""

    min_length: int | None  # pwquality or pam_unix minlen, whichever is in the effective stack
    min_length_source: str  # the file or module, "" when nothing sets it
    lockout_after: int | None  # pam_faillock or pam_tally2 deny=
    lockout_source: str
    max_age_days: int | None  # login.defs PASS_MAX_DAYS


@dataclass(frozen=True, slots=True)
class Login:
    name: str
    days_ago: int | None  # None: never logged in, as far as the host remembers
    account_age_days: int | None  # since the password was last set; None unknown


@dataclass(frozen=True, slots=True)
class Logins:
    """Last log-ins of interactive accounts that have a password or key (personal data: names and days only)."""

    items: tuple[Login, ...]


@dataclass(frozen=True, slots=True)
class AuthorizedKey:
    account: str
    file: str
    type: str  # RSA, ED25519, ECDSA, DSA
    bits: int
    fingerprint: str  # SHA256:...
    weak: bool  # DSA, or RSA under 2048 bits


@dataclass(frozen=True, slots=True)
class AuthorizedKeys:
    """Keys in files of local accounts. Keys that come from ``elsewhere`` cannot be listed."""

    items: tuple[AuthorizedKey, ...]
    elsewhere: tuple[str, ...] = ()  # AuthorizedKeysCommand, TrustedUserCAKeys: sshd takes keys from there too

    @property
    def of_root(self) -> tuple[AuthorizedKey, ...] | None:
        """None: no file has one, but there may be some elsewhere."""
        listed = tuple(k for k in self.items if k.account == "root")
        return None if self.elsewhere and not listed else listed

    @property
    def judged(self) -> tuple[AuthorizedKey, ...] | None:
        """All that are listed. None: none of these is weak, but there may be weak ones elsewhere."""
        return None if self.elsewhere and not any(k.weak for k in self.items) else self.items
