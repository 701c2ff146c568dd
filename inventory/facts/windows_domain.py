"""What the machine belongs to, who it is, and how it keeps time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WindowsDomain:
    joined: bool | None  # to an Active Directory domain
    role: int | None  # Win32_ComputerSystem.DomainRole: 0, 1 workstation; 2, 3 server; 4, 5 domain controller
    name: str  # of the domain or workgroup
    entra_joined: bool | None  # Microsoft Entra ID (Azure AD)
    mdm: str | None  # name of the enrolled management provider; "" none

    @property
    def domain_controller(self) -> bool | None:
        return None if self.role is None else self.role in (4, 5)

    @property
    def managed(self) -> bool | None:
        """Something central can set policies here."""
        if self.joined or self.entra_joined or self.mdm:
            return True
        return None if None in (self.joined, self.entra_joined, self.mdm) else False


@dataclass(frozen=True, slots=True)
class WindowsIdentity:
    """Strong identities of a Windows machine. None: could not be read. SMBIOS values may be a maker's filler."""

    smbios_uuid: str | None
    serial: str | None
    machine_guid: str | None  # HKLM\\SOFTWARE\\Microsoft\\Cryptography
    machine_sid: str | None  # S-1-5-21-a-b-c; copies of one image may share it
    device_id: str | None  # of Entra ID
    macs: tuple[str, ...]  # of physical adapters, aa:bb:cc:dd:ee:ff


@dataclass(frozen=True, slots=True)
class WindowsTime:
    """The Windows Time service. ``synchronised`` by ``w32tm /query /status``; None: refused, or not understood."""

    service_running: bool | None
    service_start: str  # auto, manual, disabled, absent, "" unknown
    type: str | None  # NTP, NT5DS (from the domain), AllSync, NoSync; "" not set
    servers: tuple[str, ...]  # of NtpServer, without flags
    synchronised: bool | None
    stratum: int | None
    source: str | None
    skew_seconds: float | None  # at least this far off the scanner's clock; None: a file, which nobody timed
