"""A comparison in words and numbers, shared by terminal, HTML and the report that carries one. Pure, no verdict."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from checks.coverage import Step
from checks.finding import Severity
from reports.compare_data import COVERAGE_WHY, Change, Comparison, Gate, Kind, Rerate, Side, StepChange, Units, Why
from reports.text import count, listing, safe_text, state_words

FEW = 5  # names in a sentence
CLIP = 300  # characters of one text
MEANING: Mapping[Kind, str] = {
    Kind.NEW: "The second report names it, the first did not, and it had not been fixed before.",
    Kind.REGRESSED: "It had been proven fixed, and it failed again.",
    Kind.FIXED: "A later visit proved the fix: the same machine, the same check, at least the same rights.",
    Kind.DECIDED: "A person decided that it does not count, and the decision stands in the record.",
    Kind.STALE: "It was not looked at for so long that the record calls it stale. It still counts.",
    Kind.NOT_SEEN: "The second scan did not see it, and nobody proved that it was fixed. Not seen is not fixed.",
    Kind.SEEN_AGAIN: "The first scan could not look at it, the second could, and it is still there.",
    Kind.STAYED: "Both reports count it.",
    Kind.BETWEEN: "It came after the first report and was proven fixed by the second scan: it counts in neither.",
}
SYMBOLS: Mapping[Kind, str] = {
    Kind.NEW: "+",
    Kind.REGRESSED: "↺",
    Kind.FIXED: "✓",
    Kind.DECIDED: "✕",
    Kind.STALE: "◌",
    Kind.NOT_SEEN: "?",
    Kind.SEEN_AGAIN: "◉",
    Kind.STAYED: "=",
    Kind.BETWEEN: "⇄",
}
TOLD = tuple(kind for kind in Kind if kind is not Kind.STAYED)  # listed one by one
_SUMMED = {
    Kind.NEW: ("is new", "are new"),
    Kind.REGRESSED: ("came back after a proven fix", "came back after a proven fix"),
    Kind.FIXED: ("is verified fixed", "are verified fixed"),
    Kind.DECIDED: ("was closed by a decision", "were closed by a decision"),
    Kind.STALE: ("became stale", "became stale"),
    Kind.NOT_SEEN: ("was not seen again and is not proven fixed", "were not seen again and are not proven fixed"),
    Kind.SEEN_AGAIN: ("could be looked at again and is still there", "could be looked at again and are still there"),
}


@dataclass(frozen=True, slots=True)
class Balance:
    """Occurrences. ``before - fixed - decided - gone = both`` and ``both + new + back = after``."""

    before: int
    fixed: int
    decided: int
    gone: int  # absent from the second report without a proof
    both: int
    new: int
    back: int  # regressed, and not counted in the first report
    after: int


def balance(told: Comparison) -> Balance:
    gone = sum(c.kind is Kind.NOT_SEEN and c.now is None for c in told.changes)
    back = sum(c.kind is Kind.REGRESSED and c.was is None for c in told.changes)
    both = sum(c.was is not None and c.now is not None for c in told.changes)
    return Balance(
        told.before.occurrences,
        told.kinds.get(Kind.FIXED, Units()).occurrences,
        told.kinds.get(Kind.DECIDED, Units()).occurrences,
        gone,
        both,
        told.kinds.get(Kind.NEW, Units()).occurrences,
        back,
        told.after.occurrences,
    )


def markings(told: Comparison) -> str:
    """What is printed on it: it holds what both reports hold, so both markings, the first's before the second's."""
    both = dict.fromkeys(side.marking for side in (told.was, told.now) if side.marking)
    return " / ".join(both)


def same_policy(told: Comparison) -> str:
    """A warning where the two reports were not judged by the same policies; empty where they were."""
    names = [one.name for one in told.differences if one.name.partition(" policy")[1] or one.name == "risk rules"]
    if not names:
        return ""
    return (
        f"The two reports were not judged by the same {listing(names, len(names))}: suppliers and areas are compared "
        "within the second report only, and the figures of the first are by its own."
    )


def all_units(units: Units) -> str:
    """``3 occurrences of 2 issues on 3 assets, 1 root cause``."""
    return (
        f"{count(units.occurrences, 'occurrence')} of {count(units.issues, 'issue')} on "
        f"{count(units.assets, 'asset')}, {count(units.root_causes, 'root cause')}"
    )


def names(side: Side) -> str:
    """``ECR-12-0123456789ab of 3 March 2025``."""
    return f"{safe_text(side.report_id, 60)} of {safe_text(side.started[:10], 20)}"


def headline(told: Comparison) -> str:
    """What changed, in one or two sentences."""
    since = f"{'Since' if told.later else 'From'} report {names(told.was)}"
    since += "" if told.later else f" to {names(told.now)}"
    if told.empty:
        return f"{since} nothing changed: the same findings, rated alike, looked at alike and judged by the same."
    parts = [_summed(kind, told.kinds[kind]) for kind in _SUMMED if kind in told.kinds]
    rerated = told.rerated.occurrences
    if rerated:
        parts.append(f"{count(rerated, 'occurrence')} {'was' if rerated == 1 else 'were'} re-rated")
    if not parts:
        return f"{since} no finding changed; {told.after.occurrences:,} are still there."
    return f"{since}: {listing(parts, len(parts))}."


def since_lines(told: Comparison) -> Iterator[str]:
    """What a report says of the change since an earlier one, in short."""
    yield from warnings(told)
    yield headline(told)
    if coverage_words(told):
        yield coverage_words(told)
    sums = balance(told)
    yield (
        f"{sums.before:,} counted then; {sums.fixed:,} verified fixed, {sums.decided:,} closed by a decision, "
        f"{sums.gone:,} absent and not proven; {sums.new:,} new, {sums.back:,} back after a fix; {sums.after:,} count "
        "now."
    )
    for one in told.differences:
        yield f"Not judged alike: {safe_text(one.name, 60)}, {one.was or 'none'} then, {one.now or 'none'} now."


def _summed(kind: Kind, units: Units) -> str:
    words = _SUMMED[kind][units.occurrences != 1]
    return f"{count(units.occurrences, 'occurrence')} ({count(units.issues, 'issue')}) {words}"


def warnings(told: Comparison) -> Iterator[str]:
    """What a reader must know before any number."""
    if told.was.sha256 == told.now.sha256:
        yield "Both are the same report."
    elif not told.later:
        yield (
            "The second report is the earlier one, or both began at once: nothing in it can prove a fix, so what is "
            "absent is told as not seen."
        )
    yield from (safe_text(one, CLIP) for one in (*told.was.notes, *told.now.notes))
    shared = told.was.assets.keys() & told.now.assets.keys()
    if told.was.assets and told.now.assets and not shared:
        yield "The two reports have no asset in common: they cannot show what changed on any."
    for side in (told.was, told.now):
        if side.state != "complete":
            yield f"The scan of {safe_text(side.report_id, 60)} did not come to its end ({safe_text(side.state, 40)})."


def coverage_words(told: Comparison) -> str:
    """How the looking changed, in one sentence; empty when it did not."""
    seen = told.coverage
    parts = []
    if seen.lost:
        parts.append(f"{count(len(seen.lost), 'asset')} {_were(seen.lost)} looked at less or not at all")
    if seen.gained:
        parts.append(f"{count(len(seen.gained), 'asset')} {_were(seen.gained)} looked at further or for the first time")
    if seen.checks_lost:
        parts.append(f"{count(len(seen.checks_lost), 'check')} did not run any more")
    if seen.checks_gained:
        parts.append(f"{count(len(seen.checks_gained), 'check')} ran for the first time")
    lost = sum(seen.judgements_lost.values())
    if lost:
        parts.append(f"{count(lost, 'judgement')} could not be made any more")
    if seen.judgements_gained:
        parts.append(f"{count(seen.judgements_gained, 'judgement')} could be made that could not before")
    return f"Coverage: {listing(parts, len(parts))}." if parts else ""


def _were(found: tuple[StepChange, ...]) -> str:
    return "was" if len(found) == 1 else "were"


def reason_rows(told: Comparison) -> tuple[tuple[str, int], ...]:
    """Why what was not seen again was not seen: reason and occurrences, the commonest first."""
    return _tally(c for c in told.changes if c.kind is Kind.NOT_SEEN)


def newly_seen(told: Comparison) -> int:
    """New occurrences of which the first report could not know, because it did not look there."""
    return sum(c.kind is Kind.NEW and c.why in COVERAGE_WHY for c in told.changes)


def _tally(changes: Iterable[Change]) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for change in changes:
        if change.why:
            found[change.why.value] = found.get(change.why.value, 0) + 1
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def moves(told: Comparison) -> tuple[tuple[str, int], ...]:
    """Findings that both count, and that people moved: ``open to risk accepted`` and how many."""
    found: dict[str, int] = {}
    for one in told.changes:
        if one.was is not None and one.now is not None and one.was.state != one.now.state:
            said = f"{state(one.was.state)} to {state(one.now.state)}"
            found[said] = found.get(said, 0) + 1
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def mended_between(told: Comparison) -> str:
    """Why more came back than the sum adds: some count in both, and were proven fixed in between."""
    number = sum(c.kind is Kind.REGRESSED and c.was is not None for c in told.changes)
    return f"{number:,} {'was' if number == 1 else 'were'} proven fixed in between and came back" if number else ""


def looked_at(gate: Gate) -> str:
    """Which assets rates are of."""
    return "that were logged in to" if gate.step is Step.LOGGED_IN else f"that came as far as {gate.step.value}"


def state(word: str) -> str:
    return safe_text(state_words(word), 60)


def by_severity(changes: Iterable[Change]) -> dict[Severity, int]:
    found = [change.it.severity for change in changes]
    return {severity: found.count(severity) for severity in Severity}


def explained(change: Change) -> str:
    """Why it stands under its kind: the proof with its event, or the reason for its absence."""
    if change.kind in (Kind.FIXED, Kind.DECIDED, Kind.BETWEEN):
        return _proof(change)
    if change.kind is Kind.NEW:
        return _new(change)
    if change.kind is Kind.REGRESSED:
        return f"found for the {ordinal(change.it.episode)} time{_detail(change)}"
    if change.why is None:
        return ""
    still = "; it still counts" if change.now is not None else ""
    return f"{change.why.value}{_detail(change)}{still}"


def _new(change: Change) -> str:
    if change.why in COVERAGE_WHY:
        return f"the first report could not know: {change.why.value if change.why else ''}{_detail(change)}"
    if change.why is Why.DATA_CHANGED:
        return "it may be newly published: the vulnerability data was changed"
    if change.why is Why.RULE_CHANGED:
        return f"it may be newly asked for: {change.why.value}{_detail(change)}"
    return "the first report looked there and did not see it"


def _detail(change: Change) -> str:
    return f" ({safe_text(change.detail, CLIP)})" if change.detail else ""


def _proof(change: Change) -> str:
    by = f"proven by report {safe_text(change.proven_by, 60)}" if change.proven_by else ""
    one = change.proof
    if one is None:
        return by
    scan = f"scan {one.scan:,}" if one.scan is not None else "a person"
    told = f"{safe_text(one.why, 60)} on {safe_text(one.at[:10], 20)} by {scan}, event {one.event:,} ({one.hash[:12]})"
    return f"{told}; {by}" if by else told


def ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number:,}{ending}"


def rerated(one: Rerate) -> str:
    """``severity medium to high; risk high to critical``."""
    parts = [
        f"{word} {old.value} to {new.value}"
        for word, (old, new) in (("severity", one.severity), ("risk", one.level))
        if old is not new
    ]
    return "; ".join(parts)


def rerated_lines(one: Rerate) -> tuple[str, ...]:
    """The lines of the rules that moved it; where there are none, what else did."""
    lines = (*(f"no longer: {line}" for line in one.gone), *(f"now: {line}" for line in one.came))
    told = (*lines, *((one.because,) if one.because else ()))
    return tuple(safe_text(line, CLIP) for line in told) or ("no rule line tells why; the reports name none",)
