"""Is the firmware of a device one that somebody approved, and does its maker still support it?

Approved and supported are two things, and neither says that no weakness is known (``net.fw.version-vulnerable``).
"""

from collections.abc import Iterator
from datetime import date, timedelta

from checks.advisories.support import Cycle, SupportDates
from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, Subject, failed, not_applicable, not_assessed, passed
from checks.firmware.approval import Running, concerning, judged, unassessed
from checks.firmware.lifecycles import LINES, cycle_of
from checks.firmware.schemes import scheme_of, scheme_of_part
from checks.network.untold import untold
from inventory.asset import Asset, Connection, Privilege
from inventory.facts import Missing, Reason
from inventory.facts.device import Device, Part, VersionKind
from inventory.policy import ApprovedFirmware, Policy

YEAR = timedelta(days=365)
SWITCH = ApprovedFirmware(
    "WS-C2960X-*", ("15.2(7)E8",), "A. Keeper", date(2026, 1, 1), reference="CHG-1", valid_until=date(2026, 3, 2)
)
LEAST = ApprovedFirmware("FGT_60F", (), "A. Keeper", date(2026, 3, 2), minimum="7.4.8")
OLD = ApprovedFirmware("C9300*", ("17.9.5",), "B. Keeper", date(2024, 1, 1), valid_until=date(2026, 3, 1))
POLICY = Policy((SWITCH, LEAST, OLD))
BY = "by A. Keeper on 2026-01-01 (CHG-1)"


def _device(version: str | None, model: str | None, os: str | None, kind: VersionKind = VersionKind.SOFTWARE) -> object:
    return partial(Device, vendor="Example", os=os, model=model, version=version, version_kind=kind, rule="example")


def _held(outcome: Outcome, version: str | None, model: str | None, os: str | None, says: str = "") -> Example:
    return Example(outcome, {"device": _device(version, model, os)}, says=says or (), policy=POLICY)


def _version(device: Device) -> str | Ruling:
    """What runs; a ruling where that cannot be judged."""
    if device.version is None:
        return not_assessed(*untold(device, "the device does not tell its version, or tells two"))
    if device.version_kind is not VersionKind.SOFTWARE:
        told = f"{device.version} is its {device.version_kind.value}, which says nothing of its patches"
        return not_assessed(Reason.NOT_TOLD, told)
    return device.version


@check(
    id="net.fw.version-not-approved",
    title="The device runs firmware that nobody approved",
    severity=Severity.MEDIUM,
    theme=Theme.FIRMWARE,
    rationale=(
        "Firmware that was tested and approved is known to work here. Of any other version nobody has said so. "
        "Approved does not mean safe: that is judged by checks of its own."
    ),
    remedy=Remedy(
        text="Install an approved version, or have this one approved.",
        steps=("Compare it with estatecheck.approved_firmware in the inventory", "Plan the upgrade in a window"),
        verify="the device tells an approved version",
        risk="A device restarts when its firmware changes.",
    ),
    privilege=Privilege.USER,
    references=("CIS Controls v8 12.1", "NIST SP 800-53 CM-2"),
    examples=(
        _held(
            Outcome.PASS,
            "15.2(7)E8",
            "WS-C2960X-48FPS-L",
            "IOS",
            f"runs 15.2(7)E8, approved {BY}; approved is not the same as safe: its support and its known weaknesses "
            "are judged by themselves",
        ),
        _held(Outcome.FAIL, "15.2(7)E3", "WS-C2960X-48FPS-L", "IOS", f"runs 15.2(7)E3; approved: 15.2(7)E8, {BY}"),
        _held(Outcome.PASS, "v7.4.8,build2795", "FGT_60F", "FortiOS"),
        _held(Outcome.FAIL, "v7.4.7,build2731", "FGT_60F", "FortiOS"),
        _held(
            Outcome.FAIL,
            "17.9.5",
            "C9300-48P",
            "IOS-XE",
            "runs 17.9.5; its approval by B. Keeper on 2024-01-01 ended on 2026-03-01",
        ),
        _held(
            Outcome.NOT_ASSESSED,
            "1.0",
            "X1",
            None,
            "nobody approved any version for Example X1; add it under estatecheck.approved_firmware in the inventory",
        ),
        _held(Outcome.NOT_ASSESSED, None, "C9300-48P", "IOS-XE", "the device does not tell its version, or tells two"),
        Example(
            Outcome.NOT_ASSESSED,
            {"device": _device("5.10.0", "X1", "Linux", VersionKind.KERNEL)},
            says="5.10.0 is its kernel, which says nothing of its patches",
            policy=POLICY,
        ),
        Example(Outcome.NOT_ASSESSED, {"device": Missing(Reason.TIMED_OUT)}),
    ),
)
def version_not_approved(device: Device, policy: Policy, context: Context) -> Iterator[Ruling]:
    running = _version(device)
    if isinstance(running, Ruling):
        yield running
    else:
        thing = Running(device.vendor, device.model, device.os, running, scheme_of(device.vendor, device.os))
        yield judged(concerning(policy, thing), thing, context.today)


FEED = SupportDates(
    date(2026, 1, 1),
    "example",
    {
        "fortios": (
            Cycle("fortios", "6.4", date(2026, 3, 1), None),
            Cycle("fortios", "7.0", date(2026, 3, 2), None),
            Cycle("fortios", "7.2", date(2027, 3, 1), None),
            Cycle("fortios", "7.4", date(2027, 3, 2), date(2028, 1, 1)),
            Cycle("fortios", "8.0", None, None),
        ),
        "pan-os": (Cycle("pan-os", "9.1", date(2026, 1, 1), date(2026, 12, 31)),),
    },
)


def _supported(outcome: Outcome, version: str | None, os: str | None = "FortiOS", says: str = "") -> Example:
    return Example(outcome, {"device": _device(version, "X1", os)}, says=says or (), support=FEED)


_WITHOUT_A_DATE = (
    _supported(Outcome.PASS, "8.0.1", says="FortiOS 8.0 is supported; no end is announced"),
    _supported(Outcome.NOT_ASSESSED, None),
    _supported(Outcome.NOT_ASSESSED, "9.9.9", says="the support dates of 2026-01-01 do not know FortiOS 9.9.9"),
    _supported(Outcome.NOT_ASSESSED, "4.28.3M", "EOS", "there are no support dates for EOS"),
    _supported(Outcome.NOT_ASSESSED, "1.0", None, "what system runs on the device is not known"),
    Example(
        Outcome.NOT_ASSESSED,
        {"device": _device("7.4.8", "X1", "FortiOS", VersionKind.RELEASE)},
        support=FEED,
        says="7.4.8 is its release, which says nothing of its patches",
    ),
    Example(
        Outcome.NOT_ASSESSED,
        {"device": _device("7.4.8", "X1", "FortiOS")},
        says="no support dates are loaded",
    ),
    Example(Outcome.NOT_ASSESSED, {"device": Missing(Reason.UNREACHABLE)}, support=FEED),
)


def _cycle(device: Device, support: SupportDates) -> Cycle | Ruling:
    """The cycle that runs; a ruling where no date can be told."""
    version = _version(device)
    if isinstance(version, Ruling):
        return version
    if device.os is None:
        return not_assessed(*untold(device, "what system runs on the device is not known"))
    if device.os not in LINES:
        return not_assessed(Reason.FEED_MISSING, f"there are no support dates for {device.os}")
    found = cycle_of(device.os, version, support)
    if found is None:
        told = f"the support dates of {support.snapshot} do not know {device.os} {version}"
        return not_assessed(Reason.FEED_MISSING, told)
    return found


def _still(device: Device, cycle: Cycle) -> Ruling:
    name = f"{device.os} {cycle.cycle}"
    return passed(
        f"{name} is supported until {cycle.ends}" if cycle.ends else f"{name} is supported; no end is announced"
    )


@check(
    id="net.fw.version-eol",
    title="The device's firmware is out of support",
    severity=Severity.CRITICAL,
    theme=Theme.UNSUPPORTED,
    rationale=(
        "The maker releases no more security fixes for this line of firmware. Network devices stand where everything "
        "passes, and weaknesses in them are used within days."
    ),
    remedy=Remedy(
        text="Move to a supported line of firmware; where the hardware takes none, replace it or isolate it.",
        steps=("Find the newest supported version for this model", "Plan the upgrade in a window"),
        verify="the device tells a version of a line that is in support",
        risk="A new line changes behaviour and defaults; read its release notes first.",
    ),
    privilege=Privilege.USER,
    references=("the maker's life cycle page", "CIS Controls v8 12.1"),
    examples=(
        *_WITHOUT_A_DATE,
        _supported(Outcome.FAIL, "v6.4.9,build1966", says="support of FortiOS 6.4 ended on 2026-03-01"),
        _supported(Outcome.PASS, "7.0.5", says="FortiOS 7.0 is supported until 2026-03-02"),
        _supported(
            Outcome.FAIL,
            "9.1.19",
            "PAN-OS",
            "support of PAN-OS 9.1 ended on 2026-01-01 (an extension to 2026-12-31 needs evidence of entitlement)",
        ),
    ),
)
def version_ended(device: Device, support: SupportDates, context: Context) -> Iterator[Ruling]:
    cycle = _cycle(device, support)
    if isinstance(cycle, Ruling):
        yield cycle
    elif cycle.ends is None or cycle.ends >= context.today:
        yield _still(device, cycle)
    else:
        offered = (
            f" (an extension to {cycle.extended_ends} needs evidence of entitlement)" if cycle.extended_ends else ""
        )
        yield failed(f"support of {device.os} {cycle.cycle} ended on {cycle.ends}{offered}")


@check(
    id="net.fw.version-eol-within-12-months",
    title="The device's firmware loses support within 12 months",
    severity=Severity.LOW,
    theme=Theme.UNSUPPORTED,
    rationale="Where the hardware takes no newer line it must be replaced, and that belongs in next year's plan.",
    remedy=Remedy(
        text="Plan the move to the next supported line of firmware now.",
        steps=("Find out whether this model takes it", "Name an owner and a date"),
        verify="the device tells a version of a line that is supported for longer",
    ),
    privilege=Privilege.USER,
    references=("the maker's life cycle page",),
    examples=(
        *_WITHOUT_A_DATE,
        _supported(Outcome.FAIL, "7.0.5", says="support of FortiOS 7.0 ends on 2026-03-02, in 0 days"),
        _supported(Outcome.FAIL, "7.2.5", says="support of FortiOS 7.2 ends on 2027-03-01, in 364 days"),
        _supported(Outcome.PASS, "7.4.8", says="FortiOS 7.4 is supported until 2027-03-02"),
        _supported(Outcome.NOT_APPLICABLE, "6.4.9", says="support has ended already: see net.fw.version-eol"),
    ),
)
def version_ending(device: Device, support: SupportDates, context: Context) -> Iterator[Ruling]:
    cycle = _cycle(device, support)
    if isinstance(cycle, Ruling):
        yield cycle
    elif cycle.ends is None or cycle.ends >= context.today + YEAR:
        yield _still(device, cycle)
    elif cycle.ends < context.today:
        yield not_applicable("support has ended already: see net.fw.version-eol")
    else:
        days = (cycle.ends - context.today).days
        yield failed(f"support of {device.os} {cycle.cycle} ends on {cycle.ends}, in {days} days")


def _not_redfish(asset: Asset) -> str:
    return "" if asset.connection.way == "redfish" else "only Redfish lists the firmware of a server's parts"


BMC = Asset("bmc", Connection("redfish", "192.0.2.2", 443))
SERVER = Policy(
    (
        ApprovedFirmware("ProLiant DL380*", ("U58 v2.44",), "A. Keeper", date(2026, 1, 1), os="System ROM"),
        ApprovedFirmware("ProLiant DL380*", (), "A. Keeper", date(2026, 1, 1), os="iLO 5", minimum="iLO 5 v2.72"),
        ApprovedFirmware("ProLiant*", ("9",), "A. Keeper", date(2026, 1, 1)),
    )
)


def _server(
    outcome: Outcome,
    *parts: Part,
    model: str = "ProLiant DL380 Gen10",
    says: str | tuple[str, ...] = (),
    subjects: tuple[str, ...] | None = None,
) -> Example:
    device = partial(Device, vendor="HPE", model=model, parts=parts)
    return Example(outcome, {"device": device}, BMC, says, subjects, policy=SERVER)


def _component(name: str | None, version: str | None, kind: str = "firmware") -> Part:
    return partial(Part, kind=kind, name=name, software=version)


ROM, ILO = _component("System ROM", "U58 v2.44 (01/17/2025)"), _component("iLO 5", "iLO 5 v2.81")
NIC = _component("Some network card", "1.2.3")


@check(
    id="bmc.firmware.outdated",
    title="A part of the server runs firmware that nobody approved",
    severity=Severity.HIGH,
    theme=Theme.FIRMWARE,
    rationale=(
        "System firmware, the BMC and controllers run below the operating system: a weakness there is not closed by "
        "any update of it, and whoever uses it stays."
    ),
    remedy=Remedy(
        text="Install the approved version of this part, or have the running one approved.",
        steps=("Take the maker's current firmware package for this model", "Install it in a window"),
        verify="Redfish's UpdateService/FirmwareInventory lists the approved version",
        risk="The server restarts.",
    ),
    privilege=Privilege.USER,
    references=("DMTF DSP0266, UpdateService", "CIS Controls v8 12.1"),
    waived=_not_redfish,
    examples=(
        _server(Outcome.PASS, ROM, ILO, NIC, subjects=("System ROM", "iLO 5")),
        _server(
            Outcome.FAIL,
            _component("System ROM", "U58 v2.20"),
            _component("iLO 5", "iLO 5 v2.60"),
            NIC,
            says=(
                "runs U58 v2.20; approved: U58 v2.44, by A. Keeper on 2026-01-01",
                "runs iLO 5 v2.60; approved: iLO 5 v2.72 or newer in its train, by A. Keeper on 2026-01-01",
            ),
            subjects=("System ROM", "iLO 5"),
        ),
        _server(
            Outcome.NOT_ASSESSED,
            NIC,
            says="nobody approved any firmware for the parts of HPE ProLiant DL380 Gen10 (each by its name as `os`); "
            "add it under estatecheck.approved_firmware in the inventory",
        ),
        _server(Outcome.NOT_ASSESSED, ROM, model="ProLiant ML350 Gen9"),
        _server(
            Outcome.NOT_ASSESSED, ROM, _component("iLO 5", None), says="its version is not told", subjects=("iLO 5",)
        ),
        _server(
            Outcome.NOT_ASSESSED,
            _component("System ROM", "U58 v2.20", "firmware, not running"),
            says="the server lists no firmware of its parts",
        ),
        _server(Outcome.NOT_ASSESSED, _component(None, "1"), says="the server lists no firmware of its parts"),
        Example(
            Outcome.NOT_ASSESSED,
            {"device": partial(Device, parts=None)},
            BMC,
            "the list of its parts was not read to its end",
            policy=SERVER,
        ),
        Example(
            Outcome.NOT_APPLICABLE,
            {"device": partial(Device)},
            says="only Redfish lists the firmware of a server's parts",
        ),
    ),
)
def parts_outdated(device: Device, policy: Policy, context: Context) -> Iterator[Ruling]:
    if device.parts is None:
        yield not_assessed(Reason.OUTPUT_TRUNCATED, "the list of its parts was not read to its end")
        return
    parts = [part for part in device.parts if part.kind == "firmware" and part.name]
    rulings = [ruling for part in parts if (ruling := _part(device, part, policy, context.today))]
    if not parts:
        yield not_assessed(Reason.NOT_TOLD, "the server lists no firmware of its parts")
    elif not rulings:
        named = (
            f"nobody approved any firmware for the parts of {device.vendor} {device.model} (each by its name as `os`)"
        )
        yield not_assessed(Reason.NO_BASELINE, f"{named}; add it under estatecheck.approved_firmware in the inventory")
    yield from rulings


def _part(device: Device, part: Part, policy: Policy, today: date) -> Ruling | None:
    """None: nobody said anything of a part of this name. A block that names no part is about the device itself."""
    name = part.name or ""
    running = Running(device.vendor, device.model, name, part.software or "", scheme_of_part(device.vendor, name))
    blocks = [block for block in concerning(policy, running) if block.os is not None]
    if not blocks:
        return None
    subject = Subject("firmware", name)
    if part.software is None:
        return unassessed(Reason.NOT_TOLD, "its version is not told", subject)
    return judged(blocks, running, today, subject)
