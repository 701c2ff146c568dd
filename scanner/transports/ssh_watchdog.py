"""One thread that acts when a time is up, for every visit of the process.

paramiko's timeouts are per read: a peer that sends a byte a second never meets one. So each stage of a visit
leaves a note here, and the watchdog shuts the visit's socket when the note's time comes.
"""

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Watchdog:
    """Runs callables at monotonic times. They must be quick and must not raise."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[tuple[float, int]] = []
        self._acts: dict[int, Callable[[], None]] = {}
        self._tickets = itertools.count()
        self._thread: threading.Thread | None = None
        self._closed = False

    def at(self, when: float, act: Callable[[], None]) -> int:
        """``act`` will run at ``when`` (time.monotonic), unless its ticket is handed to :meth:`off` before."""
        with self._changed:
            ticket = next(self._tickets)
            self._acts[ticket] = act
            heapq.heappush(self._due, (when, ticket))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ssh-watchdog", daemon=True)
                self._thread.start()
            elif self._due[0][1] == ticket:  # earlier than what is being waited for
                self._changed.notify()
            return ticket

    def off(self, ticket: int) -> None:
        with self._changed:
            self._acts.pop(ticket, None)

    def close(self) -> None:
        """Ends the thread; what was still to come does not happen."""
        with self._changed:
            self._closed = True
            self._acts.clear()
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join(5)

    def _run(self) -> None:
        while True:
            with self._changed:
                acts = self._take_due()
                if self._closed:
                    return
                if not acts:
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
            for act in acts:
                act()

    def _take_due(self) -> list[Callable[[], None]]:
        now = time.monotonic()
        acts: list[Callable[[], None]] = []
        while self._due and (self._due[0][0] <= now or self._due[0][1] not in self._acts):
            act = self._acts.pop(heapq.heappop(self._due)[1], None)
            if act is not None:
                acts.append(act)
        return acts
