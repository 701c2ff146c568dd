"""``estatecheck vantage run``: probes by its list, keeps what it saw, and answers the scanner."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from checks.rounds import CLOCK_LIMIT
from inventory.facts.availability import Sample, State
from inventory.watch import Watch
from scanner.service.serve_clock import Clock
from scanner.service.serve_probing import Lag, Probed, Probing
from scanner.service.vantage import web
from scanner.service.vantage.desk import Desk
from scanner.service.vantage.folder import Folder
from scanner.service.vantage.limits import Limits
from scanner.service.vantage.lists import Lists
from scanner.service.vantage.spool import Spool
from scanner.service.vantage.web import Doors

BATCH_SECONDS = 3.0  # while the scanner asks
ALONE_SECONDS = 60.0  # while it does not
MOST_BACK = 60.0  # a sample is no older than this when it is kept
MANY = 500  # samples that are not kept waiting
Look = Callable[[Watch], Awaitable[Sample]]


@dataclass
class Site:
    """``run`` until ``stop`` is set, or the time is over."""

    folder: Folder
    limits: Limits
    kinds: frozenset[str]
    look: Look
    tell: Callable[[str], None]
    clock: Clock = field(default_factory=Clock)
    batch_seconds: float = BATCH_SECONDS
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0  # it listens there
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _samples: list[Sample] = field(default_factory=list)
    _states: dict[str, State] = field(default_factory=dict)
    _failed: dict[str, int] = field(default_factory=dict)

    async def run(self, doors: Doors, seconds: float | None = None) -> None:
        """Raises SigningError, BadSeal, BadTls and OSError before it answers anybody."""
        signer, scanner = self.folder.signer(), self.folder.scanner()
        tls = web.context(doors.certificate, doors.key)
        size = self.limits.spool_mebibytes << 20
        spool = Spool(self.folder.spool, signer, size, self.limits.spool_days, self.clock.now())
        lists = Lists(self.folder.list, scanner, self.limits, signer.key_id, self.kinds, self.clock.now)
        why = lists.load()
        if why:
            self.tell(f"the list of the last time cannot be used: {why}")
        shown = fingerprint(doors.certificate)
        desk = Desk(lists, spool, signer, scanner, shown, self.clock.now, self._changed.set, self.tell)
        server = await web.Web(desk.answer).start(doors.host, doors.port, tls)
        self.port = int(server.sockets[0].getsockname()[1])
        self.tell(f"listening on {doors.host}:{self.port}")
        try:
            await self._work(lists, spool, desk, seconds)
        finally:
            server.close()
            self._keep(spool)

    async def _work(self, lists: Lists, spool: Spool, desk: Desk, seconds: float | None) -> None:
        loops = [asyncio.ensure_future(one) for one in (self._probe(lists, spool), self._batches(spool, desk))]
        waits = self.stop.wait() if seconds is None else self.clock.wait(self.stop, seconds)
        ending = asyncio.ensure_future(waits)
        try:
            await asyncio.wait((*loops, ending), return_when=asyncio.FIRST_COMPLETED)
            for loop in loops:
                if loop.done():
                    loop.result()
        finally:
            for task in (*loops, ending):
                task.cancel()
            await asyncio.gather(*loops, ending, return_exceptions=True)

    async def _probe(self, lists: Lists, spool: Spool) -> None:
        """By this list until there is another one, or its time is over; without one nobody looks, and that is said."""
        while True:
            self._changed.clear()
            if lists.valid():
                await self._by(lists)
            else:
                began, why = self.clock.now(), "its list had expired" if lists.current else "it had no list"
                if lists.current:
                    self.tell("the list has expired: nothing is probed until the scanner sends a new one")
                await self._changed.wait()
                spool.gap(began, self.clock.now(), why)

    async def _by(self, lists: Lists) -> None:
        assert lists.current is not None  # noqa: S101 (for the type checker: valid() said so)
        watches = {watch.name: watch for watch in lists.current.watches}
        probed = Probed(watches, frozenset(), lambda _: {}, self.limits.probes_at_once)
        probing = Probing(probed, self.look, lambda sample: self._take(sample, watches, probing), self.clock, Lag())
        running = asyncio.ensure_future(probing.run())
        try:
            while lists.valid() and not self._changed.is_set():
                await self.clock.wait(self._changed, min(1.0, lists.current.until - self.clock.now()))
                if running.done():
                    running.result()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def _take(self, sample: Sample, watches: Mapping[str, Watch], probing: Probing) -> None:
        """A failure is looked at again within the time that confirms it. Evidence is kept of changes of state."""
        same = self._states.get(sample.watch) is sample.state
        self._states[sample.watch] = sample.state
        self._samples.append(replace(sample, evidence=b"", notes={}) if same else sample)
        confirm = watches[sample.watch].confirm
        failed = self._failed.get(sample.watch, 0) + 1 if sample.state is State.DOWN else 0
        self._failed[sample.watch] = failed
        if 0 < failed <= confirm.probes:
            probing.again(sample.watch, sample.at + confirm.within_seconds / max(1, confirm.probes))

    async def _batches(self, spool: Spool, desk: Desk) -> None:
        offset = self.clock.now() - self.clock.monotonic()
        while True:
            await self.clock.sleep(self.batch_seconds)
            before, offset = offset, self.clock.now() - self.clock.monotonic()
            if abs(offset - before) > CLOCK_LIMIT:
                self._jumped(spool, offset - before)
            now = self.clock.now()
            alone = now - desk.asked > 2 * ALONE_SECONDS
            if not alone or len(self._samples) >= MANY or now - spool.end >= ALONE_SECONDS:
                self._keep(spool)

    def _jumped(self, spool: Spool, by: float) -> None:
        """What was seen since the last batch has no trustworthy time."""
        why = f"its clock jumped by {by:+.1f} s"
        self.tell(why)
        self._samples = []
        spool.gap(spool.end, self.clock.now(), why)

    def _keep(self, spool: Spool) -> None:
        """A full disk loses a batch; the next one says so."""
        samples, self._samples = self._samples, []
        start = spool.end
        if self.clock.now() < start - MOST_BACK:
            spool.gap(start, start, "its clock is behind what it has recorded already")
            samples = []
        try:
            spool.append(samples, self.clock.now())
        except OSError as fault:
            why = f"what was seen could not be kept: {fault.strerror}"
            self.tell(why)
            spool.gap(start, self.clock.now(), why)


def fingerprint(certificate: Path) -> str:
    """sha256 of the first certificate of a PEM file."""
    with contextlib.suppress(ValueError):
        return x509.load_pem_x509_certificate(certificate.read_bytes()).fingerprint(hashes.SHA256()).hex()
    raise web.BadTls(f"{certificate} holds no certificate in PEM")
