"""Processes that still run a shared library, or a program, that is deleted or replaced on disk: proc_pid_maps(5),
proc_pid_comm(5). A program linked statically (those written in Go) maps nothing but itself.

Only root sees the maps of other users' processes; without root the answer would look clean.
"""

from collections import Counter

from inventory.asset import Privilege
from inventory.facts.processes import StaleLibraries, StaleProcess
from scanner.probes.linux.sections import ROOT_ONLY, bounded, parts
from scanner.probes.script import ScriptProbe
from scanner.query import Script, Unreadable

MAX_ITEMS = 20_000
DELETED = " (deleted)"

# One executable mapping a library is enough. grep passes over processes that end meanwhile.
BODY = (
    ROOT_ONLY
    + r"""
echo =maps=
grep -sHE ' r.x[ps] .*(/[^/]*\.so[^/]*| /(usr|bin|sbin|opt)/.*) \(deleted\)$' /proc/[0-9]*/maps
echo
echo =comm=
grep -sH . /proc/[0-9]*/comm
exit 0
"""
)

# Libraries that programs unpack, map and delete on purpose, and things that are no files.
NOT_INSTALLED = ("/memfd:", "/dev/", "/tmp/", "/var/tmp/", "/run/", "/SYSV")  # noqa: S108 - nothing is written there


def read_stale_libraries(text: str) -> StaleLibraries:
    said = parts(text)
    names = {pid: name for pid, name in (_of_process(line) for line in said.lines("comm")) if pid}
    if "maps" not in said or not names:
        raise Unreadable("the list of processes is empty")
    mapped = {(pid, path) for pid, path in map(_mapping, said.lines("maps")) if path}
    counted = Counter((names.get(pid, "?"), path) for pid, path in mapped)
    bounded(len(counted), MAX_ITEMS, "replaced libraries in use")
    return StaleLibraries(tuple(StaleProcess(name, path, count) for (name, path), count in sorted(counted.items())))


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
