"""Services, and what starts by itself."""

from inventory.facts.windows_services import WindowsAutorun, WindowsAutoruns, WindowsService, WindowsServices
from scanner.probes.windows.reading import Alike, Data
from scanner.probes.windows.section import probe
from scanner.query import Unreadable

_STARTS = {"auto": "auto", "manual": "manual", "disabled": "disabled", "boot": "boot", "system": "system"}


def read_services(data: Data) -> WindowsServices:
    """There is no Windows without services, and none of them is nameless."""
    found = sorted(_SERVICE.all(data, "services"), key=lambda one: one.name.lower())
    if not found:
        raise Unreadable("the list of services is empty")
    return WindowsServices(tuple(found))


def _service(row: Data) -> WindowsService:
    if not isinstance(row.told.get("Name"), str) or not row.word("Name"):
        raise Unreadable("a service has no name")
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


_SERVICE = Alike(_service)
SERVICES = probe("services", read_services, seconds=30)
AUTORUNS = probe("autoruns", read_autoruns)
