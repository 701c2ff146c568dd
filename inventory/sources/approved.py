"""``approved_firmware``: which versions somebody approved for which model, in the inventory or in a file it names.

A list of blocks (``document.FirmwareKeys``). Lists of several inventory files add up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from inventory.policy import ApprovedFirmware
from inventory.sources.document import FirmwareKeys
from inventory.sources.errors import Fault, Spot
from inventory.sources.explain import Loc, describe, validate
from inventory.sources.positions import Entry, Value, locate, path_text, plain
from inventory.sources.shapes import keys_of
from inventory.sources.words import has_template

APPROVED = "approved_firmware"
MAX_BLOCKS = 10_000  # every device is held against every block


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that an inventory names."""

    path: str
    spot: Spot  # where it names it


@dataclass(slots=True)
class Approvals:
    blocks: list[ApprovedFirmware] = field(default_factory=list)
    files: list[Wanted] = field(default_factory=list)

    def read(self, file: str, entry: Entry, path: tuple[str, ...]) -> list[Fault]:
        """The list, or the name of the file that holds it."""
        data = entry.value.data
        if isinstance(data, str) and data.strip() and not has_template(data):
            spot = Spot(file, entry.value.line, entry.value.column, path_text(path))
            self.files.append(Wanted(data.strip(), spot))
            return []
        return self.take(file, entry.value, path)

    def take(self, file: str, root: Value, path: tuple[str, ...]) -> list[Fault]:
        """The blocks of a list. Returns what is wrong with them."""
        if root.data is None:
            return []
        if not isinstance(root.data, list) or len(self.blocks) + len(root.data) > MAX_BLOCKS:
            said = f"allowed: a list of at most {MAX_BLOCKS} blocks, each {keys_of(FirmwareKeys)}"
            return [Fault(file, root.line, root.column, path_text(path), said)]
        faults: list[Fault] = []
        for index, item in enumerate(root.data):
            made, wrong = _block(file, item, (*path, index))
            faults += wrong
            self.blocks += [made] if made else []
        return faults


def _block(file: str, item: Value, path: Sequence[str | int]) -> tuple[ApprovedFirmware | None, list[Fault]]:
    data = plain(item)
    if not isinstance(data, dict):
        said = f"{describe(data)} is not allowed here; allowed: {keys_of(FirmwareKeys)}"
        return None, [Fault(file, item.line, item.column, path_text(path), said)]
    keys, wrong = validate(FirmwareKeys, data)
    faults = [locate(file, item, path, loc, key=key).fault(said) for loc, said, key in wrong]
    if keys is None or faults:
        return None, faults
    faults = [locate(file, item, path, loc).fault(said) for loc, said in _contradictions(keys)]
    return (None, faults) if faults else (_approved(keys, item.line), [])


def _contradictions(keys: FirmwareKeys) -> Iterator[tuple[Loc, str]]:
    if not keys.versions and keys.minimum is None:
        yield (), "nothing is approved here; give `versions`, `minimum` or both"
    if keys.valid_until and keys.valid_until < keys.approved_on:
        yield ("valid_until",), f"{keys.valid_until} is before `approved_on`, {keys.approved_on}"


def _approved(keys: FirmwareKeys, line: int) -> ApprovedFirmware:
    return ApprovedFirmware(
        model=keys.model,
        versions=tuple(keys.versions),
        approved_by=keys.approved_by,
        approved_on=keys.approved_on,
        vendor=keys.vendor,
        os=keys.os,
        reference=keys.reference,
        valid_until=keys.valid_until,
        minimum=keys.minimum,
        line=line,
    )
