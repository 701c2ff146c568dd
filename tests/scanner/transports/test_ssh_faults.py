"""The thirteen faults of docs: each ends inside its deadline and memory, with the right reason, and alone."""

import asyncio
import time
import tracemalloc
from dataclasses import replace

import pytest

from inventory.asset import Asset, Limits
from inventory.facts.missing import Reason
from scanner.query import Deadline, Script, Surroundings, Visit
from scanner.transports.ssh import SshPool, SshTransport
from tests.lab.hostile_fixture import Hostile
from tests.lab.known import asset_at, surroundings
from tests.lab.sshd import Sshd

pytestmark = pytest.mark.lab

LIMITS = Limits(host_seconds=4.0, connect_seconds=1.0, login_seconds=1.5, output_bytes=512 * 1024)
ASKED = [Script("first", "echo first"), Script("second", "echo second")]
CROWDED = replace(LIMITS, host_seconds=12.0, login_seconds=6.0)  # sixty visits at once share the machine
GRACE = 2.0  # seconds a busy machine may be late
MEMORY = 8 * 1024 * 1024  # of Python objects, for an output cap of half a megabyte

# fault, reason, reached, logged in, words of the sentence
THIRTEEN = [
    ("blackhole", Reason.TIMED_OUT, False, False, "no answer to the connection request"),
    ("refused", Reason.CONNECTION_REFUSED, False, False, "nothing listens"),
    ("mute", Reason.TIMED_OUT, False, False, "the SSH handshake took longer than 1.5 s"),
    ("slow banner", Reason.TIMED_OUT, False, False, "the SSH handshake"),
    ("wrong key", Reason.LOGIN_REFUSED, True, False, "refused to let scan in with a key"),
    ("changed host key", Reason.HOST_KEY_MISMATCH, True, False, "nothing was sent"),
    ("reset before output", Reason.OUTPUT_TRUNCATED, True, True, "the connection broke"),
    ("reset during output", Reason.OUTPUT_TRUNCATED, True, True, "the connection broke"),
    ("drip", Reason.TIMED_OUT, True, True, "time was up"),
    ("endless stdout", Reason.OUTPUT_TRUNCATED, True, True, "more than 524288 bytes"),
    ("endless stderr", Reason.OUTPUT_TRUNCATED, True, True, "of error messages"),
    ("hanging command", Reason.TIMED_OUT, True, True, "time was up"),
    ("decompression bomb", Reason.OUTPUT_TRUNCATED, True, True, "unpacks to more than"),
]
FURTHER = [
    ("http", Reason.UNREACHABLE, False, False, "does not speak SSH"),
    ("endless line", Reason.UNREACHABLE, False, False, "does not speak SSH"),
    ("huge packet", Reason.UNREACHABLE, True, False, "impossible length"),
    ("sha1 key exchange", Reason.WEAK_ALGORITHMS_ONLY, True, False, "no acceptable kex"),
    ("binary garbage", Reason.OUTPUT_UNREADABLE, True, True, "POSIX shell"),
    ("ignore flood", Reason.OUTPUT_TRUNCATED, True, True, "the host sent more than"),
    ("many extensions", Reason.OUTPUT_TRUNCATED, True, True, "the connection broke"),
]


def asset(hostile: Hostile, fault: str, limits: Limits = LIMITS) -> Asset:
    return asset_at(hostile.ports[fault], fault, limits=limits)


def visit(asset: Asset, around: Surroundings, pool: SshPool) -> Visit:
    return asyncio.run(SshTransport(asset, around, pool).answer(ASKED, Deadline(asset.limits.host_seconds)))


@pytest.mark.parametrize(
    ("fault", "reason", "reached", "logged_in", "words"),
    [pytest.param(*case, id=case[0]) for case in THIRTEEN + FURTHER],
)
def test_a_fault_ends_in_time_and_memory_with_its_reason(
    hostile: Hostile, pool: SshPool, fault: str, reason: Reason, reached: bool, logged_in: bool, words: str
) -> None:
    around = surroundings(hostile.login, hostile.keys)
    tracemalloc.start()
    begun = time.monotonic()
    result = visit(asset(hostile, fault), around, pool)
    took = time.monotonic() - begun
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    attempt = result.attempt
    assert attempt.missing is not None
    assert (attempt.missing.reason, attempt.reached, attempt.logged_in) == (reason, reached, logged_in), attempt
    assert words in attempt.missing.detail
    assert took < LIMITS.host_seconds + GRACE
    assert peak < MEMORY
    assert [answer.query for answer in result.answers] == ["first", "second"]
    assert result.answers[1].missing is not None


def test_sections_that_arrived_whole_before_a_reset_count(hostile: Hostile, pool: SshPool) -> None:
    result = visit(asset(hostile, "reset during output"), surroundings(hostile.login, hostile.keys), pool)
    first, second = result.answers
    assert (first.output, first.missing) == (b"first\n", None)
    assert second.missing is not None
    assert second.missing.reason is Reason.OUTPUT_TRUNCATED


def test_what_a_host_calls_itself_is_made_printable(hostile: Hostile, pool: SshPool) -> None:
    result = visit(asset(hostile, "sha1 key exchange"), surroundings(hostile.login, hostile.keys), pool)
    assert result.attempt.peer == "SSH-2.0-old?[31m? device"


def test_a_host_with_sha1_host_keys_only_is_weak_and_not_changed(hostile: Hostile, pool: SshPool) -> None:
    keys = hostile.keys
    keys.pins.clear()
    keys.trust_new = True
    result = visit(asset(hostile, "sha1 host key"), surroundings(hostile.login, keys), pool)
    assert result.attempt.missing is not None
    assert result.attempt.missing.reason is Reason.WEAK_ALGORITHMS_ONLY
    assert keys.pins == {}


def test_cancelling_a_visit_shuts_its_connection_at_once(hostile: Hostile, pool: SshPool) -> None:
    async def cancelled() -> float:
        around = surroundings(hostile.login, hostile.keys)
        target = asset(hostile, "hanging command", replace(LIMITS, host_seconds=60.0))
        task = asyncio.create_task(SshTransport(target, around, pool).answer(ASKED, Deadline(60)))
        await asyncio.sleep(1.0)
        begun = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - begun

    assert asyncio.run(cancelled()) < GRACE
    begun = time.monotonic()
    pool.workers.shutdown(wait=True)  # would wait for a thread that still hangs
    assert time.monotonic() - begun < GRACE


@pytest.mark.parametrize("fault", ["blackhole", "mute"])
def test_cancelling_while_waiting_for_the_host_is_quick(hostile: Hostile, pool: SshPool, fault: str) -> None:
    async def cancelled() -> None:
        limits = replace(LIMITS, host_seconds=60.0, connect_seconds=50.0, login_seconds=50.0)
        around = surroundings(hostile.login, hostile.keys)
        async with asyncio.timeout(0.5):
            await SshTransport(asset(hostile, fault, limits), around, pool).answer(ASKED, Deadline(60))

    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(cancelled())
    pool.close()
    assert time.monotonic() - begun < 0.5 + GRACE


def test_a_visit_whose_time_is_up_before_it_starts_is_not_attempted(hostile: Hostile, pool: SshPool) -> None:
    around = surroundings(hostile.login, hostile.keys)
    result = asyncio.run(SshTransport(asset(hostile, "mute"), around, pool).answer(ASKED, Deadline(0)))
    assert result.attempt.missing is not None
    assert result.attempt.missing.reason is Reason.NOT_ATTEMPTED


@pytest.mark.soak
def test_fifty_healthy_hosts_do_not_notice_thirteen_faults(hostile: Hostile, lab_sshd: Sshd, pool: SshPool) -> None:
    keys = hostile.keys
    keys.pins |= lab_sshd.keys.pins
    healthy = [
        asset_at(lab_sshd.port, f"healthy{n}", address=f"127.0.1.{n % 15 + 1}", limits=Limits(host_seconds=60.0))
        for n in range(50)
    ]
    around = surroundings(lab_sshd.login, keys, None, **{fault: hostile.login for fault, *_ in THIRTEEN})

    async def all_of_them() -> list[Visit]:
        assets = [*(asset(hostile, fault, CROWDED) for fault, *_ in THIRTEEN), *healthy]
        visits = (SshTransport(a, around, pool).answer(ASKED, Deadline(a.limits.host_seconds)) for a in assets)
        return await asyncio.gather(*visits)

    results = asyncio.run(all_of_them())
    faulty, sound = results[: len(THIRTEEN)], results[len(THIRTEEN) :]
    wrong = [
        (fault, visit.attempt)
        for (fault, reason, *_), visit in zip(THIRTEEN, faulty, strict=True)
        if visit.attempt.missing is None or visit.attempt.missing.reason is not reason
    ]
    assert wrong == []
    assert [v.attempt.missing for v in sound] == [None] * 50
    assert {answer.output for v in sound for answer in v.answers} == {b"first\n", b"second\n"}
