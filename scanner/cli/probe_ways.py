"""What ``probe`` takes: one entry a scheme, with its port, the options of its own and how its log-in is written."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.cli.console import fail, known, plain_errors

if TYPE_CHECKING:
    from inventory.asset import Connection
    from scanner.query import HostKeys, Login

LIBRARIES = ("gufo-snmp", "pysnmp")


@dataclass(frozen=True, slots=True)
class Options:
    """What was said on the command line beside the address. The names are those of the options."""

    credential: str | None = None
    library: str | None = None
    fingerprint: str | None = None
    ca: str | None = None
    platform: str | None = None
    timeout: str | None = None
    send: str | None = None
    expect: str | None = None
    starttls: str | None = None


OF_ENDPOINTS = ("timeout", "send", "expect", "starttls")  # that no scheme here knows (probe_endpoints)


def _as_it_is(connection: "Connection", _options: Options) -> "Connection":
    return connection


def _no_host_keys(_connection: "Connection", _options: Options) -> "HostKeys | None":
    return None


@dataclass(frozen=True, slots=True)
class Scheme:
    """``login`` makes a log-in of the credential's text; both functions end with exit code 2 when they cannot."""

    port: int
    credential: str  # what --credential has to name
    login: Callable[[str], "Login"]
    options: tuple[str, ...] = ()  # of Options, those that only this scheme knows
    connection: Callable[["Connection", Options], "Connection"] = _as_it_is
    host_keys: Callable[["Connection", Options], "HostKeys | None"] = _no_host_keys


def read_login(scheme: Scheme, name: str, options: Options) -> "Login":
    """Ends with exit code 2 when there is no log-in, or none that can be used."""
    from scanner.query import SecretUnavailable
    from scanner.secrets.references import resolve

    if options.credential is None:
        raise fail(f"{name}:// needs a log-in: --credential {scheme.credential}")
    with plain_errors(SecretUnavailable):
        text = resolve(options.credential)
    return scheme.login(text)


def refuse_others(scheme: Scheme, name: str, options: Options) -> None:
    """Ends with exit code 2 when an option was given that belongs to another scheme."""
    others = {option for other in SCHEMES.values() for option in other.options}
    for option in sorted({*others, *OF_ENDPOINTS} - set(scheme.options)):
        if getattr(options, option) is not None:
            raise fail(f"--{option.replace('_', '-')} says nothing for {name}://: leave it out")
    if options.library is not None:
        known("--library", options.library, LIBRARIES)
    if options.platform is not None:
        from inventory.sources.platforms import OF_DEVICES

        known("--platform", options.platform, OF_DEVICES)


def _snmp(text: str) -> "Login":
    from scanner.transports.snmp_faults import LoginUnusable
    from scanner.transports.snmp_login import read_credential, snmp_login

    try:
        login = read_credential(text)
        snmp_login(login)
    except LoginUnusable as fault:
        raise fail(f"--credential: {fault}") from None
    return login


def _redfish(text: str) -> "Login":
    from scanner.transports.redfish_faults import LoginUnusable
    from scanner.transports.redfish_login import read_credential

    try:
        return read_credential(text)
    except LoginUnusable as fault:
        raise fail(f"--credential: {fault}") from None


def _with_tls(connection: "Connection", options: Options) -> "Connection":
    from inventory.asset import Tls
    from inventory.sources.words import fingerprint

    if options.fingerprint is not None and options.ca is not None:
        raise fail("--fingerprint and --ca: give one of the two")
    if options.ca is not None:
        return replace(connection, tls=Tls(ca=str(Path(options.ca).expanduser())))
    if options.fingerprint is None:
        return connection
    try:
        return replace(connection, tls=Tls(fingerprint=fingerprint(options.fingerprint)))
    except ValueError as fault:
        raise fail(f"--fingerprint: {fault}") from None


def _cli(text: str) -> "Login":
    from scanner.transports.cli_login import LoginUnusable, read_credential

    try:
        return read_credential(text)
    except LoginUnusable as fault:
        raise fail(f"--credential: {fault}") from None


def _one_fingerprint(connection: "Connection", options: Options) -> "HostKeys":
    from scanner.transports.cli_login import OneFingerprint, is_fingerprint

    if options.fingerprint is not None and not is_fingerprint(options.fingerprint):
        raise fail(
            f"--fingerprint {options.fingerprint}: write it as ssh-keygen -l prints it, SHA256: and 43 characters"
        )
    address = f"[{connection.address}]" if ":" in connection.address else connection.address
    platform = f" --platform {options.platform}" if options.platform else ""
    again = f"estatecheck probe cli://{address}:{connection.port} --credential {options.credential}{platform}"
    return OneFingerprint(options.fingerprint, again)


SCHEMES = {
    "snmp": Scheme(161, "env:NAME (a community) or file:PATH (a user for SNMPv3)", _snmp, ("library",)),
    "redfish": Scheme(
        443,
        "env:NAME (user:password) or file:PATH (lines user: and password:)",
        _redfish,
        ("fingerprint", "ca"),
        _with_tls,
    ),
    "cli": Scheme(
        22,
        "env:NAME (user:password) or file:PATH (lines user: and password:, or a private key)",
        _cli,
        ("fingerprint", "platform"),
        host_keys=_one_fingerprint,
    ),
}
