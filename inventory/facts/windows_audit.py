"""What is audited, and how much the event logs keep."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WindowsAuditSetting:
    """One subcategory by its GUID (upper case, no braces). None: its text is in a language we do not know."""

    guid: str  # 0CCE9215-69AE-11D9-BED3-505054503030 is Logon
    name: str  # in English, "" for a GUID we do not know
    success: bool | None
    failure: bool | None


@dataclass(frozen=True, slots=True)
class WindowsAudit:
    """``auditpol /get /category:* /r``; needs administrator rights. Subcategories by name: see ``settings``."""

    settings: tuple[WindowsAuditSetting, ...]
    force_subcategories: int | None  # SCENoApplyLegacyAuditPolicy; NOT_SET means 1
    command_lines: int | None  # ProcessCreationIncludeCmdLine_Enabled
    crash_on_full: int | None  # CrashOnAuditFail

    @property
    def unread(self) -> tuple[str, ...]:
        """Subcategories whose setting was told in words we do not know."""
        return tuple(s.name or s.guid for s in self.settings if s.success is None)

    @property
    def success(self) -> tuple[str, ...]:
        """Names of the subcategories whose successes are audited."""
        return tuple(s.name for s in self.settings if s.success and s.name)

    @property
    def failure(self) -> tuple[str, ...]:
        return tuple(s.name for s in self.settings if s.failure and s.name)


@dataclass(frozen=True, slots=True)
class WindowsLog:
    name: str  # Security, System, Application, Microsoft-Windows-PowerShell/Operational, ...
    enabled: bool | None
    max_bytes: int | None
    used_bytes: int | None
    mode: str  # circular, autobackup, retain; "" unknown
    oldest_at: str | None  # moment of the oldest event; "" the log is empty; None could not be read


@dataclass(frozen=True, slots=True)
class WindowsLogs:
    items: tuple[WindowsLog, ...]

    @property
    def security(self) -> WindowsLog | None:
        return next((log for log in self.items if log.name == "Security"), None)
