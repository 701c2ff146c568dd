"""Permissions of the files whose permissions matter, and the weekly walk over the whole file system."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileMode:
    path: str
    kind: str  # what it is to us: shadow, passwd, cron, user-crontab, ssh-host-key, grub, docker-socket
    mode: str  # four octal digits
    owner: str
    group: str
    others_read: bool
    others_write: bool
    group_write: bool
    files_listed: bool | None = True  # None: a directory that this account may not look into, and somebody else may


@dataclass(frozen=True, slots=True)
class CriticalFiles:
    """The usual files, as far as they exist on this host."""

    items: tuple[FileMode, ...]

    @property
    def closed(self) -> tuple[str, ...]:
        """Directories whose files are not in the list because this account may not look into them."""
        return tuple(f.path for f in self.items if f.files_listed is None)


@dataclass(frozen=True, slots=True)
class WalkedFile:
    path: str
    kind: str  # suid, sgid, unowned
    mode: str
    owner: str
    packaged: bool | None  # a package owns it; None: not known


@dataclass(frozen=True, slots=True)
class FileWalk:
    items: tuple[WalkedFile, ...]
