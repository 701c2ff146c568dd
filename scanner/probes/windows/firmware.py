"""BIOS or UEFI, Secure Boot, TPM; and BitLocker."""

from inventory.facts.windows_firmware import WindowsBitlocker, WindowsEncryptedVolume, WindowsFirmware
from inventory.facts.windows_setting import NOT_SET
from scanner.probes.windows.reading import Data, chosen
from scanner.probes.windows.section import probe

_TPM2 = "MSFT0101"  # the ACPI id of a TPM 2.0 (TCG ACPI Specification)
_TYPES = {0: "os", 1: "fixed", 2: "removable"}
_PROTECTIONS = {0: "off", 1: "on"}
_METHODS = {
    0: "none",
    1: "aes-128-diffuser",
    2: "aes-256-diffuser",
    3: "aes-128",
    4: "aes-256",
    5: "hardware",
    6: "xts-aes-128",
    7: "xts-aes-256",
}
_PROTECTORS = {
    1: "tpm",
    2: "external key",
    3: "recovery password",
    4: "tpm+pin",
    5: "tpm+key",
    6: "tpm+pin+key",
    7: "public key",
    8: "password",
    9: "tpm+certificate",
    10: "sid",
}


def read_firmware(data: Data) -> WindowsFirmware:
    registry = data.part("registry")
    bios, board = data.part("bios"), data.part("board")
    kind, secure = registry.number("PEFirmwareType"), registry.setting("UEFISecureBootEnabled", most=1)
    present, version = _tpm_seen(data)
    row = next(iter(data.rows("tpm") or ()), Data({}))
    return WindowsFirmware(
        vendor=bios.word("Manufacturer"),
        version=bios.word("SMBIOSBIOSVersion"),
        released_on=data.day("released_on"),
        board_maker=board.word("Manufacturer"),
        board=board.word("Product"),
        sku=data.part("machine").word("SystemSKUNumber"),
        uefi=None if kind is None else kind == 2,
        secure_boot=None if secure is None else secure not in (0, NOT_SET),
        tpm_present=present,
        tpm_version=version,
        tpm_enabled=row.flag("IsEnabled_InitialValue"),
        tpm_activated=row.flag("IsActivated_InitialValue"),
        tpm_owned=row.flag("IsOwned_InitialValue"),
        processor=data.part("processor").word("Name"),
        revision=data.word("revision"),
    )


def _tpm_seen(data: Data) -> tuple[bool | None, str | None]:
    """By the TPM itself, which needs administrator rights, else by the device that Windows made of it."""
    rows = data.rows("tpm")
    if rows:
        version = rows[0].word("SpecVersion").split(",")[0].strip()
        return True, version if version in ("2.0", "1.2") else None
    devices = data.rows("tpm_devices")
    if devices is None:
        return (None, None) if rows is None else (False, "")
    ids = [text.upper() for one in devices for text in one.texts("HardwareID") or ()]
    if any(_TPM2 in text for text in ids):
        return True, "2.0"
    return (True, None) if devices else (False, "") if rows is not None else (None, None)


def read_bitlocker(data: Data) -> WindowsBitlocker:
    return WindowsBitlocker(tuple(map(_volume, data.needed_rows("volumes"))))


def _volume(row: Data) -> WindowsEncryptedVolume:
    state, protectors = row.number("ConversionStatus"), row.numbers("protectors")
    return WindowsEncryptedVolume(
        drive=row.word("DriveLetter"),
        kind=chosen(row.number("VolumeType"), _TYPES),
        protection=chosen(row.number("ProtectionStatus"), _PROTECTIONS),
        encrypted=None if state is None else state == 1,
        method=chosen(row.number("EncryptionMethod"), _METHODS),
        protectors=None if protectors is None else tuple(_PROTECTORS.get(one, "other") for one in protectors),
    )


FIRMWARE = probe("firmware", read_firmware, seconds=30)
BITLOCKER = probe("bitlocker", read_bitlocker, admin=True, seconds=30)
