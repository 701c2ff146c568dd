"""Firmware of a host's parts: newer releases that fwupd's metadata lists."""

from collections.abc import Iterator
from datetime import date

from checks.advisories.verdict import Verdict
from checks.advisories.words import counted, some, weaknesses
from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Member, Outcome, Ruling, Severity, Subject, failed, not_assessed, passed
from inventory.asset import Privilege
from inventory.facts import Absent, Missing, Reason
from inventory.facts.host_firmware import FirmwareDevice, FirmwareUpdate, HostFirmware, Remote

MAX_AGE_DAYS = 30  # fwupd-refresh.timer fetches it daily: this allows a host that is switched off for weeks
# The vendor's word in the LVFS metadata (lvfs.readthedocs.io, "Metadata": urgency).
URGENCY = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
}
_SSD = "a45df35ac0e948ee180fe216a5f703f32dda163f"
_LVFS = Remote("lvfs", download=True, fetched="2026-02-27")


def _device(*, supported: bool = True) -> FirmwareDevice:
    return partial(FirmwareDevice, name="System Firmware", supported=supported)


def _fact(
    *updates: FirmwareUpdate,
    devices: tuple[FirmwareDevice, ...] = (_device(),),
    remotes: tuple[Remote, ...] | None = (_LVFS,),
) -> dict[str, object]:
    return {"host_firmware": partial(HostFirmware, devices=devices, updates=updates, remotes=remotes, gaps=())}


_UPDATE = FirmwareUpdate(
    _SSD, "System Firmware", "1.14.0", "1.20.1", "2026-01-13", "critical", ("CVE-2026-1", "VENDOR-2026-4"), "lvfs"
)


@check(
    id="linux.hw.firmware-update-pending",
    title="Newer firmware is listed for a part of this host",
    severity=Severity.MEDIUM,
    theme=Theme.FIRMWARE,
    rationale=(
        "The maker of this part has published newer firmware through the LVFS. Firmware runs below the operating "
        "system: what is weak in it no package update mends."
    ),
    remedy=Remedy(
        text="Install the update in the host's next maintenance window, after a look at the maker's notes.",
        steps=("`fwupdmgr refresh`", "`fwupdmgr get-updates` shows the notes", "`fwupdmgr update`, then restart"),
        verify="`fwupdmgr get-devices` shows the new version for the part",
        risk="Most firmware is written at a restart; a failed write of a mainboard's firmware can need on-site repair.",
    ),
    privilege=Privilege.USER,
    references=("fwupdmgr(1)", "https://lvfs.readthedocs.io"),
    examples=(
        Example(
            Outcome.PASS,
            _fact(devices=(_device(), partial(FirmwareDevice, name="Dock", supported=False))),
            says="fwupd's metadata of 2026-02-27 lists no newer release for the 1 device that it knows "
            "(System Firmware)",
        ),
        Example(
            Outcome.FAIL,
            _fact(_UPDATE),
            says="System Firmware 1.14.0: 1.20.1 of 2026-01-13 is listed by lvfs (urgency critical; clears 1 known "
            "weakness (CVE-2026-1)), by fwupd's metadata of 2026-02-27",
            subjects=(f"System Firmware {_SSD[:8]}",),
        ),
        Example(
            Outcome.FAIL,
            _fact(FirmwareUpdate(_SSD, "SSD", "1", "2"), remotes=(Remote("lvfs", download=True),)),
            says="SSD 1: 2 is listed (its vendor tells no urgency), by fwupd's metadata, which was never fetched",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _fact(remotes=(Remote("lvfs", download=True, fetched="2026-01-30"),)),
            says="fwupd's metadata of 2026-01-30 is 31 days old, at most 30 are allowed: newer firmware may exist",
        ),
        Example(Outcome.PASS, _fact(remotes=(Remote("lvfs", download=True, fetched="2026-01-31"),))),
        Example(
            Outcome.NOT_ASSESSED,
            _fact(remotes=(Remote("lvfs", download=True),)),
            says="fwupd's metadata was never fetched on this host: run `fwupdmgr refresh` there",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _fact(remotes=(Remote("vendor-directory", download=False, fetched="2026-02-27"),)),
            says="no source of firmware metadata is switched on in fwupd's settings",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _fact(remotes=None),
            says="the age of fwupd's metadata is not known",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _fact(devices=(_device(supported=False),)),
            says="fwupd's metadata of 2026-02-27 knows none of the 1 part that fwupd sees here",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"host_firmware": partial(HostFirmware, updates=None, gaps=("the list of updates: no JSON",))},
            says="the list of updates: no JSON",
        ),
        Example(Outcome.NOT_ASSESSED, {"host_firmware": Missing(Reason.COLLECTOR_MISSING, "fwupd is not installed")}),
        Example(
            Outcome.NOT_APPLICABLE,
            {"host_firmware": Absent("a virtual machine has its hypervisor's firmware")},
        ),
    ),
)
def firmware_update_pending(host_firmware: HostFirmware, context: Context) -> Iterator[Ruling]:
    if host_firmware.updates is None:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, some(host_firmware.gaps))
        return
    for update in host_firmware.updates:
        yield _listed(update, host_firmware.metadata_day)
    doubt = _doubt(host_firmware, context.today)
    if doubt is not None:
        yield doubt
    elif not host_firmware.updates:
        known = [device.name for device in host_firmware.devices if device.supported]
        yield passed(
            f"fwupd's metadata of {host_firmware.metadata_day} lists no newer release for the "
            f"{counted(len(known), 'device')} that it knows ({some(known)})"
        )


def _listed(update: FirmwareUpdate, day: str) -> Ruling:
    of_day = f" of {update.released}" if update.released else ""
    by = f" by {update.remote}" if update.remote else ""
    about = {"fixed": update.version, "issued": update.released}  # clocks count from that day; "": not known
    members = tuple(
        Member(issue, Verdict.FIX_AVAILABLE.value, None, about) for issue in update.issues if issue.startswith("CVE-")
    )
    told = [f"urgency {update.urgency}" if update.urgency else "its vendor tells no urgency"]
    told += [f"clears {weaknesses(members)}"] if members else []
    metadata = f"fwupd's metadata of {day}" if day else "fwupd's metadata, which was never fetched"
    return failed(
        f"{update.name} {update.installed}: {update.version}{of_day} is listed{by} ({'; '.join(told)}), by {metadata}",
        Subject("firmware", f"{update.name} {update.device[:8]}"),
        URGENCY.get(update.urgency),
        members,
    )


def _doubt(fact: HostFirmware, today: date) -> Ruling | None:
    """Why an empty list proves no pass; None when it does."""
    if fact.remotes is None:
        return not_assessed(Reason.FEED_MISSING, "the age of fwupd's metadata is not known")
    if not any(remote.download for remote in fact.remotes):
        return not_assessed(Reason.FEED_MISSING, "no source of firmware metadata is switched on in fwupd's settings")
    if not fact.metadata_day:
        told = "fwupd's metadata was never fetched on this host: run `fwupdmgr refresh` there"
        return not_assessed(Reason.FEED_MISSING, told)
    age = (today - date.fromisoformat(fact.metadata_day)).days
    named = f"fwupd's metadata of {fact.metadata_day}"
    if age > MAX_AGE_DAYS:
        told = f"{named} is {age} days old, at most {MAX_AGE_DAYS} are allowed: newer firmware may exist"
        return not_assessed(Reason.FEED_TOO_OLD, told)
    if not any(device.supported for device in fact.devices):
        told = f"{named} knows none of the {counted(len(fact.devices), 'part')} that fwupd sees here"
        return not_assessed(Reason.FEED_MISSING, told)
    return None
