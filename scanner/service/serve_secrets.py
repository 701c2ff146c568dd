"""Secrets that the daemon needs again and again: a vault or a command is not asked for every probe, and nobody else
waits for its answer.

``fetch`` asks in a thread; whoever needs the secret waits for it, at most ``WAIT_SECONDS``. Calling ``Secrets`` itself
never waits for anything but a variable or a small file.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from inventory.facts.availability import Sample
from inventory.watch import Channel, Http, Transaction, Watch
from scanner.query import SecretUnavailable
from scanner.secrets.references import resolve
from scanner.service.serve_channels import Secret, Sender
from scanner.store.watching.records import Notice
from scanner.transports.endpoints.sampling import REFERENCES

KEPT_SECONDS = 300.0
KEPT_MISSING_SECONDS = 30.0
WAIT_SECONDS = 12.0  # a command has ten
MOST_AT_ONCE = 16  # threads; one that hangs keeps its place
AT_ONCE = ("env:", "file:")  # these need no waiting

Look = Callable[[Watch], Awaitable[Sample]]
_Known = tuple[float, str | SecretUnavailable]  # until when, and what it is


@dataclass
class Secrets:
    """Called with a reference. A changed secret is noticed within five minutes, a missing one within half a minute."""

    resolve: Callable[[str], str] = resolve
    clock: Callable[[], float] = time.monotonic
    wait_seconds: float = WAIT_SECONDS
    _known: dict[str, _Known] = field(default_factory=dict, repr=False)
    _asked: dict[str, "asyncio.Future[None]"] = field(default_factory=dict, repr=False)

    def __call__(self, reference: str) -> str:
        """Raises SecretUnavailable, also for a vault's that was never fetched."""
        if reference.startswith(AT_ONCE) and not self._fresh(reference):
            self._known[reference] = self._told(reference)
        known = self._known.get(reference, (0.0, None))[1]
        if known is None:
            raise SecretUnavailable(f"{_scheme(reference)}: it has not been given yet")
        if isinstance(known, SecretUnavailable):
            raise SecretUnavailable(str(known))
        return known

    async def fetch(self, references: Iterable[str]) -> None:
        """So that they are at hand, as far as they can be had in time. Never raises but for cancellation."""
        asked = [self._question(one) for one in references if not one.startswith(AT_ONCE) and not self._fresh(one)]
        if asked:
            await asyncio.wait(asked, timeout=self.wait_seconds)

    def _fresh(self, reference: str) -> bool:
        return self._known.get(reference, (0.0, ""))[0] > self.clock()

    def _question(self, reference: str) -> "asyncio.Future[None]":
        """One at a time for each, however many wait. A thread that hangs ends with the process, not before it."""
        found = self._asked.get(reference)
        if found is None:
            found = asyncio.get_running_loop().create_future()
            if len(self._asked) >= MOST_AT_ONCE:
                found.set_result(None)  # not at hand now; asked again at the next look
                return found
            self._asked[reference] = found
            asking = threading.Thread(
                target=self._in_thread, args=(reference, asyncio.get_running_loop(), found), daemon=True, name="secret"
            )
            asking.start()
        return found

    def _in_thread(self, reference: str, loop: asyncio.AbstractEventLoop, waiting: "asyncio.Future[None]") -> None:
        why = SecretUnavailable(f"{_scheme(reference)}: it could not be asked for")
        told: _Known = (self.clock() + KEPT_MISSING_SECONDS, why)
        try:
            told = self._told(reference)
        finally:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._arrived, reference, told, waiting)

    def _arrived(self, reference: str, told: _Known, waiting: "asyncio.Future[None]") -> None:
        self._known[reference] = told
        self._asked.pop(reference, None)
        if not waiting.done():
            waiting.set_result(None)

    def _told(self, reference: str) -> _Known:
        try:
            return self.clock() + KEPT_SECONDS, self.resolve(reference)
        except SecretUnavailable as fault:
            return self.clock() + KEPT_MISSING_SECONDS, fault


def _scheme(reference: str) -> str:
    return f"a secret ({reference.partition(':')[0]}:...)"


def looking(look: Look, secrets: Secrets) -> Look:
    """The look, with what it needs to log in fetched before its time begins."""

    async def with_secrets(watch: Watch, references: tuple[str, ...]) -> Sample:
        await secrets.fetch(references)
        return await look(watch)

    def looked(watch: Watch) -> Awaitable[Sample]:
        references = references_of(watch)
        return with_secrets(watch, references) if references else look(watch)

    return looked


def sending(sender: Sender, secrets: Secrets) -> Sender:
    """The sender, with its channel's secret fetched before it begins."""

    async def sent(channel: Channel, notice: Notice, secret: Secret, now: float) -> None:
        await secrets.fetch((channel.secret,) if channel.secret else ())
        await sender(channel, notice, secret, now)

    return sent


def references_of(watch: Watch) -> tuple[str, ...]:
    """The secrets that a look at it may need."""
    given: Iterable[str] = ()
    if isinstance(watch.ask, Http):
        given = (value for _, value in watch.ask.headers)
    elif isinstance(watch.ask, Transaction):
        given = (value for step in watch.ask.steps for _, value in step.form)
    return tuple(dict.fromkeys(value for value in given if value.startswith(REFERENCES)))
