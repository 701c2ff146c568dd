"""Files of other tools and testers in the life of findings: what opens, what never closes, what does, who it is."""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checks.catalogue import catalogue
from checks.equivalents import Equivalent, Equivalents, as_text, from_text
from checks.finding import CheckRun, Severity
from checks.finding import Outcome as CheckOutcome
from inventory.asset import Asset, Connection, Privilege
from inventory.estate import Estate
from inventory.facts.identity import Identity
from inventory.policy import Policy
from reports.formats import FORMATS
from reports.sources import limits
from scanner.feeds.support_dates import load
from scanner.importers.supplied import ImportRefused
from scanner.query import Attempt
from scanner.service.evidence_pack import export
from scanner.service.import_findings import FindingsImportError, Outcomes, SuppliedFindings, import_findings
from scanner.service.plan import PlanError
from scanner.service.planned import Basis
from scanner.service.policies import EQUIVALENTS, equivalents_of, in_force
from scanner.service.report import report_data
from scanner.service.signing import load_or_create
from scanner.service.verify import plan_verification
from scanner.store.records import FindingRow, HostResult, ScanKind, ScanPlan, ScanState, StoreError
from scanner.store.store import open_store

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = "SHA256:" + "k" * 43
NONE: Mapping[str, str] = {}


def asset(name: str, address: str = "", **more: object) -> Asset:
    return Asset(name, Connection("ssh", address or f"{name}.example.test"), **more)  # type: ignore[arg-type]  # fields


ESTATE = Estate(
    "Larkspur",
    (
        asset("web-1", "192.0.2.10"),
        asset("web-2", "192.0.2.11", expected_ports=("tcp/443",)),
        asset("db.example.test", "192.0.2.12"),
        asset("twin-a", "192.0.2.20"),
        asset("twin-b", "192.0.2.20"),
    ),
)


class World:
    """A record, and a clock that moves an hour with every import."""

    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.store = open_store(str(folder / "record.db"), clock=lambda: self.now)
        self.estate = ESTATE

    def give(self, name: str, data: str | bytes, **said: object) -> Outcomes:
        content = data.encode() if isinstance(data, str) else data
        dry_run = bool(said.pop("dry_run", False))
        supplied = SuppliedFindings(name, content, "Kestrel", **said)  # type: ignore[arg-type]  # fields by name
        basis = Basis((), "none", load(None))
        self.now += timedelta(hours=1)
        return import_findings(self.store, self.estate, basis, supplied, self.now, dry_run=dry_run)

    def states(self) -> dict[str, str]:
        return {f"{row.check_id} {row.subject}": row.state for row in self.store.findings()}

    def findings(self) -> tuple[FindingRow, ...]:
        return self.store.findings()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.store.verify_chain()
    made.store.close()


def nessus(
    *items: str, host: str = "web-1", day: int = 1, login: str = "true", policy: str = "Basic", more: str = ""
) -> str:
    return (
        f"<NessusClientData_v2><Policy><policyName>{policy}</policyName>{more}</Policy><Report name='r'>"
        f"<ReportHost name='{host}'><HostProperties><tag name='HOST_START_TIMESTAMP'>{1772000000 + day * 86400}</tag>"
        f"<tag name='HOST_END_TIMESTAMP'>{1772003600 + day * 86400}</tag>"
        f"<tag name='Credentialed_Scan'>{login}</tag></HostProperties>{''.join(items)}</ReportHost></Report>"
        "</NessusClientData_v2>"
    )


def item(plugin: int = 1001, severity: int = 3, port: int = 443, **children: str) -> str:
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in children.items())
    return (
        f"<ReportItem port='{port}' protocol='tcp' svc_name='www' severity='{severity}' pluginID='{plugin}' "
        f"pluginName='Plugin {plugin}' pluginFamily='Web Servers'><description>d</description>{inner}</ReportItem>"
    )


def compliance(result: str, check: str = "1.1.1 Root") -> str:
    cm = "xmlns:cm='http://www.nessus.org/cm'"
    return (
        f"<ReportItem port='0' protocol='tcp' svc_name='general' severity='3' pluginID='21157' pluginName='Unix' "
        f"pluginFamily='Policy Compliance' {cm}><compliance>true</compliance>"
        f"<cm:compliance-check-name>{check}</cm:compliance-check-name>"
        f"<cm:compliance-result>{result}</cm:compliance-result></ReportItem>"
    )


def tls_rows(*rows: tuple[str, str, str], place: str = "web-1/192.0.2.10", port: str = "443") -> str:
    return json.dumps([{"id": i, "ip": place, "port": port, "severity": s, "finding": f} for i, s, f in rows])


def xccdf(result: str, *, day: int = 1, profile: str = "strict", account: str = "root") -> str:
    return (
        "<TestResult xmlns='http://checklists.nist.gov/xccdf/1.2' id='t' "
        f"start-time='2026-03-{day:02}T10:00:00+00:00' end-time='2026-03-{day:02}T10:05:00+00:00'>"
        f"<benchmark id='b'/><identity authenticated='false' privileged='false'>{account}</identity>"
        f"<profile idref='{profile}'/><target>web-1</target><target-address>192.0.2.10</target-address>"
        f"<rule-result idref='no_root_login' severity='high'><result>{result}</result></rule-result></TestResult>"
    )


# opening, seeing again


def test_a_file_opens_findings_with_their_titles_ratings_and_cves(world: World) -> None:
    came = world.give("a.nessus", nessus(item(cve="CVE-2024-0001", cvss3_vector="CVSS:3.1/AV:N", cvss3_base_score="8")))
    assert (came.matched, len(came.new), came.failing, came.unmatched) == (("web-1",), 1, 1, ())
    [row] = world.findings()
    assert (row.check_id, str(row.subject), row.state) == ("import.nessus.1001", "port tcp/443", "OPEN")
    assert row.severity is Severity.HIGH
    assert row.last_seen == datetime.fromtimestamp(1772003600 + 86400, UTC)
    data = report_data(world.store, came.scan_id, ())
    [issue] = data.issues
    assert (issue.title, issue.severity.value) == ("Plugin 1001", "high")
    [seen] = issue.occurrences
    assert [member.id for member in seen.members] == ["CVE-2024-0001"]
    assert seen.members[0].attributes["vector"] == "CVSS:3.1/AV:N"
    assert [(s.tool, s.ref) for s in seen.sources] == [("nessus", row.ref)]


def test_the_same_file_twice_changes_nothing(world: World) -> None:
    first = world.give("a.nessus", nessus(item(), item(1002)))
    before = (world.findings(), world.store.events(), world.store.scans())
    second = world.give("other-name.nessus", nessus(item(), item(1002)))
    assert (second.scan_id, second.already, second.new) == (0, first.scan_id, ())
    assert (world.findings(), world.store.events(), world.store.scans()) == before


def test_the_same_content_exported_again_moves_only_the_last_sighting(world: World) -> None:
    world.give("a.nessus", nessus(item(), item(1002)))
    before, events = world.findings(), world.store.events()
    came = world.give("b.nessus", nessus(item(), item(1002), day=2))
    assert (came.new, came.seen_again) == ((), 2)
    assert world.store.events() == events
    same = [
        replace(row, last_seen=old.last_seen, last_fail_scan=old.last_fail_scan)
        for row, old in zip(world.findings(), before, strict=True)
    ]
    assert same == list(before)
    assert all(row.last_seen > old.last_seen for row, old in zip(world.findings(), before, strict=True))


def test_a_new_title_text_or_rating_is_the_same_finding(world: World) -> None:
    world.give("a.nessus", nessus(item(severity=2)))
    changed = nessus(item(severity=4, plugin_output="quite other words"), day=2).replace("Plugin 1001", "Renamed")
    came = world.give("b.nessus", changed)
    assert came.new == ()
    assert len(world.findings()) == 1


def test_the_file_is_kept_and_so_is_each_hosts_part_of_it(world: World) -> None:
    text = nessus(item())
    came = world.give("a.nessus", text)
    [row] = world.store.imports.rows()
    assert world.store.blob(row.kept) == text.encode()
    [host] = world.store.hosts(came.scan_id, outputs=True)
    [answer] = host.answers
    part = json.loads(answer.answer.output)
    assert part["file"]["sha256"] == row.sha256
    assert [result["rule"] for result in part["hosts"][0]["results"]] == ["1001"]
    assert host.attempt is not None
    assert (host.attempt.reached, host.attempt.logged_in) == (False, False)


def test_the_kept_file_outlives_a_purge(world: World) -> None:
    text = nessus(item())
    world.give("a.nessus", text)
    world.give("b.nessus", nessus(item(1002), day=2))
    [row, _] = world.store.imports.rows()
    world.store.purge(keep_scans=1)
    assert world.store.blob(row.kept) == text.encode()


def test_secrets_in_a_file_reach_neither_the_record_nor_a_report(world: World, tmp_path: Path) -> None:
    secret = "hunter2-Xq9"
    preferences = (
        "<Preferences><PluginsPreferences><item><preferenceName>Password</preferenceName>"
        f"<preferenceType>password</preferenceType><selectedValue>{secret}</selectedValue></item></PluginsPreferences>"
        f"<ServerPreferences><preference><name>snmp.community</name><value>{secret}</value></preference>"
        "</ServerPreferences></Preferences>"
    )
    output = f"logged in with password={secret} at ftp://admin:{secret}@web-1/"
    came = world.give("a.nessus", nessus(item(plugin_output=output), more=preferences))
    [row] = world.store.imports.rows()
    assert b"<selectedValue>[removed]</selectedValue>" in world.store.blob(row.kept)
    kept = [answer.answer.output for host in world.store.hosts(came.scan_id, outputs=True) for answer in host.answers]
    blobs = [world.store.blob(row.kept), *kept]
    assert not any(secret.encode() in blob for blob in blobs)
    assert secret not in repr(report_data(world.store, came.scan_id, ()))
    assert not any(secret.encode() in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())


def test_one_rule_on_several_ports_is_one_issue(world: World) -> None:
    came = world.give("a.nessus", nessus(item(), item(port=8443), item(port=9443, severity=4)))
    [issue] = report_data(world.store, came.scan_id, ()).issues
    assert (len(issue.occurrences), issue.severity, issue.subject) == (3, Severity.CRITICAL, None)


def test_every_format_of_a_report_can_tell_what_was_imported(world: World) -> None:
    came = world.give("m.yaml", MANUAL)
    world.give("a.nessus", nessus(item(cve="CVE-2024-0001"), item(104410, 0, 0), login="false"))
    scanned(world, "web-1", KEY)
    last = max(scan.id for scan in world.store.scans())
    for number in (came.scan_id, last):
        page = io.BytesIO()
        FORMATS["html"].render(report_data(world.store, number, ()), page)
        assert "source: manual, Rowan Ashdown" in page.getvalue().decode()
    assert "source: nessus" in page.getvalue().decode()
    document = io.BytesIO()
    FORMATS["json"].render(report_data(world.store, last, ()), document)
    told = json.loads(document.getvalue())
    assert {one["file"] for one in told["imports"]} == {"m.yaml", "a.nessus"}
    assert any("login refused" in line for line in told["limitations"])


# what never closes, and what does


def test_absence_closes_nothing(world: World) -> None:
    world.give("a.nessus", nessus(item(), item(port=8443), item(1002)))
    world.give("b.nessus", nessus(item(), day=2))  # the same plugin on another port, and another plugin, are gone
    world.give("c.nessus", nessus(day=3))
    assert set(world.states().values()) == {"OPEN"}


def test_a_pass_of_the_same_rule_in_the_same_scope_closes(world: World) -> None:
    world.give("a.nessus", nessus(compliance("FAILED")))
    came = world.give("b.nessus", nessus(compliance("PASSED"), day=2))
    assert (came.fixed, came.not_proven) == (("EC-0001",), {})
    assert set(world.states().values()) == {"VERIFIED_FIXED"}
    [_, fixed] = world.store.events()
    assert fixed.why == "proven"
    assert report_data(world.store, came.scan_id, ()).fixed[0].ref == "EC-0001"


@pytest.mark.parametrize(
    ("later", "why"),
    [
        pytest.param({"day": 2, "policy": "Other"}, "scope", id="another policy"),
        pytest.param({"day": 2, "login": "false"}, "looked for only as none", id="not logged in"),
        pytest.param({"day": 1}, "before the failing scan had ended", id="no later than the fail"),
    ],
)
def test_a_pass_that_was_not_looked_for_alike_closes_nothing(world: World, later: dict[str, object], why: str) -> None:
    world.give("a.nessus", nessus(compliance("FAILED")))
    came = world.give("b.nessus", nessus(compliance("PASSED"), **later))  # type: ignore[arg-type]  # a table
    assert [why in sentence for sentence in came.not_proven.values()] == [True]
    assert set(world.states().values()) == {"OPEN"}


@pytest.mark.parametrize(
    ("later", "state"),
    [
        pytest.param({"day": 2}, "VERIFIED_FIXED", id="same profile and account"),
        pytest.param({"day": 2, "profile": "lax"}, "OPEN", id="another profile"),
        pytest.param({"day": 2, "account": "scan"}, "OPEN", id="a lesser account"),
    ],
)
def test_xccdf_closes_by_the_same_profile_only(world: World, later: dict[str, object], state: str) -> None:
    world.give("a.xml", xccdf("fail"))
    world.give("b.xml", xccdf("pass", **later))  # type: ignore[arg-type]  # a table
    assert set(world.states().values()) == {state}


@pytest.mark.parametrize("word", ["error", "unknown", "notchecked", "notapplicable", "notselected", "fixed"])
def test_no_other_word_of_xccdf_closes(world: World, word: str) -> None:
    world.give("a.xml", xccdf("fail"))
    world.give("b.xml", xccdf(word, day=2))
    assert set(world.states().values()) == {"OPEN"}


def test_what_comes_back_after_its_fix_is_a_new_episode(world: World) -> None:
    world.give("a.xml", xccdf("fail"))
    world.give("b.xml", xccdf("pass", day=2))
    came = world.give("c.xml", xccdf("fail", day=3))
    assert came.reopened == ("EC-0001",)
    assert world.findings()[0].episode == 2


def test_an_older_file_reopens_nothing(world: World) -> None:
    world.give("a.xml", xccdf("fail"))
    world.give("c.xml", xccdf("pass", day=5))
    came = world.give("b.xml", xccdf("fail", day=3))
    assert came.reopened == ()
    assert set(world.states().values()) == {"VERIFIED_FIXED"}


def test_testssl_closes_by_an_ok_on_the_same_port(world: World) -> None:
    weak = tls_rows(("SSLv3", "HIGH", "offered"), ("LUCKY13", "LOW", "potentially vulnerable"))
    world.give("a.json", weak, collected_at=NOW - timedelta(days=2))
    world.give("b.json", tls_rows(("SSLv3", "OK", "not offered"), port="8443"), collected_at=NOW - timedelta(days=1))
    assert set(world.states().values()) == {"OPEN"}
    came = world.give("c.json", tls_rows(("SSLv3", "OK", "not offered")), collected_at=NOW - timedelta(days=1))
    assert len(came.fixed) == 1
    assert sorted(world.states().values()) == ["OPEN", "VERIFIED_FIXED"]  # LUCKY13 was not spoken of


def audit(*algorithms: str, target: str = "web-1:22") -> str:
    mac = [{"algorithm": name, "notes": {"fail": ["broken"]} if "sha1" in name else {}} for name in algorithms]
    return json.dumps({"banner": {"raw": "SSH-2.0"}, "mac": mac, "kex": [], "target": target})


def test_ssh_audit_closes_what_its_complete_list_no_longer_has(world: World) -> None:
    world.give("a.json", audit("hmac-sha1", "hmac-sha2-256"), collected_at=NOW - timedelta(days=2))
    empty = json.dumps({"banner": {}, "mac": [], "target": "web-1:22"})
    world.give("b.json", empty, collected_at=NOW - timedelta(days=1))  # no list at all is no proof
    world.give("c.json", audit("hmac-sha2-256", target="web-1:2222"), collected_at=NOW - timedelta(days=1))
    assert set(world.states().values()) == {"OPEN"}
    came = world.give("d.json", audit("hmac-sha2-256"), collected_at=NOW - timedelta(days=1))
    assert (len(came.fixed), set(world.states().values())) == (1, {"VERIFIED_FIXED"})
    assert report_data(world.store, came.scan_id, ()).fixed  # its rule is known in that import too


def test_what_others_reported_cannot_be_looked_at_again_and_that_is_said(world: World, tmp_path: Path) -> None:
    world.give("a.nessus", nessus(item()))
    with pytest.raises(PlanError, match="import that tool's next results"):
        plan_verification(world.store, ESTATE, (), "EC-0001", world.now.date())
    with pytest.raises(StoreError, match="export --report 1"):
        export(world.store, (), b"", "EC-0001", load_or_create(tmp_path / "key.pem")[0])


# credentials


def test_a_failed_login_is_not_assessed_with_its_reason(world: World) -> None:
    refused = item(104410, 0, 0, plugin_output="Nessus could not log in as scan")
    came = world.give("a.nessus", nessus(item(), refused, login="false"))
    [(name, check, reason, said)] = came.not_assessed
    assert (name, check, reason) == ("web-1", "import.nessus.credentialed-checks", "login refused")
    assert "could not log in" in said
    data = report_data(world.store, came.scan_id, ())
    assert [(gap.asset, gap.reason and gap.reason.value) for gap in data.gaps] == [("web-1", "login refused")]
    assert any("a.nessus" in line and "login refused" in line for line in limits(data))


# whose results they are


@pytest.mark.parametrize(
    ("host", "matched"),
    [
        pytest.param("web-1", ("web-1",), id="name"),
        pytest.param("WEB-1.", ("web-1",), id="case and dot"),
        pytest.param("192.0.2.11", ("web-2",), id="address"),
        pytest.param("::ffff:192.0.2.11", ("web-2",), id="mapped address"),
        pytest.param("web-1.example.test", ("web-1",), id="a domain more"),
        pytest.param("db", ("db.example.test",), id="a domain less"),
        pytest.param("db.other.test", (), id="another domain"),
        pytest.param("unknown", (), id="unknown"),
        pytest.param("192.0.2.20", (), id="two assets with one address"),
        pytest.param("localhost.localdomain", (), id="every machine's name"),
        pytest.param("127.0.0.1", (), id="every machine's address"),
    ],
)
def test_a_host_is_matched_or_told(world: World, host: str, matched: tuple[str, ...]) -> None:
    came = world.give("a.nessus", nessus(item(), host=host))
    assert came.matched == matched
    assert len(came.unmatched) == 1 - len(matched)
    assert all(one.why for one in came.unmatched)


def test_a_name_and_an_address_of_two_assets_match_neither(world: World) -> None:
    text = tls_rows(("SSLv3", "HIGH", "offered"), place="web-1/192.0.2.11")
    came = world.give("a.json", text)
    assert came.matched == ()
    assert "web-1, web-2" in came.unmatched[0].why


def scanned(world: World, name: str, key: str, *runs: CheckRun, policies: Mapping[str, str] = NONE) -> int:
    """A visit of ours that pinned a host key to the asset."""
    one = next(a for a in ESTATE.assets if a.name == name)
    checks = tuple(run.check_id for run in runs)
    plan = ScanPlan(
        ESTATE, (one,), checks, world.now, "1", "none", "none", "2026-01-01", kind=ScanKind.FULL, policies=policies
    )
    number = world.store.begin_scan(plan)
    attempt = Attempt("ssh", reached=True, logged_in=True, privilege=Privilege.ROOT, started_at=world.now)
    result = HostResult(one, attempt, (), runs, Identity(None, None, (key,)), "", world.now)
    world.store.save_host(number, result)
    world.store.end_scan(number, ScanState.COMPLETE, world.now)
    return number


def audited(key: str, target: str) -> str:
    told = json.loads(audit("hmac-sha1", target=target))
    told["fingerprints"] = [{"hash": key.removeprefix("SHA256:"), "hash_alg": "SHA256", "hostkey": "ssh-ed25519"}]
    return json.dumps(told)


def test_a_strong_identity_decides_whatever_the_name_is(world: World) -> None:
    scanned(world, "web-1", KEY)
    assert world.give("a.json", audited(KEY, "10.9.9.9:22")).matched == ("web-1",)
    assert world.give("b.json", audited(KEY, "web-2:22")).matched == ("web-1",)


def test_another_identity_under_a_known_name_is_left_alone(world: World) -> None:
    scanned(world, "web-1", KEY)
    came = world.give("a.json", audited("SHA256:" + "z" * 43, "web-1:22"))
    assert came.matched == ()
    assert "presents another ssh-host-key" in came.unmatched[0].why
    with pytest.raises(FindingsImportError, match="is not of web-1"):
        world.give("a.json", audited("SHA256:" + "z" * 43, "web-1:22"), host="web-1")


def test_the_file_counts_again_for_hosts_that_the_inventory_learned_of(world: World) -> None:
    text = nessus(item())[: -len("</Report></NessusClientData_v2>")]
    two = text + nessus(item(), host="new-1").partition("<Report name='r'>")[2]
    first = world.give("a.nessus", two)
    assert ([one.label for one in first.unmatched], len(first.new)) == (["new-1"], 1)
    world.estate = replace(ESTATE, assets=(*ESTATE.assets, asset("new-1")))
    second = world.give("a.nessus", two)
    assert (len(second.new), second.unmatched, second.already) == (1, (), first.scan_id)
    assert world.give("a.nessus", two).scan_id == 0
    assert len(world.findings()) == 2
    scanned(world, "web-1", KEY)
    data = report_data(world.store, max(scan.id for scan in world.store.scans()), ())
    assert [one.unmatched for one in data.imports] == [(), ()]


def test_a_file_of_strangers_is_kept_with_their_names(world: World) -> None:
    came = world.give("a.nessus", nessus(item(), host="stranger"))
    assert (came.scan_id > 0, came.matched, world.findings()) == (True, (), ())
    [row] = world.store.imports.rows()
    assert [(one.label, one.results) for one in row.told.unmatched] == [("stranger", 1)]
    assert world.give("a.nessus", nessus(item(), host="stranger")).scan_id == 0


def test_as_names_the_one_host(world: World) -> None:
    report = json.dumps({"SchemaVersion": 2, "ArtifactName": "img", "Results": [vulnerable("openssl")]})
    assert world.give("t.json", report).matched == ()
    assert world.give("t.json", report, host="web-2").matched == ("web-2",)
    with pytest.raises(FindingsImportError, match="names no host 'nowhere'"):
        world.give("t.json", report, host="nowhere")
    several = nessus(item()).replace("</Report>", "<ReportHost name='x'/></Report>")
    with pytest.raises(FindingsImportError, match="for a file of one host"):
        world.give("n.nessus", several, host="web-1")


def vulnerable(package: str, *cves: str) -> dict[str, object]:
    found = [
        {"VulnerabilityID": cve, "PkgName": package, "InstalledVersion": "1", "FixedVersion": "2", "Severity": "HIGH"}
        for cve in cves or ("CVE-2024-0001",)
    ]
    return {"Target": "img (debian 12)", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": found}


def test_one_package_is_one_finding_however_many_cves(world: World) -> None:
    listed = vulnerable("openssl", "CVE-2024-0001", "CVE-2024-0002")
    report = json.dumps({"SchemaVersion": 2, "ArtifactName": "img", "Results": [listed]})
    came = world.give("t.json", report, host="web-1")
    assert len(came.new) == 1
    [issue] = report_data(world.store, came.scan_id, ()).issues
    assert len(issue.occurrences[0].members) == 2


def test_a_port_that_the_inventory_expects_is_no_finding(world: World) -> None:
    ports = "".join(f"<port protocol='tcp' portid='{port}'><state state='open'/></port>" for port in (22, 443))
    host = f"<host><address addr='192.0.2.11' addrtype='ipv4'/><ports>{ports}</ports></host>"
    scan = f"<nmaprun scanner='nmap'>{host}</nmaprun>"
    world.give("n.xml", scan, collected_at=NOW)
    assert list(world.states()) == ["import.nmap.open-port port tcp/22"]


# people


MANUAL = """
tester: Rowan Ashdown
tested: 2026-11-20
findings:
  - {host: web-1, id: cards, title: Cloned cards open the door, severity: high, evidence: It opened}
"""


def test_a_persons_finding_names_the_tester_and_no_import_closes_it(world: World) -> None:
    came = world.give("m.yaml", MANUAL)
    data = report_data(world.store, came.scan_id, ())
    assert data.issues[0].occurrences[0].sources[0].name == "manual, Rowan Ashdown"
    world.give("m2.yaml", MANUAL.replace("cards", "other").replace("-20", "-21"))
    assert set(world.states().values()) == {"OPEN"}


def test_a_persons_finding_needs_a_name(world: World) -> None:
    anonymous = MANUAL.replace("tester: Rowan Ashdown\n", "")
    with pytest.raises(FindingsImportError, match="--tester"):
        world.give("m.yaml", anonymous)
    assert world.give("m.yaml", anonymous, tester="Ash Rowan").new
    with pytest.raises(FindingsImportError, match="names the tester"):
        world.give("m.yaml", MANUAL, tester="Somebody Else")


# order of things


def test_a_dry_run_tells_and_stores_nothing(world: World) -> None:
    came = world.give("a.nessus", nessus(item()), dry_run=True)
    assert (came.scan_id, came.new) == (0, ("web-1 import.nessus.1001 port tcp/443",))
    assert (world.store.scans(), world.findings(), world.store.imports.rows()) == ((), (), ())


def test_a_file_that_is_refused_stores_nothing(world: World) -> None:
    with pytest.raises(ImportRefused):
        world.give("a.nessus", nessus(item())[:-30])
    assert (world.store.scans(), world.findings()) == ((), ())


def test_a_time_in_the_future_counts_as_now(world: World) -> None:
    came = world.give("a.nessus", nessus(item(), day=10_000))
    assert came.at == world.now
    assert any("future" in note for note in came.notes)
    with pytest.raises(FindingsImportError, match="future"):
        world.give("b.json", audit("hmac-sha1"), collected_at=NOW + timedelta(days=2))


def test_a_report_of_an_earlier_scan_stays_the_same(world: World) -> None:
    """Although the file is of a time before that scan: it was not known then."""
    scanned(world, "web-1", KEY)
    before = report_data(world.store, 1, ())
    world.give("a.nessus", nessus(item()))
    assert report_data(world.store, 1, ()) == before


def test_a_later_scans_report_counts_what_imports_found(world: World) -> None:
    world.give("a.nessus", nessus(item(), item(104410, 0, 0), login="false"))
    world.give("b.nessus", nessus(item(), host="unknown", day=2))
    scanned(world, "web-1", KEY)
    data = report_data(world.store, max(scan.id for scan in world.store.scans()), ())
    [issue] = data.issues
    assert (issue.check.id, len(issue.occurrences)) == ("import.nessus.1001", 1)
    files = [(one.file, len(one.gaps), len(one.unmatched)) for one in data.imports]
    assert files == [("a.nessus", 1, 0), ("b.nessus", 0, 1)]
    assert any("unknown" in line for line in limits(data))


def test_a_purge_leaves_what_later_reports_rest_on(world: World) -> None:
    world.give("a.nessus", nessus(item(port=8443), item(104410, 0, 0), login="false"))
    old, number = scanned(world, "web-1", KEY), scanned(world, "web-1", KEY)
    before = report_data(world.store, number, ())
    assert [port.name for one in before.ports for port in one.ports if port.port == 8443] == ["tcp/8443"]
    assert [len(one.gaps) for one in before.imports] == [1]
    assert world.store.purge(keep_scans=1).scans == (old,), "no import"
    assert report_data(world.store, number, ()) == before


def test_what_is_the_same_weakness_is_said_by_the_table_that_the_scan_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.give("a.nessus", nessus(item()))
    failed = CheckRun("linux.sysctl.aslr", 1, CheckOutcome.FAIL, "it is 0", facts=("sysctl",))
    table = Equivalents("9", (Equivalent(failed.check_id, "the same", ("import.nessus.1001",)),))
    kept = scanned(world, "web-1", KEY, failed, policies={EQUIVALENTS: as_text(table)})
    before = scanned(world, "web-1", KEY, failed)  # as a scan from before tables were kept
    told = {number: report_data(world.store, number, catalogue()).issues for number in (kept, before)}
    assert [issue.check.id for issue in told[kept]] == [failed.check_id]
    assert len(told[kept][0].occurrences[0].sources) == 2
    assert len(told[before]) == 2
    monkeypatch.setattr("checks.equivalents.shipped", lambda: table)
    assert report_data(world.store, kept, catalogue()).issues == told[kept]
    assert len(report_data(world.store, before, catalogue()).issues) == 1
    row = world.store.scan(kept)
    with pytest.raises(StoreError, match="cannot be read back"):
        equivalents_of(replace(row, policies={EQUIVALENTS: "{}"}))
    assert from_text(in_force(Policy())[EQUIVALENTS]) == table


def test_an_import_counts_as_no_look_of_ours(world: World) -> None:
    world.give("a.nessus", nessus(item()))
    assert world.store.visited() == 0
    assert world.store.never_seen() == ("web-1",)
