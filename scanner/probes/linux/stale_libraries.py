"""Processes that still run a shared library, or a program, that is deleted or replaced on disk: proc_pid_maps(5),
proc_pid_comm(5). A program linked statically (those written in Go) maps nothing but itself.

Only root sees the maps of other users' processes; without root the answer would look clean.

Which package a file belongs to is asked by its path (dpkg-query(1), rpm(8)), and by the link that a library is loaded
through where its own name has a longer version: libz.so.1 for libz.so.1.2.13, which is gone. A process with another
root directory (a container) has other files by the same names.
"""

import re
from collections import Counter
from collections.abc import Mapping

from inventory.asset import Privilege
from inventory.facts.processes import StaleLibraries, StaleProcess
from scanner.probes.linux.sections import ROOT_ONLY, Parts, bounded, parts
from scanner.probes.script import ScriptProbe
from scanner.query import Script, Unreadable

MAX_ITEMS = 20_000
MAX_OWNERS = 1_000
DELETED = " (deleted)"

# One executable mapping a library is enough. grep passes over processes that end meanwhile.
# Packages are asked for 50 files of plain names; dpkg may know those of a merged /usr without it.
BODY = (
    ROOT_ONLY
    + r"""
maps=$(grep -sHE ' r.x[ps] .*(/[^/]*\.so[^/]*| /(usr|bin|sbin|opt)/.*) \(deleted\)$' /proc/[0-9]*/maps)
echo =maps=
printf '%s\n' "$maps"
echo
echo =comm=
grep -sH . /proc/[0-9]*/comm
echo
echo =elsewhere=
for pid in $(printf '%s\n' "$maps" | awk -F/ '!seen[$3]++ { print $3 }'); do
  [ ! -e /proc/$pid/root/. ] || [ /proc/$pid/root/. -ef /. ] || echo "$pid"
done
echo =owners=
files=$(printf '%s\n' "$maps" |
  sed -n 's#^.* \(/[A-Za-z0-9][A-Za-z0-9+_.@~/-]*\)\(;[0-9a-f]*\)\{0,1\} (deleted)$#\1#p' |
  grep -vE '^/(dev|tmp|run|var/tmp)/' | awk '!seen[$0]++ && n++ < 50' |
  sed -e p -e 's#\(\.so\.[0-9][0-9]*\)\.[0-9.]*$#\1#' | awk '!seen[$0]++')
if [ -z "$files" ]; then :
elif [ -s /var/lib/dpkg/status ]; then
  dpkg-query -S $(printf '%s\n' "$files" | sed -e p -e 's#^[/]usr/#/#' | awk '!seen[$0]++') 2>/dev/null
elif command -v rpm >/dev/null; then
  for file in $files; do rpm -qf --qf "%{NAME}: $file\n" "$file" 2>/dev/null; done
fi
exit 0
"""
)

# Libraries that programs unpack, map and delete on purpose, and things that are no files.
NOT_INSTALLED = ("/memfd:", "/dev/", "/tmp/", "/var/tmp/", "/run/", "/SYSV")  # noqa: S108 - nothing is written there


_OWNED = re.compile(r"([A-Za-z0-9][\w.+-]*(?::[\w-]+)?(?:, [A-Za-z0-9][\w.+-]*(?::[\w-]+)?)*): (/.*)", re.ASCII)
_VERSIONED = re.compile(r"(\.so\.[0-9]+)\.[0-9.]*$")


def read_stale_libraries(text: str) -> StaleLibraries:
    said = parts(text)
    names = {pid: name for pid, name in (_of_process(line) for line in said.lines("comm")) if pid}
    if "maps" not in said or not names:
        raise Unreadable("the list of processes is empty")
    mapped = {(pid, path) for pid, path in map(_mapping, said.lines("maps")) if path}
    elsewhere, owners = frozenset(said.lines("elsewhere")), _owners(said)
    counted = Counter(
        (names.get(pid, "?"), path, "" if pid in elsewhere else _owner(path, owners)) for pid, path in mapped
    )
    bounded(len(counted), MAX_ITEMS, "replaced libraries in use")
    found = sorted(counted.items())
    return StaleLibraries(tuple(StaleProcess(name, path, count, package) for (name, path, package), count in found))


def _owners(said: Parts) -> dict[str, str]:
    """Path -> package. ``libc6:amd64, libc6:i386: /lib/x`` (dpkg) is libc6; "" where packages share a path."""
    if "elsewhere" not in said:
        return {}
    lines = said.lines("owners")
    bounded(len(lines), MAX_OWNERS, "owners of replaced libraries")
    found: dict[str, set[str]] = {}
    for owned in filter(None, map(_OWNED.fullmatch, lines)):
        found.setdefault(owned[2], set()).update(name.partition(":")[0] for name in owned[1].split(", "))
    return {path: names.pop() if len(names) == 1 else "" for path, names in found.items()}


def _owner(path: str, owners: Mapping[str, str]) -> str:
    link = _VERSIONED.sub(r"\1", path)
    tried = (path, path.removeprefix("/usr"), link, link.removeprefix("/usr"))
    return next((owners[one] for one in tried if one in owners), "")


def _of_process(line: str) -> tuple[str, str]:
    """``/proc/123/comm:sshd`` is ("123", "sshd")."""
    head, _, rest = line.partition(":")
    pieces = head.split("/")
    return (pieces[2], rest) if len(pieces) == 4 and pieces[2].isdigit() else ("", "")


def _mapping(line: str) -> tuple[str, str]:
    pid, rest = _of_process(line)
    path = rest[rest.find("/") :].removesuffix(DELETED) if "/" in rest and rest.endswith(DELETED) else ""
    if path.startswith(NOT_INSTALLED) or "#prelink#" in path:
        return pid, ""
    return pid, path.partition(";")[0]  # rpm names the file it replaces libx.so.1;5f1e2d3c


STALE_LIBRARIES = ScriptProbe(
    "stale_libraries",
    Script("stale_libraries", BODY, Privilege.ROOT, max_bytes=4 * 1024 * 1024),
    read_stale_libraries,
)
