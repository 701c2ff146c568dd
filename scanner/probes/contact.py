"""What the connection itself showed. Asks nothing: the engine hands it the attempt as an answer, as evidence too."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from inventory.asset import Asset, Privilege
from inventory.facts.contact import Contact
from inventory.facts.missing import Reason
from scanner.query import Answer, Attempt, Query, Unreadable

SPOKE = (Reason.HOST_KEY_MISMATCH, Reason.WEAK_ALGORITHMS_ONLY)  # refused by us, after the host had shown itself


@dataclass(frozen=True, slots=True)
class ContactProbe:
    name: str = "contact"
    privilege: Privilege = Privilege.NONE
    of_attempt: bool = True

    def query(self, _asset: Asset, _so_far: Sequence[Answer]) -> Query | None:
        return None

    def parse(self, _asset: Asset, answers: Sequence[Answer]) -> Contact:
        try:
            told = json.loads(answers[0].output)
            reason = Reason(told["reason"]) if told["reason"] else None
            if not told["logged_in"] and not (told["reached"] and reason in SPOKE):
                raise Unreadable(told["detail"], reason or Reason.OUTPUT_UNREADABLE)
            return Contact(
                way=told["way"],
                peer=told["peer"],
                host_key=told["host_key"],
                key_refused=reason is Reason.HOST_KEY_MISMATCH,
                weak_only=reason is Reason.WEAK_ALGORITHMS_ONLY,
                said=told["detail"] if reason in SPOKE else "",
            )
        except (ValueError, KeyError, TypeError) as fault:
            raise Unreadable(f"the stored attempt is unreadable: {type(fault).__name__}") from fault


def as_answer(name: str, attempt: Attempt) -> Answer:
    """The attempt as evidence: canonical JSON, so that the same attempt gives the same bytes."""
    told = {
        "way": attempt.way,
        "reached": attempt.reached,
        "logged_in": attempt.logged_in,
        "peer": attempt.peer,
        "host_key": attempt.host_key,
        "reason": attempt.missing.reason.value if attempt.missing else "",
        "detail": attempt.missing.detail if attempt.missing else "",
    }
    output = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return Answer(name, output, 0, privilege=Privilege.NONE)


CONTACT = ContactProbe()
