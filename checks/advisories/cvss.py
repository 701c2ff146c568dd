"""The base score of a CVSS vector, versions 3.0 and 3.1, and its band (FIRST, "CVSS v3.1 Specification", section 5).

Other versions have other scales and are never turned into a number here.
"""

from checks.cvss_scores import scored
from checks.finding import Severity

_BANDS = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))


def base_score(vector: str) -> float | None:
    """0.0 to 10.0; None for another version, and for a vector that lacks a base metric or has one twice."""
    return scored(vector).base


def band(score: float) -> Severity:
    """Section 5; a score of 0 is "none": information."""
    return next((severity for least, severity in _BANDS if score >= least), Severity.INFO)
