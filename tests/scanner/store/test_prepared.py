"""Many rows at once: each arrives, once and in order, however they are dealt into statements."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from checks.finding import Outcome, Subject
from scanner.store.packing import MAX_REMEMBERED, Packed, Packer, compressed, hashed
from scanner.store.prepared import AT_ONCE, CHUNK, insertion
from scanner.store.schema import asset, snapshot
from scanner.store.snapshots import read_text, save_texts
from scanner.store.store import Store
from tests.scanner.store.world import START, Bench, answer, run

COUNTS = (1, 2, AT_ONCE[-2] + 1, sum(AT_ONCE), AT_ONCE[0] * 2 + AT_ONCE[1] * 3 + 3)


@pytest.mark.parametrize("count", COUNTS)
def test_every_row_arrives(store: Store, count: int) -> None:
    rows = [{"id": n, "sha256": n.to_bytes(32), "content": f"text {n}"} for n in range(1, count + 1)]
    with store._database.writing() as connection:
        insertion(snapshot).run_many(connection, rows)
        found = connection.execute(select(snapshot).order_by(snapshot.c.id)).all()
    assert [row._asdict() for row in found] == rows


def test_numbers_are_given_in_order(store: Store) -> None:
    """Findings are numbered by the database in the order in which they were handed over."""
    seen = {"generation": 1, "first_scan": 1, "last_scan": 1, "reviewed_scan": 0}
    rows = [{"uid": f"u{n:03d}", "name": "n", **seen} for n in range(150)]
    with store._database.writing() as connection:
        insertion(asset, "id").run_many(connection, rows)
        found = connection.execute(select(asset.c.uid).order_by(asset.c.id)).scalars().all()
    assert found == [row["uid"] for row in rows]


def test_a_visit_of_many_runs_comes_back_as_it_was(bench: Bench) -> None:
    runs = [run(Outcome.FAIL, subject=Subject("port", str(n))) for n in range(137)]
    number, saved = bench.scan("web-1", *runs)
    [host] = bench.store.hosts(number)
    assert list(host.runs) == runs
    assert saved.opened == tuple(f"EC-{n:04d}" for n in range(1, 138))
    assert bench.store.verify_chain() == 137
    assert {row.first_seen for row in bench.store.findings()} == {START + timedelta(days=1, minutes=1)}


def test_several_visits_in_one_transaction(bench: Bench) -> None:
    scan = bench.begin("a", "b", "c")
    results = [bench.result(name, run(Outcome.FAIL)) for name in ("a", "b", "c")]
    saved = bench.store.save_hosts(scan, results)
    assert [one.opened for one in saved] == [("EC-0001",), ("EC-0002",), ("EC-0003",)]
    assert bench.end(scan) == "complete"
    assert bench.store.scan(scan).done == 3
    assert bench.store.verify_chain() == 3


@pytest.mark.parametrize("ahead", ["nothing", "hashes", "everything"])
def test_evidence_is_the_same_however_much_was_done_ahead(bench: Bench, ahead: str) -> None:
    answers = (answer("sshd", "maxauthtries 6"), answer("mounts", "/ 90%"), answer("sysctl", "/ 90%"))
    texts = [one.output for one in answers]
    packed = {"nothing": None, "hashes": hashed(texts), "everything": Packer().pack(texts)}[ahead]
    number, _ = bench.scan("web-1", run(Outcome.PASS), answers=answers, packed=packed)
    [host] = bench.store.hosts(number, outputs=True)
    assert [stored.answer for stored in host.answers] == list(answers)
    with bench.store._database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM blob").scalar() == 2


def test_a_text_is_packed_once() -> None:
    packer = Packer()
    first, again, other = packer.pack([b"one", b"one", b"two"])
    assert (first.data, other.data) == (compressed(b"one"), compressed(b"two"))
    assert again == Packed(first.sha256)
    packer._known |= {n.to_bytes(32) for n in range(MAX_REMEMBERED + 1)}
    assert packer.pack([b"one"])[0].data is not None, "what is remembered is bounded"


def test_what_was_rolled_back_is_not_taken_for_known(store: Store) -> None:
    """A number that a transaction gave and lost must not stand in the next one."""

    def lose() -> None:
        with store._database.writing() as connection:
            assert save_texts(connection, ["lost", "lost", "kept"]) == [1, 1, 2]
            assert save_texts(connection, ["kept", "more", "lost"]) == [2, 3, 1]
            raise RuntimeError

    with pytest.raises(RuntimeError):
        lose()
    with store._database.writing() as connection:
        assert save_texts(connection, ["kept", "more"]) == [1, 2]
        connection.execute(delete(snapshot).where(snapshot.c.id == 2))
    with store._database.writing() as connection:  # somebody else removed it in between
        assert save_texts(connection, ["new", "kept", "more"]) == [2, 1, 3]
        assert [read_text(connection, number) for number in (1, 2, 3)] == ["kept", "new", "more"]


def test_a_look_up_of_any_length_finds_each_once(store: Store) -> None:
    texts = [f"text {number}" for number in range(CHUNK + 3)]
    with store._database.writing() as connection:
        numbers = save_texts(connection, texts)
    for count in (1, 2, 3, 5, 64, 65, CHUNK - 1, CHUNK, CHUNK + 1, CHUNK + 3):
        with store._database.writing() as connection:
            assert save_texts(connection, texts[:count]) == numbers[:count]
            assert connection.execute(select(func.count()).select_from(snapshot)).scalar_one() == len(texts)
