"""What a person says about a finding, as the bytes that are signed. Pure: the verifier that strangers run uses it too.

A statement is signed with Ed25519 (RFC 8032) over DSSE's pre-authentication encoding (Dead Simple Signing Envelope v1,
protocol.md) of its canonical JSON (``checks.lifecycle.canonical``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from checks.actions import Action as Action
from checks.actions import Role as Role
from checks.lifecycle import canonical

PAYLOAD_TYPE = "application/vnd.estatecheck.decision+json"
VERSION = 1
MAX_TEXT = 4_000  # characters of a reason, and of anything else a person writes
MAX_ENTRIES = 100  # of ``evidence`` and ``more``


class BadStatement(ValueError):
    """What claims to be a statement is none. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Statement:
    """``more`` holds what one action needs beside the common fields: texts, numbers, lists of texts."""

    action: Action
    ref: str  # EC-0001, or an asset's name for accept-identity
    fingerprint: str
    episode: int
    actor: str  # the person or firm, as the registry of keys has it
    role: str  # "supplier:acme", "operator" ...
    at: datetime  # when it was signed
    reason: str = ""
    reference: str = ""  # change, ticket, contract, test report
    until: date | None = None
    evidence: tuple[str, ...] = ()  # sha256 of files
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> Role:
        """Raises :class:`BadStatement` when there is no such role."""
        return role_kind(self.role)

    def as_json(self) -> dict[str, object]:
        return {
            "version": VERSION,
            "action": self.action.value,
            "ref": self.ref,
            "fingerprint": self.fingerprint,
            "episode": self.episode,
            "actor": self.actor,
            "role": self.role,
            "at": self.at.isoformat(),
            "reason": self.reason,
            "reference": self.reference,
            "until": self.until.isoformat() if self.until else None,
            "evidence": list(self.evidence),
            "more": dict(self.more),
        }

    def payload(self) -> bytes:
        """What is signed."""
        return signed_bytes(self.as_json())


def signed_bytes(statement: Mapping[str, object]) -> bytes:
    """The bytes that a signature of this statement is over."""
    return pre_authentication(PAYLOAD_TYPE, canonical(statement))


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """DSSE's PAE: what is really signed, so that type and payload cannot be shifted against each other."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def role_kind(text: str) -> Role:
    """``supplier:acme`` is a supplier. Raises :class:`BadStatement` when there is no such role."""
    word, colon, name = text.partition(":")
    if word not in list(Role) or bool(colon) != (word == Role.SUPPLIER) or (colon and not name):
        raise BadStatement(
            f"there is no role {text[:60]!r}: write supplier:<id>, operator, owner, assessor, accreditor or tester"
        )
    return Role(word)


def supplier_of(role: str) -> str:
    """The supplier's id in the inventory; "" for any other role."""
    word, _, name = role.partition(":")
    return name if word == Role.SUPPLIER else ""


def statement_of(content: object) -> Statement:
    """Read one back from JSON, whoever wrote it. Raises :class:`BadStatement`."""
    if not isinstance(content, dict):
        raise BadStatement("a statement is a JSON object")
    if content.get("version") != VERSION:
        raise BadStatement(f"the statement has version {content.get('version')!r:.20}; this program reads {VERSION}")
    fields = set(Statement.__dataclass_fields__) | {"version"}
    if content.keys() != fields:
        raise BadStatement(f"the statement lacks or has too many fields: {', '.join(sorted(content.keys() ^ fields))}")
    made = Statement(
        action=_action(content["action"]),
        ref=_text(content, "ref"),
        fingerprint=_text(content, "fingerprint"),
        episode=_number(content["episode"]),
        actor=_text(content, "actor"),
        role=_text(content, "role"),
        at=_moment(content["at"]),
        reason=_text(content, "reason"),
        reference=_text(content, "reference"),
        until=_day(content["until"]),
        evidence=_digests(content["evidence"]),
        more=_more(content["more"]),
    )
    role_kind(made.role)
    return made


def _action(value: object) -> Action:
    if not isinstance(value, str) or value not in list(Action):
        raise BadStatement(f"there is no action {value!r:.60}")
    return Action(value)


def _text(content: Mapping[str, object], name: str) -> str:
    value = content[name]
    if not isinstance(value, str) or len(value) > MAX_TEXT or "\0" in value or not _encodable(value):
        raise BadStatement(f"{name} is not a text of at most {MAX_TEXT} characters")
    return value


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**6:
        raise BadStatement("episode is not a number")
    return value


def _moment(value: object) -> datetime:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
    except ValueError:
        found = None
    if found is None or found.utcoffset() != timedelta(0):
        raise BadStatement("at is not a moment in UTC, such as 2026-03-01T12:00:00+00:00")
    return found


def _day(value: object) -> date | None:
    if value is None:
        return None
    try:
        found = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        found = None
    if found is None:
        raise BadStatement("until is not a day such as 2026-03-01")
    return found


def _digests(value: object) -> tuple[str, ...]:
    good = isinstance(value, list) and len(value) <= MAX_ENTRIES
    if not good or any(not is_digest(one) for one in value):  # type: ignore[attr-defined]  # it is a list
        raise BadStatement("evidence is not a list of sha256 digests")
    return tuple(value)  # type: ignore[arg-type]  # it is a list


def is_digest(value: object) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


def _more(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not _plain(value):
        raise BadStatement("more is not an object of texts, numbers and short lists")
    return value


def _plain(value: object, depth: int = 0) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_TEXT and _encodable(value)
    if isinstance(value, dict) and depth < 3:
        return len(value) <= MAX_ENTRIES and all(_plain(k) and _plain(v, depth + 1) for k, v in value.items())
    if isinstance(value, Sequence) and depth < 3:
        return len(value) <= MAX_ENTRIES and all(_plain(one, depth + 1) for one in value)
    return value is None or (isinstance(value, int) and abs(value) < 2**53)
