"""What an inventory says of a contract's clocks and credits."""

from pathlib import Path

import pytest

from inventory.credits import AvailabilityCredit, ClockCredit, CreditTable
from inventory.estate import Estate
from inventory.sources.errors import InventoryError
from inventory.sources.yaml_file import YamlFile
from scanner.store.codec import dump, load

CONTRACT = """
estatecheck:
  suppliers: {larkspur: {name: Larkspur Managed IT}}
  services: {portal: {name: Portal}}
  policy: {clocks: ours.yaml}
  contracts:
    core:
      supplier: larkspur
      clocks: [moj, ours]
      credits:
        currency: GBP
        monthly_charge: 120000.0
        most_percent: 15
        zone: Europe/London
        availability:
          - {service: portal, below: 99.5, percent: 2}
        clocks:
          - {level: high, percent: 0.1, each: month, policy: moj}
all:
  hosts:
    web1: {ansible_connection: local}
"""


def estate(folder: Path, text: str = CONTRACT) -> Estate:
    (folder / "ours.yaml").write_text("use: [moj]\n")
    path = folder / "inventory.yaml"
    path.write_text(text)
    return YamlFile(path).estate()


def test_a_contract_names_its_clocks_and_its_table(tmp_path: Path) -> None:
    contract = estate(tmp_path).contracts["core"]
    assert contract.clocks == ("moj", "ours")
    assert contract.credits == CreditTable(
        (AvailabilityCredit("portal", 0.995, 2),),
        (ClockCredit("high", 0.1, "month", "moj"),),
        "Europe/London",
        "GBP",
        120_000,
        15,
    )


def test_it_is_kept_with_a_scan(tmp_path: Path) -> None:
    made = estate(tmp_path)
    assert load(Estate, dump(made)).contracts == made.contracts
    kept = made.policy.file("clocks")
    assert kept is not None
    assert kept.text == "use: [moj]\n"


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("service: portal, below", "service: portl, below", "'portl' is no service; did you mean 'portal'"),
        ("below: 99.5", "below: 101", "per cent of the month"),
        ("each: month", "each: year", "breach (once, when it was due) or month"),
        ("zone: Europe/London", "zone: Nowhere", "is not a time zone"),
        ("level: high", "level: terrible", "critical, high, medium or low"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(tmp_path: Path, old: str, new: str, wanted: str) -> None:
    with pytest.raises(InventoryError) as refused:
        estate(tmp_path, CONTRACT.replace(old, new))
    assert wanted in str(refused.value)
