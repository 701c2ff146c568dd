"""Nessus v2 (``.nessus``): NessusClientData_v2 > Report > ReportHost > ReportItem.

Source: Tenable, "Nessus v2 File Format". The file tells which plugins were selected (``plugin_set``), not which of
them ran on a host: only compliance checks, which say PASSED, can prove that something is gone.
"""

import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from checks.check import Theme
from checks.finding import Outcome, Severity
from inventory.asset import Privilege
from inventory.facts.missing import Reason
from scanner.importers.foreign_xml import child, children, records, text_of
from scanner.importers.imported import (
    MAX_TEXT,
    MAX_TITLE,
    Credentialed,
    ForeignFormat,
    Host,
    Imported,
    Result,
    Rule,
    Score,
    Sniffed,
    Source,
)
from scanner.importers.redaction import without_preferences
from scanner.importers.text import cves_in, members_of, moment, number, port_subject, tidy, whole

LEVELS = {1: Severity.LOW, 2: Severity.MEDIUM, 3: Severity.HIGH, 4: Severity.CRITICAL}
# Plugins that tell how far the log-in got (Tenable, "Troubleshooting credential issues").
CREDENTIALS = {
    "104410": Reason.LOGIN_REFUSED,  # failure for provided credentials
    "117885": Reason.LOGIN_REFUSED,  # intermittent failure
    "21745": Reason.LOGIN_REFUSED,  # local checks failed
    "110385": Reason.PRIVILEGE_TOO_LOW,
    "24786": Reason.PRIVILEGE_TOO_LOW,  # Windows, no administrator
    "26917": Reason.PRIVILEGE_TOO_LOW,  # the registry cannot be read
    "110723": Reason.NOT_ATTEMPTED,  # no credentials provided
}
SCAN_INFORMATION = "19506"
COMPLIANCE = {
    "PASSED": Outcome.PASS,
    "FAILED": Outcome.FAIL,
    "ERROR": Outcome.ERROR,
    "WARNING": Outcome.NOT_ASSESSED,
}
CREDENTIAL_RULE = Rule("credentialed-checks", "The tool could log in and look from inside", Severity.INFO)
_PATCHES = re.compile(r"local security checks|microsoft bulletins", re.IGNORECASE)
_CTIME = "%a %b %d %H:%M:%S %Y"


def read(source: Source) -> Imported:
    """Raises :class:`ImportRefused`."""
    hosts, policy, version = [], "", ""
    for record in records(source.data, source.file, ("policyName", "ReportHost")):
        if record.name == "policyName":
            policy = tidy(record.element.text, MAX_TITLE)
            continue
        host, told = _host(record.element, policy)
        hosts.append(host)
        version = version or told
    ended = max((h.ended for h in hosts if h.ended), default=None)
    started = min((h.started for h in hosts if h.started), default=None)
    return Imported("nessus", version, tuple(hosts), started, ended)


def _host(element: Element, policy: str) -> tuple[Host, str]:
    tags = {t.get("name", ""): (t.text or "").strip() for t in child(element, "HostProperties") or ()}
    items = list(children(element, "ReportItem"))
    by_plugin = {item.get("pluginID", ""): item for item in items}
    told = text_of(by_plugin.get(SCAN_INFORMATION), "plugin_output")
    credentialed, privilege = _login(tags, told, by_plugin)
    results = tuple(result for item in items if (result := _result(item)))
    gaps = _gaps(by_plugin, credentialed)
    host = Host(
        names=_names(element.get("name", ""), tags),
        addresses=tuple(v for v in (tags.get("host-ip", ""),) if v),
        macs=tuple(tags.get("mac-address", "").split()),
        identities=_identities(tags),
        credentialed=credentialed,
        privilege=privilege,
        why="; ".join(gap.observed for gap in gaps),
        started=moment(tags.get("HOST_START_TIMESTAMP")) or moment(tags.get("HOST_START"), _CTIME),
        ended=moment(tags.get("HOST_END_TIMESTAMP")) or moment(tags.get("HOST_END"), _CTIME),
        scope=policy or tags.get("policy-used", ""),
        results=(*results, *gaps),
        informational=len(items) - len(results),
    )
    return host, _after(told, "Nessus version")


def _names(name: str, tags: Mapping[str, str]) -> tuple[str, ...]:
    found = [name, *(tags.get(key, "") for key in ("host-fqdn", "host-rdns", "netbios-name", "hostname"))]
    return tuple(dict.fromkeys(one for one in found if one))


def _identities(tags: Mapping[str, str]) -> tuple[str, ...]:
    uuid = re.sub(r"[^0-9a-f]", "", tags.get("bios-uuid", "").lower())
    return (f"smbios-uuid {uuid}",) if len(uuid) == 32 else ()


def _login(tags: Mapping[str, str], told: str, by_plugin: Mapping[str, Element]) -> tuple[Credentialed, Privilege]:
    word = (tags.get("Credentialed_Scan") or _after(told, "Credentialed checks")).lower()
    if word.startswith(("true", "yes")):
        weak = "110385" in by_plugin
        root = not weak and re.search(r"as '?(root|administrator)\b", told, re.IGNORECASE)
        return Credentialed.YES, Privilege.ROOT if root else Privilege.USER
    return (Credentialed.NO if word.startswith(("false", "no")) else Credentialed.UNKNOWN), Privilege.NONE


def _after(text: str, label: str) -> str:
    found = re.search(rf"{label}\s*:\s*([^\n]{{1,80}})", text)
    return found.group(1).strip() if found else ""


def _gaps(by_plugin: Mapping[str, Element], credentialed: Credentialed) -> tuple[Result, ...]:
    """Why nothing, or not all, was looked at from inside. The first of these is told: one host has one log-in."""
    if credentialed is Credentialed.YES and "110385" not in by_plugin:
        return ()
    for plugin, reason in CREDENTIALS.items():
        if plugin in by_plugin:
            item = by_plugin[plugin]
            said = f"{item.get('pluginName', '')}: {tidy(text_of(item, 'plugin_output'), 400)}"
            return (Result(CREDENTIAL_RULE, Outcome.NOT_ASSESSED, said, reason=reason),)
    if credentialed is Credentialed.NO:
        said = "Nessus was not logged in: nothing was looked at from inside"
        return (Result(CREDENTIAL_RULE, Outcome.NOT_ASSESSED, said, reason=Reason.NOT_ATTEMPTED),)
    return ()


def _result(item: Element) -> Result | None:
    if text_of(item, "compliance").lower() == "true":
        return _compliance(item)
    severity = LEVELS.get(whole(item.get("severity")) or 0)
    if severity is None:
        return None
    plugin, scores = item.get("pluginID", ""), tuple(_scores(item))
    rule = Rule(
        id=plugin or item.get("pluginName", ""),
        title=tidy(item.get("pluginName"), MAX_TITLE) or f"Nessus plugin {plugin}",
        severity=severity,
        theme=Theme.MISSING_OS_PATCH if _PATCHES.search(item.get("pluginFamily", "")) else Theme.WEAK_CONFIG,
        rationale=tidy(text_of(item, "description") or text_of(item, "synopsis"), MAX_TEXT),
        remedy=tidy(text_of(item, "solution"), MAX_TEXT),
        references=tuple(text_of(item, "see_also").split()[:20]),
        scores=scores,
    )
    cves = cves_in(*(one.text for one in children(item, "cve")))
    said = tidy(text_of(item, "plugin_output") or text_of(item, "synopsis"))
    subject = port_subject(item.get("port"), item.get("protocol"))
    return Result(rule, Outcome.FAIL, said or rule.title, subject, members=members_of(cves, scores, severity))


def _scores(item: Element) -> Iterator[Score]:
    for vector, base in (("cvss4_vector", "cvss4_base_score"), ("cvss3_vector", "cvss3_base_score")):
        if text := text_of(item, vector):
            yield Score("nessus", tidy(text, MAX_TITLE), number(text_of(item, base)))
    if text := text_of(item, "cvss_vector"):
        yield Score("nessus", tidy(text.removeprefix("CVSS2#"), MAX_TITLE), number(text_of(item, "cvss_base_score")))


def _compliance(item: Element) -> Result | None:
    outcome = COMPLIANCE.get(text_of(item, "compliance-result").upper())
    name = tidy(text_of(item, "compliance-check-name"), MAX_TITLE)
    if outcome is None or not name:
        return None
    ident = tidy(text_of(item, "compliance-check-id"), MAX_TITLE) or name
    rule = Rule(
        id=f"{item.get('pluginID', '')}.{ident}",
        title=name,
        severity=Severity.MEDIUM,
        rationale=tidy(text_of(item, "compliance-info"), MAX_TEXT),
        remedy=tidy(text_of(item, "compliance-solution"), MAX_TEXT),
    )
    value = tidy(text_of(item, "compliance-actual-value"), 300)
    said = f"{outcome.value}: {value}" if value else f"Nessus says {outcome.value}"
    return Result(rule, outcome, said, reason=Reason.NOT_TOLD if outcome is Outcome.NOT_ASSESSED else None)


def _recognises(sniffed: Sniffed) -> bool:
    return sniffed.root == "NessusClientData_v2"


FORMAT = ForeignFormat("nessus", "Nessus v2 XML", _recognises, read, without_preferences)
