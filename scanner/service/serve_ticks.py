"""The one job that APScheduler runs: look at the schedules every few seconds. All else is in our own tables.

APScheduler goes by the wall clock. After a jump back it would wait until the old time has come again, so ``wake`` makes
the tick due at once; the daemon calls it whenever the clock has jumped.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler

JOB = "tick"


class Ticks(Protocol):
    """Calls ``job`` every so many seconds, never twice at a time, until ``stop``."""

    def start(self, job: Callable[[], Awaitable[None]], seconds: float) -> None: ...
    def wake(self) -> None: ...
    def stop(self) -> None: ...


class SchedulerTicks:
    """In memory; misfires are never dropped, and several in a row are one."""

    def __init__(self) -> None:
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # what a tick has to say, the daemon says
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    def start(self, job: Callable[[], Awaitable[None]], seconds: float) -> None:
        """``job`` must not raise."""
        self._scheduler.add_job(
            job,
            "interval",
            seconds=seconds,
            id=JOB,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC),
        )
        self._scheduler.start()

    def wake(self) -> None:
        self._scheduler.modify_job(JOB, next_run_time=datetime.now(UTC))

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)
