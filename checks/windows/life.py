"""How long Microsoft serves a release of Windows: by version and edition, in the words of the support dates."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from checks.advisories.support import Cycle, SupportDates
from checks.windows.products import FIRST_11, unreleased
from inventory.facts.windows_system import WindowsSystem

CLIENT, SERVER = "windows", "windows-server"
_CLIENTS = {7601: "7-sp1", 9200: "8", 9600: "8.1", 10240: "10-1507"}
_SERVERS = {
    6003: "2008-sp2",
    7601: "2008-r2-sp1",
    9200: "2012",
    9600: "2012-r2",
    14393: "2016",
    17763: "2019",
    20348: "2022",
    25398: "23h2-ac",
    26100: "2025",
}
_YEAR = re.compile(r"Windows Server (\d{4})\b")
# learn.microsoft.com/lifecycle: Enterprise and Education have later ends than Home and Pro.
_ENTERPRISE = re.compile(r"(?:IoT)?Enterprise(?!S)\w*|Education\w*|ServerRdsh", re.IGNORECASE)
_YEAR_OF = re.compile(r"Year\s?([1-9])\b", re.IGNORECASE)  # Client-ESU-Year1, ESU Year 2
_HOME_AND_PRO = re.compile(r"Core\w*|Professional\w*|Cloud\w*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Life:
    """``ends``: last day of regular support, None: none announced. ``extended``: of paid extended security updates."""

    name: str  # for sentences: Windows 10 22H2, Windows 11 24H2 (Enterprise)
    ends: date | None
    extended: date | None


def lives_of(system: WindowsSystem, support: SupportDates) -> tuple[Life, ...]:
    """One, or one of each channel where the edition is not known; () when the support dates do not know it."""
    if system.server is None or unreleased(system):
        return ()
    found = _of_server(system, support) if system.server else _of_edition(system, support)
    name = system_name(system)
    lives = [Life(f"{name}{_channel(cycle)}", cycle.ends, cycle.extended_ends) for cycle in found if cycle]
    return tuple(lives[:1] if system.server else lives)


def system_name(system: WindowsSystem) -> str:
    """Microsoft Windows 11 Pro 24H2, without the maker's name."""
    name = system.name.removeprefix("Microsoft ").strip() or f"Windows build {system.build}"
    return f"{name} {system.display_version}".strip()


def _channel(cycle: Cycle) -> str:
    long = " (long-term servicing)" if cycle.cycle.endswith("-lts") else ""
    return long or {"e": " (Enterprise and Education)", "w": " (Home and Pro)"}.get(cycle.cycle.rpartition("-")[2], "")


def _of_server(system: WindowsSystem, support: SupportDates) -> list[Cycle | None]:
    return [support.cycle(SERVER, name) for name in _server(system)]


def _server(system: WindowsSystem) -> Sequence[str]:
    if system.build in _SERVERS:
        return (_SERVERS[system.build],)
    year = _YEAR.search(system.name)
    version = system.display_version.lower()
    return ((year[1],) if year else ()) or ((f"{version}-sac", f"{version}-ac") if version else ())


def _of_edition(system: WindowsSystem, support: SupportDates) -> list[Cycle | None]:
    base = _CLIENTS.get(system.build) or _client(system)
    if not base:
        return []
    plain = support.cycle(CLIENT, base)
    if system.ltsc:
        named = ("-iot-lts", "-e-lts") if system.edition_id.startswith("IoT") else ("-e-lts",)
        return [next((cycle for end in named if (cycle := support.cycle(CLIENT, base + end))), None)]
    if _ENTERPRISE.fullmatch(system.edition_id):
        return [support.cycle(CLIENT, f"{base}-e") or plain]
    if _HOME_AND_PRO.fullmatch(system.edition_id):
        return [support.cycle(CLIENT, f"{base}-w") or plain]
    every = [support.cycle(CLIENT, base + end) for end in ("-w", "-e", "-e-lts")]
    return [*every, plain]


def _client(system: WindowsSystem) -> str:
    number = 11 if system.build >= FIRST_11 else 10
    return f"{number}-{system.display_version.lower()}" if system.display_version else ""


def extended_until(life: Life, names: Sequence[str]) -> date | None:
    """Until when these licences of extended security updates bring them; None: they do not tell their year.

    They are sold by the year, each with a licence of its own. Year N ends with the second Tuesday of the month in
    which regular support ended, N years later (learn.microsoft.com/lifecycle/faq/extended-security-updates).
    """
    years = [int(found[1]) for name in names if (found := _YEAR_OF.search(name))]
    if not years or life.ends is None or life.extended is None:
        return None
    return min(life.extended, _second_tuesday(life.ends.year + max(years), life.ends.month))


def _second_tuesday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta((1 - first.weekday()) % 7 + 7)


def regular_end(lives: Sequence[Life]) -> date | None:
    """After which a fix is not for everybody; None where that is not known, or not announced."""
    ends = [life.ends for life in lives]
    return max((end for end in ends if end is not None), default=None) if None not in ends else None
