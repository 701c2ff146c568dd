"""How the machine boots: Secure Boot and a password on the boot loader."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Boot:
    uefi: bool
    secure_boot: bool | None  # None: not a UEFI system, or not reported
    loader: str  # grub, systemd-boot, "" unknown
    loader_password: bool | None  # None: the configuration could not be read
