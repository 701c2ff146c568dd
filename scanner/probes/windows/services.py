"""Services, and what starts by itself."""

from inventory.facts.windows_services import WindowsAutorun, WindowsAutoruns, WindowsService, WindowsServices
from scanner.probes.windows.reading import Data
from scanner.probes.windows.section import probe

_STARTS = {"auto": "auto", "manual": "manual", "disabled": "disabled", "boot": "boot", "system": "system"}


def read_services(data: Data) -> WindowsServices:
    return WindowsServices(tuple(sorted(map(_service, data.needed_rows("services")), key=lambda one: one.name.lower())))


def _service(row: Data) -> WindowsService:
    start = _STARTS.get(row.word("StartMode").lower(), "unknown")
    state = row.text("State")
    return WindowsService(
        name=row.word("Name"),
        start="delayed" if start == "auto" and row.flag("DelayedAutoStart") else start,
        running=None if state is None else state == "Running",
        account=row.word("StartName"),
        path=row.word("PathName"),
    )


def read_autoruns(data: Data) -> WindowsAutoruns:
    rows = data.needed_rows("items")
    items = (WindowsAutorun(r.word("place"), r.word("name"), r.word("command"), r.word("user")) for r in rows)
    return WindowsAutoruns(tuple(sorted(items, key=lambda one: (one.place, one.user, one.name))))


SERVICES = probe("services", read_services, seconds=30)
AUTORUNS = probe("autoruns", read_autoruns)
