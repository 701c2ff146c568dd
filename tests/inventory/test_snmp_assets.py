"""An asset that is reached over SNMP, and its credentials: references only."""

from pathlib import Path

import pytest

from inventory.asset import Connection
from inventory.estate import Credential, Estate
from inventory.sources.errors import InventoryError
from inventory.sources.yaml_file import YamlFile
from scanner.query import Login
from scanner.secrets.credentials import CredentialStore

TEXT = """
estatecheck:
  credentials:
    printers: {{community: "env:PRINTERS"}}
    switches: {switches}
all:
  vars:
    ansible_connection: snmp
  hosts:
    p1:
      ansible_host: 192.0.2.5
      estatecheck: {{credential: printers}}
    s1:
      ansible_host: 192.0.2.6
      ansible_port: 1161
      estatecheck: {{kind: network, credential: switches}}
"""
V3 = '{user: scan, auth: SHA-256, auth_password: "env:AUTH", priv: AES-128, priv_password: "env:PRIV"}'


def estate(folder: Path, switches: str) -> Estate:
    file = folder / "inventory.yaml"
    file.write_text(TEXT.format(switches=switches))
    return YamlFile(file).estate()


def test_assets_and_credentials(tmp_path: Path) -> None:
    made = estate(tmp_path, V3)
    ways = {asset.name: asset.connection for asset in made.assets}
    assert ways["p1"] == Connection("snmp", "192.0.2.5", 161, credential="printers")
    assert ways["s1"] == Connection("snmp", "192.0.2.6", 1161, credential="switches")
    assert made.credentials["switches"] == Credential(
        "switches", "scan", auth="SHA-256", auth_password="env:AUTH", priv="AES-128", priv_password="env:PRIV"
    )
    store = CredentialStore(made.credentials, {"env:PRINTERS": "c", "env:AUTH": "a", "env:PRIV": "p"}.__getitem__)
    logins = {asset.name: store.login(asset) for asset in made.assets}
    assert logins["p1"] == Login(community="c")
    assert logins["s1"] == Login("scan", auth="SHA-256", auth_password="a", priv="AES-128", priv_password="p")
    assert set(store.secrets()) == {"c", "a", "p"}


@pytest.mark.parametrize(
    ("switches", "why"),
    [
        ("{community: s3cret}", "this is not allowed here"),
        ("{user: a, auth: SHA-256, auth_password: s3cret}", "this is not allowed here"),
        ("{user: a, auth: CRC-32}", "MD5, SHA, SHA-224"),
        ("{user: a, priv: ROT-13}", "DES, AES-128"),
    ],
)
def test_faults_never_repeat_a_secret(tmp_path: Path, switches: str, why: str) -> None:
    with pytest.raises(InventoryError) as refused:
        estate(tmp_path, switches)
    assert "s3cret" not in str(refused.value)
    assert why in str(refused.value) or "reference" in str(refused.value)
