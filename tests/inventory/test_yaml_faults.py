"""Broken inventories and the exact sentences they get."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from inventory.sources.errors import InventoryError
from inventory.sources.yaml_file import MAX_BYTES, Text, YamlFile, load

CASES = yaml.safe_load((Path(__file__).parent / "broken.yaml").read_text(encoding="utf-8"))


def faults(text: str | bytes) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(InventoryError) as caught:
        load([Text("i.yaml", data)])
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize("case", CASES)
def test_one_fault_is_one_sentence(case: str) -> None:
    assert faults(CASES[case]["text"]) == [CASES[case]["says"]]


@pytest.mark.parametrize("case", CASES)
def test_no_message_repeats_a_secret(case: str) -> None:
    told = "\n".join(faults(CASES[case]["text"]))
    assert "hunter2" not in told
    assert "712334" not in told


def test_what_is_not_utf8_is_placed() -> None:
    assert faults(b"all:\n  vars: {x: \xff}\n") == ["i.yaml:2:13: this is not UTF-8; save the file as UTF-8"]


@pytest.mark.parametrize("opening", ["[", "- ", "{a: "])
def test_depth_is_bounded(opening: str) -> None:
    (told,) = faults(opening * 100_000)
    assert told.endswith(": nested deeper than 50 levels")


def test_every_fault_is_told_at_once_and_in_order() -> None:
    text = """\
estatecheck:
  sites: {hq: {exposure: dmz, area: nowhere}}
  credentials: {c: {password: hunter2}}
all:
  vars: {estatecheck: {site: hk, siet: hq}}
  hosts:
    a: {ansible_port: 0, estatecheck: {bastion: b, criticality: 9}}
"""
    places = [fault.split(": ")[0:2] for fault in faults(text)]
    assert places == [
        ["i.yaml:2:26", "estatecheck.sites.hq.exposure"],
        ["i.yaml:2:37", "estatecheck.sites.hq.area"],
        ["i.yaml:3:31", "estatecheck.credentials.c.password"],
        ["i.yaml:5:30", "all.vars.estatecheck.site"],
        ["i.yaml:5:34", "all.vars.estatecheck.siet"],
        ["i.yaml:7:23", "all.hosts.a.ansible_port"],
        ["i.yaml:7:49", "all.hosts.a.estatecheck.bastion"],
        ["i.yaml:7:65", "all.hosts.a.estatecheck.criticality"],
    ]


def test_two_cycles_are_both_named() -> None:
    text = "a: {children: {b: }}\nb: {children: {a: }}\nc: {children: {d: }}\nd: {children: {c: }}\n"
    told = "\n".join(faults(text))
    assert "a -> b -> a" in told
    assert "c -> d -> c" in told


def test_billion_laughs_are_refused() -> None:
    levels = [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 10)]
    text = "all:\nx: {vars: {l0: &l0 [a, a, a]}}\n" + "\n".join(levels)
    assert faults(text) == ["i.yaml:1:1: aliases (*) repeat more than 1000000 values; use a group's vars instead"]


def test_merged_mappings_count_as_aliases() -> None:
    wide = "{" + ", ".join(f"k{i}: 1" for i in range(2000)) + "}"
    text = f"all:\n  vars: {{base: &b {wide}}}\n  hosts:\n" + "".join(f"    h{i}: {{<<: *b}}\n" for i in range(600))
    assert faults(text) == ["i.yaml:1:1: aliases (*) repeat more than 1000000 values; use a group's vars instead"]


def test_a_chain_of_aliases_cannot_exhaust_the_stack() -> None:
    chain = "".join(f"    k{i}: &k{i} [*k{i - 1}]\n" for i in range(1, 1000))
    text = "all:\n  vars:\n    k0: &k0 [x]\n" + chain
    assert faults(text) == ["i.yaml:1:1: aliases (*) nest deeper than 50 levels"]


def test_a_thousand_nested_groups_are_no_deep_file() -> None:
    text = "".join(f"g{i}: {{children: {{g{i + 1}: }}}}\n" for i in range(1500)) + "g1500: {hosts: {h: }}\n"
    estate = load([Text("i.yaml", text.encode())])
    assert len(estate.assets[0].groups) == 1502


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        pytest.param(
            Path.absolute, "there is no such file; `estatecheck init` writes a starter inventory", id="missing"
        ),
        pytest.param(lambda p: p.mkdir(), "no *.yaml or *.yml file in this directory", id="empty directory"),
        pytest.param(os.mkfifo, "is not a regular file", id="fifo"),
        pytest.param(lambda p: p.symlink_to("/dev/zero"), "is not a regular file", id="device"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, make: Callable[[Path], object], sentence: str) -> None:
    path = tmp_path / "inventory.yaml"
    make(path)
    with pytest.raises(InventoryError) as caught:
        YamlFile(path).estate()
    assert str(caught.value) == f"{path}: {sentence}"


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "inventory.yaml"
    with path.open("wb") as out:
        out.truncate(MAX_BYTES + 1)
    with pytest.raises(InventoryError, match="is larger than 50 MB"):
        YamlFile(path).estate()
