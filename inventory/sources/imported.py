"""The one file of an inventory directory that an import owns: ``imported-<name>.yaml``.

An import never touches the files people write. It adds hosts and overwrites the values its rows have; a host that is
no longer in the table stays, and so does a value whose cell is empty.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from inventory.estate import Estate
from inventory.sources import words
from inventory.sources.changes import Changes, compare
from inventory.sources.csv_file import Row, Table, read_csv
from inventory.sources.errors import Fault, InventoryError, shown
from inventory.sources.links import unknown
from inventory.sources.positions import plain, read
from inventory.sources.yaml_file import Text, load, read_bounded, texts

MARK = "# Written by `estatecheck inventory import`."
HEADER = f"""{MARK} Do not edit: the next import overwrites what the table says.
# Put what you know better into another file of this directory whose name sorts after this one.
"""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_TABLES = ("area", "site", "service", "supplier", "credential")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do. Nothing is written yet."""

    path: Path
    text: str
    table: Table
    changes: Changes
    differs: bool  # from what is on disk


def plan_csv(directory: Path, source: Path, name: str, columns: Mapping[str, str], encoding: str) -> Plan:
    """Reads the table and the inventory, and works out the difference. Raises :class:`InventoryError`."""
    path = _own_file(directory, name)
    try:
        data = read_bounded(source)
    except OSError as exc:
        raise InventoryError([Fault(str(source), 0, 0, "", f"cannot be read: {exc.strerror}")]) from exc
    table = read_csv(str(source), data, columns, encoding)
    files = list(texts([directory]))
    before = load(files, str(directory))
    if faults := list(_unknown_names(table, before)):
        raise InventoryError(faults)
    old = next((f for f in files if Path(f.name) == path), None)
    text = render(*merged(*(_kept(old) if old else ({}, {})), table.rows))
    others = [f for f in files if f is not old]
    after = load(sorted([*others, Text(str(path), text.encode())], key=lambda f: Path(f.name)), str(directory))
    changes = compare(before, after, {row.name for row in table.rows})
    return Plan(path, text, table, changes, differs=old is None or old.data != text.encode())


def write(plan: Plan) -> None:
    """Writes the file whole or not at all. Raises :class:`InventoryError`."""
    temporary = plan.path.with_name(f".{plan.path.name}.{os.getpid()}.tmp")
    try:
        try:
            with temporary.open("xb") as out:
                out.write(plan.text.encode())
                out.flush()
                os.fsync(out.fileno())
            temporary.replace(plan.path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync(plan.path.parent)
    except OSError as exc:
        raise InventoryError([Fault(str(plan.path), 0, 0, "", f"cannot be written: {exc.strerror}")]) from exc


def _sync(directory: Path) -> None:
    """So that the new name survives a power cut."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _own_file(directory: Path, name: str) -> Path:
    if not directory.is_dir():
        message = (
            "an import needs an inventory that is a directory; make one, move this file into it, and give the directory"
        )
        raise InventoryError([Fault(str(directory), 0, 0, "", message)])
    if not _NAME.fullmatch(name):
        message = f"{shown(name)} cannot name an import; give --name with letters, digits, - and _"
        raise InventoryError([Fault(str(directory), 0, 0, "", message)])
    return directory / f"imported-{name}.yaml"


def _unknown_names(table: Table, estate: Estate) -> Iterable[Fault]:
    """What a row refers to must exist; a bastion may be another row, a host without address must be one."""
    known = {
        "area": estate.areas.keys(),
        "site": estate.sites.keys(),
        "service": estate.services.keys(),
        "supplier": estate.suppliers.keys(),
        "credential": estate.credentials.keys(),
    }
    hosts = {asset.name for asset in estate.assets}
    everyone = hosts | {row.name for row in table.rows}
    for row in table.rows:
        for field in _TABLES:
            if (name := row.cells.get(field)) and name not in known[field]:
                yield table.fault(row, field, unknown(field, name, list(known[field])))
        if (bastion := row.cells.get("bastion")) and bastion not in everyone:
            yield table.fault(row, "bastion", unknown("host", bastion, everyone))
        if row.name not in hosts and "address" not in row.cells and row.cells.get("connection") != "local":
            try:
                words.address(row.name)
            except ValueError as exc:
                yield table.fault(row, "name", f"{exc}; give the host an address")


Hosts = dict[str, dict[str, Any]]
Members = dict[str, set[str]]  # group -> hosts


def _kept(file: Text) -> tuple[Hosts, Members]:
    """What an earlier import wrote."""
    text = file.data.decode("utf-8-sig")
    root, _ = read(file.name, text)  # it has been loaded before, so it has no faults
    if root is None or not text.startswith(MARK):
        message = "this file was not written by an import; rename it, or give another --name"
        raise InventoryError([Fault(file.name, 1, 0, "", message)])
    top: Any = plain(root)
    everything = (top or {}).get("all") or {}
    hosts = {name: said or {} for name, said in (everything.get("hosts") or {}).items()}
    groups = {name: set((group or {}).get("hosts") or {}) for name, group in (everything.get("children") or {}).items()}
    return hosts, groups


def merged(hosts: Hosts, groups: Members, rows: Iterable[Row]) -> tuple[Hosts, Members]:
    """The earlier import with the rows on top, our keys one by one."""
    hosts, groups = dict(hosts), {name: set(members) for name, members in groups.items()}
    for row in rows:
        old = hosts.get(row.name, {})
        own = {**(old.get("estatecheck") or {}), **row.variables.get("estatecheck", {})}
        hosts[row.name] = {**old, **row.variables, **({"estatecheck": own} if own else {})}
        if row.groups:
            for members in groups.values():
                members.discard(row.name)
            for group in row.groups:
                groups.setdefault(group, set()).add(row.name)
    return hosts, {name: members for name, members in groups.items() if members}


def render(hosts: Hosts, groups: Members) -> str:
    """The file's text, in a stable order."""
    tree: dict[str, Any] = {"hosts": {name: hosts[name] for name in sorted(hosts)}}
    if groups:
        tree["children"] = {name: {"hosts": dict.fromkeys(sorted(groups[name]))} for name in sorted(groups)}
    dumped: str = yaml.dump({"all": tree}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    return HEADER + dumped


class _Dumper(yaml.CSafeDumper):
    """Writes every list and mapping out: no anchors."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 (PyYAML's hook)
        return True
