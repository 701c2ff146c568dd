"""Snapshots handed in over HTTPS: a real TLS server on loopback, honest and hostile machines, receipts, the folder."""

import asyncio
import gzip
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scanner.service.intake.door import CALLS, Door
from scanner.service.intake.folder import DONE, REFUSED, Drop, sent_of
from scanner.service.intake.receipts import BadReceipt, verify
from scanner.service.intake.taking import Took, take
from scanner.service.signing import load_or_create
from scanner.service.vantage import web
from tests.lab.certificates import Authority
from tests.scanner.service.intake_lab import NOW, Intake, judging, laptop, windows_asset

OTHER = "11112222-3333-4444-5555-666677778888"
GUID = "99990f6c-4a3b-4b7e-9d52-0c3c9f1b7a11"
Answer = tuple[int, dict[str, Any]]


@dataclass
class Site:
    """A door with its record and folder; ``call`` posts as a machine does."""

    intake: Intake
    folder: Path
    said: list[str] = field(default_factory=list)
    port: int = 0
    seconds: float = 20.0

    def __post_init__(self) -> None:
        authority = Authority(self.folder)
        self.certified = authority.issue("door", "localhost", "127.0.0.1")
        self.trusting = ssl.create_default_context(cafile=str(authority.file))
        self.signer = load_or_create(self.folder / "key.pem")[0]
        self.drop = Drop(self.folder / "drop")
        self.drop.prepare()
        self.door = Door(
            self.intake.store,
            self.drop,
            self.signer,
            lambda: self.intake.assets,
            self.said.append,
            lambda: self.intake.now,
        )
        self.token = self.intake.store.tokens.add("pc-7", NOW)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Site"]:
        tls = web.context(self.certified.certificate, self.certified.key)
        site = web.Web(self.door.answer, self.door.admit, 64, self.seconds)
        server = await site.start("127.0.0.1", 0, tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await asyncio.sleep(0.05)

    async def raw(self, sent: bytes, *, close: bool = False) -> bytes:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=self.trusting, server_hostname="localhost"
        )
        writer.write(sent)
        if close:
            writer.close()
            return b""
        try:
            await writer.drain()
            return await asyncio.wait_for(reader.read(1 << 20), 20)
        except (ConnectionError, ssl.SSLError):
            return b""
        finally:
            writer.close()

    async def call(self, body: bytes, token: str | None = None, **headers: str) -> Answer:
        said = await self.raw(head(self.token if token is None else token, len(body), **headers) + body)
        return parsed(said)

    def run(self, work: Callable[["Site"], Awaitable[Any]]) -> Any:  # noqa: ANN401 (whatever the work gives)
        async def opened() -> Any:  # noqa: ANN401
            async with self.open():
                return await work(self)

        return asyncio.run(opened())

    def post(self, body: bytes, token: str | None = None, **headers: str) -> Answer:
        answer: Answer = self.run(lambda site: site.call(body, token, **headers))
        return answer

    @property
    def kept(self) -> list[str]:
        return sorted(path.name for path in self.drop.waiting())


def head(token: str, length: int | None, *, method: str = "POST", path: str = "/snapshots/v1", **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [] if length is None else [f"Content-Length: {length}"]
    return "\r\n".join([*lines, "", ""]).encode()


def parsed(said: bytes) -> Answer:
    start, _, body = said.partition(b"\r\n\r\n")
    return (int(start.split()[1]), json.loads(body)) if start else (0, {})


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    intake = Intake(tmp_path, (windows_asset("pc-7"), windows_asset("pc-8")))
    made = Site(intake, tmp_path)
    yield made
    intake.store.close()
    assert not any(made.token in line or made.token[-20:] in line for line in made.said)


def test_a_snapshot_is_received_and_its_receipt_holds(site: Site) -> None:
    document = laptop()
    status, told = site.post(document)
    assert status == 200, told
    raw = json.dumps(told["receipt"]).encode()
    receipt = verify(raw, site.signer.key.public_key(), document)
    assert (receipt.host, receipt.received_at, receipt.collected_at) == ("pc-7", NOW, NOW - timedelta(hours=2))
    with pytest.raises(BadReceipt, match="another document"):
        verify(raw, site.signer.key.public_key(), document + b" ")
    with pytest.raises(BadReceipt, match=r"signature does not hold|key in the file"):
        verify(raw.replace(b'"sig": "', b'"sig": "AAAA'), site.signer.key.public_key())
    [name] = site.kept
    assert name == f"pc-7@{receipt.sha256}"


def test_what_was_received_is_taken_in_as_the_tokens_machine(site: Site) -> None:
    assert site.post(gzip.compress(laptop()), Content_Encoding="gzip")[0] == 200
    sent = tuple(sent_of(site.drop.waiting()))
    assert [one.host for one in sent] == ["pc-7"]
    results = take(site.intake.store, site.intake.estate, judging(), sent, lambda r: site.drop.settle(Path(r.label), r))
    assert [(one.took, one.host) for one in results] == [(Took.TAKEN, "pc-7")]
    assert site.kept == []
    assert len(list((site.drop.folder / DONE).iterdir())) == 1


def test_the_same_again_gets_the_same_receipt_and_changes_nothing(site: Site) -> None:
    async def twice(site: Site) -> tuple[Answer, Answer]:
        first = await site.call(laptop())
        site.intake.now += timedelta(minutes=5)
        return first, await site.call(laptop())

    first, second = site.run(twice)
    assert first[0] == 200
    assert first == second
    assert len(site.kept) == 1


def test_of_parallel_posts_one_is_the_newest(site: Site) -> None:
    async def many(site: Site) -> list[Answer]:
        documents = [laptop(at=f"2026-11-23T04:00:{n:02}Z", marker=f"{n:032x}") for n in range(8)]
        return await asyncio.gather(*(site.call(one) for one in documents))

    answers = site.run(many)
    assert {status for status, _ in answers} <= {200, 409, 422}
    assert answers[7][0] == 200
    [token] = site.intake.store.tokens.rows()
    assert token.collected_at == NOW - timedelta(hours=2) + timedelta(seconds=7)


@pytest.mark.parametrize(
    ("document", "status", "says"),
    [
        pytest.param(laptop(at="2026-11-23T07:00:00Z"), 422, "ahead of ours", id="future clock"),
        pytest.param(laptop("pc-8", board=OTHER, guid=GUID), 422, "another name", id="another host's"),
        pytest.param(laptop()[:-30], 422, "cut off", id="cut document"),
        pytest.param(b"hello", 422, "no snapshot", id="something else"),
        pytest.param(b"", 422, "empty", id="nothing"),
    ],
)
def test_what_is_wrong_with_a_document_is_said(site: Site, document: bytes, status: int, says: str) -> None:
    got, told = site.post(document)
    assert got == status
    assert says in told["error"]
    assert site.kept == []


def test_an_older_one_is_refused(site: Site) -> None:
    async def both(site: Site) -> Answer:
        assert (await site.call(laptop()))[0] == 200
        return await site.call(laptop(at="2026-11-23T03:00:00Z", marker="b" * 32))

    status, told = site.run(both)
    assert (status, told["error"]) == (422, "it is not newer than what was received of this machine before")


def test_a_token_speaks_for_its_machine_only(site: Site) -> None:
    site.intake.one(laptop("pc-8", "2026-11-23T03:00:00Z", board=OTHER, guid=GUID, marker="c" * 32))
    renamed = laptop("pc-7", board=OTHER, guid=GUID)
    status, told = site.post(renamed)
    assert (status, told["error"]) == (422, "it is the snapshot of another machine than the token's")


@pytest.mark.parametrize("which", ["nobody's", "revoked", "none", "cut", "another's secret"])
def test_without_a_good_token_nothing_is_read(site: Site, which: str) -> None:
    token = {"nobody's": "ect_00000000_" + "0" * 64, "none": "", "cut": site.token[:-1]}.get(which, site.token)
    if which == "revoked":
        site.intake.store.tokens.revoke("pc-7", NOW)
    if which == "another's secret":
        token = site.token[:13] + site.intake.store.tokens.add("pc-8", NOW)[13:]
    said = site.run(lambda site: site.raw(head(token, 100)))  # the body never comes
    assert parsed(said) == (401, {"error": "the token is not known here, or was revoked"})


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        pytest.param(lambda: gzip.compress(b"\0" * (64 << 20), 1), 413, "unpacked", id="bomb"),
        pytest.param(lambda: gzip.compress(laptop())[:-10], 422, "cut off", id="cut"),
        pytest.param(lambda: gzip.compress(laptop()) + b"x", 422, "stands behind", id="something behind"),
        pytest.param(laptop, 422, "is not", id="no gzip"),
    ],
)
def test_bad_gzip(site: Site, body: Callable[[], bytes], status: int, says: str) -> None:
    got, told = site.post(body(), Content_Encoding="gzip")
    assert got == status
    assert says in told["error"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"path": "/"}, 404),
        ({"method": "GET"}, 405),
        ({"Content_Encoding": "br"}, 415),
    ],
)
def test_what_is_not_offered(site: Site, asked: dict[str, str], status: int) -> None:
    assert parsed(site.run(lambda site: site.raw(head(site.token, 0, **asked))))[0] == status


def test_a_huge_body_is_refused_before_it_comes(site: Site) -> None:
    said = site.run(lambda site: site.raw(head(site.token, 1 << 40)))
    assert parsed(said)[0] == 413


def test_an_endless_body_is_cut(site: Site) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    said = site.run(lambda site: site.raw(head(site.token, None, Transfer_Encoding="chunked") + chunk * 80))
    assert said == b"" or parsed(said)[0] == 413
    assert site.kept == []


def test_a_slow_or_cut_body_costs_its_time_and_nothing_else(site: Site) -> None:
    site.seconds = 0.7

    async def work(site: Site) -> tuple[bytes, Answer]:
        document = laptop()
        slow = asyncio.create_task(site.raw(head(site.token, len(document)) + document[:100]))
        await site.raw(head(site.token, len(document)) + document[:100], close=True)
        honest = await site.call(document)
        return await slow, honest

    slow, honest = site.run(work)
    assert (slow, honest[0]) == (b"", 200)


def test_nobody_is_heard_in_the_clear(site: Site) -> None:
    async def plain(site: Site) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        writer.write(head(site.token, 0))
        try:
            return await asyncio.wait_for(reader.read(1000), 20)
        except ConnectionError:
            return b""
        finally:
            writer.close()

    assert b"HTTP" not in site.run(plain)


def test_a_machine_that_calls_all_the_time_is_told_to_wait(site: Site) -> None:
    async def many(site: Site) -> list[int]:
        return [(await site.call(b"x"))[0] for _ in range(CALLS + 2)]

    assert site.run(many) == [422] * CALLS + [429] * 2


def test_the_folder(site: Site) -> None:
    folder = site.drop.folder
    (folder / "good.json").write_bytes(laptop())
    (folder / "bad.json").write_bytes(b"no")
    (folder / ".hidden").write_bytes(laptop())
    (folder / "link.json").symlink_to(folder / "good.json")
    assert site.drop.waiting() == [], "somebody may still be writing"
    import time

    waiting = site.drop.waiting(time.time() + 60)
    assert [path.name for path in waiting] == ["bad.json", "good.json"]
    sent = tuple(sent_of(waiting))
    results = take(site.intake.store, site.intake.estate, judging(), sent, lambda r: site.drop.settle(Path(r.label), r))
    assert {one.took for one in results} == {Took.TAKEN, Took.REFUSED}
    assert [path.name for path in (folder / DONE).iterdir()] == ["good.json"]
    assert sorted(path.name for path in (folder / REFUSED).iterdir()) == ["bad.json", "bad.json.reason.txt"]
    assert "no snapshot" in (folder / REFUSED / "bad.json.reason.txt").read_text()


def test_one_process_works_on_a_folder(site: Site) -> None:
    with site.drop.alone() as first, Drop(site.drop.folder).alone() as second:
        assert (first, second) == (True, False)
