"""What breaks the rules over TCP: every prober comes to an end in time, with DOWN, and keeps little of it."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from inventory.facts.availability import Sample, State
from inventory.watch import Bytes, Http, Step, Tls, Transaction, Watch
from scanner.transports.endpoints import probe
from scanner.transports.endpoints.around import Around
from tests.lab.daemons import Daemons
from tests.lab.recorded import sql_server_prelogin
from tests.lab.sshd import Sshd
from tests.scanner.transports.endpoints.looking import look

LIMIT = 0.5
Act = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

WATCHES = {
    "http": {"kind": "http"},
    "http, body": {"kind": "http", "ask": Http(body_has="welcome")},
    "https": {"kind": "https"},
    "transaction": {"kind": "transaction", "ask": "URL"},
    "tcp": {"kind": "tcp", "ask": Bytes("00", "welcome")},
    "tls": {"kind": "tls"},
    "tls, postgresql": {"kind": "tls", "ask": Tls(starttls="postgresql")},
    "smtp": {"kind": "smtp"},
    "smtp, STARTTLS": {"kind": "smtp", "tls": Tls(starttls="smtp")},
    "imap": {"kind": "imap"},
    "imap, STARTTLS": {"kind": "imap", "tls": Tls(starttls="imap")},
    "pop3": {"kind": "pop3"},
    "pop3, STARTTLS": {"kind": "pop3", "tls": Tls(starttls="pop3")},
    "ldap": {"kind": "ldap"},
    "ldap, StartTLS": {"kind": "ldap", "tls": Tls(starttls="ldap")},
    "ssh": {"kind": "ssh"},
    "mysql": {"kind": "mysql"},
    "postgresql": {"kind": "postgresql"},
    "redis": {"kind": "redis"},
    "sql-server": {"kind": "sql-server"},
    "rdp": {"kind": "rdp"},
    "smb": {"kind": "smb"},
}


def watch(label: str, port: int, limit: float = LIMIT) -> Watch:
    told = dict(WATCHES[label])
    ask = told.get("ask")
    if ask == "URL":
        ask = Transaction((Step(f"http://127.0.0.1:{port}/"),))
    return Watch(label, str(told["kind"]), "127.0.0.1", port, ask, timeout_seconds=limit, tls=told.get("tls"))  # type: ignore[arg-type]


async def looks(act: Act, watches: Callable[[int], list[Watch]]) -> list[Sample]:
    """All at the same time, against one server."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await act(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0, backlog=512)
    try:
        around = Around()
        around.context(None)  # is made once, in the loop's own time
        return await asyncio.gather(*(probe(one, around) for one in watches(server.sockets[0].getsockname()[1])))
    finally:
        server.close()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(4096):
        pass


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Something that begins as many protocols do, byte by byte."""
    for number in range(10_000):
        writer.write(b"* +HSR0\x03"[number % 8 : number % 8 + 1])
        await writer.drain()
        await asyncio.sleep(0.05)


def pour(said: bytes) -> Act:
    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(said)
            await writer.drain()

    return act


def say(said: bytes, *, first: bool = True) -> Act:
    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not first:
            await reader.read(4096)
        writer.write(said)
        await writer.drain()
        await asyncio.sleep(0.05)

    return act


HABITS = {
    "silence": silence,
    "drip": drip,
    "hangs up": say(b""),
    "endless text": pour(b"220-x\r\n" * 1000),
    "endless line": pour(b"x" * 16_384),
    "endless zeros": pour(bytes(16_384)),
    "endless untagged": pour(b"* BAD x\r\n" * 1000),
    "endless interim": pour(b"HTTP/1.1 102 Wait\r\n\r\n" * 200),
    "escapes": say(b"\x1b[2J\x1b]0;x\x07\r\n" * 20),
    "a huge BER length": say(b"\x30\x84\x7f\xff\xff\xff\x02\x01\x02", first=False),
    "a huge TPKT length": say(b"\x03\x00\xff\xff" + bytes(20), first=False),
    "a tiny TPKT length": say(b"\x03\x00\x00\x01" + bytes(20), first=False),
    "a huge MySQL length": say(b"\xff\xff\xff\x00" + bytes(20)),
    "a huge NetBIOS length": say(b"\x00\xff\xff\xff\xfeSMB" + bytes(20), first=False),
    "a huge TDS length": say(b"\x04\x01\xff\xff" + bytes(20), first=False),
    "endless chunks": pour(b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 3000),
    "another protocol": say(b"SIP/2.0 200 OK\r\n\r\n"),
}


@pytest.mark.parametrize("habit", HABITS)
def test_every_prober_ends_and_says_down(habit: str) -> None:
    samples = asyncio.run(looks(HABITS[habit], lambda port: [watch(label, port) for label in WATCHES]))
    for sample in samples:
        assert sample.state is State.DOWN, (sample.watch, sample.reason)
        assert 0 < len(sample.reason) <= 300
        assert sample.reason.isprintable()
        assert sample.timings["total"] < 1000 * (LIMIT + 1), sample.watch
        assert len(sample.evidence) <= 4096
        assert len(sample.notes) <= 20
        assert all(len(told) <= 300 and told.isprintable() for told in sample.notes.values())


@pytest.mark.lab
@pytest.mark.parametrize(
    ("server", "place", "label"),
    [
        ("smtp", 0, "smtp"),
        ("mailbox", 0, "imap"),
        ("mailbox", 2, "pop3"),
        ("ldap", 0, "ldap"),
        ("mysql", 0, "mysql"),
        ("redis", 0, "redis"),
        ("postgresql", 0, "postgresql"),
        ("rdp", 0, "rdp"),
        ("smb", 0, "smb"),
        ("sshd", 0, "ssh"),
        ("recorded", 0, "sql-server"),
    ],
)
def test_a_changed_answer_never_confuses_the_prober(
    daemons: Daemons, lab_sshd: Sshd, server: str, place: int, label: str
) -> None:
    """Cut and changed copies of what the real server says: never UNKNOWN, for that would be our fault."""
    if server == "recorded":
        said = sql_server_prelogin()
    else:
        port = lab_sshd.port if server == "sshd" else daemons[server].ports[place]
        said = look(label, port).evidence
    assert said
    chance = random.Random(label)  # noqa: S311 (no secret)
    copies = [said, *(_changed(said, chance) for _ in range(60))]
    waiting = iter(copies)

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(next(waiting))
        await writer.drain()
        if label in ("smtp", "imap", "pop3", "ldap", "rdp", "smb", "redis", "postgresql", "sql-server"):
            await reader.read(1)
        await asyncio.sleep(0.1)

    samples = asyncio.run(looks(act, lambda port: [watch(label, port, 0.8)] * len(copies)))
    assert {sample.state for sample in samples} <= {State.UP, State.DOWN}, [s.reason for s in samples]
    assert State.UP in {sample.state for sample in samples}
    assert all(sample.timings["total"] < 3000 and sample.reason.isprintable() for sample in samples)


def _changed(said: bytes, chance: random.Random) -> bytes:
    told = bytearray(said)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(told)) if told else 0
        what = chance.randrange(4)
        if what == 0:
            del told[at:]
        elif what == 1 and told:
            told[at] ^= 1 << chance.randrange(8)
        elif what == 2 and told:
            told[at] = chance.choice((0, 0x7F, 0x80, 0xFF))
        else:
            told[at:at] = chance.randbytes(chance.randrange(1, 9))
    return bytes(told)


@pytest.mark.parametrize(
    ("said", "state", "reason"),
    [
        pytest.param([b"220-a\r\n2", b"20-b\r", b"\n220 ", b"c\r\n"], State.UP, "", id="a greeting in pieces"),
        pytest.param([b"220\r\n"], State.UP, "", id="a code alone"),
        pytest.param([b"421 too busy\r\n"], State.DOWN, "it greets with 421", id="turned away"),
        pytest.param([b"220 a\r\n250 too early\r\n"], State.UP, "", id="who answers before he is asked"),
    ],
)
def test_smtp_in_pieces(said: list[bytes], state: State, reason: str) -> None:
    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in said:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.02)
        await reader.readline()
        writer.write(b"250-mail\r\n250 8BITMIME\r\n")
        await reader.readline()

    (sample,) = asyncio.run(looks(act, lambda port: [watch("smtp", port)]))
    assert (sample.state, sample.reason) == (state, reason)


@pytest.mark.parametrize(
    ("label", "talk"),
    [
        ("smtp, STARTTLS", (b"220 a\r\n", b"250 b\r\n", b"220 go\r\n250 injected\r\n")),
        ("imap, STARTTLS", (b"* OK a\r\n", b"* CAPABILITY IMAP4rev1\r\na OK go\r\n* injected\r\n")),
        ("pop3, STARTTLS", (b"+OK a\r\n", b"+OK go\r\n+OK injected\r\n")),
    ],
)
def test_what_comes_in_the_clear_does_not_pass_for_encrypted(label: str, talk: tuple[bytes, ...]) -> None:
    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in talk:
            writer.write(part)
            await reader.readline()

    (sample,) = asyncio.run(looks(act, lambda port: [watch(label, port)]))
    assert (sample.state, sample.reason) == (State.DOWN, "it sent more in the clear before TLS began")


def _ldap(operation: int, code: int, number: int = 2) -> bytes:
    result = bytes([0x0A, 1, code, 4, 0, 4, 0])
    return bytes([0x30, 5 + len(result), 2, 1, number, operation, len(result)]) + result


@pytest.mark.parametrize(
    ("parts", "state", "reason"),
    [
        pytest.param([_ldap(0x65, 0)], State.UP, "", id="nothing found"),
        pytest.param([_ldap(0x65, 50)], State.UP, "", id="not for us to read"),
        pytest.param([_ldap(0x65, 51)], State.DOWN, "it answers 51 (busy)", id="busy"),
        pytest.param([bytes([b]) for b in _ldap(0x65, 0)], State.UP, "", id="byte by byte"),
        pytest.param([_ldap(0x65, 0, 9) + _ldap(0x65, 0)], State.UP, "", id="after an answer to somebody else"),
        pytest.param([_ldap(0x65, 0, 9) * 30], State.DOWN, "it does not answer what it was asked", id="others only"),
        pytest.param([_ldap(0x78, 52, 0)], State.DOWN, "it ends the session (notice of disconnection)", id="notice"),
        pytest.param([_ldap(0x61, 0)], State.DOWN, "it does not answer a search", id="another operation"),
        pytest.param(
            [b"\x30\x84\x00\x00\x00\x0c" + _ldap(0x65, 0)[2:]], State.UP, "", id="a length as Active Directory has it"
        ),
    ],
)
def test_ldap_messages(parts: list[bytes], state: State, reason: str) -> None:
    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(200)
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.005)
        await reader.read(200)

    (sample,) = asyncio.run(looks(act, lambda port: [watch("ldap", port)]))
    assert (sample.state, sample.reason) == (state, reason)


@pytest.mark.parametrize(
    ("label", "said", "state", "reason"),
    [
        ("mysql", b"\x17\0\0\0\xff\x10\x04Too many connections", State.DOWN, "it has no connection left (error 1040)"),
        ("mysql", b"\x0a\0\0\0\xff\x6a\x04Host 'x", State.UP, ""),
        ("mysql", b"\x50\0\0\0\x0a8.0.36\0" + bytes(72), State.UP, ""),
        ("mysql", b"\x50\0\0\0\x098.0.36\0" + bytes(72), State.DOWN, "it does not greet as MySQL does"),
        ("redis", b"-LOADING Redis is loading the dataset in memory\r\n", State.DOWN, "it is loading its data"),
        ("redis", b"-ERR max number of clients reached\r\n", State.DOWN, "it has no connection left"),
        ("redis", b"-MISCONF Redis is configured to save RDB\r\n", State.DOWN, "it cannot write to its disk"),
        ("sql-server", sql_server_prelogin(), State.UP, ""),
        ("sql-server", sql_server_prelogin(((1, b"\0"),)), State.DOWN, "it does not answer as SQL Server does"),
        ("rdp", bytes.fromhex("030000130ed00000123400030008000500000000"), State.UP, ""),
        ("rdp", bytes.fromhex("0300000b06800000000000"), State.DOWN, "it refuses the connection (X.224)"),
        ("postgresql", b"E", State.DOWN, "it does not speak PostgreSQL's protocol"),
    ],
)  # fmt: skip
def test_what_the_first_words_mean(label: str, said: bytes, state: State, reason: str) -> None:
    (sample,) = asyncio.run(looks(say(said, first=label == "mysql"), lambda port: [watch(label, port)]))
    assert (sample.state, sample.reason) == (state, reason)


def test_sql_server_tells_its_version() -> None:
    (sample,) = asyncio.run(looks(say(sql_server_prelogin(), first=False), lambda port: [watch("sql-server", port)]))
    assert sample.notes == {"version": "15.0.4153", "encryption": "not supported"}
