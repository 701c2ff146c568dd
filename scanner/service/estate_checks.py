"""Checks of the whole estate, judged when the visits of a scan are over: what was gathered of each asset, side by side.

Every asset of the inventory that could tell is in the list, also one outside this scan or one whose visit did not come
to its end: it is missing there, with the reason. So a scan of some assets may find something, and proves nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from checks.check import Check, Context
from checks.estate import Entry, Gathered, ListError, Peers, decode, encode, entry_of, query_of
from checks.finding import CheckRun
from checks.lifecycle import answers_fact
from inventory.asset import Asset, Privilege
from inventory.facts.missing import Absent, Missing, Reason
from inventory.policy import Policy
from scanner.engine import Facts
from scanner.probes import can_tell
from scanner.query import Answer
from scanner.store.records import EstateResult

Told = Mapping[str, tuple[Entry, Privilege]]  # by check: what was gathered of one asset, and under which right

EPOCH = datetime.fromtimestamp(0, UTC)
OUTSIDE = Missing(Reason.NOT_ATTEMPTED, "not part of this scan")
UNFINISHED = Missing(Reason.NOT_ATTEMPTED, "its visit did not come to its end")


def gathered(checks: Iterable[Check], asset: Asset, facts: Facts) -> Told:
    """What these checks gather of one asset over the way in that it was visited by. Never raises."""
    way = asset.connection.way
    return {c.id: _one(c, facts) for c in checks if c.gathers and can_tell(way, c.needs)}


def _one(check: Check, facts: Facts) -> tuple[Entry, Privilege]:
    least = min((facts.privileges.get(n, Privilege.NONE) for n in check.needs), key=lambda p: p.rank)
    if check.gathers is None:
        return Absent("nothing is gathered"), least
    try:
        return entry_of(check.needs, check.gathers, facts.facts), least
    except Exception as fault:  # noqa: BLE001 (as in Check.judge: a broken rule stops no other)
        return Missing(Reason.OUTPUT_UNREADABLE, f"the check itself failed: {type(fault).__name__}"), least


class Gathering:
    """Collects what the visits of one scan brought, and judges it at the end."""

    def __init__(self, checks: Sequence[Check], inventory: Iterable[Asset], planned: Iterable[Asset]) -> None:
        self._checks = tuple(check for check in checks if check.gathers)
        self._planned = {asset.name: asset for asset in planned}
        self._assets = {asset.name: asset for asset in inventory} | self._planned
        self._told: dict[str, Told] = {}
        self._at: dict[str, datetime] = {}

    def add(self, asset: Asset, told: Told, at: datetime) -> None:
        """``at``: when the visit began, as of which it is judged."""
        if self._checks:
            self._told[asset.name], self._at[asset.name] = told, at

    def results(self, policy: Policy) -> Iterator[EstateResult]:
        """For every asset that was visited: its runs, and the lists that they rest on."""
        lists = {check.id: self._list(check) for check in self._checks}
        newest = max(self._at.values(), default=EPOCH)
        answers = {name: _answer(name, entries, newest) for name, entries in lists.items()}
        peers = {name: Peers(entries) for name, entries in lists.items()}
        for name in sorted(self._told):
            runs = [run for check in self._checks for run in self._judged(check, name, peers[check.id], policy)]
            rests = sorted(check_id for check_id, (entry, _) in self._told[name].items() if isinstance(entry, Mapping))
            if runs:
                yield EstateResult(name, tuple(runs), tuple(answers[check_id] for check_id in rests))

    def _list(self, check: Check) -> dict[str, Entry]:
        able = (a for a in self._assets.values() if can_tell(a.connection.way, check.needs))
        return {asset.name: self._entry(check, asset) for asset in sorted(able, key=lambda a: a.name)}

    def _entry(self, check: Check, asset: Asset) -> Entry:
        if check.waived and (why := check.waived(Context(asset, {}, EPOCH))):
            return Absent(why)
        if asset.name in self._told and check.id in self._told[asset.name]:
            return self._told[asset.name][check.id][0]
        return UNFINISHED if asset.name in self._planned else OUTSIDE

    def _judged(self, check: Check, name: str, peers: Peers, policy: Policy) -> tuple[CheckRun, ...]:
        if check.id not in self._told[name]:
            return ()
        entry, privilege = self._told[name][check.id]
        context = context_of(check, self._assets[name], entry, peers, self._at[name], policy)
        return check.judge(context, dict.fromkeys(check.needs, privilege))


def context_of(check: Check, asset: Asset, entry: Entry, peers: Peers, now: datetime, policy: Policy) -> Context:
    """The facts themselves are gone by now; what is Missing or Absent in their place still counts."""
    facts = dict.fromkeys(check.needs, entry)
    return Context(asset, facts, now, policy=policy, estate=Gathered(asset.name, peers))


def judged_again(
    checks: Iterable[Check], asset: Asset, answers: Sequence[Answer], now: datetime, policy: Policy
) -> Iterator[tuple[Check, tuple[CheckRun, ...]]]:
    """From the lists that are stored with a visit: today's rules over the estate as that scan knew it."""
    for check in checks:
        peers = peers_in(check, answers)
        if peers is not None and asset.name in peers.entries:
            context = context_of(check, asset, peers.entries[asset.name], peers, now, policy)
            yield check, check.judge(context, rights_of(check, answers))


def peers_in(check: Check, answers: Iterable[Answer]) -> Peers | None:
    """The list that a visit keeps for this check; None: none, or none that can be read."""
    kept = next((answer for answer in answers if answer.query == query_of(check.id)), None)
    try:
        return Peers(decode(kept.output)) if kept else None
    except ListError:
        return None


def rights_of(check: Check, answers: Sequence[Answer]) -> dict[str, Privilege]:
    """Under which right each fact was read."""
    by_fact = {name: [a.privilege for a in answers if answers_fact(a.query, name)] for name in check.needs}
    return {name: min(held, key=lambda p: p.rank, default=Privilege.NONE) for name, held in by_fact.items()}


def _answer(check_id: str, entries: Mapping[str, Entry], newest: datetime) -> Answer:
    """Dated by the newest visit in it: the same visits give the same record."""
    when = newest.timestamp()
    return Answer(query_of(check_id), encode(entries), 0, None, Privilege.NONE, when, when)
