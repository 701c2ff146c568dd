"""Two reports held against each other: what is proven, what is only absent, and that every sum adds up."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.coverage import Step
from checks.finding import Severity
from checks.risk import Level
from reports import compare_html, compare_json, compare_terminal
from reports.compare import Reader, compare, cut, only
from reports.compare_data import CheckTold, Comparison, Ending, Gate, Kind, Place, Seen, Side, Why
from reports.compare_rows import BadReport
from reports.compare_side import read
from reports.compare_text import balance, explained, headline, markings, moves, same_policy, since_lines, warnings
from reports.formats import json_file
from reports.views import View
from reports.views import seen as view_of
from tests.reports.page import Page
from tests.reports.sample import HOSTILE, START, hostile, sample
from tests.reports.sample_compare import compared, first, hostile_pair, second, side

SEVERITIES, STATES = tuple(Severity), ("OPEN", "CLAIMED_FIXED", "RISK_ACCEPTED", "STALE")
CHECKS = {f"linux.part{n}.weak": CheckTold(f"Check {n}", "weak configuration", Severity.LOW, 1) for n in range(3)}
GATE = Gate(Step.LOGGED_IN, 80, "a test")


def seen(asset: str = "a0", check: str = "linux.part0.weak", **changes: Any) -> Seen:  # noqa: ANN401 (fields of a Seen)
    values: dict[str, Any] = {
        "key": f"{asset} {check}",
        "ref": "EC-0001",
        "asset_uid": asset,
        "asset": f"{asset}.example",
        "check_id": check,
        "unit": "",
        "subject": "host",
        "title": "Check",
        "theme": "weak configuration",
        "severity": Severity.LOW,
        "level": Level.LOW,
        "state": "OPEN",
        "episode": 1,
        "first_seen": "2026-01-01T00:00:00Z",
        "seen": True,
    }
    return Seen(**{**values, **changes})


def report(scan: int, *found: Seen, **changes: Any) -> Side:  # noqa: ANN401 (fields of a Side)
    assets = {
        f"a{n}": Place(f"a{n}", f"a{n}.example", Step.FULLY_ASSESSED, f"area{n % 2}", f"s{n % 2}") for n in range(4)
    }
    values: dict[str, Any] = {
        "report_id": f"ECR-{scan}-0123456789ab",
        "sha256": f"{scan:064d}",
        "source": f"scan {scan}",
        "scan": scan,
        "kind": "scan",
        "state": "complete",
        "estate": "Northmoor",
        "marking": "",
        "started": f"2026-01-{scan:02d}T00:00:00Z",
        "ended": f"2026-01-{scan:02d}T01:00:00Z",
        "basis": {"check catalogue": "c", "feed debian": "2026-01-01 (d)"},
        "checks": CHECKS,
        "assets": assets,
        "findings": {one.key: one for one in found},
        "fixed": {},
        "gaps": {},
        "areas": {"area0": "North", "area1": "South"},
        "suppliers": {"s0": "Acme", "s1": "Bolt"},
        "members": (),
        "gate": GATE,
    }
    return Side(**{**values, **changes})


def only_change(was: Side, now: Side, **more: Any) -> Any:  # noqa: ANN401 (endings)
    (change,) = compare(was, now, **more).changes
    return change


# properties

_SEEN = st.builds(
    lambda a, c, severity, state, episode, looked: seen(
        f"a{a}", f"linux.part{c}.weak", severity=severity, state=state, episode=episode, seen=looked
    ),
    st.integers(0, 5), st.integers(0, 2), st.sampled_from(SEVERITIES), st.sampled_from(STATES),
    st.integers(1, 3), st.booleans(),
)  # fmt: skip


@st.composite
def sides(draw: st.DrawFn) -> Side:
    found = draw(st.lists(_SEEN, max_size=12, unique_by=lambda one: one.key))
    fixed = draw(st.lists(_SEEN, max_size=4, unique_by=lambda one: one.key))
    steps = draw(st.lists(st.sampled_from(tuple(Step)), min_size=6, max_size=6))
    assets = {f"a{n}": Place(f"a{n}", f"a{n}", step, f"area{n % 2}", f"s{n % 2}") for n, step in enumerate(steps)}
    gaps = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), max_size=5))
    return report(
        draw(st.integers(1, 28)),
        *found,
        fixed={one.key: one for one in fixed if one.key not in {f.key for f in found}},
        assets=dict(list(assets.items())[: draw(st.integers(0, 6))]),
        checks=dict(list(CHECKS.items())[: draw(st.integers(0, 3))]),
        gaps={(f"a{a}", f"linux.part{c}.weak"): "privilege too low" for a, c in gaps},
        breached=draw(st.sampled_from((None, frozenset({found[0].key}) if found else frozenset()))),
    )


@settings(max_examples=40, deadline=None)
@given(sides())
def test_a_report_against_itself_is_empty(one: Side) -> None:
    told = compare(one, one)
    assert told.empty
    assert {c.kind for c in told.changes} <= {Kind.STAYED}
    assert told.before == told.after
    assert "nothing changed" in headline(told)


@settings(max_examples=60, deadline=None)
@given(sides(), sides())
def test_every_sum_adds_up(was: Side, now: Side) -> None:
    told = compare(was, now)
    sums = balance(told)
    assert sums.before - sums.fixed - sums.decided - sums.gone == sums.both
    assert sums.both + sums.new + sums.back == sums.after
    assert (sums.before, sums.after) == (len(was.findings), len(now.findings))
    assert sum(u.occurrences for u in told.kinds.values()) == len(told.changes)
    keys = [c.it.key for c in told.changes]
    assert len(keys) == len(set(keys)), "a finding stands once"
    assert sum(sum(i.kinds.values()) for i in told.issues) == len(told.changes)
    assert sum(i.before for i in told.issues) == sums.before
    assert sum(i.after for i in told.issues) == sums.after


@settings(max_examples=60, deadline=None)
@given(sides(), sides())
def test_the_other_way_round_new_and_gone_change_places(was: Side, now: Side) -> None:
    there, back = compare(was, now), compare(now, was)
    assert came(there) == gone(back)
    assert gone(there) == came(back)
    assert [u.uid for u in there.coverage.lost] == [u.uid for u in back.coverage.gained]
    assert there.coverage.checks_lost == back.coverage.checks_gained
    assert sum(there.coverage.judgements_lost.values()) == back.coverage.judgements_gained
    assert {c.it.key for c in there.changes if c.rerate} == {c.it.key for c in back.changes if c.rerate}


def came(told: Comparison) -> set[str]:
    return {c.it.key for c in told.changes if c.was is None and c.kind is not Kind.BETWEEN}


def gone(told: Comparison) -> set[str]:
    return {c.it.key for c in told.changes if c.now is None}


@settings(max_examples=60, deadline=None)
@given(sides(), sides())
def test_nothing_is_fixed_without_a_proof(was: Side, now: Side) -> None:
    for change in compare(was, now).changes:
        if change.kind in (Kind.FIXED, Kind.BETWEEN):
            assert now.started >= was.started
            assert change.it.key in now.fixed
        if change.kind is Kind.NOT_SEEN:
            assert change.why is not None


@settings(max_examples=40, deadline=None)
@given(sides(), sides())
def test_a_cut_holds_nothing_of_others(was: Side, now: Side) -> None:
    told = compare(was, now)
    mine = cut(told, Reader("s0"))
    owners = {uid: place.supplier for uid, place in {**was.assets, **now.assets}.items()}
    assert {owners[c.it.asset_uid] for c in mine.changes} <= {"s0"}
    assert all(place.supplier == "s0" for s in (mine.was, mine.now) for place in s.assets.values())
    assert {row.id for v in mine.variance if v.grouping == "supplier" for row in v.rows} <= {"s0"}
    assert "Bolt" not in json.dumps(compare_json.plain(mine))


# each kind, and each reason

CASES = [
    pytest.param({}, Why.NO_PROOF, id="looked at, not named, not proven"),
    pytest.param({"assets": {}}, Why.OUT_OF_SCOPE, id="not part of it"),
    pytest.param(
        {"assets": {"a0": Place("a0", "a0", Step.ATTEMPTED, reason="unreachable")}}, Why.NOT_REACHED, id="dark"
    ),
    pytest.param(
        {"assets": {"a0": Place("a0", "a0", Step.REACHED, reason="login refused")}}, Why.NO_LOGIN, id="no login"
    ),
    pytest.param({"assets": {"a0": Place("a0", "a0", Step.REACHED, has_login=False)}}, Why.NO_PROOF, id="an endpoint"),
    pytest.param({"checks": {}}, Why.CHECK_NOT_RUN, id="check not run"),
    pytest.param({"gaps": {("a0", "linux.part0.weak"): "feed missing"}}, Why.NOT_JUDGED, id="not judged"),
    pytest.param(
        {"checks": {"linux.part0.weak": CheckTold("x", "weak configuration", Severity.LOW, 2)}},
        Why.RULE_CHANGED,
        id="rule",
    ),
    pytest.param({"scan": 1, "started": "2025-12-01T00:00:00Z"}, Why.EARLIER, id="the earlier one"),
]


@pytest.mark.parametrize(("changes", "why"), CASES)
def test_what_is_absent_is_not_seen_and_says_why(changes: dict[str, Any], why: Why) -> None:
    change = only_change(report(2, seen()), report(3, **changes) if "scan" not in changes else report(**changes))
    assert (change.kind, change.why) == (Kind.NOT_SEEN, why)
    assert why.value in explained(change)


def test_new_data_is_named_where_a_list_of_cves_decides() -> None:
    one, cves = seen(theme="missing OS patch", members=(0,)), ("CVE-1",)
    feed = {"feed debian": "2026-01-02 (e)"}
    assert only_change(report(2, one, members=cves), report(3, basis=feed)).why is Why.DATA_CHANGED
    assert only_change(report(2), report(3, one, basis=feed, members=cves)).why is Why.DATA_CHANGED
    assert only_change(report(2, seen()), report(3, basis=feed)).why is Why.NO_PROOF
    (difference,) = [d for d in compare(report(2), report(3, basis=feed)).differences if d.name == "feed debian"]
    assert (difference.was, difference.now) == ("2026-01-01 (d)", "2026-01-02 (e)")
    assert "publisher" in difference.means


def test_new_says_whether_the_first_could_know() -> None:
    looked = only_change(report(2), report(3, seen()))
    dark = only_change(report(2, assets={}), report(3, seen()))
    assert (looked.kind, looked.why) == (Kind.NEW, Why.LOOKED)
    assert (dark.kind, dark.why) == (Kind.NEW, Why.OUT_OF_SCOPE)
    assert "could not know" in explained(dark)


def test_a_fix_of_the_same_finding_is_a_proof_and_one_of_another_record_is_not() -> None:
    one = seen()
    proof, foreign = replace(one, state="VERIFIED_FIXED"), replace(one, ref="EC-0777", state="VERIFIED_FIXED")
    assert only_change(report(2, one), report(3, fixed={one.key: proof})).kind is Kind.FIXED
    change = only_change(report(2, one), report(3, fixed={one.key: foreign}))
    assert (change.kind, change.why) == (Kind.NOT_SEEN, Why.OTHER_RECORD)
    assert "EC-0777" in explained(change)


def test_an_older_report_proves_nothing() -> None:
    one = seen()
    change = only_change(report(5, one), report(3, fixed={one.key: replace(one, state="VERIFIED_FIXED")}))
    assert (change.kind, change.why) == (Kind.NOT_SEEN, Why.EARLIER)


ENDINGS = [
    ("VERIFIED_FIXED", Kind.FIXED),
    ("FALSE_POSITIVE", Kind.DECIDED),
    ("OUT_OF_SERVICE", Kind.DECIDED),
    ("OPEN", Kind.NOT_SEEN),
]


@pytest.mark.parametrize(("state", "kind"), ENDINGS)
def test_the_record_tells_what_closed_it(state: str, kind: Kind) -> None:
    ending = Ending(state, "said so", "2026-01-02T10:00:00Z", 2, 17, "f" * 64)
    change = only_change(report(1, seen()), report(3), endings={seen().key: ending})
    assert change.kind is kind
    assert ("event 17 (ffffffffffff)" in explained(change)) is (kind is not Kind.NOT_SEEN)


def test_back_after_a_fix_stale_and_looked_at_again() -> None:
    one = seen()
    assert only_change(report(2, one), report(3, replace(one, episode=2))).kind is Kind.REGRESSED
    assert only_change(report(2, fixed={one.key: one}), report(3, one)).kind is Kind.REGRESSED
    assert only_change(report(2, one), report(3, replace(one, state="STALE", seen=False))).kind is Kind.STALE
    assert only_change(report(2, replace(one, seen=False)), report(3, one)).kind is Kind.SEEN_AGAIN
    carried = only_change(report(2, one), report(3, replace(one, seen=False), assets={}))
    assert (carried.kind, carried.why, carried.now is None) == (Kind.NOT_SEEN, Why.OUT_OF_SCOPE, False)
    assert "it still counts" in explained(carried)


def test_back_with_other_cves_is_a_newer_update() -> None:
    was, now = seen(members=(0,)), seen(members=(0,), episode=2)
    same = compare(report(2, was, members=("CVE-1",)), report(3, now, members=("CVE-1",)))
    other = compare(report(2, was, members=("CVE-1",)), report(3, now, members=("CVE-2",)))
    assert explained(same.changes[0]) == "found for the 2nd time"
    assert "a newer update is missing" in explained(other.changes[0])


def test_found_and_fixed_between_counts_in_neither() -> None:
    told = compare(report(2), report(3, fixed={seen().key: seen(state="VERIFIED_FIXED")}))
    assert [c.kind for c in told.changes] == [Kind.BETWEEN]
    assert (told.before.occurrences, told.after.occurrences) == (0, 0)


def test_a_rating_moves_with_its_lines() -> None:
    was = seen(lines=("R1: base",))
    now = replace(was, level=Level.HIGH, lines=("R1: base", "E1: reachable from outside"))
    (told,) = [c.rerate for c in compare(report(2, was), report(3, now)).changes]
    assert told is not None
    assert (told.level, told.came, told.gone) == ((Level.LOW, Level.HIGH), ("E1: reachable from outside",), ())


def test_a_rating_moves_with_its_cves() -> None:
    was, now = seen(members=(0,)), seen(members=(0, 1), severity=Severity.HIGH)
    told = compare(report(2, was, members=("CVE-1",)), report(3, now, members=("CVE-1", "CVE-2"))).changes[0].rerate
    assert told is not None
    assert told.because == "the list of its CVEs changed: with CVE-2"


def test_what_is_carried_of_a_check_that_did_not_run_is_not_re_rated() -> None:
    """The second report has no rating of it."""
    left = seen(seen=False, severity=Severity.HIGH, level=Level.HIGH, theme="not known")
    told = compare(report(2, seen()), report(3, left, checks={}))
    assert [(c.kind, c.why, c.rerate) for c in told.changes] == [(Kind.NOT_SEEN, Why.CHECK_NOT_RUN, None)]


def test_decisions_about_what_stays_are_told() -> None:
    assert moves(compare(report(2, seen()), report(3, seen(state="RISK_ACCEPTED")))) == (("open to risk accepted", 1),)


# suppliers and areas


def estate(covered: int, of: int, *found: Seen) -> Side:
    step = {True: Step.FULLY_ASSESSED, False: Step.ATTEMPTED}
    assets = {f"a{n}": Place(f"a{n}", f"a{n}", step[n < covered], "area0", "s0") for n in range(of)}
    assets |= {f"b{n}": Place(f"b{n}", f"b{n}", Step.FULLY_ASSESSED, "area1", "s1") for n in range(10)}
    return report(3, *found, assets=assets, breached=frozenset())


def test_rates_are_of_what_was_looked_at() -> None:
    found = [seen(f"a{n}", severity=Severity.HIGH, theme="missing OS patch") for n in range(3)]
    variance = compare(report(2), estate(8, 10, *found)).variance[0]
    acme, bolt = variance.rows
    assert acme.now is not None
    assert (acme.now.covered, acme.now.worst, acme.now.per_100(acme.now.worst)) == (8, 3, 37.5)
    assert acme.why_not == () == bolt.why_not
    worst = next(s for s in variance.spreads if s.measure == "critical and high per 100 assets")
    assert (worst.least, worst.most, worst.groups) == (("Bolt", 0.0), ("Acme", 37.5), 2)


def test_a_share_of_few_findings_is_not_held_against_anybody() -> None:
    def spread(number: int) -> list[str]:
        found = [
            seen(f"{group}{n}", severity=Severity.HIGH, theme="missing OS patch")
            for group in "ab"
            for n in range(number)
        ]
        return [s.measure for s in compare(report(2), estate(10, 10, *found)).variance[0].spreads]

    assert any(measure.startswith("share of") for measure in spread(5))
    assert not any(measure.startswith("share of") for measure in spread(4))


def test_below_the_gate_nothing_is_held_against_anybody() -> None:
    variance = compare(report(2), estate(7, 10)).variance[0]
    assert "70" in variance.rows[0].why_not[0]
    assert "80 % needed" in variance.rows[0].why_not[0]
    assert variance.spreads == ()


def test_another_policy_is_a_limit_of_what_is_compared() -> None:
    was, now = ({"accreditation policy": f"version {n}"} for n in (1, 2))
    told = compare(report(2, basis=was), report(3, basis=now))
    assert same_policy(told).startswith("The two reports were not judged by the same accreditation policy")
    assert same_policy(told) in " ".join(compare_terminal.render(told).split())
    assert same_policy(compare(report(2, basis=was), report(3, basis=was))) == ""


def test_both_markings_are_on_it() -> None:
    told = compare(report(2, marking="SECRET"), report(3, marking="OFFICIAL"))
    assert markings(told) == "SECRET / OFFICIAL"
    assert compare_html.render(told).decode().count("SECRET / OFFICIAL") == 2
    assert markings(compare(report(2, marking="OFFICIAL"), report(3, marking="OFFICIAL"))) == "OFFICIAL"


def test_each_feed_explains_what_it_can() -> None:
    names = ("feed debian", "feed epss", "feed kev", "risk rules", "clock policy moj", "option checks", "unheard of")
    was, now = ({name: str(n) for name in names} for n in (1, 2))
    told = {one.name: one.means for one in compare(report(2, basis=was), report(3, basis=now)).differences}
    assert set(told) == set(names)
    assert len({told[name] for name in names}) == len(names)
    assert "exploited" in told["feed kev"]


def test_few_assets_and_no_name_are_limits_too() -> None:
    few = {f"a{n}": Place(f"a{n}", f"a{n}", Step.FULLY_ASSESSED) for n in range(2)}
    row = compare(report(2), report(3, assets=few)).variance[0].rows[-1]
    assert any("does not say whose" in why for why in row.why_not)
    assert any("only 2 assets" in why for why in row.why_not)


def test_findings_outside_the_gate_are_in_no_rate() -> None:
    dark = seen("a9", severity=Severity.CRITICAL)
    row = compare(report(2), estate(9, 10, dark)).variance[0].rows[0]
    assert row.now is not None
    assert row.now.occurrences == 0


# files of others


def test_a_report_reads_back_as_it_counts() -> None:
    data = sample()
    told = side(data)
    assert len(told.findings) == sum(len(i.occurrences) for i in data.issues) + len(data.carried)
    assert told.notes == ()
    assert (told.gate.step, told.gate.at_least) == (Step.LOGGED_IN, 95)


def test_a_changed_file_is_told_of() -> None:
    content = json_file.encoded(sample())[1].replace(b"Fenmarsh", b"Fenmarch")
    (note,) = read(content, "their.json").notes
    assert note.startswith("their.json: its report id does not fit its content")


def broken(change: Any) -> bytes:  # noqa: ANN401 (a function on a document)
    document = json.loads(json_file.encoded(sample(4))[1])
    change(document)
    return json.dumps(document).encode()


BROKEN = [
    pytest.param(b"", "not JSON", id="empty"),
    pytest.param(b"[" * 200_000, "not JSON", id="deep"),
    pytest.param(b'{"schema": NaN}', "not JSON", id="NaN"),
    pytest.param(b"[]", "an object was expected", id="a list"),
    pytest.param(b'{"schema": "something.else"}', "no estatecheck report", id="other schema"),
    pytest.param(broken(lambda d: d.update(schema_version=1)), "version 1", id="old"),
    pytest.param(broken(lambda d: d.pop("scan")), "scan: an object", id="no scan"),
    pytest.param(broken(lambda d: d.update(issues={})), "a list was expected", id="issues"),
    pytest.param(broken(lambda d: d["issues"][0].update(severity="dire", check_id="x")), "'dire'", id="severity"),
    pytest.param(broken(lambda d: d["issues"][0]["occurrences"][0].update(risk=9999)), "no such risk", id="risk"),
    pytest.param(
        broken(lambda d: d["issues"][0]["occurrences"][0].update(members=[-1])), "no such member", id="member"
    ),
    pytest.param(broken(lambda d: d["issues"][0]["occurrences"][0].update(episode=True)), "whole number", id="episode"),
    pytest.param(broken(lambda d: d["assets"][0].update(inventory=3)), "inventory: an object", id="asset"),
]


@pytest.mark.parametrize(("content", "words"), BROKEN)
def test_a_broken_file_is_refused_in_one_sentence(content: bytes, words: str) -> None:
    with pytest.raises(BadReport, match=words) as fault:
        read(content, "their.json")
    assert str(fault.value).startswith("their.json")
    assert "\n" not in str(fault.value)


ODD = (None, 3, -1, True, "x", "\x1b", [], {}, [None], 2**80, 1.5)


def spoilt(random: Random) -> bytes:
    """A report in which one value, anywhere, is another one."""
    document: Any = json.loads(json_file.encoded(SMALL)[1])
    at, key = document, random.choice(sorted(document))
    while isinstance(at[key], dict | list) and at[key] and random.random() < 0.9:
        at = at[key]
        key = random.choice(sorted(at)) if isinstance(at, dict) else random.randrange(len(at))
    at[key] = random.choice(ODD)
    return json.dumps(document).encode()


SMALL = sample(3)


@pytest.mark.parametrize("seed", range(120))
def test_one_wrong_value_anywhere_is_read_or_refused(seed: int) -> None:
    """Never a traceback, and what was read can be compared and printed."""
    try:
        read_back = read(spoilt(Random(seed)), "their.json")  # noqa: S311 (no secret)
    except BadReport:
        return
    told = compare(side(SMALL), read_back)
    assert len(told.changes) >= len(read_back.findings)
    compare_html.render(told)
    compare_json.render(told)
    compare_terminal.render(told)


# as it is written


def test_the_sample_holds_every_kind() -> None:
    kinds = {c.kind for c in compared().changes}
    assert kinds >= set(Kind) - {Kind.SEEN_AGAIN, Kind.BETWEEN}


@pytest.mark.parametrize("make", [compared, hostile_pair])
def test_the_same_reports_give_the_same_bytes(make: Any) -> None:  # noqa: ANN401 (a function)
    once, again = make(), make()
    assert compare_html.render(once) == compare_html.render(again)
    assert compare_json.render(once) == compare_json.render(again)
    assert compare_terminal.render(once) == compare_terminal.render(again)


@pytest.mark.parametrize("make", [compared, hostile_pair])
def test_the_page_is_sound(make: Any) -> None:  # noqa: ANN401 (a function)
    page = Page(compare_html.render(make()).decode())
    assert page.faults == []
    assert page.tags["h1"] == page.tags["main"] == 1
    assert page.tags["script"] == 0
    assert [name for name, count in page.ids.items() if count > 1] == []
    assert set(page.referred) <= set(page.ids)
    assert [link for link in page.links if not link.startswith("#") or link[1:] not in page.ids] == []
    assert [a for a in page.attributes if a[1] == "style" or a[1].startswith("on")] == []


def test_the_json_is_whole() -> None:
    told = compared()
    document = json.loads(compare_json.render(told))
    assert document["balance"]["before"] == told.before.occurrences
    listed = [c for c in told.changes if c.kind is not Kind.STAYED or c.rerate]
    assert len(document["findings"]) == len(listed)
    assert document["first"]["sha256"] == told.was.sha256


def test_hostile_text_stays_text() -> None:
    content = compare_html.render(hostile_pair()).decode()
    told = compare_terminal.render(hostile_pair())
    assert "<script" not in content
    assert 'onmouseover="' not in content
    for text in (content, told, compare_json.render(hostile_pair()).decode()):
        assert not [c for c in ("\x1b", "\u202e", "\x00", "\u2066", "\u2028") if c in text]
    assert HOSTILE[0] in told


def test_a_small_page_without_the_network() -> None:
    content = compare_html.render(compared()).decode()
    policy = next(value for _, name, value in Page(content).attributes if name == "content" and "default-src" in value)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "http://" not in content.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "https://" not in content
    assert content.count("<h1") == 1


def test_the_report_says_what_changed_only_when_asked() -> None:
    data = second()
    with_since = replace(data, since=compare(side(first()), side(second())))
    assert b'"since"' not in json_file.encoded(data)[1]
    document = json.loads(json_file.encoded(with_since)[1])
    assert document["since"]["headline"] == headline(with_since.since)
    assert list(since_lines(with_since.since))


def test_the_report_with_a_change_follows_its_schema() -> None:
    schema = json.loads((Path(__file__).parents[2] / "docs/report-schema.json").read_text("utf-8"))
    data = replace(second(), since=compared())
    document = json.loads(json_file.encoded(data)[1])
    faults = jsonschema.Draft202012Validator(schema).iter_errors(document)
    assert [f"{fault.json_path}: {fault.message}" for fault in faults][:5] == []
    described = schema["$defs"]["comparison"]["properties"]
    assert document["since"].keys() == described.keys()
    assert document["since"]["findings"][0].keys() == described["findings"]["items"]["properties"].keys()


@pytest.mark.parametrize("make", [compared, hostile_pair])
def test_the_json_of_a_comparison_follows_its_schema(make: Any) -> None:  # noqa: ANN401 (a function)
    schema = json.loads((Path(__file__).parents[2] / "docs/report-schema.json").read_text("utf-8"))
    document = json.loads(compare_json.render(make()))
    whole = {**schema["$defs"]["comparison"], "$defs": schema["$defs"]}
    assert [fault.message for fault in jsonschema.Draft202012Validator(whole).iter_errors(document)][:5] == []
    assert document.keys() - whole["properties"].keys() == {"schema", "schema_version", "label"}


def test_a_suppliers_view_of_a_change_has_nothing_of_others() -> None:
    """Quill's findings, assets and rates are not in what Larkspur sees; the whole report has them."""
    data = replace(second(), since=compared())
    others = {a.asset.name for a in data.assets if a.asset.supplier == "quill"}
    whole = json.loads(json_file.encoded(data)[1])["since"]
    mine = json.loads(json_file.encoded(view_of(data, View.SUPPLIER, "larkspur"))[1])["since"]
    assert any(name in json.dumps(whole) for name in others)
    assert not [name for name in (*others, "Quill") if name in json.dumps(mine)]
    assert 0 < mine["before"]["occurrences"] < whole["before"]["occurrences"]
    assert mine["balance"]["before"] - mine["balance"]["fixed"] - mine["balance"]["gone"] == mine["balance"]["both"]


def test_the_warning_of_two_estates_without_a_common_asset() -> None:
    other = report(3, assets={"z": Place("z", "z", Step.KNOWN)})
    assert any("no asset in common" in line for line in warnings(compare(report(2), other)))
    assert any("same report" in line for line in warnings(compare(report(2), report(2))))
    unfinished = compare(report(2), report(3, state="partial"))
    assert any("did not come to its end" in line for line in warnings(unfinished))


def test_only_keeps_the_parts_of_its_assets() -> None:
    data = side(sample())
    one = next(iter(data.assets))
    kept = only(data, {one}, Reader("quill"))
    assert set(kept.assets) == {one}
    assert {f.asset_uid for f in kept.findings.values()} <= {one}
    assert not [name for name in kept.basis if name.startswith("option ")]


def test_times_of_the_sample() -> None:
    assert second().started_at - START == timedelta(days=28)
    assert hostile().scan_id == sample().scan_id


GOLDEN = Path(__file__).parent / "golden_compare" / "compare.txt"


def test_golden_text() -> None:
    """Ids and digests of reports are masked: they change with every field that the report's JSON gains.

    ``python -m tests.reports.sample_compare FOLDER`` writes the new text, to be looked at before it is taken.
    """
    told = re.sub(r"ECR-(\d+)-[0-9a-f]{12}", r"ECR-\1-000000000000", compare_terminal.render(compared()))
    assert told == GOLDEN.read_text("utf-8")
