"""``responsibilities`` and ``policy.accreditation`` of an inventory."""

from datetime import date
from pathlib import Path

import pytest

from inventory.responsibility import Layer, Responsibility
from inventory.sources.errors import InventoryError
from inventory.sources.yaml_file import Text, YamlFile, load

TEXT = """\
estatecheck:
  suppliers: {larkspur: , quill: }
  services: {case: }
  responsibilities:
    first: {supplier: larkspur, starts: 2025-01-01, ends: 2026-03-31, layers: [os, hardware], groups: [all]}
    second: {supplier: quill, starts: 2026-04-01, hosts: ["web[1:2]"], services: [case], reference: Schedule 7}
all: {hosts: {web1: , web2: }}
"""


def read(text: str) -> tuple[Responsibility, ...]:
    return load([Text("i.yaml", text.encode())]).responsibilities


def test_entries_are_read() -> None:
    first, second = read(TEXT)
    assert first == Responsibility(
        "first",
        "larkspur",
        date(2025, 1, 1),
        date(2026, 3, 31),
        (Layer.OS, Layer.HARDWARE),
        groups=("all",),
    )
    assert (second.layers, second.hosts, second.services) == (tuple(Layer), ("web1", "web2"), ("case",))


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("supplier: quill", "supplier: quil", "'quil' is no supplier; did you mean 'quill'?"),
        ("ends: 2026-03-31", "ends: 2024-03-31", "2024-03-31 is before `starts`, 2025-01-01"),
        ("services: [case]", "services: [cas]", "'cas' is no service; did you mean 'case'?"),
        ("groups: [all]", "groups: [al]", "'al' is no group"),
        ("web[1:2]", "web[1:3]", "'web3' is no host"),
        (", groups: [all]", "", "this covers nothing; give `groups`, `hosts` or `services`"),
        ("[os, hardware]", "[os, disk]", "'disk' is not allowed here; allowed: a list of hardware, os and application"),
        ("starts: 2026-04-01, ", "", "`starts` is missing: the first day, such as 2026-01-01"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(wrong: str, right: str, said: str) -> None:
    assert wrong in TEXT
    with pytest.raises(InventoryError) as raised:
        read(TEXT.replace(wrong, right, 1))
    (fault,) = raised.value.faults
    assert said in str(fault)
    assert fault.line in (5, 6)


def test_a_policy_of_accreditation_is_read_beside_the_inventory(tmp_path: Path) -> None:
    (tmp_path / "court.yaml").write_text("name: court\n")
    (tmp_path / "i.yaml").write_text("estatecheck: {policy: {accreditation: court.yaml}}\nall: {hosts: {web1: }}\n")
    found = YamlFile(tmp_path / "i.yaml").estate().policy.file("accreditation")
    assert found is not None
    assert (found.path, found.text) == ("court.yaml", "name: court\n")
