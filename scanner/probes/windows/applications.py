"""Installed applications, .NET Framework and .NET runtimes."""

from inventory.facts.windows_applications import WindowsApplication, WindowsApplications, WindowsRuntime
from scanner.probes.windows.reading import Alike, Data
from scanner.probes.windows.section import probe
from scanner.query import Unreadable

_SCOPES = ("machine", "machine (32 bit)", "user")
_NATIVE = {"AMD64": "x64", "ARM64": "arm64", "X86": "x86"}


def read_applications(data: Data) -> WindowsApplications:
    items = [one for one in _APPLICATION.all(data, "items") if one.name]
    if not items:
        raise Unreadable("not one application is listed")
    runtimes, native = data.rows("runtimes"), _NATIVE.get(data.word("native").upper(), "")
    return WindowsApplications(
        items=tuple(sorted(items, key=lambda one: (one.name.lower(), one.version, one.scope, one.user, one.key))),
        users_seen=data.number("users_seen"),
        users_all=data.number("users_all"),
        dotnet_framework=data.part("registry").setting("Release"),
        dotnet_runtimes=None if runtimes is None else tuple(_runtime(row, native) for row in runtimes),
    )


def _application(row: Data) -> WindowsApplication:
    scope = row.word("scope")
    if not isinstance(row.told.get("name"), str):
        raise Unreadable("an application has no name")
    return WindowsApplication(
        name=row.word("name"),
        version=row.word("version"),
        publisher=row.word("publisher"),
        installed_on=row.day("on"),
        scope=scope if scope in _SCOPES else "machine",
        user=row.word("user"),
        key=row.word("key"),
        system_component=bool(row.flag("system")),
        parent=row.word("parent"),
    )


def _runtime(row: Data, native: str) -> WindowsRuntime:
    return WindowsRuntime(row.word("name"), row.word("version"), native if row.word("kind") == "native" else "x86")


_APPLICATION = Alike(_application)
APPLICATIONS = probe("applications", read_applications, seconds=45)
