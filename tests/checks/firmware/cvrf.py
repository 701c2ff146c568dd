"""Made-up advisories in Fortinet's CVRF, as JSON and as XML."""

import json
import xml.etree.ElementTree as ET  # written here, never read
from collections.abc import Mapping
from typing import Any

NAMESPACES = {
    "": "http://www.icasi.org/CVRF/schema/cvrf/1.1",
    "prod": "http://www.icasi.org/CVRF/schema/prod/1.1",
    "vuln": "http://www.icasi.org/CVRF/schema/vuln/1.1",
}
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:F/RL:U/RC:C"
AFFECTED = "FortiOS version 7.0.0 through 7.0.2FortiOS 6.4 all versions"


def advisory(number: int = 1, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 (parts of JSON)
    listed = ["7.0.0", "7.0.1", "7.0.2", "6.4.0"]
    branch = [{"name": v, "full_product_name": {"product_id": f"FortiOS-{v}"}} for v in listed]
    made = {
        "document_title": "Heap overflow",
        "document_type": "Fortinet PSIRT Advisories",
        "documenttracking": {
            "identification": {"id": f"FG-IR-26-{number:03}"},
            "initial_release_date": "2026-01-10T00:00:00",
            "current_release_date": "2026-02-10T00:00:00",
        },
        "documentnotes": {
            "note": [
                {"title": "Affected Products", "text": f"\n   {AFFECTED}\n"},
                {"title": "Solutions", "text": "Please upgrade to FortiOS version 7.0.3 or above"},
            ]
        },
        "vulnerability": {
            "cve": ["CVE-2026-0001"],
            "product_statuses": {
                "status": {"type": "Known Affected", "product_id": [f"FortiOS-{v}" for v in listed]},
            },
            "cvss_scoresets": {"scoreset_v3": {"base_score_v3": "9.3", "vector_v3": VECTOR}},
        },
        "product_tree": {"branch": {"name": "Fortinet", "branch": [{"name": "FortiOS", "branch": branch}]}},
    }
    return made | changed


def as_xml(document: Mapping[str, Any], *, kind: str = "Known Affected") -> bytes:
    """The same advisory as CVRF 1.1 with the CVSS 3 of CVRF 1.2."""
    for prefix, uri in NAMESPACES.items():
        ET.register_namespace(prefix, uri)
    root = ET.Element(_in("", "cvrfdoc"))

    def add(parent: ET.Element, prefix: str, name: str, text: str = "", **attributes: str) -> ET.Element:
        made = ET.SubElement(parent, _in(prefix, name), attributes)
        made.text = text
        return made

    add(root, "", "DocumentTitle", document["document_title"])
    add(root, "", "DocumentType", document["document_type"])
    tracking = add(root, "", "DocumentTracking")
    add(add(tracking, "", "Identification"), "", "ID", document["documenttracking"]["identification"]["id"])
    add(tracking, "", "InitialReleaseDate", document["documenttracking"]["initial_release_date"])
    add(tracking, "", "CurrentReleaseDate", document["documenttracking"]["current_release_date"])
    notes = add(root, "", "DocumentNotes")
    for note in document["documentnotes"]["note"]:
        add(notes, "", "Note", note["text"], Title=note["title"], Type="General")
    vendor = add(add(root, "prod", "ProductTree"), "prod", "Branch", Type="Vendor", Name="Fortinet")
    for product in document["product_tree"]["branch"]["branch"]:
        branch = add(vendor, "prod", "Branch", Type="Product Name", Name=product["name"])
        for version in product["branch"]:
            inner = add(branch, "prod", "Branch", Type="Product Version", Name=version["name"])
            add(inner, "prod", "FullProductName", ProductID=version["full_product_name"]["product_id"])
    weakness = add(root, "vuln", "Vulnerability", Ordinal="1")
    for cve in document["vulnerability"]["cve"]:
        add(weakness, "vuln", "CVE", cve)
    status = add(add(weakness, "vuln", "ProductStatuses"), "vuln", "Status", Type=kind)
    for name in document["vulnerability"]["product_statuses"]["status"]["product_id"]:
        add(status, "vuln", "ProductID", name)
    score = add(add(weakness, "vuln", "CVSSScoreSets"), "vuln", "ScoreSetV3")
    add(score, "vuln", "VectorV3", document["vulnerability"]["cvss_scoresets"]["scoreset_v3"]["vector_v3"])
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _in(prefix: str, name: str) -> str:
    return f"{{{NAMESPACES[prefix]}}}{name}"


def plain(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode()


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE cvrfdoc [<!ENTITY a "aaaaaaaaaa">%s]>
<cvrfdoc><DocumentType>Fortinet PSIRT Advisories</DocumentType><DocumentTitle>&z;</DocumentTitle></cvrfdoc>
""" % b"".join(b'<!ENTITY %c "%s">' % (97 + at, b"&%c;" % (96 + at) * 10) for at in range(1, 26))
