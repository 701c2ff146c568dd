"""CVSS vectors, read and scored with the library ``cvss`` (FIRST, CVSS v2 Guide, v3.1 and v4.0 Specifications).

Only version 3.0 and 3.1 give a band (domain.md, Severity). Version 4 is kept beside it, version 2 is only told: their
scales are others. What is no whole vector has no score, and ``fault`` says what is wrong with it.
"""

from dataclasses import dataclass
from functools import lru_cache

from cvss import CVSS2, CVSS3, CVSS4
from cvss.exceptions import CVSSError

MAX_CHARACTERS = 300  # every metric of version 4 takes less
_VERSIONS = (("CVSS:3.1/", "3.1", CVSS3), ("CVSS:3.0/", "3.0", CVSS3), ("CVSS:4.0/", "4.0", CVSS4))


@dataclass(frozen=True, slots=True)
class Scored:
    """One vector. ``score`` is the base score of its own version, 0.0 to 10.0."""

    version: str  # 2.0, 3.0, 3.1, 4.0; "" it is none
    score: float | None
    fault: str = ""  # one clause, "" it is whole

    @property
    def base(self) -> float | None:
        """The score that gives a band: of version 3 alone."""
        return self.score if self.version.startswith("3.") else None


@lru_cache(maxsize=65_536)  # feeds repeat a few thousand vectors for hundreds of thousands of CVEs
def scored(vector: str) -> Scored:
    if not vector or len(vector) > MAX_CHARACTERS or not vector.isascii():
        return Scored("", None, "it is no CVSS vector")
    version, kind = _kind(vector)
    try:
        return Scored(version, float(kind(vector.removeprefix("CVSS:2.0/")).base_score))
    except CVSSError as fault:
        return Scored(version, None, _said(str(fault)))


def _kind(vector: str) -> tuple[str, type[CVSS2] | type[CVSS3] | type[CVSS4]]:
    """By its prefix; version 2 has none in its own specification."""
    for prefix, version, kind in _VERSIONS:
        if vector.startswith(prefix):
            return version, kind
    return "2.0" if vector.startswith(("AV:", "CVSS:2.0/AV:")) else "", CVSS2


def _said(fault: str) -> str:
    """The library's words, without the vector that they repeat."""
    if fault.startswith("Missing mandatory metrics"):
        lacking = fault.partition('"')[2].rstrip('"')
        return f"it lacks {lacking}"
    if "Duplicate metric" in fault:
        return "it has a metric twice"
    return "it has a metric or a value that this version does not know"
