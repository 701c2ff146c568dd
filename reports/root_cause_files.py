"""The root cause pack as JSON, CSV and one HTML page. The same record gives the same bytes."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from markupsafe import Markup

from reports import charts, root_cause
from reports.charts_time import burn_down, drawn
from reports.compare_html import page
from reports.compare_json import json_safe_lines
from reports.formats.csv_file import neutral
from reports.life import Backlog
from reports.report import LABEL
from reports.root_cause import HANDS, STEPS, Leg, LegTold, Moment, RootCause, Timeline, measured, sentences, shares
from reports.text import safe_text, stamp

SCHEMA, VERSION = "estatecheck.root-cause", 1
NAMES = ("released", "detected", "told", "claimed", "verified")
MOST_TIMELINES = 500  # in the HTML; the CSV and the JSON have all
CSS = {Leg.SCAN: "c4", Leg.TELL: "c3", Leg.WORK: "c2", Leg.PROVE: "c1"}
HEADINGS = (
    *("reference", "episode", "asset", "area", "supplier", "service", "issue", "check", "theme", "severity", "state"),
    *(f"{name}{part}" for name in NAMES for part in ("", " proof")),
    *(f"days {leg.value}" for leg in Leg),
    *("refused claims", "updates"),
)


def as_json(told: RootCause) -> bytes:
    document = {"schema": SCHEMA, "schema_version": VERSION, "label": LABEL, **_plain(told)}
    return json_safe_lines(json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1))


def _plain(told: RootCause) -> dict[str, Any]:
    whole = shares(told.timelines)
    return {
        "about": told.about,
        "by": "supplier" if told.by_supplier else "theme",
        "report_id": told.report_id,
        "scan": told.scan,
        "estate": told.estate,
        "marking": told.marking,
        "at": stamp(told.at),
        "sentences": list(sentences(told)),
        "legs": [_leg(one) for one in told.legs],
        "whole": {
            "findings": whole.findings,
            "days": round(whole.days, 3),
            "parts": {leg.value: round(part, 3) for leg, part in whole.parts.items()},
        },
        "backlog": [_point(one) for one in told.backlog],
        "findings": [_timeline(one) for one in told.timelines],
        "left_out": dict(told.left_out),
        "sources": [{"name": name, "sha256": digest} for name, digest in told.sources],
    }


def _leg(one: LegTold) -> dict[str, Any]:
    return {
        "leg": one.leg.value,
        "in_the_hands_of": HANDS.get(one.leg, "both sides"),
        "measured": one.measured,
        "median_days": _rounded(one.median),
        "p95_days": _rounded(one.p95),
        "longest_days": _rounded(one.most),
        "not_measured": dict(one.unknown),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _point(one: Backlog) -> dict[str, Any]:
    return {
        "scan": one.scan_id,
        "at": stamp(one.at),
        "open": one.open,
        "new": one.new,
        "back": one.back,
        "fixed": one.fixed,
    }


def _timeline(one: Timeline) -> dict[str, Any]:
    legs = {leg: measured(one, leg) for leg in Leg}
    return {
        "ref": one.ref,
        "fingerprint": one.fingerprint,
        "episode": one.episode,
        "asset": one.asset,
        "area": one.area,
        "supplier": one.supplier,
        "service": one.service,
        "check_id": one.check_id,
        "title": one.title,
        "theme": one.theme,
        "severity": one.severity.value,
        "state": one.state,
        **{name: _moment(one.moment(name)) for name in NAMES},
        "refused_claims": one.refused_claims,
        "updates": list(one.updates),
        "days": {leg.value: _rounded(m.days) for leg, m in legs.items()},
        "not_measured": {leg.value: m.why_not for leg, m in legs.items() if m.days is None},
    }


def _moment(one: Moment | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {"at": _at(one), "event": one.event, "proof": one.proof}


def _at(one: Moment) -> str:
    return one.at.date().isoformat() if one.whole_day else stamp(one.at)


def as_csv(told: RootCause) -> bytes:
    """RFC 4180, UTF-8 with a byte order mark; no cell is a formula."""
    out = io.BytesIO()
    text = io.TextIOWrapper(out, encoding="utf-8-sig", errors="replace", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    writer.writerows(neutral(map(_cell, _row(one))) for one in told.timelines)
    text.flush()
    return out.getvalue()


def _cell(value: object) -> object:
    return safe_text(value) if isinstance(value, str) else value


def _row(one: Timeline) -> Iterator[object]:
    yield from (one.ref, one.episode, one.asset, one.area, one.supplier, one.service, one.title, one.check_id)
    yield from (one.theme, one.severity.value, one.state)
    for name in NAMES:
        moment = one.moment(name)
        yield _at(moment) if moment else lacking(one, name)
        yield proof(moment) if moment else ""
    for leg in Leg:
        days = measured(one, leg).days
        yield "" if days is None else round(days, 3)
    yield from (one.refused_claims, " ".join(one.updates))


def lacking(one: Timeline, name: str) -> str:
    """What stands in place of a moment that the record does not hold."""
    still = one.verified is None and not one.ended
    return "not yet" if still and name in ("claimed", "verified") else "not on record"


def proof(one: Moment) -> str:
    """``event 17 c40909e6...``, or ``evidence 5ffa...``."""
    return f"event {one.event} {one.proof}" if one.event is not None else f"evidence {one.proof}"


def as_html(told: RootCause) -> bytes:
    names = {
        "told": told,
        "legs": told.legs,
        "meaning": root_cause.MEANING,
        "words": root_cause,
        "sentences": list(sentences(told)),
        "whole": shares(told.timelines),
        "steps_told": STEPS,
        "css": CSS,
        "chart_legs": legs_chart(told),
        "chart_whole": whole_chart(told),
        "chart_backlog": burn_down(told.backlog) if told.backlog else "",
        "points": drawn(told.backlog),
        "rows": [_shown(one) for one in told.timelines[:MOST_TIMELINES]],
        "names": NAMES,
    }
    return page("root_cause.html.j2", names)


def _shown(one: Timeline) -> dict[str, Any]:
    moments = {name: one.moment(name) for name in NAMES}
    return {
        "it": one,
        "moments": {name: None if m is None else {"at": _at(m)[:10], "proof": proof(m)} for name, m in moments.items()},
        "lacking": {name: lacking(one, name) for name in NAMES},
        "days": {leg: measured(one, leg) for leg in STEPS},
    }


def legs_chart(told: RootCause) -> Markup:
    """The median of each step; what was not measured has no bar."""
    rows = [one for one in told.legs if one.leg in STEPS]
    most = max((round(100 * (one.p95 or 0)) for one in rows), default=0)
    return charts.bars("chart-legs", "How long each step took", _legs_said(rows), list(_bars(rows, most)))


def _legs_said(rows: Iterable[LegTold]) -> str:
    told = ", ".join(f"{one.leg.value} {root_cause.days(one.median)}" for one in rows)
    return f"Median: {told}. The lighter part reaches to the 95th percentile."


def _bars(rows: Iterable[LegTold], most: int) -> Iterator[charts.Bar]:
    for one in rows:
        value, far = round(100 * (one.median or 0)), round(100 * (one.p95 or 0))
        parts = [
            charts.Part("c4", value, f"median {root_cause.days(one.median)}"),
            charts.Part("c1", far - value, f"95th percentile {root_cause.days(one.p95)}"),
        ]
        words = f"{root_cause.days(one.median)}, n = {one.measured:,}" if one.measured else "not measured"
        yield charts.Bar(one.leg.value.capitalize(), words, parts, most)


def whole_chart(told: RootCause) -> Markup:
    whole = shares(told.timelines)
    if not whole.findings or not whole.days:
        return Markup("")
    parts = [
        charts.Part(CSS[leg], round(100 * part), f"{leg.value}: {root_cause.days(part)}")
        for leg, part in whole.parts.items()
    ]
    bar = charts.Bar("All days together", root_cause.days(whole.days), parts, sum(part.number for part in parts))
    said = "; ".join(part.words for part in parts)
    return charts.bars("chart-whole", "How the whole time divides", said, [bar])
