"""sslyze ``--json_out``, of versions 3 to 6.

Source: sslyze's documented JSON output (scan commands and their results). Each command has a status: one that was
COMPLETED and shows no weakness proves that it is gone from that port, one that was not says nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from checks.check import Theme
from checks.finding import Outcome, Severity, Subject
from inventory.facts.missing import Reason
from scanner.importers.foreign_json import obj, objects, read_json, word
from scanner.importers.imported import Credentialed, ForeignFormat, Host, Imported, Result, Rule, Sniffed, Source
from scanner.importers.supplied import ImportRefused
from scanner.importers.text import members_of, moment, port_subject, tidy

TOOL = "sslyze"
Values = Mapping[str, Any]
# What one completed command says: whether it is weak and in which words; None: it does not tell.
Judge = Callable[[Values], tuple[bool, str] | None]


@dataclass(frozen=True, slots=True)
class _Command:
    name: str  # of the scan command
    rule: Rule
    judge: Judge
    cves: tuple[str, ...] = ()


def _flag(key: str, *, weak: bool = True) -> Judge:
    def judge(result: Values) -> tuple[bool, str] | None:
        value = result.get(key)
        return (value is weak, f"{key} is {str(value).lower()}") if isinstance(value, bool) else None

    return judge


def _accepted(result: Values) -> tuple[bool, str] | None:
    suites, supported = result.get("accepted_cipher_suites"), result.get("is_tls_version_supported")
    if not isinstance(suites, list) and not isinstance(supported, bool):
        return None
    weak = supported if isinstance(supported, bool) else bool(suites)
    return weak, f"accepted with {len(suites or ())} suites" if weak else "not accepted"


def _suites(*marks: str) -> Judge:
    """Suites whose name has one of these in it."""

    def judge(result: Values) -> tuple[bool, str] | None:
        if not isinstance(result.get("accepted_cipher_suites"), list):
            return None
        names = [_suite_name(one) for one in objects(result["accepted_cipher_suites"])]
        bad = sorted(name for name in names if any(mark in name for mark in marks))
        return bool(bad), f"accepts {', '.join(bad[:5])}" if bad else "none of these suites is accepted"

    return judge


def _suite_name(entry: Values) -> str:
    return word(obj(entry.get("cipher_suite")).get("name")) or word(entry.get("name"))


def _robot(result: Values) -> tuple[bool, str] | None:
    said = word(result.get("robot_result")).rpartition(".")[2]
    if said.startswith("UNKNOWN") or not said:
        return None
    return said.startswith("VULNERABLE"), said


def _deployments(result: Values) -> list[Values]:
    listed = list(objects(result.get("certificate_deployments")))
    return listed or ([result] if "path_validation_results" in result else [])


def _untrusted(result: Values) -> tuple[bool, str] | None:
    checked = [one for d in _deployments(result) for one in objects(d.get("path_validation_results"))]
    if not checked:
        return None
    good = [one for one in checked if one.get("verified_certificate_chain") or one.get("was_validation_successful")]
    said = next(
        (tidy(word(one.get("openssl_error_string") or one.get("validation_error")), 200) for one in checked), ""
    )
    return not good, f"no trust store accepts the chain: {said}" if not good else "a trust store accepts the chain"


def _each(key: str, *, weak: bool) -> Judge:
    def judge(result: Values) -> tuple[bool, str] | None:
        values = [d.get(key) for d in _deployments(result) if isinstance(d.get(key), bool)]
        return (weak in values, f"{key} is {str(weak in values and weak).lower()}") if values else None

    return judge


def _rule(ident: str, title: str, severity: Severity, remedy: str) -> Rule:
    return Rule(ident, title, severity, Theme.WEAK_CRYPTO, remedy=remedy)


OFF = "Switch it off on the server."
COMMANDS: tuple[_Command, ...] = (
    _Command("ssl_2_0_cipher_suites", _rule("ssl2", "The server accepts SSL 2", Severity.HIGH, OFF), _accepted),
    _Command("ssl_3_0_cipher_suites", _rule("ssl3", "The server accepts SSL 3", Severity.HIGH, OFF), _accepted),
    _Command("tls_1_0_cipher_suites", _rule("tls10", "The server accepts TLS 1.0", Severity.MEDIUM, OFF), _accepted),
    _Command("tls_1_1_cipher_suites", _rule("tls11", "The server accepts TLS 1.1", Severity.MEDIUM, OFF), _accepted),
    _Command(
        "tls_1_2_cipher_suites",
        _rule("null-anon-export", "TLS 1.2 with suites that protect nothing", Severity.HIGH, OFF),
        _suites("_NULL_", "_anon_", "EXPORT"),
    ),
    _Command(
        "tls_1_2_cipher_suites",
        _rule("rc4-3des", "TLS 1.2 with RC4, DES or 3DES", Severity.MEDIUM, OFF),
        _suites("RC4", "_DES_", "3DES"),
    ),
    _Command(
        "heartbleed",
        _rule("heartbleed", "Heartbleed", Severity.CRITICAL, "Update OpenSSL and replace the keys."),
        _flag("is_vulnerable_to_heartbleed"),
        ("CVE-2014-0160",),
    ),
    _Command(
        "openssl_ccs_injection",
        _rule("ccs-injection", "OpenSSL CCS injection", Severity.HIGH, "Update OpenSSL."),
        _flag("is_vulnerable_to_ccs_injection"),
        ("CVE-2014-0224",),
    ),
    _Command(
        "robot",
        _rule("robot", "ROBOT: an oracle for RSA decryption", Severity.HIGH, "Update; no RSA key exchange."),
        _robot,
    ),
    _Command(
        "session_renegotiation",
        _rule("insecure-renegotiation", "No secure renegotiation", Severity.MEDIUM, "Update the TLS library."),
        _flag("supports_secure_renegotiation", weak=False),
    ),
    _Command(
        "tls_compression",
        _rule("compression", "The server compresses inside TLS", Severity.MEDIUM, OFF),
        _flag("supports_compression"),
    ),
    _Command(
        "certificate_info",
        _rule(
            "untrusted-chain",
            "No trust store accepts the certificate",
            Severity.MEDIUM,
            "Serve a chain that clients trust.",
        ),
        _untrusted,
    ),
    _Command(
        "certificate_info",
        _rule(
            "hostname-mismatch",
            "The certificate is not for this name",
            Severity.MEDIUM,
            "Issue one that lists the name.",
        ),
        _each("leaf_certificate_subject_matches_hostname", weak=False),
    ),
    _Command(
        "certificate_info",
        _rule("sha1-signature", "The chain is signed with SHA-1", Severity.MEDIUM, "Issue it anew."),
        _each("verified_chain_has_sha1_signature", weak=True),
    ),
)
REACHED = _rule("connectivity", "sslyze could connect", Severity.INFO, "")


def read(source: Source) -> Imported:
    """Raises :class:`ImportRefused`."""
    document = obj(read_json(source))
    if not isinstance(document.get("server_scan_results"), list):
        raise ImportRefused(source.file, 0, "is JSON, but holds no server_scan_results of sslyze")
    hosts = [_host(one) for one in objects(document["server_scan_results"])]
    hosts += [_unreached(one) for one in objects(document.get("server_connectivity_errors"))]
    started, ended = (moment(document.get(f"date_scans_{word_}")) for word_ in ("started", "completed"))
    return Imported(TOOL, tidy(document.get("sslyze_version"), 40), tuple(hosts), started, ended)


def _host(scan: Values) -> Host:
    place, subject = _place(scan)
    commands = obj(scan.get("scan_result")) or obj(scan.get("scan_commands_results"))
    status = word(scan.get("connectivity_status"))
    if status == "ERROR":
        results: tuple[Result, ...] = (_gap(REACHED, subject, "it could not be connected to", Reason.UNREACHABLE),)
    else:
        results = tuple(result for command in COMMANDS if (result := _judged(command, commands, subject)))
    return Host(place[0], place[1], credentialed=Credentialed.NO, results=results)


def _place(scan: Values) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], Subject]:
    location = obj(scan.get("server_location")) or obj(obj(scan.get("server_info")).get("server_location"))
    name, address = word(location.get("hostname")), word(location.get("ip_address"))
    names, addresses = (name,) if name else (), (address,) if address else ()
    return (names, addresses), port_subject(location.get("port"), "tcp")


def _unreached(error: Values) -> Host:
    place, subject = _place(error if "server_location" in error else obj(error.get("server_string")))
    said = tidy(word(error.get("error_message")), 300) or "it could not be connected to"
    return Host(place[0], place[1], results=(_gap(REACHED, subject, said, Reason.UNREACHABLE),))


def _judged(command: _Command, commands: Values, subject: Subject) -> Result | None:
    """Version 5 wraps each result with its status; before, a command that ran is simply there."""
    entry = obj(commands.get(command.name))
    status = word(entry.get("status")).rpartition(".")[2]
    if not entry or status == "NOT_SCHEDULED":
        return None
    if status == "ERROR":
        said = tidy(word(entry.get("error_reason")), 200)
        return _gap(command.rule, subject, f"{command.name} ended in an error: {said}", Reason.OUTPUT_UNREADABLE)
    told = command.judge(obj(entry.get("result")) if "status" in entry else entry)
    if told is None:
        return _gap(command.rule, subject, f"{command.name} does not tell", Reason.NOT_TOLD)
    weak, said = told
    members = members_of(command.cves, (), command.rule.severity) if weak else ()
    return Result(command.rule, Outcome.FAIL if weak else Outcome.PASS, said, subject, members=members)


def _gap(rule: Rule, subject: Subject, said: str, reason: Reason) -> Result:
    return Result(rule, Outcome.NOT_ASSESSED, said, subject, reason=reason)


def _recognises(sniffed: Sniffed) -> bool:
    return "server_scan_results" in sniffed.keys


FORMAT = ForeignFormat(TOOL, "sslyze JSON", _recognises, read)
