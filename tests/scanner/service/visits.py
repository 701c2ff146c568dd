"""Visits for tests of scanning: answers recorded from real systems, given at once to whoever asks."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from checks.catalogue import catalogue, digest
from inventory.asset import Asset, Connection, Privilege
from inventory.estate import Estate
from scanner.engine import Errand, Looked, Pace, look
from scanner.feeds.support_dates import load
from scanner.query import Answer, Attempt, Deadline, Query, Surroundings, Visit
from scanner.secrets.credentials import CredentialStore
from scanner.service.bench import Bench, Order
from scanner.service.plan import Plan, probes_for
from scanner.service.scan import Job
from scanner.store.store import Store

CASES = Path(__file__).parents[1] / "probes" / "linux"
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
CHECKS = tuple(check for check in catalogue() if check.default)
SUPPORT = load()


@cache
def recorded() -> Mapping[str, bytes]:
    """What a Debian 12 answered, by query."""
    files = sorted(CASES.glob("*/debian-12*/answer.txt"), reverse=True)
    return {file.parts[-3]: file.read_bytes() for file in files}


def asset(name: str) -> Asset:
    return Asset(name, Connection("test", "192.0.2.1"), groups=("all",))


@dataclass
class Way:
    """A transport that answers every query with what was recorded; the package list differs from host to host."""

    asset: Asset
    more: Mapping[str, bytes] = field(default_factory=dict)  # in place of what was recorded

    async def answer(self, queries: Sequence[Query], _deadline: Deadline) -> Visit:
        own = hashlib.sha256(self.asset.name.encode()).hexdigest()[:32]
        texts = {**recorded(), "identity": f"machine_id={own}\nsmbios_uuid=\n=keys=\n=keys:0=\n".encode(), **self.more}
        attempt = Attempt("test", True, True, Privilege.ROOT, None, "OpenSSH", "", START, 1.0)
        return Visit(attempt, tuple(self._answer(query, texts) for query in queries))

    def _answer(self, query: Query, texts: Mapping[str, bytes]) -> Answer:
        text = texts.get(query.name, b"") + (b"# " + self.asset.name.encode() if query.name == "sysctl" else b"")
        return Answer(query.name, text, 0, None, Privilege.ROOT, 1.0, 2.0)


def visits(*names: str) -> list[Looked]:
    """One visit of each, as the engine makes them."""
    errands = [Errand(asset(name), probes_for(CHECKS, "ssh")) for name in names]

    async def all_of_them() -> list[Looked]:
        return [looked async for looked in look(errands, Way, Pace(jitter_seconds=0.0))]

    return sorted(asyncio.run(all_of_them()), key=lambda looked: looked.asset.name)


def bench() -> Bench:
    return Bench(CHECKS, SUPPORT.dates)


def order(**changes: object) -> Order:
    values = {
        "checks": tuple(check.id for check in CHECKS),
        "catalogue_digest": digest(catalogue()),
        "support": SUPPORT.data,
        "support_digest": SUPPORT.digest,
    }
    return Order(**{**values, **changes})  # type: ignore[arg-type]  # a table of keyword arguments


def job(store: Store, *names: str) -> Job:
    """A scan of made-up hosts; ``WAYS["test"]`` must be :class:`Way`."""
    assets = tuple(asset(name) for name in names)
    estate = Estate("Lab", assets, digest="d")
    errands = tuple(Errand(one, probes_for(CHECKS, "ssh")) for one in assets)
    surroundings = Surroundings(CredentialStore({}), store.host_keys())
    made = order()
    return Job(
        Plan(errands, CHECKS, ()),
        estate,
        store,
        surroundings,
        SUPPORT,
        made.catalogue_digest,
        "test",
        Pace(jitter_seconds=0.0, per_subnet=99),
    )
