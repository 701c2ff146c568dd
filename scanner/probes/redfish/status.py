"""The Status object of the schema (Resource.Status: State, Health, HealthRollup) as a state of ours."""

from inventory.facts.health import Kind, Sensor, State
from scanner.probes.redfish.tree import Resource

HEALTH = {"OK": State.OK, "Warning": State.WARNING, "Critical": State.CRITICAL}
# there, and without work: Resource.State
IDLE = ("Disabled", "StandbyOffline", "StandbySpare", "UnavailableOffline", "Quiesced", "Deferring")
ORDER = (State.ABSENT, State.OFF, State.UNKNOWN, State.OK, State.WARNING, State.CRITICAL)


def worse(one: State, other: State) -> State:
    return max(one, other, key=ORDER.index)


def state_of(one: Resource) -> State:
    """The worse of Health and HealthRollup. A part that is off or not there is neither good nor bad by itself."""
    state = one.text("Status/State")
    told = [HEALTH[word] for name in ("Health", "HealthRollup") if (word := one.text(f"Status/{name}")) in HEALTH]
    if state == "Absent":
        return State.ABSENT
    worst = max(told, key=ORDER.index, default=State.UNKNOWN)
    return State.OFF if state in IDLE and worst in (State.OK, State.UNKNOWN) else worst


def raw_of(one: Resource) -> str:
    said = ((name, one.text(f"Status/{name}")) for name in ("State", "Health", "HealthRollup"))
    return ", ".join(f"{name} {word}" for name, word in said if word) or "no Status"


def as_sensor(one: Resource, kind: Kind, value: float | None = None, unit: str = "") -> Sensor:
    name = one.text("Name", "FanName", "MemberId", "Id") or one.path
    return Sensor(kind, name, state_of(one), raw_of(one), value, unit if value is not None else "", source=one.path)
