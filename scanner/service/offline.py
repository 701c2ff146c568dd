"""Signing away from the record: what a claim needs to know of a finding is read from the report in JSON."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from checks.statements import Statement, is_digest
from scanner.service.decide import Word, attached
from scanner.service.signing import Signer
from scanner.store.decisions import Refused, Signed


@dataclass(frozen=True, slots=True)
class Offline:
    """Findings by their ref: fingerprint and episode."""

    signer: Signer
    role: str
    name: str
    findings: Mapping[str, tuple[str, int]]

    @classmethod
    def of(cls, report: bytes, signer: Signer, role: str, name: str) -> "Offline":
        """Raises :class:`Refused` when it is no report."""
        try:
            content = json.loads(report)
        except (ValueError, RecursionError) as fault:
            raise Refused("the report is no JSON that can be read") from fault
        found = {ref: (print_, episode) for ref, print_, episode in _occurrences(content)}
        if not found:
            raise Refused("the report names no finding; take the one that `estatecheck report` writes as JSON")
        return cls(signer, role, " ".join(name.split()), found)

    def signed(self, ref: str, word: Word) -> Signed:
        """Raises :class:`Refused` when the report does not name the finding."""
        if ref.upper() not in self.findings:
            raise Refused(f"the report does not name {ref[:40]}")
        print_, episode = self.findings[ref.upper()]
        files = tuple(attached(path) for path in word.files)
        statement = Statement(
            action=word.action,
            ref=ref.upper(),
            fingerprint=print_,
            episode=episode,
            actor=self.name,
            role=self.role,
            at=datetime.now(UTC),
            reason=word.reason,
            reference=word.reference,
            evidence=tuple(file.sha256 for file in files),
            more=word.more,
        )
        return Signed(statement, self.signer.key_id, self.signer.signature(statement.payload()), files)


def _occurrences(content: object) -> Iterator[tuple[str, str, int]]:
    """Anywhere in the report: whatever bears a ref, a fingerprint and an episode."""
    waiting: list[Any] = [content]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            ref, print_, episode = part.get("ref"), part.get("fingerprint"), part.get("episode")
            if isinstance(ref, str) and is_digest(print_) and isinstance(episode, int):
                yield ref.upper(), str(print_), episode
            waiting += part.values()
