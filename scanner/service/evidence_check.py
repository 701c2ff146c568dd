"""Check an evidence pack offline: signature, digests, chain links, and both judgements made again from the answers."""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from checks.advisories.library import Advisories
from checks.advisories.model import FeedNote
from checks.advisories.support import SupportFeedError
from checks.check import Check, Context
from checks.estate import PREFIX as LISTS
from checks.estate import Gathered, decode, entry_of
from checks.finding import Outcome, Subject, fingerprint
from checks.lifecycle import State, Verdicts, answers_fact, canonical, event_hash
from inventory.asset import Asset, Privilege
from inventory.facts.missing import Missing, Reason
from inventory.identity import IDENTIFIES, identity_in, strong
from inventory.policy import Policy
from scanner.engine import fact_of
from scanner.probes import probes_of
from scanner.query import Answer
from scanner.service.estate_checks import peers_in
from scanner.service.evidence_pack import PREDICATE, STATEMENT, VERSION, support_of
from scanner.service.feed_rows import PREFIX, advisories_of
from scanner.service.signing import SigningError, key_id, opened, public_key, public_pem
from scanner.store.codec import load
from scanner.store.records import StoreError

MAX_PACK = 64 * 1024 * 1024
MAX_FILES = 500
MAX_PLAIN = 256 * 1024 * 1024
STEP = 64 * 1024  # bytes unpacked at a time
UNSIGNED = frozenset({"envelope.json", "key.pem"})
_NOT_THE_FORM = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    StopIteration,
    StoreError,
)


class PackError(Exception):
    """The pack does not hold. One sentence that names what is wrong."""


@dataclass(frozen=True, slots=True)
class PackVerdict:
    """What was checked, in words, and by whose key the pack is signed."""

    ref: str
    state: str
    key_id: str
    key_known: bool  # to the caller; otherwise it was only read from the pack itself
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Nothing was left unchecked: what could not be looked at is never a pass."""
        return not self.not_checked


def check_pack(
    path: Path, catalogue: Sequence[Check], named_key_id: str | None = None, own_key_id: str | None = None
) -> PackVerdict:
    """Raises :class:`PackError` at the first thing that does not hold, ``OSError`` when there is no such file.

    Opens no connection and no record.

    ``named_key_id``: of the key that must have signed it. ``own_key_id``: of a key that is known without being named.
    """
    files = _files(path)
    for name in ("finding.json", *sorted(UNSIGNED)):
        if name not in files:
            raise PackError(f"{name} is not in the pack")
    try:
        key = public_key(files["key.pem"])
        if named_key_id not in (None, key_id(key)):
            raise PackError(f"signed by key {key_id(key)[:16]}, not by the key that you named")
        envelope = _json(files["envelope.json"])
        statement = _statement(opened(envelope, key))
        if files["envelope.json"] != canonical(envelope) + b"\n" or files["key.pem"] != public_pem(key):
            raise PackError("envelope.json or key.pem is not written as this tool writes it")
        _digests(statement, files)
        return _judged(
            _json(files["finding.json"]), files, catalogue, key_id(key), key_id(key) in (named_key_id, own_key_id)
        )
    except SigningError as fault:
        raise PackError(str(fault)) from fault
    except _NOT_THE_FORM as fault:
        raise PackError(f"the pack is not in the documented form: {type(fault).__name__} {fault!s:.200}") from fault


def _files(path: Path) -> dict[str, bytes]:
    """The pack's files, bounded in number and size before anything is unpacked. Raises ``OSError``."""
    with path.open("rb") as file:
        data = file.read(MAX_PACK + 1)
    if len(data) > MAX_PACK:
        raise PackError(f"{path} is larger than {MAX_PACK // 1024 // 1024} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            entries = pack.infolist()
            if len(entries) > MAX_FILES or sum(entry.file_size for entry in entries) > MAX_PLAIN:
                raise PackError(f"{path} unpacks to more than an evidence pack can hold")
            if len({entry.filename for entry in entries}) != len(entries):
                raise PackError(f"{path} holds two files of one name")
            return {entry.filename: _unpacked(pack, entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as fault:
        raise PackError(f"{path} is damaged or no evidence pack: {fault!s:.200}") from fault


def _unpacked(pack: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Read in small steps: an entry whose stated size is a lie is not unpacked beyond it."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise PackError(f"{entry.filename!r:.80} is packed in another way than an evidence pack's files are")
    with pack.open(entry) as file:
        return b"".join(iter(lambda: file.read(STEP), b""))


def _json(data: bytes) -> dict[str, Any]:
    document = json.loads(data)
    if not isinstance(document, dict):
        raise TypeError("not a JSON object")
    return document


def _statement(payload: bytes) -> dict[str, str]:
    """Name -> sha256 of every file the signature speaks of."""
    statement = _json(payload)
    if statement["_type"] != STATEMENT or statement["predicateType"] != PREDICATE:
        raise PackError("the signed statement is not about a finding's evidence")
    return {subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]}


def _digests(signed: Mapping[str, str], files: Mapping[str, bytes]) -> None:
    for name in sorted(files.keys() - signed.keys() - UNSIGNED):
        raise PackError(f"{name} is in the pack and not signed")
    for name, digest in sorted(signed.items()):
        if name not in files:
            raise PackError(f"{name} is signed and not in the pack")
        if hashlib.sha256(files[name]).hexdigest() != digest:
            raise PackError(f"{name} was changed after it was signed")
        if name.startswith("blobs/") and name != f"blobs/{digest}":
            raise PackError(f"{name} does not hold the answer it is named after")


def _judged(
    facts: dict[str, Any], files: Mapping[str, bytes], catalogue: Sequence[Check], key: str, known: bool
) -> PackVerdict:
    if facts["version"] != VERSION:
        raise PackError(f"the pack has version {facts['version']}; this tool knows {VERSION}")
    subject = Subject(facts["subject"]["kind"], facts["subject"]["key"])
    if fingerprint(facts["asset_uid"], facts["family"], subject) != facts["fingerprint"]:
        raise PackError("the finding's fingerprint does not belong to this asset, check and subject")
    checked = ["the signature holds", f"{len(files) - len(UNSIGNED)} files have the signed digests", _chain(facts)]
    not_checked = [] if known else [f"whose key {key[:16]} is: compare it with its owner, or name it with --key"]
    advisories = _advisories(facts["before"], files)
    if advisories is not None:
        checked.append("both visits are held against what the feeds said when it failed; their rows are in the pack")
    for name, expected in (("before", Outcome.FAIL), ("after", Outcome.PASS)):
        if facts[name] is not None:
            _claims(facts[name], expected, name)
            told, again = _again(facts[name], files, catalogue, subject, expected, name, advisories)
            (checked if again else not_checked).append(told)
            not_checked += _others(facts[name], files, name)
    if facts["after"] is not None:
        checked.append(_same_machine(facts, files))
    elif facts["state"] == State.VERIFIED_FIXED:
        raise PackError("the finding is called verified fixed, and the pack holds no passing visit")
    return PackVerdict(facts["ref"], facts["state"], key, known, tuple(checked), tuple(not_checked))


def _claims(visit: dict[str, Any], expected: Outcome, name: str) -> None:
    if visit["outcome"] != expected:
        raise PackError(f"the visit {name} ended with {visit['outcome']}, not {expected}")


def _chain(facts: dict[str, Any]) -> str:
    events = facts["events"]
    state = ""
    for event in events:
        content = {key: value for key, value in event.items() if key not in ("previous", "hash")}
        if event_hash(event["previous"], content) != event["hash"]:
            raise PackError(f"event {event['seq']} does not have the content that its hash covers")
        if event["fingerprint"] != facts["fingerprint"] or event["from_state"] != state:
            raise PackError(f"event {event['seq']} does not follow from the events of this finding before it")
        state = event["to_state"]
    if not events or state != facts["state"]:
        raise PackError("the events do not end in the state that the pack states")
    return f"{len(events)} events have the content their hashes cover"


def _again(
    visit: dict[str, Any],
    files: Mapping[str, bytes],
    catalogue: Sequence[Check],
    subject: Subject,
    expected: Outcome,
    name: str,
    advisories: Advisories | None,
) -> tuple[str, bool]:
    """Parse the answers and run the check again. The sentence, and whether it could be done."""
    check = next((c for c in catalogue if c.id == visit["check"]["id"]), None)
    if check is None or check.version != visit["check"]["version"]:
        return f"the judgement {name}: this version of estatecheck has another {visit['check']['id']}", False
    try:
        support = support_of(files)
    except SupportFeedError as fault:
        raise PackError(str(fault)) from fault
    if getattr(check.rule, "wants_support", False) and support is None:
        return f"the judgement {name}: the support dates it used are not in the pack", False
    asset = load(Asset, json.dumps(visit["asset"]))
    answers = _by_fact(asset, visit, files)
    wanted = (*check.needs, *(fact for fact in check.uses if fact in answers))
    read = _read(asset, {fact: answers[fact] for fact in wanted})
    policy = load(Policy, json.dumps(visit.get("policy", {})))
    estate = _estate(check, asset, read, visit, files) if check.gathers else None
    context = Context(asset, read, datetime.fromisoformat(visit["started_at"]), support, advisories, policy, estate)
    rights = {fact: min((a.privilege for a in answers[fact]), key=lambda p: p.rank) for fact in check.needs}
    found = Verdicts(check.judge(context, rights)).on(subject)
    if found.outcome is not expected:
        raise PackError(f"judged again from its answers, the visit {name} gives {found.outcome}, not {expected}")
    return f"judged again from its answers, the visit {name} gives: {found.outcome}", True


def _estate(
    check: Check, asset: Asset, read: Mapping[str, object], visit: dict[str, Any], files: Mapping[str, bytes]
) -> Gathered:
    """The list of the other assets that the judgement rests on. What it says of this one its own answers must say."""
    peers = peers_in(check, _answers(visit, files))
    if peers is None or check.gathers is None:
        raise PackError("the list of the other assets that the judgement rests on is not in the pack")
    if peers.entries.get(asset.name) != entry_of(check.needs, check.gathers, read):
        raise PackError("the list of the estate says something else of this asset than its own answers")
    return Gathered(asset.name, peers)


def _others(visit: dict[str, Any], files: Mapping[str, bytes], name: str) -> Iterator[str]:
    """What a judgement beside other assets rests on, and no pack about one asset can hold."""
    for answer in _answers(visit, files):
        if answer.query.startswith(LISTS):
            count = len(decode(answer.output)) - 1
            yield (
                f"what the other {count} assets answered: the visit {name} is held against what the scan read there, "
                "and their answers are not in the pack"
            )


def _advisories(visit: dict[str, Any], files: Mapping[str, bytes]) -> Advisories | None:
    """What the feeds said of this package when it failed. Whether they were fresh then, the record had judged."""
    kept = [answer for answer in _answers(visit, files) if answer.query.startswith(PREFIX)]
    notes = [load(FeedNote, json.dumps(note)) for note in visit.get("feeds", ())]
    return advisories_of((answer.output for answer in kept), notes)


def _answers(visit: dict[str, Any], files: Mapping[str, bytes]) -> Iterator[Answer]:
    for told in visit["answers"]:
        missing = Missing(Reason(told["missing"][0]), told["missing"][1]) if told["missing"] else None
        output = files[f"blobs/{told['sha256']}"] if told["sha256"] else b""
        times = told["asked_at"], told["answered_at"]
        yield Answer(told["query"], output, told["exit_code"], missing, Privilege(told["privilege"]), *times)


def _by_fact(asset: Asset, visit: dict[str, Any], files: Mapping[str, bytes]) -> dict[str, list[Answer]]:
    """Of each fact the answers it is read from, in the order they were given."""
    given = list(_answers(visit, files))
    found = {fact: [a for a in given if answers_fact(a.query, fact)] for fact in probes_of(asset.connection.way)}
    return {fact: answers for fact, answers in found.items() if answers}


def _read(asset: Asset, answers: Mapping[str, list[Answer]]) -> dict[str, object]:
    probes = probes_of(asset.connection.way)
    return {fact: fact_of(probes[fact], asset, told) for fact, told in answers.items()}


def _same_machine(facts: dict[str, Any], files: Mapping[str, bytes]) -> str:
    """At least one strong identity is in both visits' own answers."""
    seen = []
    for name in ("before", "after"):
        asset = load(Asset, json.dumps(facts[name]["asset"]))
        answers = _by_fact(asset, facts[name], files)
        told = _read(asset, {fact: answers[fact] for fact in IDENTIFIES if fact in answers})
        seen.append(strong(identity_in(told)))
    if not seen[0] & seen[1]:
        raise PackError("no strong identity is the same in both visits: this may be another machine")
    return f"{len(seen[0] & seen[1])} strong identities are the same in both visits"
