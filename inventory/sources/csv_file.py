"""A table of hosts as CSV (RFC 4180, and with semicolons or tabs as spreadsheets write it).

A row becomes the same variables that a YAML inventory would hold, checked by the same models; every faulty row is told
at once as ``file:line: column: what``. The file is hostile: size, encoding, NULs, ragged rows and double hosts are
refused, nothing in a cell is evaluated.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inventory.sources import words
from inventory.sources.document import Vars
from inventory.sources.errors import Fault, InventoryError, did_you_mean, shown, what_exists
from inventory.sources.explain import validate

MAX_ROWS = 200_000
IGNORED = "-"
ENCODINGS = ("utf-8", "utf-16", "cp1252", "iso-8859-15")

# What a column can hold, and the headings it is recognised by (lower case, words joined by _).
FIELDS: dict[str, tuple[str, ...]] = {
    "name": ("host", "hostname", "host_name", "asset", "asset_name", "server", "computer", "device", "fqdn"),
    "address": ("ip", "ip_address", "ipv4", "ipv6", "ip_addr", "ansible_host", "management_ip", "mgmt_ip"),
    "port": ("ssh_port", "ansible_port"),
    "user": ("login", "ssh_user", "ansible_user"),
    "connection": ("way", "ansible_connection"),
    "groups": ("group", "tags"),
    "kind": ("type", "asset_type", "device_type"),
    "area": ("region", "department", "business_unit"),
    "site": ("location", "zone", "data_centre", "data_center"),
    "service": ("application", "business_service"),
    "supplier": ("vendor", "managed_by", "provider"),
    "owner": ("asset_owner", "responsible"),
    "exposure": (),
    "criticality": ("importance", "priority"),
    "roles": ("role",),
    "fragile": (),
    "platform": (),
    "expected_ports": ("ports", "open_ports"),
    "endpoints": ("urls", "endpoint_urls"),
    "certificates": ("certificate_files",),
    "backup_marks": (),
    "backup_max_age_hours": (),
    "central_login": (),
    "antimalware": (),
    "administrators": (),
    "credential": (),
    "bastion": ("jump_host", "jumphost", "proxy_jump"),
    "become": (),
    "ssh_config": (),
}
_ANSIBLE = {
    "address": "ansible_host",
    "port": "ansible_port",
    "user": "ansible_user",
    "connection": "ansible_connection",
}
_WORD_LISTS = frozenset({"roles", "expected_ports", "antimalware", "groups"})
_PATH_LISTS = frozenset({"certificates", "backup_marks", "endpoints", "administrators"})
_NUMBERS = frozenset({"port", "criticality", "backup_max_age_hours"})
_FLAGS = frozenset({"fragile", "central_login", "ssh_config"})
_FLAG_WORDS = {"yes": True, "true": True, "1": True, "x": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Row:
    """One host. ``cells`` are the fields that were filled in; ``variables`` are those of a YAML inventory."""

    name: str
    line: int
    cells: Mapping[str, str]
    variables: Mapping[str, Any]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    file: str
    rows: tuple[Row, ...]
    columns: Mapping[str, str]  # field -> heading
    ignored: tuple[str, ...]  # headings that nothing was read from

    def fault(self, row: Row, field: str, message: str) -> Fault:
        return Fault(self.file, row.line, 0, self.columns[field], message)


def read_csv(file: str, data: bytes, columns: Mapping[str, str] | None = None, encoding: str = "utf-8") -> Table:
    """``columns`` maps headings to fields, or to ``-`` to leave a column out; the others are recognised by heading.

    Raises :class:`InventoryError` with every fault of every row.
    """
    records = list(_records(file, _decoded(file, data, encoding)))
    if not records:
        raise InventoryError([Fault(file, 0, 0, "", "the file is empty")])
    headings = [cell.strip() for cell in records[0][1]]
    fields = _fields(file, records[0][0], headings, columns or {})
    if len(records) - 1 > MAX_ROWS:
        raise InventoryError([Fault(file, 0, 0, "", f"has more than {MAX_ROWS} rows; split it")])
    by_field = {field: headings[i] for i, field in fields.items()}
    reader = _Rows(file, len(headings), fields, by_field)
    rows = tuple(row for line, cells in records[1:] if (row := reader.row(line, cells)))
    if reader.faults:
        raise InventoryError(reader.faults)
    return Table(file, rows, by_field, tuple(h for i, h in enumerate(headings) if i not in fields))


def _decoded(file: str, data: bytes, encoding: str) -> str:
    if encoding not in ENCODINGS:
        message = f"the encoding {shown(encoding)} is not known here; allowed: {', '.join(ENCODINGS)}"
        raise InventoryError([Fault(file, 0, 0, "", message)])
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        message = f"this is not {encoding}; save it as UTF-8, or name its --encoding: {', '.join(ENCODINGS)}"
        raise InventoryError([Fault(file, line, 0, "", message)]) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise InventoryError([Fault(file, line, 0, "", "a NUL character is not allowed; is this a CSV file?")])
    return text


def _records(file: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Line of the first character, and the cells, of every record that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    begins = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            raise InventoryError([Fault(file, begins, 0, "", f"this is not valid CSV: {exc}")]) from None
        if any(cell.strip() for cell in cells):
            yield begins, cells
        begins = reader.line_num + 1


def _delimiter(text: str) -> str:
    """What separates the headings: the most frequent of comma, semicolon and tab in the first line."""
    heading = text.lstrip("\r\n").split("\n", 1)[0]
    return max(",;\t", key=heading.count)


def _fields(file: str, line: int, headings: Sequence[str], columns: Mapping[str, str]) -> dict[int, str]:
    """Position of a column -> field. What the caller says goes before what a heading looks like."""
    faults = [Fault(file, line, 0, h, "two columns have this heading") for h in headings if h and headings.count(h) > 1]
    if faults:
        raise InventoryError(faults)
    said: dict[int, str] = {}
    for heading, field in columns.items():
        if heading not in headings:
            message = f"there is no column {shown(heading)};{did_you_mean(heading, headings)} {what_exists(headings)}"
            faults.append(Fault(file, line, 0, "", message))
        elif field not in FIELDS and field != IGNORED:
            message = f"{shown(field)} is no field;{did_you_mean(field, FIELDS)} allowed: {', '.join(FIELDS)}, or -"
            faults.append(Fault(file, line, 0, heading, message))
        else:
            said[headings.index(heading)] = field
    looks = {i: f for i, heading in enumerate(headings) if (f := _recognised(heading))}
    guessed = {i: f for i, f in looks.items() if i not in said and f not in said.values()}
    fields = {i: f for i, f in (said | guessed).items() if f != IGNORED}
    faults += _doubles(file, line, headings, fields)
    if "name" not in fields.values():
        message = "no column holds the host's name; say which with --map COLUMN=name"
        faults.append(Fault(file, line, 0, "", message))
    if faults:
        raise InventoryError(faults)
    return dict(sorted(fields.items()))


def _doubles(file: str, line: int, headings: Sequence[str], fields: Mapping[int, str]) -> Iterator[Fault]:
    for field in FIELDS:
        alike = [headings[i] for i, f in fields.items() if f == field]
        if len(alike) > 1:
            both = " and ".join(map(shown, alike))
            message = f"the columns {both} both look like {field}; say which with --map COLUMN={field}"
            yield Fault(file, line, 0, "", message)


def _recognised(heading: str) -> str | None:
    word = re.sub(r"[^a-z0-9]+", "_", heading.lower()).strip("_")
    return next((field for field, names in FIELDS.items() if word == field or word in names), None)


class _Rows:
    """Checks one row after the other and collects what is wrong."""

    def __init__(self, file: str, width: int, fields: Mapping[int, str], columns: Mapping[str, str]) -> None:
        self.file, self.width, self.fields, self.columns = file, width, fields, columns
        self.faults: list[Fault] = []
        self.seen: dict[str, int] = {}

    def row(self, line: int, cells: Sequence[str]) -> Row | None:
        before = len(self.faults)
        if len(cells) != self.width:
            self._fault(line, "", f"has {len(cells)} cells, the heading has {self.width}")
            return None
        filled = {field: cells[i].strip() for i, field in self.fields.items() if cells[i].strip()}
        name = self._name(line, filled.get("name", ""))
        variables, groups = self._variables(line, filled)
        return Row(name, line, filled, variables, groups) if len(self.faults) == before else None

    def _name(self, line: int, name: str) -> str:
        try:
            words.asset_name(name)
        except ValueError as exc:
            self._fault(line, "name", str(exc) if name else "the host has no name")
        if (first := self.seen.setdefault(name, line)) != line and name:
            self._fault(line, "name", f"{shown(name)} is already at line {first}; keep one of the two")
        return name

    def _variables(self, line: int, filled: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
        values = {field: _value(field, cell) for field, cell in filled.items() if field != "name"}
        groups = values.pop("groups", [])
        if bad := [g for g in groups if not g.isprintable() or len(g) > 253]:
            self._fault(line, "groups", f"{shown(bad[0])} cannot be the name of a group")
        variables = {_ANSIBLE[field]: value for field, value in values.items() if field in _ANSIBLE}
        if own := {field: value for field, value in values.items() if field not in _ANSIBLE}:
            variables["estatecheck"] = own
        _, wrong = validate(Vars, variables)
        for loc, message, _ in wrong:
            inner = str(loc[1] if loc[0] == "estatecheck" else loc[0])
            self._fault(line, next((f for f, key in _ANSIBLE.items() if key == inner), inner), message)
        return variables, tuple(groups)

    def _fault(self, line: int, field: str, message: str) -> None:
        self.faults.append(Fault(self.file, line, 0, self.columns.get(field, ""), message))


def _value(field: str, cell: str) -> Any:  # noqa: ANN401 (the models check it)
    """The cell as YAML would have read it; what does not fit stays text, and the models say so."""
    if field in _WORD_LISTS:
        return [word for word in re.split(r"[\s,;|]+", cell) if word]
    if field in _PATH_LISTS:
        return [path.strip() for path in re.split(r"[;|\n]", cell) if path.strip()]
    if field in _FLAGS:
        return _FLAG_WORDS.get(cell.lower(), cell)
    if field in _NUMBERS and cell.isascii() and cell.isdigit() and len(cell) < 10:
        return int(cell)
    if field in ("kind", "exposure", "become", "connection"):
        return cell.lower()
    return cell
