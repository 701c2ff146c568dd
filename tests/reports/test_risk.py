"""What the reports hand to the rules of risk, and how they count and tell what comes back."""

import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.check import Theme
from checks.finding import HOST, Member, Severity, Subject
from checks.risk import Level, Override, Risk
from checks.risk_rules import parse, shipped
from inventory.asset import Asset, Become, Connection, Viewpoint
from inventory.estate import Service, Site
from inventory.policy import Isolation
from reports import counting, risk_text
from reports.formats import FORMATS
from reports.report import Issue, Occurrence, ReportData
from reports.risk import Basis, rated
from scanner.cli.risk import told
from scanner.service.risk_explained import Explained
from tests.reports.sample import basis_of, dark, empty, hostile, sample
from tests.reports.sample_risk import MEMBERS, UPDATE, WEB, basis, issue, member, occurrence

PAGE = (Path(__file__).parents[2] / "docs" / "risk.md").read_text("utf-8")
LOWERED = "R7 isolated, attested by R. Osei"
ISOLATION = Isolation("plant", "R. Osei", "PT-7", date(2027, 1, 1), hosts=("web-1",))
HIDDEN = replace(WEB, exposure="isolated", site="plant", seen_from=Viewpoint("Plant floor"))
PLANT = {"plant": Site("plant", "Plant floor")}
QUIET = member("CVE-2026-1", Severity.HIGH, score="7.5", epss="0.00100")


def risk_of(one: Issue, by: Basis) -> Risk:
    (made,) = rated([one], by)
    (found,) = made.occurrences
    assert found.risk is not None
    return found.risk


def test_the_worked_example_of_the_page() -> None:
    (made,) = rated([issue(occurrence(*MEMBERS))], basis())
    lines = told(Explained(1, made, made.occurrences[0], shipped()))
    blocks = re.findall(r"```\n(.*?)\n```", PAGE, re.DOTALL)
    assert "\n".join(lines) in blocks, "\n".join(lines)


def test_the_file_of_ones_own_on_the_page_can_be_used() -> None:
    (text,) = re.findall(r"```yaml\n(version:.*?)```", PAGE, re.DOTALL)
    assert parse(text, "risk.yaml").off


@pytest.mark.parametrize(
    ("one", "level", "part"),
    [
        pytest.param(issue(occurrence(*MEMBERS)), "critical", "CVE-2026-1002", id="by its worst CVE"),
        pytest.param(issue(occurrence(severity=None)), "unrated", "", id="an update that only the host lists"),
        pytest.param(
            issue(occurrence(member("CVE-1", None), member("CVE-2", Severity.MEDIUM), severity=Severity.MEDIUM)),
            "unrated",
            "CVE-1",
            id="one that nobody rated among others",
        ),
        pytest.param(
            issue(occurrence(subject=HOST, severity=None), theme=Theme.WEAK_CONFIG), "high", "", id="an own rating"
        ),
        pytest.param(
            issue(occurrence(subject=HOST, severity=None), theme=Theme.FIRMWARE), "high", "", id="a setting of a patch"
        ),
        pytest.param(
            issue(
                occurrence(member("CVE-1", Severity.CRITICAL), member("CVE-2", None), severity=Severity.INFO),
                theme=Theme.NO_VENDOR_FIX,
            ),
            "info",
            "CVE-1",
            id="no fix: told apart",
        ),
        pytest.param(
            issue(
                occurrence(member("CVE-1", Severity.CRITICAL, kev="2026-01-01"), severity=Severity.INFO),
                theme=Theme.NO_VENDOR_FIX,
            ),
            "critical",
            "CVE-1",
            id="no fix, exploited",
        ),
        pytest.param(
            issue(occurrence(Member("x", "third-party package: no advisory source"), severity=Severity.LOW)),
            "low",
            "",
            id="a package that nobody speaks of is no weakness",
        ),
        pytest.param(
            issue(occurrence(member("CVE-1", Severity.LOW, score="x", epss="nan"), severity=Severity.LOW)),
            "low",
            "CVE-1",
            id="numbers that are none",
        ),
    ],
)
def test_what_a_finding_is_rated_by(one: Issue, level: str, part: str) -> None:
    risk = risk_of(one, basis())
    assert (risk.level.value, risk.part) == (level, part)
    assert rated([one], basis())[0].severity is one.severity, "severity is never moved"


def test_criticality_is_the_assets_else_its_services() -> None:
    one = issue(occurrence(QUIET))
    services = {"casefile": Service("casefile", "Case File", criticality=4)}
    asset = replace(WEB, criticality=None, service="casefile")
    assert risk_of(one, basis(asset, services=services)).level is Level.CRITICAL
    assert risk_of(one, basis(replace(asset, criticality=1), services=services)).level is Level.HIGH
    assert risk_of(one, basis(asset)).lines[0].startswith("R8 criticality not known, treated as 3 of 4")


@pytest.mark.parametrize(
    ("asset", "device", "expected"),
    [
        (replace(WEB, roles=("Firewall",)), "", True),
        (replace(WEB, roles=("web",)), "", False),
        (WEB, "FortiOS", True),
        (WEB, "pfsense CE", True),
        (WEB, "IOS", False),
    ],
)
def test_what_is_a_security_device(asset: Asset, device: str, expected: bool) -> None:
    one = issue(occurrence(member("CVE-1", Severity.LOW), severity=Severity.LOW))
    assert (risk_of(one, basis(asset, device=device)).level is Level.HIGH) is expected


def test_isolation_counts_where_nobody_has_shown_otherwise() -> None:
    one = issue(occurrence(QUIET))
    inside = basis(HIDDEN, isolations=(ISOLATION,), sites=PLANT)
    assert risk_of(one, inside).lines[0].startswith(LOWERED)
    assert risk_of(one, inside).level is Level.MEDIUM
    assert risk_of(one, basis(HIDDEN, sites=PLANT)).level is Level.HIGH, "nobody attested it"


@pytest.mark.parametrize(
    ("asset", "isolation", "why"),
    [
        (
            replace(HIDDEN, seen_from=Viewpoint("Office")),
            ISOLATION,
            "attested as isolated, but this scan reached it from Office",
        ),
        (
            replace(HIDDEN, seen_from=Viewpoint()),
            ISOLATION,
            "attested as isolated, but this scan reached it from a place that the inventory does not name",
        ),
        (
            HIDDEN,
            replace(ISOLATION, review=date(2026, 11, 22)),
            "the attestation plant was to be reviewed by 2026-11-22",
        ),
    ],
)
def test_isolation_that_does_not_count_is_told(asset: Asset, isolation: Isolation, why: str) -> None:
    risk = risk_of(issue(occurrence(QUIET)), basis(asset, isolations=(isolation,), sites=PLANT))
    assert (risk.level, risk.notes) == (Level.HIGH, (f"R7 does not apply: {why}",))


@pytest.mark.parametrize(
    "way", [Connection("local", "localhost"), Connection("ssh", "192.0.2.1", bastion="jump", become=Become.NONE)]
)
def test_a_look_from_inside_contradicts_nothing(way: Connection) -> None:
    asset = replace(HIDDEN, seen_from=Viewpoint("Office"), connection=way)
    risk = risk_of(issue(occurrence(QUIET)), basis(asset, isolations=(ISOLATION,), sites=PLANT))
    assert risk.level is Level.MEDIUM


def test_isolation_of_a_host_that_was_not_reached_stands() -> None:
    asset = replace(HIDDEN, seen_from=Viewpoint("Office"))
    by = basis(asset, reached=False, isolations=(ISOLATION,), sites=PLANT)
    assert risk_of(issue(occurrence(QUIET)), by).level is Level.MEDIUM


@pytest.mark.parametrize(
    ("listed", "said", "level"),
    [
        ("2026-03-02", "support of Debian ended on 2026-03-01", "critical"),
        ("2026-02-28", "support of Debian ended on 2026-03-01", "high"),
        ("2026-04-01", "support of Debian ended on 2022-01-01, its extension on 2026-05-01", "high"),
        ("2020-01-01", "support of Debian has ended", "critical"),
    ],
)
def test_what_cisa_listed_after_the_end_of_support_counts(listed: str, said: str, level: str) -> None:
    ended = replace(occurrence(subject=HOST, severity=None), observed=said, ref="EC-0002")
    issues = [
        issue(ended, theme=Theme.UNSUPPORTED, check_id="linux.eol.os-release"),
        issue(occurrence(member("CVE-2026-9", Severity.LOW, kev=listed), severity=Severity.LOW)),
    ]
    assert rated(issues, basis(replace(WEB, exposure="internal")))[0].level.value == level


def test_exploitation_of_another_product_says_nothing_of_this_one() -> None:
    ended = replace(occurrence(subject=Subject("software", "php 8.1"), severity=None), observed="ended on 2026-03-01")
    listed = occurrence(member("CVE-2026-9", Severity.LOW, kev="2026-06-01"), severity=Severity.LOW)
    eol = issue(ended, theme=Theme.UNSUPPORTED, check_id="linux.eol.runtime-php-python-java-node")
    inside = basis(replace(WEB, exposure="internal"))
    assert rated([eol, issue(listed)], inside)[0].level is Level.HIGH
    php = issue(replace(listed, subject=Subject("package", "php8.1")))
    assert rated([eol, php], inside)[0].level is Level.CRITICAL


def test_an_override_counts_for_its_finding_alone() -> None:
    override = Override(Level.LOW, "A. Mensah", "accreditor", "filtered", date(2026, 12, 1))
    risk = risk_of(issue(occurrence(QUIET)), basis(overrides={"f" * 64: override}))
    assert (risk.computed, risk.level) == (Level.HIGH, Level.LOW)
    assert risk_of(issue(occurrence(QUIET)), basis(overrides={"e" * 64: override})).level is Level.HIGH


# counting


def _adds_up(data: ReportData) -> None:
    issues = data.issues
    total = counting.units(issues)
    for table in (counting.by_severity(issues), counting.by_risk(issues)):
        assert sum(u.issues for u in table.values()) == total.issues
        assert sum(u.occurrences for u in table.values()) == total.occurrences
        assert all(u.root_causes <= u.issues <= u.occurrences for u in table.values())
    by_theme = counting.by_theme_risk(issues)
    assert sum(u.occurrences for row in by_theme.values() for u in row.values()) == total.occurrences
    assert sum(u.root_causes for u in _rows_of_themes(issues)) == total.root_causes
    assert sum(counting.assets_by_worst_risk(issues).values()) == total.assets
    assert sum(counting.assets_by_worst(issues).values()) == total.assets
    share = counting.patch_share_by_risk(issues, data.checks)
    assert share.part <= share.whole
    assert len(share.refs) == share.part


def _rows_of_themes(issues: Sequence[Issue]) -> list[counting.Units]:
    return [counting.units(i for i in issues if i.check.theme is theme) for theme in Theme]


@pytest.mark.parametrize("case", [sample, hostile, empty, dark])
def test_all_units_add_up(case: "type[ReportData]") -> None:
    _adds_up(case())


LEVELS = st.sampled_from(list(Severity))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abc"), LEVELS, st.booleans()), max_size=25))
def test_all_units_add_up_whatever_was_found(found: list[tuple[int, str, Severity, bool]]) -> None:
    groups: dict[str, list[Occurrence]] = {}
    for number, (asset, package, severity, kev) in enumerate(found):
        one = member(f"CVE-{number}", severity, **({"kev": "2026-01-01"} if kev else {}))
        made = occurrence(one, subject=Subject("package", package), severity=severity)
        groups.setdefault(package, []).append(replace(made, ref=f"EC-{number:04}", asset_uid=f"uid-{asset}"))
    asset = basis().assets["uid-1"]
    by = replace(basis(), assets={f"uid-{n}": replace(asset, uid=f"uid-{n}") for n in range(6)})
    issues = rated([Issue(UPDATE, tuple(seen), seen[0].subject) for seen in groups.values()], by)
    _adds_up(replace(sample(0), issues=issues))
    before = {
        package: max(seen, key=lambda o: -o.severity.rank if o.severity else 0) for package, seen in groups.items()
    }
    assert len(before) == len(issues)
    for made_issue in issues:
        assert made_issue.level.rank <= Level(made_issue.severity.value).rank, "these rules only raise"


def test_the_sentence_has_all_units() -> None:
    many = counting.Units(25, 412, 131, 19)
    assert risk_text.all_units(many, "critical") == (
        "25 critical issues (412 occurrences on 131 assets, 19 root causes)"
    )
    assert (
        risk_text.all_units(counting.Units(1, 1, 1, 1), "high")
        == "1 high issue (1 occurrence on 1 asset, 1 root cause)"
    )


def test_a_root_cause_is_a_theme_and_a_product() -> None:
    def setting(check_id: str) -> Issue:
        one = issue(occurrence(subject=HOST, severity=None), theme=Theme.WEAK_CONFIG)
        return replace(one, check=replace(one.check, id=check_id), subject=None)

    ssh = [setting("linux.ssh.a"), setting("linux.ssh.b")]
    assert counting.units([*ssh, setting("linux.acct.a"), issue(occurrence(*MEMBERS))]).root_causes == 3


def test_patches_by_risk_and_by_severity_are_two_sentences() -> None:
    data = sample()
    assert risk_text.patches(data).startswith("By risk, ")
    assert "stem from missing security and firmware patches" in risk_text.patches(data)
    assert counting.patch_share_by_risk(data.issues, data.checks) != counting.patch_share(data.issues, data.checks)


# telling


def told_in(name: str, data: ReportData) -> str:
    out = io.BytesIO()
    FORMATS[name].render(data, out)
    return out.getvalue().decode()


def test_each_format_tells_both_totals_and_the_rules() -> None:
    data = sample()
    page, terminal, document = (told_in(name, data) for name in ("html", "terminal", "json"))
    assert "By severity" in page
    assert "By risk" in page
    assert shipped().digest in page
    assert "By risk: " in " ".join(terminal.split())
    plain = json.loads(document)
    assert plain["risk_rules"]["digest"] == shipped().digest
    assert plain["counts"]["by_risk"].keys() == {level.value for level in Level}
    for told_issue, made in zip(plain["issues"], data.issues, strict=True):
        assert told_issue["level"] == made.level.value
        for shown, known in zip(told_issue["occurrences"], made.occurrences, strict=True):
            assert known.risk is not None
            assert plain["risks"][shown["risk"]]["lines"] == list(known.risk.lines)


def test_the_lines_stand_at_the_finding() -> None:
    data = sample()
    moved = next(o for i in data.issues for o in i.occurrences if o.risk and o.risk.moved)
    assert moved.risk is not None
    page = told_in("html", data)
    row = page[page.index(f'<tr id="{moved.ref}">') :].partition("</tr>")[0]
    assert all(line.replace(">", "&gt;") in row for line in moved.risk.lines)


def test_a_report_without_rules_says_nothing_of_risk() -> None:
    data = sample()
    bare = [replace(i, occurrences=tuple(replace(o, risk=None) for o in i.occurrences)) for i in data.issues]
    without = replace(data, issues=tuple(bare), risk_rules=None)
    assert "By risk" not in told_in("html", without)
    assert "By risk" not in told_in("terminal", without)
    assert json.loads(told_in("json", without))["risk_rules"] is None


def test_old_evidence_with_old_rules_gives_the_old_report() -> None:
    data = sample()
    newer = parse('version: "2"\ndate: "2027-01-01"\nsource: test\nrules:\n  R4: {criticality: 1}\n', "risk.yaml")
    changed = replace(data, issues=rated(data.issues, basis_of(data.assets, newer)), risk_rules=newer)
    assert told_in("json", changed) != told_in("json", data)
    again = replace(changed, issues=rated(changed.issues, basis_of(data.assets)), risk_rules=shipped())
    assert told_in("json", again) == told_in("json", data)
