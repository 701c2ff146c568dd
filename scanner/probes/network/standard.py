"""What any device may say of itself, whoever made it: ENTITY-MIB, LLDP-MED, UPS, printer and cable MIBs, sysDescr."""

import re
from collections.abc import Callable, Iterator

from scanner.probes.network import entity, grammar, oids
from scanner.probes.network.matching import description
from scanner.probes.network.reading import Answers, Found
from scanner.probes.network.varbinds import VarBinds

NUMBERED = re.compile(r"\d\.\d")
# what a protocol stack puts into entPhysicalSoftwareRev where the device's maker left it as it came (Aricent ISS)
STACK_DEFAULTS = frozenset({"6.2.0"})
# A DOCSIS modem writes its sysDescr so (CableLabs CM-SP-OSSIv3.0, section "sysDescr")
CABLE = re.compile(r"<<.*\bVENDOR: ([^;>]+);.*>>")

# asked of every device with the second packet: few, and each from a standard
SCALARS = (
    oids.UPS_MANUFACTURER,
    oids.UPS_MODEL,
    oids.UPS_SOFTWARE,
    oids.UPS_AGENT_SOFTWARE,
    oids.PRT_SERIAL,
    oids.HR_DEVICE_DESCR_1,
    oids.HR_SYSTEM_UPTIME,
    oids.MED_SOFTWARE,
    oids.MED_FIRMWARE,
    oids.MED_SERIAL,
    oids.MED_VENDOR,
    oids.MED_MODEL,
    oids.DOCS_SERIAL,
    oids.DOCS_SOFTWARE,
)


def vendor(rows: VarBinds) -> str | None:
    """Only where the device names its maker itself."""
    cable = CABLE.search(description(rows))
    told = (rows.text(oids.UPS_MANUFACTURER), rows.text(oids.MED_VENDOR), cable[1] if cable else None)
    return next((name for text in told if text and (name := grammar.clean(text))), None)


def readings(field: str, answers: Answers) -> Iterator[Found]:
    """The sources for this field, the most trusted first."""
    for oid, value, raw, holds in READERS[field](answers):
        if value:
            yield Found(value, oid, raw, holds)
    if words := WORDS.get(field):
        told = description(answers.rows)
        if value := words(told):
            yield Found(value, oids.SYS_DESCR, told)


Told = Iterator[tuple[str, str | None, str, bool]]


def _versions(answers: Answers) -> Told:
    yield from _scalar(answers, oids.DOCS_SOFTWARE, holds=True)
    software = entity.said(answers.entities, "software")
    if software:
        yield software.oid, _number(software.value), software.value, False
    for oid in (oids.MED_SOFTWARE, oids.UPS_SOFTWARE):  # not probeSoftwareRev: many stacks leave their maker's default
        yield from _scalar(answers, oid, only=NUMBERED)
    firmware = entity.said(answers.entities, "firmware")
    if firmware and not software:
        yield firmware.oid, _number(firmware.value), firmware.value, False


def _models(answers: Answers) -> Told:
    yield from _entity(answers, "model")
    for oid in (oids.UPS_MODEL, oids.MED_MODEL):
        yield from _scalar(answers, oid)
    if answers.rows.text(oids.PRT_SERIAL):
        yield from _scalar(answers, oids.HR_DEVICE_DESCR_1)


def _serials(answers: Answers) -> Told:
    yield from _entity(answers, "serial")
    for oid in (oids.PRT_SERIAL, oids.DOCS_SERIAL, oids.MED_SERIAL):
        yield from _scalar(answers, oid)


def _boot_versions(answers: Answers) -> Told:  # noqa: ARG001 (one shape for all fields)
    yield from ()


def _scalar(answers: Answers, oid: str, holds: bool = False, only: re.Pattern[str] | None = None) -> Told:
    raw = answers.rows.text(oid) or ""
    value = grammar.clean(raw)
    if value and value not in STACK_DEFAULTS and (only is None or only.search(value)):
        yield oid, value, raw, holds


def _entity(answers: Answers, name: str) -> Told:
    if said := entity.said(answers.entities, name):
        yield said.oid, said.value, said.value, False


def _number(text: str) -> str | None:
    """A revision cell: itself where it is one word, else the number its words mark."""
    if not any(map(str.isdigit, text)):
        return None
    if text in STACK_DEFAULTS:
        return None
    return text if " " not in text else grammar.version(text) or text


READERS: dict[str, Callable[[Answers], Told]] = {
    "version": _versions,
    "model": _models,
    "serial": _serials,
    "boot_version": _boot_versions,
}
WORDS: dict[str, Callable[[str], str | None]] = {
    "version": grammar.version,
    "model": grammar.model,
    "serial": grammar.serial,
}
