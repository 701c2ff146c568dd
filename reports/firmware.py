"""Firmware by vendor, system and model: which versions run, which is the newest here, what is approved and supported.

Approved, supported and the newest here are three things; none of them says that no weakness is known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cmp_to_key

from checks.finding import Outcome
from checks.firmware.schemes import scheme_of
from checks.firmware.versions import Order, Version, compare

SISTERS = "net.fw.older-than-sisters"
APPROVED, SUPPORTED, VULNERABLE = "net.fw.version-not-approved", "net.fw.version-eol", "net.fw.version-vulnerable"
JUDGED = frozenset({APPROVED, SUPPORTED, VULNERABLE})


@dataclass(frozen=True, slots=True)
class Said:
    """How one check ended for a device."""

    outcome: Outcome
    observed: str


@dataclass(frozen=True, slots=True)
class DeviceFirmware:
    """One device as it told itself. "": it did not tell."""

    asset_uid: str
    asset: str
    vendor: str
    os: str
    model: str
    version: str
    judged: Mapping[str, Said]  # by check


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version on the devices of one model."""

    version: str
    devices: tuple[str, ...]
    newest: bool | None  # of those here; None: cannot be told
    approved: str
    supported: str
    weaknesses: str


@dataclass(frozen=True, slots=True)
class ModelRow:
    vendor: str
    os: str
    model: str
    devices: int
    versions: tuple[VersionRow, ...]  # newest first where they can be compared, then by text


_WORDS = {
    APPROVED: {Outcome.PASS: "approved", Outcome.FAIL: "not approved"},
    SUPPORTED: {Outcome.PASS: "supported", Outcome.FAIL: "out of support"},
    VULNERABLE: {Outcome.PASS: "none known", Outcome.FAIL: "known weaknesses"},
}


def by_model(devices: Iterable[DeviceFirmware]) -> tuple[ModelRow, ...]:
    models: dict[tuple[str, str, str], list[DeviceFirmware]] = {}
    for one in devices:
        models.setdefault((one.vendor, one.os, one.model), []).append(one)
    return tuple(ModelRow(*key, len(models[key]), _versions(models[key])) for key in sorted(models))


def _versions(devices: list[DeviceFirmware]) -> tuple[VersionRow, ...]:
    told: dict[str, list[DeviceFirmware]] = {}
    for one in devices:
        told.setdefault(one.version, []).append(one)
    read = {text: _read(devices[0], text) for text in told}
    ranked = cmp_to_key(_rank)
    ordered = sorted(sorted(told), key=lambda text: ranked(read[text]), reverse=True)
    return tuple(_row(text, told[text], _newest(text, read)) for text in ordered)


def _row(text: str, devices: list[DeviceFirmware], newest: bool | None) -> VersionRow:
    said = [_said(check, devices) for check in (APPROVED, SUPPORTED, VULNERABLE)]
    return VersionRow(text, tuple(sorted(one.asset for one in devices)), newest, *said)


def _said(check: str, devices: list[DeviceFirmware]) -> str:
    """One word for all; "not known" where nobody judged it, "differs" where it is not the same for all."""
    words = {
        _WORDS[check].get(one.judged[check].outcome, "not known") if check in one.judged else "not known"
        for one in devices
    }
    return words.pop() if len(words) == 1 else "differs"


def _read(device: DeviceFirmware, text: str) -> Version | None:
    scheme = scheme_of(device.vendor or None, device.os or None)
    made = scheme.parse(text) if scheme and text else None
    return made if isinstance(made, Version) else None


def _rank(a: Version | None, b: Version | None) -> int:
    """Only to print in a fixed order: by train, then by the vendor's order, what cannot be read last."""
    if a is None or b is None:
        return (a is not None) - (b is not None)
    if a.train != b.train:
        return 1 if a.train > b.train else -1
    return {Order.NEWER: 1, Order.OLDER: -1}.get(found, 0) if isinstance(found := compare(a, b), Order) else 0


def _newest(text: str, read: Mapping[str, Version | None]) -> bool | None:
    """Whether no other version of this model here is newer; None: with one of them it cannot be compared."""
    mine = read[text]
    if mine is None:
        return None
    orders = [compare(mine, other) if other else None for name, other in read.items() if name != text]
    if Order.OLDER in orders:
        return False
    return True if all(isinstance(order, Order) for order in orders) else None
