"""The keeper: several visits in one transaction, and one that cannot be stored takes no other with it."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from scanner.query import Answer
from scanner.service.keeper import MOST, Keeper, Room
from scanner.store.records import HostResult, Saved, StoreError
from tests.scanner.service.visits import visits


@dataclass
class Ledger:
    """Stands in for the store: what came in which transaction, and what it refuses."""

    refused: frozenset[str] = frozenset()
    batches: list[list[str]] = field(default_factory=list)

    def save_hosts(self, _scan_id: int, results: Sequence[HostResult]) -> tuple[Saved, ...]:
        names = [str(result) for result in results]
        if self.refused & set(names):
            raise StoreError("the disk is full")
        self.batches.append(names)
        return tuple(Saved(name, "", (), (), ()) for name in names)


def kept(ledger: Ledger, names: Sequence[str], linger: float = 0.05) -> list[Saved | BaseException]:
    async def write(call: Callable[..., Any], *given: object) -> object:
        return await asyncio.to_thread(call, *given)

    async def all_of_them() -> list[Saved | BaseException]:
        keeper = Keeper(write, ledger, 1, linger)  # type: ignore[arg-type]  # the one method it needs
        return await asyncio.gather(*(keeper.keep(name) for name in names), return_exceptions=True)  # type: ignore[arg-type]  # a result is only handed on

    return asyncio.run(all_of_them())


def test_what_is_ready_shares_a_transaction() -> None:
    ledger, names = Ledger(), [f"h{n}" for n in range(MOST * 2 + 5)]
    saved = kept(ledger, names)
    assert [one.uid for one in saved if isinstance(one, Saved)] == names
    assert [len(batch) for batch in ledger.batches] == [MOST, MOST, 5]
    assert [name for batch in ledger.batches for name in batch] == names


def test_one_that_cannot_be_stored_takes_no_other_with_it() -> None:
    ledger = Ledger(frozenset({"h3"}))
    saved = kept(ledger, [f"h{n}" for n in range(6)])
    assert [isinstance(one, StoreError) for one in saved] == [n == 3 for n in range(6)]
    assert ledger.batches == [["h0"], ["h1"], ["h2"], ["h4"], ["h5"]]


@pytest.mark.parametrize(("visits_", "size"), [(2, 1 << 30), (100, 250)], ids=["visits", "bytes"])
def test_room_is_bounded_and_comes_free_again(visits_: int, size: int) -> None:
    [one] = visits("a")
    looked = replace(one, given={"word": (Answer("word", bytes(125)),)})

    async def used() -> int:
        room, inside = Room(visits_, size), 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                while True:
                    await room.take(looked)
                    inside += 1
        room.give_back(looked, None)
        async with asyncio.timeout(5):
            await room.take(looked)
        return inside

    assert asyncio.run(used()) == 2


def test_a_visit_larger_than_the_room_is_let_in() -> None:
    [looked] = visits("a")

    async def one() -> None:
        async with asyncio.timeout(5):
            await Room(8, 10).take(looked)

    asyncio.run(one())
