"""Which product of a publisher's advisories a device is, by what it says of itself."""

import re

from inventory.facts.device import Device

# Vendors, as the family tables name them, whose advisories a feed may bring; and the feed.
FEEDS = {"Fortinet": "fortinet"}
# Operating systems by the name that Fortinet's advisories use, where it is another one.
_FORTINET = {"FortiSwitchOS": "FortiSwitch"}
# One MIB serves both; the model tells them apart: FMG-VM64, FortiAnalyzer-1000F (FORTINET-FORTIMANAGER-MIB).
_BY_MODEL = (
    (re.compile(r"(?:FMG|FortiManager)", re.IGNORECASE), "FortiManager"),
    (re.compile(r"(?:FAZ|FortiAnalyzer)", re.IGNORECASE), "FortiAnalyzer"),
)
_SHARED = "FortiManager/FortiAnalyzer"
# Fortinet has five lines of access points with advisories of their own, and an access point does not tell its line.
_UNDECIDED = frozenset({"FortiAP"})


def product_of(device: Device) -> str | None:
    """The product's name in the advisories of the device's vendor; None where it cannot be told."""
    if device.vendor != "Fortinet" or not device.os or device.os in _UNDECIDED:
        return None
    if device.os == _SHARED:
        return next((name for pattern, name in _BY_MODEL if pattern.match(device.model or "")), None)
    return _FORTINET.get(device.os, device.os)


def key_of(vendor: str, product: str) -> str:
    """Of the feed's table: fortinet/fortios, fortinet/fortimanager-cloud."""
    return f"{FEEDS[vendor]}/{re.sub(r'[^a-z0-9]+', '-', product.lower()).strip('-')}"
