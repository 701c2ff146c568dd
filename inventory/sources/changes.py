"""What differs between two states of an estate, host by host and field by field. Pure."""

from collections.abc import Iterator, Set
from dataclasses import dataclass, fields, is_dataclass

from inventory.asset import Asset
from inventory.estate import Estate

_NOT_COMPARED = {"name", "line"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class HostChange:
    host: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    added: tuple[str, ...]
    changed: tuple[HostChange, ...]
    unchanged: tuple[str, ...]
    only_here: tuple[str, ...]  # in the inventory, not in what is imported: never removed, only named


def compare(before: Estate, after: Estate, imported: Set[str]) -> Changes:
    """``imported`` are the hosts that the import names."""
    old = {asset.name: asset for asset in before.assets}
    new = {asset.name: asset for asset in after.assets}
    pairs = [(name, tuple(_differences(old[name], new[name]))) for name in sorted(old.keys() & new.keys())]
    return Changes(
        added=tuple(sorted(new.keys() - old.keys())),
        changed=tuple(HostChange(name, found) for name, found in pairs if found),
        unchanged=tuple(name for name, found in pairs if not found and name in imported),
        only_here=tuple(sorted(old.keys() - imported)),
    )


def _differences(old: Asset, new: Asset) -> Iterator[FieldChange]:
    before, after = dict(_flat(old)), dict(_flat(new))
    for field in before:
        if before[field] != after[field]:
            yield FieldChange(field, before[field], after[field])


def _flat(thing: object) -> Iterator[tuple[str, str]]:
    if not is_dataclass(thing):
        return
    for field in fields(thing):
        value = getattr(thing, field.name)
        if is_dataclass(value):
            yield from _flat(value)
        elif field.name not in _NOT_COMPARED:
            yield field.name, _text(value)


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "not set" if value is None or value == "" else str(value)
