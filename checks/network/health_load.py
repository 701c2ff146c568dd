"""Batteries, memory and processors of a device."""

from collections.abc import Iterator
from dataclasses import replace

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import EXAMPLE_ASSET, Example
from checks.finding import Outcome, Ruling, Severity, Subject, failed, passed
from checks.network.health import figure, none_there, not_told, unjudged
from inventory.asset import Asset, Privilege
from inventory.facts import Missing, Reason
from inventory.facts.health import Battery, DeviceHealth, Gap, Memory, Processor, State
from inventory.thresholds import HealthThresholds

_GOOD = Battery("UPS battery", State.OK, "normal(2)", 100.0, 30.0, 0, on_battery=False, replace_needed=False)
_SILENT = Battery("UPS battery")
_GAP = Gap("batteries", "1.3.6.1.2.1.33.1.6.2.1.2 was not read to its end: timed out")
_STRICT = replace(EXAMPLE_ASSET, thresholds=HealthThresholds(battery_charge_percent=80, battery_minutes=30))


def _ups(*batteries: Battery, gaps: tuple[Gap, ...] = ()) -> dict[str, object]:
    return {"health": DeviceHealth(batteries=batteries or None, gaps=gaps)}


@check(
    id="net.avail.ups-battery",
    title="A battery is weak, or power comes from it",
    severity=Severity.MEDIUM,
    theme=Theme.AVAILABILITY,
    rationale=(
        "A worn battery is found out at the next power cut, when all behind the UPS goes down without a warning. "
        "The battery of a disk controller protects what is written but not yet stored."
    ),
    remedy=Remedy(
        text="Restore the mains where the UPS runs on its battery; replace a worn battery.",
        steps=("See whether the mains are there", "Run the self-test", "Replace the battery and note the date"),
        verify="the device gives the battery as normal, charged, and not to be replaced",
        risk="A self-test of a worn battery may switch off the load: do it in a maintenance window.",
    ),
    privilege=Privilege.USER,
    references=("RFC 1628 (UPS-MIB)", "docs/write-an-inventory.md, Thresholds of a device's health"),
    examples=(
        Example(Outcome.PASS, _ups(_GOOD), says="1 batteries are in order"),
        Example(
            Outcome.FAIL,
            _ups(replace(_GOOD, replace_needed=True)),
            says="UPS battery: it is to be replaced",
            subjects=("UPS battery",),
        ),
        Example(
            Outcome.FAIL,
            _ups(replace(_GOOD, state=State.CRITICAL, raw="depleted(4)")),
            says="UPS battery: the device itself says critical, depleted(4)",
        ),
        Example(
            Outcome.FAIL,
            _ups(replace(_GOOD, state=State.WARNING, raw=None)),
            says="UPS battery: the device itself says warning",
        ),
        Example(
            Outcome.FAIL,
            _ups(replace(_GOOD, on_battery=True, seconds_on_battery=90)),
            says="UPS battery: power comes from the battery, for 90 seconds now",
        ),
        Example(
            Outcome.FAIL,
            _ups(replace(_GOOD, on_battery=True, seconds_on_battery=None)),
            says="UPS battery: power comes from the battery",
        ),
        Example(
            Outcome.FAIL,
            _ups(replace(_GOOD, charge_percent=49.9, minutes_left=9.9)),
            says="UPS battery: charged 49.9 %, below the default threshold 50 %; lasts 9.9 minutes, below the default "
            "threshold 10 minutes",
        ),
        Example(Outcome.PASS, _ups(replace(_GOOD, charge_percent=50.0, minutes_left=10.0))),
        Example(
            Outcome.FAIL,
            _ups(replace(_GOOD, charge_percent=79.0)),
            _STRICT,
            says="UPS battery: charged 79 %, below the inventory's threshold 80 %",
        ),
        Example(Outcome.PASS, _ups(replace(_SILENT, state=State.OK))),
        Example(Outcome.PASS, _ups(replace(_SILENT, charge_percent=100.0))),
        Example(Outcome.PASS, _ups(replace(_SILENT, replace_needed=False))),
        Example(
            Outcome.NOT_ASSESSED,
            _ups(_SILENT, replace(_GOOD, name="second")),
            says="the device does not say whether it is good: UPS battery",
        ),
        Example(Outcome.NOT_APPLICABLE, _ups(), says="the device tells of no battery"),
        Example(
            Outcome.NOT_APPLICABLE,
            _ups(replace(_GOOD, state=State.ABSENT), replace(_GOOD, state=State.OFF)),
            says="the device tells of no battery",
        ),
        Example(Outcome.NOT_ASSESSED, _ups(gaps=(_GAP,)), says=_GAP.why),
        Example(Outcome.NOT_ASSESSED, _ups(_GOOD, gaps=(_GAP,)), says=_GAP.why),
        Example(Outcome.NOT_ASSESSED, {"health": Missing(Reason.TIMED_OUT, "no answer")}),
    ),
)
def weak_battery(health: DeviceHealth, asset: Asset) -> Iterator[Ruling]:
    live = [battery for battery in health.batteries or () if battery.state not in (State.ABSENT, State.OFF)]
    if not live:
        yield none_there(health, "batteries", "battery")
        return
    bad = [_weak(battery, why) for battery in live if (why := list(_reasons(battery, asset)))]
    silent = [battery.name for battery in live if _says_nothing(battery)]
    gaps = unjudged(health, "batteries", silent, "the device does not say whether it is good")
    yield from [*bad, *gaps] or [passed(f"{len(live)} batteries are in order")]


def _says_nothing(battery: Battery) -> bool:
    untold = battery.charge_percent is None and battery.replace_needed is None
    return untold and battery.state is State.UNKNOWN


def _weak(battery: Battery, why: list[str]) -> Ruling:
    return failed(f"{battery.name}: {'; '.join(why)}", Subject("battery", battery.name))


def _reasons(battery: Battery, asset: Asset) -> Iterator[str]:
    charge, minutes = asset.thresholds.of("battery_charge_percent"), asset.thresholds.of("battery_minutes")
    if battery.replace_needed:
        yield "it is to be replaced"
    if battery.state in (State.WARNING, State.CRITICAL):
        yield f"the device itself says {battery.state}" + (f", {battery.raw}" if battery.raw else "")
    if battery.on_battery:
        since = f", for {battery.seconds_on_battery} seconds now" if battery.seconds_on_battery else ""
        yield f"power comes from the battery{since}"
    if battery.charge_percent is not None and battery.charge_percent < charge.value:
        yield f"charged {figure(battery.charge_percent)} %, below {charge.origin} {figure(charge.value)} %"
    if battery.minutes_left is not None and battery.minutes_left < minutes.value:
        yield f"lasts {figure(battery.minutes_left)} minutes, below {minutes.origin} {figure(minutes.value)} minutes"


_MEMORY = Memory("memory", 1000, 949)
_LOW = replace(_MEMORY, used_bytes=950)
_CPU = Processor("processor 1", 94.0, "1 minute")
_BUSY = replace(_CPU, load_percent=95.0)
_CPU_GAP = Gap("processors", "1.3.6.1.2.1.25.3.3.1.2 was not read to its end: timed out")
_MEMORY_GAP = Gap("memory", "1.3.6.1.2.1.25.2.3.1.5 was not read to its end: timed out")
_EAGER = replace(EXAMPLE_ASSET, thresholds=HealthThresholds(memory_percent=50, cpu_percent=50))


def _load(
    memory: tuple[Memory, ...] = (), processors: tuple[Processor, ...] = (), gaps: tuple[Gap, ...] = ()
) -> dict[str, object]:
    return {"health": DeviceHealth(memory=memory or None, processors=processors or None, gaps=gaps)}


@check(
    id="net.avail.memory-cpu-high",
    title="A device is short of memory or processor time",
    severity=Severity.LOW,
    theme=Theme.AVAILABILITY,
    rationale=(
        "A device without memory or processor time drops sessions, loses routing neighbours and no longer answers its "
        "operators. The figure is that of the moment of the visit, so a single one may be a coincidence."
    ),
    remedy=Remedy(
        text="Find what uses it up: a loop, an attack, a leak in the software, or too small a device.",
        steps=("Look at the process list", "Compare with the days before", "Update the software where a leak is known"),
        verify="the load stays below the threshold at several visits",
    ),
    privilege=Privilege.USER,
    references=("RFC 2790 (HOST-RESOURCES-MIB)", "docs/write-an-inventory.md, Thresholds of a device's health"),
    examples=(
        Example(
            Outcome.PASS,
            _load((_MEMORY,), (_CPU,)),
            says="1 memory figures are below the default threshold 95 %, processors below the default threshold 95 %",
        ),
        Example(
            Outcome.FAIL,
            _load((_LOW, _MEMORY), (_CPU,)),
            says="memory: 95 % in use, at or above the default threshold 95 %",
            subjects=("memory",),
        ),
        Example(
            Outcome.FAIL,
            _load((replace(_MEMORY, name="pool", size_bytes=None, used_percent=95.0),), (_CPU,)),
            says="pool: 95 % in use, at or above the default threshold 95 %",
        ),
        Example(
            Outcome.FAIL,
            _load((_MEMORY,), (_BUSY, replace(_BUSY, load_percent=97.0))),
            says="the processors' load is 96 % (mean of 2, over 1 minute), at or above the default threshold 95 %",
            subjects=("all",),
        ),
        Example(Outcome.FAIL, _load((_MEMORY,), (_BUSY,))),
        Example(Outcome.PASS, _load((_MEMORY,), (_BUSY, _CPU))),
        Example(
            Outcome.FAIL,
            _load((), (replace(_CPU, load_percent=50.0, over=""),)),
            _EAGER,
            says="the processors' load is 50 % (mean of 1), at or above the inventory's threshold 50 %",
        ),
        Example(
            Outcome.FAIL,
            _load((replace(_MEMORY, used_bytes=500),)),
            _EAGER,
            says="memory: 50 % in use, at or above the inventory's threshold 50 %",
        ),
        Example(
            Outcome.PASS,
            _load((_MEMORY,)),
            says="1 memory figures are below the default threshold 95 %",
        ),
        Example(Outcome.PASS, _load((), (_CPU,)), says="processors below the default threshold 95 %"),
        Example(
            Outcome.NOT_ASSESSED,
            _load((replace(_LOW, counts_cache=True),), (_CPU,)),
            says="no size or use, or a figure that counts caches as used: memory",
        ),
        Example(Outcome.PASS, _load((replace(_MEMORY, counts_cache=True),))),
        Example(Outcome.NOT_ASSESSED, _load((replace(_LOW, size_bytes=0),))),
        Example(Outcome.NOT_ASSESSED, _load((replace(_LOW, size_bytes=None),))),
        Example(Outcome.NOT_ASSESSED, _load((replace(_LOW, used_bytes=None),))),
        Example(Outcome.NOT_ASSESSED, _load((replace(_LOW, used_bytes=1001),))),
        Example(Outcome.FAIL, _load((replace(_LOW, used_bytes=1000),))),
        Example(Outcome.NOT_ASSESSED, _load((_MEMORY,), (_CPU,), (_CPU_GAP,)), says=_CPU_GAP.why),
        Example(Outcome.NOT_ASSESSED, _load((_MEMORY,), (_CPU,), (_MEMORY_GAP,)), says=_MEMORY_GAP.why),
        Example(Outcome.NOT_ASSESSED, _load((), (), (_CPU_GAP,)), says=_CPU_GAP.why),
        Example(Outcome.NOT_ASSESSED, _load((), (replace(_CPU, load_percent=None),))),
        Example(Outcome.NOT_ASSESSED, _load(), says="the device does not tell of its memory and processors"),
    ),
)
def short_of_memory_or_time(health: DeviceHealth, asset: Asset) -> Iterator[Ruling]:
    loads = [one.load_percent for one in health.processors or () if one.load_percent is not None]
    if not health.memory and not loads:
        yield not_told(health, "processors", "memory and processors")
        return
    limit, most = asset.thresholds.of("memory_percent"), asset.thresholds.of("cpu_percent")
    below = f"{limit.origin} {figure(limit.value)} %"
    judged = [(one.name, _memory(one, limit.value, below)) for one in health.memory or ()]
    bad = [ruling for _, ruling in judged if ruling and ruling.outcome is Outcome.FAIL]
    if loads and sum(loads) / len(loads) >= most.value:
        bad.append(_busy(health, loads, f"{most.origin} {figure(most.value)} %"))
    unsure = [name for name, ruling in judged if ruling is None]
    gaps = [
        *unjudged(health, "memory", unsure, "no size or use, or a figure that counts caches as used"),
        *unjudged(health, "processors"),
    ]
    said = [f"{len(judged)} memory figures are below {below}"] if judged else []
    said += [f"processors below {most.origin} {figure(most.value)} %"] if loads else []
    yield from [*bad, *gaps] or [passed(", ".join(said))]


def _memory(memory: Memory, limit: float, threshold: str) -> Ruling | None:
    """None: it cannot be judged. A figure that counts caches as used can only show that there is enough."""
    used = _in_use(memory)
    if used is None:
        return None
    if used < limit:
        return passed(f"{memory.name}: below {threshold}")
    if memory.counts_cache:
        return None
    told = f"{memory.name}: {figure(used)} % in use, at or above {threshold}"
    return failed(told, Subject("memory", memory.name))


def _in_use(memory: Memory) -> float | None:
    """Percent. None where it is not told, or where more is used than there is."""
    if memory.used_percent is not None:
        return memory.used_percent
    if not memory.size_bytes or memory.used_bytes is None:
        return None
    share = 100 * memory.used_bytes / memory.size_bytes
    return share if share <= 100 else None


def _busy(health: DeviceHealth, loads: list[float], threshold: str) -> Ruling:
    over = next((f", over {one.over}" for one in health.processors or () if one.over), "")
    told = f"the processors' load is {figure(sum(loads) / len(loads))} % (mean of {len(loads)}{over})"
    return failed(f"{told}, at or above {threshold}", Subject("processors", "all"))
