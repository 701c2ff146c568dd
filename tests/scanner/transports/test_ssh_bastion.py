"""Hosts behind bastions: real sshd servers on both sides."""

import asyncio
import threading
import time
from collections.abc import Iterable, Sequence

import pytest

from inventory.asset import Asset, Limits
from inventory.facts.missing import Reason
from scanner.query import Deadline, Login, Script, Surroundings, Visit
from scanner.transports.ssh import SshPool, SshTransport
from scanner.transports.ssh_bastion import LINES
from tests.lab.hostile_fixture import Hostile
from tests.lab.known import MemoryHostKeys, asset_at, surroundings
from tests.lab.sshd import Sshd, SshdFactory

pytestmark = pytest.mark.lab

ECHO = [Script("echo", "echo hello")]
SHORT = Limits(connect_seconds=1.0, login_seconds=2.0, output_bytes=512 * 1024)


def visits(
    assets: Iterable[Asset], around: Surroundings, pool: SshPool, seconds: float = 20, queries: Sequence[Script] = ECHO
) -> list[Visit]:
    async def all_of_them() -> list[Visit]:
        return await asyncio.gather(
            *(SshTransport(asset, around, pool).answer(queries, Deadline(seconds)) for asset in assets)
        )

    return asyncio.run(all_of_them())


def around(server: Sshd, *bastions: Asset, keys: MemoryHostKeys | None = None, **logins: Login) -> Surroundings:
    return surroundings(server.login, keys or server.keys, {b.name: b for b in bastions}, **logins)


def test_two_hundred_hosts_through_one_bastion(sshd_factory: SshdFactory, hostile: Hostile, pool: SshPool) -> None:
    bastion = sshd_factory("MaxStartups 10:100:10", "LogLevel VERBOSE")
    keys = hostile.keys
    keys.pins |= bastion.keys.pins
    gate = asset_at(bastion.port, "gate")
    hosts = [asset_at(hostile.ports["healthy"], f"host{n}", bastion="gate") for n in range(200)]
    surround = surroundings(hostile.login, keys, {"gate": gate}, gate=bastion.login)
    results = visits(hosts, surround, pool, seconds=120)
    assert [v.attempt.missing for v in results] == [None] * 200
    assert {v.answers[0].output for v in results} == {b"hello\n"}
    assert bastion.log.count("Accepted publickey") <= LINES
    assert "drop connection" not in bastion.log
    assert not [t for t in threading.enumerate() if t.name.startswith("Thread-")]  # every session's thread has ended


def test_a_chain_of_three(sshd_factory: SshdFactory, lab_sshd: Sshd, pool: SshPool) -> None:
    ring = asset_at(lab_sshd.port, "outer"), asset_at(lab_sshd.port, "middle", bastion="outer")
    inner = asset_at(lab_sshd.port, "inner", bastion="middle")
    host = asset_at(lab_sshd.port, "host", bastion="inner")
    (result,) = visits([host], around(lab_sshd, *ring, inner), pool)
    assert (result.attempt.missing, result.answers[0].output) == (None, b"hello\n")


def test_chains_that_cannot_be(lab_sshd: Sshd, pool: SshPool) -> None:
    bastions = [asset_at(22, f"b{n}", bastion=f"b{n + 1}") for n in range(4)]
    circle = asset_at(22, "c", bastion="d"), asset_at(22, "d", bastion="c")
    hosts = [asset_at(22, name, bastion=b) for name, b in (("long", "b0"), ("round", "c"), ("none", "nowhere"))]
    results = visits([*hosts, asset_at(22, "c", bastion="c")], around(lab_sshd, *bastions, *circle), pool)
    said = [v.attempt.missing for v in results]
    assert [m and m.reason for m in said] == [Reason.NOT_ATTEMPTED] * 4
    assert [m and m.detail.split(":")[0] for m in said] == ["bastion b3", "bastion c", "bastion nowhere", "bastion c"]


def test_a_failing_bastion_is_every_hosts_reason_and_is_tried_once(
    sshd_factory: SshdFactory, lab_sshd: Sshd, pool: SshPool
) -> None:
    bastion = sshd_factory("PasswordAuthentication yes", "LogLevel VERBOSE")
    keys = MemoryHostKeys({**bastion.keys.pins, **lab_sshd.keys.pins})
    gate = asset_at(bastion.port, "gate")
    hosts = [asset_at(lab_sshd.port, f"host{n}", bastion="gate") for n in range(20)]
    wrong = Login(bastion.login.user, password="wrong")
    results = visits(hosts, around(lab_sshd, gate, keys=keys, gate=wrong), pool)
    said = {v.attempt.missing for v in results}
    assert [(m.reason, m.detail.startswith("bastion gate: the host refused")) for m in said if m] == [
        (Reason.LOGIN_REFUSED, True)
    ]
    assert bastion.log.count("Failed password") == 1
    assert not any(v.attempt.reached for v in results)


def test_reasons_name_the_bastion_that_failed(hostile: Hostile, lab_sshd: Sshd, pool: SshPool) -> None:
    keys = hostile.keys
    keys.pins |= lab_sshd.keys.pins
    outer = asset_at(hostile.ports["refused"], "outer", limits=SHORT)
    bastions = [
        outer,
        asset_at(lab_sshd.port, "inner", bastion="outer"),
        asset_at(hostile.ports["changed host key"], "changed", limits=SHORT),
        asset_at(hostile.ports["blackhole"], "dark", limits=SHORT),
    ]
    hosts = [asset_at(lab_sshd.port, f"behind-{b.name}", bastion=b.name) for b in bastions[1:]]
    surround = around(lab_sshd, *bastions, keys=keys)
    said = [v.attempt.missing for v in visits(hosts, surround, pool)]
    assert [(m.reason, m.detail.split(":")[0]) for m in said if m] == [
        (Reason.CONNECTION_REFUSED, "bastion outer"),
        (Reason.HOST_KEY_MISMATCH, "bastion changed"),
        (Reason.TIMED_OUT, "bastion dark"),
    ]


def test_a_bastion_that_forwards_nothing(sshd_factory: SshdFactory, lab_sshd: Sshd, pool: SshPool) -> None:
    bastion = sshd_factory("AllowTcpForwarding no")
    keys = MemoryHostKeys({**bastion.keys.pins, **lab_sshd.keys.pins})
    gate = asset_at(bastion.port, "gate")
    surround = around(lab_sshd, gate, keys=keys, gate=bastion.login)
    (result,) = visits([asset_at(lab_sshd.port, "host", bastion="gate")], surround, pool)
    assert result.attempt.missing is not None
    assert result.attempt.missing.detail.startswith("bastion gate: it does not allow connections")


# fault, reason, words
BEHIND = [
    ("blackhole", Reason.TIMED_OUT, "bastion gate got no answer"),
    ("refused", Reason.UNREACHABLE, "bastion gate could not connect"),
    ("mute", Reason.TIMED_OUT, "the SSH handshake"),
    ("slow banner", Reason.TIMED_OUT, "the SSH handshake"),
    ("wrong key", Reason.LOGIN_REFUSED, "refused"),
    ("changed host key", Reason.HOST_KEY_MISMATCH, "nothing was sent"),
    ("reset before output", Reason.OUTPUT_TRUNCATED, "the connection broke"),
    ("reset during output", Reason.OUTPUT_TRUNCATED, "the connection broke"),
    ("drip", Reason.TIMED_OUT, "time was up"),
    ("endless stdout", Reason.OUTPUT_TRUNCATED, "the host sent more than"),
    ("endless stderr", Reason.OUTPUT_TRUNCATED, "of error messages"),
    ("hanging command", Reason.TIMED_OUT, "time was up"),
    ("decompression bomb", Reason.OUTPUT_TRUNCATED, "unpacks to more than"),
]


@pytest.mark.soak
def test_the_faults_behind_a_bastion_and_healthy_hosts_after_them(
    hostile: Hostile, lab_sshd: Sshd, pool: SshPool
) -> None:
    keys = hostile.keys
    keys.pins |= lab_sshd.keys.pins
    gate = asset_at(lab_sshd.port, "gate")
    limits = Limits(connect_seconds=1.0, login_seconds=2.0, output_bytes=512 * 1024)
    bad = [asset_at(hostile.ports[fault], fault, bastion="gate", limits=limits) for fault, *_ in BEHIND]
    good = [asset_at(lab_sshd.port, f"host{n}", bastion="gate") for n in range(10)]
    surround = around(lab_sshd, gate, keys=keys, **{fault: hostile.login for fault, *_ in BEHIND})

    seconds = {"drip": 10, "hanging command": 10}  # what only the deadline ends; the others may queue for a line

    async def together() -> tuple[list[Visit], list[Visit], float]:
        begun = time.monotonic()
        faulty = [SshTransport(a, surround, pool).answer(ECHO, Deadline(seconds.get(a.name, 30))) for a in bad]
        sound = [SshTransport(a, surround, pool).answer(ECHO, Deadline(60)) for a in good]
        every = await asyncio.gather(*faulty, *sound)
        return every[: len(bad)], every[len(bad) :], time.monotonic() - begun

    faulty, sound, took = asyncio.run(together())
    assert [v.attempt.missing for v in sound] == [None] * len(good)
    said = {a.name: v.attempt.missing for a, v in zip(bad, faulty, strict=True)}
    wrong = [
        (fault, said[fault])
        for fault, reason, words in BEHIND
        if (m := said[fault]) is None or m.reason is not reason or words not in m.detail
    ]
    assert wrong == []
    assert took < 30


def test_cancelling_a_host_behind_a_bastion_leaves_the_line_to_others(
    hostile: Hostile, lab_sshd: Sshd, pool: SshPool
) -> None:
    keys = hostile.keys
    keys.pins |= lab_sshd.keys.pins
    gate = asset_at(lab_sshd.port, "gate")
    surround = around(lab_sshd, gate, keys=keys, stuck=hostile.login)
    stuck = asset_at(hostile.ports["hanging command"], "stuck", bastion="gate")

    async def cancel_one() -> tuple[float, Visit]:
        task = asyncio.create_task(SshTransport(stuck, surround, pool).answer(ECHO, Deadline(60)))
        await asyncio.sleep(1.5)
        begun = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        took = time.monotonic() - begun
        host = asset_at(lab_sshd.port, "host", bastion="gate")
        return took, await SshTransport(host, surround, pool).answer(ECHO, Deadline(20))

    took, after = asyncio.run(cancel_one())
    assert took < 2
    assert after.attempt.missing is None
