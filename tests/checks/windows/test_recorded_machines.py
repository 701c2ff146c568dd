"""Two recorded machines, read by the real probes and judged by every check of how Windows is set up."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from types import NoneType
from typing import Any, get_args, get_type_hints

import pytest

from checks.catalogue import catalogue
from checks.check import Check, Context
from checks.example import EXAMPLE_ASSET, overall
from checks.finding import Outcome, Severity
from inventory.facts import Absent, Missing, Reason
from inventory.facts.table import FACTS
from scanner.probes import WINDOWS_PROBES
from scanner.probes.windows.section import PREFIX
from scanner.query import Answer, NotHere
from tests.lab.windows import recorded

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
_BUILD = frozenset({"windows_system"})  # of which only the build counts there, and that is always told
BY_BUILD = {
    "win.cred.lsa-protection-off": _BUILD,
    "win.cred.wdigest": _BUILD,
    "win.exec.powershell-v2": frozenset({"windows_system", "windows_powershell"}),  # says "unknown", never None
    "win.exec.unquoted-service-path": frozenset({"windows_services"}),  # a path is always told
    "win.proto.ntlmv1-allowed": _BUILD,
    "win.proto.smb-client-signing-not-required": _BUILD,
    "win.proto.smb-signing-not-required": _BUILD,
    "win.tls.schannel-legacy": frozenset({"windows_system", "windows_schannel"}),  # all protocols are, or no fact
}
ELSEWHERE = ("win.patch.", "win.eol.", "win.app.")  # judged with feeds: test_judging.py
CHECKS = [check for check in catalogue() if check.surface == "win" and not check.id.startswith(ELSEWHERE)]


def facts_of(machine: str) -> dict[str, Any]:
    return {PREFIX + name: _read(PREFIX + name, data) for name, data in recorded(machine).items()}


def _read(name: str, data: Mapping[str, Any]) -> object:
    try:
        return WINDOWS_PROBES[name].parse(EXAMPLE_ASSET, [Answer(name, json.dumps(data).encode())])
    except NotHere as absent:
        return Absent(str(absent))


def outcome(check: Check, facts: Mapping[str, Any]) -> Outcome:
    return overall(check.judge(Context(EXAMPLE_ASSET, facts, NOW), {}))


LAPTOP, CONTROLLER = facts_of("laptop-11-23h2"), facts_of("server-2022-dc")
EXPECTED = {  # laptop, controller
    "win.acct.admin-builtin-enabled": ("pass", "not_applicable"),
    "win.acct.dormant-45d": ("fail", "not_applicable"),
    "win.acct.guest-enabled": ("pass", "not_applicable"),
    "win.acct.local-admins-unexpected": ("not_assessed", "not_applicable"),
    "win.acct.lockout-threshold": ("pass", "fail"),
    "win.acct.password-not-required": ("fail", "not_applicable"),
    "win.acct.password-policy": ("pass", "fail"),
    "win.av.antimalware-missing": ("not_applicable", "not_applicable"),
    "win.av.defender-realtime-off": ("pass", "not_assessed"),
    "win.av.other-product-outdated": ("fail", "not_applicable"),
    "win.av.signatures-stale": ("pass", "not_applicable"),
    "win.av.tamper-protection-off": ("pass", "not_applicable"),
    "win.cred.auto-logon-password": ("pass", "fail"),
    "win.cred.credential-guard-off": ("not_applicable", "not_applicable"),
    "win.cred.laps-missing": ("pass", "not_applicable"),
    "win.cred.lsa-protection-off": ("pass", "fail"),
    "win.cred.wdigest": ("pass", "fail"),
    "win.device.battery-worn": ("pass", "not_applicable"),
    "win.device.crashes": ("pass", "not_assessed"),
    "win.device.disk-failing": ("pass", "fail"),
    "win.device.disk-worn": ("pass", "not_applicable"),
    "win.device.hardware-errors": ("pass", "not_assessed"),
    "win.device.programs-hang": ("not_assessed", "not_assessed"),
    "win.device.secure-boot-off": ("pass", "fail"),
    "win.device.update-stuck": ("fail", "not_assessed"),
    "win.device.volume-full": ("fail", "fail"),
    "win.disk.bitlocker-off": ("fail", "not_applicable"),
    "win.exec.autorun-enabled": ("fail", "pass"),
    "win.exec.installer-elevated": ("pass", "fail"),
    "win.exec.powershell-v2": ("fail", "pass"),
    "win.exec.print-spooler-on-dc": ("not_applicable", "fail"),
    "win.exec.script-block-logging-off": ("fail", "pass"),
    "win.exec.uac-disabled": ("pass", "fail"),
    "win.exec.unquoted-service-path": ("fail", "pass"),
    "win.fw.inbound-allowed": ("pass", "fail"),
    "win.fw.profile-off": ("pass", "fail"),
    "win.fw.service-stopped": ("pass", "pass"),
    "win.log.audit-policy-gaps": ("fail", "fail"),
    "win.log.security-log-size": ("fail", "pass"),
    "win.net.unexpected-listener": ("not_applicable", "not_applicable"),
    "win.proto.anonymous-listing": ("pass", "pass"),
    "win.proto.insecure-guest-logons": ("pass", "fail"),
    "win.proto.ldap-signing": ("not_applicable", "fail"),
    "win.proto.llmnr-enabled": ("fail", "pass"),
    "win.proto.netbios-enabled": ("fail", "pass"),
    "win.proto.ntlmv1-allowed": ("fail", "pass"),
    "win.proto.smb-client-signing-not-required": ("pass", "fail"),
    "win.proto.smb-signing-not-required": ("fail", "pass"),
    "win.proto.smb1-enabled": ("pass", "fail"),
    "win.proto.winrm-unencrypted": ("not_applicable", "fail"),
    "win.rdp.nla-off": ("not_applicable", "fail"),
    "win.screen.lock-timeout": ("pass", "pass"),
    "win.time.unsynchronised": ("pass", "fail"),
    "win.tls.schannel-legacy": ("fail", "pass"),
}


def test_every_check_is_in_the_table() -> None:
    assert sorted(EXPECTED) == sorted(check.id for check in CHECKS)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_recorded(check: Check) -> None:
    assert (outcome(check, LAPTOP).value, outcome(check, CONTROLLER).value) == EXPECTED[check.id]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_nothing_read_is_never_a_pass(check: Check) -> None:
    unread = dict.fromkeys(FACTS, Missing(Reason.TIMED_OUT))
    assert outcome(check, unread) in (Outcome.NOT_ASSESSED, Outcome.NOT_APPLICABLE)


def unknown(fact: Any) -> Any:  # noqa: ANN401 (any fact, and any part of one)
    """The same with None in every field that may be None, at every depth."""
    if isinstance(fact, tuple):
        return tuple(map(unknown, fact))
    if not is_dataclass(fact) or isinstance(fact, type | Absent):
        return fact
    hints = get_type_hints(type(fact))
    blanks = {field.name: NoneType in get_args(hints[field.name]) for field in fields(fact)}
    return replace(fact, **{name: None if blank else unknown(getattr(fact, name)) for name, blank in blanks.items()})


@pytest.mark.parametrize("facts", [LAPTOP, CONTROLLER], ids=["laptop", "controller"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_what_windows_does_not_tell_is_never_a_pass(check: Check, facts: dict[str, Any]) -> None:
    """One fact of a check at a time, so that the others cannot hide it."""
    needed = {name: facts[name] for name in check.needs}
    for name in needed.keys() - BY_BUILD.get(check.id, frozenset()):
        blind = {**needed, name: unknown(needed[name])}
        assert blind[name] == needed[name] or outcome(check, blind) is not Outcome.PASS, name


def ruled(check_id: str, facts: dict[str, Any]) -> dict[str, Severity | None]:
    """Severity by subject, where it is not the check's own."""
    (check,) = [one for one in CHECKS if one.id == check_id]
    return {run.subject.key: run.severity for run in check.judge(Context(EXAMPLE_ASSET, facts, NOW), {})}


def test_severity_by_what_it_means() -> None:
    """SMB 1 as a client is not SMB 1 as a server; a controller that takes NTLMv1 takes it for its whole domain."""
    assert ruled("win.proto.smb1-enabled", CONTROLLER) == {"server": None, "client": Severity.MEDIUM}
    assert ruled("win.proto.ntlmv1-allowed", LAPTOP) == {"": Severity.MEDIUM}
    level_3 = {"windows_ntlm": replace(CONTROLLER["windows_ntlm"], compatibility_level=3)}
    assert ruled("win.proto.ntlmv1-allowed", CONTROLLER | level_3) == {"": None}
    level_2 = {"windows_ntlm": replace(LAPTOP["windows_ntlm"], compatibility_level=2)}
    assert ruled("win.proto.ntlmv1-allowed", LAPTOP | level_2) == {"": None}
