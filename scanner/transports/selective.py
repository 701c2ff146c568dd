"""A way in is a main transport, perhaps with helpers for other kinds of query. What none can answer is not sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from inventory.facts.missing import Missing, Reason
from scanner.query import Answer, Attempt, Deadline, Query, Transport, Visit

Kinds = tuple[type[Query], ...]


@dataclass(frozen=True, slots=True)
class Helper:
    """Answers these kinds of query beside the main transport, whether or not that one gets in."""

    transport: Transport
    kinds: Kinds
    seconds: float  # of the visit's time that are kept for it, at most


class Selective:
    """A :class:`scanner.query.Transport` of several. The attempt is the main transport's, and so is the first turn.

    A main transport that could not get in stays a failed attempt; what helpers really read is answered all the same.
    Only when nothing at all was for the main transport is the attempt that of the first helper.
    """

    def __init__(self, inner: Transport, way: str, kinds: Kinds, helpers: Sequence[Helper] = ()) -> None:
        self.inner, self._way, self.helpers = inner, way, tuple(helpers)
        self._all = (Helper(inner, kinds, 0.0), *helpers)

    async def answer(self, queries: Sequence[Query], deadline: Deadline) -> Visit:
        """One answer a query, in their order."""
        due = [(one, fit) for one in self._all if (fit := [query for query in queries if isinstance(query, one.kinds)])]
        visits = [await one.transport.answer(fit, self._share(one, due, deadline)) for one, fit in due]
        if len(due) == 1 and due[0][0].transport is self.inner and (due[0][1] == [*queries] or not visits[0].answers):
            return visits[0]
        cannot = Missing(Reason.NOT_ATTEMPTED, f"this asset is reached over {self._way}, which cannot answer this")
        attempt = visits[0].attempt if visits else Attempt(self._way, missing=cannot)
        given = {id(query): Answer(query.name, missing=cannot) for query in queries}
        for (_, fit), visit in zip(due, visits, strict=True):
            unsaid = visit.attempt.missing or Missing(Reason.NOT_ATTEMPTED, "no answer came to this")
            given |= {id(query): Answer(query.name, missing=unsaid) for query in fit}
            given |= {id(query): answer for query, answer in zip(fit, visit.answers, strict=False)}
        return Visit(replace(attempt, way=self._way), tuple(given[id(query)] for query in queries))

    def _share(self, one: Helper, due: Sequence[tuple[Helper, object]], deadline: Deadline) -> Deadline:
        """The main transport leaves the helpers that have something to do their time, at most a third of all."""
        kept = sum(other.seconds for other, _ in due) if one is self._all[0] else 0.0
        return Deadline(deadline.left() - min(kept, deadline.left() / 3)) if kept else deadline
