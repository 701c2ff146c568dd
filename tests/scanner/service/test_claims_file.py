"""Claims that come as a file: signed ones, and action plans as people really fill them in."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from checks.finding import Outcome, Subject
from checks.lifecycle import State
from checks.statements import Action
from scanner.service.action_plan import NotAPlan, PlanRow, plan_rows
from scanner.service.claims_file import ClaimsError, imported, lines, written
from scanner.service.decide import Word
from scanner.service.offline import Offline
from scanner.store.decisions import Refused
from scanner.store.store import open_store
from tests.scanner.store.people_world import World, clocked
from tests.scanner.store.world import asset, run

FAILS = tuple(run(Outcome.FAIL, subject=Subject("package", name)) for name in ("openssl", "sudo", "curl"))
PLAN = """Action plan, filled in by Acme

Ref;Title;Claim date;What was done;Change reference
EC-0001;OpenSSL;2026-03-02;openssl 3.0.17;CHG-7
2;sudo;;;
EC-0003;curl;2026-03-02;curl 8.1;
EC-0099;gone;2026-03-02;x;y
EC-0001;OpenSSL;2026-03-02;again;CHG-8
bad;;;;
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_store(str(tmp_path / "record.db")) as store:
        made = World(*clocked(store)).people()
        scan(made, *FAILS)
        yield made


def scan(world: World, *runs: Any) -> None:  # noqa: ANN401 (check runs)
    owned = replace(asset("web"), supplier="acme")
    number = world.bench.begin("web", assets=(owned,))
    world.bench.save(number, "web", *runs, asset=owned)
    world.bench.end(number)


def plan_file(folder: Path, content: str | bytes, name: str = "plan.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def xlsx(rows: list[list[object]], title: str = "Plan") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_plan_gives_its_good_rows_and_names_its_bad_ones(world: World, tmp_path: Path) -> None:
    path = plan_file(tmp_path, PLAN)
    done = imported(world.store, path, world.desk("operator"))
    assert [(one.ref, one.after) for one in done.taken] == [("EC-0001", State.CLAIMED_FIXED)]
    assert done.unclaimed == 1
    assert [place for place, _ in done.errors] == ["line 6", "line 7", "line 8", "line 9"]
    told = dict(done.errors)
    assert "name the change" in told["line 6"]
    assert "no finding" in told["line 7"]
    assert "stands in line 4 already" in told["line 8"]
    assert "no finding's ref" in told["line 9"]
    said = world.store.events(world.store.finding("1").fingerprint)[-1].proof["statement"]
    assert isinstance(said, dict)
    assert (said["reason"], said["reference"], said["more"]) == ("openssl 3.0.17", "CHG-7", {"done_on": "2026-03-02"})


def test_the_same_plan_twice_changes_nothing_also_after_a_scan_contradicted_it(world: World, tmp_path: Path) -> None:
    path = plan_file(tmp_path, PLAN)
    imported(world.store, path, world.desk("operator"))
    before = world.store.verify_chain()
    again = imported(world.store, path, world.desk("operator"))
    assert (again.taken, again.already) == ([], ["EC-0001"])
    assert world.store.verify_chain() == before
    scan(world, *FAILS)
    assert world.state() is State.OPEN
    before = world.store.verify_chain()
    assert imported(world.store, path, world.desk("operator")).already == ["EC-0001"]
    assert world.store.verify_chain() == before
    assert any("already" in line for line in lines(again))


def test_a_plan_in_a_workbook_is_read_with_its_dates(world: World, tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Finding ref", "Fixed on", "Action taken", "Ticket"],
        ["EC-0001", datetime(2026, 3, 2, tzinfo=UTC).replace(tzinfo=None), "openssl 3.0.17", "CHG-7"],
        [2, date(2026, 3, 2), "=HYPERLINK(1)", "CHG-8"],
        ["EC-0003", "02/03/2026", "curl", 4711],
    ]
    done = imported(world.store, plan_file(tmp_path, xlsx(rows), "plan.xlsx"), world.desk("supplier:acme"))
    assert [one.ref for one in done.taken] == ["EC-0001"]
    told = dict(done.errors)
    assert "holds a formula" in told["row 3"]
    assert "is no day" in told["row 4"]


def test_a_plan_needs_a_key_and_a_supplier_claims_only_what_is_his(world: World, tmp_path: Path) -> None:
    path = plan_file(tmp_path, PLAN)
    with pytest.raises(ClaimsError, match="say who signs"):
        imported(world.store, path, None)
    done = imported(world.store, path, world.desk("supplier:bolt"))
    assert done.taken == []
    assert any("its supplier is acme" in why for _, why in done.errors)


def rows_of(data: bytes) -> list[PlanRow]:
    return list(plan_rows(data))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"", "no row of headings", id="empty"),
        pytest.param(b"a,b\n1,2\n", "no row of headings", id="no headings"),
        pytest.param(b"ref\nEC-1\n", "no row of headings", id="a ref and nothing else"),
        pytest.param("ref;was getan\n1;Tür\n".encode("latin-1"), "UTF-8", id="another encoding"),
        pytest.param(b'ref,done\n1,"x\n', "cannot be read as CSV", id="a quote that does not end"),
        pytest.param(b"PK\x03\x04nonsense", "XLSX", id="no archive"),
        pytest.param(b"ref,done\n" + b"1,x\n" * 50_002, "more than 50000 rows", id="endless"),
    ],
)
def test_what_is_no_plan(data: bytes, why: str) -> None:
    with pytest.raises(NotAPlan, match=why):
        rows_of(data)


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


def test_a_workbook_that_unpacks_to_too_much_or_is_damaged_is_refused() -> None:
    with pytest.raises(NotAPlan, match="unpacks to more"):
        rows_of(zipped(a=bytes(130 * 1024 * 1024)))
    with pytest.raises(NotAPlan, match=r"cannot be read|damaged"):
        rows_of(zipped(a=b"x"))
    whole = xlsx([["ref", "done"], ["EC-1", "x"]])
    for cut in range(200, len(whole), 400):
        with pytest.raises(NotAPlan):
            rows_of(whole[:cut])


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row>
<c t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>"""


def test_entities_in_a_workbook_are_not_expanded() -> None:
    assert openpyxl.DEFUSEDXML
    whole = xlsx([["ref", "done"], ["EC-1", "x"]])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as read, zipfile.ZipFile(out, "w") as write:
        for part in read.namelist():
            write.writestr(part, BOMB if part == "xl/worksheets/sheet1.xml" else read.read(part))
    with pytest.raises(NotAPlan, match="cannot be read"):
        rows_of(out.getvalue())


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("ref,claim date,what was done\nec-7,2026-03-02,x\n", PlanRow("line 2", "EC-0007", date(2026, 3, 2), "x", "")),
        ("\ufeffREF\tTicket\n7\tC 1\n", PlanRow("line 2", "EC-0007", None, "", "C 1")),
        ('id,change ref,comment\n7,C,"two\nlines"\n', PlanRow("line 2", "EC-0007", None, "two\nlines", "C")),
    ],
)
def test_headings_and_separators_as_people_have_them(text: str, row: PlanRow) -> None:
    assert rows_of(text.encode()) == [row]


# signed files


def report(world: World) -> bytes:
    rows = [{"ref": r.ref, "fingerprint": r.fingerprint, "episode": r.episode} for r in world.store.findings()]
    return json.dumps({"issues": [{"occurrences": rows}]}).encode()


def signed_file(world: World, tmp_path: Path, role: str = "supplier:acme", name: str = "Acme Ltd") -> Path:
    place = Offline.of(report(world), world.keys[role], role, name)
    shown = tmp_path / "shown.txt"
    shown.write_text("version 3.0.17")
    word = Word(Action.CLAIM, "openssl 3.0.17", "CHG-7", files=(shown,))
    signed = [place.signed(ref, word) for ref in ("ec-0001", "EC-0002")]
    at = world.bench.now  # the bench's clock is not the machine's
    world.bench.now = max(at, datetime.now(UTC))
    path = tmp_path / "claims.json"
    path.write_bytes(written(signed))
    return path


def test_a_supplier_without_access_hands_in_a_signed_file(world: World, tmp_path: Path) -> None:
    path = signed_file(world, tmp_path)
    done = imported(world.store, path, None)
    assert [(one.ref, one.after) for one in done.taken] == [
        ("EC-0001", State.CLAIMED_FIXED),
        ("EC-0002", State.CLAIMED_FIXED),
    ]
    event = world.store.events(world.store.finding("1").fingerprint)[-1]
    assert (event.actor, event.role) == ("Acme Ltd", "supplier:acme")
    [digest] = event.proof["statement"]["evidence"]  # type: ignore[index]  # a statement
    assert world.store.blob(digest) == b"version 3.0.17"
    count = world.store.verify_chain()
    assert imported(world.store, path, None).already == ["EC-0001", "EC-0002"]
    assert world.store.verify_chain() == count


def test_what_was_changed_in_a_signed_file_is_named_and_the_rest_is_taken(world: World, tmp_path: Path) -> None:
    path = signed_file(world, tmp_path)
    content = json.loads(path.read_text())
    content["claims"][0]["statement"]["reason"] = "nothing at all"
    content["claims"] += [7, {"statement": {}, "signature": {}}]
    path.write_text(json.dumps(content))
    done = imported(world.store, path, None)
    assert [one.ref for one in done.taken] == ["EC-0002"]
    assert [place for place, _ in done.errors] == ["claim 1", "claim 3", "claim 4"]
    assert "does not hold" in done.errors[0][1]


def test_a_signed_file_holds_claims_and_nothing_else(world: World, tmp_path: Path) -> None:
    path = signed_file(world, tmp_path)
    content = json.loads(path.read_text())
    content["claims"][0]["statement"]["action"] = "accept"
    path.write_text(json.dumps(content))
    assert "holds claims, not accept" in imported(world.store, path, None).errors[0][1]


@pytest.mark.parametrize("text", ["{", '{"format": "x"}', '{"format": "estatecheck-claims", "version": 1}', "{" * 9999])
def test_what_is_no_claim_file(world: World, tmp_path: Path, text: str) -> None:
    with pytest.raises(ClaimsError):
        imported(world.store, plan_file(tmp_path, text, "claims.json"), None)


def test_offline_needs_a_report_that_names_the_finding(world: World) -> None:
    with pytest.raises(Refused, match="names no finding"):
        Offline.of(b"{}", world.keys["operator"], "operator", "x")
    place = Offline.of(report(world), world.keys["operator"], "operator", "x")
    with pytest.raises(Refused, match="does not name"):
        place.signed("EC-0077", Word(Action.CLAIM, "x", "y"))
