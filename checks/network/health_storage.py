"""Storage of a device: volumes that fill up, arrays and disks that have failed."""

from collections.abc import Iterator
from dataclasses import replace

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import EXAMPLE_ASSET, Example
from checks.finding import Outcome, Ruling, Severity, Subject, failed, passed
from checks.network.health import figure, none_there, not_told, unjudged
from inventory.asset import Asset, Privilege
from inventory.facts import Missing, Reason
from inventory.facts.health import Array, DeviceHealth, Gap, State, Volume
from inventory.thresholds import HealthThresholds

OTHERS = frozenset({"network", "removable", "ram disk"})  # another device's, a medium, or what a restart empties
_UNCLEAR = "no size or use, or full to the last byte and perhaps a read-only image"
SMALLEST = 1024 * 1024  # bytes; kernels show file systems without a store (devfs), always full, below it

_ROOT = Volume("/", "disk", 1000 * SMALLEST, 899 * SMALLEST)
_FULL = replace(_ROOT, name="/var", used_bytes=900 * SMALLEST)
_GAP = Gap("storage", "1.3.6.1.2.1.25.2.3.1.6 was not read to its end: timed out")
_TIGHT = replace(EXAMPLE_ASSET, thresholds=HealthThresholds(storage_percent=80))
_ARRAY = Array("volume 1", "array", State.OK, "normal(1)")
_DISK_GAP = Gap("arrays", "1.3.6.1.4.1.6574.3 was not read to its end: timed out")


def _health(*volumes: Volume, gaps: tuple[Gap, ...] = ()) -> dict[str, object]:
    return {"health": DeviceHealth(storage=volumes or None, gaps=gaps)}


def _raid(*arrays: Array, gaps: tuple[Gap, ...] = ()) -> dict[str, object]:
    return {"health": DeviceHealth(arrays=arrays or None, gaps=gaps)}


@check(
    id="net.avail.storage-full",
    title="A device's storage is nearly full",
    severity=Severity.LOW,
    theme=Theme.AVAILABILITY,
    rationale="A full volume stops logs, updates and backups of the configuration, and often the service itself.",
    remedy=Remedy(
        text="Free or add storage.",
        steps=(
            "See what grows: logs, crash dumps, old images",
            "Remove or move it",
            "Enlarge the volume if it must grow",
        ),
        verify="less of the volume is in use than the threshold",
    ),
    privilege=Privilege.USER,
    references=("RFC 2790 (HOST-RESOURCES-MIB)", "docs/write-an-inventory.md, Thresholds of a device's health"),
    examples=(
        Example(Outcome.PASS, _health(_ROOT), says="1 volumes are less full than the default threshold 90 %"),
        Example(
            Outcome.FAIL,
            _health(_ROOT, _FULL),
            says="/var: 90 % of 0.977 GiB in use, at or above the default threshold 90 %",
            subjects=("/var",),
        ),
        Example(
            Outcome.FAIL,
            _health(replace(_ROOT, used_bytes=800 * SMALLEST)),
            _TIGHT,
            says="/: 80 % of 0.977 GiB in use, at or above the inventory's threshold 80 %",
        ),
        Example(
            Outcome.FAIL,
            _health(Volume("flash", "flash", used_percent=95.0)),
            says="flash: 95 % in use, at or above the default threshold 90 %",
        ),
        Example(Outcome.PASS, _health(replace(_ROOT, used_percent=95.0))),
        Example(Outcome.FAIL, _health(replace(_FULL, size_bytes=SMALLEST, used_bytes=SMALLEST, read_only=False))),
        Example(
            Outcome.NOT_ASSESSED,
            _health(_ROOT, replace(_FULL, used_bytes=None)),
            says="no size or use, or full to the last byte and perhaps a read-only image: /var",
        ),
        Example(Outcome.NOT_ASSESSED, _health(replace(_FULL, size_bytes=None))),
        Example(Outcome.NOT_ASSESSED, _health(replace(_FULL, used_bytes=1000 * SMALLEST + 1))),
        Example(Outcome.FAIL, _health(replace(_FULL, used_bytes=1000 * SMALLEST, read_only=False))),
        Example(
            Outcome.NOT_ASSESSED,
            _health(replace(_FULL, used_bytes=1000 * SMALLEST)),
            says="no size or use, or full to the last byte and perhaps a read-only image: /var",
        ),
        Example(
            Outcome.NOT_APPLICABLE,
            _health(
                replace(_FULL, read_only=True),
                replace(_FULL, size_bytes=SMALLEST - 1, used_bytes=SMALLEST - 1),
                *(replace(_FULL, kind=kind) for kind in sorted(OTHERS)),
            ),
            says="the device tells of no writable volume of its own",
        ),
        Example(Outcome.FAIL, _health(replace(_FULL, read_only=False))),
        Example(Outcome.NOT_ASSESSED, _health(_ROOT, gaps=(_GAP,)), says=_GAP.why),
        Example(Outcome.NOT_ASSESSED, _health(), says="the device does not tell of its storage"),
        Example(Outcome.NOT_ASSESSED, {"health": Missing(Reason.TIMED_OUT, "no answer")}),
    ),
)
def storage_full(health: DeviceHealth, asset: Asset) -> Iterator[Ruling]:
    own = [volume for volume in health.storage or () if _own(volume)]
    if not health.storage:
        yield not_told(health, "storage", "storage")
    elif not own:
        yield none_there(health, "storage", "writable volume of its own")
    else:
        limit = asset.thresholds.of("storage_percent")
        told = f"{limit.origin} {figure(limit.value)} %"
        bad = [_full(volume, told) for volume in own if (_used(volume) or 0) >= limit.value]
        gaps = unjudged(health, "storage", [one.name for one in own if _used(one) is None], _UNCLEAR)
        yield from [*bad, *gaps] or [passed(f"{len(own)} volumes are less full than {told}")]


def _own(volume: Volume) -> bool:
    """Of this device, and one that can fill up."""
    if volume.read_only or volume.kind in OTHERS:
        return False
    return volume.size_bytes is None or volume.size_bytes >= SMALLEST


def _used(volume: Volume) -> float | None:
    """Percent in use. None where it is not told, or where more is used than there is."""
    if volume.size_bytes is None or volume.used_bytes is None:
        return volume.used_percent
    if volume.used_bytes == volume.size_bytes and volume.read_only is None:
        return None  # firmware images (squashfs, ISO 9660) are full by their nature
    share = 100 * volume.used_bytes / volume.size_bytes
    return share if share <= 100 else None


def _full(volume: Volume, threshold: str) -> Ruling:
    size = f" of {figure(volume.size_bytes / 2**30)} GiB" if volume.size_bytes else ""
    told = f"{volume.name}: {figure(_used(volume) or 0)} %{size} in use, at or above {threshold}"
    return failed(told, Subject("volume", volume.name))


@check(
    id="net.avail.raid-degraded",
    title="A disk array is degraded, or a disk has failed",
    severity=Severity.HIGH,
    theme=Theme.AVAILABILITY,
    rationale="A degraded array works without a reserve: the next failed disk takes the data with it.",
    remedy=Remedy(
        text="Replace the failed disk and let the array rebuild.",
        steps=(
            "Make sure that the last backup is good",
            "Find the failed disk by its slot and serial number",
            "Replace it",
        ),
        verify="the array and all its disks are given as in order",
        risk="Pulling the wrong disk of a degraded array loses the data.",
    ),
    privilege=Privilege.USER,
    references=("the vendor's storage MIB, named in docs/network-devices.md",),
    examples=(
        Example(Outcome.PASS, _raid(_ARRAY), says="1 arrays and disks are in order, by the device's own word"),
        Example(
            Outcome.FAIL,
            _raid(_ARRAY, replace(_ARRAY, name="volume 2", state=State.CRITICAL, raw="crashed(12)")),
            says="array volume 2: the device itself says critical, crashed(12)",
            subjects=("array volume 2",),
        ),
        Example(
            Outcome.FAIL,
            _raid(replace(_ARRAY, name="disk 1", kind="disk", state=State.WARNING, raw=None)),
            says="disk disk 1: the device itself says warning",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _raid(_ARRAY, replace(_ARRAY, name="volume 2", state=State.UNKNOWN)),
            says="the device does not say whether it works: array volume 2",
        ),
        Example(
            Outcome.NOT_APPLICABLE,
            _raid(replace(_ARRAY, state=State.ABSENT), replace(_ARRAY, state=State.OFF)),
            says="the device tells of no disk or array in use",
        ),
        Example(Outcome.NOT_APPLICABLE, _raid(), says="the device tells of no disk or array in use"),
        Example(Outcome.NOT_ASSESSED, _raid(gaps=(_DISK_GAP,)), says=_DISK_GAP.why),
        Example(Outcome.NOT_ASSESSED, _raid(_ARRAY, gaps=(_DISK_GAP,)), says=_DISK_GAP.why),
    ),
)
def raid_degraded(health: DeviceHealth) -> Iterator[Ruling]:
    live = [array for array in health.arrays or () if array.state not in (State.ABSENT, State.OFF)]
    if not live:
        yield none_there(health, "arrays", "disk or array in use")
        return
    bad = [_degraded(array) for array in live if array.state in (State.WARNING, State.CRITICAL)]
    unknown = [f"{array.kind} {array.name}" for array in live if array.state is State.UNKNOWN]
    gaps = unjudged(health, "arrays", unknown, "the device does not say whether it works")
    yield from [*bad, *gaps] or [passed(f"{len(live)} arrays and disks are in order, by the device's own word")]


def _degraded(array: Array) -> Ruling:
    raw = f", {array.raw}" if array.raw else ""
    name = f"{array.kind} {array.name}"
    return failed(f"{name}: the device itself says {array.state}{raw}", Subject("storage", name))
