"""The evidence of a scan as a report lists it, and one hash over all of it."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from reports.report import EvidenceItem
from scanner.service.feed_rows import PREFIX
from scanner.store.records import StoredHost


def evidence_of(hosts: Iterable[StoredHost]) -> Iterator[EvidenceItem]:
    """What a feed said is left out: it is told with the feed, once for all hosts."""
    for host in hosts:
        for stored in host.answers:
            if not stored.query.startswith(PREFIX):
                yield EvidenceItem(
                    host.asset.name,
                    stored.query,
                    stored.sha256,
                    stored.size,
                    stored.answer.privilege,
                    stored.answer.missing,
                )


def root(evidence: Sequence[EvidenceItem]) -> str:
    """sha256 over the sorted digests."""
    digests = sorted(f"{item.asset}\0{item.query}\0{item.sha256}" for item in evidence)
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def root_of(hosts: Iterable[StoredHost]) -> str:
    return root(tuple(evidence_of(hosts)))
