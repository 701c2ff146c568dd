"""The updates that a host lacks, by two opinions: the advisory feed's, and the host's own package manager's.

Either one is enough to fail. A pass needs a fresh feed, or without any feed the host's own list alone, and then it says
so (patch-levels rule 13).
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from checks.advisories.kernels import is_kernel
from checks.advisories.matching import source_of
from checks.advisories.opinions import Host, Opinion
from checks.advisories.verdict import TO_UPDATE
from checks.advisories.words import DAY, counted, some
from checks.finding import Ruling, Subject, failed, not_assessed, passed
from inventory.facts.missing import Missing, Reason
from inventory.facts.origins import Origins
from inventory.facts.packages import Package, Packages, PendingUpdate, Repositories, Updates
from inventory.remembered import Latest

STALE_DAYS = 7  # older metadata cannot show this week's fixes
UNSAID = "what it does not list may be pending all the same"
_SECURITY = re.compile(r"security|\b(sid|unstable)\b", re.IGNORECASE)  # unstable gets its fixes in no suite of its own
Pending = Mapping[str, Sequence[PendingUpdate]]  # source package -> its updates


def _named(packages: Packages) -> dict[str, Package]:
    return {package.name: package for package in packages.items}


_by_name = Latest(_named)


def security_suite(repositories: Repositories, origins: Origins | None = None) -> bool:
    """By the names of the repositories, or by what their Release files call themselves (an own mirror's names vary)."""
    named = [item.name for item in repositories.items]
    named += [f"{item.suite} {item.codename} {item.label}" for item in origins.items] if origins else []
    return any(_SECURITY.search(name) for name in named)


def blind(updates: Updates, repositories: Repositories | None, origins: Origins | None = None) -> Ruling | None:
    """Why the host's own list may lack something; None when it can be relied on."""
    age = updates.metadata_age_seconds
    if age is None:
        return not_assessed(Reason.FEED_MISSING, f"the host has no package metadata: {UNSAID}")
    if age > STALE_DAYS * DAY:
        return not_assessed(Reason.FEED_TOO_OLD, f"the host's package metadata is {age // DAY} days old: {UNSAID}")
    if updates.manager == "apt" and repositories is not None and not security_suite(repositories, origins):
        return not_assessed(Reason.FEED_MISSING, f"no security suite is enabled on the host: {UNSAID}")
    if updates.pending and not updates.tells_security:
        told = f"updates are pending ({len(updates.pending)}), and nothing on the host says which are for security"
        return not_assessed(Reason.FEED_MISSING, told)
    return None


def lost(host: Host, state: object) -> Ruling | None:
    """Why the host's own list may have lost what it once named, so that its silence takes nothing back.

    Old metadata keeps what it named, and a list that never tells security apart, or was never asked for, named nothing.
    """
    if host.updates is None:
        if isinstance(state, Missing) and state.reason is not Reason.NOT_ATTEMPTED:
            return not_assessed(state.reason, f"the host's own list could not be had: {UNSAID}")
        return None
    gap = blind(host.updates, host.repositories, host.origins)
    gone = host.updates.metadata_age_seconds is None or (gap is not None and "suite" in gap.observed)
    return gap if gone else None


def by_source(host: Host, updates: Sequence[PendingUpdate], *, kernel: bool) -> dict[str, list[PendingUpdate]]:
    """Updates by source package: the kernel's, or all others. Of a package that is not installed, by its own name."""
    if not updates:
        return {}
    manager = host.packages.manager
    known = _by_name(host.packages)
    found: dict[str, list[PendingUpdate]] = {}
    for update in sorted(updates, key=lambda update: update.name):
        package = known.get(update.name) or Package(update.name, update.candidate, "", update.name, "")
        if is_kernel(manager, package) is kernel:
            found.setdefault(source_of(manager, package)[0], []).append(update)
    return found


def own_list(host: Host, *, kernel: bool) -> dict[str, list[PendingUpdate]]:
    """What the host itself lists for security. A kernel that is not judged apart counts with the rest."""
    if host.updates is None:
        return {}
    if host.owns_kernel:
        return by_source(host, host.updates.security, kernel=kernel)
    if kernel:
        return {}
    return by_source(host, host.updates.security, kernel=False) | by_source(host, host.updates.security, kernel=True)


def pending_by_host(host: Host, state: object) -> Iterator[Ruling]:
    """Without a feed. ``state`` is the fact of pending updates, for its reason where it is missing."""
    if host.updates is None:
        reason = state.reason if isinstance(state, Missing) else Reason.NOT_ATTEMPTED
        yield not_assessed(reason, "no advisory feed is loaded, and the host's own list could not be had")
        return
    pending = own_list(host, kernel=False)
    for source, updates in pending.items():
        yield failed(f"{offered(source, updates)}; no advisory feed is loaded", Subject("package", source))
    gap = blind(host.updates, host.repositories, host.origins)
    if gap is not None:
        yield gap
    elif not pending:
        days = (host.updates.metadata_age_seconds or 0) // DAY
        yield passed(f"no security update is pending, by metadata {days} days old; no advisory feed is loaded")


def offered(source: str, updates: Sequence[PendingUpdate]) -> str:
    which = some(f"{update.name} {update.installed}".rstrip() for update in updates)
    first = updates[0]
    if not first.candidate:  # zypper's patches: a name, and no package
        return f"the security patch {which} of {first.suite} is needed"
    return f"{source}: {first.candidate} is available from {first.suite} for {which}"


def pending_by_both(host: Host, opinion: Opinion, state: object = None) -> Iterator[Ruling]:
    """With a feed. Packages of which some weakness has a fix, and those that only the host lists."""
    own = own_list(host, kernel=False)
    actions = opinion.actions(TO_UPDATE) if opinion.matches else []
    both, alone = (f"; {who}{opinion.remark}" for who in _who(host, opinion.name))
    for action in actions:
        yield action.pending(both if action.source in own else alone)
    named = {action.source for action in actions}
    yield from _of_host_alone({source: own[source] for source in own if source not in named}, opinion)
    gap = opinion.doubt or lost(host, state)
    if gap is not None:
        yield gap
    elif not actions and not own:
        yield passed(_nothing_open(host, opinion))


def _who(host: Host, feed: str) -> tuple[str, str]:
    """Who says so: of a source that the host lists too, and of any other."""
    both = f"{feed} and the host's own list say so"
    if host.updates is None:
        return both, f"{feed} says so, the host's own list could not be had"
    if not host.updates.tells_security:
        return both, f"{feed} says so, the host's own list does not tell which updates are for security"
    return both, f"{feed} says so, the host's own list does not"


def only_by_host(opinion: Opinion) -> str:
    if opinion.matches is None:
        return "pending by the host's own list"
    return f"pending by the host's own list, unknown to {opinion.name}"


def _of_host_alone(own: Pending, opinion: Opinion) -> Iterator[Ruling]:
    """A list of zypper's patches names no packages: together they are one finding beside those of the feed."""
    unknown = only_by_host(opinion)
    patches = [update for updates in own.values() for update in updates if not update.candidate]
    for source, updates in own.items():
        if updates[0].candidate:
            yield failed(f"{offered(source, updates)}; {unknown}", Subject("package", source))
    if patches:
        named = some(update.name for update in patches)
        told = f"{counted(len(patches), 'security patch', 'security patches')} needed by the host's own list: {named}"
        yield failed(f"{told}; which packages they are for it does not say", Subject("patches", "zypper"))


def _nothing_open(host: Host, opinion: Opinion) -> str:
    matches = opinion.judged
    untold = f" (of {matches.untold} the origin is not established)" if matches.untold else ""
    told = f"nothing that {opinion.name} knows a fix for is open in {counted(matches.total, 'package')}{untold}"
    told += opinion.remark
    if host.updates is None:
        return f"{told}; the host's own list could not be had"
    if blind(host.updates, host.repositories, host.origins) is None:
        return f"{told}, and the host's own list says the same"
    return f"{told}; the host's own list cannot be relied on"
