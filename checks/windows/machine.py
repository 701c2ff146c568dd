"""What of a Windows host decides which updates it lacks: made of its facts, small, and the same for like hosts."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from checks.windows.products import framework_of, same_revision, system_products
from inventory.facts.windows_applications import WindowsApplications
from inventory.facts.windows_system import WindowsLicence, WindowsSystem
from inventory.facts.windows_updates import WindowsPendingUpdates, WindowsReboot, WindowsUpdates

FIRST_CUMULATIVE = 10240  # the first build of Windows 10
SEARCH_DAYS = 30  # an update agent that searched within these knows last month's updates
SETTLED_DAYS = 45  # an update this old is held back by no usual deferral: an agent of Microsoft's own would offer it
MAX_TITLE = 300  # characters: longer ones are none of Microsoft's
_ROLLUP = "Package_for_RollupFix"
_VERSION = re.compile(r"(\d{3,6})\.(\d{1,6})(?:\.\d+)*")
_TOLD = re.compile(r"\(KB(\d{5,8})\)\s*\((\d{3,6})\.(\d{1,6})\)")  # ... (KB5066791) (19045.6456)
_PREVIEW = re.compile(r"(\d{4}-\d\d)\s(?!.*\.NET).*\bPreview\b.*\bfor Windows\b|(\d{4}-\d\d) Preview Update\b")
_ON_DISK = ("installed", "install pending", "staged")
_DONE = ("succeeded", "succeeded with errors")


@dataclass(frozen=True, slots=True)
class Machine:
    """``revision`` is the UBR: the fourth number of 10.0.19045.6456, of the system that runs.

    ``cumulative``: Windows 10, Server 2016 and later, where every update of the system contains all before it.
    """

    products: tuple[str, ...]  # names of its system in the data
    build: int
    revision: int | None
    cumulative: bool
    framework: str = ""  # .NET Framework 4 that it has, "" unknown
    lists: bool = True  # its servicing lists some update
    installed: frozenset[str] = frozenset()  # KBs that its servicing lists
    claimed: frozenset[str] = frozenset()  # KBs that only its history calls installed
    offered: frozenset[str] = frozenset()  # KBs that its update agent has still to install
    disputed: frozenset[str] = frozenset()  # KBs that are listed as installed, and offered all the same
    preview: str = ""  # month, 2025-11, of the newest preview of a cumulative update that is installed
    waiting: int | None = None  # revision that the next start brings, where an update is on disk already
    restart: bool = False  # a restart is owed for updates
    told: tuple[tuple[str, int], ...] = ()  # KB -> revision, by the titles that its agent shows
    searched: str = ""  # day of a fresh search at Microsoft's own service, "" there was none
    extended: bool | None = None  # extended security updates are licensed; None: not known
    framework_read: bool = True  # which .NET Framework it has, or that it has none, is known

    def about(self, kbs: Collection[str]) -> "Machine":
        """Without the KBs that are not among these: hosts that differ in those alone are judged alike."""
        known = frozenset(kbs)
        return replace(
            self,
            installed=self.installed & known,
            claimed=self.claimed & known,
            offered=self.offered & known,
            disputed=self.disputed & known,
            told=tuple(one for one in self.told if one[0] in known),
        )

    @property
    def version(self) -> str:
        return f"{self.build}.{self.revision}" if self.revision is not None else str(self.build)


@dataclass(frozen=True, slots=True, eq=False)
class WindowsHost:
    """The facts that patch levels are judged from. None: could not be had."""

    windows_system: WindowsSystem
    windows_updates: WindowsUpdates
    windows_pending_updates: WindowsPendingUpdates | None = None
    windows_reboot: WindowsReboot | None = None
    windows_licence: WindowsLicence | None = None
    windows_applications: WindowsApplications | None = None

    def same(self, other: "WindowsHost") -> bool:
        return self is other or all(getattr(self, name) is getattr(other, name) for name in self.__slots__)


def machine_of(host: WindowsHost, today: date) -> Machine:
    """A KB that the update agent still offers is not installed, whatever else lists it: it was rolled back."""
    system, updates = host.windows_system, host.windows_updates
    offered = _offered(host.windows_pending_updates)
    listed = frozenset(update.kb for update in updates.installed) | _packaged(updates)
    applications, licence = host.windows_applications, host.windows_licence
    return Machine(
        products=system_products(system),
        build=system.build,
        revision=system.ubr,
        cumulative=system.build >= FIRST_CUMULATIVE,
        framework=framework_of(applications.dotnet_framework) if applications else "",
        lists=bool(listed),
        installed=listed - offered,
        claimed=_claimed(updates) - listed - offered,
        offered=offered,
        disputed=listed & offered,
        preview=_preview(updates, listed - offered),
        waiting=_waiting(system, updates),
        restart=host.windows_reboot is not None and host.windows_reboot.required is True,
        told=_told(host),
        searched=_searched(host, today),
        extended=bool(licence.esu) if licence and licence.esu is not None else None,
        framework_read=applications is not None and applications.dotnet_framework is not None,
    )


def _offered(pending: WindowsPendingUpdates | None) -> frozenset[str]:
    return frozenset(kb for update in (pending.items if pending else ()) for kb in update.kbs)


def _packaged(updates: WindowsUpdates) -> frozenset[str]:
    names = (p.name.removeprefix("Package_for_KB") for p in updates.packages or () if p.state == "installed")
    return frozenset(name for name in names if name.isdigit())


def _claimed(updates: WindowsUpdates) -> frozenset[str]:
    """By the newest entry of each KB in the history."""
    newest: dict[str, bool] = {}
    for event in updates.history or ():
        if event.kb and event.operation in ("install", "uninstall") and event.result in _DONE:
            newest.setdefault(event.kb, event.operation == "install")
    return frozenset(kb for kb, there in newest.items() if there)


def _waiting(system: WindowsSystem, updates: WindowsUpdates) -> int | None:
    """Cumulative updates on disk carry the revision that they bring in their package's version."""
    if system.ubr is None:
        return None
    shared = same_revision(system.build)
    found = [
        int(match[2])
        for package in updates.packages or ()
        if package.name.startswith(_ROLLUP) and package.state in _ON_DISK
        if (match := _VERSION.fullmatch(package.version)) and int(match[1]) in shared
    ]
    newest = max(found, default=0)
    return newest if newest > system.ubr else None


def _told(host: WindowsHost) -> tuple[tuple[str, int], ...]:
    """Since 2025 the titles of cumulative updates end with the build that they bring."""
    shared = same_revision(host.windows_system.build)
    pending = host.windows_pending_updates
    titles = [event.title for event in host.windows_updates.history or ()]
    titles += [update.title for update in pending.items] if pending else []
    found = (match for title in titles for match in _TOLD.finditer(title[:MAX_TITLE]))
    return tuple(sorted({(match[1], int(match[3])) for match in found if int(match[2]) in shared}))


def _preview(updates: WindowsUpdates, listed: frozenset[str]) -> str:
    """Previews fix nothing of their own and stand in no security feed, yet contain all that came before them."""
    done = (event for event in updates.history or () if event.operation == "install" and event.result in _DONE)
    found = (match for event in done if event.kb in listed and (match := _PREVIEW.match(event.title[:MAX_TITLE])))
    return max((match[1] or match[2] for match in found), default="")


def _searched(host: WindowsHost, today: date) -> str:
    pending, source = host.windows_pending_updates, host.windows_updates.source
    days = pending.days_since_search if pending else None
    fresh = days is not None and 0 <= days <= SEARCH_DAYS and source in ("windows update", "microsoft update")
    return today.isoformat() if fresh else ""
