"""A check of the whole estate, from the scan over the record to its proof and its pack: seven switches, one model."""

import asyncio
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checks.catalogue import catalogue, digest
from checks.estate import Entry, Peers, decode, encode, query_of
from checks.finding import Outcome, Subject
from inventory.asset import Asset, Connection, Privilege
from inventory.estate import Estate
from inventory.facts.missing import Absent, Missing, Reason
from reports.formats import json_file
from scanner.engine import Errand, Pace
from scanner.feeds.support_dates import load
from scanner.probes.network.varbinds import write
from scanner.query import Answer, Attempt, Deadline, Query, Surroundings, Visit
from scanner.secrets.credentials import CredentialStore
from scanner.service import evidence_check
from scanner.service.evaluate import Rules, What, evaluate
from scanner.service.evidence_check import PackError, check_pack
from scanner.service.evidence_pack import export
from scanner.service.plan import Plan, probes_for
from scanner.service.report import report_data
from scanner.service.scan import Job, ScanCutShort, Watcher, scan
from scanner.service.signing import Signer
from scanner.store.records import ScanKind, StoreError
from scanner.store.store import Store, open_store
from scanner.transports import WAYS
from tests.scanner.probes.network.answers import agent, entity

ID = "net.fw.older-than-sisters"
CHECK = next(check for check in catalogue() if check.id == ID)
SUPPORT = load()


def answer_of(name: str, version: str) -> bytes:
    descr = f"Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version {version}, RELEASE SOFTWARE (fc1)"
    serial = f"FOC{sum(map(ord, name)):08d}"
    return write(entity(agent("9.1.1208", descr), 1, 3, model="WS-C2960X-48FPS-L", serial=serial, software=version))


@dataclass
class Switches:
    """What each runs; "" does not answer."""

    versions: dict[str, str]
    store: Store
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.names = tuple(self.versions)

    def asset(self, name: str) -> Asset:
        return Asset(name, Connection("snmp", "192.0.2.1", 161), groups=("all",))

    def scan(self, *only: str, kind: ScanKind = ScanKind.FULL) -> int:
        assets = tuple(self.asset(name) for name in self.names)
        errands = tuple(Errand(a, probes_for([CHECK], "snmp")) for a in assets if not only or a.name in only)
        job = Job(
            Plan(errands, (CHECK,), ()),
            Estate("Lab", assets, digest="d"),
            self.store,
            Surroundings(CredentialStore({}), self.store.host_keys()),
            SUPPORT,
            digest(catalogue()),
            "test",
            Pace(jitter_seconds=0.0, per_subnet=99),
            kind,
        )
        return asyncio.run(scan(job, Watcher(), asyncio.Event())).scan_id

    def outcomes(self, scan_id: int) -> Mapping[str, tuple[Outcome, str]]:
        told = {host.asset.name: [run for run in host.runs if run.check_id == ID] for host in self.store.hosts(scan_id)}
        return {name: (runs[0].outcome, runs[0].observed) for name, runs in told.items() if runs}


@dataclass
class Way:
    asset: Asset
    world: Switches

    async def answer(self, queries: Sequence[Query], _deadline: Deadline) -> Visit:
        version, now = self.world.versions[self.asset.name], datetime.now(UTC)
        gone = None if version else Missing(Reason.TIMED_OUT, "no answer")
        attempt = Attempt("snmp", not gone, not gone, Privilege.USER, gone, "SNMPv3", "", now, 0.1)
        text = answer_of(self.asset.name, version)
        return Visit(attempt, tuple(Answer(q.name, text, 0, gone, Privilege.USER, 1.0, 2.0) for q in queries))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Switches]:
    versions = {"sw1": "15.2(7)E3", "sw2": "15.2(7)E3", "sw3": "15.2(7)E8", "sw4": "15.0(2)SE11"}
    with open_store(str(tmp_path / "record.db")) as store:
        made = Switches(versions, store)
        monkeypatch.setitem(WAYS, "snmp", lambda asset, _: Way(asset, made))
        yield made


def test_the_older_ones_fail_and_the_newest_passes(world: Switches) -> None:
    told = world.outcomes(world.scan())
    beside = "; 1 of them cannot be compared with it"
    assert told["sw1"] == (Outcome.FAIL, f"runs 15.2(7)E3; 2 of 4 of this model run older than 15.2(7)E8{beside}")
    assert told["sw2"] == told["sw1"]
    assert told["sw3"][0] is Outcome.PASS
    assert told["sw4"][0] is Outcome.NOT_ASSESSED
    assert [(row.asset, row.state) for row in world.store.findings()] == [("sw1", "OPEN"), ("sw2", "OPEN")]


def test_it_closes_only_when_the_whole_estate_was_asked(world: Switches) -> None:
    world.scan()
    world.versions["sw1"] = "15.2(7)E8"
    world.versions["sw3"] = ""
    told = world.outcomes(world.scan())
    assert told["sw1"] == (
        Outcome.NOT_ASSESSED,
        "runs 15.2(7)E8, the newest known of 3 of this model; 1 of them cannot be compared with it; "
        "1 device of the estate could not be asked",
    )
    assert told["sw2"][0] is Outcome.FAIL
    world.versions["sw3"] = "15.2(7)E8"
    limited = world.outcomes(world.scan("sw1", "sw4"))
    assert limited["sw1"][0] is Outcome.NOT_ASSESSED
    assert {row.asset: row.state for row in world.store.findings()} == {"sw1": "OPEN", "sw2": "OPEN"}
    last = world.scan()
    assert {row.asset: row.state for row in world.store.findings()} == {"sw1": "VERIFIED_FIXED", "sw2": "OPEN"}
    [event] = [e for e in world.store.events() if e.to_state == "VERIFIED_FIXED"]
    assert event.scan_id == last
    listed = {s.sha256 for s in next(world.store.hosts(last)).answers if s.query == query_of(ID)}
    assert listed <= set(event.proof["after"]["evidence"])  # type: ignore[index]  # as it was written
    assert len(listed) == 1
    assert world.store.verify_chain() > 0


def test_a_downgrade_opens_it_again(world: Switches) -> None:
    world.versions |= {"sw1": "15.2(7)E8", "sw2": "15.2(7)E8"}
    world.scan()
    assert world.store.findings() == ()
    world.versions["sw1"] = "15.2(7)E3"
    world.scan()
    world.versions["sw1"] = "15.2(7)E8"
    world.scan()
    world.versions["sw1"] = "15.2(7)E3"
    world.scan()
    [row] = world.store.findings()
    assert (row.state, row.episode) == ("OPEN", 2)


def test_the_pack_is_judged_again_and_says_what_it_cannot_hold(world: Switches, tmp_path: Path) -> None:
    world.scan()
    world.versions |= {"sw1": "15.2(7)E8", "sw2": "15.2(7)E8"}
    world.scan()
    signer = Signer(Ed25519PrivateKey.generate())
    pack = tmp_path / "pack.zip"
    pack.write_bytes(export(world.store, catalogue(), SUPPORT.data, "EC-0001", signer))
    verdict = check_pack(pack, catalogue(), signer.key_id)
    assert "judged again from its answers, the visit before gives: fail" in verdict.checked
    assert "judged again from its answers, the visit after gives: pass" in verdict.checked
    assert [said.split(":")[0] for said in verdict.not_checked] == ["what the other 3 assets answered"] * 2
    assert not verdict.holds


def test_a_list_that_contradicts_the_answers_of_its_asset_is_refused(world: Switches, tmp_path: Path) -> None:
    """Somebody with the key signs another list."""
    scan_id = world.scan()
    signer = Signer(Ed25519PrivateKey.generate())
    host = next(host for host in world.store.hosts(scan_id) if host.asset.name == "sw1")
    [kept] = [answer for answer in host.answers if answer.query == query_of(ID)]
    entries = decode(world.store.blob(kept.sha256))
    forged = encode({**entries, "sw1": {**entries["sw1"], "version": "15.2(7)E2"}})  # type: ignore[dict-item]
    facts = json.loads(zipfile.ZipFile(_written(tmp_path, world, signer)).read("finding.json"))
    files = {f"blobs/{a['sha256']}": world.store.blob(a["sha256"]) for a in facts["before"]["answers"] if a["sha256"]}
    files[f"blobs/{kept.sha256}"] = forged
    with pytest.raises(PackError, match="something else of this asset than its own answers"):
        evidence_check._again(facts["before"], files, catalogue(), _subject(facts), Outcome.FAIL, "before", None)


def _subject(facts: Mapping[str, Mapping[str, str]]) -> Subject:
    return Subject(facts["subject"]["kind"], facts["subject"]["key"])


def _written(folder: Path, world: Switches, signer: Signer) -> Path:
    path = folder / "p.zip"
    path.write_bytes(export(world.store, catalogue(), SUPPORT.data, "EC-0001", signer))
    return path


def test_stored_evidence_is_judged_again_from_the_kept_list(world: Switches) -> None:
    world.scan()
    now = datetime.now(UTC) + timedelta(hours=1)
    same = Rules((CHECK,), "", SUPPORT.dates, None, now)
    judged = {one.visit.asset.name: one for one in evaluate(world.store, same)}
    assert {name: [run.outcome for run in one.runs] for name, one in judged.items()} == {
        "sw1": [Outcome.FAIL],
        "sw2": [Outcome.FAIL],
        "sw3": [Outcome.PASS],
        "sw4": [Outcome.NOT_ASSESSED],
    }
    assert [one.changes for one in judged.values()] == [()] * 4
    worse = replace(CHECK, version=2, rule=lambda _: iter(()))
    changed = [c for one in evaluate(world.store, replace(same, checks=(worse,))) for c in one.changes]
    assert sorted((c.asset, c.what) for c in changed) == [("sw1", What.GONE), ("sw2", What.GONE)]
    assert {row.state for row in world.store.findings()} == {"OPEN"}


def test_the_report_tells_the_versions_and_is_the_same_again(world: Switches) -> None:
    world.versions["sw2"] = ""
    scan_id = world.scan()
    data = report_data(world.store, scan_id, catalogue())
    assert [(one.asset, one.model, one.version) for one in data.firmware] == [
        ("sw1", "WS-C2960X-48FPS-L", "15.2(7)E3"),
        ("sw3", "WS-C2960X-48FPS-L", "15.2(7)E8"),
        ("sw4", "WS-C2960X-48FPS-L", "15.0(2)SE11"),
    ]
    assert json_file.encoded(data) == json_file.encoded(report_data(world.store, scan_id, catalogue()))


def test_one_that_does_not_answer_takes_full_assessment_from_itself_alone(world: Switches) -> None:
    alone = {one.asset.name: one for one in report_data(world.store, world.scan(), catalogue()).assets}
    assert (alone["sw4"].waiting, alone["sw4"].fully_assessed) == (0, False)  # all answered: none is comparable
    world.versions |= {"sw1": "15.2(7)E8", "sw2": ""}
    data = report_data(world.store, world.scan(), catalogue())
    assert {one.asset.name: (one.waiting, one.fully_assessed) for one in data.assets} == {
        "sw1": (1, True),
        "sw2": (0, False),  # it is the one
        "sw3": (1, True),
        "sw4": (1, True),  # the silent one may be comparable
    }
    assert {gap.asset for gap in data.gaps if gap.check_id == ID} == set(world.names)


def test_a_scan_that_was_cut_short_has_the_check_as_a_gap(world: Switches, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(world.store, "add_estate_runs", full)
        with pytest.raises(ScanCutShort):
            world.scan()
    data = report_data(world.store, 1, catalogue())
    assert {gap.asset for gap in data.gaps if gap.check_id == ID} == {"sw1", "sw2", "sw3", "sw4"}
    assert not any(asset.fully_assessed for asset in data.assets)


def test_a_list_survives_the_record_and_a_broken_one_is_refused() -> None:
    entries: dict[str, Entry] = {
        "a": {"version": "\ud800\u202e1"},
        "b": Missing(Reason.TIMED_OUT, "no answer"),
        "c": Absent("it is no device"),
    }
    assert decode(encode(entries)) == entries
    assert Peers(entries).gaps == (("b", Missing(Reason.TIMED_OUT, "no answer")),)
    for broken in (
        b"",
        b"[]",
        b"{",
        b'{"a": 1}',
        b'{"a": {"missing": "odd", "detail": ""}}',
        b'{"a": {}}',
        b"[" * 99_999,
    ):
        with pytest.raises(ValueError, match="cannot be read"):
            decode(broken)
