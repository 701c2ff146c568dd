"""Reports to test with: a fictional county of courts and offices, with gaps, unreachable hosts and hostile strings.

``python -m tests.reports.sample FOLDER`` writes the sample in every format, to be looked at.
"""

import hashlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from checks import accreditation_policy
from checks.check import Check, Context, Remedy, Theme
from checks.finding import Member, Outcome, Ruling, Severity, Subject, fingerprint
from checks.responsibility import Baseline, Handover, Inherited
from checks.risk import Rules
from checks.risk_rules import shipped
from inventory.asset import Asset, Connection, Privilege
from inventory.estate import Area, Exposure, Intrusiveness, Scope, Service, Site, Supplier
from inventory.facts.missing import Missing, Reason
from inventory.responsibility import Layer
from reports.formats import FORMATS
from reports.report import AssetCoverage, DataSource, EvidenceItem, Gap, Issue, Occurrence, ReportData
from reports.risk import Basis, rated
from reports.updates import worst_first
from reports.verdict import Beside, verdicts
from tests.reports.sample_updates import PENDING, UNFIXED, Unit, members, missing_on, said

START = datetime(2025, 3, 3, 8, 0, tzinfo=UTC)
SCAN = 42  # its number
END = START + timedelta(hours=1, minutes=12)
HOSTILE = (
    "<script>alert(1)</script>",
    "\x1b[31mred\x1b]0;owned\x07",
    "\u202egnp.exe\u2066",
    "a\x00b\x7fc\x9bd\u2028e\ufefff\U000e0041g",
    '" onmouseover="alert(1)" x=\'y\'',
    "{{ 7 * 7 }} {% raw %}",
    "</style></title>--><!--]]>",
    "javascript:alert(1)",
    "lone \udc80 surrogate",
    "=1+1|cmd",
)
BANNER = "SSH-2.0-Fenwick_1.0 " + "A" * 5_000


def no_rule(_: Context) -> Iterable[Ruling]:
    return ()


def check(
    check_id: str, title: str, severity: str, theme: Theme, why: str, todo: str, *steps: str, **more: str
) -> Check:
    remedy = Remedy(todo, steps, more.get("verify", ""), more.get("risk", ""))
    references = tuple(r for r in more.get("references", "").split("|") if r)
    needs = tuple(more.get("needs", "sshd").split())
    return Check(
        check_id, title, Severity(severity), theme, why, remedy, needs, Privilege.ROOT, no_rule, references=references
    )


CHECKS = (
    check(
        "linux.accounts.empty-password",
        "An account can log in without a password",
        "critical",
        Theme.DEFAULT_CREDENTIAL,
        "Anyone who can reach the log-in prompt is in. No guessing is needed, and the log shows an ordinary log-in.",
        "Lock the account or give it a password.",
        "Run `passwd -l NAME` for each account named here",
        "Find out what used the account, and give that its own key",
        verify="`passwd -S NAME` prints L or P, not NP",
        risk="A job that logs in with the empty password stops working.",
        references="passwd(1)|shadow(5)",
        needs="accounts",
    ),
    check(
        "linux.eol.os-release",
        "The operating system no longer gets security fixes",
        "critical",
        Theme.UNSUPPORTED,
        "Weaknesses found from now on stay open for ever. Attackers keep lists of such systems.",
        "Move the host to a supported release.",
        "Agree a date with the service owner",
        "Build the replacement on a supported release and move the service",
        verify="The next scan shows a release with a support date in the future",
        references="https://example.org/lifecycle",
        needs="system",
    ),
    check(
        "linux.ssh.root-login",
        "Root may log in over SSH with a password",
        "high",
        Theme.WEAK_CONFIG,
        "A guessed password gives the whole machine, and nobody can tell afterwards which person it was.",
        "Switch off password log-in for root.",
        "Set `PermitRootLogin prohibit-password` in /etc/ssh/sshd_config",
        "Run `sshd -t` and reload the ssh service",
        verify="`sshd -T | grep permitrootlogin` prints prohibit-password or no",
        risk="Anyone who logs in as root with a password is locked out: check that keys work first.",
        references="sshd_config(5)",
    ),
    check(
        PENDING,
        "Security updates are pending",
        "high",
        Theme.MISSING_OS_PATCH,
        "The fixes are public, and so is what they fix. Most break-ins use weaknesses that have a fix.",
        "Install the pending security updates.",
        "Run `apt-get upgrade` in the next maintenance window",
        "Restart what the update asks to restart",
        verify="`apt list --upgradable` names no package of a security archive",
        needs="packages",
    ),
    check(
        "linux.hardware.firmware-old",
        "The firmware is older than the vendor's security release",
        "high",
        Theme.FIRMWARE,
        "What runs below the operating system survives a re-installation.",
        "Install the vendor's current firmware.",
        needs="hardware",
    ),
    check(
        "linux.ssh.weak-ciphers",
        "SSH offers ciphers that are no longer safe",
        "medium",
        Theme.WEAK_CRYPTO,
        "An attacker on the path can wear the encryption down.",
        "Offer modern ciphers only.",
        "Set `Ciphers` to the list of your baseline",
        references="RFC 9142",
    ),
    check(
        "linux.boot.restart-pending",
        "A restart is pending",
        "medium",
        Theme.RESTART_PENDING,
        "The fixed kernel is on the disk, the weak one is running.",
        "Restart the host.",
        "Restart in the next maintenance window",
        needs="kernel reboot",
    ),
    check(
        "linux.storage.nearly-full",
        "A file system is nearly full",
        "medium",
        Theme.AVAILABILITY,
        "When it is full, services stop and logs are lost.",
        "Make room or grow the file system.",
        needs="storage",
    ),
    check(
        "linux.network.telnet",
        "Telnet is offered",
        "medium",
        Theme.EXPOSED_SERVICE,
        "Passwords cross the network in clear text.",
        "Switch telnet off.",
        needs="network",
    ),
    check(
        "linux.logs.not-forwarded",
        "Logs stay on the host only",
        "low",
        Theme.NO_MONITORING,
        "Who breaks in can remove the traces.",
        "Send the logs to the central collector.",
        needs="logs",
    ),
    check(
        "linux.sysctl.redirects",
        "ICMP redirects are accepted",
        "low",
        Theme.WEAK_CONFIG,
        "A neighbour can divert the traffic.",
        "Switch them off.",
        needs="sysctl",
    ),
    check(
        "linux.clock.unsynchronised",
        "The clock is not synchronised",
        "info",
        Theme.WEAK_CONFIG,
        "Log entries of different hosts cannot be put in order.",
        "Configure a time source.",
        needs="clock",
    ),
    check(
        "linux.firewall.off",
        "No host firewall is active",
        "high",
        Theme.EXPOSED_SERVICE,
        "Every service that starts is open to the whole network.",
        "Switch the host firewall on.",
        needs="firewall",
    ),
    check(
        "linux.certificates.expired",
        "A certificate has expired",
        "medium",
        Theme.WEAK_CRYPTO,
        "People learn to click warnings away.",
        "Renew the certificate.",
        needs="certificates",
    ),
    check(
        UNFIXED,
        "Installed packages have vulnerabilities without a vendor fix",
        "low",
        Theme.NO_VENDOR_FIX,
        "The publisher knows of them and has not fixed them yet, or will not.",
        "Read what the publisher says, and limit who can reach the service.",
        needs="packages",
    ),
)
AREAS = {
    a.id: a
    for a in (
        Area("ashmoor", "Ashmoor Crown Court", users=420, budget=3_100_000, sites=2),
        Area("brindle", "Brindle Magistrates", users=160, budget=900_000, sites=3),
        Area("cobham", "Cobham Family Hearing Centre", users=95, budget=450_000, sites=1),
        Area("dunwick", "Dunwick Tribunals", users=60, budget=None, sites=1),
        Area("estuary", "Estuary Records Office", users=35, budget=210_000, sites=1),
    )
}
SITES = {
    s.id: s for s in (Site("a1", "Ashmoor Hall", Exposure.INTERNAL, "ashmoor"), Site("dmz", "Edge", Exposure.INTERNET))
}
SUPPLIERS = {s.id: s for s in (Supplier("larkspur", "Larkspur Managed IT"), Supplier("quill", "Quill & Sons Systems"))}
SERVICES = {
    s.id: s for s in (Service("casefile", "Case File", "Head of Listing", "R. Osei", 4), Service("print", "Printing"))
}
SCOPE = Scope(
    "spring",
    "M. Adeyemi, senior information risk owner",
    "SIRO/2025/014",
    date(2025, 2, 1),
    date(2025, 6, 30),
    Intrusiveness.POLITE,
    ("all",),
    (),
    ("10.20.0.0/16",),
)
NOT_REACHED = {
    5: Missing(Reason.UNREACHABLE, "no answer from 10.20.0.6 on port 22 within 10 s"),
    11: Missing(Reason.LOGIN_REFUSED, "the host did not accept the key of credential scan-key"),
    17: Missing(Reason.HOST_KEY_MISMATCH, "the host key is not the one that was approved"),
    23: Missing(Reason.UNREACHABLE, "no answer from 10.20.0.24 on port 22 within 10 s"),
    28: Missing(Reason.LOGIN_REFUSED, "the host did not accept the key of credential scan-key"),
    29: Missing(Reason.LOGIN_REFUSED, "the host did not accept the key of credential scan-key"),
}
OBSERVED = {
    "linux.ssh.root-login": "PermitRootLogin is yes and PasswordAuthentication is yes",
    "linux.accounts.empty-password": "account {key} has an empty password and the shell /bin/bash",
    "linux.eol.os-release": "Debian 9 lost its support on 30 June 2022",
    "linux.storage.nearly-full": "{key} is 96 % full",
}
SUBJECTS = {"linux.accounts.empty-password": ("account", "kiosk"), "linux.storage.nearly-full": ("mount", "/var")}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def uid(number: int) -> str:
    return f"asset-{digest(str(number))[:12]}"


def asset(number: int) -> Asset:
    kinds = ("web", "db", "file", "print", "court-pc")
    kind = kinds[number % len(kinds)]
    area = ("ashmoor", "ashmoor", "brindle", "cobham", "brindle", "dunwick")[number % 6]
    return Asset(
        f"{kind}-{number:02d}.{area}.example",
        Connection("ssh", f"10.20.0.{number + 1}", credential="scan-key"),
        kind="workstation" if kind == "court-pc" else "server",
        groups=("all", kind),
        area=area if number % 13 else None,
        site="a1" if area == "ashmoor" else None,
        service="casefile" if kind in ("web", "db") else "print",
        supplier=("larkspur", "quill")[number % 2],
        exposure="internet" if kind == "web" else "internal",
        criticality=number % 4 + 1,
    )


def fails(number: int, index: int) -> bool:
    """Which check fails where: few critical ones, many low ones."""
    if CHECKS[index].id in (PENDING, UNFIXED):
        return bool(missing_on(number, CHECKS[index].id))
    severity = CHECKS[index].severity
    return (number * 11 + index * 4) % {Severity.CRITICAL: 17, Severity.HIGH: 9, Severity.MEDIUM: 6}.get(
        severity, 5
    ) == 0


def not_judged(number: int, index: int) -> Reason | None:
    if CHECKS[index].id == "linux.hardware.firmware-old" and number % 4 == 0:
        return Reason.FEED_MISSING
    if number % 9 == 4 and index % 3 == 0:
        return Reason.PRIVILEGE_TOO_LOW
    return Reason.OUTPUT_TRUNCATED if number == 8 and index == 5 else None


class Builder:
    """Fills a report asset by asset, so that the numbers agree with each other."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, Subject | None], list[Occurrence]] = {}
        self.gaps: list[Gap] = []
        self.evidence: list[EvidenceItem] = []
        self.passed: dict[str, int] = {}
        self.refs = 0

    def visit(self, number: int) -> AssetCoverage:
        one, missing = asset(number), NOT_REACHED.get(number)
        tally: dict[Outcome, int] = {}
        for index in range(len(CHECKS)):
            outcome = self.judge(number, index, one, missing)
            tally[outcome] = tally.get(outcome, 0) + 1
        reached = missing is None or missing.reason is not Reason.UNREACHABLE
        return AssetCoverage(
            uid(number),
            one,
            attempted=True,
            reached=reached,
            logged_in=missing is None,
            privilege=Privilege.NONE if missing else Privilege.USER if number % 9 == 4 else Privilege.ROOT,
            missing=missing,
            seconds=1.25 + number / 10,
            os_name="" if missing else ("Debian GNU/Linux 12", "Ubuntu 24.04 LTS", "Debian GNU/Linux 9")[number % 3],
            checks=tally,
            identity_note="two machines answer with the same machine-id" if number in (3, 14) else "",
        )

    def judge(self, number: int, index: int, one: Asset, missing: Missing | None) -> Outcome:
        rule = CHECKS[index]
        reason = missing.reason if missing else not_judged(number, index)
        if reason:
            detail = missing.detail if missing else f"{rule.needs[0]} could not be judged"
            self.gaps.append(
                Gap(uid(number), one.name, rule.id, rule.title, rule.severity, Outcome.NOT_ASSESSED, reason, detail)
            )
            return Outcome.NOT_ASSESSED
        proof = digest(f"{one.name} {rule.needs[0]}")
        self.evidence.append(EvidenceItem(one.name, rule.needs[0], proof, 400 + 37 * number, Privilege.ROOT, None))
        if fails(number, index):
            for unit in missing_on(number, rule.id) or (None,):
                self.fail(number, rule, one, proof, unit)
            return Outcome.FAIL
        self.passed[rule.id] = self.passed.get(rule.id, 0) + 1
        return Outcome.PASS

    def fail(self, number: int, rule: Check, one: Asset, proof: str, unit: Unit | None) -> None:
        self.refs += 1
        subject = Subject("package", unit.package) if unit else Subject(*SUBJECTS.get(rule.id, ("host", "")))
        plain = OBSERVED.get(rule.id, f"{rule.title.lower()} (seen in {rule.needs[0]})").format(key=subject.key)
        occurrence = Occurrence(
            f"EC-{self.refs:04d}",
            fingerprint(uid(number), rule.id, subject),
            uid(number),
            one.name,
            subject,
            said(unit) if unit else plain,
            "CLAIMED_FIXED" if number % 11 == 6 else "OPEN",
            START - timedelta(days=30 * (number % 4)),
            2 if number % 15 == 7 else 1,
            (proof,),
            severity=unit.worst if unit else None,
            members=members(unit, number % 3) if unit else (),
            first_scan=SCAN - number % 4,
        )
        self.found.setdefault((rule.id, subject if unit else None), []).append(occurrence)

    def issues(self) -> tuple[Issue, ...]:
        rules = {rule.id: rule for rule in CHECKS}
        return worst_first(Issue(rules[check_id], tuple(seen), unit) for (check_id, unit), seen in self.found.items())


def basis_of(assets: Iterable[AssetCoverage], rules: Rules | None = None) -> Basis:
    """What the rules of risk look at in the sample."""
    by_uid = {one.uid: one for one in assets}
    return Basis(rules or shipped(), END.date(), kev_known=False, assets=by_uid, services=SERVICES, sites=SITES)


@cache
def sample(assets: int = 36) -> ReportData:
    """A realistic estate: five areas of which one has no asset, two suppliers, a few dozen assets."""
    builder = Builder()
    visits = tuple(sorted((builder.visit(n) for n in range(assets)), key=lambda a: a.asset.name))
    fixed = Occurrence(
        "EC-9001",
        digest("fixed"),
        uid(0),
        asset(0).name,
        Subject(),
        "PermitRootLogin is no",
        "VERIFIED_FIXED",
        START - timedelta(days=60),
        1,
        (digest("after"),),
        "linux.ssh.root-login",
    )
    data = ReportData(
        scan_id=SCAN,
        estate="Fenmarsh Courts Service",
        marking="OFFICIAL: SENSITIVE (sample)",
        started_at=START,
        ended_at=END,
        state="complete",
        tool_version="0.1.0",
        inventory_digest=digest("inventory"),
        catalogue_digest=digest("catalogue"),
        options={"checks": "all", "intrusiveness": "polite"},
        areas=AREAS,
        sites=SITES,
        suppliers=SUPPLIERS,
        services=SERVICES,
        scopes=(SCOPE,),
        assets=visits,
        issues=rated(builder.issues(), basis_of(visits)),
        risk_rules=shipped(),
        fixed=(fixed,),
        gaps=tuple(sorted(builder.gaps, key=lambda g: (g.severity.rank, g.check_id, g.asset))),
        checks=CHECKS,
        passed=builder.passed,
        not_applicable={"linux.boot.restart-pending": 2},
        sources=(
            DataSource("support dates", "2025-02-28", 3, digest("support"), fresh_days=180),
            DataSource(
                "debian", "2025-03-02", 1, digest("debian"), "", "Debian security tracker", 41_207, "public data"
            ),
            DataSource("epss", "2025-03-02", 1, digest("epss"), "", "FIRST", 270_113, "free to use"),
            DataSource("firmware releases", "2024-09-01", 183, digest("firmware"), "older than the policy allows"),
            DataSource("kev", "2025-02-28", 3, digest("kev"), "", "CISA", 1_298, "CC0-1.0"),
        ),
        evidence=tuple(builder.evidence),
        evidence_root=digest("root"),
    )
    return judged(data)


HANDOVER = Inherited(
    Baseline(
        Handover(date(2025, 2, 1), "larkspur", "quill", Layer.OS, ("db-01.ashmoor.example",)),
        {"EC-0001": 1, "EC-0002": 1},
        41,
        hashlib.sha256(b"then").hexdigest(),
    ),
    ("EC-0001",),
)


def judged(data: ReportData) -> ReportData:
    """With a verdict; every third finding is past its due date, and one could not be looked at again."""
    overdue = frozenset(o.fingerprint for i in data.issues for n, o in enumerate(i.occurrences) if n % 3 == 0)
    left = tuple(replace(o, ref="EC-9002", fingerprint=digest("left"), evidence=()) for o in data.fixed)
    left = tuple(replace(o, state="STALE", observed="PermitRootLogin is yes") for o in left)
    policy = accreditation_policy.shipped()
    return replace(
        data, handovers=(HANDOVER,), carried=left, verdicts=verdicts(data, policy, Beside(left, (), overdue, 0))
    )


@cache
def hostile(assets: int = 12) -> ReportData:
    """The sample with a hostile string in every text that a target or an inventory can fill."""
    base = sample(assets)
    bad = HOSTILE
    text = " ".join(bad)

    def name(n: int) -> str:
        return f"{bad[n % len(bad)]} {n}"

    assets = tuple(
        replace(
            a,
            asset=replace(
                a.asset, name=name(n), area=bad[n % 3], site=bad[0], supplier=bad[1], service=bad[2], kind=bad[3]
            ),
            os_name=BANNER if n else text,
            missing=a.missing and Missing(a.missing.reason, BANNER + text),
            identity_note=text,
            peer=text,
        )
        for n, a in enumerate(base.assets)
    )
    names = {a.uid: a.asset.name for a in assets}
    checks = tuple(_hostile_check(c, text) for c in base.checks)
    by_id = {c.id: c for c in checks}
    issues = tuple(
        Issue(
            by_id[i.check.id],
            tuple(
                replace(
                    o,
                    asset=names[o.asset_uid],
                    observed=BANNER + text,
                    subject=Subject("port", text),
                    state=bad[0],
                    members=tuple(_hostile_member(m, text) for m in o.members),
                )
                for o in i.occurrences
            ),
            i.subject and Subject(text, f"{i.subject.key} {text}"),
        )
        for i in base.issues
    )
    made = replace(
        base,
        estate=text,
        marking=text,
        tool_version=text,
        options={text: text},
        areas={bad[0]: Area(bad[0], text, 3, 4, 5)},
        suppliers={bad[1]: Supplier(bad[1], text)},
        services={bad[2]: Service(bad[2], text)},
        sites={bad[0]: Site(bad[0], text)},
        scopes=(replace(SCOPE, id=text, authorised_by=text, reference=text, groups=(text,), networks=(text,)),),
        assets=assets,
        checks=checks,
        issues=issues,
        gaps=tuple(replace(g, asset=names[g.asset_uid], detail=BANNER + text, title=text) for g in base.gaps),
        fixed=tuple(replace(o, observed=text, asset=text) for o in base.fixed),
        sources=tuple(replace(s, name=text, note=text, publisher=text, licence=text) for s in base.sources),
        evidence=tuple(replace(e, asset=text, query=text) for e in base.evidence),
    )
    return judged(made)


def _hostile_member(member: Member, text: str) -> Member:
    return Member(f"{member.id} {text}", text, member.severity, dict.fromkeys(member.attributes, text))


def _hostile_check(rule: Check, text: str) -> Check:
    remedy = Remedy(text, (text, f"run `{text}`"), text, text)
    return replace(rule, title=text, rationale=text, remedy=remedy, references=HOSTILE)


@cache
def large(issues: int, each: int) -> ReportData:
    """``issues`` x ``each`` occurrences, over 500 assets."""
    base = sample(1)
    one = base.assets[0]
    uids = [digest(str(n))[:16] for n in range(500)]
    assets = tuple(
        replace(one, uid=u, asset=replace(one.asset, name=f"host-{n:03d}.fenmarsh.example")) for n, u in enumerate(uids)
    )
    rules = tuple(replace(CHECKS[n % len(CHECKS)], id=f"linux.topic-{n:04d}.weak") for n in range(issues))
    found = tuple(Issue(r, tuple(_one(n * each + k, assets, r) for k in range(each))) for n, r in enumerate(rules))
    proof = tuple(
        EvidenceItem(a.asset.name, f"fact-{k}", digest(f"{n} {k}"), 1000, Privilege.ROOT, None)
        for n, a in enumerate(assets)
        for k in range(10)
    )
    return replace(base, assets=assets, checks=rules, issues=found, evidence=proof, gaps=(), fixed=())


def _one(number: int, assets: tuple[AssetCoverage, ...], rule: Check) -> Occurrence:
    at = assets[number % len(assets)]
    subject = Subject("port", f"tcp/{number}")
    said = f"the service on port {number} answers with a setting that the baseline does not allow"
    key = fingerprint(at.uid, rule.id, subject)
    place, proof = (at.uid, at.asset.name), (digest(key),)
    return Occurrence(f"EC-{number:05d}", key, *place, subject, said, "OPEN", START, 1, proof, first_scan=SCAN)


@cache
def empty() -> ReportData:
    base = sample(0)
    none: Mapping[str, int] = {}
    return replace(
        base, areas={}, passed=none, not_applicable=none, evidence=(), fixed=(), scopes=(), sources=(), marking=""
    )


@cache
def dark() -> ReportData:
    """Nothing answered. Half of the hosts were never attempted, and no gap of any of them was recorded."""
    base = sample()
    missing = Missing(Reason.UNREACHABLE, "no answer within 10 s")
    assets = tuple(
        replace(
            a,
            attempted=n % 2 == 0,
            reached=False,
            logged_in=False,
            missing=missing if n % 2 == 0 else None,
            checks={},
            os_name="",
        )
        for n, a in enumerate(base.assets)
    )
    return replace(
        base,
        state="interrupted",
        ended_at=None,
        assets=assets,
        issues=(),
        gaps=(),
        passed={},
        not_applicable={},
        fixed=(),
        evidence=(),
    )


def main(folder: str) -> None:
    cases = {"sample": sample(), "hostile": hostile(), "empty": empty(), "dark": dark(), "large": large(100, 50)}
    cases["partial"] = replace(cases["sample"], state="partial")
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, data in cases.items():
        for form in FORMATS.values():
            with (Path(folder) / f"{name}{form.suffix}").open("wb") as out:
                form.render(data, out)


if __name__ == "__main__":
    main(sys.argv[1])
