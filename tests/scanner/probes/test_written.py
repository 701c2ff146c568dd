"""What is written from a fact reads as that fact again."""

from pathlib import Path

import pytest

from inventory.asset import Asset, Connection
from inventory.facts.packages import Packages
from scanner.probes import PROBES
from scanner.probes.linux.written import packages_text, system_text
from scanner.query import Answer

HERE = Path(__file__).parent
HOST = Asset("host", Connection("ssh", "192.0.2.1"))
WHOLE = sorted(p.parent for p in HERE.glob("linux/packages/*/answer.txt") if not p.parent.name.startswith("broken"))


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case.name)
def test_packages(case: Path) -> None:
    read = PROBES["packages"].parse(HOST, [Answer("packages", (case / "answer.txt").read_bytes(), 0)])
    assert isinstance(read, Packages)
    assert PROBES["packages"].parse(HOST, [Answer("packages", packages_text(read), 0)]) == read


def test_system() -> None:
    text = system_text("debian", "12", "Debian 12")
    system = PROBES["system"].parse(HOST, [Answer("system", text, 0)])
    assert (system.os_id, system.os_version, system.os_name) == ("debian", "12", "Debian 12")
    assert (system.hostname, system.uptime_seconds, system.container) == ("", None, None)
