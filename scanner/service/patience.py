"""A limit on what reading and judging one host may cost, so that hostile output cannot hold up a scan.

It counts CPU time (setitimer(2), ITIMER_PROF), so a busy machine makes no difference. Signals reach the main thread
of a process only: elsewhere there is no limit.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType

HOST_SECONDS = 5.0  # of CPU, for everything one host sent; ordinary ones take hundredths
STEP_SECONDS = 0.1  # for each parser or check after that


class TookTooLong(Exception):
    """A parser or a check used up what one host may cost."""


class Patience:
    """Held around each step: a step that comes to the limit is ended by :class:`TookTooLong`, and the next begins."""

    def __init__(self, host_seconds: float = HOST_SECONDS, step_seconds: float = STEP_SECONDS) -> None:
        self._limits = host_seconds, step_seconds
        self._held = False

    def __enter__(self) -> None:
        self._held = True

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._held = False

    @contextlib.contextmanager
    def for_host(self) -> Iterator[None]:
        """The steps of one host lie within."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGPROF, self._over)
        signal.setitimer(signal.ITIMER_PROF, *self._limits)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)

    def _over(self, _signal: int, _frame: FrameType | None) -> None:
        if self._held:  # between two steps there is nothing to end: it comes again with the next
            self._held = False
            raise TookTooLong
