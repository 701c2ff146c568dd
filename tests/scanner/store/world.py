"""Made-up estates, hosts and answers for the record, and both databases to keep them in."""

import hashlib
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from checks.finding import CheckRun, Outcome, Subject
from inventory.asset import Asset, Connection, Privilege
from inventory.estate import Area, Estate
from inventory.facts.identity import Identity
from inventory.facts.missing import Missing, Reason
from scanner.query import Answer, Attempt
from scanner.store.records import HostResult, Saved, ScanKind, ScanPlan, ScanState
from scanner.store.store import Store

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CHECK = "linux.ssh.max-auth-tries"
OTHER = "linux.mounts.full"


def asset(name: str) -> Asset:
    return Asset(name, Connection("ssh", f"{name}.example.test"), groups=("all",))


def identity(
    seed: str, *, smbios: str | None = None, machine: str | None = None, keys: tuple[str, ...] = ()
) -> Identity:
    """A machine of its own per seed; parts may be taken from another seed."""
    return Identity(
        machine_id=hashlib.md5(f"m{machine or seed}".encode()).hexdigest(),  # noqa: S324 (only made-up digits)
        smbios_uuid=hashlib.md5(f"s{smbios or seed}".encode()).hexdigest(),  # noqa: S324 (only made-up digits)
        ssh_host_keys=keys or (host_key(seed),),
    )


def host_key(seed: str) -> str:
    return "SHA256:" + (seed + "A" * 43)[:43]


def run(outcome: Outcome, check: str = CHECK, *, subject: Subject | None = None, **changes: object) -> CheckRun:
    values: dict[str, object] = {
        "check_id": check,
        "check_version": 1,
        "outcome": outcome,
        "observed": f"{check} {outcome.value}",
        "subject": subject or Subject(),
        "reason": Reason.PRIVILEGE_TOO_LOW if outcome is Outcome.NOT_ASSESSED else None,
        "privilege": Privilege.ROOT,
        "facts": ("sshd",),
    }
    return CheckRun(**{**values, **changes})  # type: ignore[arg-type]  # a table of keyword arguments


@dataclass
class Bench:
    """A store with a made-up clock: every scan is a day later, every host a minute."""

    store: Store
    now: datetime = START
    checks: tuple[str, ...] = (CHECK, OTHER)
    plan: dict[str, object] = field(default_factory=dict)

    def begin(self, *names: str, kind: ScanKind = ScanKind.FULL, **changes: object) -> int:
        self.now += timedelta(days=1)
        assets = tuple(asset(name) for name in names)
        values: dict[str, object] = {
            "estate": Estate("Northmoor Justice", assets, areas={"a1": Area("a1", "Northmoor", users=12)}, digest="d"),
            "assets": assets,
            "checks": self.checks,
            "started_at": self.now,
            "tool_version": "0.1",
            "catalogue_digest": "c",
            "support_digest": "s",
            "support_snapshot": "2026-02-01",
            "options": {"limit": "all"},
            "kind": kind,
        }
        return self.store.begin_scan(ScanPlan(**{**values, **self.plan, **changes}))  # type: ignore[arg-type]

    def save(self, scan: int, name: str, *runs: CheckRun, who: Identity | None = None, **changes: object) -> Saved:
        return self.store.save_host(scan, self.result(name, *runs, who=who, **changes))

    def result(self, name: str, *runs: CheckRun, who: Identity | None = None, **changes: object) -> HostResult:
        started, self.now = self.now, self.now + timedelta(minutes=1)
        attempt = Attempt("ssh", True, True, Privilege.ROOT, None, "OpenSSH", "", started, 60.0)
        values: dict[str, object] = {
            "asset": asset(name),
            "attempt": attempt,
            "answers": (answer("sshd", f"maxauthtries of {name}"), answer("mounts", "/ 90%")),
            "runs": runs,
            "identity": who if who is not None else identity(name),
            "os_name": "Debian GNU/Linux 12",
            "finished_at": self.now,
        }
        return HostResult(**{**values, **changes})  # type: ignore[arg-type]

    def end(self, scan: int, state: ScanState = ScanState.COMPLETE) -> ScanState:
        self.now += timedelta(minutes=1)
        return self.store.end_scan(scan, state, self.now)

    def scan(self, name: str, *runs: CheckRun, who: Identity | None = None, **changes: object) -> tuple[int, Saved]:
        """One whole scan of one host."""
        number = self.begin(name)
        saved = self.save(number, name, *runs, who=who, **changes)
        self.end(number)
        return number, saved

    def scan_kind(self, kind: ScanKind, name: str, *runs: CheckRun) -> Saved:
        number = self.begin(name, kind=kind)
        saved = self.save(number, name, *runs)
        self.end(number)
        return saved


def answer(query: str, text: str, missing: Missing | None = None) -> Answer:
    return Answer(query, text.encode(), 0, missing, Privilege.ROOT, 1.5, 2.5)


def gone(reason: Reason = Reason.CONNECTION_REFUSED) -> dict[str, object]:
    """A visit that got nowhere."""
    attempt = Attempt("ssh", missing=Missing(reason, "nobody there"), started_at=START)
    return {"attempt": attempt, "answers": (), "who": None, "identity": None}


def noise(seed: int, count: int) -> str:
    """Text that packs to no less than ``count`` bytes."""
    return random.Random(seed).randbytes(count).hex()  # noqa: S311 (not a secret)
