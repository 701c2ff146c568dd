"""The chapter on firmware: rows, their order, and what is said where nothing is known; in all three formats."""

import io
import json
from dataclasses import replace

import pytest

from checks.finding import Outcome
from reports.firmware import APPROVED, SUPPORTED, VULNERABLE, DeviceFirmware, Said, by_model
from reports.formats import html, json_file, terminal
from tests.reports.sample import sample


def device(name: str, version: str, model: str = "C2960X", os: str = "IOS", **judged: Outcome) -> DeviceFirmware:
    checks = {"approved": APPROVED, "supported": SUPPORTED, "vulnerable": VULNERABLE}
    said = {checks[key]: Said(outcome, "x") for key, outcome in judged.items()}
    return DeviceFirmware(f"uid-{name}", name, "Cisco", os, model, version, said)


OLD = device("sw1", "15.2(7)E3", approved=Outcome.FAIL, supported=Outcome.PASS)
NEW = device("sw2", "15.2(7)E10", approved=Outcome.PASS, supported=Outcome.FAIL, vulnerable=Outcome.FAIL)


def test_versions_of_a_model_stand_newest_first_with_their_devices() -> None:
    [row] = by_model([OLD, NEW, replace(OLD, asset="sw0")])
    assert (row.vendor, row.os, row.model, row.devices) == ("Cisco", "IOS", "C2960X", 3)
    assert [(v.version, v.devices, v.newest) for v in row.versions] == [
        ("15.2(7)E10", ("sw2",), True),
        ("15.2(7)E3", ("sw0", "sw1"), False),
    ]
    newest, older = row.versions
    assert (newest.approved, newest.supported, newest.weaknesses) == ("approved", "out of support", "known weaknesses")
    assert (older.approved, older.supported, older.weaknesses) == ("not approved", "supported", "not known")


@pytest.mark.parametrize(
    ("versions", "newest"),
    [
        (["15.2(7)E3"], {"15.2(7)E3": True}),
        (["15.2(7)E3", "15.0(2)SE11"], {"15.2(7)E3": None, "15.0(2)SE11": None}),
        (["15.2(7)E3", "15.2(7)E4", "15.0(2)SE11"], {"15.2(7)E3": False, "15.2(7)E4": None, "15.0(2)SE11": None}),
        (["15.2(7)E3", ""], {"15.2(7)E3": None, "": None}),
        (["odd", "15.2(7)E3"], {"odd": None, "15.2(7)E3": None}),
    ],
)
def test_what_cannot_be_compared_is_not_called_the_newest(versions: list[str], newest: dict[str, bool | None]) -> None:
    [row] = by_model(device(f"sw{n}", text) for n, text in enumerate(versions))
    assert {v.version: v.newest for v in row.versions} == newest


def test_devices_of_one_version_that_were_judged_otherwise_differ() -> None:
    [row] = by_model([OLD, device("sw2", OLD.version, approved=Outcome.PASS, supported=Outcome.NOT_ASSESSED)])
    [version] = row.versions
    assert (version.approved, version.supported, version.weaknesses) == ("differs", "differs", "not known")


def test_the_same_devices_in_any_order_give_the_same_rows() -> None:
    trains = [device(f"sw{n}", text) for n, text in enumerate(("15.2(7)E3", "15.0(2)SE11", "", "15.2(7)E8", "odd"))]
    assert by_model(trains) == by_model(reversed(trains))


def told(data: object) -> tuple[str, str, dict[str, object]]:
    page, text = io.BytesIO(), io.BytesIO()
    html.render(data, page)  # type: ignore[arg-type]  # the sample, replaced
    json_file.render(data, text)  # type: ignore[arg-type]
    return page.getvalue().decode(), terminal.render_terminal(data), json.loads(text.getvalue())  # type: ignore[arg-type]


def test_the_chapter_in_all_formats() -> None:
    hostile = device("sw3", "<b>\x1b[1m", model="", os="")
    page, text, document = told(replace(sample(), firmware=(OLD, NEW, hostile)))
    assert 'href="#firmware"' in page
    assert "15.2(7)E10" in page
    assert "<b>\x1b" not in page
    assert "FIRMWARE" in text
    assert "Cisco IOS C2960X 15.2(7)E3: 1 device, older than others here" in " ".join(text.split())
    assert "\x1b" not in text
    assert [model["model"] for model in document["firmware"]] == ["", "C2960X"]  # type: ignore[attr-defined,index]


def test_without_devices_there_is_no_chapter() -> None:
    page, text, document = told(sample())
    assert 'id="firmware"' not in page
    assert "FIRMWARE" not in text
    assert document["firmware"] == []
