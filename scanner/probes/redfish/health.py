"""How a server is doing, as its BMC tells it: power supplies, fans, temperatures, voltages, drives, volumes, batteries.

Two models of the schema stand side by side: Power and Thermal (deprecated in 2020.4), with everything in one resource,
and PowerSubsystem, ThermalSubsystem and Sensors. The newer one counts where it lists something. Sensors, one request
each, are only asked where there is no Thermal. Memory and processors are judged by the system's own summary.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count

from inventory.asset import Asset, Privilege
from inventory.facts.health import Array, Battery, DeviceHealth, Gap, Kind, Sensor, State, Thresholds
from scanner.probes.redfish.status import as_sensor, raw_of, state_of, worse
from scanner.probes.redfish.tree import ROOT, Resource, Tree, read
from scanner.query import Answer, Query, RedfishTree, Unreadable

LINKS = (
    "Systems/*",
    "Chassis/*",
    "Chassis/*/Power",
    "Chassis/*/Thermal",
    "Chassis/*/PowerSubsystem/PowerSupplies/*",
    "Chassis/*/PowerSubsystem/Batteries/*",
    "Chassis/*/ThermalSubsystem/Fans/*",
    "Systems/*/Storage/*/Controllers/*",
    "Systems/*/Storage/*/Drives",
    "Systems/*/Storage/*/Volumes/*",
    "Systems/*/SimpleStorage!Storage/*",
    "Chassis/*/Sensors!Thermal/*",
)
# Sensor.ReadingUnits (UCUM) as kind and unit
UNITS = {
    "Cel": (Kind.TEMPERATURE, "°C"),
    "V": (Kind.VOLTAGE, "V"),
    "A": (Kind.CURRENT, "A"),
    "W": (Kind.POWER, "W"),
    "{rev}/min": (Kind.FAN, "RPM"),
    "RPM": (Kind.FAN, "RPM"),
}
SYSTEM_WIDE = ("Systems", "Chassis")
SUMMARIES = {"ProcessorSummary": "processors", "MemorySummary": "memory modules"}


@dataclass(frozen=True, slots=True)
class HealthProbe:
    name: str = "health"
    privilege: Privilege = Privilege.USER

    def query(self, asset: Asset, so_far: Sequence[Answer]) -> Query | None:  # noqa: ARG002 (every service is asked alike)
        return None if so_far else RedfishTree(self.name, LINKS)

    def parse(self, asset: Asset, answers: Sequence[Answer]) -> DeviceHealth:  # noqa: ARG002 (one shape for all probes)
        return health(read(answers))


HEALTH = HealthProbe()


def health(tree: Tree) -> DeviceHealth:
    """Pure. Raises :class:`Unreadable` when there is neither a system nor a chassis to be read."""
    systems, chassis = tree.members(tree.root, "Systems"), tree.members(tree.root, "Chassis")
    if not systems and not chassis:
        raise Unreadable("; ".join(tree.gaps_below(ROOT)[:3]) or "the service has neither systems nor chassis")
    sensors = [one for part in chassis for one in _chassis(tree, part)]
    sensors += [one for system in systems for one in _summaries(system)]
    return DeviceHealth(
        sensors=_apart(sensors, lambda one: one.kind) if sensors or _tells(chassis) else None,
        arrays=_arrays(tree, systems),
        batteries=_batteries(tree, chassis),
        gaps=tuple(_gaps(tree)),
    )


def _tells(chassis: Iterable[Resource]) -> bool:
    return any(
        one.links(name) for one in chassis for name in ("Power", "Thermal", "PowerSubsystem", "ThermalSubsystem")
    )


def _chassis(tree: Tree, chassis: Resource) -> list[Sensor]:
    power, thermal = tree.linked(chassis, "Power"), tree.linked(chassis, "Thermal")
    power_parts, thermal_parts = tree.linked(chassis, "PowerSubsystem"), tree.linked(chassis, "ThermalSubsystem")
    supplies = _members(tree, power_parts, "PowerSupplies") or _listed(power, "PowerSupplies")
    fans = _members(tree, thermal_parts, "Fans") or _listed(thermal, "Fans")
    return [
        *map(_supply, supplies),
        *map(_fan, fans),
        *(_measured(one, Kind.TEMPERATURE, "ReadingCelsius", "°C") for one in _listed(thermal, "Temperatures")),
        *(_measured(one, Kind.VOLTAGE, "ReadingVolts", "V") for one in _listed(power, "Voltages")),
        *(
            found
            for one in tree.members(chassis, "Sensors")
            if (found := _sensor(one)) and not (fans and _turns(found))
        ),
        *(_redundant(one) for one in (*_listed(power_parts, "PowerSupplyRedundancy"), *_listed(power, "Redundancy"))),
        *(_redundant(one) for one in (*_listed(thermal_parts, "FanRedundancy"), *_listed(thermal, "Redundancy"))),
    ]


def _turns(sensor: Sensor) -> bool:
    """The speed of a fan that is there already."""
    return sensor.kind is Kind.FAN


def _members(tree: Tree, of: Iterable[Resource], name: str) -> list[Resource]:
    return [member for one in of for member in tree.members(one, name)]


def _listed(of: Iterable[Resource], name: str) -> list[Resource]:
    return [part for one in of for part in one.parts(name)]


def _supply(one: Resource) -> Sensor:
    """``LineInputStatus`` is the mains at this supply: without it the supply may be sound, yet it is no spare."""
    sensor = as_sensor(one, Kind.PSU, one.number("LastPowerOutputWatts", "PowerOutputWatts"), "W")
    line = one.text("LineInputStatus")
    if line in (None, "Normal"):
        return sensor
    return replace(sensor, state=worse(sensor.state, State.WARNING), raw=f"{sensor.raw}, LineInputStatus {line}")


def _fan(one: Resource) -> Sensor:
    rpm = one.number("SpeedPercent/SpeedRPM")
    if rpm is not None:
        return as_sensor(one, Kind.FAN, rpm, "RPM")
    percent = one.number("SpeedPercent/Reading")
    if percent is not None:
        return as_sensor(one, Kind.FAN, percent, "%")
    unit = {"RPM": "RPM", "Percent": "%"}.get(one.text("ReadingUnits", "Units") or "", "")
    return replace(as_sensor(one, Kind.FAN, one.number("Reading", "CurrentReading"), unit), thresholds=_limits(one))


def _measured(one: Resource, kind: Kind, reading: str, unit: str) -> Sensor:
    return replace(as_sensor(one, kind, one.number(reading), unit), thresholds=_limits(one))


def _sensor(one: Resource) -> Sensor | None:
    known = UNITS.get(one.text("ReadingUnits") or "")
    if known is None:
        return None
    limits = Thresholds(
        low_critical=one.number("Thresholds/LowerCritical/Reading", "Thresholds/LowerFatal/Reading"),
        low_warning=one.number("Thresholds/LowerCaution/Reading"),
        high_warning=one.number("Thresholds/UpperCaution/Reading"),
        high_critical=one.number("Thresholds/UpperCritical/Reading", "Thresholds/UpperFatal/Reading"),
    )
    return replace(as_sensor(one, known[0], one.number("Reading"), known[1]), thresholds=limits)


def _limits(one: Resource) -> Thresholds:
    return Thresholds(
        low_critical=one.number("LowerThresholdCritical", "LowerThresholdFatal"),
        low_warning=one.number("LowerThresholdNonCritical"),
        high_warning=one.number("UpperThresholdNonCritical"),
        high_critical=one.number("UpperThresholdCritical", "UpperThresholdFatal"),
    )


def _redundant(one: Resource) -> Sensor:
    what = "fans" if "Fan" in one.path or "Thermal" in one.path else "power supplies"
    return replace(as_sensor(one, Kind.OTHER), name=f"redundancy of {one.text('Name') or what}")


def _summaries(system: Resource) -> list[Sensor]:
    """What the system says of itself as a whole, and of processors and memory together."""
    name = system.text("Name", "Id") or "system"
    whole = [replace(as_sensor(system, Kind.OTHER), name=f"system {name}")] if system.body.get("Status") else []
    parts = [
        replace(as_sensor(Resource(f"{system.path}#/{key}", body), Kind.MODULE), name=f"{what} of {name}")
        for key, what in SUMMARIES.items()
        if isinstance(body := system.body.get(key), dict) and body.get("Status")
    ]
    return [*whole, *parts]


def _apart(sensors: Sequence[Sensor], of: Callable[[Sensor], Kind]) -> tuple[Sensor, ...]:
    """Names are unique among the sensors of one kind: the second ``Fan 1`` becomes ``Fan 1 (2)``."""
    taken: set[tuple[Kind, str]] = set()
    apart: list[Sensor] = []
    for one in sensors:
        names = (one.name if number == 1 else f"{one.name} ({number})" for number in count(1))
        name = next(name for name in names if (of(one), name) not in taken)
        taken.add((of(one), name))
        apart.append(replace(one, name=name))
    return tuple(apart)


def _arrays(tree: Tree, systems: Sequence[Resource]) -> tuple[Array, ...] | None:
    if not any(one.links(name) for one in systems for name in ("Storage", "SimpleStorage")):
        return None
    storages = _members(tree, systems, "Storage")
    found = [array for storage in storages for array in _storage(tree, storage)]
    simple = [] if storages else _members(tree, systems, "SimpleStorage")
    found += [_array(one, "disk") for one in _listed(simple, "Devices")]
    return tuple({one.source: one for one in found}.values())


def _storage(tree: Tree, storage: Resource) -> list[Array]:
    controllers = tree.members(storage, "Controllers") or storage.parts("StorageControllers") or [storage]
    return [
        *(_array(one, "controller") for one in controllers),
        *(_drive(one) for one in tree.linked(storage, "Drives")),
        *(_array(one, "array") for one in tree.members(storage, "Volumes")),
    ]


def _array(one: Resource, kind: str) -> Array:
    name = one.text("Name", "MemberId", "Id") or one.path
    return Array(name, kind, state_of(one), raw_of(one), one.path)


def _drive(one: Resource) -> Array:
    drive = _array(one, "disk")
    if one.body.get("FailurePredicted") is not True:
        return drive
    return replace(drive, state=worse(drive.state, State.WARNING), raw=f"{drive.raw}, FailurePredicted")


def _batteries(tree: Tree, chassis: Iterable[Resource]) -> tuple[Battery, ...] | None:
    holders = [one for part in chassis for one in tree.linked(part, "PowerSubsystem") if one.links("Batteries")]
    if not holders:
        return None
    found = _members(tree, holders, "Batteries")
    return tuple(
        Battery(one.text("Name", "Id") or one.path, state_of(one), raw_of(one), source=one.path) for one in found
    )


def _gaps(tree: Tree) -> Iterable[Gap]:
    for path, why in tree.gaps.items():
        for part in _concerned(path):
            yield Gap(part, f"{path}: {why}")


def _concerned(path: str) -> tuple[str, ...]:
    steps = path.removeprefix(f"{ROOT}/").split("?")[0].split("/")
    if "Storage" in steps or "SimpleStorage" in steps:
        return ("arrays",)
    if "Batteries" in steps:
        return ("batteries",)
    if steps[-1] == "PowerSubsystem":
        return ("sensors", "batteries")
    if steps[0] in SYSTEM_WIDE and len(steps) <= 2:
        return ("sensors", "arrays") if steps[0] == "Systems" else ("sensors", "batteries")
    if steps[0] not in SYSTEM_WIDE and "Drives" not in steps:
        return ("sensors", "arrays", "batteries")  # a link out of the service, or a path of the maker's own
    return ("arrays",) if "Drives" in steps else ("sensors",)
