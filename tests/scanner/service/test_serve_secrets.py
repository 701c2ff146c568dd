"""Secrets of the daemon: asked for now and then, in threads, bounded; nobody else waits."""

import asyncio
import threading
import time

import pytest

from inventory.facts.availability import Sample, State
from inventory.watch import Channel, Http, Watch
from scanner.query import SecretUnavailable
from scanner.service.serve_channels import Secret
from scanner.service.serve_secrets import MOST_AT_ONCE, Secrets, looking, sending
from scanner.store.watching.records import Notice


def test_secrets_are_asked_for_now_and_then() -> None:
    at, asked = [0.0], list[str]()

    def resolved(reference: str) -> str:
        asked.append(reference)
        if reference == "env:NONE":
            raise SecretUnavailable("not there")
        return "value"

    secrets = Secrets(resolved, lambda: at[0])
    assert [secrets("env:A") for _ in range(3)] == ["value"] * 3
    for _ in range(2):
        with pytest.raises(SecretUnavailable):
            secrets("env:NONE")
    at[0] = 31.0
    with pytest.raises(SecretUnavailable):
        secrets("env:NONE")
    at[0] = 301.0
    secrets("env:A")
    assert asked == ["env:A", "env:NONE", "env:NONE", "env:A"]
    assert "value" not in repr(secrets)


def _log_in(*references: str) -> Watch:
    headers = tuple((f"h{n}", reference) for n, reference in enumerate(references))
    return Watch("portal", "https", "192.0.2.1", 443, Http(headers=headers))


def test_a_vault_that_is_slow_holds_up_only_who_needs_it() -> None:
    """The event loop goes on; all who wait for one secret wait for one answer; and they wait only so long."""
    released, asked = threading.Event(), list[str]()

    def resolved(reference: str) -> str:
        asked.append(reference)
        assert released.wait(20)
        return "value"

    secrets = Secrets(resolved, wait_seconds=0.2)
    seen: dict[str, list[float]] = {"slow": [], "other": []}

    async def look(watch: Watch) -> Sample:
        try:
            told = secrets("vault:a#b") if watch.ask else ""
        except SecretUnavailable as fault:
            told = str(fault)
        seen["slow" if watch.ask else "other"].append(time.monotonic())
        return Sample(watch.name, 0.0, State.UP, told)

    async def many() -> list[Sample]:
        looked = looking(look, secrets)
        began = time.monotonic()
        slow = [asyncio.ensure_future(looked(_log_in("vault:a#b", "plain"))) for _ in range(3)]
        await asyncio.sleep(0)
        await looked(Watch("other", "tcp", "192.0.2.1", 80))
        assert seen["other"][0] - began < 0.15
        told = await asyncio.gather(*slow)
        assert seen["slow"][0] - began >= 0.2
        released.set()
        return [*told, await looked(_log_in("vault:a#b"))]

    *missing, found = asyncio.run(many())
    assert [one.reason for one in missing] == ["a secret (vault:...): it has not been given yet"] * 3
    assert found.reason == "value"
    assert asked == ["vault:a#b"]
    assert "value" not in repr(secrets)


def test_a_secret_that_cannot_be_had_is_asked_for_again_after_half_a_minute() -> None:
    at, asked = [0.0], list[str]()

    def resolved(reference: str) -> str:
        asked.append(reference)
        if len(asked) == 1:
            raise SecretUnavailable("cmd: ended with status 1")
        return "value"

    secrets = Secrets(resolved, lambda: at[0])

    async def fetched() -> str:
        await secrets.fetch(["cmd:pass portal"])
        return secrets("cmd:pass portal")

    for now in (0.0, 29.0):
        at[0] = now
        with pytest.raises(SecretUnavailable, match="status 1"):
            asyncio.run(fetched())
    at[0] = 31.0
    assert asyncio.run(fetched()) == "value"
    at[0] = 9_999.0
    assert secrets("cmd:pass portal") == "value", "in the middle of a look the one before is better than none"
    assert len(asked) == 2


def test_commands_that_hang_are_only_so_many() -> None:
    never = threading.Event()

    def resolved(_: str) -> str:
        never.wait(20)
        return "value"

    async def crowd() -> int:
        secrets = Secrets(resolved, wait_seconds=0.2)
        await secrets.fetch([f"cmd:{n}" for n in range(100)])
        return sum(one.name == "secret" for one in threading.enumerate())

    assert asyncio.run(crowd()) <= MOST_AT_ONCE
    never.set()


def test_a_channels_secret_is_fetched_before_it_sends() -> None:
    secrets, told = Secrets(lambda _: "value"), list[str]()

    async def sender(_channel: Channel, _notice: Notice, secret: Secret, _now: float) -> None:
        told.append(secret("vault:a#b"))

    asyncio.run(
        sending(sender, secrets)(
            Channel("hook", "webhook", "https://h", secret="vault:a#b"), Notice(1, "hook", "{}", 0.0, 1), secrets, 0.0
        )
    )
    assert told == ["value"]
