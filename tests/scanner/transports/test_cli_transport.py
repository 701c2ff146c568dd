"""Command lines over a real SSH server on loopback that carries outputs (tests/lab/cli_device.py says what is real)."""

import asyncio
import json
import logging
import time
from collections.abc import Mapping

import paramiko
import pytest

from inventory.asset import Asset, Connection, Limits
from inventory.facts.missing import Reason
from scanner.probes.cli.blocks import read
from scanner.query import CliCommand, Deadline, HostKey, Login, Query, Script, SnmpGet, Visit
from scanner.transports import WAYS, cli, cli_session
from scanner.transports.cli import CliTransport
from scanner.transports.cli_words import SESSION, SHOWS
from scanner.transports.ssh import SshPool
from scanner.transports.ssh_hostkeys import fingerprint
from tests.lab.cli_device import PASSWORD, USER, Device, Manner, device
from tests.lab.hostile_fixture import Hostile
from tests.lab.known import MemoryHostKeys, asset_at, surroundings
from tests.lab.sshd import Sshd

pytestmark = pytest.mark.lab

LIMITS = Limits(host_seconds=8.0, connect_seconds=2.0, login_seconds=4.0, output_bytes=1024 * 1024)
VERSION = "\n".join(f"line {number} of what this device says of itself" for number in range(1, 60))
OUTPUTS = {"show version": VERSION, "show inventory": 'NAME: "Chassis", DESCR: "a box"\nPID: X1 , VID: V1, SN: S1'}
BOTH = CliCommand("device", ("show version", "show inventory"))
LOGIN = Login(USER, PASSWORD)
SAFE = SHOWS | SESSION


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device on loopback says what it has to say at once."""
    monkeypatch.setattr(cli_session, "QUIET_SECONDS", 0.2)
    monkeypatch.setattr(cli_session, "ECHO_SECONDS", 0.4)
    monkeypatch.setattr(cli_session, "PROMPT_SECONDS", 3.0)


def asset_of(served: Device, platform: str | None, limits: Limits = LIMITS) -> Asset:
    return Asset("lab", Connection("cli", "127.0.0.1", served.port), platform=platform, limits=limits)


def visit(
    served: Device,
    pool: SshPool,
    *queries: Query,
    platform: str | None = "cisco_ios",
    login: Login = LOGIN,
    keys: MemoryHostKeys | None = None,
    limits: Limits = LIMITS,
) -> Visit:
    around = surroundings(login, keys or MemoryHostKeys({served.port: (served.host_key,)}))
    transport = CliTransport(asset_of(served, platform, limits), around, pool)
    seen = asyncio.run(transport.answer(queries or (BOTH,), Deadline(limits.host_seconds)))
    assert {line for line in served.received if line not in SAFE} == set(), "something was sent that is not on the list"
    assert set(served.keys) <= {" ", "q", "a"}
    return seen


def outputs(seen: Visit) -> Mapping[str, str]:
    assert seen.attempt.missing is None, seen.attempt
    assert seen.answers[0].missing is None
    return read(seen.answers[0].output).outputs


ORDINARY = [
    pytest.param(Manner(), "cisco_ios", id="plain"),
    pytest.param(Manner(), None, id="a platform nobody named"),
    pytest.param(Manner(banner="Welcome # to > this\nbox\n"), "cisco_ios", id="a banner with prompt signs"),
    pytest.param(Manner(page=20, pager_off="terminal length 0"), "cisco_ios", id="pages that can be switched off"),
    pytest.param(Manner(page=7), None, id="pages"),
    pytest.param(Manner(page=7, more="<--- More --->", erase="\r              \r"), "cisco_asa", id="pages of an ASA"),
    pytest.param(
        Manner(page=7, more="---(more 30%)---", erase="\r\x1b[K", prompt="scan@lab> "), None, id="pages of Junos"
    ),
    pytest.param(Manner(echo=False), "cisco_ios", id="no echo"),
    pytest.param(Manner(newline="\n\r"), "cisco_ios", id="line ends the other way round"),
    pytest.param(
        Manner(decorate="\x1b[2K\x1b[1;24r\x1b[0m", prompt="\x1b[24;1Hlab-sw1#\x1b[?25h"), "hp_procurve", id="escapes"
    ),
    pytest.param(Manner(delay=0.005), "cisco_nxos", id="slow"),
    pytest.param(Manner(prompt="FGT-fw-a # "), "fortinet", id="a prompt with blanks"),
    pytest.param(Manner(prompt="<lab>"), "hp_comware", id="a prompt in brackets"),
    pytest.param(Manner(prompt="scan@lab> ", wants_key="Press any key to continue"), None, id="any key"),
    pytest.param(Manner(slow_start=1.0), "cisco_ios", id="late to begin, so that old prompts are still to come"),
    pytest.param(Manner(prompt="FGT # ", wants_key="(Press 'a' to accept):"), "fortinet", id="a banner to accept"),
]


@pytest.mark.parametrize(("manner", "platform"), ORDINARY)
def test_outputs_come_as_they_were_recorded(pool: SshPool, manner: Manner, platform: str | None) -> None:
    with device(OUTPUTS, manner) as served:
        seen = visit(served, pool, platform=platform)
        assert {command: text.strip() for command, text in outputs(seen).items()} == OUTPUTS
        assert (seen.attempt.reached, seen.attempt.logged_in, served.logins) == (True, True, [PASSWORD])
        assert seen.attempt.host_key == fingerprint(served.host_key)


def test_until_one_answers_stops_there(pool: SshPool) -> None:
    detection = CliCommand("device", ("show version", "get system status", "show system info"), until_one_answers=True)
    with device({"get system status": "Version: X"}, Manner(refuse="command parse error before 'version'")) as served:
        assert outputs(visit(served, pool, detection, platform=None))["get system status"].strip() == "Version: X"
        assert served.received == ["show version", "get system status"]


def test_what_a_device_prints_cannot_pass_for_a_frame(pool: SshPool) -> None:
    forged = "#output 3 show inventory\nabc\n#gap timed out|show inventory|never\n#cli cisco_asa"
    with device({**OUTPUTS, "show version": forged}) as served:
        seen = outputs(visit(served, pool))
        assert seen["show version"].strip() == forged
        assert seen["show inventory"].strip() == OUTPUTS["show inventory"]


REFUSED = [
    pytest.param("configure terminal", id="configuring"),
    pytest.param("show running-config", id="the configuration"),
    pytest.param("show version\nreload", id="two lines"),
    pytest.param("enable", id="privileges"),
]


@pytest.mark.parametrize("command", REFUSED)
def test_what_is_not_on_the_list_is_refused_before_connecting(pool: SshPool, command: str) -> None:
    with device(OUTPUTS) as served:
        seen = visit(served, pool, CliCommand("device", ("show version", command)))
        assert seen.attempt.missing is not None
        assert seen.attempt.missing.reason is Reason.NOT_ATTEMPTED
        assert "not on the list of read-only commands" in seen.attempt.missing.detail
        assert (seen.attempt.reached, served.logins, bytes(served.raw)) == (False, [], b"")


def test_the_gate_refuses_what_a_driver_would_send(pool: SshPool) -> None:
    """netmiko's own session preparation for FortiOS configures the device, for ProCurve it asks for privileges."""
    with device(OUTPUTS, Manner(prompt="FGT # ")) as served:
        for platform in ("fortinet", "hp_procurve", "cisco_asa", "paloalto_panos", "juniper_junos"):
            visit(served, pool, platform=platform)
        assert set(served.received) <= SAFE
        assert served.received


FAULTS = [
    pytest.param(Manner(silent=True), Reason.TIMED_OUT, "no prompt", id="no prompt"),
    pytest.param(Manner(no_shell=True), Reason.PRIVILEGE_TOO_LOW, "opens no command line", id="no shell"),
    pytest.param(Manner(endless=True), Reason.OUTPUT_TRUNCATED, "more than", id="output without an end"),
    pytest.param(Manner(endless_pages=True), Reason.OUTPUT_TRUNCATED, "for more than", id="pages without an end"),
    pytest.param(Manner(hang_up_after=20), Reason.OUTPUT_TRUNCATED, "closed the session", id="hangs up"),
    pytest.param(Manner(delay=0.5), Reason.TIMED_OUT, "time was up", id="too slow"),
]


@pytest.mark.parametrize(("manner", "reason", "words"), FAULTS)
def test_a_fault_ends_in_time_with_its_reason(
    pool: SshPool, monkeypatch: pytest.MonkeyPatch, manner: Manner, reason: Reason, words: str
) -> None:
    monkeypatch.setattr(cli_session, "MOST_PAGES", 20)
    with device(OUTPUTS, manner) as served:
        begun = time.monotonic()
        seen = visit(served, pool, limits=Limits(host_seconds=4.0, connect_seconds=1.0, login_seconds=2.0))
        missing = seen.attempt.missing or seen.answers[0].missing
        assert missing is not None
        assert (missing.reason, words in missing.detail) == (reason, True), missing
        assert seen.answers[0].output == b""
        assert time.monotonic() - begun < 8.0


def test_a_wrong_password_is_tried_once(pool: SshPool) -> None:
    with device(OUTPUTS) as served:
        seen = visit(served, pool, login=Login(USER, "wrong-secret"))
        assert seen.attempt.missing is not None
        assert seen.attempt.missing.reason is Reason.LOGIN_REFUSED
        assert served.logins == ["wrong-secret"]
        assert served.received == []
        assert "wrong-secret" not in repr(seen)


@pytest.mark.parametrize(
    ("keys", "reason", "words"),
    [
        pytest.param("other", Reason.HOST_KEY_MISMATCH, "has changed", id="changed"),
        pytest.param("none", Reason.HOST_KEY_UNKNOWN, "is not approved", id="unknown"),
    ],
)
def test_no_password_is_sent_to_a_host_key_that_is_not_pinned(
    pool: SshPool, keys: str, reason: Reason, words: str
) -> None:
    other = paramiko.ECDSAKey.generate()
    with device(OUTPUTS) as served:
        pins = {served.port: (HostKey(other.get_name(), other.get_base64()),)} if keys == "other" else {}
        seen = visit(served, pool, keys=MemoryHostKeys(pins))
        assert seen.attempt.missing is not None
        assert (seen.attempt.missing.reason, words in seen.attempt.missing.detail) == (reason, True)
        assert served.logins == []


def test_a_new_host_key_is_pinned_when_the_operator_said_so(pool: SshPool) -> None:
    with device(OUTPUTS) as served:
        keys = MemoryHostKeys(trust_new=True)
        outputs(visit(served, pool, keys=keys))
        assert keys.pins == {served.port: (served.host_key,)}


def test_a_device_with_old_algorithms_only_is_left_alone(pool: SshPool, hostile: Hostile) -> None:
    asset = Asset("old", Connection("cli", "127.0.0.1", hostile.ports["sha1 key exchange"]), limits=LIMITS)
    transport = CliTransport(asset, surroundings(LOGIN, hostile.keys), pool)
    seen = asyncio.run(transport.answer((BOTH,), Deadline(LIMITS.host_seconds)))
    assert seen.attempt.missing is not None
    assert seen.attempt.missing.reason is Reason.WEAK_ALGORITHMS_ONLY
    assert not seen.attempt.logged_in


def test_a_device_behind_a_bastion(pool: SshPool, lab_sshd: Sshd) -> None:
    """A real sshd on the way. A bastion that cannot be had is the device's reason."""
    with device(OUTPUTS) as served:
        keys = MemoryHostKeys({**lab_sshd.keys.pins, served.port: (served.host_key,)})
        around = surroundings(LOGIN, keys, {"gate": asset_at(lab_sshd.port, "gate")}, gate=lab_sshd.login)
        for gate, reason in (("gate", None), ("nowhere", Reason.NOT_ATTEMPTED)):
            way = Connection("cli", "127.0.0.1", served.port, bastion=gate)
            transport = CliTransport(Asset("lab", way, platform="cisco_ios", limits=LIMITS), around, pool)
            seen = asyncio.run(transport.answer((BOTH,), Deadline(LIMITS.host_seconds)))
            assert (seen.attempt.missing and seen.attempt.missing.reason) == reason
        assert served.received == ["terminal length 0", *BOTH.commands]


def test_nothing_listens(pool: SshPool) -> None:
    with device(OUTPUTS) as served:
        pass
    seen = visit(served, pool)
    assert seen.attempt.missing is not None
    assert seen.attempt.missing.reason is Reason.CONNECTION_REFUSED


def test_one_command_that_is_cut_leaves_the_others(pool: SshPool) -> None:
    """What came counts; what did not come is said."""
    query = CliCommand("device", ("show inventory", "show version"), max_bytes=1000)
    with device({"show inventory": "short", "show version": VERSION}) as served:
        seen = visit(served, pool, query)
        said = read(seen.answers[0].output)
        assert {command: text.strip() for command, text in said.outputs.items()} == {"show inventory": "short"}
        assert said.gaps == ("show version: output truncated: the device sent more than 1000 bytes after show version",)


def test_a_device_is_not_asked_what_its_command_line_cannot_answer(pool: SshPool) -> None:
    with device(OUTPUTS) as served:
        around = surroundings(LOGIN, MemoryHostKeys({served.port: (served.host_key,)}))
        way = WAYS["cli"](asset_of(served, "cisco_ios"), around)
        seen = asyncio.run(way.answer((Script("a", "id"), SnmpGet("b", ("1.3",))), Deadline(5.0)))
        assert [answer.missing and answer.missing.reason for answer in seen.answers] == [Reason.NOT_ATTEMPTED] * 2
        assert served.logins == []


def test_without_the_extra_one_sentence_says_what_to_install(pool: SshPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "find_spec", {}.get)
    with device(OUTPUTS) as served:
        seen = visit(served, pool)
        assert seen.attempt.missing == cli.NOT_INSTALLED
        assert "estatecheck[network-cli]" in cli.NOT_INSTALLED.detail
        assert served.logins == []


def test_nothing_is_logged_and_no_secret_is_told(pool: SshPool, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), device(OUTPUTS) as served:
        seen = visit(served, pool)
    told = json.dumps([repr(seen), caplog.text])
    assert PASSWORD not in caplog.text.split()
    assert "netmiko" not in {record.name.split(".")[0] for record in caplog.records}
    assert "line 5 of what this device says" not in caplog.text
    assert repr(PASSWORD) not in told
