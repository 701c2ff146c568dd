"""Microsoft's monthly document as XML, in the shape of its JSON (see ``msrc_cvrf.py``).

It has the names of CVRF 1.1 and elements of its own: ``Supercedence``, ``SubType`` and ``FixedBuild`` of a remediation.
Types stand as words where the JSON has numbers.
"""

from collections.abc import Iterator
from typing import Any

from checks.advisories.formats.cvrf_xml import Node, parsed_xml

TIMES = 8  # times the usual bounds: a month has a megabyte and more
_FIXES = {"Vendor Fix": 2}
_THREATS = {"Severity": 3}
_NOTES = {"Tag": 7}


def document_of(data: bytes) -> dict[str, Any]:
    """Raises :class:`BadRecord`."""
    root = parsed_xml(data, TIMES)
    tracking = {name: root.one("DocumentTracking", name) for name in ("InitialReleaseDate", "CurrentReleaseDate")}
    products = [
        {"ProductID": node.attributes.get("ProductID"), "Value": node.text}
        for tree in root.all("ProductTree")
        for node in _named(tree, "FullProductName")
    ]
    return {
        "DocumentTracking": tracking,
        "ProductTree": {"FullProductName": products},
        "Vulnerability": [_vulnerability(node) for node in root.all("Vulnerability")],
    }


def _named(node: Node, name: str) -> Iterator[Node]:
    """At any depth: products stand in branches of the tree, and beside them. The reader bounds the depth."""
    for child in node.children:
        if child.name == name:
            yield child
        else:
            yield from _named(child, name)


def _vulnerability(node: Node) -> dict[str, Any]:
    return {
        "Title": {"Value": node.one("Title")},
        "CVE": node.one("CVE"),
        "Notes": [
            {"Type": _NOTES.get(note.attributes.get("Type", "")), "Value": note.text}
            for note in node.all("Notes", "Note")
        ],
        "Threats": [
            {
                "Type": _THREATS.get(threat.attributes.get("Type", "")),
                "Description": {"Value": threat.one("Description")},
                "ProductID": [one.text for one in threat.all("ProductID")],
            }
            for threat in node.all("Threats", "Threat")
        ],
        "CVSSScoreSets": [{"Vector": score.one("Vector")} for score in node.all("CVSSScoreSets", "ScoreSet")],
        "Remediations": [_remediation(remedy) for remedy in node.all("Remediations", "Remediation")],
        "RevisionHistory": [{"Date": one.one("Date")} for one in node.all("RevisionHistory", "Revision")],
    }


def _remediation(node: Node) -> dict[str, Any]:
    told = {name: node.one(name) for name in ("Supercedence", "SubType", "FixedBuild")}
    return {
        **told,
        "Type": _FIXES.get(node.attributes.get("Type", "")),
        "Description": {"Value": node.one("Description")},
        "ProductID": [one.text for one in node.all("ProductID")],
    }
