"""UPS-MIB (RFC 1628): the battery, where the power comes from, and the alarms that stand."""

from inventory.facts.health import Battery, Kind, Sensor, State
from scanner.probes.network.health.cells import counter, table, whole
from scanner.probes.network.varbinds import VarBinds

BATTERY = "1.3.6.1.2.1.33.1.2"
STATUS, SECONDS, MINUTES, CHARGE, TEMPERATURE = SCALARS = tuple(f"{BATTERY}.{n}.0" for n in (1, 2, 3, 4, 7))
SOURCE = "1.3.6.1.2.1.33.1.4.1.0"  # upsOutputSource
ALARMS = "1.3.6.1.2.1.33.1.6.2.1"  # upsAlarmEntry: 2 description, an OID below WELL_KNOWN
ALARM_COUNT = "1.3.6.1.2.1.33.1.6.1.0"
WELL_KNOWN = "1.3.6.1.2.1.33.1.6.3."
BATTERY_BAD, ON_BATTERY_ALARM, FAN_FAILURE = 1, 2, 16

STATES = {1: State.UNKNOWN, 2: State.OK, 3: State.WARNING, 4: State.CRITICAL}
WORDS = {1: "unknown", 2: "normal", 3: "low", 4: "depleted"}
NORMAL, ON_BATTERY = 3, 5  # upsOutputSource
FED = (3, 4, 6, 7)  # normal, bypass, booster, reducer: the mains feed it
MAX_PERCENT, MAX_MINUTES, MAX_CELSIUS = 100, 60 * 24 * 365, 200


def batteries(answered: VarBinds) -> tuple[Battery, ...]:
    """One battery, or none when the agent gives neither a state nor a charge."""
    status, charge = whole(answered.get(STATUS)), counter(answered.get(CHARGE))
    if status is None and charge is None:
        return ()
    minutes, source = counter(answered.get(MINUTES)), whole(answered.get(SOURCE))
    if minutes == 0 and charge:  # what an agent says that cannot work it out
        minutes = None
    alarms = _alarms(answered)
    return (
        Battery(
            name="UPS battery",
            state=STATES.get(status or 0, State.UNKNOWN),
            raw=None if status is None else f"{WORDS.get(status, 'undocumented')}({status})",
            charge_percent=None if charge is None or charge > MAX_PERCENT else float(charge),
            minutes_left=None if minutes is None or minutes > MAX_MINUTES else float(minutes),
            seconds_on_battery=counter(answered.get(SECONDS)),
            on_battery=_on_battery(source, counter(answered.get(SECONDS)), alarms),
            replace_needed=None if alarms is None else BATTERY_BAD in alarms,
            source=STATUS,
        ),
    )


def _alarms(answered: VarBinds) -> frozenset[int] | None:
    """The well-known alarms that stand; None when the agent does not say how many there are, or not which."""
    count = counter(answered.get(ALARM_COUNT))
    rows = table(answered, ALARMS, (2,))
    told = [row[2].text.removeprefix(WELL_KNOWN) for row in rows.values() if row[2].text.startswith(WELL_KNOWN)]
    if not rows and count != 0:
        return None
    return frozenset(int(word) for word in told if word.isdecimal() and len(word) < 4)


def _on_battery(source: int | None, seconds: int | None, alarms: frozenset[int] | None) -> bool | None:
    """None when the device says both: "from the battery" and "for 0 seconds", which stands for "not at all"."""
    if alarms and ON_BATTERY_ALARM in alarms:
        return True
    if source == ON_BATTERY:
        return None if seconds == 0 else True
    if source in FED:
        return False
    return None if seconds is None else seconds > 0


def sensors(answered: VarBinds) -> tuple[Sensor, ...]:
    """The battery's temperature, and the fan alarm, which is the only word on fans that the MIB has."""
    found = []
    celsius = whole(answered.get(TEMPERATURE))
    if celsius and abs(celsius) <= MAX_CELSIUS:  # 0 is what agents say that have no thermometer
        found.append(Sensor(Kind.TEMPERATURE, "UPS battery", value=float(celsius), unit="°C", source=TEMPERATURE))
    if FAN_FAILURE in (_alarms(answered) or ()):
        found.append(Sensor(Kind.FAN, "UPS fans", State.CRITICAL, "upsAlarmFanFailure", source=ALARMS))
    return tuple(found)
