"""A supplier's files hold no word of another: every text of the other is marked, and looked for in every format."""

import dataclasses
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

import pytest

from checks.check import Check
from checks.finding import Severity
from inventory.endpoint import Endpoint
from reports.formats import FORMATS, pdf
from reports.life import Decided, Life
from reports.report import AssetCoverage, ReportData
from reports.views import View, seen
from reports.views_mask import MASK, Masking
from tests.reports.sample import START
from tests.reports.sample_whole import whole

OTHER, OWN = "larkspur", "quill"
WORD = "zqxother"  # in every text of the other's
SPOKE = "Zqxother Person"  # for the other, of a finding that is ours now
# What refers to something else, or is one of a list: it stays what it is.
KEPT = frozenset(
    {"supplier", "area", "site", "service", "id", "uid", "asset_uid", "ref", "fingerprint", "check_id", "kind", "way"}
    | {"exposure", "platform", "permitted", "state", "address", "scheme", "sha256", "key", "role", "policy", "until"}
)
FREE = frozenset(
    {"observed", "detail", "reason", "claim", "comment", "note", "identity_note", "said", "peer", "asked_by", "actor"}
    | {"claimed_by", "approved_by", "owner", "by", "query", "title", "lines", "notes"}
)


class Marker:
    """Marks all that is the other's, and has every free text of ours name it."""

    def __init__(self, data: ReportData) -> None:
        theirs = [a for a in data.assets if a.asset.supplier == OTHER]
        ours = [a for a in data.assets if a.asset.supplier == OWN]
        self.uids, self.names = {a.uid for a in theirs}, {a.asset.name for a in theirs}
        self.alone = {part: _parts(theirs, part) - _parts(ours, part) for part in ("area", "service", "site")}
        self.keys = {o.fingerprint for i in data.issues for o in i.occurrences if o.asset_uid in self.uids}
        first = theirs[0]
        self.said = (
            f"with {WORD.upper()}-{first.asset.name.upper()}, {WORD}-{first.asset.name}.elsewhere.example and "
            f"{first.asset.connection.address}:443 of {WORD}-{data.suppliers[OTHER].name}, supplier:{OTHER}; {SPOKE}, "
            f"https://{WORD}-door.example:8443/x"
        )

    def theirs(self, one: Any) -> bool:  # noqa: ANN401 (whatever a report holds)
        told = {name: getattr(one, name, None) for name in ("supplier", "uid", "asset_uid", "fingerprint", "id")}
        return (
            told["supplier"] == OTHER
            or told["id"] == OTHER
            or told["uid"] in self.uids
            or told["asset_uid"] in self.uids
            or told["fingerprint"] in self.keys
            or (getattr(one, "asset", "") in self.names and isinstance(one.asset, str))
            or any(getattr(one, part, None) in some for part, some in self.alone.items())
        )

    def of(self, value: Any, name: str = "", *, all_of_it: bool = False) -> Any:  # noqa: ANN401 (any part of it)
        if isinstance(value, Enum | Check):
            return value
        if isinstance(value, str):
            if all_of_it:
                return f"{WORD}-{value}" if value and name not in KEPT else value
            return f"{value} {self.said}" if value and name in FREE else value
        if isinstance(value, tuple):
            return tuple(self.of(one, name, all_of_it=all_of_it) for one in value)
        if isinstance(value, Mapping):
            return {key: self.of(one, name, all_of_it=all_of_it) for key, one in value.items()}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            all_of_it = all_of_it or self.theirs(value)
            parts = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
            return replace(value, **{k: self.of(v, k, all_of_it=all_of_it) for k, v in parts.items()})
        return value


def _parts(assets: list[AssetCoverage], part: str) -> set[str]:
    return {told for a in assets if (told := getattr(a.asset, part))}


def marked() -> ReportData:
    data = whole(14)
    door = Endpoint("https", "door.example", 8443)
    assets = tuple(
        replace(a, asset=replace(a.asset, endpoints=(door,))) if a.asset.supplier == OTHER else a for a in data.assets
    )
    data = replace(data, assets=assets, handovers=())  # the sample's name findings of anybody
    kept = ("suppliers", "areas", "services", "sites", "issues", "fixed", "carried", "gaps", "evidence", "clocks")
    kept += ("on_record", "firmware", "availability", "life", "ports", "assets", "credits")
    mark = Marker(data)
    told = replace(data, **{name: mark.of(getattr(data, name), name) for name in kept})
    mine = next(o for i in told.issues for o in i.occurrences if o.asset_uid not in mark.uids)
    spoke = Decided(
        mine.ref, mine.asset_uid, mine.asset, "t", START, "claim", SPOKE, f"supplier:{OTHER}", "done", "CHG"
    )
    life = told.life or Life()
    return replace(told, life=replace(life, decisions=(*life.decisions, spoke)))


@pytest.fixture(scope="module")
def all_of_it() -> ReportData:
    return marked()


@pytest.fixture(scope="module")
def cut(all_of_it: ReportData) -> ReportData:
    return seen(all_of_it, View.SUPPLIER, OWN)


def rendered(data: ReportData, form: str) -> str:
    if form == "pdf":
        return pdf.html(data).replace("It has a reference, EC-0001", "")  # of the glossary
    out = io.BytesIO()
    FORMATS[form].render(data, out)
    if form not in ("xlsx", "docx"):
        return out.getvalue().decode()
    with zipfile.ZipFile(out) as parts:
        return "\n".join(parts.read(name).decode() for name in parts.namelist())


def told_of(data: ReportData, text: str) -> set[str]:
    """What of the other's can be found in it."""
    text = text.casefold()
    words = set(re.findall(r"[\w.-]+\w", text))
    return {word for word in _secrets(data) if word in words} | {part for part in (WORD, OTHER) if part in text}


def _secrets(data: ReportData) -> Iterator[str]:
    theirs = {a.uid for a in data.assets if a.asset.supplier == OTHER}
    yield from theirs
    yield from (a.asset.connection.address for a in data.assets if a.uid in theirs)
    for one in (*(o for i in data.issues for o in i.occurrences), *data.fixed, *data.carried):
        if one.asset_uid in theirs:
            yield from (one.ref.casefold(), one.fingerprint)


@pytest.mark.parametrize("form", FORMATS)
def test_no_file_of_a_supplier_tells_of_another(all_of_it: ReportData, cut: ReportData, form: str) -> None:
    assert told_of(all_of_it, rendered(cut, form)) == set()


@pytest.mark.parametrize("form", ["json", "xlsx", "docx"])
def test_the_whole_does_tell_of_both(all_of_it: ReportData, form: str) -> None:
    """Or the test above would find nothing for another reason."""
    assert {WORD, OTHER} < told_of(all_of_it, rendered(all_of_it, form))


def test_only_the_names_are_masked(cut: ReportData) -> None:
    told = next(o.observed for i in cut.issues for o in i.occurrences)
    assert told.endswith(
        f" with {MASK}, {MASK} and {MASK}:443 of {MASK}, supplier:{MASK}; {MASK}, https://{MASK}:8443/x"
    )


def test_what_many_machines_say_alike_is_nobodys_name() -> None:
    data = whole(14)
    alike = replace(data, assets=tuple(replace(a, peer="SSH-2.0-Fenwick_1.0 (x)") for a in data.assets))
    assert {a.peer for a in seen(alike, View.SUPPLIER, OWN).assets} == {"SSH-2.0-Fenwick_1.0 (x)"}


def test_an_own_machine_with_the_first_name_of_another_is_told() -> None:
    data = whole(14)
    ours, theirs = (next(a for a in data.assets if a.asset.supplier == name) for name in (OWN, OTHER))
    called = {ours.uid: "gate.quill.example", theirs.uid: "gate"}
    assets = tuple(replace(a, asset=replace(a.asset, name=called.get(a.uid, a.asset.name))) for a in data.assets)
    mask = Masking(replace(data, assets=assets), OWN, {ours.uid}, frozenset({"gate.quill.example"}))
    assert mask("Gate.Quill.example:22 answers like GATE.") == f"Gate.Quill.example:22 answers like {MASK}."


def test_severities_are_still_those_of_the_own_findings(all_of_it: ReportData, cut: ReportData) -> None:
    uids = {a.uid for a in cut.assets}
    mine = [(o.ref, o.severity) for i in all_of_it.issues for o in i.occurrences if o.asset_uid in uids]
    assert sorted(mine, key=str) == sorted(((o.ref, o.severity) for i in cut.issues for o in i.occurrences), key=str)
    assert {i.severity for i in cut.issues} <= set(Severity)
