"""How the inventory says that a machine is a Windows one, and how it is reached."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from inventory.asset import Asset
from inventory.facts.windows_domain import WindowsIdentity
from inventory.facts.windows_system import WindowsSystem
from inventory.identity import identity_in, os_name_in, strong
from inventory.sources.errors import InventoryError
from inventory.sources.yaml_file import YamlFile
from scanner.probes import WINDOWS_PROBES, probes_of

CASES = Path(__file__).parents[1] / "scanner" / "probes" / "windows"


def asset(folder: Path, keys: str) -> Asset:
    file = folder / "i.yaml"
    file.write_text(f"all: {{hosts: {{pc-7: {{ansible_host: 192.0.2.7, {keys}}}}}}}\n")
    return YamlFile(file).estate().assets[0]


@pytest.mark.parametrize(
    ("keys", "way", "port"),
    [
        ("ansible_connection: winrm", "winrm", 5986),
        ("ansible_connection: psrp", "winrm", 5986),
        ("ansible_connection: winrm, ansible_port: 55986", "winrm", 55986),
        ("estatecheck: {platform: windows}", "ssh-windows", 22),
        ("ansible_connection: ssh, ansible_shell_type: powershell", "ssh-windows", 22),
        ("ansible_shell_type: cmd, ansible_port: 2222", "ssh-windows", 2222),
        ("ansible_shell_type: sh", "ssh", 22),
        ("ansible_connection: winrm, estatecheck: {platform: windows}", "winrm", 5986),
    ],
)
def test_the_way_in(tmp_path: Path, keys: str, way: str, port: int) -> None:
    connection = asset(tmp_path, keys).connection
    assert (connection.way, connection.port) == (way, port)
    assert (probes_of(way) is WINDOWS_PROBES) == (way != "ssh")


def test_a_bastion_is_kept_for_ssh_to_windows(tmp_path: Path) -> None:
    file = tmp_path / "i.yaml"
    file.write_text(
        "all: {hosts: {gate: {ansible_host: 192.0.2.1}, "
        "srv: {ansible_host: 192.0.2.2, estatecheck: {platform: windows, bastion: gate}}}}\n"
    )
    assert {one.name: one.connection.bastion for one in YamlFile(file).estate().assets}["srv"] == "gate"


def test_tls_and_kerberos_are_words_of_the_inventory(tmp_path: Path) -> None:
    file = tmp_path / "i.yaml"
    fingerprint = "SHA256:" + "ab" * 32
    file.write_text(
        "estatecheck: {credentials: {w: {kerberos: true}}}\n"
        f"all: {{hosts: {{pc-7: {{ansible_host: 192.0.2.7, ansible_connection: winrm, "
        f'estatecheck: {{credential: w, tls: {{fingerprint: "{fingerprint}"}}}}}}}}}}\n'
    )
    estate = YamlFile(file).estate()
    assert estate.credentials["w"].kerberos
    tls = estate.assets[0].connection.tls
    assert tls is not None
    assert tls.fingerprint == fingerprint


def test_winrm_without_tls_has_no_word(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match="not allowed"):
        asset(tmp_path, "ansible_connection: winrm-http")


IDENTITY = WindowsIdentity(
    smbios_uuid="4c4c4544-0042-3510-8052-b4c04f4e3233",
    serial="PF3ABCDE",
    machine_guid="6e0f3f6c-4a3b-4b7e-9d52-0c3c9f1b7a11",
    machine_sid=None,
    device_id=None,
    macs=(),
)


def test_the_record_knows_a_windows_machine_by_its_guid_and_its_board() -> None:
    assert strong(identity_in({"windows_identity": IDENTITY})) == {
        "machine-id 6e0f3f6c4a3b4b7e9d520c3c9f1b7a11",
        "smbios-uuid 4c4c4544004235108052b4c04f4e3233",
    }


def test_a_filler_of_the_firmware_is_no_identity() -> None:
    filler = replace(IDENTITY, smbios_uuid="03000200-0400-0500-0006-000700080009", machine_guid=None)
    assert strong(identity_in({"windows_identity": filler})) == frozenset()


def test_what_runs_there_is_named_with_its_build() -> None:
    told = json.loads((CASES / "windows_system" / "server-2022-dc" / "expected.json").read_text())
    assert os_name_in({"windows_system": WindowsSystem(**told)}) == (
        "Microsoft Windows Server 2022 Standard 21H2 (10.0.20348.2762)"
    )
