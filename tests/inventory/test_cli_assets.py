"""A device that is reached over its command line: the platform in our words, or in Ansible's."""

from pathlib import Path

import pytest

from inventory.asset import Asset, Connection
from inventory.sources.errors import InventoryError
from inventory.sources.platforms import PLATFORMS, of_ansible
from inventory.sources.yaml_file import YamlFile

TEXT = """
estatecheck:
  credentials:
    switches: {{user: scan, password: "env:SWITCHES"}}
all:
  vars:
    estatecheck: {{kind: network, credential: switches}}
  hosts:
    jump: {{ansible_host: 192.0.2.2}}
    sw1: {{ansible_host: 192.0.2.5, {variables}}}
"""


def asset(folder: Path, variables: str) -> Asset:
    file = folder / "inventory.yaml"
    file.write_text(TEXT.format(variables=variables))
    return next(one for one in YamlFile(file).estate().assets if one.name == "sw1")


@pytest.mark.parametrize(
    ("variables", "platform"),
    [
        ("ansible_connection: cli", None),
        ("ansible_connection: cli, estatecheck: {platform: fortinet}", "fortinet"),
        ("ansible_connection: network_cli, ansible_network_os: cisco.ios.ios", "cisco_ios"),
        ("ansible_connection: ansible.netcommon.network_cli, ansible_network_os: nxos", "cisco_nxos"),
        ("ansible_connection: network_cli, ansible_network_os: junipernetworks.junos.junos", "juniper_junos"),
        ("ansible_connection: network_cli, ansible_network_os: eos", "arista_eos"),
        ("ansible_connection: network_cli, ansible_network_os: cisco.asa.asa", "cisco_asa"),
        ("ansible_connection: network_cli, ansible_network_os: nokia.grpc.sros", None),
        ("ansible_connection: cli, ansible_network_os: ios, estatecheck: {platform: cisco_xe}", "cisco_xe"),
    ],
)
def test_ways_to_say_it(tmp_path: Path, variables: str, platform: str | None) -> None:
    made = asset(tmp_path, variables)
    assert made.connection == Connection("cli", "192.0.2.5", 22, credential="switches")
    assert made.platform == platform


def test_port_and_bastion(tmp_path: Path) -> None:
    made = asset(tmp_path, "ansible_connection: cli, ansible_port: 2222, estatecheck: {bastion: jump}")
    assert (made.connection.port, made.connection.bastion) == (2222, "jump")


def test_a_platform_that_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match=r"cisco_iso.*is not known here; allowed: arista_eos, .*zte_zxros"):
        asset(tmp_path, "ansible_connection: cli, estatecheck: {platform: cisco_iso}")


@pytest.mark.parametrize("word", ["ios", "cisco.ios.ios", "iosxr", "aoscx", "comware", "procurve", "panos", "icx"])
def test_ansibles_words_lead_to_ours(word: str) -> None:
    assert of_ansible(word) in PLATFORMS
    assert of_ansible(7) is None
