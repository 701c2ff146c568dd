"""The worker's end: a process that makes one bench and works through visits, or reads snapshots, until its input ends.

It has no secret, no network and no record, and a limit on its memory: what a host sent can cost this process, not the
scan. Its input ends when the scanner does, however that came about, and then it ends too.
"""

import contextlib
import gc
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO

from checks.catalogue import CatalogueError, catalogue
from scanner.service.bench import BenchError, Order, bench_of
from scanner.service.intake.reading import Snapshot, SnapshotRefused, read
from scanner.service.members import Sent
from scanner.service.wire import content_of, looked_of, message, receive
from scanner.service.worker_process import BENCH

READY = "ready"
READING = "snapshots"  # in place of an order: no bench is needed
GONE_SECONDS = 1.0  # between two looks whether the scanner is still there
Work = Callable[[Any], object]
MEMORY_BYTES = 1 << 30  # address space: hostile output ends in MemoryError here, long before the machine is full


def main() -> None:
    """Standard input: an order, then visits (READING, then snapshots as they came).

    Standard output: READY or a sentence, then what was made of each.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the scanner, which ends our input
    pipe_in, pipe_out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not get between the messages
    _bounded()
    threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()
    if BENCH in sys.argv[1:]:
        _load_checks()
    try:
        _serve(pipe_in, pipe_out)
    except BrokenPipeError:
        os._exit(0)  # the scanner is gone; there is nobody to tell


def _load_checks() -> None:
    """They are needed whatever the order will be, and it may come later."""
    with contextlib.suppress(CatalogueError):  # which is told when they were ordered
        catalogue()


def _serve(pipe_in: BinaryIO, pipe_out: BinaryIO) -> None:
    order = receive(pipe_in)
    if order is None:
        return
    try:
        work = _work_of(content_of(order))
    except BenchError as fault:
        _send(pipe_out, str(fault))
        return
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # many short-lived objects, few cycles
    _send(pipe_out, READY)
    while (body := receive(pipe_in)) is not None:
        number, told = content_of(body)
        _send(pipe_out, (number, _worked(work, told)))


def _work_of(order: Order | str) -> Work:
    """Raises :class:`BenchError`."""
    if isinstance(order, str):
        return _read
    bench, sent = bench_of(order), Sent()
    return lambda told: sent.parcel(bench.work(looked_of(told)))


def _read(raw: bytes) -> Snapshot | SnapshotRefused:
    try:
        return read(raw)
    except SnapshotRefused as fault:
        return fault


def _worked(work: Work, told: Any) -> object:  # noqa: ANN401 (what the scanner sent)
    """What was made of it, or the name of the fault that is ours."""
    try:
        return work(told)
    except Exception as fault:  # noqa: BLE001 (the one task boundary of this process: a fault costs one host)
        return type(fault).__name__


def _send(pipe: BinaryIO, content: object) -> None:
    pipe.write(message(content))
    pipe.flush()


def _leave_with(scanner: int) -> None:
    """End when the scanner is gone, also in the middle of a visit."""
    while os.getppid() == scanner:
        time.sleep(GONE_SECONDS)
    os._exit(0)


def _bounded() -> None:
    for limit, most in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(limit)
        if hard == resource.RLIM_INFINITY or hard > most:
            resource.setrlimit(limit, (most, most))
