"""What breaks the rules over UDP: silence, other people's answers, forged and changed packets, floods."""

import asyncio
import random
import socket
import struct
import threading
import time
from collections.abc import Callable

import pytest

from inventory.facts.availability import State
from inventory.watch import Ask, Bytes, Call, Dns, Watch
from scanner.transports.endpoints import probe
from scanner.transports.endpoints.around import Around
from tests.lab.daemons import Daemons
from tests.lab.echo import Habits, answering, echo
from tests.lab.recipes import ZONE
from tests.scanner.transports.endpoints.looking import look

Peer = tuple[str, int]
UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
QUESTION = Dns(f"portal.{ZONE}")
ASKS: dict[str, Ask | None] = {"dns": QUESTION, "ntp": None, "sip": None, "udp": Bytes("00", "^$"), "call": Call(10, 5)}


def back(*parts: bytes) -> Callable[[socket.socket, bytes, Peer], None]:
    def act(sock: socket.socket, said: bytes, peer: Peer) -> None:
        for part in parts:
            sock.sendto(part, peer)

    return act


def wrong_source(sock: socket.socket, said: bytes, peer: Peer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.sendto(said, peer)


def flood(sock: socket.socket, said: bytes, peer: Peer) -> None:
    for _ in range(3_000):
        sock.sendto(b"\xff" * 60, peer)


HABITS = {
    "silence": back(),
    "empty": back(b""),
    "one byte": back(b"x"),
    "large": back(b"x" * 60_000),
    "zeros": back(bytes(200)),
    "from elsewhere": wrong_source,
    "a flood": flood,
}


@pytest.mark.parametrize(
    ("kind", "habit"),
    [(kind, habit) for kind in ("dns", "ntp", "sip") for habit in HABITS] + [("call", "zeros"), ("call", "a flood")],
)
def test_what_answers_nothing_is_down(kind: str, habit: str) -> None:
    with answering(HABITS[habit]) as port:
        sample = look(kind, port, ASKS[kind], timeout=1.2 if kind == "call" else 0.3)
    assert sample.state is DOWN, sample.reason
    assert sample.timings["total"] < 2500
    assert len(sample.evidence) <= 4096


def test_a_flood_does_not_keep_the_others_waiting() -> None:
    """A neighbour's probe is answered while a server pours packets over us for as long as we listen."""
    poured = threading.Event()

    def pour(sock: socket.socket, said: bytes, peer: Peer) -> None:
        while not poured.wait(0):
            sock.sendto(b"\xff" * 20, peer)

    async def both(bad: int, good: int) -> tuple[float, float]:
        around = Around()
        first = asyncio.create_task(probe(Watch("bad", "sip", "127.0.0.1", bad, timeout_seconds=0.5), around))
        await asyncio.sleep(0.05)
        started = time.perf_counter()
        neighbour = await probe(Watch("good", "udp", "127.0.0.1", good, Bytes("00"), timeout_seconds=3), around)
        took = time.perf_counter() - started
        assert neighbour.state is UP
        return took, (await first).timings["total"]

    try:
        with answering(pour) as bad, answering(back(b"x")) as good:
            took, other = asyncio.run(both(bad, good))
            poured.set()
    finally:
        poured.set()
    assert took < 1
    assert other < 1500


@pytest.mark.parametrize(
    ("change", "state", "said"),
    [
        pytest.param(lambda r: r, UP, "", id="as it came"),
        pytest.param(lambda r: bytes([r[0] ^ 1]) + r[1:], DOWN, "no whole answer", id="another number"),
        pytest.param(lambda r: r[:2] + bytes([r[2] & 0x7F]) + r[3:], DOWN, "no whole answer", id="a question"),
        pytest.param(lambda r: r[:20], DOWN, "its answer is no DNS message", id="cut"),
        pytest.param(lambda r: r.replace(b"portal", b"partol"), DOWN, "no whole answer", id="to another question"),
        pytest.param(lambda r: r + b"\0" * 100, UP, "", id="with something behind"),
        pytest.param(lambda r: r[:2] + bytes([r[2] | 2]) + r[3:], DOWN, "connection refused|ended", id="cut, no TCP"),
        pytest.param(lambda r: r[:12] + b"\xc0\x0c" * 20, DOWN, "is no DNS message", id="a name in a circle"),
    ],
)  # fmt: skip
@pytest.mark.lab
def test_changed_dns(daemons: Daemons, change: Callable[[bytes], bytes], state: State, said: str) -> None:
    import re

    with through(daemons["dns"].port, change) as port:
        sample = look("dns", port, QUESTION, timeout=0.4)
    assert sample.state is state
    assert re.search(said, sample.reason), sample.reason


@pytest.mark.lab
@pytest.mark.parametrize(("server", "kind"), [("dns", "dns"), ("ntp", "ntp"), ("sip", "sip")])
def test_a_changed_answer_never_confuses_the_prober(daemons: Daemons, server: str, kind: str) -> None:
    chance = random.Random(kind)  # noqa: S311 (no secret)

    def change(said: bytes) -> bytes:
        told = bytearray(said)
        for _ in range(chance.randint(0, 3)):
            if told and chance.random() < 0.7:
                told[chance.randrange(len(told))] = chance.randrange(256)
            else:
                del told[chance.randrange(len(told) + 1) :]
        return bytes(told)

    async def many(port: int) -> list[State]:
        around, one = Around(), Watch("x", kind, "127.0.0.1", port, ASKS[kind], timeout_seconds=0.5)
        found: list[State] = []
        for _ in range(2):
            found += [sample.state for sample in await asyncio.gather(*(probe(one, around) for _ in range(30)))]
        return found

    with through(daemons[server].port, change) as port:
        states = set(asyncio.run(many(port)))
    assert UP in states
    assert UNKNOWN not in states


def through(port: int, change: Callable[[bytes], bytes]):  # type: ignore[no-untyped-def]  # noqa: ANN201 (a context)
    """A server that passes on what the real one at ``port`` answers, changed."""

    def act(sock: socket.socket, said: bytes, peer: Peer) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as real:
            real.settimeout(2)
            real.connect(("127.0.0.1", port))
            real.send(said)
            sock.sendto(change(real.recv(65_535)), peer)

    return answering(act)


@pytest.mark.parametrize(
    ("first", "stratum", "code", "state", "said"),
    [
        pytest.param(0x24, 2, b"\x7f\0\0\1", UP, "", id="good"),
        pytest.param(0xE4, 2, b"\x7f\0\0\1", DOWN, "its own clock is not synchronised", id="alarm"),
        pytest.param(0x24, 16, b"INIT", DOWN, "its own clock is not synchronised", id="stratum 16"),
        pytest.param(0x24, 0, b"RATE", DOWN, "it refuses: RATE", id="kiss of death"),
        pytest.param(0x24, 0, b"\x1b[2J", DOWN, "its own clock is not synchronised", id="a code with escapes"),
        pytest.param(0x25, 2, b"\x7f\0\0\1", DOWN, "it answered in mode 5", id="broadcast"),
    ],
)
def test_ntp_answers(first: int, stratum: int, code: bytes, state: State, said: str) -> None:
    def act(sock: socket.socket, asked: bytes, peer: Peer) -> None:
        now = int(time.time()) + 2_208_988_800
        sent = asked[40:48]
        stamps = struct.pack(">II", now, 0)
        sock.sendto(bytes([first, stratum, 0, 0]) + bytes(8) + code + stamps + sent + stamps + stamps, peer)

    with answering(act) as port:
        sample = look("ntp", port, timeout=1)
    assert (sample.state, sample.reason.startswith(said)) == (state, True), sample.reason


@pytest.mark.parametrize(
    ("status", "state"), [("100 Trying", DOWN), ("200 OK", UP), ("404 No", UP), ("486 Busy", UP), ("500 No", DOWN)]
)
def test_sip_answers(status: str, state: State) -> None:
    def act(sock: socket.socket, asked: bytes, peer: Peer) -> None:
        same = [line for line in asked.decode().split("\r\n") if line.startswith(("Via", "From", "To", "Call", "CSeq"))]
        assert f"{peer[0]}:{peer[1]};branch" in same[0]
        sock.sendto("\r\n".join([f"SIP/2.0 {status}", *same, "", ""]).encode(), peer)

    with answering(act) as port:
        assert look("sip", port, timeout=0.4).state is state


@pytest.mark.parametrize(
    ("expect", "state"), [(None, UP), ("^pong$", UP), ("pang", DOWN)], ids=["anything", "as wanted", "something else"]
)
def test_udp(expect: str | None, state: State) -> None:
    with answering(back(b"pong")) as port:
        assert look("udp", port, Bytes(b"ping".hex(), expect), timeout=1).state is state


@pytest.mark.parametrize(
    ("habits", "lost", "trip", "jitter"),
    [
        pytest.param(Habits(), (0, 0), (0, 20), (0, 10), id="good"),
        pytest.param(Habits(loss=0.3), (3, 27), (0, 20), (0, 10), id="loss"),
        pytest.param(Habits(delay=0.08), (0, 0), (75, 140), (0, 15), id="delay"),
        pytest.param(Habits(spread=0.06), (0, 0), (15, 90), (4, 40), id="reordering"),
        pytest.param(Habits(twice=0.5), (0, 0), (0, 20), (0, 10), id="duplicates"),
    ],
)
def test_calls(habits: Habits, lost: tuple[int, int], trip: tuple[float, float], jitter: tuple[float, float]) -> None:
    with echo(habits) as port:
        sample = look("call", port, Call(50, 8))
    assert (sample.state, sample.reason) == (UP, "")
    notes = {name: float(told) for name, told in sample.notes.items()}
    assert notes["packets"] == 50
    assert lost[0] <= notes["lost"] <= lost[1]
    assert trip[0] <= notes["round_trip_ms"] <= trip[1]
    assert jitter[0] <= notes["jitter_ms"] <= jitter[1]


def test_all_packets_lost() -> None:
    with echo(Habits(loss=1.0)) as port:
        sample = look("call", port, Call(10, 5))
    assert (sample.state, sample.reason) == (DOWN, "none of 10 packets came back")


def test_packets_that_were_never_sent_do_not_count() -> None:
    def act(sock: socket.socket, said: bytes, peer: Peer) -> None:
        for number in (9, 5000, 0xFFFF):
            sock.sendto(said[:2] + number.to_bytes(2, "big") + said[4:], peer)

    with answering(act) as port:
        sample = look("call", port, Call(10, 5))
    assert sample.state is UP
    assert (sample.notes["packets"], sample.notes["lost"]) == ("10", "9")


def test_a_stream_longer_than_the_time_limit_says_nothing_of_the_service() -> None:
    sample = look("call", 9, Call(1500, 20), timeout=5)
    assert (sample.state, sample.reason) == (UNKNOWN, "1500 packets take 31.0 s, and the time limit is 5 s")


def test_the_jitter_is_the_one_that_is_judged() -> None:
    from checks.call_quality import Packet, interarrival_jitter
    from scanner.transports.endpoints.call import jitter

    chance = random.Random(7)  # noqa: S311 (no secret)
    for _ in range(50):
        sent = {n: n * 0.02 for n in range(40)}
        came = {n: at + chance.random() * 0.1 for n, at in sent.items() if chance.random() < 0.8}
        packets = [Packet(at * 1e3, came[n] * 1e3 if n in came else None) for n, at in sent.items()]
        assert jitter(sent, came) * 1e3 == pytest.approx(interarrival_jitter(packets))
