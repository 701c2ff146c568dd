"""The machine below the operating system, from DMI (SMBIOS, DSP0134) as /sys/class/dmi/id shows it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hardware:
    vendor: str
    model: str
    bios_vendor: str
    bios_version: str
    bios_date: str  # ISO 8601, "" unknown
    board: str
    chassis: str  # desktop, laptop, server, virtual, other
    portable: bool
    virtual: bool
    serial: str | None  # None: needs root, or not set by the maker
