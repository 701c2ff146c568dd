"""The fewest issues to fix so that several counts come down to their limits. Pure.

Each limit is a covering problem over the same issues; several at once are a set cover, which nobody solves exactly in
general. So: what a limit of 0 forces is taken, then greedily whatever brings all counts nearest to their limits, then
what turned out not to be needed is left out again. A lower bound is worked out beside it; where the answer is as small
as that, it is proven to be the smallest, and otherwise it is said not to be.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """A count that must come down to ``at_most``; each issue weighs so much in it."""

    at_most: int
    weights: Mapping[str, int]

    def left(self, fixed: Iterable[str] = ()) -> int:
        """How much too high the count still is."""
        return max(0, sum(self.weights.values()) - sum(self.weights.get(key, 0) for key in fixed) - self.at_most)


def smallest(needs: Sequence[Need], work: Mapping[str, int]) -> tuple[tuple[str, ...], bool]:
    """The issues to fix, sorted, and whether fewer are proven not to do.

    ``work`` tells how many occurrences each issue has: of issues that help alike, the smaller is taken.
    """
    forced = {key for need in needs if need.at_most == 0 for key in need.weights}
    chosen = _greedy(needs, forced, work)
    chosen = _without_idle(needs, chosen, forced, work)
    return tuple(sorted(chosen)), len(chosen) == _at_least(needs, forced)


def _greedy(needs: Sequence[Need], forced: set[str], work: Mapping[str, int]) -> list[str]:
    """Issues that weigh alike in every count stand in one pile, so that thousands are as quick as ten."""
    chosen = sorted(forced)
    left = [need.left(forced) for need in needs]
    piles: dict[tuple[int, ...], list[str]] = {}
    candidates = {key for need, lack in zip(needs, left, strict=True) if lack for key in need.weights} - forced
    for key in sorted(candidates, key=lambda key: (work[key], key), reverse=True):  # the least work is taken first
        piles.setdefault(tuple(need.weights.get(key, 0) for need in needs), []).append(key)
    while any(left):
        best = max((weights for weights in piles if piles[weights]), key=lambda weights: _help(weights, left))
        chosen.append(piles[best].pop())
        left = [max(0, lack - weight) for lack, weight in zip(left, best, strict=True)]
    return chosen


def _help(weights: tuple[int, ...], left: Sequence[int]) -> tuple[float, tuple[int, ...]]:
    parts = (min(weight, lack) / lack for weight, lack in zip(weights, left, strict=True) if lack)
    return sum(parts), weights


def _without_idle(needs: Sequence[Need], chosen: Sequence[str], forced: set[str], work: Mapping[str, int]) -> list[str]:
    """Leave out, the most work first, what all limits can do without."""
    slack = [need.at_most - sum(need.weights.values()) + sum(need.weights.get(k, 0) for k in chosen) for need in needs]
    kept = set(chosen)
    for key in sorted(kept - forced, key=lambda key: (-work[key], key)):
        weights = [need.weights.get(key, 0) for need in needs]
        if all(weight <= room for weight, room in zip(weights, slack, strict=True)):
            kept.discard(key)
            slack = [room - weight for room, weight in zip(slack, weights, strict=True)]
    return sorted(kept)


def _at_least(needs: Sequence[Need], forced: set[str]) -> int:
    """No answer is smaller: what is forced, and what the hungriest limit still takes by its heaviest issues."""
    more = 0
    for need in needs:
        lack, taken = need.left(forced), 0
        for weight in sorted((w for key, w in need.weights.items() if key not in forced), reverse=True):
            if lack <= 0:
                break
            lack, taken = lack - weight, taken + 1
        more = max(more, taken)
    return len(forced) + more
