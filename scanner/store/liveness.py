"""Is the process that wrote a scan still there? Its number alone does not say: numbers are used again."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

SILENCE = timedelta(seconds=120)  # a scan of another machine that was silent for longer is dead
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    started: str  # clock ticks after boot, proc(5); "" where there is no /proc
    machine: str  # for people
    place: str  # machine, boot and pid namespace: where ``pid`` means something


def this_process() -> Process:
    boot = _text(_PROC / "sys/kernel/random/boot_id")
    try:
        namespace = str((_PROC / "self/ns/pid").readlink())
    except OSError:
        namespace = ""
    machine = socket.gethostname()
    return Process(os.getpid(), started(os.getpid()), machine, f"{machine} {boot} {namespace}")


def alive(process: Process, last_heard: datetime, now: datetime) -> bool:
    here = this_process()
    if process.place == here.place and process.started:
        return started(process.pid) == process.started
    return now - last_heard <= SILENCE


def started(pid: int) -> str:
    """Field 22 of /proc/PID/stat, "" when there is no such process or it is a zombie. The name may hold anything."""
    fields = _text(_PROC / str(pid) / "stat").rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 and fields[0] not in ("Z", "X") else ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
