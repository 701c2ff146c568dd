"""What is taken from each foreign format, and what its words mean here."""

import json
from collections import Counter

import pytest

from checks.finding import HOST, Outcome, Severity, Subject
from inventory.asset import Privilege
from inventory.facts.missing import Reason
from scanner.importers.findings import FORMATS, read_findings, recognised
from scanner.importers.imported import Credentialed, Host, Imported, Result
from scanner.importers.supplied import ImportRefused
from tests.scanner.importers import foreign_samples as samples

PORT = Subject("port", "tcp/443")


def read(text: str, tool: str = "") -> Imported:
    return read_findings(text.encode(), "file", tool)[1]


def one(text: str) -> Host:
    [host] = read(text).hosts
    return host


def results(text: str) -> dict[str, Result]:
    return {result.rule.id: result for host in read(text).hosts for result in host.results}


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_is_recognised_by_its_content(name: str) -> None:
    assert recognised(samples.SAMPLES[name].encode(), "x").name == name


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_tells_the_host_and_what_fails_there(name: str) -> None:
    imported = read(samples.SAMPLES[name])
    host = imported.hosts[0]
    assert "web-1" in (*host.names, *host.addresses)
    failing = [result for result in host.results if result.outcome is Outcome.FAIL]
    assert failing
    assert all(result.observed and result.rule.title for result in failing)


PROVES = {"nmap", "xccdf", "arf", "lynis", "testssl", "sslyze", "trivy", "sarif"}


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_only_what_says_so_passes(name: str) -> None:
    passing = [r for host in read(samples.SAMPLES[name]).hosts for r in host.results if r.outcome is Outcome.PASS]
    assert bool(passing) is (name in PROVES)


def test_nessus() -> None:
    host = one(samples.NESSUS)
    assert (host.addresses, host.macs, host.scope) == (("192.0.2.10",), ("00:00:5E:00:53:01",), "Basic")
    assert (host.credentialed, host.privilege, host.informational) == (Credentialed.YES, Privilege.USER, 1)
    assert host.ended is not None
    assert host.ended.isoformat() == "2022-03-23T15:07:52+00:00"
    [found] = host.results
    assert (found.subject, found.rule.severity, found.rule.remedy) == (PORT, Severity.HIGH, "Switch it off")
    assert found.members[0].attributes == {"vector": "CVSS:3.0/AV:N/AC:L", "vector_source": "nessus", "score": "7.5"}


@pytest.mark.parametrize(
    ("plugin", "reason"),
    [
        ("104410", Reason.LOGIN_REFUSED),
        ("21745", Reason.LOGIN_REFUSED),
        ("110385", Reason.PRIVILEGE_TOO_LOW),
        ("24786", Reason.PRIVILEGE_TOO_LOW),
        ("110723", Reason.NOT_ATTEMPTED),
        ("19506", Reason.NOT_ATTEMPTED),
    ],
)
def test_nessus_without_a_login_says_why(plugin: str, reason: Reason) -> None:
    text = samples.NESSUS.replace(">true<", ">false<").replace('pluginID="19506"', f'pluginID="{plugin}"')
    gap = next(result for result in one(text).results if result.outcome is Outcome.NOT_ASSESSED)
    assert (gap.rule.id, gap.reason) == ("credentialed-checks", reason)


def test_nessus_tells_root_from_what_it_logged_in_as() -> None:
    told = "<plugin_output>Credentialed checks : yes, as 'root' via ssh</plugin_output></ReportItem>"
    text = samples.NESSUS.replace('pluginFamily="Settings"/>', f'pluginFamily="Settings">{told}')
    assert one(text).privilege is Privilege.ROOT


def test_openvas() -> None:
    imported = read(samples.OPENVAS)
    [host] = imported.hosts
    assert (host.names, host.addresses, host.credentialed) == (("web-1",), ("192.0.2.10",), Credentialed.NO)
    by_outcome = {result.rule.id: (result.outcome, result.reason) for result in host.results}
    assert by_outcome == {
        "1.3.6.1.4.1.25623.1.0.117274": (Outcome.FAIL, None),
        "1.3.6.1.4.1.25623.1.0.900238": (Outcome.NOT_ASSESSED, Reason.TIMED_OUT),
        "authentication": (Outcome.NOT_ASSESSED, Reason.LOGIN_REFUSED),
    }
    assert [member.id for member in host.results[0].members] == ["CVE-2011-3389"]
    stopped = samples.OPENVAS.replace(">Done<", ">Stopped<")
    assert any("Stopped" in note for note in read(stopped).notes)


def test_nmap() -> None:
    host = one(samples.NMAP)
    said = {(r.rule.id, r.subject.key): r.outcome for r in host.results}
    assert said == {
        ("open-port", "tcp/443"): Outcome.FAIL,
        ("open-port", "tcp/80"): Outcome.PASS,
        ("ssl-heartbleed.NMAP-1", "tcp/443"): Outcome.FAIL,
    }
    assert host.results[0].rule.severity is Severity.INFO
    assert host.results[1].members[0].id == "CVE-2014-0160"


@pytest.mark.parametrize("state", ["filtered", "open|filtered", "unfiltered"])
def test_a_port_that_nmap_is_not_sure_of_says_nothing(state: str) -> None:
    host = one(samples.NMAP.replace('state="closed"', f'state="{state}"'))
    assert "tcp/80" not in {result.subject.key for result in host.results}


def test_a_host_that_is_down_is_not_assessed() -> None:
    down = '<nmaprun><host><status state="down"/><address addr="192.0.2.10" addrtype="ipv4"/></host></nmaprun>'
    [gap] = one(down).results
    assert (gap.outcome, gap.reason) == (Outcome.NOT_ASSESSED, Reason.UNREACHABLE)


def test_xccdf() -> None:
    host = one(samples.XCCDF)
    assert (host.scope, host.privilege, host.credentialed) == ("b strict", Privilege.ROOT, Credentialed.YES)
    found = results(samples.XCCDF)
    assert (found["r1"].outcome, found["r1"].rule.title, found["r1"].rule.severity) == (
        Outcome.FAIL,
        "No root",
        Severity.HIGH,
    )
    assert (found["r2"].outcome, found["r2"].rule.severity) == (Outcome.PASS, Severity.LOW)


def test_an_override_in_a_file_does_not_count() -> None:
    text = samples.XCCDF.replace(
        "<result>fail</result>",
        "<result>pass</result><override time='2026-03-01T10:00:00' authority='me'><old-result>fail</old-result>"
        "<new-result>pass</new-result><remark>r</remark></override>",
    )
    assert results(text)["r1"].outcome is Outcome.FAIL
    assert any("person's word" in note for note in read(text).notes)


def test_what_nobody_rated_counts_as_high_and_says_so() -> None:
    rule = results(samples.XCCDF.replace(' severity="low"', ""))["r2"].rule
    assert (rule.severity, "gave this rule no severity" in rule.rationale) == (Severity.HIGH, True)


def test_lynis() -> None:
    said = {result.rule.id: (result.outcome, result.subject) for result in one(samples.LYNIS).results}
    assert said == {
        "AUTH-9286": (Outcome.FAIL, HOST),
        "LOGG-2138": (Outcome.FAIL, HOST),
        "SSH-7408": (Outcome.PASS, HOST),
        "exception.BOOT-5104:002": (Outcome.NOT_ASSESSED, HOST),
    }
    cut = samples.LYNIS.replace("finish=true\n", "")
    assert not [r for r in one(cut).results if r.outcome is Outcome.PASS]  # a stopped run proves nothing
    assert read(cut).notes


def test_testssl() -> None:
    found = results(samples.TESTSSL)
    assert [found[name].outcome for name in ("SSLv3", "TLS1", "ROBOT")] == [
        Outcome.FAIL,
        Outcome.PASS,
        Outcome.NOT_ASSESSED,
    ]
    pretty = read(samples.TESTSSL_PRETTY)
    assert (pretty.version, pretty.hosts[0].names, len(pretty.hosts[0].results)) == ("3.2", ("web-1",), 2)
    assert pretty.hosts[0].results[0].subject == PORT


def test_sslyze_and_its_older_form() -> None:
    found = results(samples.SSLYZE)
    assert {name: result.outcome for name, result in found.items()} == {
        "ssl3": Outcome.FAIL,
        "heartbleed": Outcome.PASS,
        "robot": Outcome.NOT_ASSESSED,
    }
    older = json.loads(samples.SSLYZE)
    [scan] = older["server_scan_results"]
    scan["server_info"] = {"server_location": scan.pop("server_location")}
    commands = scan.pop("scan_result")
    scan["scan_commands_results"] = {name: one_["result"] for name, one_ in commands.items() if one_["result"]}
    assert set(results(json.dumps(older))) == {"ssl3", "heartbleed"}


def test_ssh_audit() -> None:
    host = one(samples.SSH_AUDIT)
    said = {result.rule.id: result.rule.severity for result in host.results}
    assert said == {
        "kex.diffie-hellman-group1-sha1": Severity.HIGH,
        "mac.hmac-sha2-256": Severity.LOW,
        "CVE-2021-41617": Severity.HIGH,
    }
    assert host.identities == ("ssh-host-key SHA256:" + "k" * 43,)
    assert [start for start, _ in host.complete] == ["kex.", "key.", "mac."]  # no cipher is listed: that proves nothing
    assert {subject for _, subject in host.complete} == {Subject("port", "tcp/22")}


def test_trivy() -> None:
    found = results(samples.TRIVY)
    update = found["missing-update"]
    assert (update.subject, update.severity) == (Subject("package", "openssl"), Severity.HIGH)
    assert update.members[0].attributes == {
        "vector": "CVSS:3.1/AV:N",
        "vector_source": "nvd",
        "score": "8.1",
        "fixed": "2",
    }
    assert found["DS002"].outcome is Outcome.PASS


def test_sarif() -> None:
    found = results(samples.SARIF)
    assert (found["Tool.R1"].outcome, found["Tool.R1"].rule.severity) == (Outcome.FAIL, Severity.HIGH)
    assert found["Tool.R2"].outcome is Outcome.PASS
    broken = samples.SARIF.replace('"executionSuccessful": true', '"executionSuccessful": false')
    assert results(broken)["invocation"].reason is Reason.OUTPUT_TRUNCATED
    suppressed = samples.SARIF.replace('"level": "error"', '"level": "error", "suppressions": [{"kind": "external"}]')
    assert results(suppressed)["Tool.R1"].outcome is Outcome.FAIL
    assert any("suppressed" in note for note in read(suppressed).notes)
    absent = samples.SARIF.replace('"level": "error"', '"level": "error", "baselineState": "absent"')
    assert "Tool.R1" not in results(absent)


@pytest.mark.parametrize("mark", ['"active": false', '"is_mitigated": true', '"false_p": true', '"duplicate": true'])
def test_what_the_other_tool_has_closed_is_neither_found_nor_passed(mark: str) -> None:
    imported = read(samples.GENERIC.replace('"title"', f'{mark}, "title"'))
    assert imported.results == 0
    assert any("left out" in note for note in imported.notes)


def test_a_persons_finding() -> None:
    imported = read(samples.MANUAL)
    assert imported.tester == "Rowan Ashdown"
    [found] = imported.hosts[0].results
    assert (found.subject, found.severity, found.members[0].id) == (PORT, Severity.HIGH, "CVE-2024-0001")
    assert read(samples.MANUAL_CSV).tester == "Rowan Ashdown"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(("    severity: high\n", "    severity: awful\n"), "severity is one of", id="severity"),
        pytest.param(("    evidence: It opened\n", ""), "finding 1 lacks its evidence", id="no evidence"),
        pytest.param(("    port: 443/tcp\n", "    port: web\n"), "443/tcp", id="port"),
        pytest.param(("  - host:", "  - hoste:"), "is not known: 'hoste'", id="misspelt"),
        pytest.param(("tester:", "testers:"), "is not known: 'testers'", id="misspelt above"),
        pytest.param(("findings:", "findings: ["), "manual.yaml:", id="no YAML"),
    ],
)
def test_a_wrong_finding_of_a_person_is_refused_in_one_sentence(change: tuple[str, str], says: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        read_findings(samples.MANUAL.replace(*change).encode(), "manual.yaml", "manual")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_two_findings_of_a_person_must_differ() -> None:
    double = samples.MANUAL + samples.MANUAL.partition("findings:\n")[2]
    with pytest.raises(ImportRefused, match="finding 2 is the same finding as finding 1"):
        read(double)


def test_half_a_character_is_no_trap() -> None:
    text = samples.TESTSSL.replace("offered", "\\ud800 offered", 1)
    assert "offered" in results(text)["SSLv3"].observed
    results(text)["SSLv3"].observed.encode()


def test_utf_16_is_read() -> None:
    form, imported = read_findings(samples.TESTSSL.encode("utf-16"), "x")
    assert (form.name, imported.results) == ("testssl", 3)


def test_outcomes_are_counted_once() -> None:
    assert Counter(result.outcome for result in one(samples.LYNIS).results)[Outcome.FAIL] == 2
