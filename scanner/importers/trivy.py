"""trivy ``--format json``: packages, misconfigurations and secrets; also the report of ``trivy k8s``.

Source: aquasecurity/trivy, JSON schema version 2. One package is one finding, the CVEs are in it. A package that is not
named may be fixed or not have been looked at: nothing is gone because of it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from checks.advisories.verdict import Verdict
from checks.check import Theme
from checks.finding import Member, Outcome, Severity, Subject
from scanner.importers.foreign_json import obj, objects, read_json, strings, word
from scanner.importers.imported import (
    MAX_TEXT,
    MAX_TITLE,
    ForeignFormat,
    Host,
    Imported,
    Result,
    Rule,
    Sniffed,
    Source,
)
from scanner.importers.supplied import ImportRefused
from scanner.importers.text import moment, number, severity_word, tidy, worst

TOOL = "trivy"
UPDATE = Rule(
    "missing-update",
    "An update of a package is missing",
    Severity.HIGH,
    Theme.MISSING_OS_PATCH,
    "The installed version has known vulnerabilities that a newer one closes.",
    "Install the version that trivy names.",
)
LIBRARY = Rule(
    "library-update",
    "An update of a library is missing",
    Severity.HIGH,
    Theme.MISSING_APP_PATCH,
    "The bundled version has known vulnerabilities that a newer one closes.",
    "Update the dependency and deploy again.",
)
NO_FIX = Rule(
    "no-fix",
    "A package has vulnerabilities without a fix",
    Severity.HIGH,
    Theme.NO_VENDOR_FIX,
    "Nothing can be installed yet.",
    "Follow the vendor's advisory; reduce what can reach it.",
)
CLEAN = {"PASS": Outcome.PASS, "FAIL": Outcome.FAIL}


def read(source: Source) -> Imported:
    """Raises :class:`ImportRefused`."""
    document = obj(read_json(source))
    if isinstance(document.get("Resources"), list):
        hosts = [_host(_cluster_name(one), one) for one in objects(document["Resources"])]
    elif "SchemaVersion" in document or isinstance(document.get("Results"), list):
        hosts = [_host(word(document.get("ArtifactName")), document)]
    else:
        raise ImportRefused(source.file, 0, "is JSON, but no report of trivy (SchemaVersion 2, Results)")
    at = moment(document.get("CreatedAt"))
    version = tidy(obj(document.get("Trivy")).get("Version"), 40)
    return Imported(TOOL, version, tuple(hosts), at, at)


def _cluster_name(resource: Mapping[str, Any]) -> str:
    return "/".join(filter(None, (word(resource.get(key)) for key in ("Namespace", "Kind", "Name"))))


def _host(name: str, report: Mapping[str, Any]) -> Host:
    results: list[Result] = []
    quiet = 0
    for part in objects(report.get("Results")):
        target = tidy(word(part.get("Target")), MAX_TITLE)
        results += _packages(part, target)
        results += [one for entry in objects(part.get("Misconfigurations")) for one in _misconfigured(entry, target)]
        results += [_secret(entry, target) for entry in objects(part.get("Secrets"))]
        quiet += len(list(objects(part.get("Licenses"))))
    return Host(
        (name,) if name else (), scope=word(report.get("ArtifactType")), results=tuple(results), informational=quiet
    )


def _packages(part: Mapping[str, Any], target: str) -> Iterator[Result]:
    found: dict[tuple[str, str, bool], list[Mapping[str, Any]]] = {}
    for entry in objects(part.get("Vulnerabilities")):
        if name := word(entry.get("PkgName")):
            found.setdefault((name, word(entry.get("PkgPath")), bool(word(entry.get("FixedVersion")))), []).append(
                entry
            )
    for (name, path, fixable), entries in found.items():
        yield _package(part, target, name, path, entries, fixable=fixable)


def _package(
    part: Mapping[str, Any], target: str, name: str, path: str, entries: list[Mapping[str, Any]], *, fixable: bool
) -> Result:
    system = part.get("Class") == "os-pkgs"
    rule = (UPDATE if system else LIBRARY) if fixable else NO_FIX
    members = tuple(sorted({m.id: m for m in map(_member, entries) if m.id}.values(), key=lambda m: m.id))
    place = path or ("" if system else target)
    key = name if system else f"{word(part.get('Type'))}:{name}{f' in {place}' if place else ''}"
    installed = ", ".join(sorted({word(e.get("InstalledVersion")) for e in entries} - {""}))
    fixed = ", ".join(sorted({word(e.get("FixedVersion")) for e in entries} - {""}))
    told = f"{name} {installed}: {len(members)} vulnerabilities" + (
        f", fixed in {tidy(fixed, 200)}" if fixed else ", no fix"
    )
    severity = worst(m.severity for m in members) or Severity.HIGH
    return Result(rule, Outcome.FAIL, told, Subject("package", tidy(key, MAX_TITLE)), severity, members=members)


def _member(entry: Mapping[str, Any]) -> Member:
    fixed, told = word(entry.get("FixedVersion")), dict(_score(entry))
    if fixed:
        told["fixed"] = tidy(fixed, MAX_TITLE)
    verdict = Verdict.FIX_AVAILABLE if fixed else Verdict.NO_VENDOR_FIX
    return Member(
        tidy(word(entry.get("VulnerabilityID")), 60), verdict.value, severity_word(entry.get("Severity")), told
    )


def _score(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Of the source that the severity is from; else NVD's, else the first by name."""
    scores = obj(entry.get("CVSS"))
    order = [word(entry.get("SeveritySource")), "nvd", *sorted(scores)]
    for source in order:
        rated = obj(scores.get(source))
        for version in ("V3", "V2"):
            if vector := word(rated.get(f"{version}Vector")):
                yield "vector", tidy(vector, MAX_TITLE)
                yield "vector_source", tidy(source, 40)
                score = number(rated.get(f"{version}Score"))
                if score is not None:
                    yield "score", f"{score:g}"
                return


def _misconfigured(entry: Mapping[str, Any], target: str) -> Iterator[Result]:
    ident, outcome = word(entry.get("AVDID")) or word(entry.get("ID")), CLEAN.get(word(entry.get("Status")) or "FAIL")
    if not ident or outcome is None:
        return
    rule = Rule(
        ident,
        tidy(word(entry.get("Title")), MAX_TITLE) or ident,
        severity_word(entry.get("Severity")) or Severity.HIGH,
        rationale=tidy(word(entry.get("Description")), MAX_TEXT),
        remedy=tidy(word(entry.get("Resolution")), MAX_TEXT),
        references=strings(entry.get("References"))[:20],
    )
    yield Result(rule, outcome, tidy(word(entry.get("Message"))) or rule.title, Subject("file", target))


def _secret(entry: Mapping[str, Any], target: str) -> Result:
    """What was found is not repeated: only where."""
    ident = word(entry.get("RuleID")) or "secret"
    title = tidy(word(entry.get("Title")), MAX_TITLE) or ident
    rule = Rule(
        f"secret.{ident}", f"A secret lies in a file: {title}", severity_word(entry.get("Severity")) or Severity.HIGH
    )
    return Result(
        rule, Outcome.FAIL, f"{title} in {target}, line {word(entry.get('StartLine'))}", Subject("file", target)
    )


def _recognises(sniffed: Sniffed) -> bool:
    keys = sniffed.keys
    return (
        {"SchemaVersion", "ArtifactName"} <= keys
        or {"ClusterName", "Resources"} <= keys
        or {"SchemaVersion", "Results"} <= keys
    )


FORMAT = ForeignFormat(TOOL, "trivy JSON", _recognises, read)
