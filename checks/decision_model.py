"""How a finding stands when somebody wants to move it, and the numbers that a policy may set. Pure shapes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from checks.lifecycle import State
from checks.statements import Action, Role

CLOSED = frozenset({State.VERIFIED_FIXED, State.FALSE_POSITIVE, State.OUT_OF_SERVICE})  # these do not count
CLAIMED = (State.CLAIMED_FIXED, State.CLAIM_UNVERIFIABLE)
ASKED = (State.ACCEPTANCE_REQUESTED, State.FALSE_POSITIVE_PROPOSED)
RETESTED = (State.OPEN, *CLAIMED, State.STALE, State.MITIGATED)
COUNTED = tuple(state for state in State if state not in CLOSED)

SUPPLYING = (Role.SUPPLIER, Role.OPERATOR)  # who fixes; everybody else stands on the buyer's side
BUYING = (Role.OWNER, Role.ASSESSOR, Role.ACCREDITOR)
PAUSES = ("no-vendor-fix", "buyer-delay", "force-majeure")  # the only grounds for stopping a clock
PASSED, FAILED = "passed", "failed"  # what a retest says


ASK, GRANT = "asked", "granted"  # the two steps of what needs two persons


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers that a policy may set."""

    acceptance_days: int = 365  # longest acceptance
    request_days: int = 30  # a request that nobody answers times out
    review_days: int = 365  # a mitigation is looked at again at the latest
    pause_days: int = 90  # longest pause of a clock
    override_days: int = 365
    stale_cycles: int = 3  # scans of the whole estate without a judgement
    unreachable_scans: int = 3  # last visits that must have failed before an asset is out of service


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for and nobody has answered yet."""

    action: Action
    actor: str
    role: str
    key_id: str
    at: datetime
    seq: int  # of its event
    statement: Mapping[str, object] = field(default_factory=dict)

    @property
    def more(self) -> Mapping[str, object]:
        more = self.statement.get("more")
        return more if isinstance(more, dict) else {}


@dataclass(frozen=True, slots=True)
class Case:
    """How a finding stands when somebody wants to move it."""

    ref: str
    fingerprint: str
    state: State
    episode: int
    moved_at: datetime
    last_seen: datetime  # its last fail
    foreign: bool = False  # reported by a tester or another tool, not by a check of ours
    suppliers: tuple[str, ...] = ()  # ids of those who answer for a part of the asset today; none is named: empty
    asked: Mapping[Action, Asked] = field(default_factory=dict)  # by what was asked
    claimed_by: str = ""  # role
    unreachable: int = 0  # last visits in a row that did not reach the asset
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, as the registry of keys knows it."""

    name: str
    role: str
    key_id: str


def when(at: datetime) -> str:
    return f"on {at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def listed(words: Iterable[str]) -> str:
    *most, last = [str(word) for word in words]
    return f"{', '.join(most)} or {last}" if most else last
