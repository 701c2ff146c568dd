"""A stand-in for PowerShell on a Windows machine, which cannot run here: it reads the script, and answers in its form.

What it answers per section are recorded shapes, made by hand after the documentation of the cmdlets and classes; none
of them was printed by a real Windows.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[1] / "scanner" / "probes" / "windows"
_ASKED = re.compile(r"@\{ name = '([a-z0-9_]+)'; seconds")


def case(name: str, which: str) -> dict[str, Any]:
    """The recorded data of a section."""
    told: dict[str, Any] = json.loads((CASES / f"windows_{name}" / which / "answer.txt").read_text())
    return told


def recorded(which: str) -> dict[str, Any]:
    """Every section of one machine's recorded data."""
    folders = (folder for folder in sorted(CASES.glob("windows_*")) if (folder / which / "answer.txt").exists())
    return {f.name.removeprefix("windows_"): case(f.name.removeprefix("windows_"), which) for f in folders}


def section(data: Mapping[str, Any] | None, status: str = "ok", error: str | None = None) -> dict[str, Any]:
    return {"status": status, "ms": 12, "error": error, "data": data}


def document(sections: Mapping[str, Any], marker: str, /, **fields: Any) -> str:  # noqa: ANN401 (any field may be wrong)
    """As the script prints it: its own members first, a section a line, the end last. ASCII."""
    head = {
        "format": "estatecheck-windows",
        "version": 1,
        "marker": marker,
        "script_sha256": "ab" * 32,
        "collected_at": "2026-11-23T04:00:00Z",
        "language_mode": "FullLanguage",
        "elevated": True,
        "host": {"name": "PC-7", "domain": "WORKGROUP", "smbios_uuid": None, "serial": None, "machine_guid": None},
    }
    tail = {"clock": {"utc": "2026-11-23T04:00:21Z", "zone": "GMT Standard Time"}, "end": marker}
    told = {**head, "sections": sections, **tail} | fields
    rows = ",\n".join(f'"{name}":{_line(one)}' for name, one in told["sections"].items())
    before = _line({k: v for k, v in told.items() if k not in ("sections", *tail)})[:-1]
    after = _line({k: told[k] for k in tail})[1:]
    return f'{before},"sections":{{\n{rows}\n}},{after}\n'


def _line(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def answer(script: str, sections: Mapping[str, Any]) -> str:
    """To a script: what it asked for, as far as it is known here."""
    found = re.search(r"\$marker = '([0-9a-f]{32})'", script)
    asked = _ASKED.findall(script)
    told = {name: section(sections[name]) if name in sections else section(None, "unavailable", "?") for name in asked}
    return document(told, found[1] if found else "0" * 32)


def main() -> None:
    """Run as a program: a machine whose sections stand in the JSON file that is named."""
    sections = json.loads(Path(sys.argv[1]).read_text())
    sys.stdout.write(answer(sys.stdin.read(), sections))


if __name__ == "__main__":
    main()
