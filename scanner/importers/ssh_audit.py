"""ssh-audit ``-j``: what an SSH server offers.

Source: jtesta/ssh-audit, its JSON output. The lists of algorithms are complete, so one that is no longer in them is
provably gone from that port. ``fail`` counts as high, ``warn`` as low; CVEs are guesses by the version in the banner.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from checks.check import Theme
from checks.finding import Outcome, Severity, Subject
from scanner.importers.foreign_json import obj, objects, read_json, strings, word
from scanner.importers.imported import Credentialed, ForeignFormat, Host, Imported, Result, Rule, Sniffed, Source
from scanner.importers.supplied import ImportRefused
from scanner.importers.text import cves_in, members_of, number, port_subject, severity_of_score, tidy

TOOL = "ssh-audit"
KINDS = {"kex": "key exchange", "key": "host key", "enc": "cipher", "mac": "message authentication"}
LEVELS = (("fail", Severity.HIGH), ("warn", Severity.LOW))


def read(source: Source) -> Imported:
    """One target, or a list of them. Raises :class:`ImportRefused`."""
    document = read_json(source)
    audits = [document] if isinstance(document, dict) else list(objects(document))
    if not audits or not all(_is_audit(audit.keys()) for audit in audits):
        raise ImportRefused(source.file, 0, "is JSON, but no result of ssh-audit (banner, kex, enc, mac)")
    return Imported(TOOL, "", tuple(_host(audit) for audit in audits))


def _host(audit: Mapping[str, Any]) -> Host:
    name, port = _target(word(audit.get("target")))
    subject = port_subject(port, "tcp")
    results = [
        result for kind in KINDS for one in objects(audit.get(kind)) if (result := _algorithm(kind, one, subject))
    ]
    results += list(_cves(audit, subject))
    return Host(
        names=(name,) if name else (),
        addresses=tuple(filter(None, (word(audit.get("target_ip")),))),
        identities=tuple(_identities(audit)),
        credentialed=Credentialed.NO,
        results=tuple(results),
        complete=tuple((f"{kind}.", subject) for kind in KINDS if isinstance(audit.get(kind), list) and audit[kind]),
    )


def _target(target: str) -> tuple[str, str]:
    name, mark, port = target.rpartition(":")
    if not mark or not port.isdigit() or (":" in name and not name.startswith("[")):
        return target.strip("[]"), "22"
    return name.strip("[]"), port


def _identities(audit: Mapping[str, Any]) -> Iterator[str]:
    for one in objects(audit.get("fingerprints")):
        digest = word(one.get("hash")).removeprefix("SHA256:")
        if word(one.get("hash_alg")).upper() == "SHA256" and digest:
            yield f"ssh-host-key SHA256:{digest}"


def _algorithm(kind: str, entry: Mapping[str, Any], subject: Subject) -> Result | None:
    name, notes = tidy(word(entry.get("algorithm")), 80), obj(entry.get("notes"))
    for level, severity in LEVELS:
        said = "; ".join(strings(notes.get(level)))
        if said and name:
            size = word(entry.get("keysize"))
            title = f"SSH offers the {KINDS[kind]} {name}"
            rule = Rule(
                f"{kind}.{name}", title, severity, Theme.WEAK_CRYPTO, remedy="Take it out of the server's list."
            )
            told = f"{title}{f' of {size} bits' if size else ''}: {tidy(said, 300)}"
            return Result(rule, Outcome.FAIL, told, subject)
    return None


def _cves(audit: Mapping[str, Any], subject: Subject) -> Iterator[Result]:
    for one in objects(audit.get("cves")):
        for name in cves_in(word(one.get("name"))):
            severity = severity_of_score(number(one.get("cvssv2"))) or Severity.HIGH
            said = f"{name}: {tidy(word(one.get('description')), 200)} (a guess by the version in the banner)"
            rule = Rule(name, said, severity, Theme.MISSING_APP_PATCH, remedy="Install the vendor's updates.")
            yield Result(rule, Outcome.FAIL, said, subject, members=members_of((name,), (), severity))


def _is_audit(keys: Any) -> bool:  # noqa: ANN401 - the keys of an object
    return "banner" in keys and bool({"kex", "enc", "mac", "key"} & set(keys))


def _recognises(sniffed: Sniffed) -> bool:
    return _is_audit(sniffed.keys) or _is_audit(sniffed.item_keys)


FORMAT = ForeignFormat(TOOL, "ssh-audit JSON", _recognises, read)
