"""How severe one CVE is in one package, and what else is known of it.

Severity is the CVSS 3 score of the distribution or vendor, else somebody else's, else the vendor's word (domain.md).
Exploitation, its likelihood and CISA's decision points stand beside it and never change it.
"""

from collections.abc import Mapping, Sequence

from checks.advisories.bod2604 import exposed_of, row_of
from checks.advisories.cvss import band, base_score
from checks.advisories.judging import Hit
from checks.advisories.library import Advisories
from checks.advisories.model import Cve, Ssvc
from checks.cvss_scores import scored
from checks.finding import Member, Severity

# Words of Red Hat and its family, SUSE, Debian and Ubuntu.
WORDS: Mapping[str, Severity] = {
    "critical": Severity.CRITICAL,
    "important": Severity.HIGH,
    "high": Severity.HIGH,
    "moderate": Severity.MEDIUM,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
    "negligible": Severity.INFO,
    "unimportant": Severity.INFO,
}
MAX_KEPT = 400_000


class Rater:
    """Makes members of hits, for assets of one exposure."""

    def __init__(self, advisories: Advisories, exposure: str | None, own: frozenset[str] = frozenset()) -> None:
        """``own``: the feeds of the distribution or vendor itself, whose score comes before everybody else's."""
        self._own = own
        self._feeds = advisories
        self._exposed = exposed_of(exposure)
        self._knows_kev = advisories.has("kev")
        self._about: dict[str, tuple[Severity | None, Mapping[str, str]]] = {}
        self._members: dict[Hit, Member] = {}

    def member(self, hit: Hit) -> Member:
        """Many versions of a package have the same weaknesses, by the same fix: they share the member."""
        known = self._members.get(hit)
        if known is None:
            if len(self._members) >= MAX_KEPT:
                self._members.clear()
            known = self._members[hit] = self._member(hit)
        return known

    def _member(self, hit: Hit) -> Member:
        severity, about = self._known(hit.cve)
        if severity is None:
            severity = WORDS.get(hit.severity)
        own = {
            "advisory": hit.advisory if hit.advisory != hit.cve else "",
            "fixed": hit.fixed,
            "scope": hit.scope,
            "vendor_severity": hit.severity,
            "issued": hit.issued,
            "vendor_status": hit.status,
            "why": hit.why,
        }
        return Member(hit.cve, hit.verdict.value, severity, {**{k: v for k, v in own.items() if v}, **about})

    def _known(self, cve: str) -> tuple[Severity | None, Mapping[str, str]]:
        known = self._about.get(cve)
        if known is None:
            if len(self._about) >= MAX_KEPT:
                self._about.clear()
            known = self._about[cve] = self._read(cve)
        return known

    def _read(self, cve: str) -> tuple[Severity | None, Mapping[str, str]]:
        severity, rated = _scored(self._feeds.scores(cve, self._own))
        ssvc = self._feeds.ssvc(cve)
        about = {**rated, **self._kev(cve), **self._epss(cve), **_points(ssvc), **self._bod(cve, ssvc)}
        return severity, {name: value for name, value in about.items() if value}

    def _kev(self, cve: str) -> dict[str, str]:
        kev = self._feeds.exploited(cve)
        if kev is None:
            return {}
        return {"kev": kev.added, "kev_due": kev.due, "kev_ransomware": "yes" if kev.ransomware else ""}

    def _epss(self, cve: str) -> dict[str, str]:
        epss = self._feeds.epss(cve)
        if epss is None:
            return {}
        return {"epss": f"{epss.score:.5f}", "epss_percentile": f"{epss.percentile:.5f}", "epss_day": epss.day}

    def _bod(self, cve: str, ssvc: Ssvc | None) -> dict[str, str]:
        """Only of what CISA can have judged: a weakness with a CVE id."""
        if not cve.startswith("CVE-"):
            return {}
        kev = self._feeds.exploited(cve) is not None if self._knows_kev else None
        points = (ssvc.automatable, ssvc.total_impact) if ssvc else (None, None)
        row = row_of(kev, self._exposed, *points)
        return {"bod": row.within, "bod_row": str(row.number), "bod_assumed": ", ".join(row.assumed)}


def _points(ssvc: Ssvc | None) -> dict[str, str]:
    if ssvc is None:
        return {}
    return {"exploitation": ssvc.exploitation, "automatable": _yes(ssvc.automatable), "total": _yes(ssvc.total_impact)}


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _scored(said: Sequence[Cve]) -> tuple[Severity | None, dict[str, str]]:
    """By the first that has a score; where none has one, the first vector is told, and why it gives none."""
    with_vector = [cve for cve in said if cve.vector]
    told = next((cve for cve in with_vector if base_score(cve.vector) is not None), next(iter(with_vector), None))
    about = {
        "vector_v4": next((cve.vector_v4 for cve in said if cve.vector_v4), ""),
        "published": next((cve.published for cve in said if cve.published), ""),
    }
    if told is None:
        return None, about
    about |= {"vector": told.vector, "vector_source": told.vector_source}
    score = base_score(told.vector)
    if score is None:
        return None, {**about, "vector_fault": _why_no_score(told.vector)}
    return band(score), {**about, "score": f"{score:.1f}"}


def _why_no_score(vector: str) -> str:
    read = scored(vector)
    return read.fault or f"version {read.version} is another scale"
