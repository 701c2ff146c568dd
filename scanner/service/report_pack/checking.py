"""Verifies a report's evidence pack, or a checkpoint that was handed out, offline. Everything wrong is named.

What could not be checked is told apart from what is wrong, and both from what no pack can prove.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from checks.merkle import consistent
from scanner.service.report_pack import recount, tables
from scanner.service.report_pack.accredited import computed, verdict_faults
from scanner.service.report_pack.container import PackError, Reader
from scanner.service.report_pack.history import Ground, History, Told, walk
from scanner.service.report_pack.memory import Memory, Seen, load, save
from scanner.service.report_pack.names import (
    BLOBS,
    CHECKPOINT,
    CHECKPOINT_TYPE,
    ENVELOPE,
    EVENTS,
    HANDED_OUT_TYPE,
    KEY,
    KEYS,
    MAX_REPORT,
    MAX_SMALL,
    NEEDED,
    POLICIES,
    PREDICATE,
    REPORT,
    STATEMENT,
    STATEMENT_TYPE,
    UNSIGNED,
    VERSION,
    blob_name,
)
from scanner.service.report_pack.rebuilt import rebuilt
from scanner.service.report_pack.recompute import NotHere, Recomputed, faults
from scanner.service.report_pack.signed import BadSignature, key_id, parsed, payload_of, public_key, written

LIMITS = (
    "the answers are not judged again: `estatecheck report --from-pack` makes the report again from them",
    "availability and service credits are not computed again; how old the data of publishers was is taken as told",
    "a pack cannot show that a machine told the truth, nor what was done before the first checkpoint you hold",
)
Json = Mapping[str, Any]


@dataclass
class Verdict:
    """``problems``: what is wrong. ``unknown``: what should have been checked and could not be."""

    problems: Told = field(default_factory=Told)
    unknown: Told = field(default_factory=Told)
    checked: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    limits: tuple[str, ...] = LIMITS
    what: str = ""
    key_id: str = ""
    events: int = 0
    root: str = ""
    report: str = ""  # sha256 of report.json

    @property
    def holds(self) -> bool:
        return not self.problems and not self.unknown


@dataclass
class _Pack:
    """An opened pack and what has been read of it."""

    files: Reader
    verdict: Verdict
    key: Ed25519PublicKey
    estate: str = ""
    digests: dict[str, str] = field(default_factory=dict)  # file -> sha256, as signed
    predicate: Json = field(default_factory=dict)
    policies: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Known:
    """Ids of the key that must have signed and of one that is known, and what is remembered."""

    trusted: str
    own: str
    memory: Memory


def verify(path: Path, trusted: str = "", remember: Path | None = None, own: str = "") -> Verdict:
    """Of a pack or a checkpoint. ``trusted``: id of the key that must have signed it; ``own``: of one that is known.

    Raises ``OSError`` when there is no such file, and ``MemoryFault``.
    """
    memory = load(remember) if remember else Memory()
    verdict = Verdict()
    known = _Known(trusted, own, memory)
    try:
        with path.open("rb") as file:
            begins = file.read(1)
        seen = _checkpoint_file(path, known, verdict) if begins == b"{" else None
        if begins != b"{":
            with Reader(path) as files:
                seen = _pack(files, known, verdict)
    except (PackError, BadSignature) as fault:
        verdict.problems.say(str(fault))
        seen = None
    if remember and seen and not verdict.problems:
        memory.add(seen[0], verdict.key_id, seen[1])
        save(remember, memory)
        verdict.checked.append(f"remembered in {remember}: {seen[1].count} events, root {seen[1].root[:16]}")
    return verdict


Remembered = tuple[str, Seen]  # the estate, and its checkpoint


def _pack(files: Reader, known: _Known, verdict: Verdict) -> Remembered | None:
    for flaw in files.flaws:
        verdict.problems.say(flaw)
    for name in NEEDED:
        if name not in files.entries:
            raise PackError(f"{name} is not in the pack")
    pem = files.read(KEY, MAX_SMALL)
    pack = _Pack(files, verdict, public_key(pem))
    if _pem(pack.key) != pem:
        verdict.problems.say(f"{KEY} is not written as this tool writes it")
    _whose(pack.key, known, verdict)
    try:
        _statement(pack)
        return _content(pack, known.memory)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as fault:
        raise PackError(f"the pack is not in the documented form: {type(fault).__name__} {fault!s:.200}") from fault


def _pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _whose(key: Ed25519PublicKey, known: _Known, verdict: Verdict) -> None:
    found = verdict.key_id = key_id(key)
    if known.trusted and known.trusted != found:
        verdict.problems.say(f"signed by key {found[:16]}, not by key {known.trusted[:16]} that you trust")
    if not known.trusted and found not in (known.own, known.memory.key):
        verdict.unknown.say(f"whose key {found[:16]} is: compare it with its owner, and name it with --trust")


def _statement(pack: _Pack) -> None:
    data = pack.files.read(ENVELOPE, MAX_SMALL)
    envelope = parsed(data, ENVELOPE)
    if data != written(envelope):
        pack.verdict.problems.say(f"{ENVELOPE} is not written as this tool writes it")
    statement = _payload(pack, envelope, STATEMENT_TYPE, ENVELOPE)
    if statement["_type"] != STATEMENT or statement["predicateType"] != PREDICATE:
        raise PackError("the signed statement is not about a report's evidence")
    pack.predicate = statement["predicate"]
    if pack.predicate["version"] != VERSION:
        raise PackError(f"the pack has version {pack.predicate['version']}; this program knows {VERSION}")
    pack.digests = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
    pack.estate = str(pack.predicate["estate"])
    pack.verdict.what = f"report of scan {pack.predicate['scan']} of {pack.estate!r:.80}"


def _payload(pack: _Pack, envelope: Json, payload_type: str, what: str) -> dict[str, Any]:
    """Read on when the signature does not hold: to say what else was changed."""
    try:
        payload = payload_of(envelope, payload_type, pack.key, what)
        pack.verdict.checked.append(f"the signature of {what} holds")
    except BadSignature as fault:
        pack.verdict.problems.say(str(fault))
        payload = base64.b64decode(str(envelope["payload"]))
    return parsed(payload, f"the statement in {what}")


def _content(pack: _Pack, memory: Memory) -> Remembered | None:
    verdict, predicate = pack.verdict, pack.predicate
    _names(pack)
    small = {name: _small(pack, name) for name in (CHECKPOINT, KEYS, POLICIES) if name in pack.files.entries}
    checkpoint = _checkpoint(pack, small[CHECKPOINT])
    pack.policies = small.get(POLICIES, {}).get("policies", {})
    blobs = tables.list_of_blobs(pack.files, verdict.problems)
    _same(pack, BLOBS, blobs.digest)
    scan = int(predicate["scan"])
    record = tables.read(pack.files, predicate["tables"], pack.digests, scan, verdict.problems)
    ground = Ground(
        here=blobs.here,
        apart=blobs.withheld,
        beginnings={0, int(checkpoint["previous_count"]), *(one.count for one in memory.seen)},
        scan=scan,
        until=record.ended_at,
        later=record.later_imports,
    )
    history = walk(pack.files, ground)
    _history(pack, history, checkpoint, memory)
    _keys(pack, small[KEYS], history)
    _blobs(pack, blobs)
    _counted(pack, record, history, checkpoint)
    _withheld(pack, record, history, blobs)
    return pack.estate, Seen(history.chain.count, history.root, str(checkpoint["at"]))


def _names(pack: _Pack) -> None:
    """Every file but blobs is signed by its own digest, blobs through their list."""
    there = {name for name in pack.files.entries if not name.startswith("blobs/")} - UNSIGNED
    for name in sorted(there - pack.digests.keys()):
        pack.verdict.problems.say(f"{name} is in the pack and not signed")
    for name in sorted(pack.digests.keys() - there):
        pack.verdict.problems.say(f"{name} is signed and not in the pack")


def _same(pack: _Pack, name: str, digest: str) -> None:
    if name in pack.files.entries and pack.digests.get(name) != digest:
        pack.verdict.problems.say(f"{name} was changed after it was signed")


def _small(pack: _Pack, name: str) -> dict[str, Any]:
    data = pack.files.read(name, MAX_SMALL)
    _same(pack, name, hashlib.sha256(data).hexdigest())
    return parsed(data, name)


def _checkpoint(pack: _Pack, envelope: Json) -> dict[str, Any]:
    checkpoint = _payload(pack, envelope, CHECKPOINT_TYPE, CHECKPOINT)
    if checkpoint["estate"] != pack.estate:
        pack.verdict.problems.say(f"{CHECKPOINT} is of another estate than the statement")
    return checkpoint


def _keys(pack: _Pack, content: Json, history: History) -> None:
    """The list for people says what the chain says, and the key that admits people is the one that signs packs."""
    held = {keyid: (one.public, one.actor, one.role) for keyid, one in history.keyring.keys.items()}
    listed = {one["key"]: (one["public_key"], one["name"], one["role"]) for one in content["keys"]}
    for keyid in sorted(held.keys() | listed.keys()):
        if held.get(keyid) != listed.get(keyid):
            pack.verdict.problems.say(f"{KEYS} says something else of key {keyid[:16]} than the events")
    if history.keyring.of_record not in ("", pack.verdict.key_id):
        pack.verdict.unknown.say(
            f"people's keys were admitted by key {history.keyring.of_record[:16]}, and another one signed the pack"
        )


def _history(pack: _Pack, history: History, checkpoint: Json, memory: Memory) -> None:
    verdict, count, before = pack.verdict, history.chain.count, len(pack.verdict.problems)
    _same(pack, EVENTS, history.digest)
    for part, whole in ((history.problems, verdict.problems), (history.unknown, verdict.unknown)):
        for sentence in part:
            whole.say(sentence)
        whole.more += part.more
    for name, found in (("count", count), ("head", history.chain.head), ("root", history.root)):
        if checkpoint[name] != found:
            verdict.problems.say(
                f"the events have the {name} {found}, and the signed checkpoint says {checkpoint[name]}"
            )
    older = int(checkpoint["previous_count"])
    if history.roots.get(older) != checkpoint["previous_root"]:
        verdict.problems.say(f"the first {older} events are not those of the checkpoint before this one")
    for why in memory.faults(pack.estate, verdict.key_id, count, history.roots):
        verdict.problems.say(why)
    verdict.events, verdict.root = count, history.root
    if len(verdict.problems) == before:
        _told_history(verdict, history, memory)


def _told_history(verdict: Verdict, history: History, memory: Memory) -> None:
    verdict.checked.append(
        f"{history.chain.count} events: chain, Merkle root, {history.closings} closings by proof, "
        f"{history.signed} signed by people"
    )
    if memory.last:
        verdict.checked.append(f"the history goes on from the checkpoint of {memory.last.at} that is remembered")


def _blobs(pack: _Pack, blobs: tables.Blobs) -> None:
    before = len(pack.verdict.problems)
    listed = {blob_name(key.hex()) for key in blobs.here}
    for name in sorted(name for name in pack.files.entries if name.startswith("blobs/") and name not in listed):
        pack.verdict.problems.say(f"{name} is in the pack and not signed")
    count = tables.check_blobs(pack.files, blobs, pack.verdict.problems)
    if len(pack.verdict.problems) == before:
        pack.verdict.checked.append(f"{count} answers have the hash that they are named after")


def _counted(pack: _Pack, record: tables.Record, history: History, checkpoint: Json) -> None:
    problems = pack.verdict.problems
    before = len(problems)
    for why in recount.findings_faults(record, history):
        problems.say(why)
    if not pack.predicate["supplier"]:
        counted = recount.states(history.replay.now)
        if counted != checkpoint["states"]:
            problems.say(f"the events leave findings {counted}, and the signed checkpoint says {checkpoint['states']}")
        _report(pack, record, history)
    if len(problems) == before:
        what = "the findings" if pack.predicate["supplier"] else "findings and counts of the report"
        pack.verdict.checked.append(f"the states of {what} follow from the events and the judgements")


def _report(pack: _Pack, record: tables.Record, history: History) -> None:
    verdict, sha256, plain = pack.verdict, hashlib.sha256(), hashlib.sha256()
    parts: list[bytes] = []
    for piece in pack.files.plain(REPORT, MAX_REPORT, sha256.update):
        plain.update(piece)
        parts.append(piece)
    _same(pack, REPORT, sha256.hexdigest())
    verdict.report = plain.hexdigest()
    if verdict.report != pack.predicate["reports"]["report.json"]:
        verdict.problems.say("report.json is not the one whose sha256 the statement names")
    report, before = json.loads(b"".join(parts)), len(verdict.problems)
    for why in (*recount.report_faults(report, record, history), *verdict_faults(report, pack.policies)):
        verdict.problems.say(why)
    if computed(report, pack.policies) and len(verdict.problems) == before:
        verdict.checked.append("the verdict follows from its lines, and coverage from the assets' rows")
    _again(pack, report, record, history)


def _again(pack: _Pack, report: Json, record: tables.Record, history: History) -> None:
    """Risk, clocks and verdict. What is wrong already may be why they cannot be computed; then it has been named."""
    verdict, before = pack.verdict, len(pack.verdict.problems)
    try:
        for why in faults(Recomputed(report, rebuilt(report, record, history.happened), pack.policies)):
            verdict.problems.say(why)
    except NotHere as fault:
        verdict.unknown.say(f"risk, clocks and verdict were not computed again: {fault}")
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as fault:
        why = f"{type(fault).__name__} {fault!s:.100}"
        told = verdict.unknown if before else verdict.problems
        told.say(f"risk, clocks and verdict cannot be computed again from the rows of the pack: {why}")
    else:
        if len(verdict.problems) == before:
            verdict.checked.append(_computed(report))


def _computed(report: Json) -> str:
    clocks = report["clocks"]
    number = sum(len(one["clocks"]) for one in clocks["findings"]) if clocks else 0
    rated = sum(len(issue["occurrences"]) for issue in report["issues"]) + len(report["carried"])
    more = " and the verdict" if report["verdicts"] else ""
    return f"computed again: risk (of findings: {rated}), clocks ({number}){more}"


def _withheld(pack: _Pack, record: tables.Record, history: History, blobs: tables.Blobs) -> None:
    supplier = pack.predicate["supplier"]
    told = pack.verdict.withheld
    for count, what in ((history.withheld, "events"), (len(blobs.withheld), "answers")):
        if count:
            told.append(f"{count} {what}: their hashes are here, what they say is not")
    told += [f"{count} rows of {table}: their hashes are here" for table, count in sorted(record.withheld.items())]
    if supplier:
        pack.verdict.what += f", the part of supplier {supplier!r:.60}"
        told.append(
            "the report, its counts, risk, clocks and verdict, and the states of others' findings, could not be "
            "computed again"
        )
    elif told:
        pack.verdict.problems.say("the pack of a whole report withholds a part of it")
    if blobs.gone:
        told.append(f"{len(blobs.gone)} answers were purged from the record before this pack was made")


# checkpoints that were handed out


def _checkpoint_file(path: Path, known: _Known, verdict: Verdict) -> Remembered | None:
    with path.open("rb") as file:
        data = file.read(MAX_SMALL)
    try:
        content = parsed(data, str(path))
        key = public_key(str(content["key"]).encode())
        _whose(key, known, verdict)
        if data != written(content) or content.keys() != {"envelope", "key"} or content["key"].encode() != _pem(key):
            verdict.problems.say(f"{path} is not written as this tool writes it")
        given = parsed(payload_of(content["envelope"], HANDED_OUT_TYPE, key, "the file"), "the file")
        checkpoint = parsed(payload_of(given["checkpoint"], CHECKPOINT_TYPE, key, "the checkpoint"), "the checkpoint")
        verdict.checked.append("the signatures of the checkpoint and its proofs hold")
        for why in _not_following(checkpoint, given["proofs"], known.memory, verdict):
            verdict.problems.say(why)
        verdict.events, verdict.root = int(checkpoint["count"]), str(checkpoint["root"])
        verdict.what = f"checkpoint of {checkpoint['estate']!r:.80}, {checkpoint['count']} events, {checkpoint['at']}"
        return str(checkpoint["estate"]), Seen(verdict.events, verdict.root, str(checkpoint["at"]))
    except (ValueError, LookupError, TypeError, AttributeError) as fault:
        raise PackError(f"{path} is no checkpoint of estatecheck: {type(fault).__name__} {fault!s:.100}") from fault


def _not_following(checkpoint: Json, proofs: Any, memory: Memory, verdict: Verdict) -> Iterator[str]:  # noqa: ANN401 (JSON)
    """How it contradicts what is remembered; what no proof speaks of is unknown."""
    count, root = int(checkpoint["count"]), bytes.fromhex(checkpoint["root"])
    roots = {count: root.hex()}
    offered = {int(one["count"]): [bytes.fromhex(part) for part in one["proof"]] for one in proofs}
    for one in sorted(memory.seen, key=lambda one: one.count):
        if one.count >= count:
            continue
        if one.count not in offered:
            verdict.unknown.say(
                f"the file holds no proof that its history begins with the {one.count} events of {one.at}"
            )
        elif consistent(one.count, bytes.fromhex(one.root), count, root, offered[one.count]):
            verdict.checked.append(f"the history goes on from the {one.count} events of {one.at}")
            roots[one.count] = one.root
        else:
            roots[one.count] = "another root"
    yield from memory.faults(str(checkpoint["estate"]), verdict.key_id, count, roots)
