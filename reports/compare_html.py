"""A comparison as one self-contained HTML page, in the style of the report: complete without JavaScript, no network."""

from collections.abc import Mapping

from reports import compare_json
from reports.compare_data import Comparison
from reports.compare_view import view
from reports.formats.html import environment, own
from reports.report import LABEL

_CLOSED = "base-uri 'none'; form-action 'none'"


def render(told: Comparison) -> bytes:
    return page("compare.html.j2", {"json_sha256": compare_json.sha256(told), **view(told)})


def page(template: str, names: Mapping[str, object]) -> bytes:
    """A page of its own in the report's style: no script, no network."""
    style, style_hash = own("report.css")
    more, more_hash = own("compare.css")
    policy = f"default-src 'none'; style-src '{style_hash}' '{more_hash}'; {_CLOSED}"
    frame = {"style": style, "more": more, "policy": policy, "label": LABEL}
    return environment().get_template(template).render({**frame, **names}).encode()
