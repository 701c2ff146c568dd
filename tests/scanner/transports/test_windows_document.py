"""Reading the document: whole or not at all, whatever a console or a stranger did to it."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.asset import Privilege
from inventory.facts.missing import Reason
from scanner.probes.windows import WINDOWS
from scanner.query import WindowsSection
from scanner.transports import windows_document
from scanner.transports.windows_document import BadDocument, read_document, split
from tests.lab.windows import document, recorded, section
from tests.scanner.transports.test_windows_script import ROOT

MARKER = "ab" * 16
LAPTOP = {name: section(data) for name, data in recorded("laptop-11-23h2").items()}
SMALL = {"system": section({"b": 1, "a": "ü"}), "defender": section(None, "refused", "no\x1b[31m")}
SCHEMA = json.loads((ROOT / "docs" / "windows-snapshot.schema.json").read_text())
ASKED = [
    WindowsSection("windows_system", "1"),
    WindowsSection("windows_defender", "1"),
    WindowsSection("windows_x", "1"),
]


def small(**fields: Any) -> bytes:  # noqa: ANN401 (any field may be wrong)
    return document(SMALL, MARKER, **fields).encode()


def test_what_the_script_prints_fits_the_schema() -> None:
    jsonschema.validate(json.loads(document(LAPTOP, MARKER)), SCHEMA)
    jsonschema.validate(json.loads(small()), SCHEMA)


def test_the_schema_names_the_sections_that_there_are() -> None:
    assert set(SCHEMA["properties"]["sections"]["properties"]) == {probe.section.key for probe in WINDOWS}


def test_head_and_sections() -> None:
    read = read_document(small(), marker=MARKER)
    assert (read.host.name, read.host.domain, read.zone) == ("PC-7", "WORKGROUP", "GMT Standard Time")
    assert read.collected_at.isoformat() == "2026-11-23T04:00:00+00:00"
    assert (read.marker, read.privilege, read.language_mode) == (MARKER, Privilege.ROOT, "FullLanguage")
    assert read.sections["system"].data == '{"a":"ü","b":1}'.encode()  # canonical
    refused = read.sections["defender"].missing
    assert refused is not None
    assert (refused.reason, refused.detail) == (Reason.PRIVILEGE_TOO_LOW, "PowerShell: refused: no [31m")


def test_one_answer_a_section_that_was_asked() -> None:
    system, defender, unknown = split(read_document(small()), ASKED, 10.0, 20.0)
    assert (system.query, system.missing, system.exit_code) == ("windows_system", None, 0)
    assert (system.asked_at, system.answered_at, system.privilege) == (10.0, 20.0, Privilege.ROOT)
    assert defender.missing is not None
    assert defender.output == b""
    assert unknown.missing is not None
    assert unknown.missing.reason is Reason.OUTPUT_TRUNCATED


def test_a_section_over_its_size_is_cut_not_kept() -> None:
    (answer,) = split(read_document(small()), [WindowsSection("windows_system", "1", max_bytes=5)], 0, 0)
    assert answer.missing is not None
    assert answer.missing.reason is Reason.OUTPUT_TRUNCATED


TEXT = document(LAPTOP, MARKER)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(TEXT.encode(), id="plain"),
        pytest.param(b"\xef\xbb\xbf" + TEXT.encode(), id="utf-8-mark"),
        pytest.param(TEXT.encode("utf-16"), id="utf-16"),
        pytest.param(b"\xfe\xff" + TEXT.encode("utf-16-be"), id="utf-16-be"),
        pytest.param(TEXT.encode("utf-16-le"), id="utf-16-without-mark"),
        pytest.param(TEXT.encode("utf-16-le") + b"\r", id="odd-byte"),
        pytest.param(TEXT.replace("\n", "\r\n").encode(), id="cr-lf"),
        pytest.param(
            "\r\n".join(TEXT.replace("\n", "")[i : i + 80] for i in range(0, len(TEXT), 80)).encode(), id="wrapped"
        ),
        pytest.param(b"Microsoft Windows [Version 10.0]\r\n" + TEXT.encode(), id="banner"),
        pytest.param(TEXT.encode() + b"\r\nbye\r\n", id="after-it"),
    ],
)
def test_what_consoles_do_is_undone(raw: bytes) -> None:
    assert len(read_document(raw, marker=MARKER).sections) == len(LAPTOP)


def test_a_file_that_some_tool_wrote_anew_counts() -> None:
    again = json.dumps(json.loads(TEXT), indent=2, sort_keys=True).encode()
    assert len(read_document(again).sections) == len(LAPTOP)


DEEP = '{"format":"estatecheck-windows","version":1,"x":' + '{"a":' * 5000 + "1" + "}" * 5000 + f',"end":"{MARKER}"}}'
BRACKETS = '{"format":"estatecheck-windows","x":' + '"\\"' * 300_000


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        pytest.param(b"", Reason.OUTPUT_TRUNCATED, id="empty"),
        pytest.param(b"x" * (windows_document.MAX_BYTES + 1), Reason.OUTPUT_TRUNCATED, id="long"),
        pytest.param(b"'powershell.exe' is not recognized", Reason.OUTPUT_UNREADABLE, id="words"),
        pytest.param(b"\xff\xfe\x00", Reason.OUTPUT_TRUNCATED, id="mark-alone"),
        pytest.param(small()[:-40], Reason.OUTPUT_TRUNCATED, id="cut"),
        pytest.param(small(end="cd" * 16), Reason.OUTPUT_TRUNCATED, id="other-end"),
        pytest.param(small(end=""), Reason.OUTPUT_TRUNCATED, id="no-end"),
        pytest.param(small(version=2), Reason.OUTPUT_UNREADABLE, id="version"),
        pytest.param(small(version=True), Reason.OUTPUT_UNREADABLE, id="version-true"),
        pytest.param(small(format="other"), Reason.OUTPUT_UNREADABLE, id="format"),
        pytest.param(small(marker="short", end="short"), Reason.OUTPUT_UNREADABLE, id="marker"),
        pytest.param(small(language_mode="NoLanguage"), Reason.OUTPUT_UNREADABLE, id="mode"),
        pytest.param(small(elevated="yes"), Reason.OUTPUT_UNREADABLE, id="elevated"),
        pytest.param(small(host={"name": ""}), Reason.OUTPUT_UNREADABLE, id="nameless"),
        pytest.param(small(host=None), Reason.OUTPUT_UNREADABLE, id="no-host"),
        pytest.param(small(clock={"utc": "now"}), Reason.OUTPUT_UNREADABLE, id="clock"),
        pytest.param(small(collected_at="2026-02-30T00:00:00Z"), Reason.OUTPUT_UNREADABLE, id="no-such-day"),
        pytest.param(small(sections={"system": section({}, "odd")}), Reason.OUTPUT_UNREADABLE, id="status"),
        pytest.param(
            small(sections={"system": section({}, "refused")}), Reason.OUTPUT_UNREADABLE, id="data-of-refused"
        ),
        pytest.param(small(sections={"system": section(None)}), Reason.OUTPUT_UNREADABLE, id="ok-without-data"),
        pytest.param(small(sections={"../x": section({})}), Reason.OUTPUT_UNREADABLE, id="name-of-a-section"),
        pytest.param(small(sections={"system": 7}), Reason.OUTPUT_UNREADABLE, id="section"),
        pytest.param(small().replace(b'"b":1', b'"b":1,"b":2'), Reason.OUTPUT_UNREADABLE, id="key-twice"),
        pytest.param(small().replace(b'"b":1', b'"b":NaN'), Reason.OUTPUT_UNREADABLE, id="nan"),
        pytest.param(small().replace(b'"b":1', b'"b":Infinity'), Reason.OUTPUT_UNREADABLE, id="infinity"),
        pytest.param(small().replace(b'"b":1', b'"b":1e999'), Reason.OUTPUT_UNREADABLE, id="too-large"),
        pytest.param(small().replace(b'"b":1', b'"b":' + b"9" * 5000), Reason.OUTPUT_UNREADABLE, id="long-number"),
        pytest.param(
            small().replace(b'"b":1', b'"b":[' + b"1," * 1_000_001 + b"1]"), Reason.OUTPUT_UNREADABLE, id="values"
        ),
        pytest.param(DEEP.encode(), Reason.OUTPUT_UNREADABLE, id="deep"),
        pytest.param(BRACKETS.encode(), Reason.OUTPUT_TRUNCATED, id="quotes"),
        pytest.param(b'["format"]', Reason.OUTPUT_UNREADABLE, id="list"),
        pytest.param(b'{"format"', Reason.OUTPUT_TRUNCATED, id="begun"),
    ],
)
def test_a_broken_document_has_its_reason(raw: bytes, reason: Reason) -> None:
    with pytest.raises(BadDocument) as bad:
        read_document(raw)
    assert bad.value.missing.reason is reason, bad.value


def test_an_answer_to_another_question_does_not_count() -> None:
    with pytest.raises(BadDocument):
        read_document(small(), marker="cd" * 16)


def test_a_lone_surrogate_is_no_fault_of_ours() -> None:
    raw = small().replace(b'"b":1', b'"b":"\\ud800x"')
    assert read_document(raw).sections["system"].data == '{"a":"ü","b":"?x"}'.encode()


@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_a_document_or_bad(raw: bytes) -> None:
    with pytest.raises(BadDocument):
        read_document(raw)


@given(st.integers(0, len(TEXT) - 2), st.text(max_size=4))
@settings(max_examples=75, deadline=None)
def test_a_document_with_a_piece_replaced_is_read_or_bad(place: int, piece: str) -> None:
    try:
        read = read_document((TEXT[:place] + piece + TEXT[place + 3 :]).encode("utf-8", "replace"))
    except BadDocument:
        return
    assert read.marker == MARKER


@given(st.integers(0, len(TEXT) - 3))
@settings(max_examples=50, deadline=None)
def test_nothing_counts_of_a_document_that_is_cut(place: int) -> None:
    with pytest.raises(BadDocument):
        read_document(TEXT[:place].encode(), marker=MARKER)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param('"b":1', '"b":1,"b":1', id="same"),
        pytest.param('"b":1', '"b":1,"c":"x\\u002cy","b":2', id="comma-escaped"),
        pytest.param('"b":1', '"b":1,"c":"x\\u002Cy","b":2', id="comma-escaped-otherwise"),
        pytest.param('"b":1', '"b":[{"c":1,"c":2}]', id="deep"),
        pytest.param('"b":1', '"b":1,"\\u0062":2', id="key-escaped"),
        pytest.param('"b":1', '"b" : 1 , "b"\t: 2', id="spaced"),
        pytest.param('"b":1', '"b":"1,1,1","b":2', id="commas-in-what-is-lost"),
        pytest.param('"domain":', '"name":"PC-8","domain":', id="in-head"),
        pytest.param('"elevated":true', '"elevated":true,"elevated":true', id="head"),
        pytest.param('"refused","ms"', '"refused","ms":1,"ms"', id="around-section"),
        pytest.param('"defender":', '"system":{"status":"ok","ms":1,"data":{}},"defender":', id="section"),
        pytest.param(',"data":null}', ',"ms":1}', id="data-left-out-for-it"),
    ],
)
def test_a_key_that_stands_twice(before: str, after: str) -> None:
    raw = small().decode()
    assert before in raw
    with pytest.raises(BadDocument, match="twice"):
        read_document(raw.replace(before, after).encode())


PAIRS = st.recursive(
    st.none() | st.integers(0, 9) | st.text(",ab", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.lists(st.tuples(st.sampled_from("ab,"), inner), max_size=3).map(tuple)
    ),
    max_leaves=8,
)


def spelled(value: Any) -> str:  # noqa: ANN401 (a tuple is an object of pairs)
    if isinstance(value, tuple):
        return "{" + ",".join(f"{json.dumps(key)}:{spelled(one)}" for key, one in value) + "}"
    return "[" + ",".join(map(spelled, value)) + "]" if isinstance(value, list) else json.dumps(value)


def twice(value: Any) -> bool:  # noqa: ANN401 (as above)
    if isinstance(value, tuple):
        return len({key for key, _ in value}) < len(value) or any(twice(one) for _, one in value)
    return isinstance(value, list) and any(map(twice, value))


@settings(max_examples=50, deadline=None)
@given(PAIRS)
def test_keys_are_counted_right(value: object) -> None:
    raw = small().decode().replace('"b":1', f'"b":{spelled(value)}').encode()
    if twice(value):
        with pytest.raises(BadDocument, match="twice"):
            read_document(raw)
    else:
        assert json.loads(read_document(raw).sections["system"].data)["b"] == json.loads(spelled(value))
