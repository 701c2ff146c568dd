"""Whether the host says that it must be restarted to finish an update."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reboot:
    required: bool | None  # None: nothing on the host can tell
    source: str  # /run/reboot-required, needs-restarting, zypper
    packages: tuple[str, ...]  # that asked for it, where known
