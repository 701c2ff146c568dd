"""Which Windows this is: version, build, edition, channel, and what kind of machine it runs on.

Sources: ``HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion``, Win32_OperatingSystem, Win32_ComputerSystem,
Win32_SystemEnclosure. See ``windows_setting.py`` for None and "".
"""

import re
from dataclasses import dataclass

_LTSC = re.compile(r"(?:IoT)?EnterpriseS(?:N|K)?(?:Eval)?")  # N: without a media player; K: for fixed uses
MULTI_SESSION = "ServerRdsh"  # EditionID of Enterprise multi-session: a client that calls itself a server


@dataclass(frozen=True, slots=True)
class WindowsSystem:
    build: int  # CurrentBuildNumber: 19045, 26100, 20348
    ubr: int | None  # update build revision, the last part of 10.0.19045.3803
    name: str  # Win32_OperatingSystem.Caption: "Microsoft Windows 11 Pro"; ProductName lies on Windows 11
    major: int | None  # 10; 6 up to Windows 8.1
    minor: int | None  # 0; 3 for 8.1 and Server 2012 R2, 2, 1
    edition_id: str  # EditionID: Professional, Enterprise, EnterpriseS (LTSC), ServerStandard, Core (Home); "" unknown
    installation_type: str  # Client, Server, Server Core, Nano Server; "" unknown
    display_version: str  # DisplayVersion or ReleaseId: 22H2, 1809; "" where there is none (before Windows 10)
    branch: str  # BuildBranch: vb_release, ni_release, ge_release; "" unknown
    insider: str | None  # channel of the Windows Insider programme; "" takes no part; None unknown
    product_type: int | None  # Win32_OperatingSystem.ProductType: 1 workstation, 2 domain controller, 3 server
    architecture: str  # x64, x86, arm64; "" unknown
    hostname: str
    virtual: bool | None  # a virtual machine, by its maker and model
    portable: bool | None  # a laptop, tablet or convertible, by its chassis type (SMBIOS 7.4.1); None: no usable type
    manufacturer: str
    model: str
    language: str  # of the installation, as a culture name where Windows gives one: en-GB
    elevated: bool | None  # the collection ran with administrator rights
    language_mode: str  # of PowerShell: FullLanguage, ConstrainedLanguage
    powershell: str  # its version: 5.1.19041.3803

    @property
    def server(self) -> bool | None:
        """Enterprise multi-session gives the product type of a server, and is serviced as the client it is
        (learn.microsoft.com/azure/virtual-desktop/windows-multisession-faq)."""
        return None if self.product_type is None else self.product_type != 1 and self.edition_id != MULTI_SESSION

    @property
    def domain_controller(self) -> bool | None:
        return None if self.product_type is None else self.product_type == 2

    @property
    def ltsc(self) -> bool:
        """A long-term servicing edition of the client: its support dates are its own."""
        return _LTSC.fullmatch(self.edition_id) is not None

    @property
    def full_build(self) -> str:
        """``10.0.19045.3803``; without a part that is not known."""
        known = (self.major, self.minor, self.build, self.ubr)
        return ".".join(str(part) for part in known if part is not None)


@dataclass(frozen=True, slots=True)
class WindowsLicence:
    """What Windows is licensed for (SoftwareLicensingProduct). ``status``: 0 unlicensed, 1 licensed, 2 to 6 grace."""

    status: int | None
    esu: tuple[str, ...] | None  # licensed extended-security-update programmes by name; (): provably none


@dataclass(frozen=True, slots=True)
class WindowsFeature:
    name: str  # SMB1Protocol, MicrosoftWindowsPowerShellV2Root, TelnetClient, IIS-WebServer
    state: str  # enabled, disabled, absent, unknown (Win32_OptionalFeature.InstallState)


@dataclass(frozen=True, slots=True)
class WindowsFeatures:
    """Optional features, and of a server its roles (Win32_ServerFeature; None on a client or unknown)."""

    items: tuple[WindowsFeature, ...]
    roles: tuple[str, ...] | None

    @property
    def enabled(self) -> tuple[str, ...]:
        return tuple(f.name for f in self.items if f.state == "enabled")
