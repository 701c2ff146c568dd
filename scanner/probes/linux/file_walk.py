"""The weekly walk over all local file systems: files that run as somebody else, and files that belong to nobody.

find(1), find of busybox. It takes minutes on a large disk and so has a time limit of its own; checks on it are off by
default. Images and snapshots of containers and file systems are passed over: they are not this host's files.
"""

import re

from inventory.asset import Privilege
from inventory.facts.files import FileWalk, WalkedFile
from inventory.facts.missing import Reason
from scanner.probes.linux.sections import ROOT_ONLY, Parts, ended
from scanner.probes.script import ScriptProbe
from scanner.query import Script, Unreadable

MAX_UNOWNED = 500  # more than that is one matter, not thousands of them
MAX_FILES = 5_000

# awk passes over what follows a line break in a file's name: nobody can slip in a mark.
# busybox find knows no -nouser: there, a file belongs to nobody when its numbers are not in passwd and group.
BODY = (
    ROOT_ONLY
    + rf"""
command -v awk >/dev/null || exit 69
set --
while read -r id parent device root target options rest; do
  rest=${{rest#*- }}
  case ${{rest%% *}} in ext[234]|xfs|btrfs|f2fs|jfs|reiserfs|zfs|bcachefs|tmpfs|overlay) ;; *) continue ;; esac
  case $target in
    /var/lib/docker/*|/var/lib/containers/*|/var/lib/containerd/*|/run/*|/proc/*|/sys/*|*/.snapshots*) continue ;;
    *\\*) target=$(printf '%b' "$target") ;;
  esac
  set -- "$@" "$target"
done </proc/self/mountinfo
[ $# -gt 0 ] || exit 69
owners='-o -nouser -o -nogroup'
if ! find / -maxdepth 0 -nouser >/dev/null 2>&1; then
  users= groups=
  while IFS=: read -r name secret number rest; do users="$users -o -user $number"; done </etc/passwd
  while IFS=: read -r name secret number rest; do groups="$groups -o -group $number"; done </etc/group
  owners="-o ! ( ${{users# -o}} ) -o ! ( ${{groups# -o}} )"
fi
out=$(
  nice -n 19 find "$@" -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /var/lib/docker \
    -o -path /var/lib/containers -o -path /var/lib/containerd -o -path /var/lib/machines -o -path '*/.snapshots' \) -prune \
    -o \( -type f \( -perm -4000 -o -perm -2000 \) $owners \) -exec stat -c '%a %U %G %F:%n' {{}} + |
    awk '!/^[0-7]+ [^ ]+ [^ ]+ [^:\/]+:\// {{ next }}
      $1 ~ /^[2-7][0-7][0-7][0-7]$/ && /regular/ {{ print; next }} ++n <= {MAX_UNOWNED}' | head -n {MAX_FILES + 1}
)
echo =files=
printf '%s\n' "$out"
IFS='
'
set -f
set -- $(printf '%s\n' "$out" | sed -n 's/^[2-7][0-7][0-7][0-7] [^ ]* [^ ]* regular[^:]*:\(\/.*\)$/\1/p')
if [ $# -gt 0 ]; then
  if [ -s /var/lib/dpkg/status ]; then
    echo =dpkg=
    dpkg-query -S "$@" $(for file; do case $file in /usr/*) printf '%s\n' "${{file#/usr}}" ;; esac; done) 2>/dev/null
  elif [ -s /lib/apk/db/installed ]; then
    echo =apk=
    for file; do apk info -q -W "$file" >/dev/null 2>&1 && printf '%s\n' "$file"; done
  elif command -v rpm >/dev/null; then
    echo =rpm=
    for file; do rpm -qf "$file" >/dev/null 2>&1 && printf '%s\n' "$file"; done
  fi
fi
echo =end=
"""  # noqa: E501 (one find, one line each)
)

_LINE = re.compile(r"([0-7]{1,4}) (\S+) (\S+) ([^:/]+):(/.*)")
_PACKAGED = re.compile(r"[^/]*?: (/.*)")  # dpkg-query: "passwd, login: /usr/bin/passwd"
SET_UID, SET_GID = 0o4000, 0o2000


def read_file_walk(text: str) -> FileWalk:
    found = ended(text, "files")
    lines = found.lines("files")
    if len(lines) > MAX_FILES:
        raise Unreadable(f"more than {MAX_FILES} files would have to be reported", Reason.OUTPUT_TRUNCATED)
    packaged = _packaged(found)
    items = [item for line in lines for item in _items(line, packaged)]
    if lines and not items:
        raise Unreadable("the answer of the walk names no file")
    return FileWalk(tuple(sorted(items, key=lambda item: (item.path, item.kind))))


def _items(line: str, packaged: frozenset[str] | None) -> list[WalkedFile]:
    """What follows a line break in a file's name is no line of ours and is passed over."""
    said = _LINE.fullmatch(line)
    if not said:
        return []
    bits, owner, group, kind, path = int(said[1], 8), said[2], said[3], said[4], said[5]
    regular = kind.startswith("regular")
    owned = None if packaged is None else path in packaged or path.removeprefix("/usr") in packaged
    kinds = [
        ("suid", regular and bool(bits & SET_UID)),
        ("sgid", regular and bool(bits & SET_GID)),
        ("unowned", "UNKNOWN" in (owner, group)),
    ]
    return [  # package managers were not asked about files that belong to nobody
        WalkedFile(path, name, f"{bits:04o}", owner, None if name == "unowned" else owned)
        for name, holds in kinds
        if holds
    ]


def _packaged(found: Parts) -> frozenset[str] | None:
    """Paths that a package owns; None when no package manager was asked."""
    if "dpkg" in found:
        return frozenset(said[1] for line in found.lines("dpkg") if (said := _PACKAGED.fullmatch(line)))
    manager = next((name for name in ("apk", "rpm") if name in found), None)
    return frozenset(found.lines(manager)) if manager else None


FILE_WALK = ScriptProbe(
    "file_walk",
    Script("file_walk", BODY, Privilege.ROOT, timeout_seconds=300, max_bytes=4 * 1024 * 1024),
    read_file_walk,
    tool="find or awk",
)
