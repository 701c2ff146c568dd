"""What the probers' tests share: one look."""

import asyncio

from inventory.facts.availability import Sample
from inventory.watch import Ask, Tls, Watch
from scanner.transports.endpoints import probe
from scanner.transports.endpoints.around import Around


def look(
    kind: str,
    port: int,
    ask: Ask | None = None,
    *,
    host: str = "127.0.0.1",
    timeout: float = 4.0,
    tls: Tls | None = None,
    around: Around | None = None,
) -> Sample:
    watch = Watch("watched", kind, host, port, ask, timeout_seconds=timeout, tls=tls)
    return asyncio.run(probe(watch, around or Around()))
