"""XCCDF results and ARF: every ``TestResult`` in the file, with titles from the benchmark where the file holds it.

Source: NIST SP 800-126 and IR 7275 (XCCDF 1.2, table 26: the meaning of each result). A rule-result says pass or fail
of each rule that ran, so a later ``pass`` under the same profile can prove that a weakness is gone. An ``override``
is a person's word: the result that the tool itself gave counts.
"""

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from checks.check import Theme
from checks.finding import HOST, Outcome, Severity, Subject
from inventory.asset import Privilege
from inventory.facts.missing import Reason
from scanner.importers.foreign_xml import all_text, child, children, records, text_of
from scanner.importers.imported import (
    MAX_TEXT,
    MAX_TITLE,
    Credentialed,
    ForeignFormat,
    Host,
    Imported,
    Result,
    Rule,
    Sniffed,
    Source,
)
from scanner.importers.supplied import ImportRefused
from scanner.importers.text import cves_in, members_of, moment, severity_word, tidy

TOOL = "xccdf"
OUTCOMES: Mapping[str, tuple[Outcome, Reason | None, str]] = {
    "pass": (Outcome.PASS, None, "the rule passed"),
    "fail": (Outcome.FAIL, None, "the rule failed"),
    "error": (Outcome.ERROR, None, "the rule could not be checked: an error"),
    "unknown": (Outcome.NOT_ASSESSED, Reason.OUTPUT_UNREADABLE, "the tool could not tell"),
    "notapplicable": (Outcome.NOT_APPLICABLE, None, "the rule does not apply"),
    "notchecked": (Outcome.NOT_ASSESSED, Reason.NOT_ATTEMPTED, "the rule was not checked"),
    "fixed": (Outcome.NOT_ASSESSED, Reason.NOT_TOLD, "it failed and the tool says that it fixed it: look again"),
}
QUIET = frozenset({"notselected", "informational"})
UNRATED = "The tool gave this rule no severity: it counts as high until somebody rates it."


def read(source: Source) -> Imported:
    """Raises :class:`ImportRefused`."""
    rules: dict[str, Rule] = {}
    hosts: list[Host] = []
    notes: dict[str, None] = {}
    version = ""
    for record in records(source.data, source.file, ("Rule", "TestResult")):
        if record.name == "Rule":
            rules[record.element.get("id", "")] = _rule(record.element)
            continue
        facts = _facts(record.element)
        version = version or " ".join(facts.get("urn:xccdf:fact:scanner:version", ())[:1])
        hosts.append(_host(record.element, facts, rules, notes))
    if not hosts:
        raise ImportRefused(source.file, 0, "holds no TestResult: it is a benchmark without results")
    started = min((h.started for h in hosts if h.started), default=None)
    ended = max((h.ended for h in hosts if h.ended), default=None)
    return Imported(TOOL, version, tuple(hosts), started, ended, tuple(notes))


def _rule(element: Element) -> Rule:
    severity = severity_word(element.get("severity"))
    title = child(element, "title")
    return Rule(
        id=element.get("id", ""),
        title=tidy(all_text(title), MAX_TITLE) or element.get("id", ""),
        severity=severity or Severity.HIGH,
        theme=Theme.MISSING_OS_PATCH if _is_patch(element) else Theme.WEAK_CONFIG,
        rationale=tidy(all_text(child(element, "description")), MAX_TEXT),
        remedy=tidy(all_text(child(element, "fixtext")), MAX_TEXT),
    )


def _is_patch(element: Element) -> bool:
    """Benchmarks made of a vendor's OVAL patch definitions name the CVEs that each update closes."""
    return bool(cves_in(*(ident.text for ident in children(element, "ident"))))


def _facts(element: Element) -> dict[str, tuple[str, ...]]:
    listed = child(element, "target-facts")
    found: dict[str, tuple[str, ...]] = {}
    for fact in children(listed, "fact") if listed is not None else ():
        name = fact.get("name", "")
        found[name] = (*found.get(name, ()), (fact.text or "").strip())
    return found


def _host(
    element: Element, facts: Mapping[str, tuple[str, ...]], rules: Mapping[str, Rule], notes: dict[str, None]
) -> Host:
    profile, benchmark = child(element, "profile"), child(element, "benchmark")
    results = [_result(one, rules, notes) for one in children(element, "rule-result")]
    kept = tuple(one for one in results if one)
    credentialed, privilege = _login(child(element, "identity"))
    macs = facts.get("urn:xccdf:fact:ethernet:MAC", ())
    return Host(
        names=tuple(dict.fromkeys(t for one in children(element, "target") if (t := (one.text or "").strip()))),
        addresses=tuple(dict.fromkeys((one.text or "").strip() for one in children(element, "target-address"))),
        macs=tuple(dict.fromkeys(mac for mac in macs if mac.strip("0:"))),
        credentialed=credentialed,
        privilege=privilege,
        started=moment(element.get("start-time")),
        ended=moment(element.get("end-time")),
        scope=_scope(profile, benchmark),
        results=kept,
        informational=len(results) - len(kept),
    )


def _scope(profile: Element | None, benchmark: Element | None) -> str:
    """Benchmark and profile: the values that a rule is held against come from there."""
    told = (benchmark.get("id") or benchmark.get("href", "")) if benchmark is not None else ""
    return " ".join(filter(None, (told, profile.get("idref", "") if profile is not None else "")))


def _login(identity: Element | None) -> tuple[Credentialed, Privilege]:
    """OpenSCAP runs on the host itself and writes the account, but always privileged="false"."""
    name = (identity.text or "").strip() if identity is not None else ""
    if identity is None or not name:
        return Credentialed.UNKNOWN, Privilege.NONE
    root = identity.get("privileged") == "true" or name == "root"
    return Credentialed.YES, Privilege.ROOT if root else Privilege.USER


def _result(element: Element, rules: Mapping[str, Rule], notes: dict[str, None]) -> Result | None:
    word = text_of(element, "result")
    override = child(element, "override")
    if override is not None:
        word = text_of(override, "old-result") or word
        notes["overrides in the file are a person's word: the results that the tool itself gave were taken"] = None
    if word in QUIET:
        return None
    ident = element.get("idref", "")
    if word not in OUTCOMES:
        notes[f"results that XCCDF does not know were left out: {tidy(word, 40)!r}"] = None
        return None
    outcome, reason, said = OUTCOMES[word]
    rule = _rated(element, rules.get(ident), ident)
    message = tidy(" ".join(all_text(one) for one in children(element, "message")), 400)
    members = members_of(cves_in(*(one.text for one in children(element, "ident")))) if outcome is Outcome.FAIL else ()
    return Result(
        rule, outcome, f"{said}: {message}" if message else said, _subject(element), reason=reason, members=members
    )


def _rated(element: Element, known: Rule | None, ident: str) -> Rule:
    severity = severity_word(element.get("severity")) or (known.severity if known else None)
    title = known.title if known else ident
    rationale = (known.rationale if known else "") or (UNRATED if severity is None else "")
    theme = known.theme if known else (Theme.MISSING_OS_PATCH if _is_patch(element) else Theme.WEAK_CONFIG)
    fix = tidy(all_text(child(element, "fix")), MAX_TEXT)
    return Rule(ident, title, severity or Severity.HIGH, theme, rationale, (known.remedy if known else "") or fix)


def _subject(element: Element) -> Subject:
    places = [tidy(one.text, MAX_TITLE) for one in children(element, "instance")]
    return Subject("instance", ", ".join(places)) if any(places) else HOST


def _recognises(sniffed: Sniffed) -> bool:
    namespace, _, name = sniffed.root.rpartition("}")
    return name in ("Benchmark", "TestResult") and ("xccdf" in namespace or not namespace)


def _recognises_arf(sniffed: Sniffed) -> bool:
    return sniffed.root.rpartition("}")[2] == "asset-report-collection"


FORMAT = ForeignFormat(TOOL, "XCCDF results", _recognises, read)
ARF = ForeignFormat("arf", "ARF (with XCCDF results)", _recognises_arf, read)
