"""People of the simulated year: what they sign, with keys that are made from the seed and worth nothing."""

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checks.finding import Severity
from checks.statements import Action
from examples.simulated import timeline
from examples.simulated.estate import SERVICES
from examples.simulated.names import SEED, SUPPLIERS
from examples.simulated.year import World
from scanner.service.decide import ASKED, Desk, Rated, Word, answer
from scanner.service.roles import Holder, admit
from scanner.service.signing import Signer
from scanner.store.decisions import Refused
from scanner.store.records import FindingRow

NAMES = {
    "operator": "D. Fictional, Operations",
    "owner": "E. Fictional, Estate Owner",
    "assessor": "F. Fictional, Assessor",
    "accreditor": "G. Fictional, Security Board",
    **{f"supplier:{one.id}": one.name for one in SUPPLIERS},
}
RECORD = "the record"


def worthless_key(name: str) -> Signer:
    """Derived from the seed: anybody can make it, so it proves nothing outside this example."""
    seed = hashlib.sha256(f"worthless key {SEED} {name}".encode()).digest()
    return Signer(Ed25519PrivateKey.from_private_bytes(seed))


@dataclass
class People:
    world: World
    refused: list[str] = field(default_factory=list)  # what the rules did not allow: part of a real year too
    said: int = 0

    def admitted(self) -> None:
        record = worthless_key(RECORD)
        for role, name in NAMES.items():
            pem = worthless_key(role).public_pem
            admit(self.world.store.people, record, pem, Holder(role, name), None, "for this example")

    def say(self, role: str, row: FindingRow, said: Word | Callable[[], Word]) -> bool:
        """Whether the rules allowed it."""
        try:
            word = said if isinstance(said, Word) else said()
            Desk(self.world.store, worthless_key(role), role).say(row.ref, word)
        except Refused as fault:
            self.refused.append(str(fault))
            return False
        self.said += 1
        self.world.clock.set(self.world.clock.now + timedelta(minutes=3))
        return True

    def open_ones(self) -> list[FindingRow]:
        return list(self.world.store.findings("OPEN"))

    def supplier(self, row: FindingRow) -> str:
        today = self.world.clock.now.date()
        return f"supplier:{self.world.things[row.asset].supplier_on(today).id}"

    @property
    def rated(self) -> Rated:
        return Rated.by(self.world.checks)

    def weight(self, row: FindingRow) -> Severity:
        return self.rated.severity(row)


def chance(row: FindingRow, what: str) -> float:
    """From 0 to 1, always the same for this finding and purpose."""
    return random.Random(f"{SEED} {row.ref} {what}").random()


def week_after(people: People, known: set[str]) -> None:
    """Suppliers are told of what is new and at least high."""
    people.world.clock.set(people.world.clock.now + timedelta(days=4))
    at = people.world.clock.now
    for row in people.open_ones():
        if row.ref not in known and people.weight(row).rank <= Severity.HIGH.rank and chance(row, "told") < 0.8:
            known.add(row.ref)
            told = {"told_at": (at - timedelta(hours=2)).isoformat()}
            people.say("operator", row, _told(at.date(), told))


def _told(day: date, told: dict[str, str]) -> Word:
    return Word(Action.TELL_SUPPLIER, reference=f"SIM-INC-{day:%Y%m}", more=told)


def claims(people: People, day: date, since: date) -> None:
    """Suppliers claim what they did after ``since``. They forget some, and say some that is not so."""
    people.world.clock.set(datetime.combine(day, time(16), UTC))
    for row in people.open_ones():
        if people.weight(row).rank > Severity.HIGH.rank:
            continue
        done = timeline.worked_on(people.world.things[row.asset], row.subject.kind == "package", since, day)
        if chance(row, f"claim {day}") < (0.7 if done else 0.01):
            people.say(people.supplier(row), row, _claim(day))


def _claim(day: date) -> Word:
    return Word(Action.CLAIM, "updated and restarted", f"SIM-CHG-{day:%Y%m%d}")


def acceptances(people: People, checks: Sequence[str], until: date, most: int) -> None:
    """The operator asks, the accreditor grants all but the last."""
    chosen = [row for row in people.open_ones() if row.check_id in checks][:most]
    for number, row in enumerate(chosen):
        asked = Word(
            Action.REQUEST_ACCEPTANCE,
            "the machine is replaced with the move to the new hall",
            "SIM-RISK-1",
            until,
            more={"owner": SERVICES["records"][1]},
        )
        if people.say("operator", row, asked):
            grant = number < most - 1
            people.say("accreditor", row, partial(_answered, people, row, grant))


def _answered(people: People, row: FindingRow, grant: bool) -> Word:
    why = "agreed until the move" if grant else "this one is reachable by all; mend it"
    return answer(people.world.store, row.ref, grant=grant, reason=why, until=None, rated=people.rated)


def pauses(people: People, checks: Sequence[str], days: int, most: int, letter: Path) -> None:
    """A supplier asks for a pause, with the maker's letter; the owner grants it."""
    letter.write_text("A corrected image follows within six weeks. (A letter that the example made up.)\n", "utf-8")
    today = people.world.clock.now.date()
    asked = Word(
        Action.PAUSE_CLOCK,
        "the maker's new image fails on this model; a corrected one is announced",
        "SIM-VENDOR-3",
        today + timedelta(days=days),
        (letter,),
        {**ASKED, "ground": "no-vendor-fix", "from": today.isoformat()},
    )
    for row in [row for row in people.open_ones() if row.check_id in checks][:most]:
        if people.say(people.supplier(row), row, asked):
            people.say("owner", row, partial(_answered, people, row, grant=True))


def doubts(people: People, checks: Sequence[str], most: int) -> None:
    """A supplier says it is none, an assessor looks: every second one is."""
    for number, row in enumerate([row for row in people.open_ones() if row.check_id in checks][:most]):
        doubt = Word(
            Action.PROPOSE_FALSE_POSITIVE, "a gateway in front does this before the host is asked", "SIM-NOTE-9"
        )
        if people.say(people.supplier(row), row, doubt):
            people.say("assessor", row, partial(_answered, people, row, number % 2 == 0))


def mitigations(people: People, checks: Sequence[str], until: date, most: int) -> None:
    word = Word(Action.MITIGATE, "reachable from the keepers' desks alone, by the segment's rules", "SIM-PT-2", until)
    for row in [row for row in people.open_ones() if row.check_id in checks][:most]:
        people.say("assessor", row, word)


def disposals(people: People, assets: Sequence[str]) -> None:
    """The owner says that the machine is gone; operations saw it go."""
    for row in people.world.store.findings("OPEN", "STALE"):
        if row.asset in assets:
            gone = Word(Action.OUT_OF_SERVICE, "scrapped", "SIM-DISPOSAL-4", more=ASKED)
            if people.say("owner", row, gone):
                people.say("operator", row, partial(_answered, people, row, grant=True))
