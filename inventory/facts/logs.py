"""Where the host writes its logs, who can read them, and the audit subsystem."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogFile:
    path: str
    mode: str  # four octal digits
    world_readable: bool


@dataclass(frozen=True, slots=True)
class Logs:
    daemons: tuple[str, ...]  # that run now: rsyslogd, syslog-ng, systemd-journald, ...
    remote_targets: (
        tuple[str, ...] | None
    )  # where running daemons forward logs to; None: a configuration may not be read
    journal_storage: str | None  # persistent, volatile, auto, none; None: no journald
    journal_persistent: bool | None  # what is true now: /var/log/journal is in use
    sensitive_files: tuple[LogFile, ...]  # authentication logs under /var/log


@dataclass(frozen=True, slots=True)
class Audit:
    daemon_running: bool
    enabled: bool | None  # auditctl -s; None: not reported
    rules: int | None
