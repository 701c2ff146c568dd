"""What the tests of endpoints share: one visit from outside, read as facts."""

import asyncio
from typing import Any

from inventory.asset import Asset, Connection, Tls
from inventory.sources.endpoint_words import endpoint_of
from scanner.probes import OUTSIDE
from scanner.query import Deadline, Visit
from scanner.transports import WAYS


def looked(
    *urls: str,
    tls: Tls | None = None,
    seconds: float = 60.0,
    address: str = "127.0.0.1",
    only: str = "",
    **own: Any,  # noqa: ANN401 (fields of an Asset)
) -> tuple[Visit, dict[str, Any]]:
    """The visit, and the facts by their names; ``only`` one of them is asked for."""
    endpoints = tuple(map(endpoint_of, urls))
    asset = Asset("x", Connection("endpoint", address, tls=tls), endpoints=endpoints, **own)
    probes = [probe for probe in OUTSIDE if probe.query(asset, ()) and only in ("", probe.name)]
    queries = [query for probe in probes if (query := probe.query(asset, ()))]
    visit = asyncio.run(WAYS["endpoint"](asset, None).answer(queries, Deadline(seconds)))  # type: ignore[arg-type]
    facts = {
        probe.name: answer.missing or probe.parse(asset, [answer])
        for probe, answer in zip(probes, visit.answers, strict=True)
    }
    return visit, facts


def one(fact: str, url: str, **more: Any) -> Any:  # noqa: ANN401 (an endpoint of whichever fact)
    """The one endpoint of the one fact."""
    _, facts = looked(url, only=fact, **more)
    (endpoint,) = facts[fact].endpoints
    return endpoint
