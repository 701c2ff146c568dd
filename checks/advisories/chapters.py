"""What is no missing patch: weaknesses without a fix, fixes by subscription, packages that nobody speaks of."""

from collections.abc import Iterable, Iterator, Sequence

from checks.advisories.grouping import Action
from checks.advisories.matching import Foreign, Matches
from checks.advisories.opinions import Host, Opinion
from checks.advisories.standing import Standing
from checks.advisories.verdict import Verdict
from checks.advisories.words import counted, some
from checks.finding import Member, Ruling, Subject, failed, not_assessed, passed
from inventory.facts.missing import Reason

MOST_NAMED = 20
NO_FEED = "no advisory feed is loaded"
_NO_FIX = frozenset({Verdict.NO_VENDOR_FIX})
_SUBSCRIPTION = frozenset({Verdict.FIX_NEEDS_SUBSCRIPTION})
_UNIMPORTANT = frozenset({Verdict.UNIMPORTANT})


def _actions(opinion: Opinion, verdicts: frozenset[Verdict]) -> list[Action]:
    """Of all packages, the running kernel's among them."""
    kernel = opinion.kernel_action(verdicts)
    return [*opinion.actions(verdicts), *([kernel] if kernel else [])] if opinion.matches else []


def without_fix(opinion: Opinion | None) -> Iterator[Ruling]:
    """Information: nobody can install what the vendor has not made."""
    if opinion is None:
        yield not_assessed(Reason.FEED_MISSING, NO_FEED)
        return
    actions = _actions(opinion, _NO_FIX)
    told = f" without a fix from the vendor, by {opinion.name}{opinion.remark}"
    for action in actions:
        yield action.unfixed(told)
    if (doubt := opinion.doubt) is not None:
        yield doubt
    elif not opinion.tells_unfixed:
        told = f"{opinion.name} tells of fixed weaknesses only: which have no fix yet its publisher does not say there"
        yield not_assessed(Reason.FEED_MISSING, told)
    elif not actions:
        unimportant = sum(len(action.members) for action in _actions(opinion, _UNIMPORTANT))
        beside = (
            f"; {counted(unimportant, 'other is', 'others are')} unimportant by the vendor's word"
            if unimportant
            else ""
        )
        yield passed(f"{opinion.name} knows of no weakness without a fix{beside}{opinion.remark}")


def by_subscription(host: Host, opinion: Opinion | None) -> Iterator[Ruling]:
    if opinion is None:
        yield not_assessed(Reason.FEED_MISSING, NO_FEED)
        return
    actions = _actions(opinion, _SUBSCRIPTION)
    for action in actions:
        scopes = sorted({member.attributes.get("scope", "") for member in action.members})
        yield action.pending(f", by {opinion.name}; it needs {some(scopes)}: {_evidence(host, scopes)}{opinion.remark}")
    if (doubt := opinion.doubt) is not None:
        yield doubt
    elif not actions:
        yield passed(f"{opinion.name} knows of no fix that this host would need a subscription for{opinion.remark}")


def _evidence(host: Host, scopes: Sequence[str]) -> str:
    if host.entitlements is None:
        return "whether the host has it could not be read"
    names = {scope.partition(":")[0] for scope in scopes}
    found = [one for one in host.entitlements.items if one.name.partition(":")[0] in names]
    return some(f"{one.name} is there but not in use ({one.evidence})" for one in found) or "the host does not have it"


def unspoken(opinion: Opinion | None) -> Iterator[Ruling]:
    """Packages that no advisory source speaks of: in no repository is a fail, another maker's could not be judged."""
    if opinion is None:
        yield not_assessed(Reason.FEED_MISSING, NO_FEED)
        return
    if opinion.matches is None:
        yield opinion.gap or not_assessed(Reason.FEED_MISSING, NO_FEED)
        return
    matches = opinion.matches
    local = [one for one in matches.foreign if one.standing is Standing.LOCAL]
    yield from _without_source(local)
    unjudged = [*_others(matches.foreign), *opinion.unjudged()]
    if unjudged:
        told = f"{counted(len(unjudged), 'package')} no advisory speaks of: {some(unjudged, MOST_NAMED)}"
        yield not_assessed(Reason.FEED_MISSING, told)
    elif opinion.list_gap is not None:
        yield opinion.list_gap
    elif not local:
        judged = counted(matches.total, "package is", "packages are")
        yield passed(f"{judged} judged by {opinion.name}{_origin(matches)}{opinion.remark}")


def _origin(matches: Matches) -> str:
    return f"; of {matches.untold} the origin is not established" if matches.untold else ""


def _without_source(local: Iterable[Foreign]) -> Iterator[Ruling]:
    by_source: dict[str, list[Foreign]] = {}
    for one in local:
        by_source.setdefault(one.source, []).append(one)
    for source, found in sorted(by_source.items()):
        which = some(f"{one.package} {one.version}" for one in found)
        members = tuple(_member(one) for one in found)
        yield failed(
            f"{which}: {found[0].evidence}, so nobody sends fixes for it", Subject("package", source), None, members
        )


def _member(one: Foreign) -> Member:
    return Member(one.package, Verdict.THIRD_PARTY_UNKNOWN.value, None, {"evidence": one.evidence})


def _others(foreign: Iterable[Foreign]) -> list[str]:
    return [f"{one.package} {one.version} ({one.evidence})" for one in foreign if one.standing is Standing.FOREIGN]
