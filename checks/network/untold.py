"""What a device does not tell: because no rule of the family tables knows it, or because it keeps it to itself."""

from inventory.facts.device import Device
from inventory.facts.missing import Reason


def untold(device: Device, what: str) -> tuple[Reason, str]:
    """The reason, and the sentence; of an unknown device with what it answered, so that a rule can be added."""
    if device.rule is not None or device.description is None:
        return Reason.NOT_TOLD, what
    answered = f"sysObjectID {device.object_id or 'none'}, sysDescr {device.description[:120]!r}"
    return Reason.UNKNOWN_DEVICE, f"{what}: no rule knows this device ({answered}); docs/network-devices.md adds one"
