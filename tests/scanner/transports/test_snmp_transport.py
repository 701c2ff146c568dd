"""The visit as a whole: turns, limits, credentials, and what must never be seen of them."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from inventory.asset import Asset, Connection
from inventory.facts.missing import Reason
from scanner.probes.network import varbinds
from scanner.query import (
    Answer,
    Attempt,
    Deadline,
    Login,
    Query,
    Script,
    SecretUnavailable,
    SnmpGet,
    SnmpWalk,
    Surroundings,
    Visit,
)
from scanner.transports import WAYS, snmp
from scanner.transports.selective import Selective
from scanner.transports.snmp import SnmpTransport
from scanner.transports.snmp_client import GENTLE, Manners
from scanner.transports.snmp_session import Bind, Kind, SnmpLogin
from scanner.transports.snmp_text import lines
from tests.lab.agents import serving, table, v2c
from tests.scanner.transports.snmp_bench import LIBRARIES, QUICK, OneLogin, asset, visit

GET = SnmpGet("system", ("1.3.6.1.2.1.1.1.0",))
SECRET = "s3cret-community"
V2C = Login(community="lab")


@dataclass
class Watch:
    """Sessions that take their time, and how many of them were at it at once."""

    now: int = 0
    most: int = 0
    places: list[tuple[str, int]] = field(default_factory=list)
    together: int = 0  # requests that met another one to the same place

    def open(self, address: str, port: int, _login: SnmpLogin) -> "Slow":
        return Slow(self, (address, port))


@dataclass
class Slow:
    watch: Watch
    place: tuple[str, int]
    answered: bool = True
    library: str = "none 1.0"

    async def ask(self, _kind: Kind, oids: Sequence[str], _repetitions: int, _until: float) -> list[Bind]:
        watch = self.watch
        watch.together += self.place in watch.places
        watch.places.append(self.place)
        watch.now += 1
        watch.most = max(watch.most, watch.now)
        await asyncio.sleep(0.01)
        watch.now -= 1
        watch.places.remove(self.place)
        return [Bind(oid, 4, b"slow") for oid in oids]

    def close(self) -> None:
        self.answered = False


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    made = Watch()
    monkeypatch.setitem(snmp.LIBRARIES, "slow", made.open)
    return made


def many(ports: Sequence[int], seconds: float = 20) -> list[Visit]:
    around = Surroundings(OneLogin(V2C), None)  # type: ignore[arg-type]

    async def run() -> list[Visit]:
        transports = [SnmpTransport(asset(port), around, library="slow", manners=QUICK) for port in ports]
        return list(await asyncio.gather(*(one.answer([GET], Deadline(seconds)) for one in transports)))

    return asyncio.run(run())


def test_fifty_devices_at_once(watch: Watch) -> None:
    seen = many(range(1, 181))
    assert all(one.attempt.missing is None for one in seen)
    assert watch.most == snmp.IN_FLIGHT


def test_one_request_at_a_time_to_a_device(watch: Watch) -> None:
    seen = many([161] * 10)
    assert all(one.attempt.missing is None for one in seen)
    assert (watch.most, watch.together) == (1, 0)


def test_a_turn_that_does_not_come_in_time(watch: Watch) -> None:
    seen = many([161] * 20, seconds=0.05)
    late = [one.attempt.missing for one in seen if one.attempt.missing]
    assert late
    assert all(missing.reason is Reason.TIMED_OUT and "turn" in missing.detail for missing in late)


def test_the_pace_of_one_device() -> None:
    slow = Manners(per_second=50, burst=1)
    with serving(v2c(table())) as port:
        started = time.monotonic()
        seen = visit(port, V2C, SnmpWalk("w", "1.3.6.1.2.1.47.1.1.1.1", max_repetitions=10), manners=slow)
        took = time.monotonic() - started
    assert seen.answers[0].text.count("\n") == 90
    assert took > 8 / 50  # ten requests, of which one or two may come at once


def test_fragile_assets_are_asked_slowly() -> None:
    around = Surroundings(OneLogin(V2C), None)  # type: ignore[arg-type]
    assert SnmpTransport(replace(asset(1), fragile=True), around)._manners is GENTLE
    assert GENTLE.per_second < Manners().per_second


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_library_is_in_the_evidence(library: str) -> None:
    with serving(v2c(table())) as port:
        seen = visit(port, V2C, GET, library=library)
    assert seen.attempt.peer.startswith(f"SNMPv2c, {library} ")


def test_where_gufo_has_no_wheel_pysnmp_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert snmp.preferred_library() == "gufo-snmp"
    monkeypatch.setattr(snmp, "find_spec", lambda _name: None)
    assert snmp.preferred_library() == "pysnmp"


def test_answers_are_read_by_the_probes() -> None:
    binds = [
        Bind("1.3.6.1", 4, b"plain | text"),
        Bind("1.3.6.2", 4, b"two\nlines"),
        Bind("1.3.6.3", 4, b"\xff\x00"),
        Bind("1.3.6.4", 2, b"-7"),
        Bind("1.3.6.5", 64, b"192.0.2.1"),
        Bind("1.3.6.6", 70, b"18446744073709551615"),
        Bind("1.3.6.7", 68, b"\x9fx\x04B\xf6\x00\x00"),
        Bind("1.3.6.8", 128, b""),
        Bind("1.3.6.9", 4, b""),
    ]
    found = varbinds.read(lines(binds))
    assert found.broken == 0
    assert [(row.oid, row.tag, row.value) for row in found] == [tuple(bind) for bind in binds if bind.tag != 128]
    assert found.lacking == {"1.3.6.8"}


def test_a_name_that_cannot_be_resolved() -> None:
    around = Surroundings(OneLogin(V2C), None)  # type: ignore[arg-type]
    nowhere = Asset("nowhere", Connection("snmp", "nowhere.invalid", 161))
    seen = asyncio.run(SnmpTransport(nowhere, around).answer([GET], Deadline(5)))
    assert seen.attempt.missing is not None
    assert seen.attempt.missing.reason is Reason.UNREACHABLE
    assert seen.answers[0].missing == seen.attempt.missing


@dataclass(frozen=True)
class NoLogin:
    def login(self, asset: Asset) -> Login:
        raise SecretUnavailable(f"{asset.name}: env:COMMUNITY is not set")


def test_a_credential_that_is_not_there() -> None:
    around = Surroundings(NoLogin(), None)  # type: ignore[arg-type]
    seen = asyncio.run(SnmpTransport(asset(1), around).answer([GET], Deadline(5)))
    assert seen.attempt.missing is not None
    assert seen.attempt.missing.reason is Reason.CREDENTIAL_UNUSABLE


@pytest.mark.parametrize(
    "login",
    [Login(), Login(user="a", auth="MD5", auth_password=SECRET), Login(user="a", auth="SHA", auth_password="short")],
)
def test_a_credential_that_cannot_be_used(login: Login) -> None:
    seen = visit(1, login, GET)
    assert seen.attempt.missing is not None
    assert seen.attempt.missing.reason is Reason.CREDENTIAL_UNUSABLE


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("sound", [True, False])
def test_the_community_is_seen_nowhere(library: str, sound: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    agent = table() if sound else (lambda _: [b"noise"])
    with serving(v2c(agent)) as port:
        seen = visit(port, Login(community=SECRET), GET, library=library)
    assert SECRET not in repr(seen)
    assert SECRET not in caplog.text
    assert (seen.attempt.missing is None) is sound


def test_what_a_device_cannot_be_asked() -> None:
    made = WAYS["snmp"](asset(1), Surroundings(OneLogin(V2C), None))  # type: ignore[arg-type]
    seen = asyncio.run(made.answer([Script("uname", "uname -a")], Deadline(5)))
    assert seen.answers[0].missing is not None
    assert seen.answers[0].missing.reason is Reason.NOT_ATTEMPTED
    assert not seen.attempt.reached


@dataclass(frozen=True)
class Echo:
    """Answers each query with its own name; ``silent``: with nothing at all."""

    silent: bool = False

    async def answer(self, queries: Sequence[Query], _deadline: Deadline) -> Visit:
        answers = () if self.silent else tuple(Answer(query.name, query.name.encode()) for query in queries)
        return Visit(Attempt("ssh", reached=True), answers)


def test_each_answer_stays_with_its_query() -> None:
    selective = Selective(Echo(), "ssh", (Script,))
    queries = [SnmpGet("a", ("1.3",)), Script("b", ":"), SnmpGet("c", ("1.3",)), Script("d", ":")]
    answers = asyncio.run(selective.answer(queries, Deadline(5))).answers
    assert [(answer.query, answer.output, answer.missing is None) for answer in answers] == [
        ("a", b"", False),
        ("b", b"b", True),
        ("c", b"", False),
        ("d", b"d", True),
    ]
    assert asyncio.run(Selective(Echo(silent=True), "ssh", (Script,)).answer(queries, Deadline(5))).answers == ()


def test_ipv6() -> None:
    import socket

    from tests.lab.agents import _serve

    try:
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6 on loopback here")
    import threading

    sock.settimeout(0.05)
    over = threading.Event()
    thread = threading.Thread(target=_serve, args=(sock, v2c(table()), over), daemon=True)
    thread.start()
    try:
        around = Surroundings(OneLogin(V2C), None)  # type: ignore[arg-type]
        device = Asset("six", Connection("snmp", "::1", sock.getsockname()[1]))
        for library in LIBRARIES:
            made = SnmpTransport(device, around, library=library, manners=QUICK)
            assert asyncio.run(made.answer([GET], Deadline(5))).attempt.missing is None
    finally:
        over.set()
        thread.join(5)
        sock.close()
