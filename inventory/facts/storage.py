"""Mounted file systems, exports, disk arrays and the marks that backups leave."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mount:
    target: str
    source: str
    type: str
    options: tuple[str, ...]
    size_bytes: int | None
    used_percent: int | None  # as df(1) rounds it: up; None: the file system has no blocks
    inodes_used_percent: int | None
    encrypted: bool | None  # below it lies a dm-crypt device; None: cannot be told
    again: bool = False  # another view of a file system that is mounted at a shorter path too: bind mount, subvolume
    unmeasured: bool = False  # df(1) was asked about it and did not say

    @property
    def is_tmpfs(self) -> bool:
        return self.type in ("tmpfs", "devtmpfs")


@dataclass(frozen=True, slots=True)
class Mounts:
    items: tuple[Mount, ...]  # real file systems and tmpfs; no pseudo file systems


@dataclass(frozen=True, slots=True)
class Export:
    path: str
    client: str  # *, 10.0.0.0/8, host.example
    options: tuple[str, ...]
    open_to_all: bool
    root_squash: bool
    writable: bool


@dataclass(frozen=True, slots=True)
class Exports:
    items: tuple[Export, ...]


@dataclass(frozen=True, slots=True)
class Array:
    name: str  # md0, tank
    kind: str  # md, zfs
    state: str  # [UU], [U_], ONLINE, DEGRADED
    degraded: bool


@dataclass(frozen=True, slots=True)
class Arrays:
    items: tuple[Array, ...]


@dataclass(frozen=True, slots=True)
class BackupMark:
    path: str
    exists: bool
    age_seconds: int | None


@dataclass(frozen=True, slots=True)
class Backups:
    """The files named in the inventory (``backup_marks``) that the backup touches when it succeeds."""

    marks: tuple[BackupMark, ...]
