"""The HTML report: well formed, self-contained, safe with hostile text, and honest about what is lacking."""

import base64
import hashlib
import io
import itertools
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files

import pytest
from jinja2 import UndefinedError

from inventory.asset import BY_SNAPSHOT
from reports.formats import FORMATS
from reports.formats import html as html_format
from reports.report import ReportData
from reports.text import safe_text
from reports.views import View, marks, sections, seen
from tests.reports.page import Page
from tests.reports.sample import HOSTILE, dark, empty, hostile, large, sample
from tests.reports.sample_updates import PENDING, UNFIXED

CASES = {
    "sample": sample,
    "hostile": hostile,
    "empty": empty,
    "dark": dark,
    "partial": lambda: replace(sample(), state="partial"),
    "folded": lambda: large(2, 80),
}


def rendered(data: ReportData) -> str:
    out = io.BytesIO()
    FORMATS["html"].render(data, out)
    return out.getvalue().decode()


@pytest.fixture(scope="module", params=CASES)
def document(request: pytest.FixtureRequest) -> str:
    return rendered(CASES[request.param]())


@pytest.fixture(scope="module")
def plain() -> str:
    return rendered(sample())


def test_tags_balance_ids_are_unique_and_links_lead_somewhere(document: str) -> None:
    page = Page(document)
    assert page.faults == []
    assert [i for i, n in page.ids.items() if n > 1] == []
    assert [link for link in page.links if link.startswith("#") and link[1:] not in page.ids] == []
    assert [i for i in page.referred if i not in page.ids] == []


def test_structure_for_assistive_technology(document: str) -> None:
    page = Page(document)
    assert (page.tags["h1"], page.tags["main"], page.tags["header"] > 0, page.tags["nav"], page.tags["footer"]) == (
        1,
        1,
        True,
        1,
        1,
    )
    assert ("html", "lang", "en") in page.attributes
    assert page.children.count(("table", "caption")) == page.tags["table"]
    assert sum(child == ("svg", "title") for child in page.children) == page.tags["svg"]
    assert sum(child == ("svg", "desc") for child in page.children) == page.tags["svg"]
    assert sum(tag == "th" and name == "scope" for tag, name, _ in page.attributes) == page.tags["th"]


def test_nothing_is_loaded_and_nothing_inline_is_refused_by_the_policy(document: str) -> None:
    page = Page(document)
    assert not [
        a for a in page.attributes if a[1] in ("src", "srcset", "style", "data", "action") or a[1].startswith("on")
    ]
    assert not page.tags.keys() & {"img", "link", "iframe", "object", "embed", "base", "video", "audio"}
    assert all(link.startswith(("#", "https://")) for link in page.links)
    assert (page.tags["script"], page.tags["style"]) == (1, 1)
    policy = next(v for t, n, v in page.attributes if t == "meta" and n == "content" and "default-src" in v)
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        inside = re.search(f"<{tag}>(.*?)</{tag}>", document, re.DOTALL)
        assert inside
        assert f"{tag}-src 'sha256-{base64.b64encode(hashlib.sha256(inside[1].encode()).digest()).decode()}'" in policy


def control_characters(text: str) -> Iterator[str]:
    return (c for c in text if c != "\n" and safe_text(c) != c)


def test_no_control_or_bidi_character_gets_through(document: str) -> None:
    assert sorted(set(control_characters(document)) - {"\xad"}) == []  # a soft hyphen is written as &shy;


def test_hostile_text_is_shown_as_text() -> None:
    document = rendered(hostile())
    page = Page(document)
    for text in HOSTILE:
        assert safe_text(" ".join(text.split())) in page.words, text
    assert "alert(1)" not in re.sub(r"&lt;script&gt;alert\(1\)|alert\(1\)&#34;|javascript:alert\(1\)", "", document)
    assert "A" * 1_001 not in document
    assert "more characters)" in page.words


def test_every_finding_and_reference_has_a_deep_link(plain: str) -> None:
    page, data = Page(plain), sample()
    refs = [o.ref for i in data.issues for o in i.occurrences] + [o.ref for o in data.fixed]
    assert refs
    assert [r for r in refs if page.ids[r] != 1 or f"#{r}" not in page.links] == []


def test_an_update_unfolds_to_its_cves(plain: str) -> None:
    page = Page(plain)
    assert page.ids[f"issue-{PENDING}-openssl"] == page.ids[f"issue-{UNFIXED}-glibc"] == 1
    for said in (
        "Security updates are pending: openssl",
        "120 vulnerabilities in it",
        "the first 100 of 120; all are in the JSON report",
        "listed 2025-02-11, due 2025-03-04; used by ransomware EPSS 0.450 (percentile 0.98)",
        "CISA BOD 26-04: 3 days; taken as not automatable",
        "8.1 CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H (fenwick-tracker)",
        "needs esm-infra",
        "Install these 4 updates on 12 assets, and 52 % of the critical and high findings are gone",
        "6 more have no vendor fix and are told apart.",
        "⚑ Exploited (KEV)",
        "41,207",
        "⚠ too old",
        "Too old is the data of firmware releases (183 days)",
    ):
        assert said in page.words, said


def test_what_has_no_fix_stands_in_its_own_chapter(plain: str) -> None:
    chapter = plain.partition('<section id="no-fix"')[2].partition("</section>")[0]
    findings = plain.partition('<section id="findings"')[2].partition("</section>")[0]
    assert f'id="issue-{UNFIXED}-glibc"' in chapter
    assert UNFIXED not in findings
    assert PENDING not in chapter


def test_chapters_that_nobody_asked_for_say_so() -> None:
    words = Page(rendered(replace(empty(), checks=()))).words
    assert "No check of this scan asks for them." in words
    assert "No check of this scan asks for support dates." in words
    assert "No check of this scan asks for missing security or firmware patches." in words


@pytest.mark.parametrize("view", [View.TECHNICAL, View.ACCREDITOR, View.SUPPLIER])
def test_sections_are_numbered_in_their_order(view: View) -> None:
    page = rendered(seen(sample(), view, "quill" if view is View.SUPPLIER else None))
    numbers = re.findall(r'<h2 id="([\w-]+)-h"><span class="no">(\w+)</span>', page)
    wanted = marks(tuple(name for name in sections(view) if name not in ("firmware", "ports")))
    assert dict(numbers) == wanted
    assert [i for i, _ in numbers] == list(wanted)
    contents = re.findall(r'<li(?: class="letter")?><a href="#([\w-]+)"><span class="no">(\w+)</span>', page)
    assert contents == numbers
    told = set(re.findall(r'<a href="#([\w-]+)">(?:section|appendix) (\w+)</a>', page))
    assert told
    assert [t for t in told if wanted[t[0]] != t[1]] == []


def test_the_sixteen_sections_of_the_design_are_there() -> None:
    for view in (View.TECHNICAL, View.ACCREDITOR):
        assert {
            "verdict", "summary", "scope", "coverage", "method", "matrix", "themes", "findings", "plan", "clocks",
            "availability", "acceptances", "lifecycle", "fixed", "assets", "cves", "evidence", "ratings", "people",
            "glossary",
        } <= set(sections(view))  # fmt: skip


def test_what_could_not_be_looked_at_stands_beside_what_was_found(plain: str) -> None:
    words = Page(plain).words
    for said in (
        "3 issues 8 occurrences on 8 assets",
        "6 assets could not be logged in to of 36",
        "Nothing could be logged in to in Estuary Records Office.",
        "login refused: the host did not accept the key of credential scan-key",
        "SIRO/2025/014",
        "M. Adeyemi, senior information risk owner",
        "two machines answer with the same machine-id",
        "183 days",
        "OFFICIAL: SENSITIVE (sample)",
        "IT Health Check-style automated assessment (not a CHECK test)",
    ):
        assert said in words, said


def _by_themselves(machines: int) -> ReportData:
    """An import of snapshots: nobody logged in to any."""
    data = sample(machines)
    said = f"{BY_SNAPSHOT}web-1 took of itself 2025-03-03 07:00 UTC, supplied by Larkspur"
    assets = tuple(replace(a, reached=False, logged_in=False, missing=None, peer=said) for a in data.assets)
    return replace(data, kind="import", assets=assets)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(replace(sample(), state="partial"), "This scan is PARTIAL: a person stopped it", id="partial"),
        pytest.param(dark(), "This scan was INTERRUPTED: the scanner died", id="interrupted"),
        pytest.param(
            dark(), "No check could be judged anywhere, so nothing was found and nothing is known.", id="dark"
        ),
        pytest.param(dark(), "540 judgements (a check on an asset) could not be made of 540", id="implied gaps"),
        pytest.param(replace(sample(), kind="evaluate"), "Nothing was looked at anew: stored evidence", id="evaluate"),
        pytest.param(replace(sample(), kind="import"), "rest on lists that somebody supplied", id="import"),
        pytest.param(_by_themselves(1), "1 device sent its own snapshot. The judgements rest on what these", id="own"),
        pytest.param(_by_themselves(2), "2 devices sent their own snapshots: what they say", id="two own"),
        pytest.param(empty(), "has no asset in scope. Nothing was looked at", id="empty"),
        pytest.param(replace(sample(), scopes=()), "The record names no permission for this scan.", id="no permission"),
        pytest.param(
            replace(sample(), started_at=sample().started_at.replace(year=2026)), "(not valid on the day", id="expired"
        ),
    ],
)
def test_said_loudly(data: ReportData, said: str) -> None:
    assert said in Page(rendered(data)).words


def test_a_complete_scan_has_no_warning(plain: str) -> None:
    assert 'class="warning"' not in plain


def test_occurrences_beyond_the_cap_fold_and_the_number_is_said() -> None:
    data = large(1, 1_200)
    page = Page(rendered(data))
    assert "1,150 more occurrences are folded here" in page.words
    assert "150 of them are not in this file." in page.words
    assert sum(page.ids[o.ref] for o in data.issues[0].occurrences) == 50 + html_format.MOST_FOLDED


def test_the_evidence_index_is_capped_and_says_so() -> None:
    page = Page(rendered(large(1, 1)))
    assert "The first 2,000 of 5,000 answers are listed here." in page.words
    assert page.ids["evidence-2000"] == 1
    assert page.ids["evidence-2001"] == 0


@pytest.mark.parametrize(("issues", "each"), [(100, 50), (1_000, 5)])
def test_five_thousand_findings_are_quick_and_stay_small(issues: int, each: int) -> None:
    data = large(issues, each)
    start = time.process_time()
    document = rendered(data)
    assert time.process_time() - start < 5
    assert document.count('data-label="Reference"') == 5_000
    assert len(document) < 15_000_000


def test_a_reference_links_only_to_https() -> None:
    document = html_format._reference("javascript:alert(1)") + html_format._reference('https://x.example/"><b>')
    assert "<a" not in document
    assert html_format._reference("https://x.example/a") == (
        '<a href="https://x.example/a" rel="noopener noreferrer">https://x.example/a</a>'
    )


def test_a_template_cannot_print_what_is_not_there() -> None:
    environment = html_format.environment()
    with pytest.raises(UndefinedError):
        environment.from_string("{{ nothing }}").render()
    with pytest.raises(TypeError, match="not there"):
        environment.from_string("{{ value }}").render(value=None)


def test_no_template_marks_data_as_safe() -> None:
    templates = [t for t in files("reports").joinpath("templates").iterdir() if t.name.endswith(".j2")]
    assert len(templates) >= 6
    assert [t.name for t in templates if re.search(r"\|\s*safe\b|autoescape|~", t.read_text("utf-8"))] == []


PAIRS = (
    *((f"on-{s}", s) for s in ("critical", "high", "medium", "low", "info")),
    *((text, back) for text in ("ink", "muted", "link") for back in ("paper", "wash")),
    *((text, "mark-wash") for text in ("ink", "link", "muted")),
    ("on-kev", "kev"),
    ("on-cover", "cover"),
    ("muted-cover", "cover"),
    *((f"t{n}", f"h{n}") for n in range(6)),
)


def schemes() -> dict[str, dict[str, str]]:
    css = files("reports").joinpath("templates", "report.css").read_text("utf-8")
    light, dark_scheme = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", b)) for b in re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    )
    return {"light": light, "dark": dark_scheme}


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough_and_severities_differ_in_grey(scheme: str) -> None:
    colours = {name: luminance(value) for name, value in schemes()[scheme].items()}

    def contrast(one: str, other: str) -> float:
        low, high = sorted((colours[one], colours[other]))
        return (high + 0.05) / (low + 0.05)

    assert {p: round(contrast(*p), 2) for p in PAIRS if contrast(*p) < 4.5} == {}
    assert contrast("edge", "paper") >= 3  # outlines of bars and fields
    ramp = [colours[s] for s in ("critical", "high", "medium", "low", "info")]
    assert ramp == sorted(ramp, reverse=scheme == "dark")
    assert all((max(a, b) + 0.05) / (min(a, b) + 0.05) > 1.2 for a, b in itertools.pairwise(ramp))
