"""A way in answers some kinds of query; the others are not sent, and that is their answer."""

from collections.abc import Sequence

from inventory.facts.missing import Missing, Reason
from scanner.query import Answer, Attempt, Deadline, Query, Transport, Visit


class Selective:
    """A :class:`scanner.query.Transport` around one that must not see what it cannot ask."""

    def __init__(self, inner: Transport, way: str, kinds: tuple[type[Query], ...]) -> None:
        self.inner, self._way, self._kinds = inner, way, kinds

    async def answer(self, queries: Sequence[Query], deadline: Deadline) -> Visit:
        """One answer a query, in their order."""
        fit = [query for query in queries if isinstance(query, self._kinds)]
        cannot = Missing(Reason.NOT_ATTEMPTED, f"this asset is reached over {self._way}, which cannot answer this")
        if not fit:
            answers = tuple(Answer(query.name, missing=cannot) for query in queries)
            return Visit(Attempt(self._way, missing=cannot), answers)
        visit = await self.inner.answer(fit, deadline)
        if len(fit) == len(queries) or not visit.answers:
            return visit
        given = iter(visit.answers)
        answers = tuple(
            next(given) if isinstance(query, self._kinds) else Answer(query.name, missing=cannot) for query in queries
        )
        return Visit(visit.attempt, answers)
