"""Firmware of a host's parts as fwupd knows it, and what its metadata (mostly of the LVFS) lists as newer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FirmwareDevice:
    """A part with firmware. ``problems`` are fwupd's words for why it cannot be updated now."""

    id: str  # fwupd's device id, the same after every restart
    name: str
    vendor: str
    version: str  # "" unknown
    plugin: str  # uefi_capsule, nvme, tpm ...: which of fwupd's plugins found it
    guids: int  # how many identities it is looked up by
    updatable: bool
    supported: bool  # the metadata knows this device; of another one fwupd can say nothing
    internal: bool  # part of the machine, not plugged in
    needs_reboot: bool  # an update is written and waits for a restart
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FirmwareUpdate:
    """A release that fwupd would install on one device: the newest of those it lists."""

    device: str  # FirmwareDevice.id
    name: str  # of the device
    installed: str
    version: str
    released: str = ""  # YYYY-MM-DD, "" unknown
    urgency: str = ""  # low, medium, high, critical: the vendor's word for any release not yet installed; "" not told
    issues: tuple[str, ...] = ()  # CVE ids and vendor's numbers of all releases not yet installed, sorted
    remote: str = ""  # lvfs, vendor-directory ...


@dataclass(frozen=True, slots=True)
class Remote:
    """A source of metadata that is switched on."""

    id: str
    download: bool  # fetched from a server; else a folder of this host
    fetched: str = ""  # YYYY-MM-DD on which the host last fetched it, "" never, or not known


@dataclass(frozen=True, slots=True)
class HostFirmware:
    fwupd: str  # its version, "" not told
    devices: tuple[FirmwareDevice, ...]
    updates: tuple[FirmwareUpdate, ...] | None  # None: could not be read
    remotes: tuple[Remote, ...] | None  # enabled ones; None: could not be read
    gaps: tuple[str, ...] = ()  # what could not be read, one sentence each

    @property
    def metadata_day(self) -> str:
        """The oldest day on which a downloaded source was fetched; "" when one never was, or there is none."""
        return min((remote.fetched for remote in self.remotes or () if remote.download), default="")
