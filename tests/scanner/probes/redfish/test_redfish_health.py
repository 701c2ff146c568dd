"""How a server is doing, in the older and the newer model of the schema."""

from typing import Any

import pytest

from inventory.facts.health import Battery, DeviceHealth, Kind, Sensor, State, Thresholds
from scanner.probes.redfish.health import LINKS, health
from scanner.probes.redfish.status import state_of
from scanner.probes.redfish.tree import Resource
from scanner.query import RedfishTree, Unreadable
from tests.lab.redfish import published
from tests.lab.redfish_trees import OK, V1, ailing, hpe, link, service
from tests.scanner.transports.redfish_bench import walked


def told(tree: dict[str, Any]) -> DeviceHealth:
    return health(walked(tree, RedfishTree("health", LINKS)))


def sensors(one: DeviceHealth, kind: Kind) -> dict[str, Sensor]:
    found = [sensor for sensor in one.sensors or () if sensor.kind is kind]
    assert len({sensor.name for sensor in found}) == len(found)
    return {sensor.name: sensor for sensor in found}


def test_an_ailing_server() -> None:
    seen = told(ailing())
    supplies = sensors(seen, Kind.PSU)
    assert {name: one.state for name, one in supplies.items()} == {
        "PSU": State.CRITICAL,
        "PSU (2)": State.ABSENT,
        "PSU 3": State.WARNING,
    }
    assert supplies["PSU 3"].raw == "State Enabled, Health OK, LineInputStatus LossOfInput"
    fan = sensors(seen, Kind.FAN)["Fan 1"]
    assert (fan.state, fan.value, fan.unit) == (State.CRITICAL, 0.0, "RPM")
    inlet = sensors(seen, Kind.TEMPERATURE)["Inlet"]
    assert (inlet.state, inlet.value, inlet.thresholds) == (
        State.WARNING,
        41.0,
        Thresholds(high_warning=38.0, high_critical=47.0),
    )
    assert sensors(seen, Kind.TEMPERATURE)["CPU2"].state is State.OFF
    assert sensors(seen, Kind.VOLTAGE)["VRM1"].thresholds.low_critical == 11.0
    assert {one.name: one.state for one in seen.sensors or () if one.kind in (Kind.MODULE, Kind.OTHER)} == {
        "redundancy of Supplies": State.WARNING,
        "system one": State.CRITICAL,
        "processors of one": State.OK,
        "memory modules of one": State.WARNING,
    }
    assert [(one.name, one.kind, one.state) for one in seen.arrays or ()] == [
        ("PERC", "controller", State.OK),
        ("Disk 0", "disk", State.WARNING),
        ("Disk 1", "disk", State.CRITICAL),
        ("vd0", "array", State.CRITICAL),
    ]
    assert seen.batteries is None
    assert seen.gaps == ()


@pytest.mark.data
def test_the_published_tree() -> None:
    seen = told(published())
    assert {name: one.state for name, one in sensors(seen, Kind.PSU).items()}["Power Supply Bay 1"] is State.WARNING
    assert sensors(seen, Kind.FAN)["Fan Bay 1"].value == 2200.0
    assert sensors(seen, Kind.TEMPERATURE)["CPU1 Temp"].thresholds == Thresholds(None, None, 42.0, 45.0)
    assert seen.batteries == (
        Battery(
            "Battery 1",
            State.OK,
            "State Enabled, Health OK",
            source=f"{V1}/Chassis/1U/PowerSubsystem/Batteries/Module1",
        ),
    )
    assert [one.kind for one in seen.arrays or ()] == ["disk"] * len(seen.arrays or ())
    assert seen.arrays
    assert all(one.source.startswith(V1) for one in seen.sensors or ())


def test_sensors_stand_in_where_there_is_no_thermal() -> None:
    seen = told(
        service(
            {
                "Chassis/1": {"ThermalSubsystem": link("Chassis/1/ThermalSubsystem")},
                "Chassis/1/ThermalSubsystem": {},
                "Chassis/1/Sensors/a": {
                    "Name": "Inlet",
                    "Reading": 24.5,
                    "ReadingUnits": "Cel",
                    "Thresholds": {"UpperCaution": {"Reading": 40}, "UpperFatal": {"Reading": 50}},
                    "Status": OK,
                },
                "Chassis/1/Sensors/b": {"Name": "Load", "Reading": 3, "ReadingUnits": "%"},
                "Chassis/1/Sensors/c": {"Name": "12V", "Reading": 12.1, "ReadingUnits": "V", "Status": OK},
            }
        )
    )
    inlet = sensors(seen, Kind.TEMPERATURE)["Inlet"]
    assert (inlet.value, inlet.unit, inlet.thresholds.high_warning, inlet.thresholds.high_critical) == (
        24.5,
        "°C",
        40.0,
        50.0,
    )
    assert sensors(seen, Kind.VOLTAGE)["12V"].state is State.OK
    assert len(seen.sensors or ()) == 2


def test_what_a_service_does_not_offer_is_none_and_what_is_empty_is_empty() -> None:
    bare = told(service({"Systems/1": {"Id": "1"}}))
    assert (bare.sensors, bare.arrays, bare.batteries) == (None, None, None)
    empty = service({"Systems/1": {"Storage": link("Systems/1/Storage")}, "Systems/1/Storage/none": {}})
    empty[f"{V1}/Systems/1/Storage"]["Members"] = []
    assert told(empty).arrays == ()


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("Chassis/1/Power", "sensors"),
        ("Chassis/1/Thermal", "sensors"),
        ("Systems/1/Storage/A", "arrays"),
        ("Chassis/1/Drives/1", "arrays"),
        ("Systems/1/Storage/A/Volumes", "arrays"),
    ],
)
def test_a_gap_names_its_part(path: str, part: str) -> None:
    made = ailing()
    del made[f"{V1}/{path}"]
    assert [gap.part for gap in told(made).gaps] == [part]


def test_a_system_that_was_not_read_leaves_gaps_in_all_it_holds() -> None:
    made = ailing()
    del made[f"{V1}/Systems/1"]
    assert {gap.part for gap in told(made).gaps} == {"sensors", "arrays"}


def test_nothing_at_all_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        told(service({"Managers/1": {}}))


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"State": "Enabled", "Health": "OK"}, State.OK),
        ({"Health": "OK", "HealthRollup": "Critical"}, State.CRITICAL),
        ({"State": "Absent", "Health": "Critical"}, State.ABSENT),
        ({"State": "Disabled", "Health": "OK"}, State.OFF),
        ({"State": "Disabled"}, State.OFF),
        ({"State": "UnavailableOffline", "Health": "Critical"}, State.CRITICAL),
        ({"State": "Enabled"}, State.UNKNOWN),
        ({"State": "Enabled", "Health": "Perfect"}, State.UNKNOWN),
        ({"Health": ["OK"]}, State.UNKNOWN),
        (None, State.UNKNOWN),
        ("OK", State.UNKNOWN),
    ],
)
def test_states(status: object, state: State) -> None:
    assert state_of(Resource("x", {"Status": status})) is state


ODD: tuple[object, ...] = (
    {},
    [],
    7,
    None,
    "x",
    {"@odata.id": 1},
    [{"@odata.id": "/redfish/v1"}],
    ["\ud800", {"a": None}],
    1e300,
)


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_odd_types_anywhere_are_no_fault_of_ours(odd: object) -> None:
    for tree in (ailing, hpe):
        for path, body in tree().items():
            for name in body:
                made = tree()
                made[path] = body | {name: odd}
                try:
                    seen = told(made)
                except Unreadable:
                    continue
                assert all(sensor.name.isprintable() for sensor in seen.sensors or ())
