"""Power supplies, fans and temperatures of a device, as it says itself and against its own thresholds."""

from collections.abc import Iterator
from dataclasses import replace

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import EXAMPLE_ASSET, Example
from checks.finding import Outcome, Ruling, Severity, Subject, failed, passed
from checks.network.health import NAMED, figure, none_there, not_told, unjudged
from inventory.asset import Asset, Privilege
from inventory.facts import Missing, Reason
from inventory.facts.health import DeviceHealth, Gap, Kind, Sensor, State, Thresholds
from inventory.thresholds import HealthThresholds

WORDS = {Kind.PSU: "power supply", Kind.FAN: "fan", Kind.TEMPERATURE: "temperature"}

_PSU = Sensor(Kind.PSU, "PS1", State.OK, "normal(1)")
_FAN = Sensor(Kind.FAN, "Fan 1", State.OK, "normal(1)")
_HOT = Sensor(Kind.TEMPERATURE, "Inlet", value=75.0, unit="°C")
_OWN = replace(_HOT, value=41.0, thresholds=Thresholds(high_warning=42.0, high_critical=47.0))
_GAP = Gap("sensors", "1.3.6.1.2.1.99 was not read to its end: timed out")
_WARM_ROOM = replace(EXAMPLE_ASSET, thresholds=HealthThresholds(temperature_celsius=80))


def _health(*sensors: Sensor, gaps: tuple[Gap, ...] = ()) -> dict[str, object]:
    return {"health": DeviceHealth(sensors=sensors or None, gaps=gaps)}


def _subject(sensor: Sensor) -> Subject:
    return Subject(WORDS[sensor.kind], sensor.name)


@check(
    id="net.avail.psu-fan-fault",
    title="A power supply or fan has failed",
    severity=Severity.MEDIUM,
    theme=Theme.AVAILABILITY,
    rationale=(
        "Power supplies and fans are doubled so that one can fail. The failure is silent: the device goes on without a "
        "reserve, until the second one fails or it becomes too hot."
    ),
    remedy=Remedy(
        text="Replace the failed power supply or fan, or connect its feed.",
        steps=(
            "See at the device whether the feed or the part itself has failed",
            "Replace the part; most can be changed while the device runs",
        ),
        verify="the device gives the part's state as ok",
        risk="Check the cooling time limit before a fan tray is pulled.",
    ),
    privilege=Privilege.USER,
    references=("RFC 4268 (ENTITY-STATE-MIB)", "RFC 3433 (ENTITY-SENSOR-MIB)", "docs/network-devices.md"),
    examples=(
        Example(
            Outcome.PASS, _health(_PSU, _FAN), says="2 power supplies and fans are in order, by the device's own word"
        ),
        Example(
            Outcome.PASS,
            _health(replace(_FAN, state=State.UNKNOWN, value=1.0, unit="RPM"), _HOT),
            says="1 power supplies and fans are in order, by the device's own word",
        ),
        Example(
            Outcome.PASS,
            _health(_PSU, replace(_PSU, name="PS2", state=State.ABSENT), replace(_FAN, state=State.OFF)),
            says="1 power supplies and fans are in order, by the device's own word",
        ),
        Example(
            Outcome.FAIL,
            _health(_PSU, replace(_PSU, name="PS2", state=State.CRITICAL, raw="failed(8)")),
            says="power supply PS2: the device itself says critical, failed(8)",
            subjects=("PS2",),
        ),
        Example(
            Outcome.FAIL,
            _health(replace(_FAN, state=State.WARNING, raw=None)),
            says="fan Fan 1: the device itself says warning",
            subjects=("Fan 1",),
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _health(replace(_FAN, state=State.UNKNOWN, value=0.0, unit="RPM"), replace(_PSU, state=State.UNKNOWN)),
            says="the device does not say whether it works: fan Fan 1, power supply PS1",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _health(_PSU, replace(_PSU, name="PS2", state=State.UNKNOWN, value=1.0)),
            says="the device does not say whether it works: power supply PS2",
        ),
        Example(Outcome.NOT_ASSESSED, _health(_PSU, gaps=(_GAP,)), says=_GAP.why),
        Example(Outcome.NOT_ASSESSED, _health(replace(_PSU, state=State.ABSENT), gaps=(_GAP,)), says=_GAP.why),
        Example(Outcome.NOT_ASSESSED, _health(_HOT), says="the device does not tell of its power supplies and fans"),
        Example(
            Outcome.NOT_APPLICABLE,
            _health(replace(_PSU, state=State.ABSENT)),
            says="the device tells of no power supply or fan that is there and switched on",
        ),
        Example(Outcome.NOT_ASSESSED, _health(), says="the device does not tell of its power supplies and fans"),
        Example(Outcome.NOT_ASSESSED, {"health": Missing(Reason.TIMED_OUT, "no answer")}),
    ),
)
def psu_or_fan_failed(health: DeviceHealth) -> Iterator[Ruling]:
    parts = [sensor for sensor in health.sensors or () if sensor.kind in (Kind.PSU, Kind.FAN)]
    live = [sensor for sensor in parts if sensor.state not in (State.ABSENT, State.OFF)]
    if not parts:
        yield not_told(health, "sensors", "power supplies and fans")
    elif not live:
        yield none_there(health, "sensors", "power supply or fan that is there and switched on")
    else:
        yield from _parts(health, live)


def _parts(health: DeviceHealth, live: list[Sensor]) -> Iterator[Ruling]:
    bad = [sensor for sensor in live if sensor.state in (State.WARNING, State.CRITICAL)]
    unknown = [sensor for sensor in live if sensor.state is State.UNKNOWN and not _turns(sensor)]
    names = [f"{WORDS[sensor.kind]} {sensor.name}" for sensor in unknown]
    gaps = unjudged(health, "sensors", names, "the device does not say whether it works")
    fine = passed(f"{len(live)} power supplies and fans are in order, by the device's own word")
    yield from [*(_by_its_word(sensor) for sensor in bad), *gaps] or [fine]


def _turns(sensor: Sensor) -> bool:
    """A fan with a speed turns. One that stands still may be broken, or not needed."""
    return sensor.kind is Kind.FAN and (sensor.value or 0) > 0


def _by_its_word(sensor: Sensor) -> Ruling:
    raw = f", {sensor.raw}" if sensor.raw else ""
    name = f"{WORDS[sensor.kind]} {sensor.name}"
    return failed(f"{name}: the device itself says {sensor.state}{raw}", _subject(sensor))


@check(
    id="net.avail.temperature-high",
    title="The device is too hot",
    severity=Severity.MEDIUM,
    theme=Theme.AVAILABILITY,
    rationale=(
        "Heat shortens the life of a device and ends in a shutdown, usually of several devices of one room at the same "
        "time. It is most often the first sign of failed cooling or of a blocked air path."
    ),
    remedy=Remedy(
        text="Restore the cooling of the device or room.",
        steps=("Look for failed fans and blocked vents", "Check the room's cooling", "Clean the filters"),
        verify="the measured temperature is below the threshold",
    ),
    privilege=Privilege.USER,
    references=("RFC 3433 (ENTITY-SENSOR-MIB)", "docs/write-an-inventory.md, Thresholds of a device's health"),
    examples=(
        Example(
            Outcome.PASS,
            _health(replace(_HOT, value=74.9), _PSU),
            says="1 temperatures are in order; Inlet: 74.9 °C, below the default threshold 75 °C",
        ),
        Example(
            Outcome.FAIL,
            _health(_HOT),
            says="Inlet: 75 °C, at or above the default threshold 75 °C",
            subjects=("Inlet",),
        ),
        Example(Outcome.PASS, _health(_HOT), _WARM_ROOM),
        Example(
            Outcome.FAIL,
            _health(replace(_HOT, value=80.0)),
            _WARM_ROOM,
            says="Inlet: 80 °C, at or above the inventory's threshold 80 °C",
        ),
        Example(
            Outcome.PASS,
            _health(_OWN),
            says="1 temperatures are in order; Inlet: 41 °C, below the device's own threshold 42 °C",
        ),
        Example(
            Outcome.FAIL,
            _health(replace(_OWN, value=42.0)),
            says="Inlet: 42 °C, at or above the device's own threshold 42 °C",
        ),
        Example(
            Outcome.FAIL,
            _health(replace(_OWN, value=47.0, thresholds=Thresholds(high_warning=0.0, high_critical=47.0))),
            says="Inlet: 47 °C, at or above the device's own threshold 47 °C",
        ),
        Example(
            Outcome.FAIL,
            _health(replace(_OWN, value=1.0, thresholds=Thresholds(high_warning=1.0))),
            says="Inlet: 1 °C, at or above the device's own threshold 1 °C",
        ),
        Example(
            Outcome.PASS,
            _health(replace(_HOT, state=State.OK, raw="ok(3)", value=98.0)),
            says="1 temperatures are in order; Inlet: 98 °C, which the device itself calls ok",
        ),
        Example(
            Outcome.PASS,
            _health(replace(_HOT, state=State.OK, value=None)),
            says="1 temperatures are in order; Inlet: not given, which the device itself calls ok",
        ),
        Example(
            Outcome.FAIL,
            _health(replace(_OWN, state=State.OK, value=43.0)),
            says="Inlet: 43 °C, at or above the device's own threshold 42 °C",
        ),
        Example(
            Outcome.FAIL,
            _health(
                replace(_OWN, state=State.CRITICAL, raw="shutdown(4)"), replace(_OWN, name="CPU", state=State.WARNING)
            ),
            says=(
                "temperature Inlet: the device itself says critical, shutdown(4)",
                "temperature CPU: the device itself says warning",
            ),
            subjects=("Inlet", "CPU"),
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _health(replace(_HOT, value=None), replace(_OWN, name="CPU")),
            says="the device gives no value: Inlet",
        ),
        Example(Outcome.NOT_ASSESSED, _health(_OWN, gaps=(_GAP,)), says=_GAP.why),
        Example(Outcome.NOT_ASSESSED, _health(_PSU), says="the device does not tell of its temperatures"),
        Example(
            Outcome.NOT_ASSESSED,
            _health(replace(_HOT, state=State.ABSENT), replace(_HOT, state=State.OFF)),
            says="the device does not tell of its temperatures",
        ),
    ),
)
def too_hot(health: DeviceHealth, asset: Asset) -> Iterator[Ruling]:
    live = [
        sensor
        for sensor in health.sensors or ()
        if sensor.kind is Kind.TEMPERATURE and sensor.state not in (State.ABSENT, State.OFF)
    ]
    if not live:
        yield not_told(health, "sensors", "temperatures")
        return
    judged = [(sensor, _degrees(sensor, asset)) for sensor in live]
    bad = [ruling for _, ruling in judged if ruling and ruling.outcome is Outcome.FAIL]
    names = [sensor.name for sensor, ruling in judged if ruling is None]
    fine = [ruling.observed for _, ruling in judged if ruling and ruling.outcome is Outcome.PASS]
    yield from [*bad, *unjudged(health, "sensors", names, "the device gives no value")] or [_cool(fine)]


def _cool(sentences: list[str]) -> Ruling:
    return passed(f"{len(sentences)} temperatures are in order; {'; '.join(sentences[:NAMED])}")


def _degrees(sensor: Sensor, asset: Asset) -> Ruling | None:
    """None: it cannot be judged. The device's own verdict and thresholds go before the inventory's."""
    if sensor.state in (State.WARNING, State.CRITICAL):
        return _by_its_word(sensor)
    own = _own_limit(sensor)
    if sensor.value is None or (own is None and sensor.state is State.OK):
        shown = "not given" if sensor.value is None else f"{figure(sensor.value)} °C"
        ok = sensor.state is State.OK
        return passed(f"{sensor.name}: {shown}, which the device itself calls ok") if ok else None
    inventory = asset.thresholds.of("temperature_celsius")
    limit, whose = (inventory.value, inventory.origin) if own is None else (own, "the device's own threshold")
    if sensor.value >= limit:
        told = f"at or above {whose} {figure(limit)} °C"
        return failed(f"{sensor.name}: {figure(sensor.value)} °C, {told}", _subject(sensor))
    return passed(f"{sensor.name}: {figure(sensor.value)} °C, below {whose} {figure(limit)} °C")


def _own_limit(sensor: Sensor) -> float | None:
    """The lowest upper threshold. Agents give 0 where none is set."""
    limits = (sensor.thresholds.high_warning, sensor.thresholds.high_critical)
    return min((limit for limit in limits if limit is not None and limit > 0), default=None)
