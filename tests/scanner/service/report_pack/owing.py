"""A record in which clocks run: breached, paused, met, carried over; with CVEs, an override and a service."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from checks.finding import CheckRun, Member, Outcome, Severity, Subject
from checks.statements import Action
from inventory.asset import Asset
from inventory.estate import Area, Contract, Estate, Service
from inventory.policy import Isolation, Policy
from scanner.service.clock_book import CLOCKS
from scanner.service.clock_book import in_force as clocks_in_force
from scanner.service.policies import in_force
from tests.scanner.service.report_pack.packs import CHECK, ONE, SUPPLIERS, TWO, Made, record
from tests.scanner.store.world import START, answer, asset, gone, run

BAD, GOOD, UNSEEN = Outcome.FAIL, Outcome.PASS, Outcome.NOT_ASSESSED
PAY = Service("pay", "Payments", criticality=4)
WEB = replace(asset("web"), supplier="acme", area="a1", service="pay", exposure="internet")
DB = replace(asset("db"), supplier="acme", area="a1", service="pay", exposure="internal", criticality=2)
OLD = replace(asset("old"), supplier="acme", area="a1", exposure="isolated", groups=("all", "plc"))
CVES = (
    Member("CVE-2026-1", "fix available", Severity.HIGH, {"score": "7.5", "issued": "2026-02-20", "epss": "0.2"}),
    Member("CVE-2026-2", "fix available", Severity.MEDIUM, {"score": "5.3", "kev": "2026-02-25", "epss": "0.5"}),
    Member("CVE-2026-3", "fix available", Severity.LOW, {"score": "3.1", "published": "2026-01-04"}),
)
ISOLATED = Isolation("plant", "R. Osei", "PT-7", START.date() + timedelta(300), groups=("plc",))
PASSED, BREACHED, DATABASE, CARRIED = "EC-0002", "EC-0001", "EC-0003", "EC-0004"
Outcomes = dict[Asset, dict[Subject, Outcome]]


def scan(made: Made, outcomes: Outcomes) -> int:
    bench = made.world.bench
    contracts = {"core": Contract("core", "acme", clocks=("moj", "custom"))}
    areas = {"a1": Area("a1", "North", users=12)}
    policy = Policy(isolations=(ISOLATED,))
    estate = Estate(
        "Northmoor",
        tuple(outcomes),
        areas=areas,
        suppliers=SUPPLIERS,
        services={"pay": PAY},
        contracts=contracts,
        policy=policy,
    )
    policies = {**in_force(policy), CLOCKS: clocks_in_force(estate, 2026)}
    names = [one.name for one in outcomes]
    number = bench.begin(*names, assets=tuple(outcomes), estate=estate, checks=(CHECK,), policies=policies)
    for one, said in outcomes.items():
        runs = [_run(outcome, subject) for subject, outcome in said.items()]
        answers = (answer("sysctl", f"{one.name} of scan {number}"), answer("identity", f"I am {one.name}"))
        seen = gone() if UNSEEN in said.values() else {"answers": answers}
        bench.save(number, one.name, *runs, asset=one, **seen)
    bench.end(number)
    return number


def _run(outcome: Outcome, subject: Subject) -> CheckRun:
    members = CVES if outcome is BAD and subject == ONE else ()
    severity = Severity.HIGH if members else None
    return run(outcome, CHECK, subject=subject, facts=("sysctl",), members=members, severity=severity)


def owing(folder: Path, name: str = "record.db") -> Made:
    """EC-0001 on web, EC-0002 mended there; EC-0003 on db, not seen again; EC-0004 on old, not in the second scan."""
    made = record(folder, name)
    bench, world = made.world.bench, made.world
    scan(made, {WEB: {ONE: BAD, TWO: BAD}, DB: {ONE: BAD}, OLD: {ONE: BAD}})
    bench.now += timedelta(hours=1)
    first = (bench.now.date() + timedelta(days=1)).isoformat()
    until = bench.now.date() + timedelta(days=9)
    asked = {"step": "asked", "ground": "buyer-delay", "from": first}
    world.say("supplier:acme", Action.PAUSE_CLOCK, ref=DATABASE, until=until, more=asked)
    world.answer("owner", DATABASE)
    world.say("operator", Action.TELL_SUPPLIER, ref=BREACHED, more={"told_at": bench.now.isoformat()})
    world.claim("supplier:acme", ref=PASSED)
    last = bench.now.date() + timedelta(days=60)
    world.say("assessor", Action.OVERRIDE_RISK, ref=DATABASE, until=last, more={"risk": "medium"})
    bench.now += timedelta(days=20)
    scan(made, {WEB: {ONE: BAD, TWO: GOOD}, DB: {ONE: UNSEEN}})
    return made
