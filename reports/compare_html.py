"""A comparison as one self-contained HTML page, in the style of the report: complete without JavaScript, no network."""

from reports import compare_json
from reports.compare_data import Comparison
from reports.compare_view import view
from reports.formats.html import environment, own
from reports.report import LABEL

_CLOSED = "base-uri 'none'; form-action 'none'"


def render(told: Comparison) -> bytes:
    style, style_hash = own("report.css")
    more, more_hash = own("compare.css")
    names = {
        "style": style,
        "more": more,
        "policy": f"default-src 'none'; style-src '{style_hash}' '{more_hash}'; {_CLOSED}",
        "label": LABEL,
        "json_sha256": compare_json.sha256(told),
        **view(told),
    }
    return environment().get_template("compare.html.j2").render(names).encode()
