"""Invented software with invented weaknesses, and the feed that tells of them in the form of OSV.

CVE numbers are of the year 2099: nobody can take them for real ones. Of real software no weakness is claimed.
"""

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

from checks.advisories.formats import DECODERS, Decoded
from checks.advisories.library import Advisories, Feed
from checks.advisories.model import FeedNote
from checks.advisories.table import Table
from examples.simulated.names import SEED

PUBLISHER = "simulated, in the form of a real publisher"
_VECTORS = (
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 3),
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 6),
    ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:H/A:N", 4),
    ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 5),
    ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:N", 6),
    ("CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:L/I:N/A:L", 4),
)
_SOFTWARE = (
    ("harbourd", "the Harbour web server"),
    ("quillbase", "the Quillbase database"),
    ("liblantern", "the Lantern cryptographic library"),
    ("lantern-agent", "the Lantern agent"),
    ("postbox", "the Postbox mail relay"),
    ("libthimble", "the Thimble image library"),
    ("sextant", "the Sextant resolver"),
    ("millstone", "the Millstone job runner"),
)
EVERYWHERE = ("liblantern", "lantern-agent")  # on all hosts: their makers are quick
_WHAT = {**dict(_SOFTWARE), "linux": "no kernel that anybody runs"}


@dataclass(frozen=True, slots=True)
class Installed:
    name: str
    version: str
    source: str
    newer: str = ""  # what its repository offers instead


@dataclass(frozen=True, slots=True)
class Weakness:
    cve: str
    package: str
    vector: str
    published: date
    fixed: str  # the version
    fixed_on: date
    exploited_on: date | None


# Without an entry the feed would not speak of the kernel at all, and no kernel could be judged. It affects none.
KERNEL = Weakness("CVE-2099-0999", "linux", _VECTORS[-1][0], date(2025, 1, 1), "1.0-1", date(2025, 1, 1), None)


@cache
def weaknesses() -> tuple[Weakness, ...]:
    """About forty over two years, the newest in the last weeks; each version of a package mends one of them."""
    dice = random.Random(SEED + 1)
    found = []
    for package, (name, _) in enumerate(_SOFTWARE):
        for number in range(1, 7):
            published = date(2025, 6, 1) + timedelta(days=number * 74 + package * 9 + dice.randrange(30))
            (vector,) = dice.choices([v for v, _ in _VECTORS], [w for _, w in _VECTORS])
            known = published + timedelta(days=dice.randrange(4, 40)) if dice.random() < 0.2 else None
            slow = dice.random() < 0.2 and name not in EVERYWHERE
            waits = dice.randrange(20, 45) if slow else dice.randrange(5)  # until its maker has a fix
            fixed = published + timedelta(days=waits)
            cve = f"CVE-2099-{1000 + package * 100 + number}"
            found.append(Weakness(cve, name, vector, published, f"2.{number}-1", fixed, known))
    return tuple(sorted(found, key=lambda one: (one.published, one.cve)))


def installed(patched_on: date, today: date, wanted: Iterable[str]) -> tuple[Installed, ...]:
    """As of the last day on which somebody patched; base software that nobody speaks of stands beside it."""
    return tuple(_one(name, patched_on, today) for name in wanted)


def _one(name: str, patched_on: date, today: date) -> Installed:
    versions = [one for one in weaknesses() if one.package == name]
    had = [one.fixed for one in versions if one.fixed_on <= patched_on]
    offered = [one.fixed for one in versions if one.fixed_on <= today]
    version, newest = (had or ["2.0-1"])[-1], (offered or ["2.0-1"])[-1]
    return Installed(name, version, name, newest if newest != version else "")


@cache
def advisories(today: date) -> Advisories:
    """Three feeds as they stood on that day, read by the product's own decoders."""
    known = [KERNEL, *(one for one in weaknesses() if one.published <= today)]
    exploited = [one for one in known if one.exploited_on and one.exploited_on <= today]
    files = (
        ("debian", "osv", "records.jsonl", "\n".join(record for one in known for record in _osv(one, today))),
        ("kev", "kev", "kev.json", _kev(exploited, today)),
        ("epss", "epss", f"epss_scores-{today}.csv", _epss(known, today)),
    )
    return Advisories([_feed(*file, today=today) for file in files])


def _feed(name: str, kind: str, file: str, text: str, *, today: date) -> Feed:
    decoded = replace(DECODERS[kind].decode([(file, text.encode())], name), snapshot=today)
    return Feed(_note(name, decoded), {table: Table(data) for table, data in decoded.tables.items()})


def _note(name: str, decoded: Decoded) -> FeedNote:
    import hashlib

    whole = hashlib.sha256(b"".join(decoded.tables[table] for table in sorted(decoded.tables))).hexdigest()
    licence = "made for this example"
    return FeedNote(name, PUBLISHER, decoded.snapshot, decoded.records, whole, licence, f"{decoded.snapshot}T06:00:00Z")


def _osv(one: Weakness, today: date) -> Iterator[str]:
    """As Debian tells it: a record of the CVE, and an advisory of the day on which its fix came out."""
    out, what = one.fixed_on <= today, _WHAT[one.package]
    changed, severity = max(one.published, one.fixed_on if out else one.published), {"type": "CVSS_V3"}
    about = {"summary": f"A weakness in {what}", "severity": [{**severity, "score": one.vector}]}
    yield _record(f"DEBIAN-{one.cve}", one, one.published, changed, about | {"affected": _affected(one, fixed=out)})
    if out:
        told = {"summary": f"{one.package}: security update", "affected": _affected(one, fixed=True)}
        yield _record(f"DSA-9{one.cve[-4:]}-1", one, one.fixed_on, one.fixed_on, told)


def _record(name: str, one: Weakness, published: date, changed: date, more: Mapping[str, object]) -> str:
    days = {"published": f"{published}T00:00:00Z", "modified": f"{changed}T00:00:00Z"}
    details = f"An invented weakness in {_WHAT[one.package]}."
    return json.dumps(
        {"schema_version": "1.7.0", "id": name, **days, "upstream": [one.cve], "details": details, **more}
    )


def _affected(one: Weakness, *, fixed: bool) -> list[dict[str, object]]:
    events = [{"introduced": "0"}, *([{"fixed": one.fixed}] if fixed else [])]
    return [
        {
            "package": {"ecosystem": f"Debian:{release}", "name": one.package},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }
        for release in ("10", "11", "12", "13")
    ]


def _kev(known: Iterable[Weakness], today: date) -> str:
    entries = list(_kev_entries(known))
    head = {"title": "simulated", "catalogVersion": f"{today:%Y.%m.%d}", "dateReleased": f"{today}T00:00:00Z"}
    return json.dumps({**head, "count": len(entries), "vulnerabilities": entries})


def _kev_entries(known: Iterable[Weakness]) -> Iterator[dict[str, str]]:
    yield {
        "cveID": "CVE-2099-1000",
        "dateAdded": "2025-01-01",
        "dueDate": "2025-01-22",
        "vulnerabilityName": "simulated",
    }
    for one in known:
        if one.exploited_on:
            yield {
                "cveID": one.cve,
                "dateAdded": one.exploited_on.isoformat(),
                "dueDate": (one.exploited_on + timedelta(days=21)).isoformat(),
                "vulnerabilityName": f"A weakness in {_WHAT[one.package]}",
                "vendorProject": "simulated",
                "product": one.package,
                "knownRansomwareCampaignUse": "Unknown",
            }


def _epss(known: Iterable[Weakness], today: date) -> str:
    rows = [f"{one.cve},{_likelihood(one.cve):.5f},{0.3 + _likelihood(one.cve) * 0.7:.5f}" for one in known]
    return "\n".join([f"#model_version:simulated,score_date:{today}T00:00:00+0000", "cve,epss,percentile", *rows, ""])


def _likelihood(cve: str) -> float:
    return random.Random(f"{SEED} {cve}").random() ** 4
