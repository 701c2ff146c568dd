"""Approved firmware in the inventory: its blocks, the file it may stand in, and the sentences for what is wrong."""

from datetime import date
from pathlib import Path

import pytest

from inventory.policy import ApprovedFirmware
from inventory.sources.errors import InventoryError
from inventory.sources.yaml_file import Text, YamlFile, load
from scanner.store.codec import dump
from scanner.store.codec import load as read_back

BLOCK = "{model: X, versions: ['1.0'], approved_by: A, approved_on: 2026-01-01}"
SWITCH = ApprovedFirmware("WS-C2960X-*", ("15.2(7)E8",), "A. Keeper", date(2026, 2, 1), "Cisco", "IOS", "CHG-1")


def of(list_text: str) -> str:
    return f"estatecheck:\n  approved_firmware:\n{list_text}\nall: {{hosts: {{a: }}}}\n"


def faults(text: str) -> list[str]:
    with pytest.raises(InventoryError) as caught:
        load([Text("i.yaml", text.encode())])
    return [str(fault) for fault in caught.value.faults]


def test_a_block_becomes_an_approval_and_survives_the_record() -> None:
    text = of(
        "    - model: WS-C2960X-*\n      vendor: Cisco\n      os: IOS\n      versions: ['15.2(7)E8']\n"
        "      approved_by: A. Keeper\n      approved_on: 2026-02-01\n      reference: CHG-1\n"
        "    - {model: Y, minimum: '7.4', approved_by: B, approved_on: '2026-01-01', valid_until: 2026-12-31}\n"
    )
    policy = load([Text("i.yaml", text.encode())]).policy
    first, second = policy.approved_firmware
    assert first == ApprovedFirmware(
        "WS-C2960X-*", ("15.2(7)E8",), "A. Keeper", date(2026, 2, 1), "Cisco", "IOS", "CHG-1", line=3
    )
    assert (second.minimum, second.versions, second.valid_until, second.line) == ("7.4", (), date(2026, 12, 31), 10)
    assert read_back(type(policy), dump(policy)) == policy


@pytest.mark.parametrize(
    ("vendor", "model", "os", "concerned"),
    [
        ("Cisco", "WS-C2960X-48FPS-L", "IOS", True),
        ("cisco", "ws-c2960x-24", "ios", True),
        ("Cisco", "WS-C3750", "IOS", False),
        ("Dell", "WS-C2960X-24", "IOS", False),
        ("Cisco", "WS-C2960X-24", "IOS-XE", False),
        (None, "WS-C2960X-24", "IOS", False),
        ("Cisco", None, "IOS", False),
        ("Cisco", "WS-C2960X-24", None, False),
    ],
)
def test_which_devices_a_block_concerns(vendor: str | None, model: str | None, os: str | None, concerned: bool) -> None:
    assert SWITCH.concerns(vendor, model, os) is concerned


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("7", "i.yaml:3:7: estatecheck.approved_firmware[0]: 7 is not allowed here; allowed: a mapping of `model`"),
        (
            "{model: X, versions: [1.0], approved_by: A, approved_on: 2026-01-01}",
            "i.yaml:3:29: estatecheck.approved_firmware[0].versions[0]: must be a text; put it in quotes",
        ),
        (
            "{model: X, version: ['1.0'], approved_by: A, approved_on: 2026-01-01}",
            "i.yaml:3:18: estatecheck.approved_firmware[0].version: 'version' is not known here; did you mean",
        ),
        (
            "{model: X, versions: ['1.0'], approved_on: 2026-01-01}",
            "i.yaml:3:7: estatecheck.approved_firmware[0]: `approved_by` is missing: who approved it",
        ),
        (
            "{model: X, approved_by: A, approved_on: 2026-01-01}",
            "i.yaml:3:7: estatecheck.approved_firmware[0]: nothing is approved here; give `versions`",
        ),
        (
            "{model: X, minimum: '1', approved_by: A, approved_on: 2026-01-02, valid_until: 2026-01-01}",
            "i.yaml:3:86: estatecheck.approved_firmware[0].valid_until: 2026-01-01 is before `approved_on`, 2026-01-02",
        ),
        (
            "{model: X, minimum: '1', approved_by: A, approved_on: soon}",
            "i.yaml:3:61: estatecheck.approved_firmware[0].approved_on: ",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(item: str, says: str) -> None:
    (told,) = faults(of(f"    - {item}"))
    assert told.startswith(says)


@pytest.mark.parametrize("value", ["7", "{model: X}", "'{{ firmware }}'"])
def test_what_is_no_list_and_no_path(value: str) -> None:
    (told,) = faults(f"estatecheck: {{approved_firmware: {value}}}\n")
    assert told.startswith("i.yaml:1:34: estatecheck.approved_firmware: allowed: a list of at most 10000 blocks")


def test_a_file_beside_the_inventory_is_read_and_counts_in_the_digest(tmp_path: Path) -> None:
    inventory, firmware = tmp_path / "estate.yaml", tmp_path / "policy" / "firmware.yaml"
    firmware.parent.mkdir()
    inventory.write_text("estatecheck: {approved_firmware: policy/firmware.yaml}\nall: {hosts: {a: }}\n")
    firmware.write_text(f"- {BLOCK}\n")
    first = YamlFile(inventory).estate()
    assert [block.model for block in first.policy.approved_firmware] == ["X"]
    firmware.write_text(f"- {BLOCK}\n- {BLOCK.replace('X', 'Y')}\n")
    second = YamlFile(inventory).estate()
    assert [block.model for block in second.policy.approved_firmware] == ["X", "Y"]
    assert len({first.digest, second.digest}) == 2
    assert second.digest == YamlFile(inventory).estate().digest


def test_faults_of_the_file_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "i.yaml").write_text("estatecheck: {approved_firmware: f.yaml}\n")
    for content, says in (
        ("- {model: X}\n", f"{tmp_path}/f.yaml:1:3: [0]: `approved_by` is missing"),
        ("a: b\n", f"{tmp_path}/f.yaml:1:1: allowed: a list of at most"),
        ("[\n", f"{tmp_path}/f.yaml:2:1: this is not valid YAML"),
    ):
        (tmp_path / "f.yaml").write_text(content)
        with pytest.raises(InventoryError) as caught:
            YamlFile(tmp_path / "i.yaml").estate()
        assert str(caught.value).startswith(says), str(caught.value)


def test_a_file_that_is_not_there_is_told_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "i.yaml").write_text("estatecheck: {approved_firmware: f.yaml}\n")
    with pytest.raises(InventoryError) as caught:
        YamlFile(tmp_path / "i.yaml").estate()
    assert str(caught.value) == (
        f"{tmp_path}/i.yaml:1:34: estatecheck.approved_firmware: {tmp_path}/f.yaml cannot be read: "
        "there is no such file; the path is relative to this file"
    )


def test_two_inventory_files_add_up() -> None:
    text = f"estatecheck: {{approved_firmware: [{BLOCK}]}}\n"
    both = load([Text("a.yaml", text.encode()), Text("b.yaml", text.replace("X", "Y").encode())])
    assert [block.model for block in both.policy.approved_firmware] == ["X", "Y"]
