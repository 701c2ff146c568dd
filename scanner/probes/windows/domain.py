"""What the machine belongs to, who it is, and how it keeps time."""

import re

from inventory.facts.windows_domain import WindowsDomain, WindowsIdentity, WindowsTime
from scanner.probes.windows.reading import Data, each, instant
from scanner.probes.windows.section import probe
from scanner.query import Answer

_SID = re.compile(r"(S-1-5-21(?:-\d{1,10}){3})-\d{1,10}")
_DEVICE = re.compile(r"CN=([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\b.*")
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_LEAP, _STRATUM, _SOURCE, _FEWEST = 0, 1, 7, 8  # lines of w32tm /query /status
_DIGITS_AFTER_COLON = re.compile(r"[^:]*:\s*(\d{1,3})\b.*")
_UNSYNCHRONISED = 3  # RFC 5905, leap indicator
_TYPES = ("NTP", "NT5DS", "AllSync", "NoSync")
_ENROLLED = 1  # EnrollmentState
_ROLES = range(6)  # Win32_ComputerSystem.DomainRole


def read_domain(data: Data) -> WindowsDomain:
    machine = data.part("machine")
    enrolled = data.rows("enrolled")
    providers = [row.word("provider") for row in each(enrolled) if row.number("state") in (None, _ENROLLED)]
    return WindowsDomain(
        joined=machine.flag("PartOfDomain"),
        role=role if (role := machine.number("DomainRole")) in _ROLES else None,
        name=machine.word("Domain"),
        entra_joined=data.flag("entra"),
        mdm=None if enrolled is None else next(iter(sorted(filter(None, providers))), ""),
    )


def read_identity(data: Data) -> WindowsIdentity:
    product = data.part("product")
    sids = (_SID.fullmatch(row.word("SID")) for row in each(data.rows("accounts")))
    device = _DEVICE.fullmatch(data.word("device"))
    macs = {row.word("MACAddress").lower() for row in each(data.rows("adapters"))}
    return WindowsIdentity(
        smbios_uuid=product.word("UUID").lower() or None,
        serial=product.word("IdentifyingNumber") or None,
        machine_guid=data.part("registry").word("MachineGuid").lower() or None,
        machine_sid=next((found[1] for found in sids if found), None),
        device_id=device[1].lower() if device else None,
        macs=tuple(sorted(mac for mac in macs if _MAC.fullmatch(mac))),
    )


def read_time(data: Data) -> WindowsTime:
    registry, lines = data.part("registry"), data.texts("lines") or ()
    kind = registry.setting_text("PolicyType")
    kind = kind or registry.setting_text("Type") if kind is not None else None
    servers = registry.word("PolicyServer") or registry.word("NtpServer")
    leap, stratum = _number_in(lines, _LEAP), _number_in(lines, _STRATUM)
    synchronised = None if leap is None or stratum is None else leap != _UNSYNCHRONISED and 0 < stratum < 16
    return WindowsTime(
        service_running=data.flag("running"),
        service_start=data.word("start"),
        type=next((word for word in _TYPES if kind is not None and word.lower() == kind.lower()), kind),
        servers=tuple(server.split(",")[0] for server in servers.split()),
        synchronised=synchronised,
        stratum=stratum,
        source=_source(lines) if synchronised is not None else None,
        skew_seconds=None,
    )


def _number_in(lines: tuple[str, ...], place: int) -> int | None:
    found = _DIGITS_AFTER_COLON.fullmatch(lines[place]) if len(lines) >= _FEWEST else None
    return int(found[1]) if found else None


def _source(lines: tuple[str, ...]) -> str:
    return lines[_SOURCE].partition(":")[2].split(",")[0].strip()


def skewed(fact: WindowsTime, data: Data, answer: Answer) -> WindowsTime:
    """How far the machine's clock is at least from the time in which it was asked; a file was asked by nobody."""
    told = instant(data.moment("now") or "")
    if told is None or not answer.asked_at:
        return fact
    now = told.timestamp()
    # the machine tells whole seconds
    off = max(0.0, answer.asked_at - now - 1.0, now - answer.answered_at)
    return WindowsTime(
        fact.service_running,
        fact.service_start,
        fact.type,
        fact.servers,
        fact.synchronised,
        fact.stratum,
        fact.source,
        round(off, 3),
    )


DOMAIN = probe("domain", read_domain)
IDENTITY = probe("identity", read_identity, seconds=30)
TIME = probe("time", read_time, timed=skewed)
