"""Microsoft Defender Antivirus, and the antivirus products that Windows Security Center knows.

Sources: Get-MpComputerStatus (MSFT_MpComputerStatus), AntiVirusProduct in root/SecurityCenter2 (clients only).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WindowsSecurityProduct:
    name: str
    enabled: bool | None  # productState, second byte: 0x10 on, 0x00 off, 0x01 expired, 0x11 on and snoozed
    up_to_date: bool | None  # productState, third byte: 0x00 is up to date


@dataclass(frozen=True, slots=True)
class WindowsDefender:
    """``present`` False: Defender is not on this machine, and everything of it is None.

    Also None where it is there and does not say how it is, as a Defender that another product has switched off.
    """

    present: bool
    mode: str | None  # AMRunningMode: Normal, Passive Mode, EDR Block Mode, SxS Passive Mode, Not running
    antivirus_enabled: bool | None
    real_time: bool | None
    behaviour: bool | None
    downloads: bool | None  # IOAVProtectionEnabled
    network: bool | None  # NISEnabled
    tamper_protected: bool | None
    signature_age_days: int | None  # AntivirusSignatureAge
    signature_version: str | None
    signatures_updated_at: str | None  # moment
    engine_version: str | None
    product_version: str | None
    days_since_quick_scan: int | None  # None: never, or not told
    days_since_full_scan: int | None
    products: tuple[WindowsSecurityProduct, ...] | None  # None: no Security Center (a server), or could not be read

    @property
    def others(self) -> tuple[WindowsSecurityProduct, ...] | None:
        """Products that are not Defender."""
        known = self.products
        return None if known is None else tuple(p for p in known if "Defender" not in p.name)
