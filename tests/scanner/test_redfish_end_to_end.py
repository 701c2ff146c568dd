"""A server's BMC in an inventory, from the visit to the report. What answers stands in (``tests/lab/redfish.py``)."""

import json
from pathlib import Path
from typing import Any

from tests.lab.redfish import PASSWORD, USER, Bmc, certificate, published, served
from tests.scanner.end_to_end import Estate


def estate(folder: Path, bmc: Bmc, **tls: str) -> Estate:
    """An inventory with this BMC alone."""
    made = Estate(folder, credentials={"bmcs": {"user": USER, "password": "env:BMC_PASSWORD"}})
    made.hosts["bmc-1"] = {
        "ansible_host": "127.0.0.1",
        "ansible_port": bmc.port,
        "ansible_connection": "redfish",
        "estatecheck": {"credential": "bmcs", **({"tls": tls} if tls else {})},
    }
    return made


def scanned(made: Estate, code: int = 0) -> dict[str, Any]:
    done = made.run("scan", "--quiet", BMC_PASSWORD=PASSWORD)
    assert done.returncode == code, done.stdout + done.stderr
    text = "".join(file.read_text(errors="replace") for file in (made.folder / "out").rglob("*") if file.is_file())
    assert PASSWORD not in text + done.stdout + done.stderr
    return made.report()


def test_a_bmc_is_scanned_and_judged(tmp_path: Path) -> None:
    with served(published(), certificate(tmp_path)) as bmc:
        made = estate(tmp_path, bmc, fingerprint=bmc.certificate.fingerprint)
        report = scanned(made)
        assert bmc.sessions == {}
        assert [method for method, _ in bmc.wrote] == ["POST", "DELETE"]
    (asset,) = report["assets"]
    assert asset["logged_in"] is True
    told = json.dumps(report)
    assert "Power Supply Bay 1" in told  # the tree's own Health: Warning
    first = (tmp_path / "out" / "report.json").read_bytes()
    again = made.run("report", "--scan", "1", "-o", str(tmp_path / "again"))
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again" / "report.json").read_bytes() == first
    judged = made.run("evaluate")
    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_a_certificate_that_nobody_approved_is_a_gap_and_gets_no_password(tmp_path: Path) -> None:
    with served(published(), certificate(tmp_path)) as bmc:
        report = scanned(estate(tmp_path, bmc), code=3)
        assert bmc.asked == []
        (asset,) = report["assets"]
        assert asset["logged_in"] is False
        assert bmc.certificate.fingerprint in json.dumps(report)
