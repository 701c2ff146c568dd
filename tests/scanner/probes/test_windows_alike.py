"""What is read once for many machines is what would be read of each."""

from typing import Any

import pytest

from inventory.asset import Asset, Connection
from scanner.probes.windows import reading, section
from scanner.probes.windows.reading import Alike, Data
from scanner.probes.windows.section import probe
from scanner.query import Answer, Unreadable

PC = Asset("pc-7", Connection("winrm", "pc-7"))


def test_rows_that_are_alike_are_read_once_and_others_are_not_taken_for_them() -> None:
    seen: list[Any] = []

    def make(row: Data) -> tuple[Any, ...]:
        seen.append(row.told)
        return tuple(row.told.items())

    alike = Alike(make)
    rows: list[dict[str, Any]] = [{"a": 1}, {"a": True}, {"a": 1.0}, {"a": "1"}, {"a": None}, {}, {"a": [1]}, {"b": 1}]
    for _ in range(2):
        made = [alike(Data(dict(row))) for row in rows]
        assert [repr(one) for one in made] == [repr(tuple(row.items())) for row in rows]  # 1 == True == 1.0
    assert len(seen) == len(rows)


def test_a_list_is_read_as_row_by_row() -> None:
    alike = Alike(lambda row: tuple(row.told.items()))
    rows: list[dict[str, Any]] = [{"a": 1}, {"a": True}, {}, {"a": 1.0}, {"a": 1}]
    for _ in range(2):
        assert repr(alike.all(Data({"rows": rows}), "rows")) == repr([tuple(row.items()) for row in rows])
    assert alike.all(Data({"rows": {"a": 1}}), "rows") == [(("a", 1),)]  # PowerShell's list of one
    broken: tuple[dict[str, Any], ...] = ({}, {"rows": None}, {"rows": [{"a": 1}, "b"]}, {"rows": "b"})
    for told in broken:
        with pytest.raises(Unreadable, match="rows"):
            alike.all(Data(told), "rows")


def test_a_fault_is_not_remembered() -> None:
    faults = iter((Unreadable("once"), None))

    def make(_: Data) -> str:
        if fault := next(faults):
            raise fault
        return "read"

    alike = Alike(make)
    with pytest.raises(Unreadable):
        alike(Data({}))
    assert alike(Data({})) == "read"


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS_KEPT", 3)
    monkeypatch.setattr(section, "MOST_KEPT", 3)
    alike, known = Alike(lambda row: row.word("a")), section.Sections()
    for number in range(20):
        assert alike(Data({"a": f"x{number}"})) == f"x{number}"
        assert alike(Data({"a": "x" * 2_000})) == "x" * 2_000
        output = b'{"a":"%d"}' % number
        assert known.read(lambda data: data.word("a"), Answer("windows_x", output)) == str(number)
    assert len(alike) <= 3
    assert len(known) <= 3


def test_a_section_is_read_anew_for_another_probe_and_for_another_text() -> None:
    one, other = probe("system", lambda data: data.word("a")), probe("system", lambda data: data.word("b"))
    said = [Answer("windows_system", text) for text in (b'{"a":"1","b":"2"}', b'{"a":"3","b":"4"}')]
    assert [told.parse(PC, [answer]) for told in (one, other, one) for answer in said] == ["1", "3", "2", "4", "1", "3"]
    for broken in (b"{", b"[]", b'{"a":{}}'):
        for _ in range(2):
            with pytest.raises(Unreadable):
                one.parse(PC, [Answer("windows_system", broken)])
