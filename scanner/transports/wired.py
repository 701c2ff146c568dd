"""Blocking work over a wire, in a thread that its task can always leave."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

from inventory.facts.missing import Missing, Reason
from scanner.transports.ssh_wire import Fault, Wire

T = TypeVar("T")
STUCK_AFTER = 1.0  # seconds past the deadline after which a thread that does not end is left to itself


async def in_thread(executor: Executor, wire: Wire, work: Callable[[], T]) -> T:
    """The wire is cut when this task is cancelled or the thread does not end in time. Raises :class:`Fault`."""
    job = executor.submit(work)
    waiting = asyncio.wrap_future(job)
    waiting.add_done_callback(_looked_at)
    try:
        await asyncio.wait({waiting}, timeout=wire.deadline.left() + STUCK_AFTER)
    except asyncio.CancelledError:
        wire.cut(Missing(Reason.NOT_ATTEMPTED, "the scan was stopped"))
        if not job.cancel():
            await asyncio.wait({waiting}, timeout=STUCK_AFTER)
        raise
    if waiting.done():
        return waiting.result()
    never_began = job.cancel()
    why = Missing(Reason.TIMED_OUT, "the visit's time was up and its thread did not end")
    if never_began:
        why = Missing(Reason.NOT_ATTEMPTED, "the visit's time was up before its turn came")
    wire.cut(why)
    waiting.cancel()
    raise Fault(why.reason, why.detail)


def _looked_at(waiting: "asyncio.Future[Any]") -> None:
    """So that asyncio does not report the fault of a visit nobody waits for any more."""
    if not waiting.cancelled():
        waiting.exception()
