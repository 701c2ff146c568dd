"""Storage, memory and processors: HOST-RESOURCES-MIB (RFC 2790), and UCD-SNMP-MIB where an agent has only that."""

import re
from collections.abc import Iterator

from inventory.facts.health import Array, Memory, Processor, State, Volume
from scanner.probes.network.health.cells import Row, counter, table, text, unique, whole
from scanner.probes.network.oids import SYS_OBJECT_ID
from scanner.probes.network.varbinds import VarBind, VarBinds

STORAGE = "1.3.6.1.2.1.25.2.3.1"  # hrStorageEntry: 2 type, 3 description, 4 bytes of a unit, 5 size, 6 used
FILE_SYSTEM = "1.3.6.1.2.1.25.3.8.1"  # hrFSEntry: 5 access, 7 index in hrStorageTable
DEVICE = "1.3.6.1.2.1.25.3.2.1"  # hrDeviceEntry: 2 type, 3 description, 5 status
DISK = "1.3.6.1.2.1.25.3.6.1"  # hrDiskStorageEntry: 3 removable
LOAD = "1.3.6.1.2.1.25.3.3.1"  # hrProcessorEntry: 2 load in percent, of the last minute
UCD_MEMORY = "1.3.6.1.4.1.2021.4"  # in kB: 5 real, 6 real free, 14 buffers, 15 page cache, 27 could be had (new)
UCD_DISK = (
    "1.3.6.1.4.1.2021.9.1"  # dskEntry: 2 path, 6 total kB, 8 used kB, 9 percent, 11/12, 15/16 total, used low/high
)
UCD_IDLE = "1.3.6.1.4.1.2021.11.11.0"  # ssCpuIdle, percent

STORAGE_TYPES = "1.3.6.1.2.1.25.2.1."
RAM, VIRTUAL = 2, 3
KINDS = {4: "disk", 5: "removable", 6: "removable", 7: "removable", 8: "ram disk", 9: "flash", 10: "network"}
CACHES = ("memory buffers", "cached memory")  # rows of net-snmp's: they count as used in "physical memory"
READ_ONLY, WRITABLE = 2, 1
WINDOWS = "1.3.6.1.4.1.311."  # its figure of used memory is without caches
DISK_STORAGE = "1.3.6.1.2.1.25.3.1.6"
TRUE = 1
MEDIUM = re.compile(r"(?i)\b(dvd|cd-?rom|floppy)")
# hrDeviceStatus; unknown(1), which net-snmp says of every disk, is no word on it
STATUS = {2: State.OK, 3: State.WARNING, 4: State.UNKNOWN, 5: State.CRITICAL}
STATUS_WORDS = {2: "running", 3: "warning", 4: "testing", 5: "down"}


def storage(answered: VarBinds) -> tuple[Volume, ...]:
    """Volumes of hrStorageTable, else of dskTable. Memory and buffers are none."""
    writable = _writable(answered)
    taken: set[str] = set()
    found = [
        Volume(
            name=unique(text(row.get(3)) or f"storage {index}", index, taken),
            kind=kind,
            size_bytes=_bytes(row, 5),
            used_bytes=_bytes(row, 6),
            read_only=writable.get(index),
            source=f"{STORAGE}.6.{index}",
        )
        for index, row in table(answered, STORAGE, (2, 3, 4, 5, 6)).items()
        if (kind := KINDS.get(_type(row.get(2))))
    ]
    return tuple(found) or tuple(_ucd_disks(answered))


def _type(bind: VarBind | None) -> int:
    told = bind.text if bind else ""
    last = told.removeprefix(STORAGE_TYPES)
    return int(last) if told.startswith(STORAGE_TYPES) and last.isdecimal() and len(last) < 4 else 0


def _bytes(row: Row, column: int) -> int | None:
    """The size in units times the unit; a size below 0 did not fit into the 31 bits it has."""
    unit, units = counter(row.get(4)), counter(row.get(column))
    return unit * units if unit and units is not None else None


def _writable(answered: VarBinds) -> dict[str, bool]:
    """Index in hrStorageTable: is it mounted read-only?"""
    found: dict[str, bool] = {}
    for row in table(answered, FILE_SYSTEM, (5, 7)).values():
        access, index = whole(row.get(5)), whole(row.get(7))
        if index and access in (READ_ONLY, WRITABLE):
            found[str(index)] = access == READ_ONLY
    return found


def _ucd_disks(answered: VarBinds) -> Iterator[Volume]:
    taken: set[str] = set()
    for index, row in table(answered, UCD_DISK, (2, 6, 8, 9, 11, 12, 15, 16)).items():
        percent = counter(row.get(9))
        yield Volume(
            name=unique(text(row.get(2)) or f"disk {index}", index, taken),
            size_bytes=_kilobytes(row, 6, 11, 12),
            used_bytes=_kilobytes(row, 8, 15, 16),
            used_percent=None if percent is None or percent > 100 else float(percent),
            source=f"{UCD_DISK}.8.{index}",
        )


def _kilobytes(row: Row, short: int, low: int, high: int) -> int | None:
    """The 64 bit value where there is one: the 32 bit one stops at 2 TB."""
    lower, upper = counter(row.get(low)), counter(row.get(high))
    wide = None if lower is None else (upper or 0) * 2**32 + lower
    told = counter(row.get(short)) if wide is None else wide
    return None if told is None else told * 1024


def memory(answered: VarBinds) -> tuple[Memory, ...]:
    """Real memory. UCD's figures tell caches apart and go before those of hrStorageTable."""
    ucd = _ucd_memory(answered)
    return (ucd,) if ucd else tuple(_hr_memory(answered))


def _ucd_memory(answered: VarBinds) -> Memory | None:
    total, free, buffers, cached, available = (
        counter(answered.get(f"{UCD_MEMORY}.{column}.0")) for column in (5, 6, 14, 15, 27)
    )
    if not total or free is None:
        return None
    unused = free + (buffers or 0) + (cached or 0) if available is None else available
    return Memory(
        size_bytes=total * 1024,
        used_bytes=max(0, total - unused) * 1024,
        counts_cache=available is None and cached is None,
        source=f"{UCD_MEMORY}.6.0",
    )


def _hr_memory(answered: VarBinds) -> Iterator[Memory]:
    rows = table(answered, STORAGE, (2, 3, 4, 5, 6))
    named = {(text(row.get(3)) or "").lower(): row for row in rows.values()}
    caches = [_bytes(named[name], 6) or 0 for name in CACHES if name in named]
    windows = f"{answered.text(SYS_OBJECT_ID)}.".startswith(WINDOWS)
    taken: set[str] = set()
    for index, row in rows.items():
        size, used = _bytes(row, 5), _bytes(row, 6)
        if _type(row.get(2)) == RAM and (text(row.get(3)) or "").lower() not in CACHES and size:
            used = max(0, used - sum(caches)) if used is not None and caches else used
            name = unique(text(row.get(3)) or "memory", index, taken)
            yield Memory(name, size, used, counts_cache=not caches and not windows, source=f"{STORAGE}.6.{index}")


def processors(answered: VarBinds) -> tuple[Processor, ...]:
    found = [
        Processor(f"processor {index}", float(load), "1 minute", f"{LOAD}.2.{index}")
        for index, row in table(answered, LOAD, (2,)).items()
        if (load := counter(row.get(2))) is not None and load <= 100
    ]
    if found:
        return tuple(found)
    idle = counter(answered.get(UCD_IDLE))
    return () if idle is None or idle > 100 else (Processor("all processors", 100.0 - idle, "", UCD_IDLE),)


def disks(answered: VarBinds) -> Iterator[tuple[str, Array]]:
    """Disks that hrDeviceTable gives a state. A removable one without a medium is no fault, and is left out."""
    removable = {index for index, row in table(answered, DISK, (3,)).items() if whole(row.get(3)) == TRUE}
    for index, row in table(answered, DEVICE, (2, 3, 5)).items():
        status = whole(row.get(5))
        name = text(row.get(3)) or f"disk {index}"
        medium = index in removable or MEDIUM.search(name)  # not every agent fills hrDiskStorageTable
        if 2 in row and row[2].text == DISK_STORAGE and status in STATUS and not medium:
            raw = f"{STATUS_WORDS[status]}({status})"
            yield index, Array(name, "disk", STATUS[status], raw, f"{DEVICE}.5.{index}")
