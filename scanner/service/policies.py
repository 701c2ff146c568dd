"""Which policies are in force when a scan begins. Each is kept with the scan as text, so that a report made again
later is made by the same ones (``ScanPlan.policies``)."""

from collections.abc import Mapping
from dataclasses import asdict, replace

from checks import accreditation_policy, decision_limits, equivalents
from checks.accreditation_rules import Policy as AccreditationPolicy
from checks.decision_model import DEFAULT_LIMITS, Limits
from checks.equivalents import Equivalents
from checks.risk import Rules
from checks.risk_rules import BadRiskRules, as_text, from_text, parse, shipped
from inventory.policy import Policy
from scanner.store.records import ScanRow, StoreError

RISK = "risk"
ACCREDITATION = accreditation_policy.NAME
LIMITS = decision_limits.NAME
EQUIVALENTS = equivalents.NAME


class BadPolicy(StoreError):
    """A policy file of the inventory cannot be used. The message names the file, the line and what to write."""


def in_force(policy: Policy) -> Mapping[str, str]:
    """By name. Raises :class:`BadPolicy`."""
    return {
        RISK: as_text(risk_rules(policy)),
        ACCREDITATION: accreditation_rules(policy).text,
        LIMITS: decision_limits.as_text(limits(policy)),
        EQUIVALENTS: equivalents.as_text(equivalents.shipped()),
    }


def limits(policy: Policy) -> Limits:
    """What ships, with the numbers of the inventory in place of it."""
    if policy.limits is None:
        return DEFAULT_LIMITS
    said = {name: value for name, value in asdict(policy.limits).items() if value is not None}
    if "stale_scans" in said:
        said["stale_cycles"] = said.pop("stale_scans")
    return replace(DEFAULT_LIMITS, **said)


def equivalents_of(scan: ScanRow) -> Equivalents:
    """The table that the scan was made under; of a scan from before one was kept, the one that ships.

    Raises :class:`StoreError`.
    """
    kept = scan.policies.get(EQUIVALENTS)
    try:
        return equivalents.from_text(kept) if kept else equivalents.shipped()
    except ValueError as fault:
        raise StoreError(f"the table of equivalent rules of a scan cannot be read back: {fault}") from None


def risk_rules(policy: Policy) -> Rules:
    """What ships, under the organisation's own file. Raises :class:`BadPolicy`."""
    own = policy.file(RISK)
    try:
        return parse(own.text, own.path) if own else shipped()
    except BadRiskRules as fault:
        raise BadPolicy(str(fault)) from None


def risk_rules_of(scan: ScanRow, policy: Policy) -> Rules:
    """Those that the scan was made under; of a scan from before there were any, those that are in force.

    Raises :class:`StoreError`.
    """
    kept = scan.policies.get(RISK)
    try:
        return from_text(kept) if kept else risk_rules(policy)
    except BadRiskRules as fault:
        raise StoreError(str(fault)) from None


def accreditation_rules(policy: Policy) -> AccreditationPolicy:
    """The organisation's own, else what ships. Raises :class:`BadPolicy`."""
    own = policy.file(ACCREDITATION)
    try:
        return accreditation_policy.parse(own.text, own.path) if own else accreditation_policy.shipped()
    except accreditation_policy.PolicyError as fault:
        raise BadPolicy(str(fault)) from None


def accreditation_rules_of(scan: ScanRow, policy: Policy) -> AccreditationPolicy:
    """Those that the scan was made under; of a scan from before there were any, those that are in force.

    Raises :class:`StoreError`.
    """
    kept = scan.policies.get(ACCREDITATION)
    try:
        return accreditation_policy.parse(kept) if kept else accreditation_rules(policy)
    except accreditation_policy.PolicyError as fault:
        raise StoreError(str(fault)) from None
