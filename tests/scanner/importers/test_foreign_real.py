"""Real files of other tools: what is read is counted again by other means, never by the importer."""

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from checks.finding import Outcome
from scanner.importers.findings import read_findings
from scanner.importers.imported import Imported
from scanner.importers.supplied import ImportRefused
from tests import data

pytestmark = pytest.mark.data
FAIL, PASS = Outcome.FAIL, Outcome.PASS


def folder() -> Path:
    return data.folder() / "scanner-output"


def content(name: str) -> bytes:
    return (folder() / name).read_bytes()


def read(name: str) -> Imported:
    return read_findings(content(name), name)[1]


def tree(name: str) -> ET.Element:
    return ET.fromstring(content(name))  # noqa: S314 (files of ours, for counting)


def counted(imported: Imported) -> Counter[Outcome]:
    return Counter(result.outcome for host in imported.hosts for result in host.results)


def local(tag: str) -> str:
    return tag.rpartition("}")[2]


@pytest.mark.parametrize("name", ["nessus_v_unknown.xml", "nessus_with_cvssv3.nessus"])
def test_nessus(name: str) -> None:
    imported, root = read(f"tenable/nessus/{name}"), tree(f"tenable/nessus/{name}")
    hosts = {host.get("name"): host for host in root.iter("ReportHost")}
    assert {host.label for host in imported.hosts} == set(hosts)
    for host in imported.hosts:
        items = list(hosts[host.label].iter("ReportItem"))
        weak = [item for item in items if item.get("severity") != "0"]
        found = [result for result in host.results if result.outcome is FAIL]
        assert len(found) == len(weak)
        assert sum(len(result.members) for result in found) == sum(len(set(_texts(i, "cve"))) for i in weak)
        assert host.informational == len(items) - len(weak)
        assert {str(result.subject.key) for result in found} == {
            f"{i.get('protocol')}/{i.get('port')}" if i.get("port") != "0" else "" for i in weak
        }


def _texts(item: ET.Element, name: str) -> list[str]:
    return [one.text or "" for one in item.findall(name)]


@pytest.mark.parametrize("name", ["many_vuln.xml", "report_detail_v2.xml", "no_vuln.xml"])
def test_openvas(name: str) -> None:
    imported = read(f"openvas/{name}")
    listed = tree(f"openvas/{name}").findall("./report/results/result")
    weak = [one for one in listed if float(one.findtext("severity") or 0) > 0]
    assert counted(imported)[FAIL] == len(weak)
    cves = sum(len({r.get("id") for r in one.iter("ref") if r.get("type") == "cve"}) for one in weak)
    assert sum(len(r.members) for h in imported.hosts for r in h.results) == cves
    assert {a for h in imported.hosts for a in h.addresses} >= {(o.findtext("host") or "").strip() for o in weak}


def test_openvas_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(content("openvas/report_using_openVAS.csv").decode())))
    imported = read("openvas/report_using_openVAS.csv")
    weak = sum(float(row["CVSS"]) > 0 for row in rows)
    assert (counted(imported)[FAIL], sum(h.informational for h in imported.hosts)) == (weak, len(rows) - weak)


@pytest.mark.parametrize("name", ["issue12411.xml", "nmap_0port.xml", "nmap_multiple_port.xml"])
def test_nmap(name: str) -> None:
    imported, text = read(f"nmap/{name}"), content(f"nmap/{name}").decode()
    opened = len(re.findall(r"<port [^>]*><state state=\"open\"", text))
    assert counted(imported)[FAIL] == opened
    assert len(imported.hosts) == text.count("</host>")
    assert imported.ended is not None


XCCDF = (
    "arf/test_xccdf_overrides.arf.xml",
    "openscap/no_vuln_rhsa.xml",
    "openscap/one_vuln_rhsa.xml",
    "openscap/results-xccdf12.xml",
    "openscap/ios-sample-v1.1.3.xccdf.xml",
)


@pytest.mark.parametrize("name", XCCDF)
def test_xccdf_and_arf(name: str) -> None:
    imported, words = read(name), Counter[str]()
    for one in tree(name).iter():
        if local(one.tag) == "rule-result":
            said = {local(child.tag): child for child in one}
            override = {local(c.tag): c.text for c in said["override"]} if "override" in said else {}
            words[str(override.get("old-result") or said["result"].text).strip()] += 1
    assert counted(imported) == {
        outcome: number
        for outcome, number in (
            (FAIL, words["fail"]),
            (PASS, words["pass"]),
            (Outcome.NOT_ASSESSED, words["notchecked"] + words["unknown"]),
        )
        if number
    }
    assert sum(host.informational for host in imported.hosts) == words["notselected"] + words["informational"]


@pytest.mark.parametrize("name", ["lynis_many_vuln.dat", "lynis_no_vuln.dat"])
def test_lynis(name: str) -> None:
    text, imported = content(f"lynis/{name}").decode(), read(f"lynis/{name}")
    weak = set(re.findall(r"^(?:suggestion|warning)\[\]=([^|]+)\|", text, re.MULTILINE)) - {"LYNIS"}
    ran = set(filter(None, re.search(r"^tests_executed=(.*)$", text, re.MULTILINE).group(1).split("|")))  # type: ignore[union-attr]  # each has one
    exceptions = len(set(re.findall(r"^exception_event\[\]=([^|]+)", text, re.MULTILINE)))
    [host] = imported.hosts
    assert {r.rule.id for r in host.results if r.outcome is FAIL} == weak
    assert {r.rule.id for r in host.results if r.outcome is PASS} == ran - weak
    assert len({r.rule.id for r in host.results if r.outcome is Outcome.NOT_ASSESSED}) == exceptions


def test_testssl_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(content("testssl/defectdojo_many_vuln.csv").decode())))
    levels = Counter(row["severity"] for row in rows if row["id"] != "engine_problem")
    imported = read("testssl/defectdojo_many_vuln.csv")
    assert counted(imported) == {
        FAIL: sum(levels[word] for word in ("LOW", "MEDIUM", "HIGH", "CRITICAL")),
        PASS: levels["OK"] + levels["INFO"],
    }
    assert {a for h in imported.hosts for a in h.addresses} == {
        row["fqdn/ip"].partition("/")[2] for row in rows if row["id"] != "engine_problem"
    }
    [failed] = read("testssl/failed_target.csv").hosts
    assert [r.outcome for r in failed.results] == [Outcome.NOT_ASSESSED]


@pytest.mark.parametrize("name", ["one_target_many_vuln_new.json", "one_target_zero_vuln_new.json"])
def test_sslyze(name: str) -> None:
    [scan] = json.loads(content(f"sslyze/{name}"))["server_scan_results"]
    commands = scan["scan_result"]
    imported = read(f"sslyze/{name}")
    found = {r.rule.id: r.outcome is FAIL for h in imported.hosts for r in h.results}
    for rule, command in (("ssl2", "ssl_2_0"), ("ssl3", "ssl_3_0"), ("tls10", "tls_1_0"), ("tls11", "tls_1_1")):
        assert found[rule] is bool(commands[f"{command}_cipher_suites"]["result"]["accepted_cipher_suites"])
    assert found["heartbleed"] is commands["heartbleed"]["result"]["is_vulnerable_to_heartbleed"]
    assert found["compression"] is commands["tls_compression"]["result"]["supports_compression"]
    [deployment] = commands["certificate_info"]["result"]["certificate_deployments"]
    trusted = any(one["was_validation_successful"] for one in deployment["path_validation_results"])
    assert found["untrusted-chain"] is not trusted


@pytest.mark.parametrize("name", ["bug_fix.json", "many_vulns.json"])
def test_ssh_audit(name: str) -> None:
    document = json.loads(content(f"ssh_audit/{name}"))
    weak = [
        entry
        for kind in ("kex", "key", "enc", "mac")
        for entry in document[kind]
        if entry.get("notes", {}).get("fail") or entry.get("notes", {}).get("warn")
    ]
    imported = read(f"ssh_audit/{name}")
    assert counted(imported) == {FAIL: len(weak) + len(document["cves"])}
    sha256 = [one for one in document.get("fingerprints", ()) if one["hash_alg"] == "SHA256"]
    assert len(imported.hosts[0].identities) == len(sha256)


@pytest.mark.parametrize("name", ["all_statuses.json", "issue_10991.json", "scheme_2_many_vulns.json"])
def test_trivy(name: str) -> None:
    document = json.loads(content(f"trivy/{name}"))
    reports = document.get("Resources") or [document]
    parts = [part for report in reports for part in report.get("Results") or ()]
    listed = [(id(part), entry) for part in parts for entry in part.get("Vulnerabilities") or ()]
    units = {(part, e["PkgName"], e.get("PkgPath"), bool(e.get("FixedVersion"))) for part, e in listed}
    cves = {(part, e["PkgName"], e.get("PkgPath"), e["VulnerabilityID"]) for part, e in listed}
    misconfigured = [e for part in parts for e in part.get("Misconfigurations") or () if e["Status"] == "FAIL"]
    imported = read(f"trivy/{name}")
    assert counted(imported)[FAIL] == len(units) + len(misconfigured)
    packages = [r for h in imported.hosts for r in h.results if r.subject.kind == "package"]
    assert sum(len(result.members) for result in packages) == len(cves)


GENERIC = (
    "generic_report1.json",
    "generic_report_fix_version.json",
    "generic_report_kev_cvssv4.json",
    "test_import_report1.json",
    "test_import_report2.json",
)


@pytest.mark.parametrize("name", GENERIC)
def test_generic(name: str) -> None:
    listed = json.loads(content(f"generic/{name}"))["findings"]
    open_ones = [
        entry
        for entry in listed
        if entry.get("active", True)
        and not any(entry.get(key) for key in ("is_mitigated", "false_p", "duplicate", "out_of_scope"))
        and entry["severity"] != "Info"
    ]
    imported = read(f"generic/{name}")
    assert counted(imported)[FAIL] == len(open_ones)


OTHERS = (
    "chefinspect/many_findings.log",
    "csaf/csaf_many_vuln.json",
    "masscan/masscan_many_vuln.json",
    "nexpose/dns.xml",
    "outpost24/sample.xml",
    "pingcastle/many.xml",
    "qualys/Qualys_Sample_Report.csv",
    "redhatsatellite/many_findings.json",
    "ssl_labs/ssl_labs_ok_v1.5.0.json",
    "sslscan/sslscan_many_vuln.xml",
    "tenable/nessus/nessus_many_vuln2-default.csv",
    "wazuh/v4-8_many_findings.json",
)


@pytest.mark.parametrize("name", OTHERS)
def test_a_tool_that_is_not_read_is_said_to_be_unknown(name: str) -> None:
    with pytest.raises(ImportRefused, match="is no result that is known here"):
        read(name)
