"""Our own Word template, written in code so that it can be read and reviewed: the same bytes each time. Pure.

``estatecheck report word-template -o report.docx`` writes it, as a start for one of somebody's own. Its styles are
Word's (Title, Heading 1 to 3, Caption, List Bullet), so that the navigation pane and a reader's own style set work;
header rows are repeated on each page; the language is set; tables have captions and the same words as their
description.
"""

import io

from reports.docx_package import write
from reports.docx_template_parts import package
from reports.docx_xml import NAMESPACES, each, labelled, paragraph, run, said, table, where

ACCENT = "#14507f"


def made(accent: str = "") -> bytes:
    """``accent``: #rrggbb of the headings; "" ours."""
    out = io.BytesIO()
    write(package(_document(), accent or ACCENT), out)
    return out.getvalue()


def _document() -> str:
    body = "".join(
        (_cover(), _summary(), _lacking(), _verdict(), _findings(), _coverage(), _plan(), _appendix(), _section())
    )
    return f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>"


def _cover() -> str:
    facts = (
        ("Report", "{{ report_id }}"),
        ("Window", "{{ window }}{% if duration %} ({{ duration }}){% endif %}"),
        ("State of the scan", "{{ state }}"),
        ("Tool", "estatecheck {{ tool_version }}, {{ checks }} checks asked for"),
        ("Evidence root (sha256)", "{{ evidence_root }}"),
        ("Complete data", "report.json, sha256 {{ json_sha256 }}"),
    )
    return (
        said("{{ label }}", "Kicker")
        + said("{{ estate }}", "Title")
        + said("{{ title }}{% if viewer %}: {{ viewer }}{% endif %}", "Subtitle")
        + where("verdict", said("{{ verdict.word }}", "Verdict"), said("{{ verdict.because }}"))
        + "".join(labelled(f"{name}:", text) for name, text in facts)
        + where("warning", paragraph(run("{{ warning }}", "<w:b/>")))
    )


def _summary() -> str:
    return (
        paragraph(run("Summary"), "Heading1", "<w:pageBreakBefore/>")
        + where("rests_on", said("{{ rests_on }}"))
        + said("{{ opening }}")
        + table(
            "What was found, by severity",
            "severities",
            (
                ("Severity", "{{ row.severity }}", 3),
                ("Issues", "{{ row.issues }}", 2),
                ("Occurrences", "{{ row.occurrences }}", 2),
                ("Assets", "{{ row.assets }}", 2),
            ),
        )
        + each("one", "sentences", said("{{ one }}"))
        + where("fix_first", labelled("Fix first:", "{{ fix_first }}"))
        + where(
            "worst",
            said("The worst, in words", "Heading2"),
            each("one", "worst", said("{{ one.severity }}: {{ one.words }} First: {{ one.first }}", "ListBullet")),
        )
    )


def _lacking() -> str:
    return (
        said("What could not be looked at", "Heading1")
        + said("What could not be looked at is unknown. It is never counted as passed.")
        + table(
            "What could not be looked at",
            "lacking",
            (("Number", "{{ row.number }}", 2), ("Of what", "{{ row.words }}", 5)),
        )
        + where("operating", said("{{ operating }}"))
        + each("one", "limits", said("{{ one }}", "ListBullet"))
        + where(
            "no_login.rows",
            table(
                "Assets without a log-in{{ no_login.note }}",
                "no_login.rows",
                (
                    ("Asset", "{{ row.asset }}", 3),
                    ("Area · service · supplier", "{{ row.place }}", 3),
                    ("Why no further", "{{ row.why }}", 4),
                ),
            ),
        )
        + where(
            "not_assessed.rows",
            table(
                "Checks that could not be judged on assets that were logged in to{{ not_assessed.note }}",
                "not_assessed.rows",
                (
                    ("Severity", "{{ row.severity }}", 2),
                    ("Check", "{{ row.check }}", 4),
                    ("Reason", "{{ row.reason }}", 2),
                    ("Assets", "{{ row.assets }}: {{ row.names }}", 4),
                ),
            ),
        )
    )


def _verdict() -> str:
    return where(
        "verdict and 'verdict' in chapters",
        said("Verdict", "Heading1"),
        labelled("{{ verdict.word }}.", "{{ verdict.because }}"),
        said("{{ verdict.rests }}"),
        where("verdict.carried", said("{{ verdict.carried }}")),
        table(
            "The estate against every rule of the policy",
            "verdict.lines",
            (
                ("Holds", "{{ row.holds }}", 2),
                ("Rule", "{{ row.title }}{% if row.gate %} (gate){% endif %}", 5),
                ("Measured", "{{ row.measured }}", 3),
                ("Needed", "{{ row.needed }}", 3),
                ("Otherwise", "{{ row.otherwise }}", 3),
            ),
        ),
        where(
            "verdict.regain",
            said("What would change it", "Heading2"),
            each("one", "verdict.regain", said("{{ one }}", "ListBullet")),
        ),
        said("{{ verdict.policy }} A program proposes; a person decides and signs."),
    )


def _findings() -> str:
    one = "finding"
    return where(
        "'findings' in chapters",
        said("Findings by severity", "Heading1"),
        where("nothing_found", said("{{ nothing_found }}")),
        each(
            one,
            "findings",
            where(
                "loop.first or finding.severity != loop.previtem.severity", said("{{ finding.severity }}", "Heading2")
            ),
            said("{{ finding.number }}. {{ finding.title }}", "Heading3"),
            said(
                "{{ finding.severity }} · risk {{ finding.risk }}{% if finding.exploited %} · known to be exploited "
                "(KEV){% endif %} · {{ finding.theme }} · {{ finding.where }} · {{ finding.check }}",
                "Meta",
            ),
            labelled("Why it matters:", "{{ finding.why }}"),
            labelled("What to do first:", "{{ finding.first }}"),
            where(
                "finding.properly",
                paragraph(run("What to do properly:", "<w:b/>"), "", "<w:keepNext/>"),
                each("step", "finding.properly", said("{{ loop.index }}. {{ step }}", "Step")),
            ),
            where("finding.verify", labelled("It worked when:", "{{ finding.verify }}")),
            where("finding.risk_lines", labelled("Risk:", "{{ finding.risk_lines|join('; ') }}")),
            where("finding.cves", labelled("CVEs:", "{{ finding.cves }}")),
            table(
                "Where{{ finding.note }}",
                "finding.rows",
                (
                    ("Reference", "{{ row.ref }}", 5),
                    ("Asset", "{{ row.asset }}", 7),
                    ("Area · service · supplier", "{{ row.place }}", 7),
                    ("Observed", "{{ row.observed }}", 11),
                    ("State", "{{ row.state }} since {{ row.since }}", 5),
                ),
            ),
        ),
        where("findings_left_out", said("{{ findings_left_out }} (sha256 {{ json_sha256 }}).")),
    )


def _coverage() -> str:
    return where(
        "areas.rows",
        said("Coverage by area", "Heading1"),
        table(
            "Assets of each area by how far the scan got, with what was found there{{ areas.note }}",
            "areas.rows",
            (
                ("Area", "{{ row.area }}", 5),
                ("Known", "{{ row.known }}", 2),
                ("Reached", "{{ row.reached }}", 3),
                ("Logged in", "{{ row.logged_in }}", 2),
                ("Fully assessed", "{{ row.fully_assessed }}", 3),
                ("Issues", "{{ row.issues }}", 2),
                ("Occurrences", "{{ row.occurrences }}", 3),
            ),
        ),
        said("An area with few findings and few assets logged in to is not a clean area."),
    )


def _plan() -> str:
    return where(
        "plan.rows",
        said("Remediation", "Heading1"),
        table(
            "By issue and supplier, worst first{{ plan.note }}",
            "plan.rows",
            (
                ("Issue", "{{ row.issue }} ({{ row.refs }})", 5),
                ("Risk", "{{ row.risk }}{% if row.exploited %}, KEV{% endif %}", 2),
                ("Supplier", "{{ row.supplier or '–' }}", 3),
                ("Assets", "{{ row.assets }}", 2),
                ("Due", "{{ row.due }}{% if row.clock %} ({{ row.clock }}){% endif %}", 3),
                ("What to do first", "{{ row.first }}", 5),
            ),
        ),
    )


def _appendix() -> str:
    return (
        said("Appendix: what this report can be checked by", "Heading1")
        + "".join(
            labelled(f"{name}:", text)
            for name, text in (
                ("Complete data", "report.json, sha256 {{ json_sha256 }}"),
                ("Evidence root (sha256)", "{{ evidence_root }}"),
                ("Inventory (sha256)", "{{ inventory_digest }}"),
                ("Catalogue of checks (sha256)", "{{ catalogue_digest }}"),
            )
        )
        + where(
            "sources.rows",
            table(
                "Data the judgements used, and its age on the day of the scan{{ sources.note }}",
                "sources.rows",
                (
                    ("Source", "{{ row.name }}", 3),
                    ("Snapshot", "{{ row.of }}", 2),
                    ("Age", "{{ row.age }}", 2),
                    ("sha256", "{{ row.sha256 }}", 6),
                ),
            ),
        )
        + where(
            "evidence.rows",
            table(
                "Evidence index{{ evidence.note }}",
                "evidence.rows",
                (
                    ("Asset", "{{ row.asset }}", 4),
                    ("Asked", "{{ row.asked }}", 3),
                    ("Rights", "{{ row.rights }}", 2),
                    ("sha256, or why there is none", "{{ row.sha256 }}", 9),
                ),
            ),
        )
    )


def _section() -> str:
    return (
        '<w:sectPr><w:headerReference w:type="default" r:id="rId4"/><w:footerReference w:type="default" r:id="rId5"/>'
        '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1418" w:right="1134" w:bottom="1418" w:left="1134" '
        'w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>'
    )
