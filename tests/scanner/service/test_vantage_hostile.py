"""Only the scanner says what is probed, only the vantage point says what was seen, and nothing goes unsaid."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from inventory.facts.availability import Sample, State
from inventory.watch import Bytes, Http, Tls, Vantage, Watch
from scanner.service.signing import Signer, load_or_create
from scanner.service.vantage import folder as folders
from scanner.service.vantage import sealing
from scanner.service.vantage.client import Client, ListRefused, NoAnswer
from scanner.service.vantage.desk import Desk
from scanner.service.vantage.limits import Fenced, Limits, permitted, read_limits
from scanner.service.vantage.lists import Lists, Refused
from scanner.service.vantage.site import fingerprint
from scanner.service.vantage.spool import Spool
from scanner.service.vantage.web import Request, Response, Web, context
from scanner.service.vantage.wire import Answer, Batch, ProbeList, Told, read, written
from scanner.service.vantages import Cursor, Forked, followed
from scanner.transports.endpoints import PROBERS, probe
from tests.lab.certificates import Authority, Certified

NOW = 1_800_000_000.0
WATCH = Watch("gate", "tcp", "10.20.0.7", 443, every_seconds=60.0)
LIMITS = "networks = ['10.20.0.0/16']\nmax_watches = 3\nsecrets = ['env:OURS']\n"


def signer(folder: Path, name: str) -> Signer:
    return load_or_create(folder / f"{name}.pem")[0]


class World:
    """A vantage point's parts and the scanner's key, at a clock that stands still."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now = folder, NOW
        self.scanner, self.own = signer(folder, "scanner"), signer(folder, "own")
        (folder / "limits.toml").write_text(LIMITS)
        self.limits = read_limits(folder / "limits.toml")
        (folder / "spool").mkdir(exist_ok=True)
        self.lists = self.again()

    def again(self) -> Lists:
        kinds = frozenset(PROBERS)
        return Lists(
            self.folder / "list.json",
            self.scanner.key.public_key(),
            self.limits,
            self.own.key_id,
            kinds,
            lambda: self.now,
        )

    def sealed(self, *watches: Watch, serial: int = 1, until: float = NOW + 3600, by: Signer | None = None) -> bytes:
        told = ProbeList(self.own.key_id, serial, until, watches or (WATCH,))
        return sealing.seal(sealing.LIST, written(told), by or self.scanner)

    def spool(self, most_bytes: int = 1 << 20, most_days: float = 14) -> Spool:
        return Spool(self.folder / "spool", self.own, most_bytes, most_days, self.now)

    def answer(self, spool: Spool, after: int = 0) -> Answer:
        return Answer("n", self.now, "", spool.epoch, spool.first, spool.last, batches=spool.after(after, 1 << 22))

    def follow(self, cursor: Cursor, answer: Answer) -> tuple[tuple[Batch, ...], Cursor]:
        return followed(cursor, answer, self.own.key.public_key())


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


# lists


def test_a_list_is_taken_and_outlives_a_restart(world: World) -> None:
    full = replace(WATCH, kind="https", ask=Http(path="/x", header_has=(("Server", "x"),)), tls=Tls(names=("a",)))
    world.lists.take(world.sealed(full, replace(WATCH, name="b", ask=Bytes("00", "x"))))
    again = world.again()
    assert again.load() == ""
    assert again.current == world.lists.current
    assert again.current
    assert again.current.watches[0] == full
    world.now += 3601
    assert not again.valid()
    assert "expired" in world.again().load()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda w: w.sealed(by=w.own), "another key"),
        (lambda w: w.sealed().replace(b'"payload":"', b'"payload":"e30='), "not a sealed message"),
        (lambda w: w.sealed(serial=5), "serial 5 is not above 5"),
        (lambda w: w.sealed(serial=4), "serial 4 is not above 5"),
        (lambda w: w.sealed(serial=6, until=NOW), "expired"),
        (lambda w: w.sealed(serial=6, until=NOW + 40 * 86400), "more than 31 days"),
        (lambda w: w.sealed(*[replace(WATCH, name=str(n)) for n in range(4)], serial=6), "at most 3"),
        (lambda w: w.sealed(WATCH, WATCH, serial=6), "same name"),
        (lambda w: w.sealed(replace(WATCH, every_seconds=9.9), serial=6), "10 s is the least"),
        (lambda w: w.sealed(replace(WATCH, timeout_seconds=61.0), serial=6), "time limit"),
        (lambda w: w.sealed(replace(WATCH, host="10.21.0.1"), serial=6), "none of the networks"),
        (lambda w: w.sealed(replace(WATCH, host="::ffff:10.21.0.1"), serial=6), "none of the networks"),
        (lambda w: w.sealed(replace(WATCH, kind="call"), serial=6), "not allowed"),
        (lambda w: w.sealed(replace(WATCH, kind="shell"), serial=6), "not allowed"),
        (
            lambda w: sealing.seal(sealing.BATCH, written(ProbeList(w.own.key_id, 6, NOW + 9, ())), w.scanner),
            "not hold",
        ),
        (
            lambda w: sealing.seal(sealing.LIST, written(ProbeList("other", 6, NOW + 9, ())), w.scanner),
            "another vantage",
        ),
        (lambda w: sealing.seal(sealing.LIST, b'{"serial": NaN}', w.scanner), "no ProbeList"),
        (lambda w: sealing.seal(sealing.LIST, b"[" * 100_000, w.scanner), "no ProbeList"),
        (lambda _: b"\xff" * 100, "not a sealed message"),
        (lambda _: b"", "not a sealed message"),
    ],
)
def test_a_list_is_refused_and_the_one_before_stays(world: World, make: Callable[[World], bytes], why: str) -> None:
    world.lists.take(world.sealed(serial=5))
    with pytest.raises(Refused, match=why):
        world.lists.take(make(world))
    assert world.lists.current
    assert world.lists.current.serial == 5


def test_missing_values_and_a_flipped_byte_are_refused(world: World) -> None:
    told = json.loads(written(ProbeList(world.own.key_id, 6, NOW + 9, (WATCH,))))
    told["watches"][0]["every_seconds"] = None
    text = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(Refused, match="no ProbeList"):
        world.lists.take(sealing.seal(sealing.LIST, text, world.scanner))
    sealed = json.loads(world.sealed())
    payload = base64.b64decode(sealed["payload"]).replace(b"10.20.0.7", b"10.20.0.8")
    changed = {**sealed, "payload": base64.b64encode(payload).decode()}
    with pytest.raises(Refused, match="signature does not hold"):
        world.lists.take(json.dumps(changed).encode())


async def _fenced(watch: Watch, limits: Limits) -> Sample:
    return await probe(watch, Fenced(secret=permitted(limits, lambda _: "value"), allows=limits.allows))


def test_a_name_that_leads_outside_is_not_probed(world: World) -> None:
    seen = asyncio.run(_fenced(replace(WATCH, host="localhost"), world.limits))
    assert seen.state is State.UNKNOWN
    assert "none of the networks" in seen.reason


def test_only_the_secrets_that_the_limits_name_are_resolved(world: World) -> None:
    from scanner.query import SecretUnavailable

    value = permitted(world.limits, lambda reference: f"<{reference}>")
    assert value("env:OURS") == "<env:OURS>"
    for other in ("cmd:id", "file:/etc/shadow", "env:OTHER"):
        with pytest.raises(SecretUnavailable, match="not among the secrets"):
            value(other)


# the spool and its chain


def sample(at: float, state: State = State.UP) -> Sample:
    return Sample("gate", at, state, "", {"total": 1.5}, {"a": "b"}, b"\x00\xff")


def filled(world: World, batches: int, **bounds: float) -> Spool:
    spool = world.spool(**bounds)  # type: ignore[arg-type]  # numbers
    for _ in range(batches):
        world.now += 10
        spool.append([sample(world.now - 1)], world.now)
    return spool


def test_batches_are_followed_and_acknowledged_ones_go(world: World) -> None:
    spool = filled(world, 5)
    batches, cursor = world.follow(Cursor(), world.answer(spool))
    assert [batch.sequence for batch in batches] == [1, 2, 3, 4, 5]
    assert batches[2].samples[0].sample() == sample(NOW + 29)
    spool.done(3)
    assert (spool.first, spool.last) == (4, 5)
    spool.done(99)
    world.now += 10
    spool.append([], world.now)
    later, end = world.follow(cursor, world.answer(spool, cursor.sequence))
    assert [batch.sequence for batch in later] == [6]
    assert end.end == world.now


def test_downtime_is_said_and_the_chain_goes_on(world: World) -> None:
    _, cursor = world.follow(Cursor(), world.answer(filled(world, 2)))
    world.now += 3600
    again = filled(world, 1)
    ((batch,), _) = world.follow(cursor, world.answer(again, cursor.sequence))
    (gap,) = batch.gaps
    assert (gap.end - gap.start, gap.why) == (3600, "the vantage point did not run")


@pytest.mark.parametrize("bounds", [{"most_bytes": 4_000}, {"most_days": 0.0005}])
def test_what_the_spool_gives_up_is_said(world: World, bounds: dict[str, float]) -> None:
    spool = filled(world, 12, **bounds)
    assert spool.first > 1
    batches, _ = world.follow(Cursor(), world.answer(spool))
    assert batches[0].sequence == spool.first
    said = [gap for batch in batches for gap in batch.gaps if "given up" in gap.why]
    assert said
    assert sum(path.stat().st_size for path in (world.folder / "spool").glob("*.batch")) < 8_000
    known, cursor = batches[0], Cursor(spool.epoch, 1, "0" * 64, NOW + 10)
    assert world.follow(cursor, world.answer(spool, 1))[0][0] == known, "a hole that was said is no fork"


def _replaced(world: World, spool: Spool, **other: object) -> Answer:
    answer = world.answer(spool, 1)
    batch = read(Batch, sealing.unseal(sealing.BATCH, answer.batches[0].encode(), world.own.key.public_key()))
    changed = replace(batch, **other)  # type: ignore[arg-type]  # fields of a batch
    return replace(answer, batches=(sealing.seal(sealing.BATCH, written(changed), world.own).decode(),))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda w, s: _replaced(w, s, previous="0" * 64), "two histories"),
        (lambda w, s: _replaced(w, s, sequence=3), "does not come after"),
        (lambda w, s: _replaced(w, s, epoch="other"), "does not come after"),
        (lambda w, s: _replaced(w, s, start=NOW), "does not begin where"),
        (lambda w, s: _replaced(w, s, end=NOW - 5), "does not begin where"),
        (lambda w, s: _replaced(w, s, samples=(Told("gate", NOW + 900, State.DOWN),)), "another time"),
        (lambda w, s: _replaced(w, s, samples=(Told("gate", NOW - 900, State.DOWN),)), "another time"),
        (lambda w, s: w.answer(s, 0), "does not come after"),  # an old batch again
        (lambda w, s: replace(w.answer(s, 1), last=0), "was put back"),
        (lambda w, s: replace(w.answer(s, 1), batches=(w.sealed().decode(),)), "another key"),
        (lambda w, s: replace(w.answer(s, 1), batches=("{}",)), "not a sealed message"),
        (lambda w, s: replace(w.answer(s, 1), batches=(w.answer(s, 1).batches[0].replace("A", "B"),)), "not believed"),
    ],
)
def test_what_does_not_follow_is_not_believed(world: World, make: Callable[[World, Spool], Answer], why: str) -> None:
    spool = filled(world, 1)
    _, cursor = world.follow(Cursor(), world.answer(spool))
    world.now += 10
    spool.append([sample(world.now - 1)], world.now)
    with pytest.raises(Forked, match=why):
        world.follow(cursor, make(world, spool))


def test_a_changed_spool_is_not_gone_on_with(world: World) -> None:
    filled(world, 3)
    (world.folder / "spool" / f"{2:012}.batch").unlink()
    with pytest.raises(sealing.BadSeal, match="does not follow"):
        world.spool()


# the line


@asynccontextmanager
async def served(world: World, certified: Certified, shown: str = "") -> AsyncIterator[Client]:
    spool = world.spool()
    public = world.scanner.key.public_key()
    named = shown or fingerprint(certified.certificate)
    desk = Desk(world.lists, spool, world.own, public, named, lambda: world.now, lambda: None, lambda _: None)
    async with answered(desk.answer, certified) as url:
        yield Client(Vantage("north", url, ""), world.scanner, world.own.key.public_key(), now=lambda: world.now)


@asynccontextmanager
async def answered(handle: Callable[[Request], Awaitable[Response]], certified: Certified) -> AsyncIterator[str]:
    server = await Web(handle).start("127.0.0.1", 0, context(certified.certificate, certified.key))
    try:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@pytest.fixture
def certified(tmp_path: Path, world: World) -> Certified:
    made = Authority(tmp_path).issue("web", "127.0.0.1")
    world.now = made.made.not_valid_after_utc.timestamp() - 3600
    return made


def test_list_and_results_over_the_line(world: World, certified: Certified, tmp_path: Path) -> None:
    async def talk() -> None:
        async with served(world, certified) as client:
            probes = ProbeList(world.own.key_id, 7, world.now + 60, (WATCH,))
            with pytest.raises(NoAnswer, match="not known yet"):
                await client.push(probes)
            assert (await client.results(0, 0)).serial == 0
            await client.push(probes)
            with pytest.raises(ListRefused, match="serial 7 is not above 7"):
                await client.push(probes)
            assert (await client.results(0, 0)).serial == 7
            client.signer = world.own
            with pytest.raises(NoAnswer, match="403"):
                await client.results(0, 0)
            client.signer = world.scanner
            client.certificate = Authority(tmp_path, "Other").issue("o", "127.0.0.1").certificate.read_text()
            with pytest.raises(NoAnswer, match="another certificate"):
                await client.push(probes)
            client.now = lambda: world.now + 7200
            client.certificate = ""
            with pytest.raises(NoAnswer, match="its certificate is valid from"):
                await client.results(0, 0)
            client.now = lambda: world.now
            client.key = world.scanner.key.public_key()
            with pytest.raises(NoAnswer, match="403"):
                await client.results(0, 0)

    asyncio.run(talk())


def test_somebody_in_between_with_a_certificate_of_his_own(world: World, certified: Certified) -> None:
    async def talk() -> None:
        async with served(world, certified, shown="0" * 64) as client:
            with pytest.raises(NoAnswer, match="who is in between"):
                await client.results(0, 0)
            assert client.certificate == ""

    asyncio.run(talk())


def test_an_old_answer_is_not_a_new_one(world: World, certified: Certified) -> None:
    answer = Answer("old", world.now, fingerprint(certified.certificate), "e", 0, 0)
    sealed = sealing.seal(sealing.ANSWER, written(answer), world.own)

    async def handle(_: Request) -> Response:
        return Response(200, sealed)

    async def talk() -> None:
        async with answered(handle, certified) as url:
            client = Client(Vantage("n", url, ""), world.scanner, world.own.key.public_key(), now=lambda: world.now)
            with pytest.raises(NoAnswer, match="an old one"):
                await client.results(0, 0)

    asyncio.run(talk())


@pytest.mark.parametrize(
    ("head", "part", "pause", "why"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536, 0.0, "goes on after"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05, "no whole answer within 1 s"),
        (b"", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000, 0.0, "Protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", b"", 0.0, "not a sealed message"),
        (b"rubbish\r\n\r\n", b"", 0.0, "Protocol"),
    ],
)
def test_who_answers_without_end_or_sense_is_left(
    world: World, certified: Certified, head: bytes, part: bytes, pause: float, why: str
) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(head)
            while part:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)
            await writer.drain()
        except (OSError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def talk() -> None:
        tls = context(certified.certificate, certified.key)
        server = await asyncio.start_server(endless, "127.0.0.1", 0, ssl=tls)
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        key = world.own.key.public_key()
        client = Client(
            Vantage("n", url, ""), world.scanner, key, now=lambda: world.now, seconds=1.0 if pause else 20.0
        )
        with pytest.raises(NoAnswer, match=why):
            await client.results(0, 0)
        server.close()

    asyncio.run(talk())


def test_init_says_what_is_missing_and_keeps_what_is_there(tmp_path: Path) -> None:
    from scanner.service.vantage.limits import BadLimits

    public = sealing.public_text(signer(tmp_path, "s").key.public_key())
    place = tmp_path / "v"
    with pytest.raises(BadLimits, match="--allow"):
        folders.init(place, public, [])
    with pytest.raises(sealing.BadSeal, match="no public key"):
        folders.init(place, "nonsense", ["10.0.0.0/8"])
    key, made = folders.init(place, public, ["10.0.0.0/8"])
    assert made
    assert folders.init(place, public, []) == (key, False)
    assert (place / folders.KEY).stat().st_mode & 0o077 == 0
    (place / folders.LIMITS).write_text("networks = ['10.0.0.0/8']\nmax_watches = true\n")
    with pytest.raises(BadLimits, match="max_watches must be"):
        folders.Folder(place).limits()
