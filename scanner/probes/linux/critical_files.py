"""Owner and permissions of the files whose permissions matter: stat(1), without opening any of them.

A plain user gets the full answer to "who else may read or write it": what stands in a directory that others cannot
enter is out of their reach, and the directory itself is in the list.
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
  /etc/ssh/ssh_host_*_key /etc/ssh/sshd_config /etc/ssh/sshd_config.d/* \
  /etc/sudoers /etc/sudoers.d /etc/sudoers.d/* \
  /boot/grub/grub.cfg /boot/grub2/grub.cfg /boot/efi/EFI/*/grub.cfg /var/run/docker.sock /root
do [ ! -e "$file" ] || set -- "$@" "$file"
done
echo =files=
modes "$@"
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
    ("/etc/ssh/sshd_config", "sshd"),
    ("/etc/sudoers", "sudoers"),
    ("/boot/", "grub"),
    ("/var/run/docker.sock", "docker-socket"),
    ("/root", "root-home"),
    ("/etc/cron", "cron"),
    ("/etc/anacrontab", "cron"),
    ("/etc/periodic", "cron"),
    ("/var/spool/cron", "cron"),
)


def read_critical_files(text: str) -> CriticalFiles:
    found = ended(text, "files")
    modes = [read_mode(line) for line in found.lines("files")]
    files = {mode.path: _file(mode) for mode in modes if mode}
    if None in modes or "/etc/passwd" not in files:
        raise Unreadable("the permissions of the critical files could not be read")
    return CriticalFiles(tuple(files[path] for path in sorted(files)))


def _file(mode: Mode) -> FileMode:
    kind = next((kind for start, kind in KINDS if mode.path.startswith(start)), "")
    if not kind:
        raise Unreadable("the answer names a file that was not asked for")
    return FileMode(
        path=mode.path,
        kind=kind,
        mode=mode.octal,
        owner=mode.owner,
        group=mode.group,
        others_read=mode.allows(0o004),
        others_write=mode.allows(0o002),
        group_write=mode.allows(0o020),
    )


CRITICAL_FILES = ScriptProbe("critical_files", Script("critical_files", BODY), read_critical_files)
