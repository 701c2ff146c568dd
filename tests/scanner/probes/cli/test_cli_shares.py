"""How much of recorded ``show version`` outputs is identified (``pytest -s`` prints shares and each miss)."""

import io
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from inventory.facts.device import Device
from scanner.probes.cli import reading
from scanner.probes.cli.blocks import Said
from scanner.probes.cli.device import identify
from scanner.query import Unreadable
from tests.data import folder
from tests.scanner.probes.network.walks import same

pytestmark = pytest.mark.data

# the commands that say what a device is; the archive's other files are lists of parts
VERSIONS = (
    "show version",
    "show version brief",
    "get system status",
    "show system info",
    "display version",
    "display inner version",
)
THEIRS = {
    "version": (
        "version",
        "os",
        "junos_version",
        "sw_version",
        "os_version",
        "image",
        "image_version",
        "olt_version",
        "main_software_version",
        "main_version",
    ),
    "model": ("model", "hardware", "platform", "switch_model", "device_type", "product"),
    "serial": ("serial", "serial_number"),
}
# software that a template calls otherwise
NOT_THE_VERSION = {("cisco_ios", "image"), ("cisco_asa", "image"), ("paloalto_panos", "platform")}
OURS = {("paloalto_panos_show_system_info.raw", "serial"): 'theirs is the word "unknown", ours no serial number'}
LEAST_RIGHT = 0.95


@dataclass(frozen=True)
class Judged:
    platform: str
    name: str
    field: str
    theirs: str
    ours: str | None
    cause: str

    @property
    def verdict(self) -> str:
        if (self.name, self.field) in OURS:
            return "better"
        if self.ours is None:
            return "unknown"
        return "right" if same(self.ours, self.theirs) else "wrong"


def recordings() -> Iterator[tuple[str, str, str, str, dict[str, Any]]]:
    """Platform, command, file, text, the first row ntc-templates expects."""
    with tarfile.open(folder() / "snmp" / "ntc-dev.tar.xz") as archive:
        files = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        texts = {name: file.read() for name, file in files.items() if file}
    for name in sorted(name for name in texts if name.endswith(".raw")):
        platform, command = name.split("/")[-3:-1]
        rows = yaml.safe_load(io.BytesIO(texts[name.removesuffix(".raw") + ".yml"]))["parsed_sample"]
        yield platform, command.replace("_", " "), name.split("/")[-1], texts[name].decode("utf-8", "replace"), rows[0]


def expected(platform: str, row: dict[str, Any], field: str) -> str | None:
    """The first column that holds it, and of a list the first entry: the device itself."""
    for column in THEIRS[field]:
        value = row.get(column)
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, str) and first.strip() and (platform, column) not in NOT_THE_VERSION:
            return first
    return None


def judged() -> list[Judged]:
    rows = []
    for platform, command, name, text, row in recordings():
        if command not in VERSIONS:
            continue
        device, cause = _identified(command, text)
        found = ((field, expected(platform, row, field)) for field in THEIRS)
        rows += [Judged(platform, name, f, theirs, getattr(device, f), cause) for f, theirs in found if theirs]
    return rows


def _identified(command: str, text: str) -> tuple[Device, str]:
    try:
        device = identify([Said(None, {command: text})])
    except Unreadable as fault:
        return Device(), str(fault)
    return device, f"rule {device.rule}; conflicts: {[c.field for c in device.conflicts]}"


@pytest.mark.parametrize("second_reading", [True, False], ids=["with ntc-templates", "our patterns alone"])
def test_the_share_that_is_right_and_none_that_is_wrong(monkeypatch: pytest.MonkeyPatch, second_reading: bool) -> None:
    """What is expected was made with ntc-templates: so our own patterns have to reach the share without them too."""
    if not second_reading:
        monkeypatch.setattr(reading, "columns", lambda *_: {})
    rows = judged()
    by_platform: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        by_platform[row.platform].append(row)
    for platform, part in [*sorted(by_platform.items()), ("all", rows)]:
        told = ", ".join(f"{field} {_share([r for r in part if r.field == field])}" for field in THEIRS)
        print(f"{platform:20} {told}")  # noqa: T201
    misses = [row for row in rows if row.verdict != "right"]
    for row in misses:
        why = OURS.get((row.name, row.field), row.cause)
        print(f"{row.verdict:8} {row.name} {row.field}: theirs {row.theirs!r}, ours {row.ours!r}: {why}")  # noqa: T201
    assert [row for row in misses if row.verdict == "wrong"] == []
    for field in THEIRS:
        part = [row for row in rows if row.field == field and row.verdict != "better"]
        assert len(part) >= 12, "the archive holds less than it should"
        assert sum(row.verdict == "right" for row in part) / len(part) >= LEAST_RIGHT


def _share(rows: list[Judged]) -> str:
    right = sum(row.verdict == "right" for row in rows)
    return f"{right}/{len(rows)}" if rows else "-"


def test_lists_of_parts_are_read_beside_the_version() -> None:
    """The chassis of a list of parts is the device; its other entries are parts."""
    seen = {
        name: _with_version(text)
        for _, command, name, text, _ in recordings()
        if command == "show inventory"
        if name.startswith("cisco_")
    }
    assert seen["cisco_asa_show_inventory2.raw"].serial == "JMX8318372GB"
    assert [part.model for part in seen["cisco_asa_show_inventory2.raw"].parts or ()] == ["ASA5506", "ASA5506-SSD"]
    assert seen["cisco_ios_show_inventory.raw"].serial == "FF1045C5"
    assert len(seen["cisco_ios_show_inventory.raw"].parts or ()) == 4
    assert seen["cisco_asa_show_inventory_pid_spaces.raw"].serial is None  # no chassis stands there


def _with_version(inventory: str) -> Device:
    first = "Cisco IOS Software, X Software (X-M), Version 15.0(1)M, RELEASE SOFTWARE (fc1)\n"
    return identify([Said("cisco_ios", {"show version": first, "show inventory": inventory})])
