"""Owner and permissions of the files whose permissions matter: stat(1), without opening any of them.

What stands in a directory that only root may enter is out of everybody's reach. A directory that this account may not
look into, and others than root may, hides what it holds: it is reported as such.
"""

from inventory.facts.files import CriticalFiles, FileMode
from scanner.probes.linux.modes import SHELL, Mode, read_mode
from scanner.probes.linux.sections import ended
from scanner.probes.script import ScriptProbe
from scanner.query import Script, Unreadable

BODY = (
    SHELL
    + r"""
set --
for file in /etc/passwd /etc/passwd- /etc/group /etc/group- /etc/shadow /etc/shadow- /etc/gshadow /etc/gshadow- \
  /etc/crontab /etc/anacrontab /etc/cron.allow /etc/cron.deny /etc/cron.* /etc/cron.*/* /etc/cron.*/*/* \
  /etc/periodic /etc/periodic/* /etc/periodic/*/* /etc/crontabs /etc/crontabs/* \
  /var/spool/cron /var/spool/cron/* /var/spool/cron/*/* \
  /etc/ssh /etc/ssh/ssh_host_*_key /etc/ssh/sshd_config /etc/ssh/sshd_config.d/* \
  /etc/sudoers /etc/sudoers.d /etc/sudoers.d/* \
  /boot/grub/grub.cfg /boot/grub2/grub.cfg /boot/efi/EFI/*/grub.cfg /var/run/docker.sock /root
do [ ! -e "$file" ] || set -- "$@" "$file"
done
echo =files=
modes "$@"
for file; do
  shift
  [ ! -d "$file" ] || { [ -r "$file" ] && [ -x "$file" ]; } || set -- "$@" "$file"
done
echo =closed=
[ $# = 0 ] || printf '%s\n' "$@"
echo =end=
"""
)

# What a file is to us, by how its path starts; the first that fits counts.
KINDS = (
    ("/etc/passwd", "passwd"),
    ("/etc/group", "passwd"),
    ("/etc/shadow", "shadow"),
    ("/etc/gshadow", "shadow"),
    ("/etc/ssh/ssh_host_", "ssh-host-key"),
    ("/etc/ssh", "sshd"),
    ("/etc/sudoers", "sudoers"),
    ("/boot/", "grub"),
    ("/var/run/docker.sock", "docker-socket"),
    ("/root", "root-home"),
    ("/etc/cron", "cron"),
    ("/etc/anacrontab", "cron"),
    ("/etc/periodic", "cron"),
    ("/var/spool/cron", "cron"),
)
# Below a spool of cron stand the accounts' own files, named after them; these belong to the spool itself, or to root.
SPOOLS = ("/var/spool/cron/", "/etc/crontabs/")
OF_THE_SPOOL = ("root", "crontabs", "tabs", "lastrun")


def read_critical_files(text: str) -> CriticalFiles:
    found = ended(text, "files", "closed")
    modes = [read_mode(line) for line in found.lines("files")]
    closed = frozenset(found.lines("closed"))
    files = {mode.path: _file(mode, closed) for mode in modes if mode}
    if None in modes or "/etc/passwd" not in files:
        raise Unreadable("the permissions of the critical files could not be read")
    return CriticalFiles(tuple(files[path] for path in sorted(files)))


def _kind(path: str) -> str:
    if path.startswith(SPOOLS) and path.rpartition("/")[2] not in OF_THE_SPOOL:
        return "user-crontab"
    kind = next((kind for start, kind in KINDS if path.startswith(start)), "")
    if not kind:
        raise Unreadable("the answer names a file that was not asked for")
    return kind


def _file(mode: Mode, closed: frozenset[str]) -> FileMode:
    only_root = mode.owner == "root" and not mode.allows(0o077)
    return FileMode(
        path=mode.path,
        kind=_kind(mode.path),
        mode=mode.octal,
        owner=mode.owner,
        group=mode.group,
        others_read=mode.allows(0o004),
        others_write=mode.allows(0o002),
        group_write=mode.allows(0o020),
        files_listed=None if mode.path in closed and not only_root else True,
    )


CRITICAL_FILES = ScriptProbe("critical_files", Script("critical_files", BODY), read_critical_files)
