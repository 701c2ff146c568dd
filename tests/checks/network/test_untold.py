"""What a device does not tell, and whether that is because nobody taught us to read it."""

from checks.network.untold import untold
from inventory.facts.device import Device
from inventory.facts.missing import Reason


def test_of_an_unknown_device_what_it_answered_is_told() -> None:
    device = Device(description="Frobnicator 9\x1b", object_id="1.3.6.1.4.1.99999.1")
    reason, said = untold(device, "the device tells no version")
    assert reason is Reason.UNKNOWN_DEVICE
    assert "sysObjectID 1.3.6.1.4.1.99999.1, sysDescr 'Frobnicator 9\\x1b'" in said


def test_a_known_device_keeps_it_to_itself() -> None:
    device = Device(description="Known", rule="known")
    assert untold(device, "the device tells no version") == (Reason.NOT_TOLD, "the device tells no version")
