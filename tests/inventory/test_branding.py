"""``branding:`` of the inventory: a folder beside the file, and nowhere else."""

from pathlib import Path

import pytest

from inventory.sources.errors import InventoryError
from inventory.sources.yaml_file import YamlFile

TEXT = """\
estatecheck:
  estate: {{name: North, branding: {named}}}
all: {{hosts: {{web: {{ansible_host: 192.0.2.1}}}}}}
"""


def inventory(folder: Path, named: str) -> YamlFile:
    (folder / "brand").mkdir(exist_ok=True)
    file = folder / "inventory.yaml"
    file.write_text(TEXT.format(named=named))
    return YamlFile(file)


@pytest.mark.parametrize("named", ["brand", "./brand", "brand/../brand", "."])
def test_a_folder_beside_the_file_has_its_whole_path(tmp_path: Path, named: str) -> None:
    assert inventory(tmp_path, named).estate().branding == str((tmp_path / named).resolve())


def test_without_it_there_is_none(tmp_path: Path) -> None:
    file = tmp_path / "inventory.yaml"
    file.write_text("all: {hosts: {web: {ansible_host: 192.0.2.1}}}\n")
    assert YamlFile(file).estate().branding == ""


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("..", "leads out of the folder of this file"),
        ("/etc", "leads out of the folder of this file"),
        ("brand/../../x", "leads out of the folder of this file"),
        ("link", "leads out of the folder of this file"),
        ("ring", "there is no folder|cannot be looked at"),
        ("nothing", "there is no folder"),
        ("inventory.yaml", "there is no folder"),
        ('"a\\0b"', "cannot be looked at|not allowed|cannot be|control"),
    ],
)
def test_what_is_elsewhere_is_refused_with_its_place(tmp_path: Path, named: str, said: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "link").symlink_to(tmp_path)
    (home / "ring").symlink_to(home / "ring")
    with pytest.raises(InventoryError, match=said) as fault:
        inventory(home, named).estate()
    assert "inventory.yaml:2:" in str(fault.value)
