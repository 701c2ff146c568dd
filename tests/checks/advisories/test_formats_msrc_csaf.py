"""Microsoft's CSAF advisories, made for the test after the structure of CSAF 2.0 and of Microsoft's own."""

import json
from copy import deepcopy
from typing import Any

import pytest

from checks.advisories.formats import DECODERS, Decoded, recognise
from checks.advisories.model import Cve, FeedContentError
from checks.advisories.table import Table
from checks.advisories.windows_updates import Update, updates_of

WINDOWS, CORE = "Windows 10 Version 22H2 for x64-based Systems", "Windows Server 2022 (Server Core installation)"
EDGE = "Microsoft Edge (Chromium-based)"


def product(name: str, build: str, affected: str, fixed: str) -> dict[str, Any]:
    def leaf(category: str, said: str, id_: str) -> dict[str, Any]:
        return {"category": category, "name": said, "product": {"name": f"{name} {said}", "product_id": id_}}

    leaves = [leaf("product_version_range", f"<{build}", affected), leaf("product_version", build, fixed)]
    return {"category": "product_name", "name": name, "branches": leaves}


def remedy(build: str, kb: str, *ids: str, kind: str = "Security Update") -> dict[str, Any]:
    url = f"https://support.microsoft.com/help/{kb}"
    return {
        "category": "vendor_fix",
        "date": "2026-01-13T08:00:00.000Z",
        "details": f"{build}:{kind}:{url}",
        "product_ids": list(ids),
        "restart_required": {"category": "yes"},
        "url": url,
    }


DOCUMENT: dict[str, Any] = {
    "document": {
        "aggregate_severity": {"namespace": "https://www.microsoft.com/", "text": "Critical"},
        "category": "csaf_security_advisory",
        "csaf_version": "2.0",
        "publisher": {"category": "vendor", "name": "Microsoft Security Response Center"},
        "title": "Windows Kernel Elevation of Privilege Vulnerability",
        "tracking": {
            "current_release_date": "2026-02-02T08:00:00.000Z",
            "id": "CVE-2026-0001",
            "initial_release_date": "2026-01-13T08:00:00.000Z",
            "status": "final",
        },
    },
    "product_tree": {
        "branches": [
            {
                "category": "vendor",
                "name": "Microsoft",
                "branches": [
                    product(WINDOWS, "10.0.19045.6700", "1", "11929"),
                    product(CORE, "10.0.20348.4700", "2", "11924"),
                    product(EDGE, "144.0.3719.82", "3", "11655"),
                ],
            }
        ]
    },
    "vulnerabilities": [
        {
            "cve": "CVE-2026-0001",
            "product_status": {"fixed": ["11929", "11924"], "known_affected": ["1", "2", "3"]},
            "remediations": [
                remedy("10.0.19045.6700", "9000001", "1"),
                remedy("10.0.20348.4700", "9000002", "2"),
                remedy("10.0.20348.4650", "9000003", "2", kind="Security Hotpatch Update"),
                {"category": "vendor_fix", "details": "144.0.3719.82:Security Update:", "product_ids": ["3"]},
                {"category": "mitigation", "details": "Switch it off", "product_ids": ["1"]},
            ],
            "scores": [{"cvss_v3": {"vectorString": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:C"}}],
            "title": "Windows Kernel Elevation of Privilege Vulnerability",
        }
    ],
}


def decoded(*documents: Any) -> Decoded:  # noqa: ANN401  # whatever stands in a file
    files = [(f"msrc_cve-2026-000{n}.json", json.dumps(one).encode()) for n, one in enumerate(documents, 1)]
    return DECODERS["msrc-csaf"].decode(files, "msrc")


def updates(found: Decoded, name: str, table: str = "windows-updates") -> tuple[Update, ...]:
    return updates_of(Table(found.tables[table]).get(name.lower()) or b"[]")


def with_remedies(*remedies: object) -> dict[str, Any]:
    made = deepcopy(DOCUMENT)
    made["vulnerabilities"][0]["remediations"] = list(remedies)
    return made


def test_builds_and_kbs_of_each_product() -> None:
    found = decoded(DOCUMENT)
    (client,) = updates(found, WINDOWS)
    assert (client.kb, client.day, client.builds) == ("9000001", "2026-01-13", ("10.0.19045.6700",))
    assert client.fixes == (("critical", ("CVE-2026-0001",)),)
    full, hot = updates(found, CORE)
    assert (full.kb, full.builds, full.kind) == ("9000002", ("10.0.20348.4700",), "")
    assert (hot.kb, hot.builds, hot.kind) == ("9000003", ("10.0.20348.4650",), "hotpatch")
    (edge,) = updates(found, EDGE, "windows-versions")
    assert edge.kb == "144.0.3719.82"
    assert updates(found, EDGE) == ()
    assert (found.records, found.snapshot.isoformat()) == (1, "2026-02-02")
    about = Cve(*json.loads(Table(found.tables["cve"]).get("CVE-2026-0001") or b"[]"))
    assert about.vector == "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"


@pytest.mark.parametrize(
    ("details", "url", "kb", "builds"),
    [
        ("10.0.19045.6700:Security Update", "https://support.microsoft.com/en-us/help/9000001", "9000001", ("6700",)),
        ("10.0.19045.6650:Security Update:https://support.microsoft.com/help/9000001", "", "9000001", ("6650",)),
        ("Security Update", "https://support.microsoft.com/help/9000001", "9000001", ("6700",)),
    ],
)
def test_what_the_details_leave_out_the_product_tells(details: str, url: str, kb: str, builds: tuple[str, ...]) -> None:
    one = {"category": "vendor_fix", "details": details, "url": url, "product_ids": ["1"]}
    (client,) = updates(decoded(with_remedies(one)), WINDOWS)
    assert client.kb == kb
    assert tuple(build.rpartition(".")[2] for build in client.builds) == builds


def test_no_kb_is_guessed_at() -> None:
    elsewhere = remedy("10.0.19045.6700", "9000001", "1") | {"url": "https://example.test/help/9000001"}
    elsewhere["details"] = "10.0.19045.6700:Security Update:KB 9000001"
    with pytest.raises(FeedContentError, match="holds no"):
        decoded(with_remedies({"category": "vendor_fix", "details": "soon", "product_ids": ["9"]}))
    assert updates(decoded(with_remedies(elsewhere)), WINDOWS) == ()


def test_advisories_add_up() -> None:
    other = deepcopy(DOCUMENT)
    other["vulnerabilities"][0]["cve"] = "CVE-2026-0002"
    (client,) = updates(decoded(DOCUMENT, other), WINDOWS)
    assert client.fixes == (("critical", ("CVE-2026-0001", "CVE-2026-0002")),)


@pytest.mark.parametrize(
    "broken",
    [
        [],
        {},
        DOCUMENT | {"document": {"tracking": {}}},
        DOCUMENT | {"product_tree": None},
        DOCUMENT | {"product_tree": {"branches": [{"product": {"product_id": 7}}]}},
        DOCUMENT | {"vulnerabilities": "none"},
        with_remedies(None),
        with_remedies({"category": "vendor_fix", "product_ids": [1]}),
    ],
)
def test_a_document_that_is_none_is_refused(broken: object) -> None:
    with pytest.raises(FeedContentError):
        decoded(broken)


def test_a_tree_without_end_is_cut() -> None:
    deep: dict[str, Any] = product(WINDOWS, "10.0.19045.6700", "1", "2")
    for _ in range(50):
        deep = {"category": "vendor", "name": "x", "branches": [deep]}
    with pytest.raises(FeedContentError, match="holds no"):
        decoded(DOCUMENT | {"product_tree": {"branches": [deep]}})


def test_it_is_recognised() -> None:
    raw = json.dumps(DOCUMENT).encode()[:4096]
    assert recognise("msrc_cve-2026-0001.json", raw) == "msrc-csaf"
    assert recognise("other.json", b'{"document": {"csaf_version": "2.0", "publisher": {"name": "Red Hat"}}}') is None
