"""Who may become root: sudoers(5), read as files and parsed here. Comments stay on the host.

Rules that sudo takes from a directory (nsswitch.conf, "sudoers:") cannot be read here: they are one unknown rule.
What sudo itself would refuse to read is :class:`Unreadable`, never "no rule".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from inventory.asset import Privilege
from inventory.facts.sudoers import Sudoers, SudoRule
from scanner.probes.linux.sections import Parts, bounded, ended
from scanner.probes.script import ScriptProbe
from scanner.query import Script, Unreadable

# "#1000" is an account by number and "#include" an instruction; any other # starts a comment.
BODY = r"""
main=
for file in /etc/sudoers /usr/local/etc/sudoers /usr/etc/sudoers; do
  [ -n "$main" ] || [ ! -e "$file" ] || main=$file
done
if [ -z "$main" ]; then
  command -v sudo >/dev/null && exit 77
  echo "sudo is not installed on this host"
  exit 66
fi
[ -r "$main" ] || exit 77
command -v awk >/dev/null || exit 69
set -- "$main" "${main%/*}"/sudoers.d/*
for file in $(awk '/^[ \t]*[#@]include(dir)?[ \t]/ { print $2 }' "$main"); do
  case $file in /*) ;; *) file=${main%/*}/$file ;; esac
  case $file in "${main%/*}/sudoers.d") ;; *) set -- "$@" "$file" "$file"/* ;; esac
done
echo =files=
for file; do
  shift
  [ -f "$file" ] || continue
  [ -r "$file" ] || exit 77
  printf '%s\n' "$file"
  set -- "$@" "$file"
done
echo =directory=
if [ -e /etc/nsswitch.conf ]; then grep -sE '^sudoers:' /etc/nsswitch.conf
else grep -sE '^sudoers:' /usr/etc/nsswitch.conf
fi
echo =lines=
awk '
  /^[ \t]*[#@]include(dir)?[ \t]/ { print FILENAME "\t" FNR "\t" $0; next }
  { sub(/(^|[ \t])#([^0-9].*)?$/, "") }
  /[^ \t\r]/ { print FILENAME "\t" FNR "\t" $0 }
' "$@" && echo =end=
"""

TAGS = "(?:NO)?(?:PASSWD|EXEC|SETENV|LOG_INPUT|LOG_OUTPUT|MAIL|FOLLOW|INTERCEPT)"
OPTIONS = "ROLE|TYPE|PRIVS|LIMITPRIVS|TIMEOUT|NOTBEFORE|NOTAFTER|CWD|CHROOT|APPARMOR_PROFILE"
ROOT_PASSWORD = ("targetpw", "rootpw")
DIRECTORIES = ("sss", "ldap")  # what nsswitch.conf may name beside "files"
MAX_RULES = 50_000
MAX_DEPTH = 128  # sudo's own limit for nested includes

_INCLUDE = re.compile(r"[#@]include(dir)?\s+(\S.*)")
_DEFAULTS = re.compile(r"Defaults(?:([@:!>])\s*(\S+))?(?:\s+(.*))?")
_ALIAS = re.compile(r"(User|Runas|Host|Cmnd|Cmd)_Alias\s+(.*)")
_DEFINITION = re.compile(r"([A-Z][A-Z0-9_]*)\s*=\s*(.*)")
_RUN_AS = re.compile(r"\(([^)]*)\)\s*")
_OPTION = re.compile(rf'(?:{OPTIONS})\s*=\s*("[^"]*"|\S+)\s*')
_TAG = re.compile(rf"({TAGS})\s*:\s*")
_COLON_BELONGS = re.compile(rf"(?:{TAGS}|sha(?:224|256|384|512))\s*\Z")


@dataclass(frozen=True, slots=True)
class Line:
    """A logical line: continuations joined, numbered by its first."""

    file: str
    number: int
    text: str


@dataclass(slots=True)
class _Policy:
    """Everything read so far, in sudo's order."""

    holders: dict[str, list[str]] = field(default_factory=dict)  # name: the aliases that hold it
    members: dict[str, list[str]] = field(default_factory=dict)  # alias: what it holds
    specs: list[Line] = field(default_factory=list)
    unasked: set[str] = field(default_factory=set)  # !authenticate holds for these accounts; "ALL" for everybody
    root_password: set[str] = field(default_factory=set)  # settings by which sudo asks for root's password


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What names mean once all aliases are known."""

    everything: frozenset[str]  # stands for every command
    root: frozenset[str]  # stands for root among the accounts to run as
    unasked: frozenset[str]  # accounts that are not asked for a password by default
    root_password: bool  # who is asked has to know root's password


def read_sudoers(text: str) -> Sudoers:
    found = ended(text, "files", "directory", "lines")
    names = found.lines("files")
    if not names:
        raise Unreadable("no sudoers file could be read")
    policy = _Policy()
    for line in _in_order(names[0], names, _logical(found), MAX_DEPTH, set()):
        _take(policy, line)
    meaning = _Meaning(
        everything=_closure({"ALL"}, policy.holders),
        root=_closure({"ALL", "root", "#0"}, policy.holders),
        unasked=_closure(policy.unasked, policy.members),
        root_password=bool(policy.root_password),
    )
    rules = [_of_directory(name) for name in DIRECTORIES if name in _sources(found)]
    for spec in policy.specs:
        for rule in _rules(spec, meaning):
            rules.append(rule)
            bounded(len(rules), MAX_RULES, "sudo rules")
    return Sudoers(tuple(rules))


def _sources(found: Parts) -> list[str]:
    return [word for line in found.lines("directory")[:1] for word in line.partition("#")[0].split()[1:]]


def _of_directory(name: str) -> SudoRule:
    who = f"the rules of the directory ({name})"
    return SudoRule(who, "", "", "not known", nopasswd=None, unrestricted=None, file="/etc/nsswitch.conf", line=0)


def _logical(found: Parts) -> dict[str, list[Line]]:
    files: dict[str, list[Line]] = {}
    waiting: Line | None = None
    for physical in found.lines("lines"):
        file, _, rest = physical.partition("\t")
        at, _, text = rest.partition("\t")
        if not at.isdecimal() or len(at) > 9:
            raise Unreadable("a line of sudoers has no number")
        line = Line(file, int(at), text.strip())
        if waiting and waiting.file == file:
            line = Line(file, waiting.number, f"{waiting.text} {line.text}".strip())
        waiting = None
        if line.text.endswith("\\") and not line.text.endswith("\\\\"):
            waiting = Line(file, line.number, line.text[:-1].rstrip())
            bounded(len(waiting.text), 100_000, "characters in one line of sudoers")
        else:
            files.setdefault(file, []).append(line)
    if waiting:
        files.setdefault(waiting.file, []).append(waiting)
    return files


def _in_order(file: str, names: list[str], files: dict[str, list[Line]], depth: int, seen: set[str]) -> Iterator[Line]:
    """The lines as sudo reads them: included files in place of the line that includes them."""
    if depth == 0 or file in seen:
        raise Unreadable(f"{file} is included in a circle")
    for line in files.get(file, []):
        include = _INCLUDE.fullmatch(line.text)
        if not include:
            yield line
            continue
        target = include.group(2).strip('" ')
        path = target if target.startswith("/") else f"{file.rpartition('/')[0]}/{target}"
        for inner in _included(path, names, folder=bool(include.group(1))):
            yield from _in_order(inner, names, files, depth - 1, seen | {file})


def _included(path: str, names: list[str], *, folder: bool) -> list[str]:
    """A folder's files in their order, without names with a dot or a ~ at the end; a missing folder is empty."""
    if not folder:
        if path not in names:
            raise Unreadable(f"sudoers includes {path}, which could not be read")
        return [path]
    if "%" in path:
        raise Unreadable(f"sudoers includes {path}, which depends on the host's name")
    inside = (name for name in names if name.rpartition("/")[0] == path.rstrip("/"))
    return sorted({name for name in inside if "." not in name.rpartition("/")[2] and not name.endswith("~")})


def _take(policy: _Policy, line: Line) -> None:
    defaults, alias = _DEFAULTS.fullmatch(line.text), _ALIAS.fullmatch(line.text)
    if defaults:
        scope, who, settings = defaults.groups()
        for setting in (settings or "").split(","):
            _default(policy, "".join(setting.split()), who.split(",") if scope == ":" else ["ALL"], scope is None)
    elif alias:
        for definition in _split(alias.group(2), ":", line):
            made = _DEFINITION.fullmatch(definition)
            if not made:
                raise _unreadable(line)
            policy.members[made.group(1)] = _split(made.group(2), ",", line)
            for member in policy.members[made.group(1)]:
                policy.holders.setdefault(member, []).append(made.group(1))
    else:
        policy.specs.append(line)


def _default(policy: _Policy, setting: str, who: list[str], everywhere: bool) -> None:
    name, _, group = setting.partition("=")
    if setting == "!authenticate":
        policy.unasked.update(who)
    elif name == "exempt_group":
        policy.unasked.add(f"%{group}")
    elif setting in ROOT_PASSWORD and everywhere:
        policy.root_password.add(setting)
    elif setting.startswith("!"):
        policy.root_password.discard(setting[1:])


def _closure(names: set[str], leads_to: dict[str, list[str]]) -> frozenset[str]:
    """The names and everything they lead to through aliases."""
    waiting, reached = list(names), set(names)
    while waiting:
        more = [name for name in leads_to.get(waiting.pop(), ()) if name not in reached]
        reached.update(more)
        waiting.extend(more)
    return frozenset(reached)


def _rules(line: Line, meaning: _Meaning) -> Iterator[SudoRule]:
    """``users hosts = commands : hosts = commands``."""
    users, rest = _users(line)
    for part in _split(rest, ":", line):
        hosts, equals, commands = part.partition("=")
        if not equals or not hosts.strip() or not commands.strip():
            raise _unreadable(line)
        for run_as, asks, items in _runs(commands, line):
            # "ALL, !/bin/su" is ALL: sudoers(5) warns that such an exception holds nobody back
            as_root = not meaning.root.isdisjoint(run_as.partition(":")[0].split(","))
            everything = as_root and not meaning.everything.isdisjoint(items)
            shown = ", ".join(items)
            for who in users:
                unasked = not asks if asks is not None else not meaning.unasked.isdisjoint(("ALL", who))
                root = meaning.root_password and not unasked
                yield SudoRule(who, hosts.strip(), run_as, shown, unasked, everything, line.file, line.number, root)


def _users(line: Line) -> tuple[list[str], str]:
    """The accounts a line begins with, and what follows them."""
    text = " ".join(line.text.split()).replace(" ,", ",").replace(", ", ",")
    end = next((at for at, sign in _bare(text) if sign.isspace()), None)
    if end is None:
        raise _unreadable(line)
    users = [user.strip('"') for user in _split(text[:end], ",", line)]
    bounded(len(users), 10_000, "accounts in one sudo rule")
    return users, text[end:].strip()


def _runs(commands: str, line: Line) -> Iterator[tuple[str, bool | None, list[str]]]:
    """Commands with the same target account and the same tags: (run as, asks for a password or None, commands)."""
    run_as, asks = "root", None
    items: list[str] = []
    for text in _split(commands, ",", line):
        command, next_run_as, next_asks = _command(text, run_as, asks)
        if not command:
            raise _unreadable(line)
        if items and (next_run_as, next_asks) != (run_as, asks):
            yield run_as, asks, items
            items = []
        run_as, asks = next_run_as, next_asks
        items.append(command)
    yield run_as, asks, items


def _command(text: str, run_as: str, asks: bool | None) -> tuple[str, str, bool | None]:
    """One command without what stands before it; target account and tags stay until others are named."""
    at = 0
    while True:
        if said := _RUN_AS.match(text, at):
            run_as = "".join(said.group(1).split())
        elif said := _TAG.match(text, at):
            asks = {"PASSWD": True, "NOPASSWD": False}.get(said.group(1), asks)
        elif not (said := _OPTION.match(text, at)):
            return text[at:].strip(), run_as, asks
        at = said.end()


def _split(text: str, separator: str, line: Line) -> list[str]:
    """Cut at separators outside quotes and brackets; the colons of tags and digests are no separators."""
    pieces, start = [], 0
    for at, sign in _bare(text):
        if sign == separator and not (sign == ":" and _COLON_BELONGS.search(text, max(start, at - 24), at)):
            pieces.append(text[start:at].strip())
            start = at + 1
    pieces.append(text[start:].strip())
    if not all(pieces):
        raise _unreadable(line)
    return pieces


def _bare(text: str) -> Iterator[tuple[int, str]]:
    """Characters outside quotes and brackets, and not behind a backslash, with their places."""
    quoted = bracketed = escaped = False
    for at, sign in enumerate(text):
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        elif sign == '"':
            quoted = not quoted
        elif not quoted and sign in "()":
            bracketed = sign == "("
        elif not quoted and not bracketed:
            yield at, sign


def _unreadable(line: Line) -> Unreadable:
    return Unreadable(f"line {line.number} of {line.file} cannot be understood")


SUDOERS = ScriptProbe("sudoers", Script("sudoers", BODY, Privilege.ROOT), read_sudoers, tool="awk")
