"""BIOS or UEFI, Secure Boot and the TPM. Sources: Win32_BIOS, Win32_BaseBoard, Win32_Tpm, registry, Win32_PnPEntity."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WindowsFirmware:
    vendor: str
    version: str  # SMBIOSBIOSVersion
    released_on: str | None  # a day
    board_maker: str
    board: str
    sku: str  # SystemSKUNumber, "" unknown: makers' advisories go by it
    uefi: bool | None  # PEFirmwareType 2; False: legacy BIOS
    secure_boot: bool | None  # None unknown; False also where the firmware cannot
    tpm_present: bool | None
    tpm_version: str | None  # "2.0", "1.2"; None unknown, "" no TPM
    tpm_enabled: bool | None  # needs administrator rights
    tpm_activated: bool | None
    tpm_owned: bool | None
    processor: str
    revision: str  # microcode in force, in hexadecimal; "" unknown


@dataclass(frozen=True, slots=True)
class WindowsEncryptedVolume:
    drive: str  # "C:", "" for one without a letter
    kind: str  # os, fixed, removable, unknown
    protection: str  # on, off, unknown (locked)
    encrypted: bool | None  # fully encrypted
    method: str  # xts-aes-128, xts-aes-256, aes-128, aes-256, hardware, none, unknown
    protectors: tuple[str, ...] | None  # tpm, tpm+pin, tpm+key, recovery password, password, external key, ...


@dataclass(frozen=True, slots=True)
class WindowsBitlocker:
    """Volumes that BitLocker can encrypt (Win32_EncryptableVolume; needs administrator rights)."""

    volumes: tuple[WindowsEncryptedVolume, ...]

    @property
    def system(self) -> WindowsEncryptedVolume | None:
        """The volume Windows runs from; None: not among them."""
        return next((v for v in self.volumes if v.kind == "os"), None)

    @property
    def unprotected(self) -> tuple[str, ...]:
        """Drives that are built in and not protected."""
        return tuple(v.drive for v in self.volumes if v.kind in ("os", "fixed") and v.protection != "on")
