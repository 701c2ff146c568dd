"""Fixes that the feed knows and the host is not offered: why, as far as its facts tell (patch-levels rule 13)."""

from collections.abc import Iterator

from checks.advisories.matching import source_of
from checks.advisories.opinions import Host, Opinion
from checks.advisories.pending import by_source, security_suite
from checks.advisories.verdict import Verdict
from checks.advisories.words import DAY, counted, some
from checks.finding import Ruling, Subject, failed, not_assessed, passed
from inventory.facts.missing import Missing, Reason
from inventory.facts.packages import Updates

MOST_NAMED = 20
STALE_DAYS = 7
_FIXES = frozenset({Verdict.FIX_AVAILABLE})


def not_offered(host: Host, opinion: Opinion | None, state: object) -> Iterator[Ruling]:
    """One finding per cause, which names the packages. ``state`` is the fact of pending updates."""
    if opinion is None or opinion.matches is None:
        gap = opinion.gap if opinion else None
        yield gap or not_assessed(Reason.FEED_MISSING, "no advisory feed is loaded")
        return
    if host.updates is None:
        reason = state.reason if isinstance(state, Missing) else Reason.NOT_ATTEMPTED
        yield not_assessed(reason, "what the host is offered could not be read")
        return
    causes = _causes(host, opinion, host.updates)
    for cause, (why, sources) in causes.items():
        fixes = counted(len(sources), "fix", "fixes")
        told = f"{why}: {fixes} known to {opinion.name} {'is' if len(sources) == 1 else 'are'} not offered"
        yield failed(f"{told} ({some(sources, MOST_NAMED)})", Subject("cause", cause))
    if (doubt := opinion.doubt) is not None:
        yield doubt
    elif not causes:
        yield passed(f"the host is offered every fix that {opinion.name} knows for it")


def _causes(host: Host, opinion: Opinion, updates: Updates) -> dict[str, tuple[str, list[str]]]:
    held = _held(host)
    offered = {**by_source(host, updates.pending, kernel=False), **by_source(host, updates.pending, kernel=True)}
    named = [action.source for action in opinion.actions(_FIXES)]
    kernel = opinion.kernel_action(_FIXES)
    named += [kernel.source] if kernel else []
    found: dict[str, tuple[str, list[str]]] = {}
    general = _general(host, updates)
    for source in named:
        if source in held:
            found.setdefault("held", ("packages are held back", []))[1].append(source)
        elif source not in offered:
            found.setdefault(general[0], (general[1], []))[1].append(source)
    return found


def _held(host: Host) -> frozenset[str]:
    return frozenset(source_of(host.packages.manager, package)[0] for package in host.packages.held)


def _general(host: Host, updates: Updates) -> tuple[str, str]:
    """The first cause that explains why nothing of a package is offered."""
    age = updates.metadata_age_seconds
    if age is None:
        return "metadata", "the host has no package metadata"
    if (
        updates.manager == "apt"
        and host.repositories is not None
        and not security_suite(host.repositories, host.origins)
    ):
        return "security-suite", "no security suite is enabled on the host"
    if age > STALE_DAYS * DAY:
        return "metadata", f"the host's package metadata is {age // DAY} days old"
    return "unexplained", "the host's repositories do not have it, or a pin keeps it away"
