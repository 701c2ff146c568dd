"""Thresholds of a device's health: merged key by key through groups, strict, and with defaults that say so."""

import pytest

from inventory.asset import Asset
from inventory.sources.build import DEFAULTS
from inventory.sources.document import ThresholdKeys
from inventory.sources.errors import InventoryError
from inventory.sources.yaml_file import Text, load
from inventory.thresholds import HealthThresholds, Threshold

GROUPS = """
all:
  vars: {estatecheck: {thresholds: {storage_percent: 80, cpu_percent: 90}}}
  children:
    room:
      vars: {estatecheck: {thresholds: {storage_percent: 85}}}
      hosts:
        a: {estatecheck: {thresholds: {temperature_celsius: 60}}}
        b:
  hosts:
    c: {estatecheck: {thresholds: {storage_percent: null}}}
"""


def assets(text: str) -> dict[str, Asset]:
    return {asset.name: asset for asset in load([Text("inventory.yaml", text.encode())]).assets}


def test_a_host_goes_before_its_group_and_that_before_all_key_by_key() -> None:
    found = assets(GROUPS)
    assert found["a"].thresholds == HealthThresholds(temperature_celsius=60, storage_percent=85, cpu_percent=90)
    assert found["b"].thresholds == HealthThresholds(storage_percent=85, cpu_percent=90)
    assert found["c"].thresholds == HealthThresholds(cpu_percent=90)


def test_what_is_not_said_is_the_default_and_known_as_such() -> None:
    none = assets("all: {hosts: {a: }}")["a"].thresholds
    assert none == HealthThresholds()
    assert none.of("storage_percent") == Threshold(90.0, said=False)
    assert none.of("storage_percent").origin == "the default threshold"
    assert HealthThresholds(storage_percent=0.5).of("storage_percent") == Threshold(0.5, said=True)


def test_every_key_has_a_default() -> None:
    assert set(ThresholdKeys.model_fields) == set(DEFAULTS) == set(HealthThresholds.__slots__)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("storage_percent: 101", "101 is not allowed here; allowed: percent in use"),
        ("cpu_percent: 0", "0 is not allowed here"),
        ("interface_error_ratio: 2", "above 0 and up to 1"),
        ("battery_minutes: soon", "'soon' is not allowed here"),
        ("temperature: 60", "'temperature' is not known here"),
    ],
)
def test_what_is_no_threshold_is_an_error_with_its_place(written: str, said: str) -> None:
    text = f"all:\n  hosts:\n    a:\n      estatecheck:\n        thresholds: {{{written}}}\n"
    with pytest.raises(InventoryError) as caught:
        load([Text("inventory.yaml", text.encode())])
    (fault,) = caught.value.faults
    assert said in str(fault)
    assert fault.line == 5
