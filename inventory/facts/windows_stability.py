"""Boots, crashes and lock-ups of the last 30 days, and signs that updating has got stuck. Source: the event log.

Counts are of the last 30 days by the device's clock. A log that does not reach back so far proves only what it holds:
``log_days`` says how far it reaches, so 0 crashes with ``log_days`` 3 are not 30 days without crash.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WindowsCrash:
    kind: str  # bugcheck, unexpected shutdown, hang, hardware error
    at: str  # moment
    detail: str  # of a bugcheck its code, 0x0000009f; of a hang the program; else ""


@dataclass(frozen=True, slots=True)
class WindowsStability:
    booted_at: str | None
    days_since_boot: int | None
    boots: int | None  # Kernel-General 12
    crashes: tuple[WindowsCrash, ...] | None  # newest first, at most 200
    log_days: int | None  # whole days the System log reaches back, at most 30
    application_log_days: int | None  # of the Application log; None: it, and so hangs, could not be read
    update_failures: int | None  # WindowsUpdateClient 20 (installation failed)
    updates_failing: tuple[str, ...] | None  # KBs or titles that failed at least three times and did not succeed since
    servicing_errors: int | None  # Servicing 3 and 1015-like failures of a package's state change
    fast_startup: int | None  # HiberbootEnabled: 1: "shut down" does not restart Windows; NOT_SET
    hardware_errors: int | None = None  # WHEA-Logger; None: its events could not be read

    def _count(self, kind: str) -> int | None:
        return None if self.crashes is None else sum(c.kind == kind for c in self.crashes)

    @property
    def bugchecks(self) -> int | None:
        return self._count("bugcheck")

    @property
    def unexpected_shutdowns(self) -> int | None:
        return self._count("unexpected shutdown")

    @property
    def hangs(self) -> int | None:
        return None if self.application_log_days is None else self._count("hang")
