"""An asset that is reached over Redfish, and which certificate is accepted from it."""

from pathlib import Path

import pytest

from inventory.asset import Connection, Tls
from inventory.sources.errors import InventoryError
from inventory.sources.yaml_file import YamlFile

HEX = "0123456789abcdef" * 4
COLONS = ":".join(HEX[n : n + 2] for n in range(0, 64, 2)).upper()
TEXT = """
estatecheck:
  credentials:
    bmcs: {{user: scan, password: "env:BMC"}}
all:
  children:
    bmcs:
      vars:
        ansible_connection: redfish
        estatecheck: {{credential: bmcs, tls: {{ca: /etc/estatecheck/bmc-ca.pem}}}}
      hosts:
        a: {{ansible_host: 192.0.2.5}}
        b:
          ansible_port: 8443
          estatecheck: {{tls: {tls}}}
"""


def connections(folder: Path, tls: str) -> dict[str, Connection]:
    file = folder / "inventory.yaml"
    file.write_text(TEXT.format(tls=tls))
    return {asset.name: asset.connection for asset in YamlFile(file).estate().assets}


@pytest.mark.parametrize(
    ("tls", "expected"),
    [
        (f"{{fingerprint: SHA256:{HEX}}}", Tls(fingerprint=f"SHA256:{HEX}")),
        (f"{{fingerprint: {HEX.upper()}}}", Tls(fingerprint=f"SHA256:{HEX}")),
        (f'{{fingerprint: "SHA256:{COLONS}"}}', Tls(fingerprint=f"SHA256:{HEX}")),
        ("{ca: bmc.pem}", Tls(ca="bmc.pem")),
        ("{verify: system}", None),
    ],
)
def test_a_host_says_more_than_its_group(tmp_path: Path, tls: str, expected: Tls | None) -> None:
    made = connections(tmp_path, tls)
    assert made["a"] == Connection(
        "redfish", "192.0.2.5", 443, credential="bmcs", tls=Tls(ca="/etc/estatecheck/bmc-ca.pem")
    )
    assert made["b"] == Connection("redfish", "b", 8443, credential="bmcs", tls=expected)


@pytest.mark.parametrize(
    ("tls", "why"),
    [
        ("{fingerprint: SHA256:00}", "64 hex digits"),
        (f"{{fingerprint: SHA1:{HEX[:40]}}}", "64 hex digits"),
        ("{verify: false}", "system"),
        ("{verify: none}", "system"),
        ("{insecure: true}", "is not known here"),
        (f"{{ca: a.pem, fingerprint: {HEX}}}", "give one of ca, fingerprint and verify"),
        ("no", "a mapping"),
    ],
)
def test_there_is_no_way_around_the_certificate(tmp_path: Path, tls: str, why: str) -> None:
    with pytest.raises(InventoryError) as refused:
        connections(tmp_path, tls)
    assert why in str(refused.value)
