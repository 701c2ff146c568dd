"""Which release cycle of the support dates a device's version belongs to."""

import json
from datetime import date

import pytest

from checks.advisories.support import Cycle, SupportDates
from checks.firmware.lifecycles import LINES, cycle_of
from tests.data import folder

CASES = [
    ("FortiOS", "v7.0.5,build0304,220208 (GA)", "7.0"),
    ("FortiOS", "7.2.11", "7.2"),
    ("PAN-OS", "10.1.14-h6", "10.1"),
    ("PAN-OS", "9.0.7.xfr", None),
    ("IOS-XE", "17.03.04a", "17.3"),
    ("IOS-XE", "17.12.4", "17.12"),
    ("IOS-XE", "16.12.05b", "16.12"),
    ("IOS-XE", "03.07.05E", None),
    ("IOS-XE", "15.5(3)S1a", None),
    ("RouterOS", "7.20.6", "7.20"),
    ("RouterOS", "6.49.10 (long-term)", "6.49"),
    ("ESXi", "7.0.3", "7.0"),
    ("ESXi", "VMware ESXi 8.0.2 build-22380479", "8.0"),
    ("vCenter Server Appliance", "7.0.0.10100", "7.0"),
    ("Data ONTAP", "9.13.1P8", "9.13.1"),
    ("Data ONTAP", "8.2.5P3 7-Mode", None),
    ("TMOS", "17.1.0.3", "17.1"),
    ("OPNsense", "20.1.2", "20.1"),
    ("FreeBSD", "12.1-RELEASE-p19", "12.1"),
    ("OpenBSD", "7.1", "7.1"),
    ("NetBSD", "9.3", "9"),
    ("AIX", "6.1.9.300", "6.1.9"),
    ("AIX", "7.1", None),
    ("Solaris", "11.4", "11.4"),
    ("EOS", "4.28.3M", None),
    ("FortiOS", "unknown", None),
]


@pytest.mark.data
@pytest.mark.parametrize(("os", "version", "cycle"), CASES)
def test_the_cycle_of_a_version_is_one_that_the_publisher_has(os: str, version: str, cycle: str | None) -> None:
    products = json.loads((folder() / "feeds" / "endoflife-products.json").read_text())["products"]
    known = {
        line.product: tuple(
            Cycle(line.product, str(row["releaseCycle"]), None, None) for row in products[line.product]["releases"]
        )
        for line in LINES.values()
    }
    found = cycle_of(os, version, SupportDates(date(2026, 1, 1), "x", known))
    assert (found.cycle if found else None) == cycle


def test_a_year_with_a_leading_zero_stays_a_cycle() -> None:
    dates = SupportDates(date(2026, 1, 1), "x", {"opnsense": (Cycle("opnsense", "26.01", None, None),)})
    found = cycle_of("OPNsense", "26.01.2", dates)
    assert found is not None
    assert found.cycle == "26.01"
