"""Local accounts and groups, directory services, the system-wide PATH and umask.

passwd(5), group(5), nsswitch.conf(5), sssd.conf(5), login.defs(5), pam_umask(8), umask(1p).
Full names (GECOS) never leave the host.
"""

import re

from inventory.facts.accounts import Accounts, DuplicateId, Group, PathDirectory, User
from scanner.probes.linux.modes import SHELL, read_mode
from scanner.probes.linux.sections import Parts, bounded, ended
from scanner.probes.script import ScriptProbe, number
from scanner.query import Script, Unreadable

BODY = (
    SHELL
    + r"""
[ -r /etc/passwd ] && [ -r /etc/group ] || exit 77
echo =passwd=
while IFS=: read -r name secret uid gid gecos home shell || [ -n "$name" ]; do
  printf '%s\n' "$name:$uid:$gid:$home:$shell"
done </etc/passwd
echo =group=
while IFS=: read -r name secret gid members || [ -n "$name" ]; do printf '%s\n' "$name:$gid:$members"; done </etc/group
echo =settings=
settings=$(grep -sHE \
  '^(passwd|group|shadow):|^[[:space:]]*(UMASK|UID_MIN|ENV_PATH|ENV_SUPATH)[[:space:]]|^PATH=|^[^#]*pam_umask\.so' \
  /etc/nsswitch.conf /usr/etc/nsswitch.conf /etc/login.defs /usr/etc/login.defs /etc/environment /etc/pam.d/*)
printf '%s\n' "$settings"
grep -sHE '^[[:space:]]*umask[[:space:]]+[0-7]+' /etc/profile /etc/bashrc /etc/bash.bashrc /etc/profile.d/*.sh
if [ -e /etc/sssd ] && [ ! -x /etc/sssd ]; then sssd=unknown
elif [ -e /etc/sssd/sssd.conf ]; then sssd=yes
else
  sssd=no
  for file in /etc/sssd/conf.d/*.conf; do [ ! -e "$file" ] || sssd=yes; done
fi
echo "sssd:$sssd"
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
newline='
'
set -f
IFS=$newline
for line in $settings; do
  case $line in *PATH*) line=${line##*[=[:space:]]}; line=${line#\"}; path=$path:${line%\"} ;; esac
done
IFS=:
set --
for directory in $path; do
  case $directory in
    /*) case $newline$seen$newline in
          *"$newline$directory$newline"*) ;;
          *) seen=$seen$newline$directory; [ ! -d "$directory" ] || set -- "$@" "$directory" ;;
        esac ;;
  esac
done
echo =path=
modes "$@"
echo =end=
"""
)

FIRST_PERSON = 1000  # UID_MIN where login.defs does not say (login.defs(5))
NO_SHELL = frozenset(
    {"nologin", "false", "true", "null", "sync", "halt", "shutdown", "git-shell", "rssh", "scponly", "uucico"}
)
CENTRAL = frozenset({"sss", "ldap", "winbind", "nis", "nisplus"})
OCTAL = re.compile("[0-7]{1,4}")
_UMASK = re.compile(r"\bumask=([0-7]{1,4})\b")


def read_accounts(text: str) -> Accounts:
    found = ended(text, "passwd", "group", "settings", "path")
    settings = [(file, line) for file, _, line in (text.partition(":") for text in found.lines("settings"))]
    first = _first_person(settings)
    users = tuple(user for line in found.lines("passwd") if (user := _user(line, first)))
    own: dict[int, list[str]] = {}
    for user in users:
        own.setdefault(user.gid, []).append(user.name)
    groups = tuple(group for line in found.lines("group") if (group := _group(line, own)))
    if not users:
        raise Unreadable("/etc/passwd names no account")
    bounded(len(users) + len(groups), 100_000, "accounts and groups")
    return Accounts(
        users=users,
        groups=groups,
        duplicates=_duplicates("uid", [(u.name, u.uid) for u in users])
        + _duplicates("gid", [(g.name, g.gid) for g in groups]),
        central=_central(settings),
        path_directories=_directories(found),
        umask=umask_of(settings),
    )


def is_interactive(shell: str) -> bool:
    """An empty shell field means /bin/sh (passwd(5))."""
    return shell.strip().rpartition("/")[2] not in NO_SHELL


def _user(line: str, first: int) -> User | None:
    if line.startswith(("+", "-", "#")):  # NIS compatibility entries (nsswitch.conf(5)) and comments are no accounts
        return None
    name, uid, gid, home, shell = (line.split(":", 4) + [""] * 4)[:5]
    user, group = number(uid), number(gid)
    if not name or user is None or group is None:
        raise Unreadable("a line of /etc/passwd is not an account")
    return User(name, user, group, home, shell, is_interactive(shell), 0 < user < first)


def _group(line: str, own: dict[int, list[str]]) -> Group | None:
    if line.startswith(("+", "-", "#")):
        return None
    name, gid, members = (line.split(":", 2) + [""] * 2)[:3]
    group = number(gid)
    if not name or group is None:
        raise Unreadable("a line of /etc/group is not a group")
    named = tuple(member.strip() for member in members.split(",") if member.strip())
    return Group(name, group, named, tuple(own.get(group, ())))


def _duplicates(kind: str, pairs: list[tuple[str, int]]) -> tuple[DuplicateId, ...]:
    names: dict[int, list[str]] = {}
    for name, value in pairs:
        names.setdefault(value, []).append(name)
    return tuple(DuplicateId(kind, value, tuple(who)) for value, who in sorted(names.items()) if len(who) > 1)


def _first_person(settings: list[tuple[str, str]]) -> int:
    lines = (line.split() for file, line in settings if file.endswith("/login.defs"))
    return next((n for w in lines if w[:1] == ["UID_MIN"] and (n := number(w[-1])) is not None), FIRST_PERSON)


def _central(settings: list[tuple[str, str]]) -> tuple[str, ...] | None:
    """``sss`` stands in the file of hosts that never joined anything; it does something only with a configuration."""
    lines = [(file, line) for file, line in settings if file.endswith("/nsswitch.conf")]
    first = [line for file, line in lines if file == lines[0][0]]  # /etc hides /usr/etc
    services = [word for line in first for word in line.partition(":")[2].partition("#")[0].split()]
    named = tuple(dict.fromkeys(service for service in services if service in CENTRAL))
    sssd = next((line for file, line in settings if file == "sssd"), "unknown")
    in_use = tuple(service for service in named if service != "sss" or sssd == "yes")
    return None if not in_use and named and sssd == "unknown" else in_use


def umask_of(settings: list[tuple[str, str]]) -> str | None:
    """What shell profiles set comes last and counts; then an argument of pam_umask, then login.defs (pam_umask(8)).

    Profiles set it under conditions that are not looked at. When some of their values are strict and some are not, or
    one is no octal number (``u=rwx,g=rx``, ``$1``), nobody can tell from here which one holds.
    """
    lines = (line.split() for file, line in settings)
    said = [words[1] for words in lines if words[:1] == ["umask"] and words[1:] and not words[1].startswith("-")]
    if not all(OCTAL.fullmatch(mask) for mask in said):
        return None
    masks = [int(mask, 8) for mask in said]
    if masks:
        strict = [mask & 0o27 == 0o27 for mask in masks]
        return f"{_loosest(masks):04o}" if all(strict) or not any(strict) else None
    return _login_umask(settings)


def _loosest(masks: list[int]) -> int:
    """The bits that all of them take away."""
    left = masks[0]
    for mask in masks[1:]:
        left &= mask
    return left


def _login_umask(settings: list[tuple[str, str]]) -> str | None:
    for file, line in settings:
        if "/pam.d/" in file and (said := _UMASK.search(line)):
            return said.group(1).zfill(4)
    for file, line in settings:
        words = line.split()
        if file.endswith("/login.defs") and words[:1] == ["UMASK"] and re.fullmatch("[0-7]{1,4}", words[-1]):
            return words[-1].zfill(4)
    return None


def _directories(found: Parts) -> tuple[PathDirectory, ...]:
    modes = [read_mode(line) for line in found.lines("path")]
    if not modes or None in modes:
        raise Unreadable("the directories of the PATH could not be looked at")
    return tuple(PathDirectory(m.path, m.octal, m.owner, m.allows(0o002)) for m in modes if m)


ACCOUNTS = ScriptProbe("accounts", Script("accounts", BODY), read_accounts)
