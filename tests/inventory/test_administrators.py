"""Who may administer a Windows machine, as the inventory says it."""

from pathlib import Path

import pytest

from inventory.sources.csv_file import read_csv
from inventory.sources.yaml_file import YamlFile


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("{platform: windows}", None),
        ("{platform: windows, administrators: []}", ()),
        (
            r"{administrators: [itsupport, 'CORP\Service Desk', S-1-5-21-7-8-9-1207]}",
            ("itsupport", r"CORP\Service Desk", "S-1-5-21-7-8-9-1207"),
        ),
    ],
)
def test_in_yaml(tmp_path: Path, said: str, read: tuple[str, ...] | None) -> None:
    file = tmp_path / "i.yaml"
    file.write_text(f"all: {{hosts: {{pc-7: {{ansible_host: 192.0.2.7, estatecheck: {said}}}}}}}\n")
    assert YamlFile(file).estate().assets[0].administrators == read


def test_a_group_gives_them_to_its_hosts(tmp_path: Path) -> None:
    file = tmp_path / "i.yaml"
    file.write_text(
        "all: {children: {pcs: {vars: {estatecheck: {administrators: [itsupport]}}, hosts: {pc-7: , "
        "pc-8: {estatecheck: {administrators: []}}}}}}\n"
    )
    assert [asset.administrators for asset in YamlFile(file).estate().assets] == [("itsupport",), ()]


def test_in_a_table_names_may_have_blanks() -> None:
    made = read_csv("h.csv", b"hostname,administrators\npc-7,CORP\\Service Desk;itsupport\n", {})
    assert made.rows[0].variables["estatecheck"]["administrators"] == [r"CORP\Service Desk", "itsupport"]
