"""Time as the daemon sees it. Everything that waits or dates something takes a ``Clock``, so that tests can run days in
seconds and let the wall clock jump."""

import asyncio
import time


class Clock:
    """``now`` is the wall clock (POSIX seconds) and may jump; ``monotonic`` only goes forward. Seconds."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Until the event is set, at most so long; whether it is set. Cheaper than ``asyncio.wait_for``."""
        if event.is_set():
            return True
        woken = asyncio.get_running_loop().create_future()
        timer = asyncio.get_running_loop().call_later(max(0.0, seconds), _wake, woken)
        waiting = asyncio.ensure_future(event.wait())
        waiting.add_done_callback(lambda _: _wake(woken))
        try:
            await woken
        finally:
            timer.cancel()
            waiting.cancel()
        return event.is_set()


def _wake(woken: "asyncio.Future[None]") -> None:
    if not woken.done():
        woken.set_result(None)
