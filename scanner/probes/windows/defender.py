"""Microsoft Defender Antivirus and other antivirus products."""

from inventory.facts.windows_defender import WindowsDefender, WindowsSecurityProduct
from scanner.probes.windows.reading import Data
from scanner.probes.windows.section import probe
from scanner.query import Unreadable

_NEVER = 65_535  # an age of this or more days says that it never happened


def read_defender(data: Data) -> WindowsDefender:
    """Of a Defender that is there and does not say how it is, as beside another product, nothing more is known."""
    status, service = data.part("status"), data.word("service")
    if data.told.get("status") is None and not service:
        raise Unreadable("the section does not say whether Defender is there")
    rows = data.rows("products")
    return WindowsDefender(
        present=data.told.get("status") is not None or service != "absent",
        mode=status.text("AMRunningMode"),
        antivirus_enabled=status.flag("AntivirusEnabled"),
        real_time=status.flag("RealTimeProtectionEnabled"),
        behaviour=status.flag("BehaviorMonitorEnabled"),
        downloads=status.flag("IoavProtectionEnabled"),
        network=status.flag("NISEnabled"),
        tamper_protected=status.flag("IsTamperProtected"),
        signature_age_days=status.number("AntivirusSignatureAge"),
        signature_version=status.text("AntivirusSignatureVersion"),
        signatures_updated_at=status.moment("AntivirusSignatureLastUpdated"),
        engine_version=status.text("AMEngineVersion"),
        product_version=status.text("AMProductVersion"),
        days_since_quick_scan=_age(status, "QuickScanAge"),
        days_since_full_scan=_age(status, "FullScanAge"),
        products=tuple(map(_product, rows)) if rows else None,  # Security Center names Defender at least
    )


def _age(status: Data, key: str) -> int | None:
    days = status.number(key)
    return None if days is None or days >= _NEVER else days


def _product(row: Data) -> WindowsSecurityProduct:
    """``productState`` is not documented; these two bytes are what Security Center itself shows."""
    state = row.number("productState")
    if state is None:
        return WindowsSecurityProduct(row.word("displayName"), None, None)
    switch, signatures = state >> 8 & 0xFF, state & 0xFF
    return WindowsSecurityProduct(row.word("displayName"), switch in (0x10, 0x11), signatures == 0)


DEFENDER = probe("defender", read_defender, seconds=30)
