"""The order of firmware versions: vendors' release lists, properties over every pair, and recorded devices."""

import itertools
import random
from collections import Counter

import pytest

from checks.firmware.schemes import known, scheme_of
from checks.firmware.versions import NotComparable, Order, Scheme, Unparsed, Version, at_least, compare, meets
from inventory.facts.device import VersionKind
from tests.scanner.probes.network.walks import devices

# Oldest first, each line from one vendor's list of releases of one train.
RISING = [
    (
        "Cisco",
        "IOS",
        "15.2(7)E|15.2(7)E0a|15.2(7)E1|15.2(7)E1a|15.2(7)E2|15.2(7)E3|15.2(7)E3k|15.2(7)E4|15.2(7)E10|15.2(8)E",
    ),
    ("Cisco", "IOS", "15.0(1)SE|15.0(2)SE|15.0(2)SE2|15.0(2)SE8|15.0(2)SE10a|15.0(2)SE11"),
    ("Cisco", "IOS", "15.2(2)E|15.2(2a)E1|15.2(2a)E2|15.2(2b)E|15.2(3)E"),
    ("Cisco", "IOS", "12.4(1)|12.4(1a)|12.4(3)|12.4(23)|12.4(23b)|12.4(25)"),
    ("Cisco", "IOS-XE", "16.12.1|16.12.05|16.12.05b|16.12.8|17.03.01|17.3.4|17.03.04a|17.3.5|17.6.1|17.15.1|26.1.1"),
    ("Cisco", "IOS-XE", "03.06.00E|03.06.05E|03.06.05aE|03.07.05E|03.11.04E"),
    ("Cisco", "NX-OS", "9.2(1)|9.3(1)|9.3(9)|9.3(10)|10.1(1)|10.2(2)F|10.2(4)M|10.3(4)|10.3(4a)(M)"),
    ("Cisco", "NX-OS", "7.0(3)I4(1)|7.0(3)I7(1)|7.0(3)I7(3)|7.0(3)I7(3a)|7.0(3)I7(7)|7.0(3)I7(10)"),
    ("Cisco", "ASA", "9.8(4)|9.8(4)10|9.12(1)|9.16(4)|9.16(4)14|9.16(4)82|9.18(1)"),
    ("Cisco", "Firepower Threat Defense", "6.2.0|6.2.0.4|6.4.0|7.4.1.1|7.4.2"),
    ("Cisco", "IOS-XR", "6.4.2|6.6.3|7.3.2|7.10.1"),
    ("Cisco", "Cisco IMC", "3.0(3a)|4.1(2f)|4.1(3b)|4.3(2.240002)|4.3(4.240152)"),
    ("Juniper", "Junos", "18.4R2-S4.10|20.4R1|20.4R2|20.4R3|20.4R3-S2|20.4R3-S10|21.1R1|22.4R3-S2|23.2R1"),
    ("Juniper", "Junos", "20.4R3-S2.3|20.4R3-S2.6|20.4R3-S2.12"),
    ("Juniper", "Junos", "12.3X48-D15|12.3X48-D105|12.3X48-D105.4"),
    ("Juniper", "Junos", "21.2R1-EVO|21.2R3-EVO|21.2R3-S3-EVO|22.3R1-EVO"),
    (
        "Fortinet",
        "FortiOS",
        "v6.0.0,build0076|v6.4.9,build1966,220421 (GA)|v7.0.5,build0304,220208 (GA)|v7.0.6,build0366|7.2.0|7.2.11",
    ),
    ("Fortinet", "FortiOS", "v7.0.5,build0301|v7.0.5,build0304,220208 (GA)"),
    ("Palo Alto Networks", "PAN-OS", "9.1.19|10.0.12-h6|10.1.6|10.1.6-h3|10.1.6-h10|10.1.14-h20|11.0.0|11.1.4-h7"),
    (
        "MikroTik",
        "RouterOS",
        "6.40.5|6.44|6.44.1|6.49.10 (long-term)|7.1beta6|7.1rc4|7.1|7.1.1|7.11.2 (stable)|7.16beta3|7.16",
    ),
    ("Arista", "EOS", "4.15.5M|4.20.1F|4.23.4M|4.23.4.2M|4.28.0F|4.28.3M|4.28.10M|4.30.1F"),
    ("Aruba", "ArubaOS-Switch", "WC.16.02.0003|WC.16.10.0009|WC.16.11.0012|WC.16.11.0020"),
    ("HPE", "ArubaOS-Switch", "K.14.47|K.15.18.0007|K.16.02.0026m"),
    ("Aruba", "ArubaOS-CX", "FL.10.04.2000|FL.10.10.0002|FL.10.10.1020|FL.10.13.1130|FL.10.16.1006"),
    ("Aruba", "ArubaOS", "6.4.4.8|8.2.0.2|8.10.0.2|8.10.0.12"),
    ("HPE", "Comware", "7.1.045 Release 3109P05|7.1.070 Release 3208|7.1.070 Release 3208P03|7.1.070 Release 3208P10"),
    (
        "Huawei",
        "VRP",
        "5.170 (V200R009C00SPC500)|5.170 (V200R010C00SPC600)|5.170 (V200R019C10)|5.170 (V200R019C10SPC500)",
    ),
    ("HPE", "iLO", "1.54|2.50|2.72|2.82"),
    ("Dell", "iDRAC", "2.65.65.65|2.85.85.85|5.10.10.00|6.10.80.00|7.00.00.183"),
    ("HPE", "bios", "U58 v1.20 (08/18/2021)|U58 v2.00|U58 v2.44 (01/17/2025)"),
    ("HP", "bios", "N01 Ver. 02.17|N01 Ver. 02.57"),
    ("Dell Inc.", "bios", "1.9.4|2.2.11|2.12.1"),
    ("LENOVO", "bios", "N2CET52W (1.35 )|N2CET63W (1.46 )"),
    (
        "APC",
        "AOS",
        "AOS v3.0.9.a / App v2.2.5.a|AOS v3.7.3 / App v3.7.2|AOS v6.8.2 / App v6.8.0|AOS v6.8.8 / App v6.8.0",
    ),
    ("VMware", "ESXi", "6.7.0|7.0.0|7.0.3|8.0.1|8.0.2"),
    ("VMware", "ESXi", "8.0.2 build-22380479|8.0.2 build-23305546"),
    (
        "Synology",
        "DSM",
        "6.2-25426|7.0.1-42218|7.1-42661|7.1.1-42962|7.1.1-42962 Update 2|7.1-42962 Update 6|7.2-64570",
    ),
    ("NetApp", "Data ONTAP", "9.9.1|9.13.1|9.13.1P8|9.13.1P10|9.14.1"),
    ("Extreme Networks", "EXOS", "15.3.5.2|16.2.5.4|16.2.5.4-patch1-5|16.2.5.4-patch1-10|22.1.1.5"),
    ("Check Point", "Gaia", "R77.30|R80.40|R81|R81.10|R81.20"),
    ("Zyxel", "ZyNOS/ZLD", "V4.62(AALB.0)|V4.62(AALB.1)|V5.40(AALB.0)"),
    ("Brocade", "Fabric OS", "v7.4.2|v7.4.2a|v8.2.3|v8.2.3c|v8.2.3c1|v9.0.0"),
]
NOT_COMPARABLE = [
    ("Cisco", "IOS", "15.2(7)E3", "15.0(2)SE11", "are of different trains (15.2E, 15.0SE)"),
    ("Cisco", "IOS-XE", "03.07.05E", "16.12.05b", "are of different trains (XE 3 E, XE)"),
    ("Cisco", "NX-OS", "7.0(3)I7(8)", "7.3(3)N1(1)", "are of different trains (I, N)"),
    ("Cisco", "NX-OS", "7.0(3)I7(8)", "9.3(10)", "are of different trains (I, none)"),
    ("Juniper", "Junos", "12.3X48-D105", "20.4R3", "are of different trains (12.3X48, R)"),
    ("Juniper", "Junos", "21.2R3", "21.2R3-EVO", "are of different trains (R, R-EVO)"),
    ("Juniper", "Junos", "20.4R3-S2", "20.4R3-S2.6", "tells its build"),
    ("Fortinet", "FortiOS", "7.0.5", "v7.0.5,build0304,220208 (GA)", "tells its build"),
    ("Aruba", "ArubaOS-Switch", "WC.16.11.0012", "KB.16.10.0009", "are of different trains (WC, KB)"),
    ("Aruba", "ArubaOS-CX", "FL.10.10.1020", "LL.10.13.1040", "are of different trains (FL, LL)"),
    ("Huawei", "VRP", "5.170 (V200R019C10SPC500)", "8.200 (V800R012C10SPC300)", "are of different trains (V200, V800)"),
    ("HPE", "bios", "U58 v2.44", "U30 v2.76", "are of different trains (U58, U30)"),
    ("APC", "AOS", "AOS v6.8.8 / App v6.0.2.a", "AOS v6.8.2 / App v6.8.0", "one program of"),
    ("APC", "AOS", "AOS v6.8.8 / App v6.0.2", "v2.6.7", "same programs"),
]  # fmt: skip
SAME = [
    ("Cisco", "IOS-XE", "17.03.04a", "17.3.4a"),
    ("Cisco", "NX-OS", "10.2(3)F", "10.2(3)"),
    ("MikroTik", "RouterOS", "6.49.10 (long-term)", "6.49.10"),
    ("Arista", "EOS", "4.28.3M", "4.28.3"),
    ("Fortinet", "FortiOS", "v7.4.8-build2744 250926 (GA.M)", "v7.4.8,build2744"),
    ("Synology", "DSM", "7.1-42962", "DSM 7.1.1-42962"),
]
REFUSED = [
    ("Cisco", "IOS", "12.4(3.9)T"),
    ("Cisco", "IOS", "15.2(20120213:123)E"),
    ("Cisco", "IOS-XE", "17.17.20240828"),
    ("Cisco", "IOS-XR", "6.4.1.14I"),
    ("Juniper", "Junos", "22.1B1.4"),
    ("Juniper", "Junos", "21.4I20211001_0101"),
    ("Fortinet", "FortiOS", "v7.2.0,build1111 (Interim)"),
    ("Palo Alto Networks", "PAN-OS", "10.2.0-b7"),
    ("Huawei", "VRP", "BootROM ver 04.73"),
    ("HPE", "bios", "U58"),
    ("Dell", "iDRAC", ""),
    ("Arista", "EOS", "4.28.3M\n4.28.4M"),
    ("MikroTik", "RouterOS", "7." * 200),
    ("MikroTik", "RouterOS", "٧.١"),
]


def scheme(vendor: str, os: str) -> Scheme:
    found = scheme_of(vendor, os)
    assert found is not None
    return found


def version(vendor: str, os: str, text: str) -> Version:
    made = scheme(vendor, os).parse(text)
    assert isinstance(made, Version), made
    return made


@pytest.mark.parametrize(("vendor", "os", "line"), RISING)
def test_every_pair_of_a_release_list_is_in_its_order(vendor: str, os: str, line: str) -> None:
    versions = [version(vendor, os, text) for text in line.split("|")]
    for older, newer in itertools.combinations(versions, 2):
        if isinstance(compare(older, newer), NotComparable):
            assert bool(older.build) != bool(newer.build), (older, newer)
            continue
        assert compare(older, newer) is Order.OLDER, (older, newer)
        assert compare(newer, older) is Order.NEWER
        assert at_least(newer, older) is True
        assert at_least(older, newer) is False


@pytest.mark.parametrize(("vendor", "os", "a", "b", "why"), NOT_COMPARABLE)
def test_what_is_not_comparable_says_why(vendor: str, os: str, a: str, b: str, why: str) -> None:
    for x, y in ((a, b), (b, a)):
        found = compare(version(vendor, os, x), version(vendor, os, y))
        assert isinstance(found, NotComparable)
    found = compare(version(vendor, os, a), version(vendor, os, b))
    assert isinstance(found, NotComparable)
    assert why in found.reason


def test_versions_of_two_schemes_are_not_comparable() -> None:
    found = compare(version("Arista", "EOS", "4.28.3M"), version("Cisco", "ASA", "9.8(4)"))
    assert found == NotComparable("4.28.3M is a Arista EOS version, 9.8(4) one of Cisco ASA")


@pytest.mark.parametrize(("vendor", "os", "a", "b"), SAME)
def test_two_ways_to_write_one_version(vendor: str, os: str, a: str, b: str) -> None:
    assert compare(version(vendor, os, a), version(vendor, os, b)) is Order.SAME
    assert meets(version(vendor, os, a), version(vendor, os, b))


@pytest.mark.parametrize(("vendor", "os", "text"), REFUSED)
def test_what_was_not_released_or_is_no_version_is_refused(vendor: str, os: str, text: str) -> None:
    refused = scheme(vendor, os).parse(text)
    assert isinstance(refused, Unparsed)
    assert refused.why


def test_an_approval_without_build_stands_for_each_build_and_not_the_other_way_round() -> None:
    bare, spun = version("Juniper", "Junos", "20.4R3-S2"), version("Juniper", "Junos", "20.4R3-S2.6")
    assert meets(spun, bare)
    assert at_least(spun, bare) is True
    assert not meets(bare, spun)
    assert isinstance(at_least(bare, spun), NotComparable)
    assert not meets(version("Juniper", "Junos", "20.4R3-S3.1"), bare)


@pytest.mark.parametrize(("vendor", "os"), [("Nokia", "SR OS"), ("Dell", "EOS"), (None, None), ("Supermicro", "bios")])
def test_what_is_not_in_the_map_has_no_order(vendor: str | None, os: str | None) -> None:
    assert scheme_of(vendor, os) is None


def test_the_order_is_antisymmetric_and_transitive() -> None:
    """Over generated versions of each train: those of the lists, with their numbers changed."""
    chance = random.Random(4)  # noqa: S311 (no secret)
    for vendor, os, line in RISING:
        texts = {_varied(text, chance) for text in line.split("|") * 4} | set(line.split("|"))
        parsed = [v for text in sorted(texts) if isinstance(v := scheme(vendor, os).parse(text), Version)]
        assert len(parsed) >= len(line.split("|"))
        _assert_ordered(parsed)


def _assert_ordered(versions: list[Version]) -> None:
    turned = {Order.OLDER: Order.NEWER, Order.NEWER: Order.OLDER, Order.SAME: Order.SAME}
    found = {(a, b): compare(a, b) for a, b in itertools.product(versions, repeat=2)}
    for (a, b), order in found.items():
        back = found[b, a]
        assert isinstance(back, NotComparable) if isinstance(order, NotComparable) else back is turned[order], (a, b)
    for a, b, c in itertools.permutations(versions, 3):
        for order in (Order.OLDER, Order.SAME):
            if found[a, b] is order and found[b, c] is order:
                assert found[a, c] is order, (a, b, c)


def _varied(text: str, chance: random.Random) -> str:
    at = [place for place, letter in enumerate(text) if letter.isdigit()]
    place = chance.choice(at)
    return text[:place] + str(chance.randrange(10)) + text[place + 1 :]


@pytest.mark.data
@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.soak)])
def test_versions_of_recorded_devices_are_read_or_refused(every: int) -> None:
    told: Counter[str] = Counter()
    for name, device in sorted(devices(every).items()):
        known_os = scheme_of(device.vendor, device.os)
        if known_os is None or device.version is None or device.version_kind is not VersionKind.SOFTWARE:
            continue
        read = known_os.parse(device.version)
        told["read" if isinstance(read, Version) else "refused"] += 1
        if isinstance(read, Version):
            assert compare(read, read) is Order.SAME
        else:
            print(f"{name}: {device.os} {device.version!r}: {read.why}")  # noqa: T201
    print(f"{dict(told)} of {len(known())} operating systems with a scheme")  # noqa: T201
    assert told["read"] >= 180 // every
    assert told["refused"] <= 0.05 * told["read"]
