"""Installed applications with their versions: both views of the registry, and of users whose profile is loaded.

Also the .NET Framework and .NET runtimes, which have no entry of their own there. Never Win32_Product: asking it
makes Windows Installer check and repair every package.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WindowsApplication:
    name: str  # DisplayName
    version: str  # DisplayVersion, "" none given
    publisher: str
    installed_on: str | None  # a day
    scope: str  # machine, machine (32 bit), user
    user: str  # SID, "" of the machine
    key: str  # name of its key: a product code {GUID} or a name
    system_component: bool  # hidden from the list that people see
    parent: str  # ParentKeyName: it is an update of that; "" none


@dataclass(frozen=True, slots=True)
class WindowsRuntime:
    name: str  # Microsoft.NETCore.App, Microsoft.AspNetCore.App, Microsoft.WindowsDesktop.App
    version: str
    architecture: str  # x64, x86, arm64


@dataclass(frozen=True, slots=True)
class WindowsApplications:
    items: tuple[WindowsApplication, ...]
    users_seen: int | None  # profiles whose own list could be read
    users_all: int | None  # profiles of people on this machine; the difference was not loaded, so not seen
    dotnet_framework: int | None  # Release of .NET Framework 4: 533320 is 4.8.1; NOT_SET: none
    dotnet_runtimes: tuple[WindowsRuntime, ...] | None

    @property
    def users_unseen(self) -> int | None:
        if self.users_all is None or self.users_seen is None:
            return None
        return max(0, self.users_all - self.users_seen)
