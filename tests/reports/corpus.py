"""What a hostile target, feed, person or inventory may put into any text: one list for every format."""

from dataclasses import fields, is_dataclass, replace
from typing import Any

from reports.report import Issue, ReportData
from tests.reports.sample import HOSTILE
from tests.reports.sample_whole import whole

CORPUS = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)><iframe srcdoc='<b>'></iframe>",
    "break-out": "</td></tr></table></section></main><h1>Other</h1><table>",
    "attribute": '" onmouseover="alert(1)" style="position:fixed" x=\'y\'',
    "svg": "<svg onload=alert(1)><title>x</title></svg></title></desc></text><script>1</script>",
    "css": "</style><style>*{display:none}</style>} body{background:url(https://evil.example/x)} /*",
    "script-end": "</script><!-- --><![CDATA[ ]]>",
    "template": "{{ 7 * 7 }}{% for x in y %}{# #}${7*7}#{7*7}<%= 7*7 %>",
    "formula": '=HYPERLINK("https://evil.example","click")',
    "formula-plus": "+1+cmd|' /C calc'!A0",
    "formula-minus": "-2+3+cmd|' /C calc'!A0",
    "formula-at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "formula-tab": "\t=1+1",
    "formula-full-width": "\uff1d1+1",
    "dde": '=DDE("cmd";"/C calc";"!A0")',
    "url": "javascript:alert(1)//https://evil.example/\nhttps://evil.example/",
    "bidi": "\u202egpj.exe\u2066\u200f\u061c",
    "control": "".join(map(chr, range(32))) + "\x7f\x80\x9b\x85",
    "escape": "\x1b[31mred\x1b]0;owned\x07\x1b[2J\x9b1m",
    "nul": "a\x00b\x00",
    "surrogate": "lone \udc80 and \ud800 surrogates",
    "separators": "a\u2028b\u2029c\ufeffd\U000e0041e\ufffff",
    "xml": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a> ]]> --',
    "json": '","x":{"$ref":"http://evil.example"},"y":"\\u0000',
    "csv": 'a","b";"c"\r\nEC-9999,forged,critical',
    "openmetrics": 'x"} 1\n# EOF\nestatecheck_report_issues{severity="critical"} 0',
    "marking": '&C&"Arial"&G &P &&',
    "sheet": "[A]:*?/\\'!$A$1",
    "long-word": "A" * 3_000,
    "combining": "e" + "\u0301" * 500,
    "empty": "",
    "blank": " \t\n ",
    "mixed": " ".join(HOSTILE),
}
# Words of ours: what code compares by. Everything else that is a text may come from somebody else.
OURS = frozenset({
    "uid", "asset_uid", "fingerprint", "state", "check_id", "sha256", "digest", "kind", "ref", "way", "privilege",
    "theme", "unit", "zone", "dated", "view", "viewer", "level", "seen", "evidence_root", "inventory_digest",
    "catalogue_digest", "snapshot", "first_scan", "area", "site", "service", "supplier", "id", "policy", "rule",
    "done_on", "until", "series", "exposure", "action", "month", "verdict", "start_event",
})  # fmt: skip


def infected(text: str, assets: int = 1) -> ReportData:
    """The whole sample with ``text`` in every text that is not one of our own words."""
    data = whole(assets)
    made = {f.name: _infect(getattr(data, f.name), text) for f in fields(data) if f.init and f.name not in OURS | _KEPT}
    return replace(data, **made)


_KEPT = frozenset({"scan_id", "started_at", "ended_at", "verdicts", "availability", "risk_rules", "passed", "since"})


def _infect(value: Any, text: str, name: str = "") -> Any:  # noqa: ANN401 (any part of a report)
    if isinstance(value, str) and type(value) is str:
        return value if name in OURS else text
    if isinstance(value, tuple | list):
        return type(value)(_infect(one, text, name) for one in value)
    if isinstance(value, dict):
        return {key: _infect(one, text, str(key)) for key, one in value.items()}
    if isinstance(value, Issue):
        return Issue(_infect(value.check, text), _infect(value.occurrences, text), _infect(value.subject, text))
    if is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: _infect(getattr(value, f.name), text, f.name) for f in fields(value) if f.init}
        return replace(value, **changed)
    return value
