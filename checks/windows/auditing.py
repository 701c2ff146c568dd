"""The audit policy against the subcategories that an investigation cannot do without."""

from collections.abc import Iterator

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, not_assessed, passed
from checks.windows.words import CONFIGURATION, mapped
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.windows_audit import WindowsAudit, WindowsAuditSetting
from inventory.facts.windows_system import WindowsSystem

# The part of the CIS benchmarks (level 1, Windows 10 and 11, Server 2016 to 2025) that tells who did what.
BOTH, SUCCESS, FAILURE = (True, True), (True, False), (False, True)
Wanted = tuple[bool, bool]  # success, failure
EVERYWHERE: dict[str, Wanted] = {
    "Credential Validation": BOTH,
    "User Account Management": BOTH,
    "Security Group Management": SUCCESS,
    "Process Creation": SUCCESS,
    "Account Lockout": FAILURE,
    "Logoff": SUCCESS,
    "Logon": BOTH,
    "Special Logon": SUCCESS,
    "Removable Storage": BOTH,
    "Audit Policy Change": SUCCESS,
    "Authentication Policy Change": SUCCESS,
    "Sensitive Privilege Use": BOTH,
    "Security State Change": SUCCESS,
    "Security System Extension": SUCCESS,
    "System Integrity": BOTH,
}
ON_CONTROLLERS: dict[str, Wanted] = {
    "Kerberos Authentication Service": BOTH,
    "Kerberos Service Ticket Operations": BOTH,
    "Computer Account Management": SUCCESS,
    "Directory Service Access": FAILURE,
    "Directory Service Changes": SUCCESS,
}
_WORDS = {BOTH: "success and failure", SUCCESS: "success", FAILURE: "failure"}


def _policy(wanted: dict[str, Wanted], **other: tuple[bool | None, bool | None] | None) -> WindowsAudit:
    """Everything as wanted but for some, whose blanks are underscores; None leaves one out."""
    changed = {name.replace("_", " "): state for name, state in other.items()}
    settings = {**wanted, **changed}
    return partial(
        WindowsAudit,
        settings=tuple(WindowsAuditSetting("", name, *state) for name, state in settings.items() if state is not None),
    )


def _host(audit: WindowsAudit, kind: int | None = 1) -> dict[str, object]:
    return {"windows_audit": audit, "windows_system": partial(WindowsSystem, product_type=kind)}


ALL = {**EVERYWHERE, **ON_CONTROLLERS}

UNKNOWN_WORDS = "auditpol tells these settings in words of a language that is not known here"


@check(
    id="win.log.audit-policy-gaps",
    title="Events that an investigation needs are not recorded",
    severity=Severity.MEDIUM,
    theme=Theme.NO_MONITORING,
    rationale=(
        "What is not audited cannot be found out later: who logged in, who was made an administrator, what was "
        "started. The list is a part of what the CIS benchmarks (level 1) ask for; a controller has five more."
    ),
    remedy=Remedy(
        text="Audit these subcategories.",
        steps=(
            "Set them in the policy Advanced Audit Policy Configuration",
            "Set Audit: Force audit policy subcategory settings to Enabled, so that no older policy hides them",
            "Let the security log be large enough, or collect it",
        ),
        verify="`auditpol /get /category:*` shows them",
        risk="The security log grows faster.",
    ),
    privilege=Privilege.ROOT,
    references=(
        "learn.microsoft.com/windows-server/identity/ad-ds/plan/security-best-practices/audit-policy-recommendations",
        *mapped("8.5", CONFIGURATION, "8.15", "10.2.1"),
    ),
    examples=(
        Example(Outcome.PASS, _host(_policy(EVERYWHERE)), says="all 15 subcategories are audited"),
        Example(Outcome.PASS, _host(_policy(ALL), kind=2), says="all 20 subcategories are audited"),
        Example(
            Outcome.FAIL,
            _host(_policy(EVERYWHERE, Logon=SUCCESS, Logoff=FAILURE, Process_Creation=None, Account_Lockout=SUCCESS)),
            says="not audited: Process Creation (success), Account Lockout (failure), Logoff (success), Logon "
            "(failure)",
        ),
        Example(
            Outcome.FAIL,
            _host(_policy(EVERYWHERE), kind=2),
            says="not audited: Kerberos Authentication Service (success and failure), Kerberos Service Ticket "
            "Operations (success and failure), Computer Account Management (success), Directory Service Access "
            "(failure), Directory Service Changes (success)",
        ),
        Example(
            Outcome.FAIL,
            _host(_policy(EVERYWHERE, Logon=(False, None), Logoff=(None, None))),
            says="not audited: Logon (success); in words of a language that is not known here: Logoff, Logon",
        ),
        Example(
            Outcome.FAIL,
            _host(_policy(dict.fromkeys(ALL, (False, False))), kind=2),
            says="not audited: Credential Validation (success and failure), User Account Management (success "
            "and failure), Security Group Management (success), Process Creation (success), Account Lockout (failure), "
            "Logoff (success), Logon (success and failure), Special Logon (success), Removable Storage (success and "
            "failure), Audit Policy Change (success), Authentication Policy Change (success), Sensitive Privilege Use "
            "(success and failure), Security State Change (success), Security System Extension (success), System "
            "Integrity (success and failure), Kerberos Authentication Service (success and failure), Kerberos Service "
            "Ticket Operations (success and failure), Computer Account Management (success), Directory Service Access "
            "(failure), Directory Service Changes (success)",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _host(_policy(EVERYWHERE, Logon=(None, None), Process_Creation=(True, None), Logoff=(None, False))),
            says="auditpol tells these settings in words of a language that is not known here: Logoff, Logon",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _host(_policy(EVERYWHERE), kind=None),
            says="whether this is a domain controller could not be read",
        ),
        Example(Outcome.NOT_ASSESSED, {"windows_audit": Missing(Reason.PRIVILEGE_TOO_LOW)}),
    ),
)
def audit_gaps(windows_audit: WindowsAudit, windows_system: WindowsSystem) -> Iterator[Ruling]:
    wanted = ALL if windows_system.domain_controller else EVERYWHERE
    known = {one.name: (one.success, one.failure) for one in windows_audit.settings}
    pairs = {name: (state, known.get(name, (False, False))) for name, state in wanted.items()}
    gaps = [f"{name} ({lack})" for name, (state, found) in pairs.items() if (lack := _lack(state, found))]
    unread = [name for name, (state, found) in pairs.items() if _unread(state, found)]
    if gaps:
        also = f"; in words of a language that is not known here: {', '.join(unread)}" if unread else ""
        yield failed(f"not audited: {', '.join(gaps)}{also}")
    elif unread:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, f"{UNKNOWN_WORDS}: {', '.join(unread)}")
    elif windows_system.domain_controller is None:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, "whether this is a domain controller could not be read")
    else:
        yield passed(f"all {len(wanted)} subcategories are audited")


def _lack(wanted: Wanted, found: tuple[bool | None, bool | None]) -> str:
    """What is wanted and provably not audited, in words."""
    success, failure = (asked and told is False for asked, told in zip(wanted, found, strict=True))
    return _WORDS.get((success, failure), "")


def _unread(wanted: Wanted, found: tuple[bool | None, bool | None]) -> bool:
    return any(asked and told is None for asked, told in zip(wanted, found, strict=True))
