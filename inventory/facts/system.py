"""The operating system as it names itself (os-release(5), uname(2), proc(5))."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class System:
    os_id: str  # os-release ID, lower case: debian, ubuntu, rhel, almalinux, sles, alpine
    os_version: str  # VERSION_ID, "" where the distribution sets none (Debian testing, Arch)
    os_name: str  # PRETTY_NAME
    os_like: tuple[str, ...]  # ID_LIKE
    codename: str  # VERSION_CODENAME or ""
    hostname: str
    architecture: str  # uname -m
    uptime_seconds: int | None  # None: not reported
    boot_id: str  # changes with every boot
    container: str | None  # docker, lxc, podman, ...; None on a machine or VM
    init: str  # name of process 1: systemd, init, busybox, ...
