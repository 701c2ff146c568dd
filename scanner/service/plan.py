"""Before anything is touched: which assets, which checks, which probes, and who permitted it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from checks.check import Check
from inventory.asset import Asset
from inventory.estate import Estate, Scope
from inventory.faults import Foreseen
from inventory.scope import covering
from scanner.engine import Errand
from scanner.probes import asked_of, can_tell, concerns, kind_of, probes_of
from scanner.query import Probe
from scanner.service.clock_book import in_force as clocks_in_force
from scanner.service.policies import in_force

# Who is this, and is it the same machine as last time?
ALWAYS = ("system", "identity", "device", "windows_system", "windows_identity")


class PlanError(Foreseen):
    """What was asked for cannot be planned. The message says what to do."""


class NotPermitted(PlanError):
    """Assets that no valid scope covers."""


@dataclass(frozen=True, slots=True)
class Plan:
    errands: tuple[Errand, ...]
    checks: tuple[Check, ...]
    scopes: tuple[Scope, ...]  # the permissions that cover these assets

    @property
    def assets(self) -> tuple[Asset, ...]:
        return tuple(errand.asset for errand in self.errands)


def plan(
    estate: Estate, catalogue: Sequence[Check], today: date, *, limit: Sequence[str] = (), globs: Sequence[str] = ()
) -> Plan:
    """Raises :class:`PlanError`; :class:`NotPermitted` names every asset outside all scopes.

    Raises :class:`BadPolicy` for a policy file that cannot be used.
    """
    in_force(estate.policy)
    clocks_in_force(estate, today.year)
    assets = choose_assets(estate, limit)
    scopes = _permissions(estate, assets, today)
    checks = choose_checks(catalogue, globs)
    probes = {way: probes_for(checks, way) for way in {asset.connection.way for asset in assets}}
    errands = tuple(
        Errand(_permitted(estate, asset, today), asked_of(asset, probes[asset.connection.way])) for asset in assets
    )
    return Plan(errands, tuple(c for c in checks if _any_concerned(c, assets)), scopes)


def _permitted(estate: Estate, asset: Asset, today: date) -> Asset:
    """Some questions to endpoints need more than others: what the scope permits goes with the asset."""
    scope = covering(estate, asset, today) if asset.endpoints else None
    return replace(asset, permitted=scope.intrusiveness.value) if scope else asset


def _any_concerned(check: Check, assets: Sequence[Asset]) -> bool:
    kinds = {kind_of(asset): asset for asset in assets}
    return any(concerns(asset, check.needs) for asset in kinds.values())


def choose_assets(estate: Estate, limit: Sequence[str]) -> tuple[Asset, ...]:
    """Assets whose name or group matches one of the patterns; all of them when there is no pattern."""
    if not limit:
        chosen = estate.assets
    else:
        names = {name for asset in estate.assets for name in (asset.name, *asset.groups)}
        for pattern in limit:
            _known(pattern, names, "host or group in the inventory", fnmatchcase)
        chosen = tuple(a for a in estate.assets if _any(limit, (a.name, *a.groups)))
    if not chosen:
        raise PlanError("the inventory has no host to look at")
    return tuple(sorted(chosen, key=lambda asset: asset.name))


def choose_checks(catalogue: Sequence[Check], globs: Sequence[str]) -> tuple[Check, ...]:
    """Checks that are on by default, or those a pattern names."""
    if not globs:
        return tuple(check for check in catalogue if check.default)
    for pattern in globs:
        _known(pattern, {check.id for check in catalogue}, "check", fnmatchcase)
    return tuple(check for check in catalogue if _any(globs, (check.id,)))


def probes_for(checks: Sequence[Check], way: str) -> tuple[Probe[Any], ...]:
    """The probes behind the facts that these checks need, in the order of a visit over this way."""
    concerned = [check for check in checks if can_tell(way, check.needs)]
    needed = {fact for check in concerned for fact in (*check.needs, *check.uses)} | set(ALWAYS)
    return tuple(probe for name, probe in probes_of(way).items() if name in needed)


def _any(patterns: Sequence[str], names: Collection[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


def _known(pattern: str, names: Collection[str], what: str, matches: Callable[[str, str], bool]) -> None:
    if not any(matches(name, pattern) for name in names):
        close = get_close_matches(pattern, names, 1)
        raise PlanError(f"no {what} matches {pattern!r}" + (f"; did you mean {close[0]}?" if close else ""))


def _permissions(estate: Estate, assets: Sequence[Asset], today: date) -> tuple[Scope, ...]:
    covers = {asset.name: covering(estate, asset, today) for asset in assets}
    outside = sorted(name for name, scope in covers.items() if scope is None)
    if outside:
        shown = ", ".join(outside[:10]) + (f" and {len(outside) - 10} more" if len(outside) > 10 else "")
        raise NotPermitted(
            f"nobody has permitted scanning {shown} on {today}: add them to a scope under estatecheck.scopes "
            "(who authorised it, reference, dates), or leave them out with --limit"
            + ("" if estate.scopes else "; for this one scan: --authorised-by 'NAME, ROLE' --reference TICKET")
        )
    return tuple(sorted({scope.id: scope for scope in covers.values() if scope}.values(), key=lambda scope: scope.id))
