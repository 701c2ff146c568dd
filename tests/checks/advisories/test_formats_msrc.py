"""Microsoft's own documents, made for the test after the structure of the MSRC's API: no whole one was at hand."""

import json
from copy import deepcopy
from typing import Any

import pytest

from checks.advisories.formats import DECODERS, Decoded, recognise
from checks.advisories.model import Cve, FeedContentError
from checks.advisories.table import Table
from checks.advisories.windows_updates import Update, updates_of

CLIENT, CORE, EDGE = "11929", "11924", "11655"


def fix(kb: str, build: str, *products: str, kind: str = "Security Update", replaces: str = "") -> dict[str, Any]:
    return {
        "Description": {"Value": kb},
        "Supercedence": replaces,
        "ProductID": list(products),
        "Type": 2,
        "RestartRequired": {"Value": "Yes"},
        "SubType": kind,
        "FixedBuild": build,
    }


VULNERABILITY = {
    "Title": {"Value": "Windows Kernel Elevation of Privilege Vulnerability"},
    "Notes": [
        {"Title": "Description", "Type": 2, "Ordinal": "0", "Value": "x"},
        {"Title": "Tag", "Type": 7, "Value": "Kernel"},
    ],
    "CVE": "CVE-2026-0001",
    "Threats": [
        {"Description": {"Value": "Elevation of Privilege"}, "ProductID": [CLIENT], "Type": 0},
        {"Description": {"Value": "Critical"}, "ProductID": [CLIENT], "Type": 3},
        {"Description": {"Value": "Important"}, "ProductID": [CORE], "Type": 3},
        {"Description": {"Value": "Publicly Disclosed:No;Exploited:No"}, "Type": 1},
    ],
    "CVSSScoreSets": [
        {
            "BaseScore": 7.8,
            "Vector": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:C",
            "ProductID": [CLIENT],
        }
    ],
    "Remediations": [
        fix("9000001", "10.0.19045.6700", CLIENT, replaces="9000012"),
        fix("9000002", "10.0.20348.4700", CORE, replaces="9000022;9000021"),
        fix("9000003", "10.0.20348.4650", CORE, kind="Security Hotpatch Update"),
        {"Description": {"Value": "Switch it off"}, "ProductID": [CLIENT], "Type": 0},
    ],
    "RevisionHistory": [
        {"Number": "1.1", "Date": "2026-01-20T08:00:00"},
        {"Number": "1.0", "Date": "2026-01-13T08:00:00"},
    ],
}
BROWSER = {
    "CVE": "CVE-2026-0002",
    "Threats": [{"Description": {"Value": "Moderate"}, "Type": 3}],
    "Remediations": [fix("Release Notes", "144.0.3719.82", EDGE, kind="Security Update")],
}
DOCUMENT = {
    "DocumentTitle": {"Value": "January 2026 Security Updates"},
    "DocumentPublisher": {"IssuingAuthority": {"Value": "The Microsoft Security Response Center (MSRC)"}},
    "DocumentTracking": {
        "Identification": {"ID": {"Value": "2026-Jan"}},
        "InitialReleaseDate": "2026-01-13T08:00:00",
        "CurrentReleaseDate": "2026-02-02T08:00:00",
    },
    "ProductTree": {
        "FullProductName": [
            {"ProductID": CLIENT, "Value": "Windows 10 Version 22H2 for x64-based Systems"},
            {"ProductID": CORE, "Value": "Windows Server 2022 (Server Core installation)"},
            {"ProductID": EDGE, "Value": "Microsoft Edge (Chromium-based)"},
        ]
    },
    "Vulnerability": [VULNERABILITY, BROWSER],
}


def decoded(*documents: Any) -> Decoded:  # noqa: ANN401  # whatever stands in a file
    return DECODERS["msrc-cvrf"].decode(
        [(f"{n}.json", json.dumps(d).encode()) for n, d in enumerate(documents)], "msrc"
    )


def updates(found: Decoded, product: str, table: str = "windows-updates") -> tuple[Update, ...]:
    return updates_of(Table(found.tables[table]).get(product) or b"[]")


def told(one: Update) -> tuple[object, ...]:
    return one.kb, one.day, one.kind, one.builds, one.fixes, one.supersedes


def test_the_build_of_each_update_is_learnt() -> None:
    found = decoded(DOCUMENT)
    (client,) = updates(found, "windows 10 version 22h2 for x64-based systems")
    assert told(client) == (
        "9000001",
        "2026-01-13",
        "",
        ("10.0.19045.6700",),
        (("critical", ("CVE-2026-0001",)),),
        ("9000012",),
    )
    assert client.components == ("Kernel",)
    full, hot = updates(found, "windows server 2022 (server core installation)")
    assert (full.kb, full.builds, full.supersedes) == ("9000002", ("10.0.20348.4700",), ("9000021", "9000022"))
    assert (hot.kb, hot.kind, hot.severity) == ("9000003", "hotpatch", "important")
    assert (found.records, found.snapshot.isoformat()) == (2, "2026-02-02")


def test_fixed_versions_of_what_has_no_kb_stand_apart() -> None:
    (edge,) = updates(decoded(DOCUMENT), "microsoft edge (chromium-based)", "windows-versions")
    assert (edge.kb, edge.fixes) == ("144.0.3719.82", (("moderate", ("CVE-2026-0002",)),))
    assert "microsoft edge (chromium-based)" not in set(Table(decoded(DOCUMENT).tables["windows-updates"]).keys())


def test_what_is_said_of_a_cve_has_the_base_vector_alone() -> None:
    row = Table(decoded(DOCUMENT).tables["cve"]).get("CVE-2026-0001")
    about = Cve(*json.loads(row or b"[]"))
    assert (about.vector, about.vector_source) == ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", "msrc")
    assert (about.summary, about.published) == ("Windows Kernel Elevation of Privilege Vulnerability", "2026-01-13")


def test_months_add_up() -> None:
    later = deepcopy(DOCUMENT)
    later["DocumentTracking"] = {"InitialReleaseDate": "2026-02-10T08:00:00"}
    another = deepcopy(VULNERABILITY) | {"CVE": "CVE-2026-0009", "RevisionHistory": []}
    another["Remediations"] = [fix("9000004", "10.0.19045.6800", CLIENT, replaces="9000001")]
    later["Vulnerability"] = [another]
    found = updates(decoded(DOCUMENT, later), "windows 10 version 22h2 for x64-based systems")
    assert [(u.kb, u.day) for u in found] == [("9000001", "2026-01-13"), ("9000004", "2026-02-10")]


@pytest.mark.parametrize(
    "broken",
    [
        [],
        {"DocumentTracking": {}, "ProductTree": {}, "Vulnerability": []},
        DOCUMENT | {"DocumentTracking": None},
        DOCUMENT | {"ProductTree": {"FullProductName": [{"ProductID": 7}]}},
        DOCUMENT | {"Vulnerability": [VULNERABILITY | {"Remediations": "none"}]},
        DOCUMENT | {"Vulnerability": [{"CVE": "ADV190023", "Remediations": []}]},
        DOCUMENT | {"Vulnerability": [VULNERABILITY | {"Threats": [None]}]},
    ],
)
def test_a_document_that_is_none_is_refused(broken: object) -> None:
    with pytest.raises(FeedContentError):
        decoded(broken)


def test_a_build_that_is_none_is_left_out_and_the_update_kept() -> None:
    odd = VULNERABILITY | {"Remediations": [fix("9000001", "see the article", CLIENT)]}
    (one,) = updates(decoded(DOCUMENT | {"Vulnerability": [odd]}), "windows 10 version 22h2 for x64-based systems")
    assert (one.kb, one.builds) == ("9000001", ())


def test_it_is_recognised_by_its_head() -> None:
    assert recognise("2026-Jan.json", json.dumps(DOCUMENT).encode()[:4096]) == "msrc-cvrf"


XML = """<cvrfdoc xmlns="http://www.icasi.org/CVRF/schema/cvrf/1.1">
  <DocumentTitle>January 2026 Security Updates</DocumentTitle>
  <DocumentPublisher Type="Vendor"><ContactDetails>secure@microsoft.com</ContactDetails></DocumentPublisher>
  <DocumentTracking>
    <InitialReleaseDate>2026-01-13T08:00:00</InitialReleaseDate>
    <CurrentReleaseDate>2026-02-02T08:00:00</CurrentReleaseDate>
  </DocumentTracking>
  <ProductTree xmlns="http://www.icasi.org/CVRF/schema/prod/1.1">
    <Branch Type="Vendor" Name="Microsoft"><Branch Type="Product Family" Name="Windows">
      <FullProductName ProductID="11929">Windows 10 Version 22H2 for x64-based Systems</FullProductName>
    </Branch></Branch>
    <FullProductName ProductID="11655">Microsoft Edge (Chromium-based)</FullProductName>
  </ProductTree>
  <Vulnerability Ordinal="1" xmlns="http://www.icasi.org/CVRF/schema/vuln/1.1">
    <Title>Windows Kernel Elevation of Privilege Vulnerability</Title>
    <Notes><Note Title="FAQ" Type="FAQ">x</Note><Note Title="Tag" Type="Tag">Kernel</Note></Notes>
    <CVE>CVE-2026-0001</CVE>
    <Threats>
      <Threat Type="Impact"><Description>Elevation of Privilege</Description><ProductID>11929</ProductID></Threat>
      <Threat Type="Severity"><Description>Critical</Description><ProductID>11929</ProductID></Threat>
    </Threats>
    <CVSSScoreSets><ScoreSet><BaseScore>7.8</BaseScore>
      <Vector>CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:C</Vector><ProductID>11929</ProductID>
    </ScoreSet></CVSSScoreSets>
    <Remediations>
      <Remediation Type="Vendor Fix"><Description>9000001</Description><Supercedence>9000012</Supercedence>
        <ProductID>11929</ProductID><SubType>Security Update</SubType><FixedBuild>10.0.19045.6700</FixedBuild>
      </Remediation>
      <Remediation Type="Known Issue"><Description>9000001</Description><ProductID>11929</ProductID></Remediation>
    </Remediations>
    <RevisionHistory><Revision>
      <Date xmlns="http://www.icasi.org/CVRF/schema/cvrf/1.1">2026-01-13T08:00:00</Date>
    </Revision></RevisionHistory>
  </Vulnerability>
  <Vulnerability Ordinal="2" xmlns="http://www.icasi.org/CVRF/schema/vuln/1.1">
    <CVE>CVE-2026-0002</CVE>
    <Remediations><Remediation Type="Vendor Fix"><Description>Release Notes</Description><ProductID>11655</ProductID>
      <SubType>Security Update</SubType><FixedBuild>144.0.3719.82</FixedBuild></Remediation></Remediations>
  </Vulnerability>
</cvrfdoc>"""


def test_xml_says_the_same() -> None:
    assert recognise("cvrfDocument-2026-Jan.xml", XML.encode()[:4096]) == "msrc-cvrf"
    found = DECODERS["msrc-cvrf"].decode([("2026-Jan.xml", XML.encode())], "msrc")
    product = "windows 10 version 22h2 for x64-based systems"
    assert [told(one) for one in updates(found, product)] == [told(one) for one in updates(decoded(DOCUMENT), product)]
    (edge,) = updates(found, "microsoft edge (chromium-based)", "windows-versions")
    assert (edge.kb, edge.fixes) == ("144.0.3719.82", (("", ("CVE-2026-0002",)),))
    assert found.tables["cve"].startswith(b"CVE-2026-0001\t")
    assert (found.records, found.snapshot.isoformat()) == (2, "2026-02-02")


@pytest.mark.parametrize("broken", [XML[:-20], XML.replace("<cvrfdoc", "<!DOCTYPE x><cvrfdoc"), "<a/>", ""])
def test_xml_that_is_none_is_refused(broken: str) -> None:
    with pytest.raises(FeedContentError):
        DECODERS["msrc-cvrf"].decode([("2026-Jan.xml", broken.encode())], "msrc")


def test_products_may_stand_in_branches_alone() -> None:
    listed = DOCUMENT["ProductTree"]["FullProductName"]  # type: ignore[index]  # as made above
    family = {"Items": listed, "Type": 1, "Name": "Windows"}
    tree = {"Branch": [{"Items": [family], "Type": 0, "Name": "Microsoft"}]}
    assert decoded(DOCUMENT | {"ProductTree": tree}).tables == decoded(DOCUMENT).tables
