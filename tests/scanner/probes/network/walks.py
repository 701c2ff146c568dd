"""The recorded walks of real devices, asked as a poll would ask them, and what a well-known monitor reads out of them.

``expected.json`` is that monitor's reading: mostly right, sometimes not. ``OURS`` lists where the devices' own answers
are better than it, each with the reason.
"""

import hashlib
import json
import re
import tarfile
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from inventory.facts.device import Device
from scanner.probes.network import polling
from scanner.probes.network.identify import identify
from scanner.probes.network.varbinds import VarBinds, read
from tests.data import folder

FIELDS = {"version": "version", "model": "hardware", "serial": "serial"}  # ours: the monitor's name for it
TOKEN = re.compile(r"[\s,;:/()\[\]|=]+")

OURS = {
    ("onefs", "version"): "theirs is the host's name out of sysDescr",
    ("rutos", "version"): "theirs is the kernel; the device's MIB holds the firmware",
    ("beagleboard", "version"): "theirs is a user's own net-snmp extend; ours is marked as the kernel's",
    ("datacom-dmos_dm4616", "version"): "theirs loses the last character",
    ("datacom-dmos_dm4618", "version"): "theirs loses the last character",
    ("datacom-dmos_dm4770", "version"): "theirs loses the last characters",
    ("grandstream-ap_gwn7660", "version"): "theirs ends with a dot",
    ("swos", "version"): "the same but for a leading v",
    ("clickshare_main", "serial"): "theirs ends with a dot: the NUL that ends the string",
    ("iosxe_c9400-svl", "model"): "theirs is a line card's, ours the chassis'",
    ("iosxe_c9400-svl", "serial"): "theirs is a line card's, ours the chassis'",
    ("iosxe_c9500x-svl", "serial"): "theirs is a line card's, ours the chassis'",
    ("iosxe_c9600-svl", "model"): "theirs is a line card's, ours the chassis'",
    ("iosxe_c9600-svl", "serial"): "theirs is a line card's, ours the chassis'",
    ("iosxe_c9600x-svl", "model"): "theirs is a line card's, ours the chassis'",
    ("iosxe_c9600x-svl", "serial"): "theirs is a line card's, ours the chassis'",
    ("ironware_stack-temp", "model"): "theirs is a name of the MIB, ours the model in sysDescr",
    ("ironware", "model"): "the same, written as ENTITY-MIB has it",
    ("jetdirect_m130nw", "model"): "theirs is the series, ours the printer's model",
    ("vrp_s5328c-ei", "model"): "theirs is the series, ours the switch's model",
    ("snr", "model"): "theirs is the hardware's version",
    ("topvision", "model"): "theirs is the hardware's version",
    ("teldat", "model"): "theirs is a number of the hardware, ours the model in sysDescr",
    ("teldat_teldatm1", "model"): "theirs is a number of the hardware, ours the model in sysDescr",
    ("rutos-rutx_trb500", "model"): "theirs is the name a user gave",
    ("teldat_teldatvdsl2", "model"): "theirs is a number of the hardware, ours the model in sysDescr",
    ("mimosa", "model"): "theirs is a name of the MIB, ours the model in sysDescr",
    ("mimosa_b5", "model"): "theirs is a name of the MIB, ours the model in sysDescr",
    ("sm-os", "model"): "theirs lacks the model's name in front of the board's number",
    ("wut_57605", "model"): "theirs is the order number, ours the product's name",
    ("grandstream-sw", "model"): "theirs is made of an anonymised name",
    ("apc_ats", "model"): "the same model number, with the card's name before it instead of the revision behind it",
    ("apc_smart1500", "model"): "theirs is all of sysDescr",
}


def half(name: str) -> int:
    """0: rules were developed with these. 1: measured only, until the first figures were written down."""
    return hashlib.sha256(name.encode()).digest()[0] & 1


@cache
def expected() -> dict[str, dict[str, Any]]:
    with tarfile.open(folder() / "snmp" / "snmp-dev.tar.xz") as archive:
        stored = archive.extractfile("snmp-dev/expected.json")
        assert stored is not None
        return dict(json.load(stored))


def recordings() -> Iterator[tuple[str, bytes]]:
    """Name and text of every walk, straight from the archive: nothing is unpacked onto the disk."""
    with tarfile.open(folder() / "snmp" / "snmp-dev.tar.xz") as archive:
        for member in archive:
            stored = archive.extractfile(member) if member.name.endswith(".snmprec") else None
            if stored is not None:
                yield member.name.rpartition("/")[2].removesuffix(".snmprec"), stored.read()


def polled(text: bytes) -> VarBinds:
    """Only what a poll asks for: the first packet, then the scalars and columns that follow from it."""
    lines = text.split(b"\n")
    first = read(b"\n".join(_of(lines, polling.FIRST, ())))
    walks = tuple(f"{walk.base}." for walk in polling.walks(first))
    return read(b"\n".join(_of(lines, (*polling.FIRST, *polling.second(first)), walks)))


def _of(lines: Iterable[bytes], scalars: Iterable[str], columns: tuple[str, ...]) -> Iterator[bytes]:
    exact = {oid.encode() for oid in scalars}
    below = tuple(column.encode() for column in columns)
    return (line for line in lines if line.partition(b"|")[0] in exact or (below and line.startswith(below)))


@cache
def devices(every: int = 1) -> dict[str, Device]:
    """Every n-th of them."""
    taken = (one for n, one in enumerate(recordings()) if n % every == 0)
    return {name: identify(polled(text)) for name, text in taken}


@cache
def disputed() -> dict[str, Device]:
    """Those that ``OURS`` speaks of."""
    named = {name for name, _ in OURS}
    return {name: identify(polled(text)) for name, text in recordings() if name in named}


def same(ours: str, theirs: str) -> bool:
    """Equal after trimming, or the whole of one stands in the other, token by token."""
    if ours.strip() == theirs.strip():
        return True
    left, right = ([part for part in TOKEN.split(text.lower()) if part] for text in (ours, theirs))
    shorter, longer = sorted((left, right), key=len)
    span = len(shorter)
    return span > 0 and any(longer[at : at + span] == shorter for at in range(len(longer) - span + 1))
