"""Where visits are worked on and snapshots read: in this process, or by a worker process beside it.

A worker may die of what a host sent. Then the visit it died of is tried once more in a new one, and after that counts
as not attempted with its evidence kept, or the snapshot as refused; nobody else's is lost.
"""

import asyncio
import contextlib
import itertools
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from inventory.facts.missing import Missing, Reason
from scanner.engine import Looked
from scanner.service.bench import Bench, Order, Worked
from scanner.service.intake.reading import Snapshot, SnapshotRefused, read
from scanner.service.members import Received
from scanner.service.wire import HEAD, Garbled, content_of, message, size_of, visit
from scanner.service.worker import READING, READY
from scanner.service.worker_process import BENCH, CODE, PIPE_BYTES, READER, SMALL, end, start

log = logging.getLogger(__name__)

START_SECONDS = 60.0  # to import, load the checks and say so
VISIT_SECONDS = 60.0  # for one visit; the worker ends a parser long before, unless that cannot be interrupted
MAX_DEATHS = 50  # in one scan
TRIES = 2  # of one visit: the first death may have had nothing to do with it


S = TypeVar("S", bound="_Shop")


class Maker(Protocol):
    async def work(self, looked: Looked) -> Worked: ...


class InProcess:
    """For small plans, and where no process can be started."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def work(self, looked: Looked) -> Worked:
        return self._bench.work(looked)


class Reader(Protocol):
    async def read(self, raw: bytes) -> Snapshot:
        """Raises :class:`SnapshotRefused`."""


class ReadsHere:
    """For few snapshots."""

    async def read(self, raw: bytes) -> Snapshot:
        return read(raw)


@contextlib.asynccontextmanager
async def maker_for(visits: int, bench: Bench, order: Order) -> AsyncIterator[Maker]:
    """What a plan of this size is worked on with."""
    if visits < SMALL or not sys.executable:
        yield InProcess(bench)
        return
    async with _running(Workshop(bench, order)) as shop:
        yield shop


@contextlib.asynccontextmanager
async def reader_for(snapshots: int) -> AsyncIterator[Reader]:
    """What so many snapshots are read with: a worker of its own, so that it goes on while others judge and write."""
    if snapshots < SMALL or not sys.executable:
        yield ReadsHere()
        return
    async with _running(ReadingRoom()) as room:
        yield room


@contextlib.asynccontextmanager
async def _running(shop: S) -> AsyncIterator[S]:
    running = asyncio.create_task(shop.run())
    try:
        yield shop
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


class _Piece(Protocol):
    """What the worker has not answered yet. An exception among the results is raised to who waits for it."""

    @property
    def label(self) -> str: ...

    def told(self) -> object:
        """For the worker."""

    def made(self, said: Any, received: Received) -> object:  # noqa: ANN401 (whatever the worker said)
        """The result, of what the worker said."""

    def here(self) -> object:
        """The result, made in this process."""

    def lost(self, why: str) -> object:
        """The result of what nobody can make."""


@dataclass(frozen=True, slots=True)
class _Visit:
    looked: Looked
    bench: Bench

    @property
    def label(self) -> str:
        return f"the visit of {self.looked.asset.name}"

    def told(self) -> object:
        return visit(self.looked)

    def made(self, said: Any, received: Received) -> Worked:  # noqa: ANN401 (a Parcel)
        return received.worked(said)

    def here(self) -> Worked:
        return self.bench.work(self.looked)

    def lost(self, why: str) -> Worked:
        return self.bench.unread(self.looked, Missing(Reason.NOT_ATTEMPTED, why))


@dataclass(frozen=True, slots=True)
class _Document:
    raw: bytes
    label: str = "a snapshot"

    def told(self) -> object:
        return self.raw

    def made(self, said: Any, _: Received) -> object:  # noqa: ANN401 (a Snapshot, or SnapshotRefused)
        return said

    def here(self) -> object:
        try:
            return read(self.raw)
        except SnapshotRefused as fault:
            return fault

    def lost(self, why: str) -> SnapshotRefused:
        return SnapshotRefused(f"it could not be read: {why}")


@dataclass(slots=True)
class _Waiting:
    piece: _Piece
    result: "asyncio.Future[Any]"
    sent: bool = False
    deaths: int = 0


class _Shop:
    """One worker at a time. A new one gets every piece that the last one left."""

    def __init__(self, order: Order | str, sort: str) -> None:
        self._order, self._sort = order, sort
        self._pieces: dict[int, _Waiting] = {}  # in the order they came
        self._numbers = itertools.count()
        self._unsent: asyncio.Queue[int] = asyncio.Queue()
        self._deaths = 0
        self._alone = False  # no worker can be started: it is done here
        self._closed = ""  # why there will be no further worker, and nothing is read any more
        self._alarm: asyncio.TimerHandle | None = None

    async def _do(self, asked: _Piece) -> Any:  # noqa: ANN401 (the piece's result)
        piece = _Waiting(asked, asyncio.get_running_loop().create_future())
        if self._closed or self._alone:
            self._settle(piece)
        else:
            number = next(self._numbers)
            self._pieces[number] = piece
            self._unsent.put_nowait(number)
        return await piece.result

    async def run(self) -> None:
        """Worker after worker, until this is cancelled or there are to be no more."""
        try:
            while not (self._closed or self._alone):
                await self._employ()
            for piece in self._pieces.values():
                self._settle(piece)
        finally:
            for piece in self._pieces.values():
                piece.result.cancel()  # nobody is left to answer
            self._pieces.clear()

    async def _employ(self) -> None:
        """One worker until its end."""
        self._unsent = asyncio.Queue()
        for number, piece in self._pieces.items():
            piece.sent = False
            self._unsent.put_nowait(number)
        try:
            async with _worker(self._sort) as (process, inlet, outlet):
                outlet.write(message(self._order))
                said = await asyncio.wait_for(_next(inlet), START_SECONDS)
                if said != READY:
                    self._do_without(said or "it ended")
                    return
                sending = asyncio.create_task(self._send(outlet, process))
                try:
                    await self._receive(inlet, process)
                finally:
                    self._rest()
                    sending.cancel()
                    await asyncio.gather(sending, return_exceptions=True)
            self._bury("the worker ended")
        except (OSError, TimeoutError) as fault:
            self._do_without(type(fault).__name__)

    def _do_without(self, why: str) -> None:
        log.warning("the worker did not start (%s): answers are read in the scanner's own process", why)
        self._alone = True

    async def _send(self, outlet: "_Outlet", process: "subprocess.Popen[bytes]") -> None:
        while True:
            number = await self._unsent.get()
            piece = self._pieces[number]
            piece.sent = True
            if self._alarm is None:
                self._watch(process)
            outlet.write(message((number, piece.piece.told())))
            await outlet.free.wait()

    async def _receive(self, inlet: asyncio.StreamReader, process: "subprocess.Popen[bytes]") -> None:
        received = Received()
        while (said := await _next(inlet)) is not None:
            number, made = said
            piece = self._pieces.pop(number)
            self._rest()
            if any(other.sent for other in itertools.islice(self._pieces.values(), 1)):
                self._watch(process)
            if isinstance(made, str):
                log.error("working on %s: %s", piece.piece.label, made)
                _give(piece, piece.piece.lost(f"the scanner itself failed here: {made}"))
            else:
                _give(piece, piece.piece.made(made, received))

    def _watch(self, process: "subprocess.Popen[bytes]") -> None:
        """From now on the first piece has its time; a worker that uses it up is ended."""
        self._alarm = asyncio.get_running_loop().call_later(VISIT_SECONDS, process.kill)

    def _rest(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _bury(self, why: str) -> None:
        self._deaths += 1
        log.warning("%s while it read what hosts had sent (%s of at most %s times)", why, self._deaths, MAX_DEATHS)
        if self._deaths >= MAX_DEATHS:
            self._closed = f"the process that reads answers ended {self._deaths} times in this scan"
        self._blame()

    def _blame(self) -> None:
        """The worker takes one visit after the other: it died of the first that is unanswered, if of any."""
        number, piece = next(iter(self._pieces.items()), (0, None))
        if piece is None or not piece.sent:
            return
        piece.deaths += 1
        if piece.deaths >= TRIES:
            del self._pieces[number]
            _give(piece, piece.piece.lost(f"the process that reads answers died {TRIES} times of what this host sent"))

    def _settle(self, piece: _Waiting) -> None:
        """There is to be no worker any more: here, unless workers died of it or too many did."""
        if self._closed or piece.deaths:
            why = self._closed or "the process that reads answers died of what this host sent"
            _give(piece, piece.piece.lost(why))
        else:
            _give(piece, piece.piece.here())


class Workshop(_Shop):
    """Its worker has a bench like this one."""

    def __init__(self, bench: Bench, order: Order) -> None:
        super().__init__(order, BENCH)
        self._bench = bench

    async def work(self, looked: Looked) -> Worked:
        worked: Worked = await self._do(_Visit(looked, self._bench))
        return worked


class ReadingRoom(_Shop):
    """Its worker reads snapshots."""

    def __init__(self) -> None:
        super().__init__(READING, READER)

    async def read(self, raw: bytes) -> Snapshot:
        """Raises :class:`SnapshotRefused`."""
        snapshot: Snapshot = await self._do(_Document(raw))
        return snapshot


def _give(piece: _Waiting, made: object) -> None:
    if piece.result.done():
        return
    if isinstance(made, Exception):
        piece.result.set_exception(made)
    else:
        piece.result.set_result(made)


class _Outlet(asyncio.Protocol):
    """The writing end. ``free`` is set while more may be written without it piling up here."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.free.set()
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def pause_writing(self) -> None:
        self.free.clear()

    def resume_writing(self) -> None:
        self.free.set()

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():  # a worker that is gone is seen at the other pipe
            self._transport.write(data)

    def close(self) -> None:
        if not self._transport.is_closing():
            self._transport.abort()


@contextlib.asynccontextmanager
async def _worker(sort: str) -> "AsyncIterator[tuple[subprocess.Popen[bytes], asyncio.StreamReader, _Outlet]]":
    """It is ended and waited for in the end."""
    loop = asyncio.get_running_loop()
    started = start(CODE, sort)
    process = started.process
    try:
        inlet = asyncio.StreamReader(limit=PIPE_BYTES)
        reading, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(inlet), os.fdopen(started.inlet, "rb")
        )
        _, outlet = await loop.connect_write_pipe(_Outlet, os.fdopen(started.outlet, "wb"))
        try:
            yield process, inlet, outlet
        finally:
            outlet.close()
            reading.close()
    finally:
        await asyncio.shield(asyncio.to_thread(end, process))


async def _next(inlet: asyncio.StreamReader) -> Any:  # noqa: ANN401 (whatever the worker said)
    """What the worker says next; None when it is gone."""
    try:
        head = await inlet.readexactly(HEAD.size)
        return content_of(await inlet.readexactly(size_of(head)))
    except (asyncio.IncompleteReadError, ConnectionError, Garbled):
        return None
