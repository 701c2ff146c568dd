"""Mounted file systems, how full they are, and whether they lie on dm-crypt.

proc_pid_mountinfo(5), df(1), /sys/block (kernel docs, ABI/testing/sysfs-block-dm). Only local file systems are asked
how full they are: a dead file server must not hold up the visit.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from inventory.facts.storage import Mount, Mounts
from scanner.probes.linux.sections import Parts, bounded, ended
from scanner.probes.script import ScriptProbe, number
from scanner.query import Script, Unreadable

# mountinfo: id, parent, device, root, target, options, any number of tagged fields, "-", type, source, options.
# Options of the whole file system are dropped, but for "ro": they may name accounts of a file server.
BODY = r"""
[ -r /proc/self/mountinfo ] || exit 69
echo =mounts=
set --
while read -r id parent device root target options rest; do
  rest=${rest#*- }
  type=${rest%% *}
  rest=${rest#* }
  source=${rest%% *}
  case $type in
    proc|sysfs|devpts|cgroup|cgroup2|securityfs|debugfs|tracefs|pstore|bpf|mqueue|hugetlbfs|configfs|fusectl|\
    binfmt_misc|autofs|rpc_pipefs|efivarfs|nsfs|selinuxfs|ramfs|sockfs|pipefs|fuse.lxcfs|fuse.gvfsd-fuse|\
    fuse.portal|fuse.snapfuse) continue ;;
  esac
  case $target in
    /var/lib/docker/*|/var/lib/containers/*|/var/lib/containerd/*|/run/containerd/*|/var/lib/kubelet/*|\
    /run/user/*|/run/credentials/*|/run/netns/*) continue ;;
  esac
  case ,${rest#* }, in *,ro,*) options=$options,ro ;; esac
  printf '%s\n' "$device $type $target $options $source"
  case $type in
    nfs*|cifs|smb*|ceph|9p|afs|glusterfs|fuse*|lustre|gpfs|ocfs2|gfs2|virtiofs|beegfs*) ;;
    *) case $target in *\\*) target=$(printf '%b' "$target") ;; esac
      set -- "$@" "$target" ;;
  esac
done </proc/self/mountinfo
if [ $# -gt 0 ]; then
  echo =df=
  df -P -k "$@" 2>/dev/null
  echo =inodes=
  df -P -i "$@" 2>/dev/null
fi
echo =blocks=
for block in /sys/block/dm-* /sys/block/md*; do
  [ -r "$block/dev" ] && read -r device <"$block/dev" || continue
  name= uuid=
  [ ! -r "$block/dm/name" ] || read -r name <"$block/dm/name"
  [ ! -r "$block/dm/uuid" ] || read -r uuid <"$block/dm/uuid"
  case $uuid in CRYPT-*) uuid=crypt ;; *) uuid=plain ;; esac
  line="$device ${block##*/} $uuid /dev/mapper/$name"
  for slave in "$block"/slaves/*; do [ ! -e "$slave" ] || line="$line ${slave##*/}"; done
  printf '%s\n' "$line"
done
echo =end=
"""

# What the section does not ask about, as its case says.
REMOTE = (
    *("nfs", "cifs", "smb", "ceph", "9p", "afs", "gluster", "fuse", "lustre", "gpfs", "ocfs2", "gfs2", "virtiofs"),
    "beegfs",
)
_ESCAPE = re.compile(r"\\([0-7]{3})")
_DF = re.compile(r"(\S.*?) +(-|[0-9]+) +(-|-?[0-9]+) +(-|-?[0-9]+) +(-|[0-9]+%) +(/.*)")
_PARTITION = re.compile(r"p?[0-9]+\Z")


@dataclass(frozen=True, slots=True)
class Block:
    """A device-mapper or md device."""

    name: str  # dm-0
    crypt: bool
    below: tuple[str, ...]  # names of the devices it is made of


def read_mounts(text: str) -> Mounts:
    found = ended(text, "mounts", "blocks")
    lines = found.lines("mounts")
    bounded(len(lines), 20_000, "mounted file systems")
    sizes, inodes = _usage(found, "df"), _usage(found, "inodes")
    blocks = _blocks(found.lines("blocks"))
    mounts: dict[str, Mount] = {}
    seen: dict[str, str] = {}
    for line in lines:
        mount = _mount(line, sizes, inodes, blocks)
        mounts[mount.target] = mount  # of two on one place, the later one hides the earlier
        seen[mount.target] = line
    if "/" not in mounts:
        raise Unreadable("the host shows no root file system")
    first = _first_views(seen.values())
    items = (_measured(mounts[target], first, sizes) for target in sorted(mounts))
    return Mounts(tuple(items))


def _first_views(lines: Iterable[str]) -> frozenset[str]:
    """Of the places where one file system is mounted, the shortest. btrfs numbers its subvolumes: the source counts."""
    first: dict[str, str] = {}
    for line in lines:
        device, kind, target, _, source = line.split(" ", 4)
        key = source if kind == "btrfs" else f"{device} {source}"
        first[key] = min(first.get(key, target), target, key=lambda path: (len(path), path))
    return frozenset(_unescaped(target) for target in first.values())


def _measured(mount: Mount, first: frozenset[str], sizes: "Usage") -> Mount:
    again = mount.target not in first
    asked = not mount.type.startswith(REMOTE) and not again and mount.target.isprintable()
    return replace(mount, again=again, unmeasured=asked and mount.target not in sizes)


Usage = dict[str, tuple[int | None, int | None]]


def _mount(line: str, sizes: Usage, inodes: Usage, blocks: dict[str, Block]) -> Mount:
    words = line.split(" ", 4)
    if len(words) != 5:
        raise Unreadable("a line of mountinfo is no mount")
    device, kind, target, options, source = words
    target, source = _unescaped(target), _unescaped(source)
    blocks_1k, used = sizes.get(target, (None, None))
    return Mount(
        target=target,
        source=source,
        type=kind,
        options=tuple(dict.fromkeys(options.split(","))),
        size_bytes=None if blocks_1k is None else blocks_1k * 1024,
        used_percent=used,
        inodes_used_percent=inodes.get(target, (None, None))[1],
        encrypted=_encrypted(device, source, blocks),
    )


def _unescaped(text: str) -> str:
    """Space, tab, newline and backslash stand as three octal digits; a byte that would break a line stays so."""
    return _ESCAPE.sub(lambda m: chr(int(m[1], 8)) if int(m[1], 8) in (0x20, 0x5C) else m[0], text)


def _usage(found: Parts, name: str) -> Usage:
    """df's table by mount point: (blocks or inodes, per cent used); its head is passed over."""
    rows = (_DF.fullmatch(line) for line in found.lines(name) if "%" in line or "-" in line)
    return {row[6]: (number(row[2]), number(row[5].rstrip("%")) if row[2] != "0" else None) for row in rows if row}


def _blocks(lines: list[str]) -> dict[str, Block]:
    """By device number, kernel name and mapper name."""
    blocks: dict[str, Block] = {}
    for line in lines:
        words = line.split(" ")
        if len(words) < 4 or words[2] not in ("crypt", "plain"):
            raise Unreadable("a line about block devices cannot be read")
        block = Block(words[1], words[2] == "crypt", tuple(words[4:]))
        blocks.update({words[0]: block, words[1]: block, f"/dev/{words[1]}": block, words[3]: block})
    return blocks


def _encrypted(device: str, source: str, blocks: dict[str, Block]) -> bool | None:
    """btrfs has a device number of its own kind (0:N), so the source counts there."""
    if not source.startswith("/dev/") or source.startswith("/dev/loop"):
        return None
    top = blocks.get(device) or blocks.get(source) or blocks.get(_PARTITION.sub("", source))
    if top is None:
        return None if source.startswith("/dev/mapper/") else False
    return _all_crypt(top, blocks)


def _all_crypt(top: Block, blocks: dict[str, Block]) -> bool:
    """Every way down from here passes a dm-crypt device."""
    waiting, seen = [top], {top.name}
    while waiting:
        block = waiting.pop()
        if block.crypt:
            continue
        below = [blocks.get(name) or blocks.get(_PARTITION.sub("", name)) for name in block.below]
        if not below or None in below:
            return False
        waiting.extend(b for b in below if b and b.name not in seen)
        seen.update(b.name for b in below if b)
    return True


MOUNTS = ScriptProbe("mounts", Script("mounts", BODY), read_mounts, tool="procfs")
