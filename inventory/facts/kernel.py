"""The running kernel, the installed ones, and what the processor still suffers from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InstalledKernel:
    package: str  # linux-image-6.1.0-31-amd64, kernel-core
    version: str  # the package's version
    release: str  # what uname -r says when it runs: 6.1.0-31-amd64


@dataclass(frozen=True, slots=True)
class CpuVulnerability:
    """One file of /sys/devices/system/cpu/vulnerabilities (kernel docs, admin-guide/hw-vuln)."""

    name: str  # meltdown, spectre_v2, ...
    status: str  # "Mitigation: PTI", "Vulnerable", "Not affected"
    vulnerable: bool | None  # None: the kernel itself says that it does not know


@dataclass(frozen=True, slots=True)
class Kernel:
    running: str  # uname -r
    version: str  # uname -v
    installed: tuple[InstalledKernel, ...]  # newest first, by the package manager's order
    cpu_vulnerabilities: tuple[CpuVulnerability, ...] | None  # None: the kernel does not report them
    apparmor: bool | None  # None: not compiled in
    selinux: str | None  # enforcing, permissive, disabled; None: not present
    oom_kills: int | None  # since boot, /proc/vmstat
    apparmor_enforced: int | None = (
        None  # loaded AppArmor profiles in enforce mode; None: this account may not see them
    )
    microcode: str | None = None  # revision in the processor, as /proc/cpuinfo tells it; None: not told (ARM, guests)

    @property
    def newest(self) -> str | None:
        """Release of the newest installed kernel; None when no package owns a kernel."""
        return self.installed[0].release if self.installed else None
