"""What the daemon is given, how it works, and how it is."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from inventory.estate import Estate
from scanner.service.keeper import Write
from scanner.service.serve_channels import SENDERS, Secret, Sender
from scanner.service.serve_clock import Clock
from scanner.service.serve_probing import Lag, Look
from scanner.service.serve_runs import Runner
from scanner.service.serve_ticks import Ticks
from scanner.service.vantages import VantagePoints
from scanner.store.series import Series
from scanner.store.watching.records import SealSigner


@dataclass(frozen=True, slots=True)
class Manner:
    """How it works. Seconds."""

    probes_at_once: int = 400
    flush_seconds: float = 5.0
    tick_seconds: float = 5.0
    lease_seconds: float = 60.0
    round_seconds: float = 1.0
    pulse_seconds: float = 0.5  # between two looks for words to the daemon, and at the clock
    post_seconds: float = 2.0
    standby_seconds: float = 5.0
    for_seconds: float | None = None  # it ends by itself


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything that it works with. ``who`` names this process and no other; ``dead`` says whether another is gone."""

    series: Series
    read_inventory: Callable[[], Estate]  # raises InventoryError
    look: Look
    runner: Runner
    ticks: Ticks
    secret: Secret
    tell: Callable[[str], None]
    who: str
    tool_version: str
    dead: Callable[[str], bool] = lambda _: False
    signer: SealSigner | None = None  # None: hours are not sealed
    clock: Clock = field(default_factory=Clock)
    senders: Mapping[str, Sender] = field(default_factory=lambda: SENDERS)
    aside: Write = asyncio.to_thread  # runs what takes long
    vantages: VantagePoints | None = None
    metrics: "Callable[[Health], Coroutine[Any, Any, None]] | None" = None
    intake: "Callable[[], Coroutine[Any, Any, None]] | None" = None  # of snapshots
    kinds: frozenset[str] | None = None  # that can be looked at; None: all


@dataclass(slots=True)
class Health:
    """For whoever asks how it is. Counts since the start; seconds."""

    probing: bool = False
    watches: int = 0
    samples: int = 0
    flushes: int = 0
    failed_flushes: int = 0
    lag: Lag = field(default_factory=Lag)
    vantages: VantagePoints | None = None  # how they are


@contextlib.asynccontextmanager
async def writing_thread() -> AsyncIterator[Write]:
    """One thread writes; the event loop never waits for the disk."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="store") as thread:
        loop = asyncio.get_running_loop()
        yield lambda call, *given: loop.run_in_executor(thread, call, *given)
