"""What the recorded devices' health is, worked out by hand from the rows of their walks."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from checks.catalogue import catalogue, matching
from checks.check import Context
from checks.example import overall
from checks.finding import Outcome
from inventory.facts.health import DeviceHealth, Duplex, Kind, State, Thresholds
from tests.scanner.probes.network.health_walks import ASSET, healths

pytestmark = pytest.mark.data
PARTS = ("sensors", "storage", "arrays", "batteries", "memory", "processors", "interfaces")
OK, FAULT, UNSAID, ABSENT = State.OK, State.CRITICAL, State.UNKNOWN, State.ABSENT
MiB, KIB = 2**20, 1024

# file, part, name, what holds for the thing of this name
CASES: list[tuple[str, str, str, dict[str, Any]]] = [
    (
        "ios_2960x",
        "sensors",
        "SW#2, Sensor#1, GREEN",
        {"kind": Kind.TEMPERATURE, "value": 43.0, "state": OK, "thresholds": Thresholds(high_critical=68.0)},
    ),
    ("ios_2960x", "sensors", "Switch#3, Fan#1", {"kind": Kind.FAN, "state": OK, "raw": "normal(1)", "value": None}),
    ("ios_2960x", "sensors", "Sw1, PS1 Normal, RPS NotExist", {"kind": Kind.PSU, "state": OK}),
    ("ios_2960x", "memory", "memory pool I/O", {"used_bytes": 12_622_768, "size_bytes": 12_622_768 + 4_154_448}),
    (
        "ios_2960x",
        "interfaces",
        "Gi1/0/13",
        {
            "index": 10113,
            "in_packets": 104_036_369 + 951_477 + 183_876,
            "in_errors": 1,
            "out_discards": 4907,
            "speed_bps": 1_000_000_000,
            "duplex": Duplex.FULL,
            "last_change_seconds": 6_698_437,
            "physical": True,
            "alias": "VOICE + DATA Vlan 511",
            "narrow": False,
        },
    ),
    (
        "drac_r640",
        "sensors",
        "System Board Inlet Temp",
        {"value": 25.0, "unit": "°C", "state": OK, "thresholds": Thresholds(-7.0, 3.0, 43.0, 47.0)},
    ),
    ("drac_r640", "sensors", "System Board Fan1A", {"kind": Kind.FAN, "value": 4080.0, "unit": "RPM"}),
    ("drac_r640", "arrays", "NonRAID Disk 1", {"kind": "array", "state": OK, "raw": "online(2)"}),
    ("hpe-ilo_4_with_bat_checks", "sensors", "power supply 0.2", {"kind": Kind.PSU, "state": OK}),
    ("hpe-ilo_4_with_bat_checks", "sensors", "fan 0.6", {"kind": Kind.FAN, "state": OK}),
    ("hpe-ilo_4_with_bat_checks", "arrays", "physical drive 5.21", {"kind": "disk", "state": OK}),
    ("hpe-ilo_4_with_bat_checks", "batteries", "storage battery 0.1", {"state": OK, "charge_percent": None}),
    (
        "vrp_5720-vrf",
        "interfaces",
        "GigabitEthernet2/0/24",
        {
            "in_packets": 4_511_441 + 225 + 92_817,
            "out_packets": 9_071_658 + 8_519_768 + 230_588_858,
            "in_errors": 2,
            "counted_since_seconds": 1_742_072,
        },
    ),
    (
        "panos_sensors_1",
        "sensors",
        "Fan #1.1 RPM",
        {"kind": Kind.FAN, "value": 7359.0, "state": UNSAID, "raw": "ok(1)"},
    ),
    ("dell-sonic", "sensors", "DOM Temperature Sensor for Ethernet52", {"value": 28.9453, "unit": "°C"}),
    ("dell-sonic", "sensors", "DOM TX Power Sensor for Ethernet52/1", {"value": None, "raw": "unavailable(2)"}),
    ("aviat-wtm", "sensors", "VoltageSensor1/1", {"kind": Kind.VOLTAGE, "value": 47.058}),
    ("aviat-wtm", "sensors", "InternalTemp1/1", {"kind": Kind.TEMPERATURE, "value": 42.562}),
    ("arris-d5", "sensors", "voltSensor 1/3 (1004)", {"value": 11.57, "unit": "V"}),
    ("arris-d5", "sensors", "tempSensor 1/1 (1001)", {"value": 29.0}),
    ("iosxe_ir1101", "sensors", "subslot 0/0 transceiver 0 Temperature Sensor", {"value": 34.574}),
    ("iosxe_ir1101", "sensors", "subslot 0/0 transceiver 0 Supply Voltage Sensor", {"value": 3.2744, "unit": "V"}),
    ("iosxe_ir1101", "sensors", "subslot 0/0 transceiver 0 Bias Current Sensor", {"value": 0.013536, "unit": "A"}),
    ("cumulus_bgp", "sensors", "PSU1Temp1", {"kind": Kind.TEMPERATURE, "value": 39.0}),
    (
        "dell-ups_tower1000w",
        "batteries",
        "UPS battery",
        {"state": OK, "charge_percent": 98.0, "minutes_left": 31.0, "seconds_on_battery": 0, "on_battery": False},
    ),
    ("powerwalker-vfi_500r1u", "batteries", "UPS battery", {"charge_percent": 100.0, "minutes_left": 20.0}),
    # its output comes from the battery for no second: one of both is wrong
    ("cetpower", "batteries", "UPS battery", {"minutes_left": 6000.0, "on_battery": None, "replace_needed": False}),
    ("apc_smart1500", "batteries", "UPS battery", {"minutes_left": 76.0, "on_battery": False, "replace_needed": False}),
    ("freshtomato", "storage", "/", {"size_bytes": 355 * 65_536, "used_bytes": 355 * 65_536}),
    (
        "freshtomato",
        "memory",
        "memory",
        {"size_bytes": 255_536 * KIB, "used_bytes": (255_536 - 222_020 - 5_136 - 14_960) * KIB, "counts_cache": False},
    ),
    ("freshtomato", "processors", "processor 196608", {"load_percent": 4.0, "over": "1 minute"}),
    (
        "panos_440",
        "storage",
        "Slot-1 Management Root Partition",
        {"kind": "disk", "size_bytes": 21_406_284 * KIB, "used_bytes": 4_679_896 * KIB},
    ),
    ("linux_raspberrypi-gpiomonitor", "storage", "/boot", {"size_bytes": 516_190 * 512, "used_bytes": 109_209 * 512}),
    ("eltex-mes23xx_mes2324p", "sensors", "fan3_unit1", {"kind": Kind.FAN, "state": ABSENT, "raw": "notPresent(5)"}),
    ("eltex-mes23xx_mes2324p", "interfaces", "gi1/0/1", {"index": 49, "speed_bps": 100_000_000, "alias": None}),
    ("ironware", "sensors", "power supply 2", {"kind": Kind.PSU, "state": FAULT, "raw": "failure(3)"}),
    (
        "nxos_n9k-c93180yc-fx3",
        "interfaces",
        "Ethernet1/1",
        {"admin": "down", "oper": "down", "speed_bps": 25_000_000_000, "physical": False, "in_packets": 0},
    ),
    ("nxos_n9k-c93180yc-fx3", "sensors", "PowerSupply-1 Fan-1", {"kind": Kind.FAN, "state": OK, "raw": "up(2)"}),
    ("routeros", "sensors", "system", {"kind": Kind.TEMPERATURE, "value": 33.0}),
    ("routeros_rb5009upr+s+", "sensors", "cpu-temperature", {"kind": Kind.TEMPERATURE, "value": 50.0}),
    ("dsm_ds214se-dsm7", "arrays", "Volume 1", {"kind": "array", "state": OK, "raw": "normal(1)"}),
    ("vrp_power", "sensors", "power supply 1.5", {"kind": Kind.PSU, "state": OK}),
]


NAMED = frozenset(case[0] for case in CASES)
FEW = 4  # every fourth device; all of them in ``make soak``
EVERY = pytest.mark.parametrize("every", [FEW, pytest.param(1, marks=pytest.mark.soak)])


@pytest.mark.parametrize(("file", "part", "name", "holds"), CASES, ids=lambda value: str(value)[:40])
def test_what_the_rows_say(file: str, part: str, name: str, holds: dict[str, Any]) -> None:
    things = {thing.name: thing for thing in getattr(healths(FEW, NAMED)[file], part)}
    found = things[name]
    assert {key: getattr(found, key) for key in holds} == holds


@EVERY
def test_how_many_devices_tell_what(every: int) -> None:
    """The share of devices by part, and what their sensors are; nothing of any of them ends the probe."""
    read = healths(every, NAMED)
    told = Counter(part for health in read.values() for part in PARTS if getattr(health, part))
    kinds = Counter(kind for health in read.values() for kind in {sensor.kind for sensor in health.sensors or ()})
    print(f"{len(read)} devices:", dict(told), {str(kind): count for kind, count in kinds.items()})  # noqa: T201
    assert len(read) > 700 / every
    assert told["interfaces"] > 400 / every
    assert min(told[part] for part in PARTS) >= 10 / every
    assert min(kinds[kind] for kind in (Kind.PSU, Kind.FAN, Kind.TEMPERATURE)) >= 20 / every


@EVERY
def test_no_recorded_device_has_a_gap_or_a_value_that_cannot_be(every: int) -> None:
    for name, health in healths(every, NAMED).items():
        assert health.gaps == (), name
        assert list(_impossible(health)) == [], name


@EVERY
def test_the_checks_judge_every_recorded_device(every: int) -> None:
    """No check breaks on what real devices say. How often each says what is printed."""
    said: Counter[tuple[str, str]] = Counter()
    for name, health in healths(every, NAMED).items():
        for check in matching(catalogue(), "net.avail.*"):
            if check.needs == ("health",):
                runs = check.judge(Context(ASSET, {"health": health}, datetime(2026, 3, 2, tzinfo=UTC)), {})
                assert all(run.outcome is not Outcome.ERROR for run in runs), (name, check.id)
                said[check.id, overall(runs)] += 1
    for (check_id, outcome), count in sorted(said.items()):
        print(f"{check_id}: {outcome} {count}")  # noqa: T201
    assert len({check_id for check_id, _ in said}) == 8
    assert said["net.avail.psu-fan-fault", Outcome.FAIL] >= 1


def _impossible(health: DeviceHealth) -> list[str]:
    wrong = [
        b.name for b in health.batteries or () if b.charge_percent is not None and not 0 <= b.charge_percent <= 100
    ]
    wrong += [p.name for p in health.processors or () if p.load_percent is not None and not 0 <= p.load_percent <= 100]
    wrong += [v.name for v in health.storage or () if (v.size_bytes or 0) < 0 or (v.used_bytes or 0) < 0]
    for part in PARTS:
        kind = part in ("sensors", "arrays")
        names = [(one.kind if kind else "", one.name) for one in getattr(health, part) or ()]
        wrong += [f"{part}: {name} twice" for name, count in Counter(names).items() if count > 1]
    return wrong
