"""A record of four hosts of two suppliers over a month: updates missing, told, claimed, refused, proven, back again.

Scan 1 finds openssl on all four and sudo on two; suppliers are told of openssl. Scan 2 proves ``web`` and refuses the
claim of ``app``. Scan 3 proves ``app`` and ``db``. Scan 4 cannot reach ``old``, finds ``web`` back and curl for the
first time on ``app``, and runs one check less.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from checks.finding import CheckRun, Member, Outcome, Severity, Subject
from checks.statements import Action
from inventory.asset import Asset
from inventory.estate import Area, Estate
from inventory.policy import NO_POLICY
from scanner.service.policies import in_force
from tests.scanner.service.report_pack.packs import SUPPLIERS, Made, record
from tests.scanner.store.world import answer, asset, gone, run

UPDATES = "linux.patch.security-updates-pending"
KERNEL = "linux.sysctl.aslr"
BAD, GOOD = Outcome.FAIL, Outcome.PASS
SSL, SUDO, CURL = (Subject("package", name) for name in ("openssl", "sudo", "curl"))
HOSTS = {
    "web": replace(asset("web"), supplier="acme", area="a1"),
    "app": replace(asset("app"), supplier="acme", area="a2"),
    "db": replace(asset("db"), supplier="bolt", area="a1"),
    "old": replace(asset("old"), supplier="bolt", area="a2"),
}
AREAS = {"a1": Area("a1", "North", users=12), "a2": Area("a2", "South", users=30)}
RELEASED = "2026-02-20"
MEMBERS: Mapping[str, tuple[Member, ...]] = {
    "openssl": (
        Member("CVE-2026-1", "fix available", Severity.HIGH, {"issued": RELEASED, "fixed": "3.0-2"}),
        Member("CVE-2026-2", "fix available", Severity.LOW, {"issued": "2026-01-10", "fixed": "3.0-2"}),
    ),
    "sudo": (Member("CVE-2026-3", "fix available", Severity.HIGH, {"fixed": "1.9"}),),  # its row names no day
    "curl": (Member("CVE-2026-4", "fix available", Severity.CRITICAL, {"issued": "2026-03-20", "fixed": "8"}),),
}
Said = Mapping[Subject, Outcome] | None  # None: not reached


def scan(made: Made, day: int, said: Mapping[str, Said], *, kernel: bool = True) -> int:
    """``day``: how many after the first scan."""
    bench = made.world.bench
    bench.now = bench.now.replace(month=3, day=1, hour=12, minute=0) + timedelta(days=day)
    estate = Estate("Northmoor", tuple(HOSTS.values()), areas=AREAS, suppliers=SUPPLIERS)
    checks = (UPDATES, KERNEL) if kernel else (UPDATES,)
    number = bench.begin(
        *HOSTS, assets=tuple(HOSTS.values()), estate=estate, checks=checks, policies=in_force(NO_POLICY)
    )
    for name, one in HOSTS.items():
        outcomes = said[name]
        if outcomes is None:
            bench.save(number, name, *_gaps(checks), asset=one, **gone())
            continue
        runs = [_update(subject, outcome) for subject, outcome in outcomes.items()] or [_clean()]
        runs += [run(BAD if name == "old" else GOOD, KERNEL, facts=("sysctl",))] if kernel else []
        bench.save(number, name, *runs, asset=one, answers=_answers(one, number, outcomes))
    bench.end(number)
    return number


def _update(subject: Subject, outcome: Outcome) -> CheckRun:
    bad = outcome is BAD
    return run(
        outcome,
        UPDATES,
        subject=subject,
        facts=("packages", "system"),
        members=MEMBERS[subject.key] if bad else (),
        severity=MEMBERS[subject.key][0].severity if bad else None,
    )


def _clean() -> CheckRun:
    return run(GOOD, UPDATES, facts=("packages", "system"))


def _gaps(checks: tuple[str, ...]) -> list[CheckRun]:
    return [run(Outcome.NOT_ASSESSED, check, facts=()) for check in checks]


def _answers(one: Asset, number: int, outcomes: Mapping[Subject, Outcome]) -> tuple[object, ...]:
    rows = [answer(f"feed:{s.key}", f"debian:12\t{s.key}\trow of {s.key}\n") for s, o in outcomes.items() if o is BAD]
    own = [answer(query, f"{query} of {one.name} in scan {number}") for query in ("packages", "system", "sysctl")]
    return (*own, *rows, answer("identity", f"I am {one.name}"))


def refs(made: Made) -> dict[tuple[str, str], str]:
    """(host, package) -> its reference."""
    return {(row.asset, row.subject.key): row.ref for row in made.store.findings()}


def patched(folder: Path, name: str = "record.db") -> Made:
    made = record(folder, name)
    world, bench = made.world, made.world.bench
    scan(made, 0, {"web": {SSL: BAD, SUDO: BAD}, "app": {SSL: BAD}, "db": {SSL: BAD, SUDO: BAD}, "old": {SSL: BAD}})
    bench.now += timedelta(days=1)
    known = refs(made)
    for host in HOSTS:
        world.say("operator", Action.TELL_SUPPLIER, ref=known[host, "openssl"], more={"told_at": bench.now.isoformat()})
    bench.now += timedelta(days=4)
    for host in ("web", "app"):
        world.claim("supplier:acme", ref=known[host, "openssl"])
    scan(made, 8, {"web": {SSL: GOOD, SUDO: BAD}, "app": {SSL: BAD}, "db": {SSL: BAD, SUDO: BAD}, "old": {SSL: BAD}})
    bench.now += timedelta(days=1)
    world.claim("supplier:acme", ref=known["app", "openssl"])
    bench.now += timedelta(days=3)
    world.claim("supplier:bolt", ref=known["db", "openssl"])
    scan(made, 15, {"web": {SUDO: BAD}, "app": {SSL: GOOD}, "db": {SSL: GOOD, SUDO: BAD}, "old": {SSL: BAD}})
    scan(made, 22, {"web": {SSL: BAD, SUDO: BAD}, "app": {CURL: BAD}, "db": {SUDO: BAD}, "old": None}, kernel=False)
    return made
