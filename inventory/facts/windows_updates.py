"""Installed updates, what the update agent did, what it has pending, and how it is told to work.

Sources: Win32_QuickFixEngineering; Component Based Servicing in the registry; the Windows Update Agent API (history,
and a search that never goes online: it tells only what the last scan of the agent found). KB numbers are digits only.
See ``windows_setting.py`` for None, "" and moments.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WindowsKb:
    kb: str  # digits: 5033372
    kind: str  # Win32_QuickFixEngineering.Description: "Security Update", "Update", "Hotfix"
    installed_on: str | None  # a day, 2026-11-10; None: not told


@dataclass(frozen=True, slots=True)
class WindowsPackage:
    """A package of Component Based Servicing that is a whole update, not a part of one."""

    name: str  # Package_for_RollupFix, Package_for_KB5033909, Package_for_DotNetRollup_481
    version: str  # 19041.3803.1.9: of a rollup, build and UBR that it brings
    state: str  # installed, staged, install pending, superseded, uninstall pending, partially installed, other


@dataclass(frozen=True, slots=True)
class WindowsUpdateEvent:
    """One entry of the update agent's history (IUpdateHistoryEntry)."""

    kb: str  # digits, "" when the title names none
    title: str
    at: str  # moment
    operation: str  # install, uninstall, other
    result: str  # in progress, succeeded, succeeded with errors, failed, aborted, not started
    hresult: int | None  # 0 or the error as an unsigned number


@dataclass(frozen=True, slots=True)
class WindowsUpdates:
    """What is installed, and how the agent has fared. Judge missing updates by build first (patch-levels rule 17)."""

    installed: tuple[WindowsKb, ...]
    packages: tuple[WindowsPackage, ...] | None  # None: the registry key could not be read
    history: tuple[WindowsUpdateEvent, ...] | None  # newest first, the newest 200; None: could not be had
    last_search_at: str | None  # last successful search for updates
    days_since_search: int | None
    last_install_at: str | None  # last successful installation, of whatever the agent installs (Defender's too)
    days_since_install: int | None
    source: str | None  # who the agent asks: "windows update", "wsus", "microsoft update", "other"; None unknown

    @property
    def kbs(self) -> frozenset[str]:
        """Every KB that some source says is installed."""
        done = ("succeeded", "succeeded with errors")
        events = {e.kb for e in self.history or () if e.kb and e.operation == "install" and e.result in done}
        packages = {p.name.removeprefix("Package_for_KB") for p in self.packages or () if p.state == "installed"}
        return frozenset({u.kb for u in self.installed} | events | {p for p in packages if p.isdigit()})

    @property
    def failures_since_success(self) -> int | None:
        """How many of the newest installations failed, one after the other, before the last that succeeded."""
        if self.history is None:
            return None
        ended = [
            e.result
            for e in self.history
            if e.operation == "install" and e.result not in ("in progress", "not started")
        ]
        return next((n for n, r in enumerate(ended) if r.startswith("succeeded")), len(ended))


@dataclass(frozen=True, slots=True)
class WindowsPendingUpdate:
    title: str
    kbs: tuple[str, ...]  # digits
    severity: str  # MsrcSeverity: Critical, Important, Moderate, Low, "" none given
    categories: tuple[str, ...]  # ids (GUIDs, lower case), which have no language
    security: bool  # in the category Security Updates (0fa1201d-4330-4fa8-8ae9-b877473b6441), or with a severity
    driver: bool
    downloaded: bool | None
    hidden: bool | None  # somebody chose not to be offered it
    mandatory: bool | None
    reboot: bool | None  # it needs, or may need, a restart
    published_on: str | None  # LastDeploymentChangeTime, a day


@dataclass(frozen=True, slots=True)
class WindowsPendingUpdates:
    """Updates the agent knows of and has not installed. Nothing here is proof without a fresh search.

    ``days_since_search`` None: it has never searched, or does not tell.
    """

    items: tuple[WindowsPendingUpdate, ...]
    days_since_search: int | None

    @property
    def security(self) -> tuple[WindowsPendingUpdate, ...]:
        return tuple(u for u in self.items if u.security)


@dataclass(frozen=True, slots=True)
class WindowsUpdatePolicy:
    """How updates come (``HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\WindowsUpdate`` and ``\\AU``, and MDM)."""

    no_auto_update: int | None  # NoAutoUpdate: 1 switches automatic updates off
    au_options: (
        int | None
    )  # AUOptions: 2 ask before download, 3 ask before install, 4 install on schedule, 5 user decides
    use_wsus: int | None  # UseWUServer
    wsus_server: str | None  # WUServer
    wsus_plain_http: bool | None  # the WSUS server that is used is reached without TLS; False: none is used, or https
    deferred_quality_days: int | None  # DeferQualityUpdatesPeriodInDays; NOT_SET: no deferral by policy
    deferred_feature_days: int | None
    target_release: str | None  # TargetReleaseVersionInfo: kept at 22H2
    paused_until: str | None  # PauseUpdatesExpiryTime: moment; "" not paused
    disabled_for_user: int | None  # SetDisableUXWUAccess, DisableWindowsUpdateAccess
    service_start: str  # of wuauserv: auto, manual, disabled, absent, "" unknown


@dataclass(frozen=True, slots=True)
class WindowsReboot:
    """Signs that a restart is owed. None: that sign could not be read."""

    servicing: bool | None  # Component Based Servicing\\RebootPending or RebootInProgress
    update_agent: bool | None  # WindowsUpdate\\Auto Update\\RebootRequired
    file_renames: int | None  # entries of PendingFileRenameOperations; many programs leave some, so a weak sign
    rename: bool | None  # the computer name in force differs from the one set
    domain_join: bool | None  # Netlogon\\JoinDomain or AvoidSpnSet
    servicing_pending: bool | None  # pending.xml or PackagesPending: servicing goes on at the next start

    @property
    def required(self) -> bool | None:
        """An update waits for a restart. False only when each strong sign was read and is not there."""
        strong = (self.servicing, self.update_agent)
        return True if True in strong else None if None in strong else False
