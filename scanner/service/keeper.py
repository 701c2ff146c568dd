"""The keeper: visits that are ready at about the same time share one transaction, and one wait for the disk.

A visit counts as kept when its transaction is on the disk, and is reported as finished only then.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from scanner.engine import Looked
from scanner.store.records import HostResult, Saved, StoreError
from scanner.store.store import Store

Write = Callable[..., Any]  # runs a method of the store on the writing thread; awaitable

MOST = 16  # visits in one transaction: others may have to wait for their turn to write
LINGER_SECONDS = 0.1  # for more visits to be ready

Kept = asyncio.Future[Saved]


class Keeper:
    def __init__(self, write: Write, store: Store, scan_id: int, linger_seconds: float = LINGER_SECONDS) -> None:
        self._write, self._store, self._scan_id, self._linger_seconds = write, store, scan_id, linger_seconds
        self._ready: list[tuple[HostResult, Kept]] = []
        self._turn = asyncio.Lock()
        self._enough = asyncio.Event()

    async def keep(self, result: HostResult) -> Saved:
        """Returns when the visit is on the disk. Raises :class:`StoreError`."""
        kept: Kept = asyncio.get_running_loop().create_future()
        self._ready.append((result, kept))
        if len(self._ready) >= MOST:
            self._enough.set()
        async with self._turn:
            if not kept.done():  # nobody before took it along
                await self._linger()
                batch, self._ready = self._ready[:MOST], self._ready[MOST:]
                await self._write_batch(batch)
        return await kept

    async def _linger(self) -> None:
        if len(self._ready) < MOST and self._linger_seconds:
            self._enough.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._enough.wait(), self._linger_seconds)

    async def _write_batch(self, batch: Sequence[tuple[HostResult, Kept]]) -> None:
        """All at once; where that cannot be done one by one, so that a full disk loses as little as it can."""
        try:
            saved = await self._write(self._store.save_hosts, self._scan_id, [result for result, _ in batch])
        except StoreError as fault:
            if len(batch) > 1:
                for one in batch:
                    await self._write_batch([one])
            elif not batch[0][1].done():
                batch[0][1].set_exception(fault)
            return
        for (_, kept), one in zip(batch, saved, strict=True):
            if not kept.done():
                kept.set_result(one)


class Room:
    """Bounds what was collected and is not stored yet. One visit is always let in, however large it is."""

    def __init__(self, visits: int, size: int) -> None:
        self._visits, self._size = visits, size
        self._left = asyncio.Event()

    async def take(self, looked: Looked) -> None:
        """For one taker. Returns when there is room."""
        while self._visits <= 0 or self._size <= 0:
            self._left.clear()
            await self._left.wait()
        self._visits -= 1
        self._size -= _bytes(looked)

    def give_back(self, looked: Looked, _task: object) -> None:
        self._visits += 1
        self._size += _bytes(looked)
        self._left.set()


def _bytes(looked: Looked) -> int:
    return sum(len(answer.output) for given in looked.given.values() for answer in given)
