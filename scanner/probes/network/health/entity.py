"""Sensors of ENTITY-SENSOR-MIB (RFC 3433) and of Cisco's older MIB of the same shape; states of ENTITY-STATE-MIB.

ENTITY-SENSOR-MIB says what is measured and whether the sensor can be read: ``ok`` there is no verdict on the value.
ENTITY-STATE-MIB (RFC 4268) says whether a part works and whether it raises an alarm.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from inventory.facts.health import Kind, Sensor, State, Thresholds
from scanner.probes.network.health.cells import Row, rounded, table, text, whole
from scanner.probes.network.oids import ENT_PHYSICAL
from scanner.probes.network.varbinds import VarBind, VarBinds

SENSOR = "1.3.6.1.2.1.99.1.1.1"  # entPhySensorEntry: 1 type, 2 scale, 3 precision, 4 value, 5 operStatus
CISCO_SENSOR = "1.3.6.1.4.1.9.9.91.1.1.1.1"  # entSensorValueEntry of CISCO-ENTITY-SENSOR-MIB: the same columns
CISCO_THRESHOLD = "1.3.6.1.4.1.9.9.91.1.2.1.1"  # 2 severity, 3 relation, 4 value; index: entity.threshold
ARISTA_THRESHOLD = "1.3.6.1.4.1.30065.3.12.1.1.1"  # ARISTA-ENTITY-SENSOR-MIB: 1 low warning .. 4 high critical
ENTITY_STATE = "1.3.6.1.2.1.131.1.1.1"  # 2 admin, 3 oper, 5 alarm
TYPE, SCALE, PRECISION, VALUE, STATUS = COLUMNS = (1, 2, 3, 4, 5)
DESCRIPTION, CONTAINED_IN, CLASS, NAME = 2, 4, 5, 7

# EntitySensorDataType: Kind and unit. 12 (truth value) and what a vendor adds have no unit that says what is measured.
TYPES: dict[int, tuple[Kind, str]] = {
    3: (Kind.VOLTAGE, "V AC"),
    4: (Kind.VOLTAGE, "V"),
    5: (Kind.CURRENT, "A"),
    6: (Kind.POWER, "W"),
    7: (Kind.OTHER, "Hz"),
    8: (Kind.TEMPERATURE, "°C"),
    9: (Kind.HUMIDITY, "%"),
    10: (Kind.FAN, "RPM"),
    11: (Kind.OTHER, "m³/min"),
    14: (Kind.OTHER, "dBm"),  # CISCO-ENTITY-SENSOR-MIB
}
UNITS_SCALE = 9  # EntitySensorDataScale: 1 is 10^-24 .. 9 is 1 .. 17 is 10^24
SCALES, PRECISIONS = range(1, 18), range(-8, 10)
OVERFLOW = 1_000_000_000  # and -OVERFLOW: the value is outside what can be said
READABLE, UNAVAILABLE, BROKEN = 1, 2, 3
STATUS_WORDS = {READABLE: "ok", UNAVAILABLE: "unavailable", BROKEN: "nonoperational"}

# PhysicalClass of RFC 6933
CLASSES = {6: Kind.PSU, 7: Kind.FAN, 3: Kind.MODULE, 9: Kind.MODULE, 12: Kind.MODULE}

# EntityAdminState, EntityOperState, EntityAlarmStatus (BITS: the first is the highest bit of the first octet)
LOCKED, SHUTTING_DOWN = 2, 3
DISABLED, ENABLED = 2, 3
CRITICAL_ALARMS, WARNING_ALARMS = 0b0011_0000, 0b0000_1100  # critical, major; minor, warning
OPER_WORDS = {1: "unknown", 2: "disabled", 3: "enabled", 4: "testing"}

MINOR, MAJOR, CRITICAL = 10, 20, 30  # entSensorThresholdSeverity
BELOW, ABOVE = (1, 2), (3, 4)  # entSensorThresholdRelation: less than (or equal), greater than (or equal)


@dataclass(frozen=True, slots=True)
class Names:
    """What the entities are called, and of which class they are."""

    rows: dict[str, Row]

    def name(self, index: str) -> str:
        row = self.rows.get(index, {})
        return text(row.get(NAME)) or text(row.get(DESCRIPTION)) or f"entity {index}"

    def kind(self, index: str) -> Kind | None:
        return CLASSES.get(whole(self.rows.get(index, {}).get(CLASS)) or 0)


def names(answered: VarBinds) -> Names:
    return Names(table(answered, ENT_PHYSICAL, (DESCRIPTION, CLASS, NAME)))


def sensors(answered: VarBinds, called: Names) -> Iterator[tuple[str, Sensor]]:
    """Index and sensor. An entity that stands in both tables is told by Cisco's, which has thresholds."""
    rows = {index: (SENSOR, row) for index, row in table(answered, SENSOR, COLUMNS).items()}
    rows |= {index: (CISCO_SENSOR, row) for index, row in table(answered, CISCO_SENSOR, COLUMNS).items()}
    limits = _cisco_thresholds(answered)
    for index, (base, row) in rows.items():
        kind, unit = TYPES.get(whole(row.get(TYPE)) or 0, (Kind.OTHER, ""))
        thresholds = _cisco(limits.get(index, []), row) if base == CISCO_SENSOR else _arista(answered, index, row)
        status = whole(row.get(STATUS))
        yield (
            index,
            Sensor(
                kind=kind,
                name=called.name(index),
                raw=None if status is None else f"{STATUS_WORDS.get(status, 'undocumented')}({status})",
                value=scaled(row, row.get(VALUE)) if status in (READABLE, None) else None,
                unit=unit,
                thresholds=thresholds,
                source=f"{base}.{VALUE}.{index}",
            ),
        )


def scaled(row: Row, value: VarBind | None) -> float | None:
    """The number in the sensor's unit. None for a scale or precision outside RFC 3433, and for over- and underflow."""
    told = whole(value)
    scale, precision = whole(row.get(SCALE)), whole(row.get(PRECISION))
    scale = UNITS_SCALE if scale is None else scale
    precision = precision or 0
    if told is None or abs(told) >= OVERFLOW or scale not in SCALES or precision not in PRECISIONS:
        return None
    return rounded(told * 10.0 ** (3 * (scale - UNITS_SCALE) - max(0, precision)))


def _cisco_thresholds(answered: VarBinds) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for index, row in table(answered, CISCO_THRESHOLD, (2, 3, 4)).items():
        found.setdefault(index.partition(".")[0], []).append(row)
    return found


def _cisco(rows: list[Row], sensor: Row) -> Thresholds:
    """``other`` has no meaning that is documented. Of several of one kind the one that is reached first counts."""
    said: dict[str, float] = {}
    for row in rows:
        severity, relation, value = whole(row.get(2)), whole(row.get(3)), scaled(sensor, row.get(4))
        if value is None or severity not in (MINOR, MAJOR, CRITICAL) or relation not in (*BELOW, *ABOVE):
            continue
        level = "warning" if severity == MINOR else "critical"
        name = f"{'low' if relation in BELOW else 'high'}_{level}"
        said[name] = (max if relation in BELOW else min)(value, said.get(name, value))
    return Thresholds(**said)


def _arista(answered: VarBinds, index: str, sensor: Row) -> Thresholds:
    low, lowest, high, highest = (
        scaled(sensor, answered.get(f"{ARISTA_THRESHOLD}.{column}.{index}")) for column in (1, 2, 3, 4)
    )
    return Thresholds(lowest, low, high, highest)


def states(answered: VarBinds, called: Names) -> Iterator[tuple[str, Sensor]]:
    """Power supplies, fans and modules with the state of ENTITY-STATE-MIB."""
    for index, row in table(answered, ENTITY_STATE, (2, 3, 5)).items():
        kind = called.kind(index)
        oper = whole(row.get(3))
        if kind is None or oper is None:
            continue
        alarm = row[5].value[:1] if 5 in row else b""
        raw = f"{OPER_WORDS.get(oper, 'undocumented')}({oper})" + (f", alarm bits {alarm.hex()}" if alarm else "")
        state = _state(whole(row.get(2)), oper, alarm[0] if alarm else 0)
        yield index, Sensor(kind, called.name(index), state, raw, source=f"{ENTITY_STATE}.3.{index}")


def _state(admin: int | None, oper: int, alarm: int) -> State:
    if alarm & CRITICAL_ALARMS:
        return State.CRITICAL
    if alarm & WARNING_ALARMS:
        return State.WARNING
    if oper == DISABLED:
        return State.OFF if admin in (LOCKED, SHUTTING_DOWN) else State.CRITICAL
    return State.OK if oper == ENABLED else State.UNKNOWN
