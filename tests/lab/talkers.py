"""Small TCP servers on loopback, each with one habit: what a management port may say, or not."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

Habit = Callable[[socket.socket], None]
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, 0 s: close sends RST


def says(*parts: bytes, hold: bool = True) -> Habit:
    """Says it all, and then waits for the other side, or hangs up."""

    def habit(client: socket.socket) -> None:
        for part in parts:
            client.sendall(part)
        if hold:
            client.recv(1)

    return habit


def says_and_reads(answer: bytes) -> Habit:
    """Waits for a request, answers, hangs up."""

    def habit(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(answer)

    return habit


def drips(part: bytes, every: float = 0.02) -> Habit:
    """A banner without end."""

    def habit(client: socket.socket) -> None:
        while True:
            client.sendall(part)
            time.sleep(every)

    return habit


def resets(first: bytes = b"") -> Habit:
    def habit(client: socket.socket) -> None:
        client.sendall(first)
        time.sleep(0.05 if first else 0)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    return habit


@contextlib.contextmanager
def talker(habit: Habit, address: str = "127.0.0.1") -> Iterator[int]:
    """The port of a server that treats every connection so."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as server:
        threading.Thread(target=_serve, args=(server, habit), daemon=True).start()
        yield int(server.getsockname()[1])
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def _serve(server: socket.socket, habit: Habit) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_treat, args=(client, habit), daemon=True).start()


def _treat(client: socket.socket, habit: Habit) -> None:
    with client, contextlib.suppress(OSError):
        habit(client)


@contextlib.contextmanager
def nobody() -> Iterator[int]:
    """A port that refuses, and that nobody else can get meanwhile."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield int(sock.getsockname()[1])


@contextlib.contextmanager
def deaf() -> Iterator[int]:
    """A port that gives no answer: its queue is full, so further SYNs are dropped (tcp(7), listen(2))."""
    with socket.socket() as server, contextlib.ExitStack() as waiting:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        time.sleep(0.05)
        yield int(server.getsockname()[1])
