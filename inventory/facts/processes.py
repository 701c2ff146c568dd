"""Processes that still run a replaced or deleted shared library (needs root to see all of them)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StaleProcess:
    command: str  # /proc/PID/comm
    library: str  # path of the deleted file
    processes: int  # how many processes of that name map it
    package: str = ""  # that owns the path on this host; "" no one does, not told, or the process has another root


@dataclass(frozen=True, slots=True)
class StaleLibraries:
    items: tuple[StaleProcess, ...]
