"""Inventory dataclasses as canonical JSON and back (``checks.stored``), with the faults of a record."""

from typing import TypeVar

from checks import stored
from scanner.store.records import StoreError

T = TypeVar("T")
dump = stored.dump


def load(shape: type[T], text: str) -> T:
    """Raises :class:`StoreError` when the text does not have this shape."""
    try:
        return stored.load(shape, text)
    except stored.NotOfShape as fault:
        raise StoreError(str(fault)) from fault
