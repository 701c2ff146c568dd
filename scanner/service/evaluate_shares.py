"""Evaluate with every core: a large record is judged in shares, each by a process of its own that reads it itself."""

import gc
import os
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context

from scanner.service.bench import Order, tools_of
from scanner.service.evaluate import Evaluated, Rules, evaluate, matching
from scanner.store.records import StoreError
from scanner.store.store import Store, open_store
from scanner.store.visits import Share

LARGE = 500  # visits; below it a second process costs more than it saves
MOST = 8  # processes


@dataclass(frozen=True, slots=True)
class Task:
    """What a process needs to judge its share."""

    url: str
    order: Order
    catalogue_digest: str  # "" judges every check of every visit
    now: datetime
    limit: tuple[str, ...]
    share: Share


def evaluated(store: Store, rules: Rules, order: Order, limit: Sequence[str]) -> Evaluated:
    """Raises :class:`StoreError`, :class:`BenchError`."""
    processes = min(os.cpu_count() or 1, MOST)
    if processes == 1 or store.visited() < LARGE:
        return _all_of(store, rules, limit, Share())
    shares = [Share(number, processes) for number in range(processes)]
    tasks = [Task(store.url, order, rules.catalogue_digest, rules.now, tuple(limit), share) for share in shares]
    total = Evaluated()
    try:
        with ProcessPoolExecutor(processes, get_context("spawn"), _end_quietly) as pool:
            for part in pool.map(judge_share, tasks):
                total.merge(part)
    except BrokenProcessPool as fault:
        raise StoreError("a process that judged stored evidence ended before its time; try again") from fault
    return total


def judge_share(task: Task) -> Evaluated:
    """In a process of its own. Raises :class:`StoreError`, :class:`BenchError`."""
    checks, support, advisories = tools_of(task.order)
    rules = Rules(checks, task.catalogue_digest, support, advisories, task.now)
    gc.freeze()
    gc.set_threshold(100_000, 50, 1_000)  # many objects that stay, hardly a cycle: looking for cycles costs a third
    with open_store(task.url) as store:
        return _all_of(store, rules, task.limit, task.share)


def _all_of(store: Store, rules: Rules, limit: Sequence[str], share: Share) -> Evaluated:
    total = Evaluated()
    for judged in evaluate(store, rules, matching(limit), share=share):
        total.add(judged)
    return total


def _end_quietly() -> None:
    """Ctrl-C is told once, by the process that a person started."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
