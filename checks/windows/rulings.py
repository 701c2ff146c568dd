"""The rulings on Windows updates: what is lacking, what only subscribers get, what has been lacking for long."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from checks.advisories.library import Advisories
from checks.advisories.rating import WORDS
from checks.advisories.support import SupportDates
from checks.advisories.words import counted, some
from checks.check import Context
from checks.finding import Member, Ruling, Severity, Subject, failed, not_assessed, passed
from checks.windows.judging import Judged, Missing, Proof
from checks.windows.machine import MAX_TITLE, SEARCH_DAYS, WindowsHost
from checks.windows.opinions import EXTENDED, NO_FEED, Opinion, Verdicts, is_other, opinion_of
from checks.windows.units import Unit, urgent
from inventory.facts.missing import Missing as Lacking
from inventory.facts.missing import Reason
from inventory.facts.windows_updates import WindowsPendingUpdate, WindowsPendingUpdates

LATE_DAYS = 14


def heard(host: WindowsHost, advisories: Advisories | None, context: Context) -> Opinion | None:
    support: SupportDates | None = context.support
    asset = context.asset
    return opinion_of(host, advisories, support, asset.exposure, context.today) if advisories else None


def lacking(opinion: Opinion | None) -> Iterator[Ruling]:
    """Each missing update unit; then why the rest proves no pass, or the pass."""
    verdicts = opinion.verdicts if opinion else None
    if opinion is None or verdicts is None:
        yield opinion.why if opinion and opinion.why else not_assessed(Reason.FEED_MISSING, NO_FEED)
        return
    for unit in verdicts.to_install:
        yield unit.ruling(f"{unit.sentence(opinion.machine.version)}; {_by(unit, verdicts)}{opinion.offered(unit)}")
    yield from verdicts.gaps
    if not verdicts.to_install and not verdicts.gaps:
        yield passed(_nothing(verdicts, opinion))


def _by(unit: Unit, verdicts: Verdicts) -> str:
    how = "its build says so" if unit.by_build else "its list of installed updates says so"
    return f"by {verdicts.feed}, {how}"


def _nothing(verdicts: Verdicts, opinion: Opinion) -> str:
    judged, version = verdicts.judged, opinion.machine.version
    newest = f" (the newest cumulative one is KB{judged.newest.kb})" if judged.newest else ""
    count = counted(len(judged.present), "update")
    paid = (
        f"; {counted(len(verdicts.by_subscription), 'other')} only subscribers get" if verdicts.by_subscription else ""
    )
    return f"build {version} has all {count} that {verdicts.feed} knows for it{newest}, {_proof(judged)}{paid}"


def _proof(judged: Judged) -> str:
    proofs = [proof.value for proof in (Proof.BUILD, Proof.LIST, Proof.AGENT) if proof in judged.present.values()]
    return "by its " + " and ".join(proofs) if proofs else "of which there are none"


def agents_own(host: WindowsHost, opinion: Opinion | None, state: object) -> Iterator[Ruling]:
    """What the update agent has and no feed knows: the second opinion (patch-levels rule 13). ``state``: why it could
    not be had. It tells nothing of what came out after its last search."""
    pending = host.windows_pending_updates
    if pending is None:
        missing = state if isinstance(state, Lacking) else Lacking(Reason.NOT_ATTEMPTED)
        yield not_assessed(missing.reason, missing.detail or "what the update agent has pending could not be had")
        return
    found = _unknown(pending, opinion)
    yield from found
    days = pending.days_since_search
    if days is None or days > SEARCH_DAYS:
        when = "tells of no search" if days is None else f"last searched {counted(days, 'day')} ago"
        yield not_assessed(Reason.NOT_TOLD, f"the update agent {when}: what came out since then it does not know")
    elif not found:
        searched = f"the update agent, whose last search was {counted(days, 'day')} ago,"
        yield passed(f"{searched} lists no security update that the feeds do not know")


def _unknown(pending: WindowsPendingUpdates, opinion: Opinion | None) -> Sequence[Ruling]:
    if opinion is not None and opinion.verdicts is not None:
        return _pending(opinion.unknown_pending(), f"{opinion.verdicts.feed} does not know it")
    updates = [update for update in pending.security if not is_other(update)]
    return _pending(updates, "no feed of Windows updates says anything of it")


def _pending(updates: Iterable[WindowsPendingUpdate], why: str) -> Sequence[Ruling]:
    """One for each KB, however many entries of the agent's name it."""
    found: dict[str, Ruling] = {}
    for update in updates:
        title = update.title[:MAX_TITLE]
        key = f"KB{update.kbs[0]}" if update.kbs else title
        named = f"{title} ({some(f'KB{kb}' for kb in update.kbs) or 'no KB'})"
        severity = WORDS.get(update.severity.lower())
        told = f"{named} is pending by the update agent; {why}"
        found.setdefault(key, failed(told, Subject("package", key), severity))
    return list(found.values())


def by_subscription(opinion: Opinion | None) -> Iterator[Ruling]:
    verdicts = opinion.verdicts if opinion else None
    if opinion is None or verdicts is None:
        yield opinion.why if opinion and opinion.why else not_assessed(Reason.FEED_MISSING, NO_FEED)
        return
    for unit in verdicts.by_subscription:
        told = f"{unit.sentence(opinion.machine.version)}; released after the regular support of this edition"
        yield unit.ruling(f"{told}, so it needs {_evidence(verdicts, opinion)}; {_by(unit, verdicts)}")
    yield from verdicts.gaps
    if not verdicts.by_subscription and not verdicts.gaps:
        yield passed(f"{verdicts.feed} knows of no update that this host would need extended security updates for")


def _evidence(verdicts: Verdicts, opinion: Opinion) -> str:
    if verdicts.scope != EXTENDED:
        return f"{verdicts.scope}, which this one is not"
    told = "its licence tells of none" if opinion.machine.extended is False else "nothing on the host shows them"
    return f"{verdicts.scope}: {told}"


def late(opinion: Opinion | None, today: date) -> Iterator[Ruling]:
    """Units with a critical update that was out :data:`LATE_DAYS` ago."""
    verdicts = opinion.verdicts if opinion else None
    if opinion is None or verdicts is None:
        yield opinion.why if opinion and opinion.why else not_assessed(Reason.FEED_MISSING, NO_FEED)
        return
    found = [(unit, urgent(unit, today - timedelta(LATE_DAYS))) for unit in verdicts.to_install]
    for unit, updates in found:
        if updates:
            yield unit.ruling(
                _late(unit, updates, today, opinion, verdicts), _members(unit, updates), Severity.CRITICAL
            )
    yield from verdicts.gaps
    if not any(updates for _, updates in found) and not verdicts.gaps:
        yield passed(f"no critical update that {verdicts.feed} knows has been lacking for {LATE_DAYS} days")


def _late(unit: Unit, updates: tuple[Missing, ...], today: date, opinion: Opinion, verdicts: Verdicts) -> str:
    oldest = updates[-1].update
    days = (today - date.fromisoformat(oldest.day)).days
    head = f"{unit.name}: {counted(len(updates), 'critical update')} lacking on build {opinion.machine.version}"
    told = (
        f"the oldest is KB{oldest.kb} of {oldest.day}, {days} days ago; KB{unit.target.kb} of {unit.target.day} has all"
    )
    return f"{head}; {told}; {_by(unit, verdicts)}"


def _members(unit: Unit, updates: tuple[Missing, ...]) -> tuple[Member, ...]:
    """Of all weaknesses that the unit clears, those of these updates."""
    these = {cve for one in updates for cve in one.update.cves}
    return tuple(member for member in unit.members if member.id in these)
