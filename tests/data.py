"""The real data that tests may use: package lists of real machines and more, which are no part of this repository."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent


def folder() -> Path:
    """Where the data is (``ESTATECHECK_TEST_DATA``). Without it the test is skipped; in CI (``CI=true``) it fails."""
    found = Path(os.environ.get("ESTATECHECK_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not found.is_dir():
        told = f"there is no real data in {found} (ESTATECHECK_TEST_DATA)"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    return found


def recorded_host(name: str) -> dict[str, Any]:
    """A machine of ``recorded-hosts``: family, release, kernel {release, version}, packages [{name, version, ...}]."""
    return dict(json.loads((folder() / "recorded-hosts" / f"{name}.json").read_text()))


def dpkg_status(name: str) -> list[dict[str, str]]:
    """The stanzas of a dpkg status file of ``debian-rootfs``, field by field; continuation lines are left out."""
    stanzas = (folder() / "debian-rootfs" / name).read_text().split("\n\n")
    rows = [[line.partition(": ") for line in stanza.split("\n") if line[:1].isalpha()] for stanza in stanzas if stanza]
    return [{key.rstrip(":"): value for key, _, value in row} for row in rows]
