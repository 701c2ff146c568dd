"""Whether a Windows machine can be worked with: space on its disks, and whether it crashes."""

from collections.abc import Iterator
from dataclasses import replace

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import EXAMPLE_ASSET, Example, partial
from checks.finding import Outcome, Ruling, Severity, Subject, failed, not_assessed, passed
from inventory.asset import Asset, Privilege
from inventory.facts import Missing, Reason
from inventory.facts.windows_stability import WindowsCrash, WindowsStability
from inventory.facts.windows_storage import WindowsStorage, WindowsVolume
from inventory.thresholds import HealthThresholds

WHOLE_DAYS = 30
MANY_CRASHES = 3  # in 30 days
MANY_HANGS = 10
ROOM_BYTES = 10 * 1024**3  # a month's cumulative update unpacks to several GB beside the old one


def _storage(*volumes: tuple[str, int | None, int | None, bool]) -> dict[str, object]:
    """(drive, size, free, system); bytes."""
    made = (
        partial(WindowsVolume, drive=drive, size_bytes=size, free_bytes=free, system=system)
        for drive, size, free, system in volumes
    )
    return {"windows_storage": partial(WindowsStorage, volumes=tuple(made))}


BIG, SMALL = 1000 * 10**9, 20 * 10**9


@check(
    id="win.device.volume-full",
    title="A disk has hardly any room left",
    severity=Severity.MEDIUM,
    theme=Theme.AVAILABILITY,
    rationale=(
        "Without room on the system drive updates fail, logs stop and people cannot save their work. The limit is the "
        "inventory's (thresholds, storage_percent), else 90 % in use; the system drive also needs 10 GiB."
    ),
    remedy=Remedy(
        text="Make room, or a larger disk.",
        steps=("`cleanmgr`, or Storage Sense by policy", "Move old profiles and files elsewhere"),
        verify="`Get-Volume` shows room again",
        risk="Deleted files are gone; ask before emptying somebody's folders.",
    ),
    privilege=Privilege.USER,
    references=("docs/write-an-inventory.md", "ISO/IEC 27001:2022 A.8.6"),
    examples=(
        Example(
            Outcome.PASS,
            _storage(("C:", BIG, BIG // 10 + 1, True), ("D:", SMALL, SMALL // 10 + 1, False)),
            says="2 volumes have room",
        ),
        Example(Outcome.PASS, _storage(("C:", SMALL, ROOM_BYTES, True))),
        Example(
            Outcome.FAIL,
            _storage(("C:", BIG, BIG // 10, True), ("D:", BIG, BIG // 2, False), ("E:", SMALL, 0, False)),
            says=(
                "C: is 90 % full (93.1 GiB free); the default threshold is 90 %",
                "E: is 100 % full (0.0 GiB free); the default threshold is 90 %",
            ),
            subjects=("C:", "E:"),
        ),
        Example(
            Outcome.FAIL,
            _storage(("C:", SMALL, ROOM_BYTES - 1, True)),
            says="C: has 10.0 GiB free; Windows needs 10 GiB to update itself",
        ),
        Example(
            Outcome.FAIL,
            _storage(("D:", BIG, BIG // 5, False)),
            replace(EXAMPLE_ASSET, thresholds=HealthThresholds(storage_percent=80.0)),
            says="D: is 80 % full (186.3 GiB free); the inventory's threshold is 80 %",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _storage(("C:", BIG, None, True), ("D:", None, 5, False), ("E:", BIG, BIG, False)),
            says=("how full C: is could not be read", "how full D: is could not be read"),
        ),
        Example(Outcome.NOT_ASSESSED, _storage(), says="Windows names no volume"),
        Example(Outcome.NOT_ASSESSED, {"windows_storage": Missing(Reason.TIMED_OUT)}),
    ),
)
def volume_full(windows_storage: WindowsStorage, asset: Asset) -> Iterator[Ruling]:
    volumes = windows_storage.volumes
    if not volumes:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, "Windows names no volume")
        return
    wrong = [ruling for volume in volumes for ruling in _room(volume, asset)]
    yield from wrong or [passed(f"{len(volumes)} volumes have room")]


def _room(volume: WindowsVolume, asset: Asset) -> Iterator[Ruling]:
    limit, subject = asset.thresholds.of("storage_percent"), Subject("volume", volume.drive)
    percent, free = volume.free_percent, volume.free_bytes
    if percent is None or free is None:
        told = f"how full {volume.drive} is could not be read"
        yield Ruling(Outcome.NOT_ASSESSED, told, subject, Reason.OUTPUT_UNREADABLE)
    elif 100 - percent >= limit.value:
        told = f"{volume.drive} is {100 - percent:.0f} % full ({_gib(free)} GiB free)"
        yield failed(f"{told}; {limit.origin} is {limit.value:g} %", subject)
    elif volume.system and free < ROOM_BYTES:
        yield failed(f"{volume.drive} has {_gib(free)} GiB free; Windows needs 10 GiB to update itself", subject)


def _gib(count: int) -> str:
    return f"{count / 1024**3:.1f}"


def _crash(kind: str, day: int, detail: str = "") -> WindowsCrash:
    return WindowsCrash(kind, f"2026-02-{day:02}T08:00:00Z", detail)


def _stability(
    *crashes: WindowsCrash,
    days: int | None = WHOLE_DAYS,
    application: int | None = WHOLE_DAYS,
    known: bool = True,
    errors: int | None = 0,
) -> dict[str, object]:
    told = partial(
        WindowsStability,
        crashes=crashes if known else None,
        log_days=days,
        application_log_days=application,
        hardware_errors=errors,
    )
    return {"windows_stability": told}


BLUE = tuple(_crash("bugcheck", day, "0x0000009f") for day in (20, 12))
POWER = _crash("unexpected shutdown", 3)
HANGS = tuple(_crash("hang", day, "excel.exe") for day in range(1, 11))


@check(
    id="win.device.crashes",
    title="The machine crashes again and again",
    severity=Severity.MEDIUM,
    theme=Theme.AVAILABILITY,
    rationale=(
        "Three crashes or sudden ends in 30 days are no chance: a driver, the memory, the power supply or the disk is "
        "at fault. People lose their work, and updates break off half-way."
    ),
    remedy=Remedy(
        text="Find out what the crashes have in common.",
        steps=(
            "See the codes of the crashes: event 1001 of WER-SystemErrorReporting",
            "Update drivers and firmware",
            "Test the memory (`mdsched`) and the disk",
        ),
        verify="30 days pass without a crash",
    ),
    privilege=Privilege.USER,
    references=(
        "learn.microsoft.com/windows-hardware/drivers/debugger/bug-check-code-reference2",
        "ISO/IEC 27001:2022 A.8.16",
    ),
    examples=(
        Example(Outcome.PASS, _stability(), says="0 crashes and sudden ends in the last 30 days"),
        Example(Outcome.PASS, _stability(*BLUE, *HANGS), says="2 crashes and sudden ends in the last 30 days"),
        Example(
            Outcome.FAIL,
            _stability(*BLUE, POWER, _crash("hardware error", 1), days=5),
            says="3 crashes and sudden ends in the last 30 days, the newest at 2026-02-20T08:00:00Z (0x0000009f)",
        ),
        Example(
            Outcome.FAIL,
            _stability(POWER, POWER, POWER, days=None),
            says="3 crashes and sudden ends in the last 30 days, the newest at 2026-02-03T08:00:00Z",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _stability(*BLUE, days=29),
            says="2 crashes and sudden ends, but the System log reaches back 29 days only",
        ),
        Example(
            Outcome.NOT_ASSESSED, _stability(days=None), says="how far the System log reaches back could not be read"
        ),
        Example(Outcome.NOT_ASSESSED, _stability(known=False), says="the log of crashes could not be read"),
        Example(Outcome.NOT_ASSESSED, {"windows_stability": Missing(Reason.TIMED_OUT)}),
    ),
)
def crashes(windows_stability: WindowsStability) -> Iterator[Ruling]:
    """A log that does not reach back 30 days proves crashes, and never that there were none."""
    if windows_stability.crashes is None:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, "the log of crashes could not be read")
        return
    found = [one for one in windows_stability.crashes if one.kind in ("bugcheck", "unexpected shutdown")]
    told = f"{len(found)} crashes and sudden ends"
    if len(found) >= MANY_CRASHES:
        yield failed(f"{told} in the last {WHOLE_DAYS} days, the newest at {found[0].at}{_code(found[0])}")
    elif windows_stability.log_days is None:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, "how far the System log reaches back could not be read")
    elif windows_stability.log_days < WHOLE_DAYS:
        days = windows_stability.log_days
        yield not_assessed(Reason.NOT_TOLD, f"{told}, but the System log reaches back {days} days only")
    else:
        yield passed(f"{told} in the last {WHOLE_DAYS} days")


def _code(crash: WindowsCrash) -> str:
    return f" ({crash.detail})" if crash.detail else ""


@check(
    id="win.device.hardware-errors",
    title="The hardware reports errors",
    severity=Severity.MEDIUM,
    theme=Theme.AVAILABILITY,
    rationale=(
        "Windows records errors that the processor, the memory or a bus reports (WHEA). They come before crashes, and "
        "they do not go away by themselves."
    ),
    remedy=Remedy(
        text="Find the part that reports them, and replace it.",
        steps=("See event 1, 18 and 20 of WHEA-Logger", "Update the firmware", "Test the memory (`mdsched`)"),
        verify="30 days pass without such an event",
    ),
    privilege=Privilege.USER,
    references=(
        "learn.microsoft.com/windows-hardware/drivers/whea/introduction-to-the-windows-hardware-error-architecture",
        "ISO/IEC 27001:2022 A.8.16",
    ),
    examples=(
        Example(Outcome.PASS, _stability(*BLUE, POWER), says="no hardware error in the last 30 days"),
        Example(
            Outcome.FAIL,
            _stability(days=None, errors=1),
            says="1 hardware errors in the last 30 days",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _stability(days=29),
            says="the System log does not reach back 30 days, or was not read",
        ),
        Example(Outcome.NOT_ASSESSED, _stability(days=None)),
        Example(Outcome.NOT_ASSESSED, _stability(errors=None)),
        Example(Outcome.NOT_ASSESSED, {"windows_stability": Missing(Reason.TIMED_OUT)}),
    ),
)
def hardware_errors(windows_stability: WindowsStability) -> Iterator[Ruling]:
    errors, days = windows_stability.hardware_errors, windows_stability.log_days
    if errors:
        yield failed(f"{errors} hardware errors in the last {WHOLE_DAYS} days")
    elif errors is None or days is None or days < WHOLE_DAYS:
        yield not_assessed(Reason.NOT_TOLD, "the System log does not reach back 30 days, or was not read")
    else:
        yield passed(f"no hardware error in the last {WHOLE_DAYS} days")


@check(
    id="win.device.programs-hang",
    title="Programs stop answering again and again",
    severity=Severity.LOW,
    theme=Theme.AVAILABILITY,
    rationale=(
        "Ten programs or more that had to be ended in 30 days mean that people wait and lose work: too little memory, "
        "a failing disk or a broken program."
    ),
    remedy=Remedy(
        text="See which programs hang, and whether memory and disk suffice.",
        steps=("See event 1002 of Application Hang", "Update or repair the program"),
        verify="30 days pass with fewer such events",
    ),
    privilege=Privilege.USER,
    references=("learn.microsoft.com/windows/win32/win7appqual/preventing-hangs-in-windows-applications",),
    examples=(
        Example(Outcome.PASS, _stability(*BLUE, *HANGS[:9]), says="9 programs hung in the last 30 days"),
        Example(
            Outcome.FAIL,
            _stability(*HANGS, application=3),
            says="10 programs hung in the last 30 days, the newest was excel.exe at 2026-02-01T08:00:00Z",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _stability(*HANGS[:9], application=29),
            says="the Application log does not reach back 30 days, or was not read",
        ),
        Example(Outcome.NOT_ASSESSED, _stability(application=None)),
        Example(Outcome.NOT_ASSESSED, _stability(known=False)),
        Example(Outcome.NOT_ASSESSED, {"windows_stability": Missing(Reason.TIMED_OUT)}),
    ),
)
def programs_hang(windows_stability: WindowsStability) -> Iterator[Ruling]:
    found = [one for one in windows_stability.crashes or () if one.kind == "hang"]
    days = windows_stability.application_log_days
    if len(found) >= MANY_HANGS:
        newest = f"{found[0].detail or 'a program'} at {found[0].at}"
        yield failed(f"{len(found)} programs hung in the last {WHOLE_DAYS} days, the newest was {newest}")
    elif windows_stability.crashes is None or days is None or days < WHOLE_DAYS:
        yield not_assessed(Reason.NOT_TOLD, "the Application log does not reach back 30 days, or was not read")
    else:
        yield passed(f"{len(found)} programs hung in the last {WHOLE_DAYS} days")
