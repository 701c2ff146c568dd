"""SARIF 2.1.0: results of any tool that writes it.

Source: OASIS SARIF 2.1.0, sections 3.27 (result: kind, level, suppressions) and 3.20 (invocation). A result of kind
``pass`` proves that its rule ran; a result that is lacking proves nothing. What somebody suppressed in the file still
counts: whether it is accepted is decided and signed here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from checks.check import Theme
from checks.finding import HOST, Outcome, Severity, Subject
from inventory.facts.missing import Reason
from scanner.importers.foreign_json import obj, objects, read_json, word
from scanner.importers.imported import (
    MAX_TEXT,
    MAX_TITLE,
    ForeignFormat,
    Host,
    Imported,
    Result,
    Rule,
    Score,
    Sniffed,
    Source,
)
from scanner.importers.supplied import ImportRefused
from scanner.importers.text import cves_in, members_of, moment, number, severity_of_score, tidy, whole

TOOL = "sarif"
LEVELS = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW}
KINDS = {
    "pass": (Outcome.PASS, None),
    "fail": (Outcome.FAIL, None),
    "open": (Outcome.NOT_ASSESSED, Reason.NOT_TOLD),
    "review": (Outcome.NOT_ASSESSED, Reason.NOT_TOLD),
    "notApplicable": (Outcome.NOT_APPLICABLE, None),
}
UNFINISHED = Rule("invocation", "The tool ran to its end", Severity.INFO)
Values = Mapping[str, Any]


def read(source: Source) -> Imported:
    """Raises :class:`ImportRefused`."""
    document = obj(read_json(source))
    if not isinstance(document.get("runs"), list):
        raise ImportRefused(source.file, 0, "is JSON, but no SARIF: it has no runs")
    runs = list(objects(document["runs"]))
    invocations = [one for run in runs for one in objects(run.get("invocations"))]
    started = min(filter(None, (moment(i.get("startTimeUtc")) for i in invocations)), default=None)
    ended = max(filter(None, (moment(i.get("endTimeUtc")) for i in invocations)), default=None)
    drivers = [obj(obj(run.get("tool")).get("driver")) for run in runs]
    version = ", ".join(dict.fromkeys(f"{_named(d)} {_version(d)}".strip() for d in drivers))
    suppressed = sum(bool(r.get("suppressions")) for run in runs for r in objects(run.get("results")))
    notes = (
        (f"{suppressed} results were suppressed in the file; they count here until decided here",) if suppressed else ()
    )
    return Imported(TOOL, tidy(version, MAX_TITLE), tuple(_hosts(runs)), started, ended, notes)


def _named(driver: Values) -> str:
    return tidy(word(driver.get("name")), 60)


def _version(driver: Values) -> str:
    return tidy(word(driver.get("semanticVersion")) or word(driver.get("version")), 40)


def _hosts(runs: Sequence[Values]) -> Iterator[Host]:
    """One for each machine that an invocation names; "" where none is named."""
    by_machine: dict[str, list[Result]] = {}
    quiet: dict[str, int] = {}
    for run in runs:
        machine = next((m for i in objects(run.get("invocations")) if (m := word(i.get("machine")))), "")
        results = by_machine.setdefault(machine, [])
        driver = obj(obj(run.get("tool")).get("driver"))
        rules = list(objects(driver.get("rules")))
        by_id = {word(rule.get("id")): rule for rule in rules}
        made = [_result(driver, _descriptor(rules, by_id, one), one) for one in objects(run.get("results"))]
        results += [one for one in made if one]
        results += list(_unfinished(run))
        quiet[machine] = quiet.get(machine, 0) + made.count(None)
    for machine, results in by_machine.items():
        yield Host((machine,) if machine else (), results=tuple(results), informational=quiet[machine])


def _unfinished(run: Values) -> Iterator[Result]:
    for invocation in objects(run.get("invocations")):
        if invocation.get("executionSuccessful") is False:
            said = tidy(word(invocation.get("exitCodeDescription"))) or "the tool says that its run did not succeed"
            yield Result(UNFINISHED, Outcome.NOT_ASSESSED, said, reason=Reason.OUTPUT_TRUNCATED)


def _result(driver: Values, known: Values, entry: Values) -> Result | None:
    if entry.get("baselineState") == "absent" or word(entry.get("kind")) == "informational":
        return None
    level = word(entry.get("level")) or word(obj(known.get("defaultConfiguration")).get("level")) or "warning"
    outcome, reason = KINDS.get(word(entry.get("kind")) or "fail", (Outcome.FAIL, None))
    score = number(obj(entry.get("properties")).get("security-severity"))
    score = score if score is not None else number(obj(known.get("properties")).get("security-severity"))
    severity = severity_of_score(score) or LEVELS.get(level)
    if outcome is Outcome.FAIL and severity is None:
        return None  # level none: no weakness
    message = tidy(_message(entry.get("message"), known))
    rule = _rule(driver, known, entry, severity or Severity.INFO, score, message)
    members = members_of(cves_in(rule.id, message), rule.scores, severity) if outcome is Outcome.FAIL else ()
    return Result(rule, outcome, message or rule.title, _subject(entry), reason=reason, members=members)


def _descriptor(rules: Sequence[Values], by_id: Mapping[str, Values], entry: Values) -> Values:
    index = whole(entry.get("ruleIndex"))
    index = index if index is not None else whole(obj(entry.get("rule")).get("index"))
    if index is not None and 0 <= index < len(rules):
        return rules[index]
    return by_id.get(word(entry.get("ruleId")), {})


def _rule(driver: Values, known: Values, entry: Values, severity: Severity, score: float | None, said: str) -> Rule:
    ident = word(entry.get("ruleId")) or word(known.get("id")) or tidy(said, 60) or "unnamed"
    title = word(obj(known.get("shortDescription")).get("text")) or word(known.get("name")) or ident
    text = word(obj(known.get("fullDescription")).get("text"))
    remedy = word(obj(known.get("help")).get("text"))
    link = word(known.get("helpUri"))
    return Rule(
        id=f"{_named(driver)}.{ident}" if _named(driver) else ident,
        title=tidy(title, MAX_TITLE),
        severity=severity,
        theme=Theme.MISSING_APP_PATCH if cves_in(ident) else Theme.WEAK_CONFIG,
        rationale=tidy(text, MAX_TEXT),
        remedy=tidy(remedy, MAX_TEXT),
        references=(tidy(link, MAX_TITLE),) if link else (),
        scores=(Score("security-severity", "", score),) if score is not None else (),
    )


def _message(message: object, known: Values) -> str:
    told = obj(message)
    if text := word(told.get("text")):
        return text
    return word(obj(obj(known.get("messageStrings")).get(word(told.get("id")))).get("text"))


def _subject(entry: Values) -> Subject:
    """The file, without the line: a line moves with every change above it."""
    for place in objects(entry.get("locations")):
        uri = word(obj(obj(place.get("physicalLocation")).get("artifactLocation")).get("uri"))
        if uri:
            return Subject("file", tidy(uri, MAX_TITLE))
        for logical in objects(place.get("logicalLocations")):
            if name := word(logical.get("fullyQualifiedName")) or word(logical.get("name")):
                return Subject("place", tidy(name, MAX_TITLE))
    return HOST


def _recognises(sniffed: Sniffed) -> bool:
    return "runs" in sniffed.keys and bool({"version", "$schema"} & sniffed.keys)


FORMAT = ForeignFormat(TOOL, "SARIF 2.1.0", _recognises, read)
