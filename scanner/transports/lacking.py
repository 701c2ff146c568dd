"""A way in whose packages are not installed here: nothing is sent, and the record says what to install."""

from collections.abc import Sequence
from datetime import UTC, datetime

from inventory.facts.missing import Missing, Reason
from scanner.query import Answer, Attempt, Deadline, Query, Visit


class Lacking:
    """A :class:`scanner.query.Transport`."""

    def __init__(self, way: str, said: str) -> None:
        self._way, self._missing = way, Missing(Reason.NOT_ATTEMPTED, said)

    async def answer(self, queries: Sequence[Query], deadline: Deadline) -> Visit:  # noqa: ARG002 (nothing takes time)
        attempt = Attempt(self._way, missing=self._missing, started_at=datetime.now(UTC))
        return Visit(attempt, tuple(Answer(query.name, missing=self._missing) for query in queries))
