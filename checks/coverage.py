"""How far the looking got: by area, service, supplier and kind, by count and by the areas' weights. Pure.

``domain.md``, Coverage. An asset that was not assessed never leaves a denominator: every asset that is known stands
in every table, under its own name or under "none given". Shares are exact fractions from 0 to 1.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from inventory.estate import Area

NONE_GIVEN = ""
WEIGHTS = ("areas", "users", "budget", "sites")
NOT_ALL_JUDGED = "not every check could be judged"
BY_ITSELF = "only a snapshot of its own, nobody was logged in"
LESS_PRIVILEGE = "privilege too low"


class Step(StrEnum):
    """How far a scan got with an asset. Each step includes the ones after it."""

    KNOWN = "known"
    ATTEMPTED = "attempted"
    REACHED = "reached"
    LOGGED_IN = "logged in"
    PRIVILEGED = "privileged"
    FULLY_ASSESSED = "fully assessed"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {step: rank for rank, step in enumerate(Step)}


@dataclass(frozen=True, slots=True)
class Looked:
    """One asset and how far the scan got with it."""

    uid: str
    name: str
    step: Step
    area: str = NONE_GIVEN
    service: str = NONE_GIVEN
    supplier: str = NONE_GIVEN
    kind: str = "server"
    exposure: str | None = None  # internet, third-party, internal, isolated; None: the inventory does not say
    reason: str = ""  # why it got no further: a word of the closed list; "" there was nothing further
    has_login: bool = True  # False: there is nothing to log in to, as with an endpoint looked at from outside

    @property
    def far_enough(self) -> Step:
        """What stands for a log-in here."""
        return Step.LOGGED_IN if self.has_login else Step.REACHED

    @property
    def operating(self) -> bool:
        return self.step.rank >= self.far_enough.rank


def furthest(*, attempted: bool, reached: bool, logged_in: bool, privileged: bool, fully_assessed: bool) -> Step:
    """``privileged``: as root. Where every check could be judged, no privilege was lacking either."""
    if fully_assessed:
        return Step.FULLY_ASSESSED
    if logged_in:
        return Step.PRIVILEGED if privileged else Step.LOGGED_IN
    if reached:
        return Step.REACHED
    return Step.ATTEMPTED if attempted else Step.KNOWN


def funnel(steps: Iterable[Step]) -> dict[Step, int]:
    """Assets that got at least as far as each step; never grows from one step to the next."""
    ended = Counter(steps)
    return {step: sum(number for last, number in ended.items() if last.rank >= step.rank) for step in Step}


@dataclass(frozen=True, slots=True)
class Short:
    """Assets that got no further for one reason; names sorted."""

    reason: str
    names: tuple[str, ...]


def shortfalls(assets: Iterable[Looked], wanted: Step = Step.FULLY_ASSESSED) -> tuple[Short, ...]:
    """Why assets did not come as far as ``wanted``, the commonest reason first."""
    names: dict[str, list[str]] = {}
    for asset in assets:
        if asset.step.rank < wanted.rank:
            names.setdefault(asset.reason or "no reason was recorded", []).append(asset.name)
    told = (Short(reason, tuple(sorted(found))) for reason, found in names.items())
    return tuple(sorted(told, key=lambda short: (-len(short.names), short.reason)))


@dataclass(frozen=True, slots=True)
class Share:
    """One weight of the areas: each area counts with it times the share of its assets at that step."""

    weight: str  # areas (all alike), users, budget, sites
    total: int
    shares: Mapping[Step, Fraction]
    left_out: tuple[str, ...]  # names of areas for which the inventory gives no such weight


Steps = Mapping[Step, int]


def weigh(area: Area, weight: str) -> int | None:
    return {"areas": 1, "users": area.users, "budget": area.budget, "sites": area.sites}[weight]


def weighted(rows: Iterable[tuple[Area, Steps]], weight: str) -> Share | None:
    """None when no area has that weight. An area without an asset counts as not looked at."""
    rows = [(area, steps) for area, steps in rows if area.id != NONE_GIVEN]
    known = [(w, steps) for area, steps in rows if (w := weigh(area, weight)) is not None]
    total = sum(w for w, _ in known)
    if not total:
        return None
    looked = [(w, steps) for w, steps in known if steps[Step.KNOWN]]
    shares = {s: sum((Fraction(w * n[s], n[Step.KNOWN]) for w, n in looked), Fraction(0)) / total for s in Step}
    return Share(weight, total, shares, tuple(area.name for area, _ in rows if weigh(area, weight) is None))


@dataclass(frozen=True, slots=True)
class Adoption:
    """In how many of all areas something is, by count and by weight: 16 of 54 areas, 30 % of areas, 20 % of budget."""

    areas: int
    adopted: tuple[str, ...]  # names
    operating: tuple[str, ...]  # names of those where it was logged in to
    dark: tuple[str, ...]  # names of those adopted where it was not
    by_weight: Mapping[str, Fraction]  # weight -> share of it that lies in areas that adopted it
    left_out: Mapping[str, tuple[str, ...]]  # weight -> areas for which it is not known


@dataclass(frozen=True, slots=True)
class Row:
    """One area, service, supplier or kind."""

    id: str  # "" for the assets for which the inventory gives none
    name: str
    steps: Steps
    short: tuple[Short, ...]
    shares: tuple[Share, ...]  # over the areas in which it has assets
    adoption: Adoption

    @property
    def known(self) -> int:
        return self.steps[Step.KNOWN]

    def share(self, step: Step) -> Fraction | None:
        """None where there is no asset: nothing can be said."""
        return Fraction(self.steps[step], self.known) if self.known else None


GROUPINGS: Mapping[str, Callable[[Looked], str]] = {
    "area": lambda asset: asset.area,
    "service": lambda asset: asset.service,
    "supplier": lambda asset: asset.supplier,
    "kind": lambda asset: asset.kind,
}


def table(
    assets: Iterable[Looked], grouping: str, names: Mapping[str, str], areas: Mapping[str, Area]
) -> tuple[Row, ...]:
    """A row for each name, also those without an asset, by name; those that are given none last.

    ``names`` tells what an id is called. The rows' assets add up to ``assets``, whichever the grouping.
    """
    of = GROUPINGS[grouping]
    groups: dict[str, list[Looked]] = {key: [] for key in names}
    for asset in assets:
        groups.setdefault(of(asset), []).append(asset)
    rows = [_row(key, names.get(key, key) or f"No {grouping} given", found, areas) for key, found in groups.items()]
    return tuple(sorted(rows, key=lambda row: (row.id == NONE_GIVEN, row.name, row.id)))


def _row(key: str, name: str, assets: Sequence[Looked], areas: Mapping[str, Area]) -> Row:
    inside = by_area(assets, areas)
    present = [(area, funnel(a.step for a in found)) for area, found in inside if found]
    shares = tuple(share for weight in WEIGHTS if (share := weighted(present, weight)))
    return Row(key, name, funnel(a.step for a in assets), shortfalls(assets), shares, adoption(inside))


def by_area(assets: Iterable[Looked], areas: Mapping[str, Area]) -> list[tuple[Area, list[Looked]]]:
    """Every area of the inventory, also without an asset, by name; assets without an area last, if there are any."""
    groups: dict[str, list[Looked]] = {key: [] for key in areas}
    for asset in assets:
        groups.setdefault(asset.area, []).append(asset)
    named = [(areas.get(key) or Area(key, key or "No area given"), found) for key, found in groups.items()]
    return sorted(named, key=lambda pair: (pair[0].id == NONE_GIVEN, pair[0].name, pair[0].id))


def adoption(inside: Iterable[tuple[Area, Sequence[Looked]]]) -> Adoption:
    real = [(area, found) for area, found in inside if area.id != NONE_GIVEN]
    adopted = [(area, found) for area, found in real if found]
    lit = [area.name for area, found in adopted if any(asset.operating for asset in found)]
    by_weight, left_out = {}, {}
    for weight in WEIGHTS:
        total = sum(weigh(area, weight) or 0 for area, _ in real)
        if total:
            by_weight[weight] = Fraction(sum(weigh(area, weight) or 0 for area, _ in adopted), total)
            left_out[weight] = tuple(area.name for area, _ in real if weigh(area, weight) is None)
    names = tuple(area.name for area, _ in adopted)
    dark = tuple(name for name in names if name not in set(lit))
    return Adoption(len(real), names, tuple(lit), dark, by_weight, left_out)
