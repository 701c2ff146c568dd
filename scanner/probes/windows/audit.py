"""The audit policy by subcategory, and what the event logs keep.

``auditpol /get /r`` names subcategories by GUID and settings in Windows' language; numbers it writes to files alone
(``/backup``), and the key that holds the policy is for the system alone and not documented. So its words are
recognised, of languages in which they were published as auditpol printed them: German (fbprogmbh/Hardening-Audit-
Tool-AuditTAP issue 48, 0x6d69636b/windows_hardening issue 40), Spanish (dsccommunity/AuditPolicyDsc issue 42), French,
Italian and Dutch (mondoohq/mql pull request 8286). In the last three the words for "no auditing" were not: as there are
four settings, what is none of the other three must be that. Words of any other language stay unknown.
"""

import csv
import re
import unicodedata
from collections.abc import Mapping

from inventory.facts.windows_audit import WindowsAudit, WindowsAuditSetting, WindowsLog, WindowsLogs
from inventory.facts.windows_setting import NOT_SET
from scanner.probes.windows.reading import Data, first
from scanner.probes.windows.section import probe
from scanner.query import Unreadable

_GUID = re.compile(r"\{?([0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12})\}?")
# Columns of auditpol /get /r: machine, target, subcategory, GUID, inclusion, exclusion (and a number, of /backup)
_SUBCATEGORY_GUID, _INCLUSION, _NUMBER, _FEWEST = 3, 4, 6, 5
_NONE, _SUCCESS, _FAILURE, _BOTH = (False, False), (True, False), (False, True), (True, True)
_LANGUAGES: tuple[Mapping[str, tuple[bool, bool]], ...] = (
    {"no auditing": _NONE, "success": _SUCCESS, "failure": _FAILURE, "success and failure": _BOTH},
    {"keine überwachung": _NONE, "erfolg": _SUCCESS, "fehler": _FAILURE, "erfolg und fehler": _BOTH},
    {"sin auditoría": _NONE, "aciertos": _SUCCESS, "errores": _FAILURE, "aciertos y errores": _BOTH},
    {"succès": _SUCCESS, "échec": _FAILURE, "echec": _FAILURE, "succès et échec": _BOTH, "succès et echec": _BOTH},
    {"operazione riuscita": _SUCCESS, "errore": _FAILURE, "esito positivo e negativo": _BOTH},
    {"geslaagd": _SUCCESS, "mislukt": _FAILURE, "geslaagd en mislukt": _BOTH},
)
_TAIL = "-69AE-11D9-BED3-505054503030"
# MS-GPAC 2.2.1.3: the subcategories are numbered from 0CCE9210
_FIRST = 0x0CCE9210
NAMES = (
    "Security State Change",
    "Security System Extension",
    "System Integrity",
    "IPsec Driver",
    "Other System Events",
    "Logon",
    "Logoff",
    "Account Lockout",
    "IPsec Main Mode",
    "IPsec Quick Mode",
    "IPsec Extended Mode",
    "Special Logon",
    "Other Logon/Logoff Events",
    "File System",
    "Registry",
    "Kernel Object",
    "SAM",
    "Certification Services",
    "Application Generated",
    "Handle Manipulation",
    "File Share",
    "Filtering Platform Packet Drop",
    "Filtering Platform Connection",
    "Other Object Access Events",
    "Sensitive Privilege Use",
    "Non Sensitive Privilege Use",
    "Other Privilege Use Events",
    "Process Creation",
    "Process Termination",
    "DPAPI Activity",
    "RPC Events",
    "Audit Policy Change",
    "Authentication Policy Change",
    "Authorization Policy Change",
    "MPSSVC Rule-Level Policy Change",
    "Filtering Platform Policy Change",
    "Other Policy Change Events",
    "User Account Management",
    "Computer Account Management",
    "Security Group Management",
    "Distribution Group Management",
    "Application Group Management",
    "Other Account Management Events",
    "Directory Service Access",
    "Directory Service Changes",
    "Directory Service Replication",
    "Detailed Directory Service Replication",
    "Credential Validation",
    "Kerberos Service Ticket Operations",
    "Other Account Logon Events",
    "Kerberos Authentication Service",
    "Network Policy Server",
    "Detailed File Share",
    "Central Policy Staging",
    "Removable Storage",
    "User / Device Claims",
    "Plug and Play Events",
    "Group Membership",
    "Token Right Adjusted Events",
)
_BY_GUID = {f"{_FIRST + n:08X}{_TAIL}": name for n, name in enumerate(NAMES)}


def read_audit(data: Data) -> WindowsAudit:
    registry = data.part("registry")
    return WindowsAudit(
        settings=_settings(data.texts("lines") or ()),
        force_subcategories=registry.setting("SCENoApplyLegacyAuditPolicy"),
        command_lines=registry.setting("CommandLines"),
        crash_on_full=registry.setting("CrashOnAuditFail"),
    )


def _settings(lines: tuple[str, ...]) -> tuple[WindowsAuditSetting, ...]:
    try:
        rows = [row for row in csv.reader(lines) if len(row) >= _FEWEST]
    except csv.Error:
        raise Unreadable("auditpol's table is no CSV") from None
    found = {guid[1].upper(): row for row in rows if (guid := _GUID.fullmatch(row[_SUBCATEGORY_GUID].strip()))}
    if not found:
        raise Unreadable("auditpol's table names no subcategory")
    meanings = _meanings({_word(row) for row in found.values()} - {""})
    return tuple(
        WindowsAuditSetting(guid, _BY_GUID.get(guid, ""), *_setting(row, meanings)) for guid, row in found.items()
    )


def _word(row: list[str]) -> str:
    return unicodedata.normalize("NFC", row[_INCLUSION].strip().lower())


def _meanings(words: set[str]) -> Mapping[str, tuple[bool, bool]]:
    """Of the one language that these words are of; of none, when they are of several."""
    spoken = [language for language in _LANGUAGES if not words.isdisjoint(language)]
    if len(spoken) != 1:
        return {}
    [known] = spoken
    strange = words - known.keys()
    if len(strange) == 1 and _NONE not in known.values():
        return {**known, strange.pop(): _NONE}
    return known


def _setting(row: list[str], meanings: Mapping[str, tuple[bool, bool]]) -> tuple[bool | None, bool | None]:
    number = row[_NUMBER].strip() if len(row) > _NUMBER else ""
    if number in ("0", "1", "2", "3", "4"):  # 4: no auditing, said of a user
        value = int(number)
        return bool(value & 1), bool(value & 2)
    return meanings.get(_word(row), (None, None))


def read_logs(data: Data) -> WindowsLogs:
    return WindowsLogs(tuple(map(_log, data.needed_rows("logs"))))


def _log(row: Data) -> WindowsLog:
    registry, known = row.part("registry"), row.part("known")
    kilobytes, size = registry.setting("policy_size"), registry.setting("size")
    ruled = kilobytes * 1024 if kilobytes not in (None, NOT_SET) else NOT_SET  # policy counts in kB
    set_size = first(ruled, size)
    return WindowsLog(
        name=row.word("name"),
        enabled=known.flag("IsEnabled"),
        max_bytes=known.number("MaximumSizeInBytes") or (None if set_size == NOT_SET else set_size),
        used_bytes=known.number("FileSize"),
        mode=known.word("LogMode").lower(),
        oldest_at=row.moment("oldest"),
    )


AUDIT = probe("audit", read_audit, admin=True)
LOGS = probe("logs", read_logs, seconds=30)
