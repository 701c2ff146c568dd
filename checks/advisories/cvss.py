"""The base score of a CVSS vector, versions 3.0 and 3.1 (FIRST, "CVSS v3.1 Specification", section 7 and appendix A).

Other versions have other scales and are never turned into a number here.
"""

import re
from functools import lru_cache

from checks.finding import Severity

_VECTOR = re.compile(r"CVSS:3\.[01](?:/[A-Z]{1,3}:[A-Z]){8,40}")
_WEIGHTS = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}  # by scope
_BANDS = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))


@lru_cache(maxsize=65_536)
def base_score(vector: str) -> float | None:
    """0.0 to 10.0; None for another version, and for a vector that lacks a base metric or has one twice."""
    if not _VECTOR.fullmatch(vector):
        return None
    pairs = [part.split(":") for part in vector.split("/")[1:]]
    metrics = dict(pairs)
    try:
        return _base(metrics) if len(metrics) == len(pairs) else None
    except KeyError:
        return None


def _base(metrics: dict[str, str]) -> float:
    weights = {name: known[metrics[name]] for name, known in _WEIGHTS.items()}
    privileges = _PRIVILEGES[metrics["S"]][metrics["PR"]]
    changed = metrics["S"] == "C"
    lost = 1 - (1 - weights["C"]) * (1 - weights["I"]) * (1 - weights["A"])
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if changed else 6.42 * lost
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * weights["AV"] * weights["AC"] * privileges * weights["UI"]
    return _up(min(1.08 * (impact + exploitability) if changed else impact + exploitability, 10))


def _up(value: float) -> float:
    """Roundup of appendix A: to one decimal, upwards, without the noise of floating point."""
    scaled = round(value * 100_000)
    return scaled / 100_000 if scaled % 10_000 == 0 else (scaled // 10_000 + 1) / 10


def band(score: float) -> Severity:
    """Section 5; a score of 0 is "none": information."""
    return next((severity for least, severity in _BANDS if score >= least), Severity.INFO)
