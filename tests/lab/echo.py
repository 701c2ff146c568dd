"""A UDP echo of our own (RFC 862) that loses, delays, reorders and repeats as it is told. Declared: no real gateway."""

import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Habits:
    loss: float = 0.0  # share of the packets
    delay: float = 0.0  # seconds
    spread: float = 0.0  # seconds, random, on top: it reorders when that is more than the packets' distance
    twice: float = 0.0  # share that comes back two times


@contextmanager
def echo(habits: Habits, seed: int = 1) -> Iterator[int]:
    """The port."""
    chance = random.Random(seed)  # noqa: S311 (no secret)

    def answer(sock: socket.socket, said: bytes, peer: tuple[str, int]) -> None:
        if chance.random() < habits.loss:
            return
        times = 2 if chance.random() < habits.twice else 1
        wait = habits.delay + chance.random() * habits.spread
        for _ in range(times):
            if wait:
                timer = threading.Timer(wait, _send, (sock, said, peer))
                timer.daemon = True
                timer.start()
            else:
                _send(sock, said, peer)

    with answering(answer) as port:
        yield port


@contextmanager
def answering(act: Callable[[socket.socket, bytes, tuple[str, int]], None]) -> Iterator[int]:
    """A UDP server that does as ``act`` does with each packet. The port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(0.1)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    said, peer = sock.recvfrom(65_535)
                except OSError:
                    continue
                act(sock, said, peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield int(sock.getsockname()[1])
        finally:
            ended.set()
            thread.join(2)


def _send(sock: socket.socket, said: bytes, peer: tuple[str, int]) -> None:
    try:
        sock.sendto(said, peer)
    except OSError:
        return  # the test is over
