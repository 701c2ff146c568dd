"""Small feeds that tests make themselves: as publishers send them, and decoded."""

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, date, datetime

from checks.advisories.formats.decoded import Decoded
from checks.advisories.model import Statement, statements_line
from checks.advisories.table import encode
from scanner.feeds.manifest import Origin

NOW = datetime(2026, 11, 20, 12, 0, 30, 999, tzinfo=UTC)
ORIGINS = (Origin("https://publisher.example/all.zip", 1000, "ab" * 32, '"v1"', "Fri, 20 Nov 2026 10:00:00 GMT"),)


def decoded(records: int = 10, snapshot: date = date(2026, 11, 19), release: str = "debian:12") -> Decoded:
    rows = (
        (
            f"package{number}",
            statements_line([Statement(f"DSA-{number}-1", (f"CVE-2026-{number:04}",), f"1.{number}-1")]),
        )
        for number in range(1, records + 1)
    )
    return Decoded(
        tables={release: encode(rows), "cve": encode([("CVE-2026-0001", '["CVE-2026-0001"]')])},
        snapshot=snapshot,
        records=records,
        releases=(release,),
        licence="MIT",
        publisher="Debian",
        skipped={"withdrawn": 1},
    )


def osv_record(number: int, ecosystem: str = "Debian:12", modified: str = "2026-11-19T10:00:00Z") -> bytes:
    record = {
        "schema_version": "1.7.0",
        "id": f"DSA-{number}-1",
        "modified": modified,
        "upstream": [f"CVE-2026-{number:04}"],
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": f"package{number}"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": f"1.{number}-1"}]}],
            }
        ],
    }
    return json.dumps(record).encode()


def osv_zip(records: int = 10, ecosystem: str = "Debian:12", modified: str = "2026-11-19T10:00:00Z") -> bytes:
    """OSV's all.zip."""
    return zipped({f"DSA-{n}-1.json": osv_record(n, ecosystem, modified) for n in range(1, records + 1)})


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def kev(count: int = 3, released: str = "2026-11-18T16:45:47.0648Z") -> bytes:
    rows = [
        {
            "cveID": f"CVE-2026-{number:04}",
            "vendorProject": "Vendor",
            "product": "Product",
            "vulnerabilityName": "A name",
            "dateAdded": "2026-11-18",
            "shortDescription": "What it is.",
            "requiredAction": "Fix it.",
            "dueDate": "2026-12-09",
            "knownRansomwareCampaignUse": "Unknown",
            "notes": "",
            "cwes": [],
        }
        for number in range(1, count + 1)
    ]
    document = {
        "title": "CISA Catalog of Known Exploited Vulnerabilities",
        "catalogVersion": released[:10].replace("-", "."),
        "dateReleased": released,
        "count": count,
        "vulnerabilities": rows,
    }
    return json.dumps(document).encode()


def secdb(release: str = "v3.19", packages: int = 3) -> bytes:
    return json.dumps(
        {
            "apkurl": "{{urlprefix}}/{{distroversion}}/{{reponame}}/{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk",
            "archs": ["x86_64"],
            "reponame": "main",
            "urlprefix": "https://dl-cdn.alpinelinux.org/alpine",
            "distroversion": release,
            "packages": [
                {"pkg": {"name": f"package{n}", "secfixes": {f"1.{n}-r0": [f"CVE-2024-{n:04}"]}}}
                for n in range(1, packages + 1)
            ],
        }
    ).encode()
