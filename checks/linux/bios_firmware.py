"""The system firmware (BIOS, UEFI) of a machine against the versions that somebody approved for its model."""

from collections.abc import Iterator
from datetime import date

from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, not_applicable, not_assessed
from checks.firmware.approval import Running, concerning, judged
from checks.firmware.schemes import BIOS, scheme_of
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.hardware import Hardware
from inventory.policy import ApprovedFirmware, Policy

POLICY = Policy(
    (
        ApprovedFirmware("PowerEdge R6*", (), "A. Keeper", date(2026, 1, 1), "Dell Inc.", BIOS, minimum="2.12.1"),
        ApprovedFirmware("ProLiant DL360 Gen9", ("P89 (2019-10-21)",), "A. Keeper", date(2026, 1, 1), os=BIOS),
        ApprovedFirmware("PowerEdge R740", ("2.12.1",), "A. Keeper", date(2026, 1, 1)),
    )
)


def _machine(
    outcome: Outcome, vendor: str, model: str, version: str, says: str = "", day: str = "2019-10-21"
) -> Example:
    hardware = partial(Hardware, vendor=vendor, model=model, bios_version=version, bios_date=day, virtual=False)
    return Example(outcome, {"hardware": hardware}, says=says or (), policy=POLICY)


@check(
    id="linux.hw.bios-firmware-outdated",
    title="The machine's system firmware is not an approved version",
    severity=Severity.MEDIUM,
    theme=Theme.FIRMWARE,
    rationale=(
        "System firmware runs before and below the operating system. Its weaknesses are closed by its maker's updates "
        "only, and an update of the system does not bring them."
    ),
    remedy=Remedy(
        text="Install the approved firmware from the machine's maker, or have the running one approved.",
        steps=(
            "Compare with estatecheck.approved_firmware in the inventory",
            "Update through fwupd or the maker's tool",
        ),
        verify="/sys/class/dmi/id/bios_version tells an approved version",
        risk="The machine restarts; a broken update needs hands on the machine.",
    ),
    privilege=Privilege.USER,
    references=("DMTF DSP0134 (SMBIOS), type 0", "CIS Controls v8 7.3"),
    examples=(
        _machine(Outcome.PASS, "Dell Inc.", "PowerEdge R640", "2.12.1"),
        _machine(
            Outcome.FAIL,
            "Dell Inc.",
            "PowerEdge R640",
            "2.2.11",
            "runs 2.2.11 of 2019-10-21; approved: 2.12.1 or newer in its train, by A. Keeper on 2026-01-01",
        ),
        _machine(Outcome.FAIL, "Dell Inc.", "PowerEdge R640", "2.2.11", day=""),
        _machine(Outcome.PASS, "HP", "ProLiant DL360 Gen9", "P89"),
        _machine(Outcome.FAIL, "HP", "ProLiant DL360 Gen9", "P89", day="2016-01-01"),
        _machine(
            Outcome.NOT_ASSESSED,
            "Dell Inc.",
            "PowerEdge R740",
            "2.12.1",
            "nobody approved any version for Dell Inc. PowerEdge R740; "
            "add it under estatecheck.approved_firmware in the inventory",
        ),
        _machine(
            Outcome.NOT_ASSESSED, "Dell Inc.", "PowerEdge R640", "", "the machine does not tell its firmware's version"
        ),
        Example(
            Outcome.NOT_APPLICABLE,
            {"hardware": partial(Hardware, virtual=True)},
            says="a virtual machine's firmware is its host's",
        ),
        Example(Outcome.NOT_ASSESSED, {"hardware": Missing(Reason.TIMED_OUT)}),
    ),
)
def bios_not_approved(hardware: Hardware, policy: Policy, context: Context) -> Iterator[Ruling]:
    if hardware.virtual:
        yield not_applicable("a virtual machine's firmware is its host's")
        return
    if not hardware.bios_version:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, "the machine does not tell its firmware's version")
        return
    alias = f"{hardware.bios_version} ({hardware.bios_date})"
    scheme = scheme_of(hardware.vendor, BIOS)
    running = Running(hardware.vendor, hardware.model, BIOS, hardware.bios_version, scheme, alias, hardware.bios_date)
    blocks = [block for block in concerning(policy, running) if block.os is not None]  # else it is about a device
    yield judged(blocks, running, context.today)
