"""One missing update from scan to proof: raised by a feed, fixed, closed, packed, and judged again by a stranger."""

import asyncio
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checks.advisories.formats.decoded import Decoded
from checks.advisories.model import Cve, Exploited, Statement, line_of, statements_line
from checks.advisories.table import encode
from checks.catalogue import catalogue
from checks.finding import Outcome, Severity, Subject
from scanner.feeds.shelf import Shelf
from scanner.query import Deadline, Query, Visit
from scanner.service import workshop
from scanner.service.evidence_check import PackError, check_pack
from scanner.service.evidence_pack import export
from scanner.service.scan import Watcher, scan
from scanner.service.signing import Signer
from scanner.store.records import FindingRow
from scanner.store.store import Store, open_store
from scanner.transports import WAYS
from tests.scanner.service import visits

CHECK = "linux.patch.security-updates-pending"
BASH = Subject("package", "bash")
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"  # 9.8
HOST = "\n".join(("=deb=", "ii \t{}\t{}\tamd64\t{}\t{}\t", "ii \tadduser\t3.134\tall\tadduser\t3.134\t", "=deb:0=", ""))


def host(version: str, binary: str = "bash", source: str = "bash") -> bytes:
    return HOST.format(binary, version, source, version).encode()


def decoded(fixed: str, day: date, sources: Sequence[str] = ("bash",)) -> Decoded:
    statement = Statement("DSA-9", ("CVE-2026-1000", "CVE-2026-1001"), fixed, severity="high")
    tables = {
        "debian:12": encode([(source, statements_line([statement])) for source in sources]),
        "cve": encode([("CVE-2026-1000", line_of(Cve("CVE-2026-1000", "x", VECTOR, "debian")))]),
        "kev": encode([("CVE-2026-1000", line_of(Exploited("2026-02-01", "2026-02-22", True, "Bash")))]),
    }
    return Decoded(tables, day, 3, ("debian:12",), "MIT", "Debian", {})


@dataclass
class Way(visits.Way):
    """A visit of now."""

    async def answer(self, queries: Sequence[Query], deadline: Deadline) -> Visit:
        began = datetime.now(UTC)
        made = await super().answer(queries, deadline)
        return replace(made, attempt=replace(made.attempt, started_at=began))


@dataclass
class World:
    """A shelf with one feed, a record, and hosts whose package list the test sets."""

    folder: Path
    store: Store
    answers: dict[str, bytes]

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.folder / "feeds")

    def fed(self, fixed: str, *sources: str, days_old: int = 0) -> None:
        now = datetime.now(UTC)
        feed = decoded(fixed, now.date() - timedelta(days_old), sources or ("bash",))
        self.shelf.put("debian", feed, (), now, via="test")

    def scan(self, version: str, *names: str, binary: str = "bash", source: str = "bash") -> int:
        self.answers["packages"] = host(version, binary, source)
        made = visits.job(self.store, *(names or ("web-1",)))
        job = replace(made, advisories=self.shelf.load(), feeds_folder=self.shelf.folder)
        return asyncio.run(scan(job, Watcher(), asyncio.Event())).scan_id

    @property
    def finding(self) -> FindingRow:
        [row] = [row for row in self.store.findings() if row.check_id == CHECK and row.subject == BASH]
        return row

    def pack(self) -> Path:
        path = self.folder / "pack.zip"
        signer = Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)))
        path.write_bytes(export(self.store, catalogue(), visits.SUPPORT.data, self.finding.ref, signer))
        return path


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    quiet = (visits.CASES / "updates" / "debian-12" / "answer.txt").read_bytes()
    answers = {"updates": quiet}
    monkeypatch.setitem(WAYS, "test", lambda asset, _: Way(asset, answers))
    with open_store(f"sqlite:///{tmp_path / 'record.db'}") as store:
        yield World(tmp_path, store, answers)


def test_one_finding_for_the_update_with_its_cves(world: World) -> None:
    world.fed("5.2.15-2+deb12u1")
    scan_id = world.scan("5.2.15-2")
    assert (world.finding.state, world.finding.severity) == ("OPEN", Severity.CRITICAL)
    [seen] = world.store.hosts(scan_id)
    [run] = [run for run in seen.runs if run.check_id == CHECK and run.subject == BASH]
    assert [(m.id, m.severity, m.attributes.get("kev")) for m in run.members] == [
        ("CVE-2026-1000", Severity.CRITICAL, "2026-02-01"),
        ("CVE-2026-1001", Severity.HIGH, None),
    ]
    assert run.members[0].attributes["fixed"] == "5.2.15-2+deb12u1"
    assert [note.name for note in world.store.scan(scan_id).feeds] == ["debian"]


def test_the_installed_fix_closes_it_and_the_pack_is_judged_again_from_its_own_rows(world: World) -> None:
    world.fed("5.2.15-2+deb12u1")
    world.scan("5.2.15-2")
    world.scan("5.2.15-2+deb12u1")
    assert world.finding.state == "VERIFIED_FIXED"
    verdict = check_pack(world.pack(), catalogue())
    told = " / ".join(verdict.checked)
    assert "judged again from its answers, the visit before gives: fail" in told
    assert "judged again from its answers, the visit after gives: pass" in told
    assert "what the feeds said when it failed" in told
    assert [left for left in verdict.not_checked if "whose key" not in left] == []


def test_an_almost_fixed_version_closes_nothing(world: World) -> None:
    world.fed("5.2.15-2+deb12u1")
    world.scan("5.2.15-2")
    world.scan("5.2.15-2+deb12u1~1")
    assert world.finding.state == "OPEN"


def test_another_version_that_is_too_old_is_the_same_finding(world: World) -> None:
    world.fed("5.2.15-2+deb12u3")
    world.scan("5.2.15-2")
    before = world.finding
    world.scan("5.2.15-2+deb12u1")
    after = world.finding
    assert (after.ref, after.fingerprint, after.state, after.episode) == (before.ref, before.fingerprint, "OPEN", 1)
    assert after.observed != before.observed


def test_a_renamed_binary_of_one_source_is_the_same_finding(world: World) -> None:
    world.fed("5.2.15-2+deb12u1")
    world.scan("5.2.15-2")
    before = world.finding
    world.scan("5.2.15-2", binary="bash-next")
    assert (world.finding.ref, world.finding.state) == (before.ref, "OPEN")
    world.scan("5.2.15-2+deb12u1", binary="bash-next")
    assert world.finding.state == "VERIFIED_FIXED"


def test_a_renamed_source_is_never_lost_from_the_count(world: World) -> None:
    """The old name is proven gone by the whole list of packages, and the new one is found in the same look."""
    world.fed("5.2.15-2+deb12u1", "bash", "bash5")
    world.scan("5.2.15-2")
    world.scan("5.2.15-2", binary="bash5", source="bash5")
    rows = [row for row in world.store.findings() if row.check_id == CHECK and "bash" in row.subject.key]
    states = {str(row.subject): row.state for row in rows}
    assert states == {"package bash": "VERIFIED_FIXED", "package bash5": "OPEN"}


def test_a_stale_feed_closes_nothing(world: World) -> None:
    world.fed("5.2.15-2+deb12u1", days_old=30)
    world.scan("5.2.15-2")
    world.scan("5.2.15-2+deb12u1")
    assert world.finding.state == "OPEN"


def test_a_pack_whose_rows_of_the_feed_were_changed_does_not_hold(world: World) -> None:
    world.fed("5.2.15-2+deb12u1")
    world.scan("5.2.15-2")
    path = world.pack()
    with zipfile.ZipFile(path) as pack:
        files = {name: pack.read(name) for name in pack.namelist()}
    [row] = [name for name, data in files.items() if name.startswith("blobs/") and b"DSA-9" in data]
    files[row] = files[row].replace(b"deb12u1", b"deb12u2")
    with zipfile.ZipFile(path, "w") as pack:
        for name, data in files.items():
            pack.writestr(name, data)
    with pytest.raises(PackError, match="was changed after it was signed"):
        check_pack(path, catalogue())


def test_a_large_scan_reads_the_same_feeds_in_its_worker(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.fed("5.2.15-2+deb12u1")
    names = tuple(f"web-{number}" for number in range(workshop.SMALL + 1))
    scan_id = world.scan("5.2.15-2", *names)
    hosts = list(world.store.hosts(scan_id, outputs=True))
    assert len(hosts) == len(names)
    for seen in hosts:
        assert [run.outcome for run in seen.runs if run.subject == BASH and run.check_id == CHECK] == [Outcome.FAIL]
        [kept] = [stored for stored in seen.answers if stored.query == "feed:bash"]
        assert kept.answer.output.startswith(b"debian:12\tbash\t[[")
