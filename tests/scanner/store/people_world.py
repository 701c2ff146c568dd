"""Made-up people with keys, and a record that has admitted them."""

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from checks.lifecycle import State
from checks.statements import Action
from scanner.service.decide import Desk, Rated, Word, answer
from scanner.service.roles import Holder, admit
from scanner.service.signing import Signer
from scanner.store.decisions import Recorded
from scanner.store.store import Store
from tests.scanner.store.world import Bench

UNTIL = date(2026, 4, 1)
PEOPLE = {
    "supplier:acme": "Acme Ltd",
    "supplier:bolt": "Bolt Ltd",
    "operator": "O. Perator",
    "owner": "O. Wner",
    "assessor": "A. Ssessor",
    "accreditor": "A. Creditor",
    "tester": "J. Tester",
}


def signer() -> Signer:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Signer(Ed25519PrivateKey.generate())


@dataclass
class World:
    """A record with its own key and a person in every role."""

    store: Store
    bench: Bench
    record: Signer = field(default_factory=signer)
    keys: dict[str, Signer] = field(default_factory=dict)

    def people(self) -> "World":
        for role, name in PEOPLE.items():
            self.keys[role] = signer()
            admit(self.store.people, self.record, self.keys[role].public_pem, Holder(role, name), None)
        return self

    def desk(self, role: str) -> Desk:
        return Desk(self.store, self.keys[role], role)

    def say(self, role: str, action: Action, ref: str = "EC-0001", **changes: Any) -> Recorded:  # noqa: ANN401 (fields of a Word)
        word = Word(action, "because", "CHG-7", more={})
        return self.desk(role).say(ref, replace(word, **changes))

    def claim(self, role: str = "operator", **changes: Any) -> Recorded:  # noqa: ANN401 (fields of a Word)
        return self.say(role, Action.CLAIM, **changes)

    def ask(self, role: str = "operator", until: date = UNTIL) -> Recorded:
        return self.say(role, Action.REQUEST_ACCEPTANCE, until=until, more={"owner": "J. Roe"})

    def answer(self, role: str, ref: str = "EC-0001", *, grant: bool = True, reason: str = "so be it") -> Recorded:
        word = answer(self.store, ref, grant=grant, reason=reason, until=None, rated=Rated({}))
        return self.desk(role).say(ref, word)

    def state(self, ref: str = "EC-0001") -> State:
        return State(self.store.finding(ref).state)


def clocked(store: Store) -> tuple[Store, Bench]:
    """A store whose clock is the bench's: a minute later with each look at it would be too much."""
    bench = Bench(store)
    store._clock = lambda: bench.now
    return store, bench


def written(path: Path, content: str) -> Path:
    path.write_text(content)
    return path
