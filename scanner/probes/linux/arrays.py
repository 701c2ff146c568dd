"""Software RAID (md(4), /proc/mdstat) and ZFS pools (zpool-list(8)). Hardware controllers are not seen from here."""

import re
from collections.abc import Iterator

from inventory.facts.storage import Array, Arrays
from scanner.probes.linux.sections import Part, bounded, parts
from scanner.probes.script import ScriptProbe
from scanner.query import Script, Unreadable

MAX_ARRAYS = 5_000

# zpool would load the module where it is not loaded; then there is no pool either.
BODY = r"""
if [ ! -e /proc/mdstat ] && [ ! -e /sys/module/zfs ]; then
  echo "this host has no software RAID and no ZFS"
  exit 66
fi
if [ -e /proc/mdstat ]; then echo =md=; cat /proc/mdstat; echo "=md:$?="; fi
if [ -e /sys/module/zfs ]; then
  command -v zpool >/dev/null || exit 69
  echo =zfs=; zpool list -H -o name,health; echo "=zfs:$?="
fi
exit 0
"""

MEMBERS = re.compile(r"\[([0-9]{1,6})/([0-9]{1,6})\] \[([U_]+)\]")


def read_arrays(text: str) -> Arrays:
    said = parts(text)
    if "md" not in said and "zfs" not in said:
        raise Unreadable("the section on arrays did not answer")
    items = tuple(_md(said.closed("md"))) if "md" in said else ()
    items += tuple(_zfs(said.closed("zfs"))) if "zfs" in said else ()
    bounded(len(items), MAX_ARRAYS, "arrays")
    return Arrays(items)


def _md(part: Part) -> Iterator[Array]:
    """``md0 : active raid1 sdb1[1] sda1[0]``, and below it, indented, ``... [2/1] [U_]`` for kinds with redundancy."""
    if not part.text.startswith("Personalities"):
        raise Unreadable("/proc/mdstat does not look like one")
    for block in re.split(r"^(?=md\S* : )", part.text, flags=re.MULTILINE)[1:]:
        name, _, rest = block.partition(" : ")
        state = "active" if rest.startswith("active") else "inactive"
        members = MEMBERS.search(rest)
        if members:
            state = f"[{members[3]}]"
        yield Array(name, "md", state, state == "inactive" or "_" in state or "(F)" in rest)


def _zfs(part: Part) -> Iterator[Array]:
    for line in part.lines:
        name, tab, health = line.partition("\t")
        if not tab or not health:
            raise Unreadable("zpool printed a line that is no pool")
        yield Array(name, "zfs", health, health != "ONLINE")


ARRAYS = ScriptProbe("arrays", Script("arrays", BODY), read_arrays, "zpool")
