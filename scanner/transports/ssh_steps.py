"""A session in one thread: paramiko's loop reads packets, and before each of them the visit goes on as far as it can.

paramiko gives a session a thread of its own, so that every answer of the host costs two changes of thread; with many
sessions those cost more than the work itself. Here its loop runs in the thread of the visit, and what the visit does
is a generator that yields what it waits for: a callable that says whether it has happened.
"""

import socket
import threading
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from paramiko.message import Message

from scanner.transports.ssh_bounds import BoundedPacketizer, BoundedTransport
from scanner.transports.ssh_wire import Fault, Wire

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

T = TypeVar("T")
Steps = Generator[Callable[[], bool], None, T]


class SteppedPacketizer(BoundedPacketizer):
    """Sends in one go what is said before the host has to answer."""

    go_on: Callable[[], None]

    def __init__(self, wire: socket.socket) -> None:
        super().__init__(wire)
        self._unsent: list[bytes] = []

    def read_message(self) -> tuple[int, Message]:
        self.go_on()
        return super().read_message()

    def write_all(self, out: "Buffer") -> None:
        self._unsent.append(bytes(out))

    def _fill(self, least: int) -> None:
        if self._unsent:
            unsent, self._unsent = self._unsent, []
            super().write_all(b"".join(unsent))
        super()._fill(least)


class SteppedTransport(BoundedTransport):
    """A session that is used once: it ends with its steps."""

    packetizer_class = SteppedPacketizer

    def __init__(self, wire: Wire, key_types: Sequence[str], window: int) -> None:
        super().__init__(wire, key_types, window)
        self.channel_events = _Unwaited()
        self.clear_to_send_timeout = 0.0  # what has to wait for new keys would wait for this very thread
        cast("SteppedPacketizer", self.packetizer).go_on = self._go_on
        self._steps: Steps[None]
        self._awaited: Callable[[], bool]
        self._fault: Fault | None = None

    def carry_out(self, steps: Steps[T]) -> T:
        """The session from its banner to its end, in this thread. Raises what the steps raise.

        When the session ends before the steps do, they go on without waiting, find it dead and say what that means.
        """
        result: list[T] = []
        self._steps = self._kept(steps, result)
        self._awaited = next(self._steps)
        self.active = True  # as start_client() has it
        self.run()
        for _ in self._steps:
            pass
        if result:
            self.saved_exception = None  # its traceback holds this thread's frames, and by them the whole visit
            return result[0]
        raise self._fault or self.saved_exception or EOFError

    def ask(self, request: Message) -> None:
        """Send a message of the connection protocol (RFC 4254) and do not wait for the answer."""
        self._send_user_message(request)  # type: ignore[attr-defined]

    def _kept(self, steps: Steps[T], result: list[T]) -> Steps[None]:
        try:
            result.append((yield from steps))
        except Fault as fault:
            self._fault = fault

    def _go_on(self) -> None:
        """Not while keys are exchanged: what is sent then waits for packets that this very thread has to read."""
        while self.clear_to_send.is_set() and self._awaited():
            try:
                self._awaited = next(self._steps)
            except StopIteration:
                raise EOFError from None  # ends paramiko's loop


class _Unwaited(dict[int, threading.Event]):
    """For ``channel_events``: open_channel() puts an event here and waits for it; the host's answer sets what is here.

    Here those are two events, and the first is set at once.
    """

    def __setitem__(self, channel: int, event: threading.Event) -> None:
        super().__setitem__(channel, threading.Event())
        event.set()
