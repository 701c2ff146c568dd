"""Small files of every foreign format, made for tests: each holds a fail, where the format has it also a pass."""

import json

NESSUS = """<?xml version="1.0"?>
<NessusClientData_v2><Policy><policyName>Basic</policyName></Policy><Report name="r">
<ReportHost name="web-1"><HostProperties><tag name="HOST_END">Wed Mar 23 15:07:52 2022</tag>
<tag name="host-ip">192.0.2.10</tag>
<tag name="Credentialed_Scan">true</tag><tag name="mac-address">00:00:5E:00:53:01</tag></HostProperties>
<ReportItem port="443" svc_name="www" protocol="tcp" severity="3" pluginID="42873" pluginName="SWEET32"
pluginFamily="General"><cve>CVE-2016-2183</cve><cvss3_vector>CVSS:3.0/AV:N/AC:L</cvss3_vector>
<cvss3_base_score>7.5</cvss3_base_score>
<plugin_output>3DES &amp; more</plugin_output><solution>Switch it off</solution></ReportItem>
<ReportItem port="0" svc_name="general" protocol="tcp" severity="0" pluginID="19506" pluginName="Info"
pluginFamily="Settings"/>
</ReportHost></Report></NessusClientData_v2>
"""
OPENVAS = """<report id="a" format_id="b" content_type="text/xml"><report id="c"><gmp><version>22.4</version></gmp>
<scan_run_status>Done</scan_run_status><scan_start>2026-03-01T10:00:00Z</scan_start><scan_end>2026-03-01T11:00:00Z</scan_end>
<host><ip>192.0.2.10</ip><start>2026-03-01T10:00:00Z</start><end>2026-03-01T11:00:00Z</end>
<detail><name>Auth-SSH-Failure</name><value>Protocol SSH, Port 22, User scan</value></detail></host>
<results start="1" max="1"><result id="d"><name>Old TLS</name><host>192.0.2.10<hostname>web-1</hostname></host>
<port>443/tcp</port><nvt oid="1.3.6.1.4.1.25623.1.0.117274"><name>Old TLS</name><family>SSL and TLS</family>
<cvss_base>4.3</cvss_base><refs><ref type="cve" id="CVE-2011-3389"/></refs>
<tags>cvss_base_vector=AV:N/AC:M|summary=Old</tags></nvt><threat>Medium</threat><severity>4.3</severity>
<description>TLSv1.0</description></result></results>
<errors><error><host>192.0.2.10</host><nvt oid="1.3.6.1.4.1.25623.1.0.900238"><name>Slow</name></nvt>
<description>NVT timed out</description></error></errors></report></report>
"""
OPENVAS_CSV = (
    "IP,Hostname,Port,Port Protocol,CVSS,Severity,NVT Name,NVT OID,CVEs,Timestamp\n"
    '192.0.2.10,web-1,443,tcp,7.5,High,"Old, TLS",1.3.6.1,"CVE-2011-3389,CVE-2013-0169",2026-03-01T10:00:00Z\n'
)
NMAP = """<?xml version="1.0"?>
<!DOCTYPE nmaprun>
<nmaprun scanner="nmap" args="nmap" start="1746624387" version="7.95">
<host starttime="1746624390" endtime="1746624400"><status state="up"/><address addr="192.0.2.10" addrtype="ipv4"/>
<hostnames><hostname name="web-1" type="user"/></hostnames><ports>
<port protocol="tcp" portid="443"><state state="open"/><service name="https" method="probed"/>
<script id="ssl-heartbleed" output="VULNERABLE"><table key="NMAP-1"><elem key="title">Heartbleed</elem>
<elem key="state">VULNERABLE</elem><table key="ids"><elem>CVE:CVE-2014-0160</elem></table></table></script></port>
<port protocol="tcp" portid="80"><state state="closed"/></port></ports></host>
<runstats><finished time="1746624465" exit="success"/></runstats></nmaprun>
"""
XCCDF = """<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="b"><Rule id="r1" severity="high">
<title>No root</title><description>Root must not log in.</description></Rule>
<TestResult id="t" start-time="2026-03-01T10:00:00" end-time="2026-03-01T10:05:00"><benchmark id="b"/>
<identity authenticated="true" privileged="true">root</identity><profile idref="strict"/><target>web-1</target>
<target-address>192.0.2.10</target-address><rule-result idref="r1"><result>fail</result></rule-result>
<rule-result idref="r2" severity="low"><result>pass</result></rule-result></TestResult></Benchmark>
"""
ARF = (
    '<arf:asset-report-collection xmlns:arf="http://scap.nist.gov/schema/asset-reporting-format/1.1"><arf:report>'
    f"<arf:content>{XCCDF}</arf:content></arf:report></arf:asset-report-collection>"
)
LYNIS = """# Lynis Report
report_datetime_start=2026-03-01 10:00:00
lynis_version=3.1.4
hostname=web-1
network_ipv4_address[]=192.0.2.10
suggestion[]=AUTH-9286|Configure minimum password age|-|-|
suggestion[]=AUTH-9286|Configure maximum password age|-|-|
warning[]=LOGG-2138|klogd is not running|-|-|
exception_event[]=BOOT-5104:002|No data|
tests_executed=AUTH-9286|LOGG-2138|SSH-7408|
finish=true
"""
TESTSSL = json.dumps(
    [
        {"id": "SSLv3", "ip": "web-1/192.0.2.10", "port": "443", "severity": "HIGH", "finding": "offered", "cve": ""},
        {"id": "TLS1", "ip": "web-1/192.0.2.10", "port": "443", "severity": "OK", "finding": "not offered"},
        {"id": "ROBOT", "ip": "web-1/192.0.2.10", "port": "443", "severity": "WARN", "finding": "test failed"},
    ]
)
TESTSSL_PRETTY = json.dumps(
    {
        "Invocation": "testssl.sh web-1",
        "version": "3.2",
        "openssl": "OpenSSL 1.0.2",
        "startTime": "1746624387",
        "scanResult": [
            {
                "targetHost": "web-1",
                "ip": "192.0.2.10",
                "port": "443",
                "protocols": [{"id": "SSLv3", "severity": "HIGH", "finding": "offered"}],
                "vulnerabilities": [
                    {"id": "ROBOT", "severity": "OK", "finding": "not vulnerable", "cve": "CVE-2017-17382"}
                ],
            }
        ],
    }
)
TESTSSL_CSV = (
    '"id","fqdn/ip","port","severity","finding","cve","cwe"\n"SSLv3","web-1/192.0.2.10","443","HIGH","offered","",""\n'
)
SSLYZE = json.dumps(
    {
        "sslyze_version": "5.0.1",
        "date_scans_completed": "2026-03-01T10:00:00.5",
        "server_scan_results": [
            {
                "connectivity_status": "COMPLETED",
                "server_location": {"hostname": "web-1", "ip_address": "192.0.2.10", "port": 443},
                "scan_result": {
                    "ssl_3_0_cipher_suites": {
                        "status": "COMPLETED",
                        "result": {"accepted_cipher_suites": [{"cipher_suite": {"name": "X_RC4"}}]},
                    },
                    "heartbleed": {"status": "COMPLETED", "result": {"is_vulnerable_to_heartbleed": False}},
                    "robot": {"status": "ERROR", "error_reason": "TIMEOUT", "result": None},
                },
            }
        ],
    }
)
SSH_AUDIT = json.dumps(
    {
        "banner": {"raw": "SSH-2.0-OpenSSH_8.0"},
        "kex": [{"algorithm": "diffie-hellman-group1-sha1", "notes": {"fail": ["broken"]}}],
        "mac": [{"algorithm": "hmac-sha2-256", "notes": {"warn": ["encrypt-and-MAC"]}}],
        "key": [{"algorithm": "ssh-ed25519"}],
        "enc": [],
        "cves": [{"name": "CVE-2021-41617", "cvssv2": 7.0, "description": "d"}],
        "fingerprints": [{"hash": "k" * 43, "hash_alg": "SHA256"}],
        "target": "web-1:22",
    }
)
TRIVY = json.dumps(
    {
        "SchemaVersion": 2,
        "ArtifactName": "web-1",
        "CreatedAt": "2026-03-01T10:00:00.123456789Z",
        "Results": [
            {
                "Target": "web-1 (debian 12)",
                "Class": "os-pkgs",
                "Type": "debian",
                "Vulnerabilities": [
                    {
                        "VulnerabilityID": "CVE-2024-0001",
                        "PkgName": "openssl",
                        "InstalledVersion": "1",
                        "FixedVersion": "2",
                        "Severity": "HIGH",
                        "SeveritySource": "debian",
                        "CVSS": {"nvd": {"V3Vector": "CVSS:3.1/AV:N", "V3Score": 8.1}},
                    }
                ],
                "Misconfigurations": [{"ID": "DS002", "Status": "PASS", "Severity": "HIGH", "Title": "No root"}],
            }
        ],
    }
)
SARIF = json.dumps(
    {
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "Tool", "rules": [{"id": "R1", "shortDescription": {"text": "Bad"}}]}},
                "invocations": [
                    {"executionSuccessful": True, "machine": "web-1", "endTimeUtc": "2026-03-01T10:00:00Z"}
                ],
                "results": [
                    {"ruleId": "R1", "ruleIndex": 0, "level": "error", "message": {"text": "it is bad"}},
                    {"ruleId": "R2", "kind": "pass", "message": {"text": "it is good"}},
                ],
            }
        ],
    }
)
GENERIC = json.dumps(
    {
        "findings": [
            {
                "title": "Old TLS",
                "severity": "High",
                "description": "d",
                "endpoints": ["https://web-1:443/x"],
                "cve": "CVE-2011-3389",
                "cvssv3": "CVSS:3.1/AV:N",
                "date": "2026-03-01",
            }
        ]
    }
)
GENERIC_CSV = "Title,Severity,Description,CweId,Url,Active\nOld TLS,High,d,310,https://web-1/,TRUE\n"
MANUAL = """tester: Rowan Ashdown
tested: 2026-03-01
findings:
  - host: web-1
    title: A cloned card opens the door
    severity: high
    evidence: It opened
    port: 443/tcp
    cves: [CVE-2024-0001]
"""
MANUAL_CSV = "host,title,severity,evidence,tester,tested\nweb-1,A cloned card,high,It opened,Rowan Ashdown,2026-03-01\n"

# Name in the map of formats -> a file.
SAMPLES: dict[str, str] = {
    "nessus": NESSUS,
    "openvas": OPENVAS,
    "openvas-csv": OPENVAS_CSV,
    "nmap": NMAP,
    "xccdf": XCCDF,
    "arf": ARF,
    "lynis": LYNIS,
    "testssl": TESTSSL,
    "testssl-csv": TESTSSL_CSV,
    "sslyze": SSLYZE,
    "ssh-audit": SSH_AUDIT,
    "trivy": TRIVY,
    "sarif": SARIF,
    "generic": GENERIC,
    "generic-csv": GENERIC_CSV,
    "manual": MANUAL,
    "manual-csv": MANUAL_CSV,
}
