"""Claims that come as a file: signed ones of a supplier without access, or an action plan that was filled in.

A signed claim file is JSON: ``{"format": "estatecheck-claims", "version": 1, "claims": [{"statement": {...},
"signature": {"keyid": ..., "sig": ...}, "files": [{"name": ..., "content": <base64>}]}]}``. An action plan is CSV or
XLSX with a row of headings; whoever imports it signs its rows with his own key.

Every good row is taken and every bad one told of with its place. The same file once more changes nothing.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from checks.statements import Action, BadStatement, statement_of
from scanner.service.action_plan import NotAPlan, PlanRow, plan_rows
from scanner.service.decide import Desk, Word, number_of
from scanner.store.decisions import Attached, Recorded, Signed
from scanner.store.records import EventRow, StoreError
from scanner.store.store import Store

FORMAT, VERSION = "estatecheck-claims", 1
MAX_BYTES = 64 * 1024 * 1024
MAX_CLAIMS = 10_000


class ClaimsError(Exception):
    """The file as a whole cannot be used. One sentence."""


@dataclass
class Imported:
    """What came of each row. Places are lines, rows or the number of the claim, as the file counts them."""

    taken: list[Recorded] = field(default_factory=list)
    already: list[str] = field(default_factory=list)  # refs
    unclaimed: int = 0  # rows of a plan in which nothing is claimed yet
    errors: list[tuple[str, str]] = field(default_factory=list)  # place, sentence


def written(signed: Sequence[Signed]) -> bytes:
    """A claim file, to be handed to whoever keeps the record."""
    claims = [
        {
            "statement": one.statement.as_json(),
            "signature": {"keyid": one.key_id, "sig": one.signature},
            "files": [{"name": f.name, "content": base64.b64encode(f.content).decode()} for f in one.files],
        }
        for one in signed
    ]
    content = {"format": FORMAT, "version": VERSION, "claims": claims}
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def imported(store: Store, path: Path, desk: Desk | None) -> Imported:
    """Take a file in. ``desk``: who signs the rows of an action plan; a signed file needs none.

    Raises :class:`ClaimsError` and :class:`StoreError` when nothing of it can be used.
    """
    data = _read(path)
    if data.lstrip()[:1] == b"{":
        return _signed_file(store, path, data)
    if desk is None:
        raise ClaimsError(f"{path} is an action plan: say who signs its rows with --as ROLE --key FILE")
    desk.holder()
    try:
        rows = plan_rows(data)
        return _plan(desk, rows)
    except NotAPlan as fault:
        raise ClaimsError(f"{path}: {fault}") from fault


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise ClaimsError(f"{path} cannot be read: {fault.strerror}") from fault
    if len(data) > MAX_BYTES:
        raise ClaimsError(f"{path} is larger than {MAX_BYTES // 2**20} MB, which no claim file is")
    return data


# signed


def _signed_file(store: Store, path: Path, data: bytes) -> Imported:
    done = Imported()
    for number, entry in enumerate(_entries(path, data), start=1):
        try:
            signed = _signed(entry)
            row = store.finding(signed.statement.ref)
            recorded = store.people.decide(number_of(row.ref), signed)
        except (BadStatement, StoreError) as fault:
            done.errors.append((f"claim {number}", str(fault)))
            continue
        _count(done, recorded)
    return done


def _entries(path: Path, data: bytes) -> list[object]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise ClaimsError(f"{path} is no JSON that can be read") from fault
    claims = content.get("claims")
    if content.get("format") != FORMAT or content.get("version") != VERSION or not isinstance(claims, list):
        raise ClaimsError(f"{path} is no claim file of this program (`estatecheck findings claim --offline`)")
    if len(claims) > MAX_CLAIMS:
        raise ClaimsError(f"{path} holds more than {MAX_CLAIMS} claims; split it")
    return claims


def _signed(entry: object) -> Signed:
    """Raises :class:`BadStatement`."""
    if not isinstance(entry, dict) or not isinstance(entry.get("signature"), dict):
        raise BadStatement("it has no statement with a signature")
    statement = statement_of(entry.get("statement"))
    if statement.action is not Action.CLAIM:
        raise BadStatement(f"a claim file holds claims, not {statement.action}")
    signature = entry["signature"]
    held = entry.get("files", [])
    if not isinstance(held, list):
        raise BadStatement("its files are no list")
    files = tuple(_file(one) for one in held)
    return Signed(statement, str(signature.get("keyid")), str(signature.get("sig")), files)


def _file(entry: object) -> Attached:
    try:
        content = base64.b64decode(str(entry["content"]), validate=True)  # type: ignore[index]  # any JSON
        return Attached(str(entry["name"]), content)  # type: ignore[index]  # the same
    except (KeyError, TypeError, ValueError) as fault:
        raise BadStatement("a file in it cannot be read") from fault


# action plans


def _plan(desk: Desk, rows: Iterable[PlanRow]) -> Imported:
    done, seen = Imported(), dict[str, str]()
    for row in rows:
        if row.error:
            done.errors.append((row.place, row.error))
        elif not row.claimed:
            done.unclaimed += 1
        elif row.ref in seen:
            done.errors.append((row.place, f"{row.ref} stands in {seen[row.ref]} already"))
        else:
            seen[row.ref] = row.place
            _claim(desk, row, done)
    return done


def _claim(desk: Desk, row: PlanRow, done: Imported) -> None:
    try:
        finding = desk.store.finding(row.ref)
        if _claimed_before(desk.store.events(finding.fingerprint), row):
            done.already.append(finding.ref)
            return
        more = {"done_on": row.done_on.isoformat()} if row.done_on else {}
        recorded = desk.say(finding.ref, Word(Action.CLAIM, row.what, row.reference, more=more))
    except StoreError as fault:
        done.errors.append((row.place, str(fault)))
        return
    _count(done, recorded)


def _claimed_before(events: Sequence[EventRow], row: PlanRow) -> bool:
    said = (event.proof.get("statement") for event in events)
    return any(isinstance(one, dict) and _same(one, row) for one in said)


def _same(said: Mapping[str, object], row: PlanRow) -> bool:
    more = said.get("more")
    done = more.get("done_on") if isinstance(more, dict) else None
    told = (said.get("action"), said.get("reason"), said.get("reference"), done)
    return told == (Action.CLAIM.value, row.what, row.reference, _iso(row.done_on))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _count(done: Imported, recorded: Recorded) -> None:
    if recorded.already:
        done.already.append(recorded.ref)
    else:
        done.taken.append(recorded)


def lines(done: Imported) -> Iterator[str]:
    """For people."""
    for recorded in done.taken:
        yield f"{recorded.ref}: {recorded.before} -> {recorded.after}"
    if done.already:
        yield f"{len(done.already)} stand in the record already; nothing was changed for them"
    if done.unclaimed:
        yield f"{done.unclaimed} rows claim nothing yet"
