"""Services, what starts by itself, and scheduled tasks that are not Microsoft's."""

import re
from dataclasses import dataclass

from inventory.remembered import Remembered

_PROGRAM = re.compile(r"(.+?\.exe)(\s|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WindowsService:
    name: str  # the key, not the shown name: Spooler, RemoteRegistry
    start: str  # auto, delayed, manual, disabled, boot, system, unknown
    running: bool | None
    account: str  # LocalSystem, NT AUTHORITY\\LocalService, DOMAIN\\name; "" unknown
    path: str  # the command line, secrets in it masked; "" unknown

    @property
    def unquoted(self) -> bool | None:
        """A path with a space before its ``.exe`` and no quotes: Windows tries shorter ones first. None: unknown."""
        return _UNQUOTED[self.path]


def _unquoted(path: str) -> bool | None:
    head = path.lstrip()
    if not head:
        return None
    found = None if head.startswith('"') else _PROGRAM.match(head)
    return found is not None and " " in found.group(1)


_UNQUOTED = Remembered(_unquoted, most=10_000, longest=500)  # machines have the same services, at the same paths


@dataclass(frozen=True, slots=True)
class WindowsServices:
    items: tuple[WindowsService, ...]

    @property
    def running(self) -> tuple[str, ...]:
        return tuple(s.name for s in self.items if s.running)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(s.name for s in self.items)

    @property
    def unquoted(self) -> tuple[WindowsService, ...]:
        return tuple(s for s in self.items if s.unquoted)


@dataclass(frozen=True, slots=True)
class WindowsAutorun:
    place: str  # HKLM Run, HKLM Run (32 bit), HKU Run, Winlogon Shell, startup folder, AppInit_DLLs, ...
    name: str
    command: str  # secrets in it masked
    user: str  # SID, "" for the machine


@dataclass(frozen=True, slots=True)
class WindowsAutoruns:
    items: tuple[WindowsAutorun, ...]
