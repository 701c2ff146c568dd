"""What both OSCAL documents of a report share: ids, parties and roles, the inventory and observations.

Source: NIST OSCAL 1.2.1, JSON. Every id is a UUID of version 5 under the evidence root, so the same data
gives the same bytes.
"""

import functools
import hashlib
import re
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from reports.json_stream import Written, quoted, text_of
from reports.report import LABEL, AssetCoverage, Issue, Occurrence, ReportData
from reports.text import safe_text, stamp

VERSION = "1.2.1"
OURS = "urn:estatecheck"  # namespace of our properties, and naming system of our words
MAX_TEXT = 4000
NO_SAY = "not said"
ROLE_TOOL, ROLE_SUPPLIER = "tool", "supplier"
_BLANKS = re.compile(r"\s+")

Json = dict[str, Any]


class Ids:
    """UUIDs by kind and name, under one report's evidence."""

    def __init__(self, data: ReportData) -> None:
        self._root = uuid.uuid5(uuid.NAMESPACE_URL, f"{OURS}:{data.scan_id}:{data.evidence_root}").bytes

    def of(self, kind: str, name: str = "") -> str:
        """As ``uuid.uuid5`` makes it (RFC 9562, 5.5), without its objects: there are half a million."""
        digest = hashlib.sha256(f"{kind}\0{name}".encode("utf-8", "surrogatepass")).hexdigest()
        made = bytearray(hashlib.sha1(self._root + digest.encode(), usedforsecurity=False).digest()[:16])
        made[6], made[8] = made[6] & 0x0F | 0x50, made[8] & 0x3F | 0x80
        told = made.hex()
        return f"{told[:8]}-{told[8:12]}-{told[12:16]}-{told[16:20]}-{told[20:]}"


def line(text: str, limit: int = 1000) -> str:
    """A string in the one form that OSCAL takes: no blanks at its ends, one line, never empty."""
    return _BLANKS.sub(" ", safe_text(text, limit)).strip() or NO_SAY


def prop(name: str, value: object) -> Json:
    return {"name": name, "ns": OURS, "value": line(str(value))}


def metadata(data: ReportData, title: str, ids: Ids) -> Json:
    told: Json = {
        "title": line(f"{title}: {data.estate}"),
        "last-modified": stamp(data.ended_at or data.started_at),
        "version": str(data.scan_id),
        "oscal-version": VERSION,
        "roles": [{"id": ROLE_TOOL, "title": "Assessor's tool"}, *_roles(data)],
        "parties": [
            {"uuid": ids.of("tool"), "type": "organization", "name": line(f"estatecheck {data.tool_version}")},
            *_parties(data, ids),
        ],
        "responsible-parties": [{"role-id": ROLE_TOOL, "party-uuids": [ids.of("tool")]}],
        "props": [prop("evidence-root", data.evidence_root), prop("scan-state", data.state)],
        "remarks": LABEL,
    }
    if data.marking:
        told["props"].append(prop("marking", data.marking))
    return told


def _roles(data: ReportData) -> list[Json]:
    return [{"id": ROLE_SUPPLIER, "title": "Supplier: mends what stands on its assets"}] if data.suppliers else []


def _parties(data: ReportData, ids: Ids) -> Iterator[Json]:
    for key in sorted(data.suppliers):
        yield {"uuid": ids.of("supplier", key), "type": "organization", "name": line(data.suppliers[key].name)}


def responsible(data: ReportData, supplier: str, ids: Ids) -> list[Json]:
    """Whose it is to mend; empty where the inventory does not name the supplier."""
    if supplier not in data.suppliers:
        return []
    return [{"role-id": ROLE_SUPPLIER, "party-uuids": [ids.of("supplier", supplier)]}]


def origin(ids: Ids) -> list[Json]:
    return [{"actors": [{"type": "tool", "actor-uuid": ids.of("tool")}]}]


def inventory(data: ReportData, ids: Ids) -> list[Json]:
    return [_item(one, ids) for one in data.assets]


def _item(one: AssetCoverage, ids: Ids) -> Json:
    said = {
        "asset-id": one.uid,
        "reached": one.reached,
        "logged-in": one.logged_in,
        "fully-assessed": one.fully_assessed,
        "area": one.asset.area,
        "supplier": one.asset.supplier,
        "service": one.asset.service,
        "operating-system": one.os_name,
    }
    props = [prop(name, value) for name, value in said.items() if value not in (None, "")]
    return {"uuid": ids.of("asset", one.uid), "description": line(one.asset.name), "props": props}


def observations(data: ReportData, ids: Ids) -> Iterator[Written]:
    """One for each occurrence that fails, as it was seen; of what was not looked at again, when it was first seen."""
    told = _Observations(data, ids)
    return (told.of(issue, one) for issue in data.issues for one in issue.occurrences)


class _Observations:
    """As text, with what many of them share made once."""

    def __init__(self, data: ReportData, ids: Ids) -> None:
        self._ids = ids
        self._ends = f'"methods":["TEST"],"origins":{text_of(origin(ids))},"props":['
        self._when = quoted(stamp(data.ended_at or data.started_at))
        self._prop = functools.cache(lambda name, value: text_of(prop(name, value)))
        self._stamp = functools.cache(stamp)
        self._asset = functools.cache(lambda uid: ids.of("asset", uid))
        self._evidence = functools.cache(_evidence)
        self._left = frozenset(one.fingerprint for one in data.carried)

    def of(self, issue: Issue, one: Occurrence) -> Written:
        """Its keys in their order."""
        left = one.fingerprint in self._left
        when = quoted(self._stamp(one.first_seen)) if left else self._when
        props = (
            *((self._prop("looked-at-again", "false"),) if left else ()),
            self._prop("state", one.state),
            self._prop("severity", (one.severity or issue.check.severity).value),
            self._prop("risk", issue.level_of(one).value),
            text_of(prop("subject", one.subject)),
            self._prop("first-seen", self._stamp(one.first_seen)),
        )
        return Written(
            f'{{"collected":{when},"description":{quoted(line(one.observed, MAX_TEXT))},{self._ends}'
            f"{text_of(prop('ref', one.ref))},{','.join(props)}],{self._evidence(one.evidence)}"
            f'"subjects":[{{"subject-uuid":"{self._asset(one.asset_uid)}","type":"inventory-item"}}],'
            f'"title":{quoted(line(f"{one.ref} {issue.title}"))},"types":["finding"],'
            f'"uuid":"{self._ids.of("observation", one.fingerprint)}"}}'
        )


def _evidence(digests: tuple[str, ...]) -> str:
    """With the comma behind it; empty when there is none."""
    told = [
        {"href": f"urn:sha256:{digest}", "description": "The stored answer with this sha256."} for digest in digests
    ]
    return f'"relevant-evidence":{text_of(told)},' if told else ""


def observed(occurrences: Iterable[Occurrence], ids: Ids) -> str:
    """The list ``related-observations``, as text."""
    told = (f'{{"observation-uuid":"{ids.of("observation", one.fingerprint)}"}}' for one in occurrences)
    return f"[{','.join(told)}]"


def risk_name(issue: Issue) -> str:
    return f"{issue.check.id}\0{issue.subject or ''}"
