"""Lists that tell too little, from the command line: what is found is told, and what is not found is no pass."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scanner.end_to_end import Estate

SAID = ("--as", "db-7", "--supplied-by", "Larkspur IT", "--collected-at", "2026-03-02T10:00+00:00")
PENDING, UNFIXED, UNSPOKEN = (
    "linux.patch.security-updates-pending",
    "linux.patch.no-vendor-fix",
    "linux.patch.package-without-advisories",
)
TWO_COLUMNS = "bash\t5.2.15-2\nlibssl3:amd64\t3.0.11-1~deb12u1\nopenssl\t3.0.11-1~deb12u1\n"
ONLY_BINARIES = "bash\t5.2.15-2\nlibssl3:amd64\t3.0.11-1~deb12u1\n"
PLAIN = "bash-5.1.8-6.el9.x86_64\nbuildah-1.24.0-1.el9.x86_64\nopenssl-libs-{}.x86_64\n"


def record(name: str, ecosystem: str, package: str, fixed: str) -> str:
    span = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}
    affected = [{"package": {"ecosystem": ecosystem, "name": package}, "ranges": [span]}]
    day = "2026-03-01T00:00:00Z"
    cve = f"CVE-2026-{sum(map(ord, name)):04}"
    told = {"id": name, "published": day, "modified": day, "summary": "security update", "related": [cve]}
    return json.dumps({**told, "affected": affected})


FEED = (
    record("DSA-1-1", "Debian:12", "openssl", "3.0.15-1~deb12u1"),
    record("ALSA-2026:1", "AlmaLinux:9", "openssl-libs", "1:3.0.7-25.el9"),
    record("ALSA-2026:2", "AlmaLinux:9", "buildah", "1:1.23.1-1.el9"),
    record("ALSA-2026:3", "AlmaLinux:9", "buildah", "2:1.20.0-1.el9"),
    record("RLSA-2026:1", "Rocky Linux:9", "openssl", "1:3.0.7-25.el9"),
)


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    made = Estate(tmp_path, hosts={"db-7": {"ansible_host": "192.0.2.7"}})
    (tmp_path / "feed.jsonl").write_text("\n".join(FEED) + "\n")
    done = made.run("feeds", "import", "feed.jsonl")
    assert done.returncode == 0, done.stderr
    return made


def judged(estate: Estate, text: str, release: str) -> dict[str, list[tuple[str, str, str]]]:
    """By check: outcome, subject and sentence."""
    (estate.folder / "list.txt").write_text(text)
    done = estate.run("import", "packages", "list.txt", *SAID, "--os", release, "--format", "json")
    assert done.returncode == 0, done.stderr
    found: dict[str, list[tuple[str, str, str]]] = {}
    runs: list[dict[str, Any]] = json.loads(done.stdout)["runs"]
    for run in runs:
        found.setdefault(run["check"], []).append((run["outcome"], run["subject"]["key"], run["observed"]))
    return found


@pytest.mark.soak
def test_two_columns_of_dpkg(estate: Estate) -> None:
    found = judged(estate, TWO_COLUMNS, "debian:12")
    [(outcome, source, words), gap] = found[PENDING]
    assert (outcome, source) == ("fail", "openssl")
    assert "3.0.15-1~deb12u1 clears 1 known weakness" in words
    assert "of openssl 3.0.11-1~deb12u1;" in words
    assert "removed packages may be in the list" in words
    assert "matched by name, as the list names no source packages" in words
    assert (gap[0], "names no source packages" in gap[2]) == ("not_assessed", True)
    nothing = judged(estate, ONLY_BINARIES, "debian:12")
    assert [outcome for outcome, *_ in nothing[PENDING]] == ["not_assessed"]
    assert {outcome for check in (UNFIXED, UNSPOKEN) for outcome, *_ in nothing[check]} == {"not_assessed"}


def test_plain_rpm_qa(estate: Estate) -> None:
    found = judged(estate, PLAIN.format("3.0.7-24.el9"), "almalinux:9")
    [(outcome, source, words), gap] = found[PENDING]
    assert (outcome, source) == ("fail", "openssl-libs")
    assert "1:3.0.7-25.el9 clears 1 known weakness" in words
    assert "compared without epochs, which the list lacks" in words
    assert gap[0] == "not_assessed"
    assert "buildah 1.24.0-1.el9 (only the epoch decides, which the list lacks)" in gap[2]
    fixed = judged(estate, PLAIN.format("3.0.7-25.el9").replace("buildah-", "other-"), "almalinux:9")
    [(outcome, _, words)] = fixed[PENDING]
    assert outcome == "pass"
    assert "compared without epochs, which the list lacks" in words


@pytest.mark.soak
def test_plain_rpm_qa_where_the_publisher_names_sources(estate: Estate) -> None:
    [(outcome, _, words)] = judged(estate, PLAIN.format("3.0.7-24.el9"), "rocky:9")[PENDING]
    assert (outcome, "names no source packages" in words) == ("not_assessed", True)
