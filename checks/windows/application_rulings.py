"""The rulings on applications: out of support, behind, and those that no feed speaks of."""

from collections.abc import Iterator, Sequence
from datetime import date

from checks.advisories.library import Advisories
from checks.advisories.rating import Rater
from checks.advisories.support import Cycle, SupportDates
from checks.advisories.words import counted, some, weaknesses
from checks.finding import Member, Outcome, Ruling, Severity, Subject, failed, not_assessed, passed
from checks.windows.application_products import FRAMEWORK, RUNTIME
from checks.windows.applications import Fixes, Installed, behind, fixes_of, hits_of, installed_of, numbers_of, unlisted
from checks.windows.opinions import MAX_AGE_DAYS, OWN
from inventory.facts.missing import Reason
from inventory.facts.windows_applications import WindowsApplications

MOST_NAMED = 20


def ended(found: Sequence[Installed], support: SupportDates, today: date, none: str) -> Iterator[Ruling]:
    """One ruling for each product; ``none`` is said where there is none."""
    for one in found:
        cycle, subject = one.cycle(support), one.subject(one.cycle(support))
        if cycle is None:
            told = f"the support dates of {support.snapshot} do not know {one.told} ({some(one.entries)})"
            yield Ruling(Outcome.NOT_ASSESSED, told, subject, Reason.FEED_MISSING)
        elif cycle.ends is not None and cycle.ends < today:
            yield failed(
                f"support of {_named(one, cycle)} ended on {cycle.ends} ({some(one.entries)}){_paid(cycle)}", subject
            )
        else:
            until = f"until {cycle.ends}" if cycle.ends else "with no end announced"
            yield passed(f"{_named(one, cycle)} is supported {until}", subject)
    if not found:
        yield passed(none)


def _named(one: Installed, cycle: Cycle) -> str:
    return f"{one.product.title} {one.version or cycle.cycle}"


def _paid(cycle: Cycle) -> str:
    return f"; an extension to {cycle.extended_ends} needs evidence of entitlement" if cycle.extended_ends else ""


def outdated(
    applications: WindowsApplications,
    support: SupportDates | None,
    advisories: Advisories | None,
    exposure: str | None,
    today: date,
) -> Iterator[Ruling]:
    """Each product with a fix or a newer version; then what no feed speaks of, or the pass."""
    rater = Rater(advisories, exposure, OWN) if advisories else None
    silent: list[Installed] = []
    unread = [*_runtimes_unread(applications), *profiles_unseen(applications)]
    yield from unread
    current, told = 0, len(unread)
    for one in installed_of(applications):
        if one.product is FRAMEWORK:
            continue  # updated with Windows: win.patch.hotfix-missing
        cycle = one.cycle(support)
        fixes = fixes_of(one, cycle, advisories)
        rulings = list(_of_one(one, cycle, fixes, rater, today))
        told += len(rulings)
        yield from rulings
        if not rulings and fixes is None and behind(one, cycle) is None:
            silent.append(one)
        elif not rulings:
            current += 1
    yield from _silence(silent, unlisted(applications), current, told)


def profiles_unseen(applications: WindowsApplications) -> Iterator[Ruling]:
    """What people install for themselves alone stands in their own part of the registry, which is there while they are
    logged in: what is lacking from the list is not gone."""
    unseen = applications.users_unseen
    if unseen != 0:
        whose = "other users" if unseen is None else counted(unseen, "user")
        told = f"what {whose} installed for themselves alone could not be seen: they are not logged in"
        yield Ruling(Outcome.NOT_ASSESSED, told, Subject("product", "of users who are not logged in"), Reason.NOT_TOLD)


def _runtimes_unread(applications: WindowsApplications) -> Iterator[Ruling]:
    """They have no entry in the list of applications."""
    if applications.dotnet_runtimes is None:
        told = f"whether {RUNTIME.title} is installed could not be read"
        yield Ruling(Outcome.NOT_ASSESSED, told, Subject("product", RUNTIME.title), Reason.OUTPUT_UNREADABLE)


def _of_one(
    one: Installed, cycle: Cycle | None, fixes: Fixes | None, rater: Rater | None, today: date
) -> Iterator[Ruling]:
    """Microsoft's data comes before the newest version of the cycle."""
    hits = hits_of(one, fixes.versions) if fixes else ()
    if fixes and rater and hits:
        members = tuple(sorted((rater.member(hit) for hit in hits), key=_worst_first))
        target = max((hit.fixed for hit in hits), key=numbers_of)
        words = f"{one.told}: {target} clears {weaknesses(members)}, by {fixes.feed}"
        yield failed(words, one.subject(cycle), members[0].severity, members)
    elif cycle and behind(one, cycle):
        words = f"{one.told} is behind {cycle.latest}, the newest of its cycle; whether that fixes weaknesses the"
        yield failed(f"{words} support dates do not say", one.subject(cycle))
    elif fixes and (age := (today - fixes.note.as_of).days) > MAX_AGE_DAYS:
        words = f"{fixes.feed} is {age} days old, at most {MAX_AGE_DAYS} are allowed: what it does not know may be open"
        told = f"{words} all the same in {one.told}"
        yield Ruling(Outcome.NOT_ASSESSED, told, one.subject(cycle), Reason.FEED_TOO_OLD)


def _silence(silent: Sequence[Installed], others: int, current: int, told: int) -> Iterator[Ruling]:
    parts = []
    if silent:
        named = some((one.told for one in silent), MOST_NAMED)
        parts.append(f"no feed tells of fixes for {counted(len(silent), 'known application')}: {named}")
    if others:
        parts.append(f"{counted(others, 'other application is', 'other applications are')} in no list of ours")
    if parts:
        yield not_assessed(Reason.FEED_MISSING, "; ".join(parts))
    elif not told:
        yield passed(f"{counted(current, 'application is', 'applications are')} the newest that the feeds know")


def _worst_first(member: Member) -> tuple[int, str]:
    return (member.severity.rank if member.severity else len(Severity), member.id)
