"""The outbox: what is to be told is in the record, with what it tells of. Tried again until it left or is given up."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from inventory.watch import Channel
from scanner.service.keeper import Write
from scanner.service.serve_channels import NotSent, Secret, Sender
from scanner.service.serve_clock import Clock
from scanner.store.series import Series
from scanner.store.watching.records import Notice

LEASE_SECONDS = 120.0
TRIES = 12  # the last two to three hours after the first
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3600.0
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Post:
    """Everything that sending needs. ``channels`` are those of the newest inventory."""

    series: Series
    write: Write
    channels: Callable[[], Mapping[str, Channel]]
    senders: Mapping[str, Sender]
    secret: Secret
    clock: Clock
    tell: Callable[[str], None]

    async def send_due(self) -> int:
        """Everything that is due, some at once; how many left."""
        if not await self.write(self.series.notices_waiting):
            return 0  # without a turn at writing
        due = await self.write(self.series.notices, self.clock.now(), LEASE_SECONDS)
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(notice: Notice) -> bool:
            async with turns:
                return await self._send(notice)

        return sum(await asyncio.gather(*map(one, due)))

    async def _send(self, notice: Notice) -> bool:
        try:
            await self._leave(notice)
        except NotSent as fault:
            again = None if fault.final or notice.attempts >= TRIES else self.clock.now() + pause(notice.attempts)
            await self.write(self.series.notice_failed, notice.id, str(fault), again)
            if notice.attempts == 1 or again is None:
                self.tell(f"notice {notice.id} {'is given up' if again is None else 'is tried again'}: {fault}")
            return False
        await self.write(self.series.notice_sent, notice.id, self.clock.now())
        return True

    def _leave(self, notice: Notice) -> Awaitable[None]:
        channel = self.channels().get(notice.channel)
        if channel is None:
            raise NotSent(f"channel {notice.channel} is no longer in the inventory", final=True)
        return self.senders[channel.kind](channel, notice, self.secret, self.clock.now())


def pause(attempts: int) -> float:
    """Seconds until the next try: doubled each time, an hour at most."""
    return min(FIRST_PAUSE * 2.0 ** (attempts - 1), LONGEST_PAUSE)
