"""What a server is, from services made after what makers document, and from DMTF's own example."""

from typing import Any

import pytest

from inventory.asset import Asset, Connection
from inventory.facts.device import Device
from scanner.probes.redfish.device import DEVICE, LINKS
from scanner.probes.redfish.makers import MAKERS, named
from scanner.query import Answer, RedfishTree, Unreadable
from tests.lab.redfish import published
from tests.lab.redfish_trees import V1, collection, dell, enclosure, hpe, lenovo, link, openbmc, service
from tests.scanner.transports.redfish_bench import walked

BMC = Asset("bmc", Connection("redfish", "192.0.2.1"))
QUERY = RedfishTree("device", LINKS)


def device(tree: dict[str, Any]) -> Device:
    from scanner.probes.redfish.device import identify

    return identify(walked(tree, QUERY))


def short(one: Device) -> tuple[str | None, ...]:
    return (one.vendor, one.os, one.model, one.version, one.serial, one.boot_version, one.rule)


MADE = {
    "hpe": (hpe, ("HPE", "iLO 5", "ProLiant DL380 Gen10", "2.81", "CZ00000001", "U30 v2.76 (02/09/2023)", "hpe-ilo")),
    "dell": (dell, ("Dell", "iDRAC9", "PowerEdge R640", "6.10.30.20", "ABCD123", "2.18.1", "dell-idrac")),
    "lenovo": (
        lenovo,
        (
            "Lenovo",
            "XClarity Controller",
            "ThinkSystem SR650",
            "CDI3A4E 9.40 2023-01-18",
            "J300AAAA",
            "IVE178E",
            "lenovo-xcc",
        ),
    ),
    "openbmc": (openbmc, ("Example Corp", "OpenBMC", "Board 7", "2.14.0-rc2", "E-1", None, "openbmc")),
    "enclosure": (enclosure, ("Example Corp", "Bay manager", "E-10", None, "E1", None, "redfish")),
}


@pytest.mark.parametrize("maker", MADE)
def test_makers(maker: str) -> None:
    made, expected = MADE[maker]
    assert short(device(made())) == expected


@pytest.mark.data
def test_the_published_tree() -> None:
    told = device(published())
    assert short(told) == (
        "Contoso",
        "Joo Janta 200",
        "3500",
        "1.45.455b66-rev4",
        "437XR1138R2",
        "P79 v1.45 (12/06/2017)",
        "redfish",
    )
    assert told.hostname == "web483"
    assert told.conflicts == ()
    assert told.gaps == ()
    assert told.parts is not None
    firmware = {part.name: part.software for part in told.parts if part.kind == "firmware"}
    assert firmware == {
        "Contoso BMC Firmware": "1.45.455b66-rev4",
        "Contoso Simple Storage Firmware": "2.50",
        "Contoso BIOS Firmware": "P79 v1.45",
    }
    places = {source.field: source.oid for source in told.evidence}
    assert places["version"] == f"{V1}/Managers/BMC#/FirmwareVersion"
    assert places["serial"] == f"{V1}/Systems/437XR1138R2#/SerialNumber"


def test_firmware_that_does_not_run_is_told_apart() -> None:
    parts = device(dell()).parts or ()
    assert [part.kind for part in parts if part.software == "5.10.50.00"] == ["firmware, not running"]
    assert [part.kind for part in parts if part.software == "6.10.30.20"] == ["manager", "firmware"]


def test_an_inventory_that_contradicts_the_bmc_is_told() -> None:
    told = device(openbmc())
    assert len(told.conflicts) == 1
    assert told.conflicts[0].kept == told.version == "2.14.0-rc2"
    assert [source.raw for source in told.conflicts[0].said] == ["2.14.0-rc2", "2.13.0"]
    assert device(hpe()).conflicts == ()


@pytest.mark.parametrize(
    ("inventory", "conflict"),
    [("2.81", False), ("v2.81", False), ("iLO-2.81-3", False), ("2.8", True), ("2.810", True), ("3.0", True)],
)
def test_only_another_version_is_a_contradiction(inventory: str, conflict: bool) -> None:
    made = hpe()
    made[f"{V1}/UpdateService/FirmwareInventory/1"]["Version"] = inventory
    assert bool(device(made).conflicts) is conflict


def test_blades_have_no_common_serial_number() -> None:
    told = device(enclosure())
    assert {part.serial for part in told.parts or () if part.kind == "system"} == {"S1", "S2"}
    assert told.version is None
    assert {source.raw for source in told.evidence if source.field == "version"} == {"3.0", "3.1"}


def test_a_board_of_accelerators_is_not_the_server() -> None:
    made = hpe()
    made[f"{V1}/Systems"] = collection("Systems", ["Board_0", "1"])
    made[f"{V1}/Systems/Board_0"] = {"Model": "Accelerators", "SerialNumber": "X"}
    assert short(device(made))[2:5] == ("ProLiant DL380 Gen10", "2.81", "CZ00000001")


def test_without_a_system_it_is_the_chassis() -> None:
    made = service(
        {
            "Managers/1": {"Model": "PDU card", "FirmwareVersion": "4.2"},
            "Chassis/1": {"Manufacturer": "Example Corp", "Model": "PDU 7", "SerialNumber": "P1"},
        }
    )
    assert short(device(made)) == ("Example Corp", "PDU card", "PDU 7", "4.2", "P1", None, "redfish")


def test_what_was_not_read_is_said() -> None:
    made = hpe()
    del made[f"{V1}/UpdateService/FirmwareInventory/2"]
    assert any("FirmwareInventory/2" in gap and "404" in gap for gap in device(made).gaps)


def test_a_service_without_anything_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="neither systems nor managers"):
        device(service({}))
    made = {V1: {"RedfishVersion": "1.0.0", "Systems": link("Systems")}}
    with pytest.raises(Unreadable, match="404"):
        device(made)


ODD: tuple[object, ...] = (
    {},
    [],
    7,
    None,
    "x",
    {"@odata.id": 1},
    True,
    ["\ud800", {"a": None}],
    "\x1b[2J\n\ud800",
    1e300,
)


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_odd_types_anywhere_are_no_fault_of_ours(odd: object) -> None:
    for path, body in hpe().items():
        for name in body:
            made = hpe()
            made[path] = body | {name: odd}
            try:
                told = device(made)
            except Unreadable:
                continue
            assert all(text is None or text.isprintable() for text in short(told))


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b"no JSON", b'{"path":"/redfish/v1"}', b'{"path":"/redfish/v1","body":7}', b"[" * 9999]
)
def test_evidence_that_we_did_not_write_is_unreadable(line: bytes) -> None:
    with pytest.raises(Unreadable):
        DEVICE.parse(BMC, [Answer("device", line)])


def test_it_asks_once() -> None:
    assert DEVICE.query(BMC, ()) == QUERY
    assert DEVICE.query(BMC, (Answer("device"),)) is None


@pytest.mark.parametrize(
    ("made_by", "model", "version", "expected"),
    [
        ("HPE", "iLO 4", "iLO 4 v2.30", ("hpe-ilo", "HPE", "iLO 4", "2.30")),
        ("Hewlett Packard Enterprise", "iLO 6", "1.62 Mar 2 2024", ("hpe-ilo", "HPE", "iLO 6", "1.62")),
        ("Dell Inc.", "13G Modular", "2.60.60.60", ("dell-idrac", "Dell", "iDRAC8", "2.60.60.60")),
        ("Dell Inc.", "17G Monolithic", "1.30.10.50", ("dell-idrac", "Dell", "iDRAC10", "1.30.10.50")),
        ("Dell Inc.", "18G Monolithic", "1.0", ("dell-idrac", "Dell", "18G Monolithic", "1.0")),
        ("Example", "14G Monolithic", "1.0", ("redfish", "Example", "14G Monolithic", "1.0")),
        ("Lenovo", "XClarity Controller 2", None, ("lenovo-xcc", "Lenovo", "XClarity Controller 2", None)),
        ("Supermicro", "ASPEED", "01.73.06", ("redfish", "Supermicro", "ASPEED", "01.73.06")),
        (None, None, None, ("redfish", None, None, None)),
    ],
)
def test_names(made_by: str | None, model: str | None, version: str | None, expected: tuple[str | None, ...]) -> None:
    by = named(made_by, model, version)
    assert (by.rule, by.vendor, by.os, by.version) == expected


def test_every_line_says_where_it_comes_from() -> None:
    assert all(maker.source for maker in MAKERS)
    assert len({maker.rule for maker in MAKERS}) == len(MAKERS)
