"""Scores, the table of BOD 26-04, and what a member carries."""

import csv
import json
import re

import pytest

from checks.advisories.bod2604 import exposed_of, row_of
from checks.advisories.cvss import band, base_score
from checks.advisories.grouping import Action, cleared_by
from checks.advisories.judging import Hit
from checks.advisories.library import Advisories
from checks.advisories.model import Cve, Epss, Exploited, Ssvc
from checks.advisories.rating import Rater
from checks.advisories.verdict import Verdict
from checks.finding import Severity
from tests.checks.advisories.made import feed, one_feed
from tests.checks.advisories.real import raw
from tests.data import folder

BASE = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


@pytest.mark.parametrize(
    ("vector", "score"),
    [  # examples of FIRST's "CVSS v3.1 Examples"
        (BASE, 9.8),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:L", 4.2),
        ("CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", 7.8),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        (BASE + "/E:P/RL:O", 9.8),  # the base score leaves temporal metrics out
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", None),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", None),
        (BASE.replace("/A:H", ""), None),
        (BASE + "/A:N", None),
        (BASE.replace("AV:N", "AV:X"), None),
        ("", None),
        ("CVSS:3.1/" + "A:B/" * 10_000, None),
    ],
)
def test_base_score(vector: str, score: float | None) -> None:
    assert base_score(vector) == score


@pytest.mark.data
def test_base_score_of_thousands_of_published_ones() -> None:
    text = raw("ubuntu-cve-tracker-bionic-noble.jsonl.zst").decode()
    pairs = set(re.findall(r"(CVSS:3\.[01]/[A-Z:/]+) \[([0-9.]+) [A-Z]+\]", text))
    wrong = [(vector, score) for vector, score in pairs if base_score(vector) != float(score)]
    assert len(pairs) > 500
    assert wrong == []


@pytest.mark.parametrize(
    ("score", "severity"),
    [
        (10.0, "critical"),
        (9.0, "critical"),
        (8.9, "high"),
        (7.0, "high"),
        (6.9, "medium"),
        (4.0, "medium"),
        (3.9, "low"),
        (0.1, "low"),
        (0.0, "info"),
    ],
)
def test_bands(score: float, severity: str) -> None:
    assert band(score).value == severity


@pytest.mark.data
def test_the_rows_are_cisas() -> None:
    with (folder() / "policy" / "cisa_bod_26_04_1_0_0.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert len(rows) == 16
    for number, kev, exposed, automatable, impact, within in rows:
        row = row_of(kev == "yes", exposed == "yes", automatable == "yes", impact == "total")
        assert (str(row.number), row.within, row.assumed) == (number, within.replace("&", "and"), ())


@pytest.mark.data
def test_cisas_table_has_no_default_and_lists_the_least_first() -> None:
    document = json.loads((folder() / "policy" / "cisa_bod_26_04_1_0_0.json").read_text())
    first = {key: point["values"][0]["key"] for key, point in document["decision_points"].items()}
    assert [first[key] for key in ("cisa:KEV:1.0.0", "cisa:PE:1.0.0", "ssvc:A:2.0.0", "ssvc:TI:1.0.0")] == [
        "N",
        "N",
        "N",
        "P",
    ]
    assert "default" not in json.dumps(document).lower()


def test_unknown_inputs_are_the_least_and_are_named() -> None:
    row = row_of(True, None, None, True)
    assert (row.number, row.within, row.assumed) == (8, "14 days", ("not publicly exposed", "not automatable"))
    assert [exposed_of(word) for word in ("internet", "internal", "third-party", None)] == [True, False, False, None]


ABOUT = {
    "cve": {"CVE-1": Cve("CVE-1", "", BASE, "nvd"), "CVE-2": Cve("CVE-2", vector_v4="CVSS:4.0/AV:N")},
    "kev": {"CVE-1": Exploited("2026-01-02", "2026-01-23", True, "a bug")},
    "epss": {"CVE-1": Epss(0.5, 0.99, "2026-03-01")},
    "ssvc": {"CVE-1": Ssvc("active", True, True)},
}
FEED = feed("debian:12", {}, about=ABOUT)


def hit(cve: str, fixed: str = "2", verdict: Verdict = Verdict.FIX_AVAILABLE, severity: str = "") -> Hit:
    return Hit(cve, verdict, f"DSA-{cve}", fixed, severity=severity)


def test_a_member_says_all_that_is_known() -> None:
    member = Rater(FEED, "internet").member(hit("CVE-1", severity="low"))
    assert member.severity is Severity.CRITICAL  # the score comes before the vendor's word
    assert dict(member.attributes) == {
        "advisory": "DSA-CVE-1",
        "fixed": "2",
        "vendor_severity": "low",
        "vector": BASE,
        "vector_source": "nvd",
        "score": "9.8",
        "kev": "2026-01-02",
        "kev_due": "2026-01-23",
        "kev_ransomware": "yes",
        "epss": "0.50000",
        "epss_percentile": "0.99000",
        "epss_day": "2026-03-01",
        "exploitation": "active",
        "automatable": "yes",
        "total": "yes",
        "bod": "3 days and forensic investigation",
        "bod_row": "15",
    }


@pytest.mark.parametrize(
    ("cve", "word", "severity"),
    [
        ("CVE-2", "important", "high"),
        ("CVE-9", "moderate", "medium"),
        ("CVE-9", "negligible", "info"),
        ("CVE-9", "", None),
    ],
)
def test_the_vendors_word_where_nobody_scored(cve: str, word: str, severity: str | None) -> None:
    member = Rater(FEED, None).member(hit(cve, severity=word))
    assert (member.severity.value if member.severity else None) == severity


def test_exploitation_never_changes_severity() -> None:
    exploited = feed("debian:12", {}, about={"kev": {"CVE-9": Exploited("2026-01-02", "", False, "")}})
    plain, kev = (Rater(one, None).member(hit("CVE-9", severity="low")) for one in (FEED, exploited))
    assert plain.severity is kev.severity is Severity.LOW
    assert (kev.attributes["bod"], kev.attributes["bod_row"]) == ("14 days", "1")


def test_not_in_kev_needs_a_kev_feed() -> None:
    without = feed("debian:12", {})
    assert "not in KEV" in Rater(without, "internal").member(hit("CVE-9")).attributes["bod_assumed"]
    assert "not in KEV" not in Rater(FEED, "internal").member(hit("CVE-9")).attributes["bod_assumed"]


def test_an_advisory_without_a_cve_has_no_row() -> None:
    assert "bod" not in Rater(FEED, None).member(hit("DSA-9-1")).attributes


def test_one_action_clears_all_and_is_as_bad_as_its_worst() -> None:
    hits = [hit("CVE-9", "1.9", severity="low"), hit("CVE-1", "1.10"), hit("CVE-3", "", Verdict.NO_VENDOR_FIX)]
    cleared = cleared_by(hits, {Verdict.FIX_AVAILABLE}, Rater(FEED, None), "deb")
    assert cleared is not None
    action = Action("a", ("a 1.0",), cleared)
    assert (action.target, action.severity, [m.id for m in action.members]) == (
        "1.10",
        Severity.CRITICAL,
        ["CVE-1", "CVE-9"],
    )
    assert cleared.words == "2 known weaknesses (CVE-1, CVE-9; 1 exploited by CISA's list)"


def test_one_cve_in_two_packages_counts_once_by_the_higher_fix() -> None:
    hits = [hit("CVE-1", "1.9"), hit("CVE-1", "1.10"), hit("CVE-1", "", Verdict.NO_VENDOR_FIX)]
    action = cleared_by(hits, {Verdict.FIX_AVAILABLE}, Rater(FEED, None), "deb")
    assert action is not None
    assert [member.attributes["fixed"] for member in action.members] == ["1.10"]
    assert cleared_by(hits, {Verdict.NO_VENDOR_FIX}, Rater(FEED, None), "deb") is None


LOWER = "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N"  # 3.1
V4_ONLY = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"


@pytest.mark.parametrize(
    ("vectors", "own", "severity", "score", "source"),
    [
        ({"nvd": BASE, "debian": LOWER}, "debian", "low", "3.1", "debian"),
        ({"debian": LOWER, "nvd": BASE}, "debian", "low", "3.1", "debian"),
        ({"nvd": BASE, "debian": LOWER}, "ubuntu", "critical", "9.8", "nvd"),
        ({"debian": "", "nvd": BASE}, "debian", "critical", "9.8", "nvd"),
        ({"debian": BASE[:18], "nvd": LOWER}, "debian", "low", "3.1", "nvd"),
    ],
    ids=["own first", "own first in any order", "of another distribution", "own without one", "own that is broken"],
)
def test_whose_score_counts(vectors: dict[str, str], own: str, severity: str, score: str, source: str) -> None:
    feeds = [
        one_feed(f"{name}:1", {}, about={"cve": {"CVE-1": Cve("CVE-1", "", vector, name if vector else "")}})
        for name, vector in vectors.items()
    ]
    member = Rater(Advisories(feeds), None, frozenset({own})).member(hit("CVE-1", severity="important"))
    assert member.severity is not None
    told = (member.severity.value, member.attributes["score"], member.attributes["vector_source"])
    assert told == (severity, score, source)


@pytest.mark.parametrize(
    ("vector", "fault"), [(BASE[:18], "it lacks PR, UI, S, C, I, A"), (V4_ONLY, "version 4.0 is another scale")]
)
def test_a_vector_without_a_score_is_told_and_the_word_counts(vector: str, fault: str) -> None:
    feeds = feed("debian:12", {}, about={"cve": {"CVE-1": Cve("CVE-1", "", vector, "debian")}})
    member = Rater(feeds, None).member(hit("CVE-1", severity="important"))
    assert member.severity is Severity.HIGH
    assert (member.attributes["vector"], member.attributes["vector_fault"]) == (vector, fault)
    assert "score" not in member.attributes
