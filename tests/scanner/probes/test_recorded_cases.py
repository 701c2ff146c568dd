"""Every probe reads every recorded case beside it: ``<surface>/<probe>/<case>/answer.txt`` gives ``expected.json``.

``meta.json`` (optional) holds the answer's exit_code, asked_at, answered_at, and the asset's fields.
``expected.json`` is the fact as plain data, or {"missing": reason} or {"absent": sentence}.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from inventory.asset import Asset, Connection
from scanner.probes import PROBES, WINDOWS_PROBES
from scanner.probes.linux import LINUX
from scanner.probes.windows import WINDOWS
from scanner.query import Answer, NotHere, Unreadable

HERE = Path(__file__).parent
KNOWN = {**WINDOWS_PROBES, **PROBES}
CASES = sorted(path.parent for path in HERE.glob("*/*/*/expected.json"))


def read(case: Path) -> object:
    meta = json.loads((case / "meta.json").read_text()) if (case / "meta.json").exists() else {}
    asset = Asset("recorded", Connection("local", "localhost"), **_tuples(meta.get("asset", {})))
    answer = Answer(
        case.parent.name,
        (case / "answer.txt").read_bytes(),
        meta.get("exit_code", 0),
        asked_at=meta.get("asked_at", 0.0),
        answered_at=meta.get("answered_at", 0.0),
    )
    try:
        fact = KNOWN[case.parent.name].parse(asset, [answer])
    except Unreadable as gap:
        return {"missing": gap.missing.reason.value}
    except NotHere as proof:
        return {"absent": proof.absent.detail}
    return json.loads(json.dumps(dataclasses.asdict(fact)))


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_case(case: Path) -> None:
    assert read(case) == json.loads((case / "expected.json").read_text())


@pytest.mark.parametrize("name", sorted(probe.name for probe in LINUX))
def test_every_probe_has_two_families_and_broken_input(name: str) -> None:
    folders = {case.name for case in CASES if case.parent.name == name}
    assert any(folder.startswith("debian-12") for folder in folders), f"{name}: no case from Debian 12"
    assert any(not folder.startswith(("debian", "broken")) for folder in folders), f"{name}: no other family"
    assert any(folder.startswith("broken") for folder in folders), f"{name}: no case with broken output"


@pytest.mark.parametrize("name", sorted(probe.name for probe in WINDOWS))
def test_every_windows_probe_has_a_laptop_a_server_and_broken_input(name: str) -> None:
    folders = {case.name for case in CASES if case.parent.name == name}
    assert folders >= {"laptop-11-23h2", "server-2022-dc", "broken"}
    assert read(HERE / "windows" / name / "broken") == {"missing": "output unreadable"}
