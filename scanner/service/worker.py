"""The worker's end: a process that makes one bench and works through visits until its input ends.

It has no secret, no network and no record, and a limit on its memory: what a host sent can cost this process, not the
scan. Its input ends when the scanner does, however that came about, and then it ends too.
"""

import gc
import os
import resource
import signal
import threading
import time
from typing import BinaryIO

from scanner.service.bench import Bench, BenchError, bench_of
from scanner.service.members import Sent
from scanner.service.wire import content_of, looked_of, message, receive

READY = "ready"
GONE_SECONDS = 1.0  # between two looks whether the scanner is still there
MEMORY_BYTES = 1 << 30  # address space: hostile output ends in MemoryError here, long before the machine is full


def main() -> None:
    """Standard input: an order, then visits. Standard output: READY or a sentence, then what was made of each."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the scanner, which ends our input
    pipe_in, pipe_out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not get between the messages
    _bounded()
    threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()
    try:
        _serve(pipe_in, pipe_out)
    except BrokenPipeError:
        os._exit(0)  # the scanner is gone; there is nobody to tell


def _serve(pipe_in: BinaryIO, pipe_out: BinaryIO) -> None:
    order = receive(pipe_in)
    if order is None:
        return
    try:
        bench = bench_of(content_of(order))
    except BenchError as fault:
        _send(pipe_out, str(fault))
        return
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # many short-lived objects, few cycles
    _send(pipe_out, READY)
    sent = Sent()
    while (body := receive(pipe_in)) is not None:
        number, told = content_of(body)
        _send(pipe_out, (number, _worked(bench, sent, told)))


def _worked(bench: Bench, sent: Sent, told: tuple[object, ...]) -> object:
    """What was made of one visit, or the name of the fault that is ours."""
    try:
        return sent.parcel(bench.work(looked_of(told)))
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
