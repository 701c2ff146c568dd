"""A package list that somebody supplied: judged, kept with its file, told as supplied, and never a proof."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests import data
from tests.scanner.end_to_end import Estate

LIST = "\n".join(
    (
        "adduser\t3.134\tadduser\t3.134\tall\tii ",
        "bash\t5.2.15-2+b7\tbash\t5.2.15-2\tamd64\tii ",
        "openssl\t3.0.11-1~deb12u2\topenssl\t3.0.11-1~deb12u2\tamd64\tii ",
        "",
    )
)
SAID = ("--as", "db-7", "--supplied-by", "Larkspur IT", "--collected-at", "2026-03-02T10:00+00:00")


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    made = Estate(tmp_path, hosts={"db-7": {"ansible_host": "192.0.2.7"}})
    (tmp_path / "dpkg.txt").write_text(LIST)
    return made


def test_a_list_is_judged_and_its_report_says_who_supplied_it(estate: Estate, tmp_path: Path) -> None:
    done = estate.run("import", "packages", "dpkg.txt", *SAID, "--os", "debian:9", "--format", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["host"], told["release"], told["packages"]) == ("db-7", "debian:9", 3)
    outcomes = {run["check"]: run["outcome"] for run in told["runs"]}
    assert outcomes["linux.eol.os-release"] == "fail"
    assert not any(check.startswith("linux.ssh.") for check in outcomes)  # a list says nothing of it
    assert estate.run("report", "--scan", str(told["scan"])).returncode == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Larkspur IT supplied, collected 2026-03-02 10:00 UTC" in page
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["scan"]["options"]["collected at"] == "2026-03-02T10:00:00+00:00"
    [asset] = report["assets"]
    assert (asset["reached"], asset["logged_in"]) == (False, False)


@pytest.mark.soak
def test_the_file_itself_is_kept(estate: Estate, tmp_path: Path) -> None:
    estate.run("import", "packages", "dpkg.txt", *SAID, "--os", "debian:12")
    with sqlite3.connect(tmp_path / "record.db") as connection:
        rows = connection.execute("SELECT query, size FROM evidence JOIN blob ON blob.id = blob_id").fetchall()
    connection.close()
    assert ("supplied-file", len(LIST)) in rows
    assert {query for query, _ in rows} == {"system", "packages", "supplied-file"}


def test_a_supplied_list_never_closes_a_finding(estate: Estate) -> None:
    estate.run("import", "packages", "dpkg.txt", *SAID, "--os", "debian:9")
    later = (*SAID[:-1], "2026-03-03")
    done = estate.run("import", "packages", "dpkg.txt", *later, "--os", "debian:13", "--format", "json")
    told = json.loads(done.stdout)
    assert {run["outcome"] for run in told["runs"] if run["check"] == "linux.eol.os-release"} == {"pass"}
    assert list(told["not_accepted_as_proof"].values())
    findings = json.loads(estate.run("findings", "list", "--format", "json").stdout)
    assert {f["state"] for f in findings if f["check_id"] == "linux.eol.os-release"} == {"OPEN"}


def test_it_is_judged_again_like_any_evidence(estate: Estate) -> None:
    estate.run("import", "packages", "dpkg.txt", *SAID, "--os", "debian:12")
    done = estate.run("evaluate", "--format", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["hosts"], told["never_seen"]) == (1, [])


@pytest.mark.soak
def test_an_evaluation_of_supplied_lists_alone_can_be_recorded(estate: Estate) -> None:
    estate.run("import", "packages", "dpkg.txt", *SAID, "--os", "debian:12")
    dates = {
        "snapshot": "2026-10-01",
        "source": "test",
        "products": {"debian": [{"cycle": "12", "ends": "2026-03-01"}]},
    }
    (estate.folder / "dates.json").write_text(json.dumps(dates))
    done = estate.run("evaluate", "--record", "--format", "json", ESTATECHECK_SUPPORT_DATES="dates.json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["recorded"] == 2
    assert [c["what"] for c in told["changes"] if c["check"] == "linux.eol.os-release"] == ["new"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("dpkg.txt", "--as", "db-8", *SAID[2:]), "the inventory names no host 'db-8'"),
        (("dpkg.txt", *SAID), "say which release this host runs"),
        (("dpkg.txt", *SAID, "--os", "debian"), "say which release this host runs"),
        (("dpkg.txt", *SAID, "--os", "debian:12;rm"), "say which release this host runs"),
        (("none.txt", *SAID, "--os", "debian:12"), "none.txt cannot be read: No such file"),
        (("empty.txt", *SAID, "--os", "debian:12"), "empty.txt: is empty"),
        (("dpkg.txt", *SAID[:-1], "yesterday", "--os", "debian:12"), "--collected-at 'yesterday' is no time"),
        (("dpkg.txt", *SAID[:-1], "2999-01-01", "--os", "debian:12"), "is in the future"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_one_sentence(estate: Estate, words: tuple[str, ...], says: str) -> None:
    (estate.folder / "empty.txt").write_text("")
    done = estate.run("import", "packages", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["dpkg-bookworm-minbase-main.txt", "dpkg-status-vuls-debian_12"])
def test_real_lists(estate: Estate, name: str) -> None:
    file = data.folder() / "debian-rootfs" / name
    done = estate.run("import", "packages", str(file), *SAID, "--os", "debian:12")
    assert done.returncode == 0, done.stderr
    assert "packages of debian:12" in done.stdout
    assert "it supports a claim, it proves no fix" in done.stdout
