"""A small record with everything in it: three scans, a fix, a regression, a claim, an acceptance; and its pack."""

import base64
import hashlib
import io
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from checks.catalogue import catalogue
from checks.finding import CheckRun, Outcome, Subject
from checks.lifecycle import GENESIS, canonical, event_hash
from checks.merkle import event_leaf, root_of
from checks.replay import content_of
from checks.statements import Action, pre_authentication
from inventory.estate import Area, Estate, Supplier
from inventory.policy import NO_POLICY
from scanner.service.policies import in_force
from scanner.service.report_pack.container import Writer, gzipped
from scanner.service.report_pack.export import Exported, export
from scanner.service.report_pack.names import (
    CHECKPOINT,
    CHECKPOINT_TYPE,
    ENVELOPE,
    EVENTS,
    KEY,
    REPORT,
    STATEMENT_TYPE,
    UNSIGNED,
)
from scanner.service.report_pack.signed import enveloped, written
from scanner.service.report_pack.tables import ListDigest
from scanner.service.signing import Signer
from scanner.store.store import Store, open_store
from tests.scanner.store.people_world import World, clocked
from tests.scanner.store.world import answer, asset, run

CHECK = "linux.sysctl.aslr"
SUPPLIERS = {"acme": Supplier("acme", "Acme Ltd"), "bolt": Supplier("bolt", "Bolt Ltd")}
WEB, DB = replace(asset("web"), supplier="acme", area="a1"), replace(asset("db"), supplier="bolt", area="a1")
ONE, TWO = Subject("sysctl", "one"), Subject("sysctl", "two")


@dataclass
class Made:
    """A record, the key that signs for it, and where things are."""

    store: Store
    world: World
    signer: Signer
    folder: Path

    def scan(self, **outcomes: Mapping[Subject, Outcome]) -> int:
        """``web`` and ``db``: what the check says of each subject."""
        bench = self.world.bench
        estate = Estate("Northmoor", (WEB, DB), areas={"a1": Area("a1", "North", users=12)}, suppliers=SUPPLIERS)
        number = bench.begin(
            "web", "db", assets=(WEB, DB), estate=estate, checks=(CHECK,), policies=in_force(NO_POLICY)
        )
        for one in (WEB, DB):
            runs = [_run(outcome, subject) for subject, outcome in outcomes[one.name].items()]
            answers = (answer("sysctl", f"{one.name} of scan {number}"), answer("identity", f"I am {one.name}"))
            bench.save(number, one.name, *runs, asset=one, answers=answers)
        bench.end(number)
        return number

    def pack(self, name: str = "pack.zip", scan: int | None = None, supplier: str = "") -> tuple[Path, Exported]:
        path = self.folder / name
        with path.open("w+b") as out:
            number = scan if scan is not None else self.store.latest_scan().id
            now = self.world.bench.now
            return path, export(self.store, catalogue(), number, self.signer, out, now, supplier)


def _run(outcome: Outcome, subject: Subject) -> CheckRun:
    return run(outcome, CHECK, subject=subject, facts=("sysctl",))


def record(folder: Path, name: str = "record.db") -> Made:
    """Empty, with people."""
    store, bench = clocked(open_store(str(folder / name)))
    world = World(store, bench).people()
    return Made(store, world, world.record, folder)


def lived(folder: Path, name: str = "record.db") -> Made:
    """13 events of findings: opened, fixed, back again, claimed, accepted."""
    made = record(folder, name)
    bad, good = Outcome.FAIL, Outcome.PASS
    made.scan(web={ONE: bad, TWO: bad}, db={ONE: bad})
    made.scan(web={ONE: good, TWO: bad}, db={ONE: bad})
    made.world.bench.now += timedelta(hours=1)
    made.world.claim("supplier:acme", ref="EC-0002")
    until = made.world.bench.now.date() + timedelta(days=30)
    made.world.say("operator", Action.REQUEST_ACCEPTANCE, ref="EC-0003", until=until, more={"owner": "J. Roe"})
    made.world.answer("accreditor", "EC-0003")
    made.scan(web={ONE: bad, TWO: good}, db={ONE: bad})
    return made


# taking packs apart and putting them together again


def files_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as pack:
        return {info.filename: pack.read(info) for info in pack.infolist()}


def put(path: Path, files: Mapping[str, bytes]) -> Path:
    """Written as estatecheck writes it, so that only the content is wrong."""
    with path.open("w+b") as out:
        pack = Writer(out)
        for name, data in files.items():
            pack.add(name, data)
        pack.close()
    return path


def plain(data: bytes) -> bytes:
    return zlib.decompress(data, wbits=31)


def lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in plain(data).splitlines()]


def packed(rows: list[dict[str, Any]]) -> bytes:
    return gzipped(b"".join(canonical(row) + b"\n" for row in rows))


def changed(files: Mapping[str, bytes], name: str, change: Callable[[list[dict[str, Any]]], Any]) -> dict[str, bytes]:
    """With the rows of one file changed in place, or replaced by what ``change`` returns."""
    rows = lines(files[name])
    made = change(rows)
    return {**files, name: packed(rows if made is None else made)}


def rendered(render: Callable[..., None], data: object) -> bytes:
    out = io.BytesIO()
    render(data, out)
    return out.getvalue()


def resigned(files: Mapping[str, bytes], signer: Signer) -> dict[str, bytes]:
    """What somebody who holds a key can do: every digest, the checkpoint and both signatures made anew."""
    made = dict(files)
    statement = json.loads(base64.b64decode(json.loads(files[ENVELOPE])["payload"]))
    made[CHECKPOINT] = _signed(signer, CHECKPOINT_TYPE, _checkpoint(files))
    signed = {name for name in made if not name.startswith("blobs/")} - UNSIGNED
    statement["subject"] = [{"name": n, "digest": {"sha256": _sha256(made[n])}} for n in sorted(signed)]
    predicate = statement["predicate"]
    predicate["tables"] = {n[7:-9]: _rows_digest(made[n]) for n in made if n.startswith("record/")}
    if REPORT in made:
        predicate["reports"]["report.json"] = _sha256(plain(made[REPORT]))
    return {**made, KEY: signer.public_pem, ENVELOPE: _signed(signer, STATEMENT_TYPE, statement)}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _signed(signer: Signer, kind: str, content: Mapping[str, object]) -> bytes:
    payload = canonical(content)
    signature = signer.key.sign(pre_authentication(kind, payload))
    return written(enveloped(payload, kind, signature, signer.key.public_key()))


def _checkpoint(files: Mapping[str, bytes]) -> dict[str, Any]:
    told = json.loads(base64.b64decode(json.loads(files[CHECKPOINT])["payload"]))
    events = lines(files[EVENTS])
    states = {e["fingerprint"]: e["to_state"] for e in events if e.get("to_state")}
    root = root_of([event_leaf(e["hash"]) for e in events]).hex()
    head = events[-1]["hash"] if events else GENESIS
    return {**told, "count": len(events), "root": root, "head": head, "states": dict(Counter(states.values()))}


def _rows_digest(data: bytes) -> dict[str, object]:
    digest = ListDigest()
    for line in plain(data).splitlines():
        row = json.loads(line)
        digest.add(bytes.fromhex(row["withheld"]) if "withheld" in row else hashlib.sha256(line).digest())
    return {"rows": digest.count, "digest": digest.hexdigest()}


def chained(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Numbers and hashes made anew, so that the chain holds whatever the events say."""
    previous, made = GENESIS, []
    for seq, event in enumerate(events, 1):
        content = {**content_of(event), "seq": seq}
        link = event_hash(previous, content)
        made.append({**content, "previous": previous, "hash": link})
        previous = link
    return made
