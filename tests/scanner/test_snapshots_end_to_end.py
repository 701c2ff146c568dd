"""Snapshots as a user takes them in: by file, by folder, by the daemon over HTTPS; in scans, reports and devices."""

import json
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.lab.certificates import Authority
from tests.scanner.end_to_end import Estate
from tests.scanner.serve_lab import until
from tests.scanner.service.intake_lab import laptop
from tests.scanner.vantage_lab import free_port

SUPPLIED = ("--supplied-by", "Larkspur IT")
WINDOWS = {"ansible_connection": "snapshot", "estatecheck": {"platform": "windows", "kind": "laptop"}}


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    return Estate(tmp_path, hosts={"pc-7": WINDOWS, "pc-9": WINDOWS})


def recent(hours: float = 1.0) -> bytes:
    at = datetime.now(UTC) - timedelta(hours=hours)
    return laptop(at=f"{at:%Y-%m-%dT%H:%M:%SZ}", marker=f"{int(hours * 100):032x}")


def told(done: "subprocess.CompletedProcess[str]", code: int = 0) -> Any:  # noqa: ANN401 (JSON)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def test_a_file_a_report_a_scan_and_the_devices(estate: Estate, tmp_path: Path) -> None:
    (tmp_path / "pc-7.json").write_bytes(recent())
    (tmp_path / "bad.json").write_text("{}")
    rows = told(estate.run("import", "snapshot", "bad.json", "pc-7.json", *SUPPLIED, "--format", "json"), 3)
    assert [(row["result"], row["host"]) for row in rows] == [("refused", ""), ("taken", "pc-7")]
    assert estate.run("report", "--scan", str(rows[1]["scan"])).returncode == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "took of itself" in page
    assert "Larkspur IT" in page
    scanned = estate.run("scan")
    assert scanned.returncode == 3, scanned.stderr  # pc-9 has never sent anything
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    by_name = {one["name"]: one for one in report["assets"]}
    assert by_name["pc-7"]["missing"] is None
    assert (by_name["pc-7"]["reached"], by_name["pc-7"]["logged_in"]) == (False, False)
    assert by_name["pc-9"]["missing"]["reason"] == "snapshot missing"
    assert any(one["asset"] == "pc-7" for issue in report["issues"] for one in issue["occurrences"])
    found = told(estate.run("devices", "--format", "json"))
    seen = {one["device"]: one["last_seen_by"] for one in found["devices"]}
    assert seen == {"pc-7": "snapshot", "pc-9": None}
    assert "pc-9" in estate.run("devices").stdout


def test_a_folder_ends_with_a_summary(estate: Estate, tmp_path: Path) -> None:
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "a.json").write_bytes(recent())
    (folder / "b.json").write_bytes(recent().decode().encode("utf-16"))
    done = estate.run("import", "snapshot", str(folder), *SUPPLIED)
    assert done.returncode == 0, done.stderr
    assert "2 snapshots: 1 taken, 0 known, 1 older, 0 refused" in done.stdout
    again = estate.run("import", "snapshot", str(folder), *SUPPLIED)
    assert "2 snapshots: 0 taken, 1 known, 1 older, 0 refused" in again.stdout
    wrong = estate.run("import", "snapshot", str(tmp_path / "none.json"), *SUPPLIED)
    assert (wrong.returncode, "No such file" in wrong.stdout) == (2, True)


@pytest.mark.soak
def test_linux_by_its_own_script(estate: Estate, tmp_path: Path) -> None:
    import os

    name = os.uname().nodename
    estate.hosts = {name: {"ansible_connection": "snapshot"}}
    assert estate.run("collect", "--linux", "-o", "collect.sh").returncode == 0
    said = subprocess.run(["sh", str(tmp_path / "collect.sh")], capture_output=True, timeout=300, check=True).stdout
    (tmp_path / "here.txt").write_bytes(said)
    [row] = told(estate.run("import", "snapshot", "here.txt", *SUPPLIED, "--format", "json"))
    assert (row["result"], row["host"]) == ("taken", name)


def test_the_daemon_receives_judges_and_hands_out_receipts(estate: Estate, tmp_path: Path) -> None:
    estate.write()
    certified = Authority(tmp_path).issue("door", "localhost")
    made = estate.run("intake", "token", "add", "pc-7")
    token = made.stdout.strip()
    assert (made.returncode, token[:4]) == (0, "ect_")
    assert token not in json.dumps(told(estate.run("intake", "token", "list", "--format", "json")))
    port, folder = free_port(), tmp_path / "drop"
    environment = {**estate.environment, "ESTATECHECK_INTAKE_FOLDER": str(folder)}
    doors = ("--intake", f"127.0.0.1:{port}", "--certificate", str(certified.certificate), "--key", str(certified.key))
    with (tmp_path / "said.log").open("w") as log:
        daemon = subprocess.Popen(
            estate.command("serve", *doors), env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=log
        )
    try:
        until(lambda: "snapshots are received" in (tmp_path / "said.log").read_text(), 30)
        document = recent()
        receipt = post(port, tmp_path / "lab-ca.pem", token, document)
        (tmp_path / "receipt.json").write_bytes(receipt)
        (tmp_path / "pc-7.json").write_bytes(document)
        held = estate.run("intake", "receipt", "verify", "receipt.json", "--document", "pc-7.json")
        assert held.returncode == 0, held.stderr
        assert "it is of this document" in held.stdout
        with pytest.raises(urllib.error.HTTPError) as refused:
            post(port, tmp_path / "lab-ca.pem", token[:-1] + "x", document)
        refused.value.close()
        assert refused.value.code == 401
        until(lambda: "1 taken" in (tmp_path / "said.log").read_text(), 90, (tmp_path / "said.log").read_text)
        assert len(list((folder / "done").iterdir())) == 1
    finally:
        daemon.terminate()
        assert daemon.wait(20) == 0
    log_text = (tmp_path / "said.log").read_text()
    assert token not in log_text
    findings = told(estate.run("findings", "list", "--format", "json"))
    assert {one["asset"] for one in findings} == {"pc-7"}


def post(port: int, authority: Path, token: str, document: bytes) -> bytes:
    trusting = ssl.create_default_context(cafile=str(authority))
    request = urllib.request.Request(
        f"https://localhost:{port}/snapshots/v1", document, {"Authorization": f"Bearer {token}"}, method="POST"
    )
    for _ in range(20):
        try:
            with urllib.request.urlopen(request, context=trusting, timeout=20) as answer:  # noqa: S310 (https, above)
                body: bytes = answer.read()
                return body
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError:
            time.sleep(0.3)
    raise AssertionError("the door does not open")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("serve", "--intake", "127.0.0.1:0"), "over TLS only"),
        (("serve", "--intake", "127.0.0.1:0", "--certificate", "a", "--key", "b"), "intake_folder"),
        (("intake", "run"), "set intake_folder"),
        (("intake", "token", "add", "pc-8"), "names no host 'pc-8'"),
        (("intake", "token", "revoke", "pc-7"), "no token 'pc-7' to revoke"),
        (("intake", "receipt", "verify", "inventory.yaml"), "no receipt"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(estate: Estate, words: tuple[str, ...], says: str) -> None:
    done = estate.run(*words)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
