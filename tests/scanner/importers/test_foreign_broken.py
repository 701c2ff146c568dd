"""Foreign files that are cut, damaged, hostile or of another kind: one sentence with the place, never a traceback."""

import json
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from scanner.importers import findings, foreign_json, imported
from scanner.importers.findings import FORMATS, read_findings
from scanner.importers.imported import Imported
from scanner.importers.supplied import ImportRefused
from tests import data as real
from tests.scanner.importers.foreign_samples import SAMPLES

IN_JSON = ("testssl", "sslyze", "ssh-audit", "trivy", "sarif", "generic")
IN_XML = ("nessus", "openvas", "nmap", "xccdf", "arf")
IN_LINES = ("lynis", "openvas-csv", "testssl-csv", "generic-csv", "manual-csv", "manual")
ODD: tuple[Any, ...] = (None, 0, -1, 1e99, True, "", "x", "\ud800", [], [None], {}, {"x": []}, "9" * 400)


def read(data: bytes, name: str) -> Imported | str:
    """What was read, or the one sentence of the refusal."""
    try:
        return read_findings(data, f"{name}.file", name)[1]
    except ImportRefused as refused:
        told = str(refused)
        assert told.startswith(f"{name}.file")
        assert "\n" not in told
        return told


@pytest.mark.parametrize("name", sorted(IN_JSON + IN_XML))
def test_a_file_that_was_cut_anywhere_is_refused(name: str) -> None:
    whole = SAMPLES[name].strip().encode()
    for end in range(1, len(whole), 7):
        assert isinstance(read(whole[:end], name), str), end


@pytest.mark.parametrize("name", IN_LINES)
def test_lines_that_were_cut_anywhere_never_prove_anything(name: str) -> None:
    whole = SAMPLES[name].strip().encode()
    before = _outcomes(read(whole, name))
    for end in range(1, len(whole)):
        told = read(whole[:end], name)
        if not isinstance(told, str):
            assert "pass" not in _outcomes(told), end
            assert len(_outcomes(told)) <= len(before)


def _outcomes(told: Imported | str) -> list[str]:
    assert isinstance(told, Imported)
    return [result.outcome.value for host in told.hosts for result in host.results]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_damaged_bytes_are_read_or_refused(name: str) -> None:
    chance = random.Random(name)  # noqa: S311 (damage that is the same every time)
    whole = SAMPLES[name].encode()
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        read(bytes(damaged), name)


def _replaced(value: Any, odd: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON value
    """The document with one value after the other replaced."""
    yield odd
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from ({**value, key: other} for other in _replaced(inner, odd))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from ([*value[:place], other, *value[place + 1 :]] for other in _replaced(inner, odd))


@pytest.mark.parametrize("name", IN_JSON)
def test_no_value_of_another_type_is_a_trap(name: str) -> None:
    document = json.loads(SAMPLES[name])
    for odd in ODD:
        for changed in _replaced(document, odd):
            told = read(json.dumps(changed).encode(), name)
            if isinstance(told, Imported):
                repr(told).encode()


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.parametrize("name", IN_XML)
@pytest.mark.parametrize(
    "prologue",
    [
        pytest.param(BOMB + "]>", id="billion laughs"),
        pytest.param('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>', id="external entity"),
        pytest.param('<!DOCTYPE x [<!ENTITY % p SYSTEM "http://192.0.2.1/x"> %p;]>', id="parameter entity"),
    ],
)
def test_entities_are_refused_at_once(name: str, prologue: str) -> None:
    text = SAMPLES[name].removeprefix('<?xml version="1.0"?>').replace("<!DOCTYPE nmaprun>", "").strip()
    began = time.monotonic()
    told = read((prologue + text).encode(), name)
    assert isinstance(told, str)
    assert "entities" in told
    assert time.monotonic() - began < 2


def test_depth_is_bounded() -> None:
    deep = "<NessusClientData_v2>" + "<a>" * 100_000 + "</a>" * 100_000 + "</NessusClientData_v2>"
    assert "levels" in str(read(deep.encode(), "nessus"))
    for name in IN_JSON:
        assert isinstance(read(b"[" * 200_000 + b"]" * 200_000, name), str)


def test_size_and_numbers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "MAX_BYTES", 100)
    assert "larger than" in str(read(SAMPLES["nessus"].encode(), "nessus"))
    monkeypatch.undo()
    monkeypatch.setattr(foreign_json, "MAX_VALUES", 10)
    assert "more than 10 values" in str(read(SAMPLES["trivy"].encode(), "trivy"))
    monkeypatch.undo()
    monkeypatch.setattr(findings, "MAX_RESULTS", 1)
    assert "split it" in str(read(SAMPLES["testssl"].encode(), "testssl"))
    assert imported.MAX_BYTES == 256 * 1024 * 1024


def test_yaml_aliases_are_bounded() -> None:
    layers = "\n".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefg", "bcdefgh", strict=True))
    told = read(f"a: &a [x]\n{layers}\nfindings: []\n".encode(), "manual")
    assert isinstance(told, str)
    many = "tester: &t x\nfindings: [" + ", ".join(["*t"] * 2000) + "]\n"
    assert "aliases" in str(read(many.encode(), "manual"))


def _strangers() -> Iterator[tuple[str, str]]:
    """Every format with the file of every other tool."""
    for name in sorted(FORMATS):
        for other in sorted(FORMATS):
            if name.partition("-")[0] != other.partition("-")[0] and not {name, other} <= {"xccdf", "arf"}:
                yield name, other


def test_the_file_of_another_tool_is_refused_or_is_empty() -> None:
    told = {(name, other): read(SAMPLES[other].encode(), name) for name, other in _strangers()}
    taken = {pair for pair, one in told.items() if not isinstance(one, str) and one.results}
    assert {pair for pair in taken if not {*pair} <= {"generic-csv", "manual-csv"}} == set()
    assert len(told) > 200


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"  \n", "is empty", id="blank"),
        pytest.param(b"\x1f\x8b\x08", "packed with gzip", id="packed"),
        pytest.param(b"hello", "no result that is known here", id="text"),
        pytest.param(b"<html><body/></html>", "its root is 'html'", id="web page"),
        pytest.param(b"{}", "no result that is known here", id="object"),
        pytest.param(b"[]", "no result that is known here", id="list"),
        pytest.param(b"\x00\x01\x02", "no result that is known here", id="binary"),
        pytest.param(b"<\xff\xfe", "no result that is known here", id="no encoding"),
    ],
)
def test_what_is_no_result_at_all_is_said(data: bytes, says: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        read_findings(data, "x")
    assert says in str(refused.value)


def test_another_encoding_is_told_with_its_line() -> None:
    broken = SAMPLES["lynis"].replace("klogd", "kl\xf6gd").encode("latin-1")
    assert str(read(broken, "lynis")).startswith("lynis.file:8: is not UTF-8")
    declared = b"<?xml version='1.0' encoding='klingon'?>" + SAMPLES["xccdf"].encode()
    assert isinstance(read(declared, "xccdf"), str)


def test_a_fault_in_xml_is_told_with_its_line() -> None:
    line = SAMPLES["nessus"].partition("<solution>")[0].count("\n") + 1
    told = read(SAMPLES["nessus"].replace("<solution>", "<solutio>").encode(), "nessus")
    assert str(told).startswith(f"nessus.file:{line}: is no whole XML")


REAL = (
    "tenable/nessus/nessus_v_unknown.xml",
    "openvas/many_vuln.xml",
    "nmap/issue12411.xml",
    "arf/test_xccdf_overrides.arf.xml",
    "openscap/one_vuln_rhsa.xml",
    "sslyze/one_target_many_vuln_new.json",
    "ssh_audit/many_vulns.json",
    "trivy/scheme_2_many_vulns.json",
    "generic/generic_report1.json",
)


@pytest.mark.data
@pytest.mark.parametrize("file", REAL)
def test_a_real_file_that_was_cut_is_refused_with_its_place(file: str) -> None:
    whole = (real.folder() / "scanner-output" / file).read_bytes().strip()
    for end in range(len(whole) // 9, len(whole), len(whole) // 9 + 1):
        with pytest.raises(ImportRefused):
            read_findings(whole[:end], file)
