"""The root cause pack of a real record: every moment with its proof, and nothing guessed."""

import csv
import io
import json
from pathlib import Path

import pytest

from checks.catalogue import catalogue
from reports.root_cause import NOT_YET, UNKNOWN, Leg, RootCause, measured
from reports.root_cause_files import HEADINGS, as_csv, as_html, as_json
from scanner.service.root_cause import THEMES, About, root_cause
from scanner.store.records import StoreError
from tests.scanner.service.patched import RELEASED, patched
from tests.scanner.service.report_pack.packs import Made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return patched(tmp_path_factory.mktemp("cause"))


def pack(made: Made, scan: int = 4, theme: str = "patching", supplier: str = "") -> RootCause:
    return root_cause(made.store, catalogue(), scan, About("" if supplier else theme, supplier))


def test_every_moment_is_an_event_or_evidence(made: Made) -> None:
    events = {event.seq: event for event in made.store.events()}
    for line in pack(made).timelines:
        for name in ("detected", "told", "claimed", "verified"):
            moment = line.moment(name)
            if moment is not None:
                assert moment.event is not None
                assert events[moment.event].hash == moment.proof
                assert events[moment.event].fingerprint == line.fingerprint
        if line.released is not None:
            assert b"row of" in made.store.blob(line.released.proof)


def test_the_life_of_one_update(made: Made) -> None:
    app = next(one for one in pack(made).timelines if (one.asset, one.title[-7:]) == ("app", "openssl"))
    assert app.released is not None
    assert app.released.at.date().isoformat() == RELEASED, "of the gravest CVE, not of the one before it"
    assert app.updates == ("CVE-2026-1",)
    assert app.refused_claims == 1
    days = {leg: measured(app, leg).days for leg in Leg}
    assert days[Leg.SCAN] == 10
    assert [round(days[leg] or 0, 1) for leg in (Leg.TELL, Leg.WORK, Leg.PROVE)] == [1.0, 8.0, 6.0]
    assert days[Leg.ALL] == pytest.approx(15.0)
    assert days[Leg.EXPOSED] == 25


def test_what_is_not_on_record_is_not_known(made: Made) -> None:
    sudo = next(one for one in pack(made).timelines if (one.asset, one.title[-4:]) == ("web", "sudo"))
    assert sudo.released is None
    assert measured(sudo, Leg.SCAN).why_not == UNKNOWN["released"]
    assert measured(sudo, Leg.TELL).why_not == NOT_YET
    assert measured(sudo, Leg.WORK).why_not == UNKNOWN["told"]


def test_what_came_back_has_a_life_of_its_own_and_no_second_release(made: Made) -> None:
    once, again = [one for one in pack(made).timelines if (one.asset, one.title[-7:]) == ("web", "openssl")]
    assert (once.episode, once.verified is not None) == (1, True)
    assert (again.episode, again.verified, again.told) == (2, None, None)
    assert measured(again, Leg.SCAN).days is None


def test_each_leg_counts_all_findings(made: Made) -> None:
    told = pack(made)
    for leg in told.legs:
        assert leg.measured + sum(leg.unknown.values()) == len(told.timelines) == 8
    by_leg = {one.leg: one for one in told.legs}
    assert (by_leg[Leg.PROVE].measured, by_leg[Leg.PROVE].median) == (3, pytest.approx(3.0, abs=0.01))


def test_the_backlog_is_that_of_each_report(made: Made) -> None:
    told = pack(made)
    assert [(p.scan_id, p.open, p.new, p.back, p.fixed) for p in told.backlog] == [
        (1, 6, 6, 0, 0),
        (2, 5, 0, 0, 1),
        (3, 3, 0, 0, 2),
        (4, 5, 1, 1, 0),
    ]


def test_an_earlier_scan_knows_nothing_of_what_came_after(made: Made) -> None:
    told = pack(made, scan=2)
    assert [p.scan_id for p in told.backlog] == [1, 2]
    assert sum(one.verified is not None for one in told.timelines) == 1
    assert all(one.episode == 1 for one in told.timelines)


@pytest.mark.parametrize("name", ["acme", "Acme Ltd", "ACME LTD"])
def test_a_supplier_by_id_or_name_and_nobody_else(made: Made, name: str) -> None:
    told = pack(made, supplier=name)
    assert {one.supplier for one in told.timelines} == {"Acme Ltd"}
    assert told.patches.startswith("On this supplier's assets: 3 of 3 critical and high")
    assert b"Bolt" not in as_html(told) + as_json(told) + as_csv(told)


def test_themes_have_words_of_their_own(made: Made) -> None:
    assert {"patching", "firmware", "weak-configuration", "missing-os-patch"} <= THEMES.keys()
    told = pack(made, theme="weak-configuration")
    assert [one.asset for one in told.timelines] == ["old"]
    assert pack(made, theme="firmware").timelines == ()


@pytest.mark.parametrize(
    ("about", "words"),
    [(About(theme="weather"), "choose one of: patching"), (About(supplier="zed"), "it names: acme, bolt")],
)
def test_an_unknown_word_says_which_there_are(made: Made, about: About, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        root_cause(made.store, catalogue(), 4, about)


def test_the_same_record_gives_the_same_bytes(made: Made) -> None:
    once, again = pack(made), pack(made)
    for render in (as_html, as_json, as_csv):
        assert render(once) == render(again)


def test_the_three_files_say_the_same(made: Made) -> None:
    told = pack(made)
    document = json.loads(as_json(told))
    rows = list(csv.DictReader(io.StringIO(as_csv(told).decode("utf-8-sig"))))
    assert tuple(rows[0]) == HEADINGS
    assert [row["reference"] for row in rows] == [one["ref"] for one in document["findings"]]
    assert [row["days detected to verified"] for row in rows] == [
        "" if one["days"]["detected to verified"] is None else str(one["days"]["detected to verified"])
        for one in document["findings"]
    ]
    page = as_html(told).decode()
    for sentence in document["sentences"]:
        assert sentence.split("“")[0].replace("'", "&#39;") in page


def test_details_that_were_purged_leave_the_release_unknown(tmp_path: Path) -> None:
    made = patched(tmp_path)
    made.store.purge(keep_scans=1)
    told = pack(made)
    assert {one.released for one in told.timelines if one.episode == 1 and one.asset == "db"} == {None}
    assert all(one.detected is not None for one in told.timelines)
