"""KEV, EPSS, SSVC, endoflife.date, Debian's lists and Windows updates, in files made for it; telling formats apart."""

import json
from typing import Any

import pytest

from checks.advisories import support
from checks.advisories.formats import DECODERS, Decoded, recognise
from checks.advisories.model import Epss, Exploited, FeedContentError, Ssvc, line_of
from checks.advisories.table import Table


def decode(form: str, *files: tuple[str, bytes | str]) -> Decoded:
    plain = [(name, data if isinstance(data, bytes) else data.encode()) for name, data in files]
    return DECODERS[form].decode(plain, form)


def row(decoded: Decoded, table: str, key: str) -> Any:  # noqa: ANN401  # whatever the row holds
    found = Table(decoded.tables[table]).get(key)
    return None if found is None else json.loads(found)


KEV = {
    "title": "CISA Catalog of Known Exploited Vulnerabilities",
    "catalogVersion": "2026.08.07",
    "dateReleased": "2026-08-07T16:45:47.0648Z",
    "count": 2,
    "vulnerabilities": [
        {
            "cveID": "CVE-2026-0001",
            "vendorProject": "Vendor",
            "product": "Product",
            "vulnerabilityName": "A flaw",
            "dateAdded": "2026-08-07",
            "dueDate": "2026-08-10",
            "knownRansomwareCampaignUse": "Known",
        },
        {"cveID": "CVE-2026-0002", "dateAdded": "2026-08-01", "knownRansomwareCampaignUse": "Unknown"},
    ],
}


def test_kev() -> None:
    decoded = decode("kev", ("kev.json", json.dumps(KEV)))
    assert Exploited(*row(decoded, "kev", "CVE-2026-0001")) == Exploited(
        "2026-08-07", "2026-08-10", True, "A flaw", "Vendor", "Product"
    )
    assert Exploited(*row(decoded, "kev", "CVE-2026-0002")) == Exploited("2026-08-01", "", False, "")
    assert (decoded.records, decoded.snapshot.isoformat()) == (2, "2026-08-07")


def test_kev_that_was_cut_short_is_refused() -> None:
    with pytest.raises(FeedContentError, match="tells of 3 entries and has 2"):
        decode("kev", ("kev.json", json.dumps(KEV | {"count": 3})))
    with pytest.raises(FeedContentError, match="is no JSON"):
        decode("kev", ("kev.json", json.dumps(KEV)[:-10]))
    with pytest.raises(FeedContentError, match="holds no CVE"):
        decode("kev", ("kev.json", json.dumps(KEV | {"count": 0, "vulnerabilities": []})))
    with pytest.raises(FeedContentError, match="is 2 files"):
        decode("kev", ("a", "{}"), ("b", "{}"))


EPSS = "cve,epss,percentile\nCVE-2026-0001,0.18126,0.96946\nCVE-2026-0002,1,1.0\nCVE-2026-0003,9.1e-05,0\n"
COMMENT = "#model_version:v2025.03.14,score_date:2026-08-16T12:00:00Z\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.csv", COMMENT + EPSS), ("epss_scores-2026-08-16.csv", EPSS), ("epss-20260816.csv", EPSS)],
    ids=["comment", "name", "short name"],
)
def test_epss_knows_its_day(name: str, text: str) -> None:
    decoded = decode("epss", (name, text))
    assert Epss(*row(decoded, "epss", "CVE-2026-0001")) == Epss(0.18126, 0.96946, "2026-08-16")
    assert Epss(*row(decoded, "epss", "CVE-2026-0003")) == Epss(9.1e-05, 0.0, "2026-08-16")
    assert (decoded.records, decoded.snapshot.isoformat()) == (3, "2026-08-16")


def test_epss_rows_are_what_the_model_writes() -> None:
    found = Table(decode("epss", ("epss-20260816.csv", EPSS)).tables["epss"]).get("CVE-2026-0001")
    assert found == line_of(Epss(0.18126, 0.96946, "2026-08-16")).encode()


def test_epss_of_no_day_is_refused() -> None:
    with pytest.raises(FeedContentError, match="of which day"):
        decode("epss", ("scores.csv", EPSS))


@pytest.mark.parametrize(
    "line",
    [
        *(f"CVE-2026-9999,{score},0.5" for score in ("1.2", "-1", "nan", "inf", "", "0x1", ".", "1e99", "0" * 100)),
        *("CVE-2026-9999,0.1", "CVE-2026-9999,0.1,0.2,0.3", "x,0,0", "\x00"),
    ],
)
def test_epss_that_is_no_share_is_a_bad_line(line: str) -> None:
    good = "".join(f"CVE-2025-{n:04},0.1,0.2\n" for n in range(200))
    decoded = decode("epss", ("epss-20260816.csv", f"{good}{line}\n"))
    assert (decoded.records, decoded.skipped) == (200, {"unreadable": 1})


def test_ssvc_in_any_case() -> None:
    text = "cve,exploitation,automatable,technical_impact,kev_date\n"
    text += "CVE-2026-0001,Active,YES,total,2024-10-24\nCVE-2026-0002,none,no,Partial,\n"
    decoded = decode("ssvc", ("ssvc.csv", text))
    assert Ssvc(*row(decoded, "ssvc", "CVE-2026-0001")) == Ssvc("active", True, True)
    assert Ssvc(*row(decoded, "ssvc", "CVE-2026-0002")) == Ssvc("none", False, False)
    assert (decoded.snapshot.isoformat(), decoded.dated) == ("2024-10-24", False)
    with pytest.raises(FeedContentError, match="decision points 'burning, yes, total' are not known"):
        decode("ssvc", ("ssvc.csv", text + "CVE-2026-0003,burning,yes,total,\n"))


def _vulnrichment(cve: str, options: object) -> tuple[str, str]:
    content = {"id": cve, "options": options, "timestamp": "2026-02-04T14:25:34.416117Z"}
    metrics = [
        {"cvssV3_1": {}},
        {"other": {"type": "kev", "content": {}}},
        {"other": {"type": "ssvc", "content": content}},
    ]
    record = {
        "dataType": "CVE_RECORD",
        "cveMetadata": {"cveId": cve},
        "containers": {"cna": {}, "adp": [{"title": "CVE Program Container"}, {"metrics": metrics}]},
    }
    return f"2026/{cve}.json", json.dumps(record)


def test_vulnrichment_records_in_both_forms() -> None:
    pairs = {"Exploitation": "poc", "Automatable": "yes", "Technical Impact": "partial"}
    bare = {"dataType": "CVE_RECORD", "cveMetadata": {"cveId": "CVE-2026-0003"}, "containers": {"cna": {}}}
    decoded = decode(
        "vulnrichment",
        ("README.md", "#"),
        _vulnrichment("CVE-2026-0001", [{key: value} for key, value in pairs.items()]),
        _vulnrichment("CVE-2026-0002", pairs),
        ("2026/CVE-2026-0003.json", json.dumps(bare)),
    )
    assert Ssvc(*row(decoded, "ssvc", "CVE-2026-0001")) == Ssvc("poc", True, False)
    assert Ssvc(*row(decoded, "ssvc", "CVE-2026-0002")) == Ssvc("poc", True, False)
    assert decoded.skipped == {"record without decision points": 1}
    assert decoded.snapshot.isoformat() == "2026-02-04"


OLD = {"releaseCycle": "11", "releaseDate": "2021-08-14", "eol": "2024-08-14", "eoes": "2026-08-31", "latest": "11.11"}
DUMP = {
    "source": "endoflife-date/endoflife.date a70eca33 2026-08-22 (MIT)",
    "products": {
        "debian": {"releases": [OLD], "identifiers": [{"cpe": "cpe:/o:debian:debian_linux"}]},
        "rocky-linux": {"releases": [OLD | {"releaseCycle": "9"}]},
        "odd": {
            "releases": [
                {"releaseCycle": "4", "releaseDate": "2020-01-01", "eol": False, "eoes": True, "eoas": "2021-01-01"},
                {"releaseCycle": "3", "releaseDate": "2019-01-01", "eol": True, "latestReleaseDate": "2019-06-01"},
                {"releaseCycle": "2", "releaseDate": "2018-01-01", "eol": True},
            ],
            "identifiers": [{"purl": "pkg:npm/odd"}, {"repology": "odd"}],
        },
    },
}
API = {
    "schema_version": "1.2.1",
    "generated_at": "2026-08-22T00:10:00+00:00",
    "total": 1,
    "result": [
        {
            "name": "debian",
            "identifiers": [{"id": "cpe:/o:debian:debian_linux", "type": "cpe"}],
            "releases": [
                {
                    "name": "11",
                    "releaseDate": "2021-08-14",
                    "isEol": True,
                    "eolFrom": "2024-08-14",
                    "isEoes": False,
                    "eoesFrom": "2026-08-31",
                    "latest": {"name": "11.11", "date": "2024-08-31"},
                },
                {"name": "1.0", "releaseDate": None, "isEol": True, "eolFrom": None, "latest": None},
                {"name": "14", "isEol": False, "eolFrom": None},
            ],
        }
    ],
}


def _cycles(decoded: Decoded, product: str) -> dict[str, support.Cycle]:
    data = Table(decoded.tables["support"]).get("support")
    assert data is not None
    return {cycle.cycle: cycle for cycle in support.decode(data).cycles[product]}


@pytest.mark.parametrize("document", [DUMP, API], ids=["dump", "api"])
def test_free_support_is_the_regular_end_and_everything_else_is_an_extension(document: dict[str, Any]) -> None:
    decoded = decode("endoflife", ("full", json.dumps(document)))
    found = _cycles(decoded, "debian")["11"]
    assert (str(found.ends), str(found.extended_ends), str(found.released)) == (
        "2024-08-14",
        "2026-08-31",
        "2021-08-14",
    )
    assert found.latest == "11.11"
    assert decoded.snapshot.isoformat() == "2026-08-22"
    assert row(decoded, "products", "cpe:cpe:/o:debian:debian_linux") == ["debian"]


def test_truth_values_instead_of_days() -> None:
    found = _cycles(decode("endoflife", ("full", json.dumps(DUMP))), "odd")
    assert (found["4"].ends, found["4"].extended_ends) == (None, None)
    assert str(found["3"].ends) == "2019-06-01"  # it has ended, on a day that is not told: not "supported"
    assert str(found["2"].ends) == "2018-01-01"
    api = _cycles(decode("endoflife", ("full", json.dumps(API))), "debian")
    assert str(api["1.0"].ends) == "1970-01-01"
    assert api["14"].ends is None


def test_our_checks_find_products_by_the_names_of_os_release() -> None:
    data = Table(decode("endoflife", ("full", json.dumps(DUMP))).tables["support"]).get("support")
    found = support.decode(data or b"").cycle("rocky", "9")
    assert found is not None
    assert found.product == "rocky-linux"


def test_a_day_that_is_none_spoils_its_product() -> None:
    odd = {"odd": {"releases": [{"releaseCycle": "1", "eol": "2026-13-01"}]}}
    document = json.dumps(DUMP | {"products": {"debian": {"releases": [OLD]}, **odd}})
    with pytest.raises(FeedContentError, match=r"1 of 2 records are unreadable, the first is odd: eol '2026-13-01' is"):
        decode("endoflife", ("full", document))


def test_distro_info_of_both_distributions() -> None:
    debian = (
        "version,codename,series,created,release,eol,eol-lts,eol-elts\n"
        "12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11,2028-06-30,2033-06-30\n"
        "15,Duke,duke,2027-08-01\n"
        ",Sid,sid,1993-08-16\n"
    )
    ubuntu = (
        "version,codename,series,created,release,eol,eol-server,eol-esm,eol-legacy\n"
        "22.04 LTS,Jammy Jellyfish,jammy,2021-10-14,2022-04-21,2027-06-01,2027-06-01,2032-04-21\n"
    )
    decoded = decode("distro-info", ("any.csv", debian), ("other.csv", ubuntu))
    assert row(decoded, "distro-info", "debian:12")["eol-lts"] == "2028-06-30"
    assert row(decoded, "distro-info", "ubuntu:22.04")["eol-esm"] == "2032-04-21"
    assert decoded.skipped == {"release without a number": 1}
    assert (decoded.snapshot.isoformat(), decoded.dated) == ("2021-10-14", False)


def test_debians_lists_of_ended_and_limited_support() -> None:
    ended = "# comment\n\nxen 4.11-1\t2021-08-28  https://example.org see there\nnode-.* 0 2020-02-20\n"
    decoded = decode(
        "debian-support",
        ("a/security-support-ended.deb10", ended),
        ("a/security-support-ended", ended),
        ("a/security-support-limited", "golang.*   See the notes\nadns\n"),
        ("a/README", "x"),
    )
    assert row(decoded, "debian-support", "ended:10") == [
        ["xen", "4.11-1", "2021-08-28", "https://example.org see there"],
        ["node-.*", "0", "2020-02-20", ""],
    ]
    assert row(decoded, "debian-support", "limited") == [["golang.*", "See the notes"], ["adns", ""]]
    assert decoded.releases == ("debian:10",)
    assert decoded.skipped == {"list of ended support that names no release": 1}


@pytest.mark.parametrize(
    "line", ["(a+)+$ 0 2020-01-01", "xen 0", "xen 0 tomorrow", "xen a/b 2020-01-01", ".* 0 2020-01-01"]
)
def test_a_pattern_or_a_day_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(FeedContentError, match="1 of 1 records are unreadable"):
        decode("debian-support", ("security-support-ended.deb10", line + "\n"))


WINDOWS = (
    '"DatePosted","CVE","BulletinKB","Title","AffectedProduct","AffectedComponent",'
    '"Severity","Impact","Supersedes","Exploits"\n'
)


def test_windows_updates_are_one_row_for_a_product() -> None:
    text = WINDOWS + (
        '"20260610","CVE-2026-0001","5030001","a","Windows Server  2022","x","Important","y","5030000;SP1",""\n'
        '"20260610","CVE-2026-0002","5030001","a","Windows Server 2022","x","Low","y","5029999<br>5029998",""\n'
        '"20260617","CVE-2026-0002","5030001","a","windows server 2022","z","Critical","y","",""\n'
        '"20260512","ADV990001","5030000","a","Windows Server 2022","x","Critical","y","",""\n'
        '"20260610","CVE-2026-0002","Release Notes","a, ""b""","Office","x","","y","",""\n'
    )
    decoded = decode("windows-kb", ("CVEs_20260628.csv", b"\xef\xbb\xbf" + text.encode()), ("Custom_2019.csv", "x"))
    stack, update = row(decoded, "windows-updates", "windows server 2022")
    assert update == [
        "5030001",
        "2026-06-10",  # the day that most of its weaknesses were told on
        "",
        [],
        [["critical", ["CVE-2026-0002"]], ["important", ["CVE-2026-0001"]]],
        ["5029998", "5029999", "5030000"],
        ["x", "z"],
    ]
    assert stack == ["5030000", "2026-05-12", "servicing stack", [], [["critical", []]], [], ["x"]]
    assert (len(Table(decoded.tables["windows-updates"])), decoded.records) == (1, 4)
    assert decoded.skipped == {"row without a KB number": 1}


def test_windows_rows_that_do_not_fit_are_bad() -> None:
    with pytest.raises(FeedContentError, match="does not begin with the names"):
        decode("windows-kb", ("CVEs_1.csv", "a,b\n1,2\n"))
    with pytest.raises(FeedContentError, match="not as many fields"):
        decode("windows-kb", ("CVEs_1.csv", WINDOWS + '"20260610","CVE-2026-0001","5030001"\n'))


@pytest.mark.parametrize(
    ("form", "name", "text"),
    [
        ("kev", "known_exploited_vulnerabilities.json", json.dumps(KEV)),
        ("epss", "epss_scores-current.csv", COMMENT + EPSS),
        ("ssvc", "ssvc.csv", "cve,exploitation,automatable,technical_impact,kev_date\n"),
        ("vulnrichment", *_vulnrichment("CVE-2026-0001", {})),
        ("endoflife", "full", json.dumps(API)),
        ("endoflife", "dump.json", json.dumps(DUMP)),
        ("distro-info", "debian.csv", "version,codename,series,created,release,eol\n"),
        ("debian-support", "security-support-limited", "# 1. source package name\n"),
        ("alpine-secdb", "main.json", '{"apkurl": "x", "distroversion": "v3.19"'),
        ("ubuntu-cve-tracker", "u.jsonl", '{"cve":"CVE-1","priority":"low","public":"","cvss":"","packages":{'),
        ("osv-compact", "r.jsonl", '{"id":"RHSA-1","published":"","cves":["CVE-1"],"fixed":{'),
        ("windows-kb", "CVEs_1.csv", WINDOWS),
        ("msrc-cvrf", "2026-Jan.json", '{"DocumentTitle":{"Value":"x"},"IssuingAuthority":{"Value":"Microsoft"}'),
        ("osv", "CVE-1.json", '{\n  "schema_version": "1.7.0",\n  "id": "CVE-1",\n  "details": "' + "x" * 5000),
        ("osv", "ALSA-1.json", '{"id": "ALSA-1", "summary": "x", "affected": ['),
        (None, "README.md", '{"id": "x", "affected": []'),
        (None, "x.json", "[]"),
        (None, "", ""),
    ],
)
def test_formats_are_told_apart_by_their_first_bytes(form: str | None, name: str, text: str) -> None:
    assert recognise(name, text.encode()[:4096]) == form
