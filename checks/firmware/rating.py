"""Advisories that affect a device as members of its finding: one a CVE, the worst first."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from checks.advisories.cvss import band, base_score
from checks.advisories.judging import Hit
from checks.advisories.library import Advisories
from checks.advisories.rating import Rater
from checks.advisories.verdict import Verdict
from checks.finding import Member
from checks.firmware.fortios import release_of
from checks.firmware.standing import Judged


def members_of(
    judged: Iterable[Judged], advisories: Advisories, publisher: str, exposure: str | None
) -> tuple[Member, ...]:
    """``publisher``: the feed's name. A CVE of several advisories counts once, by the highest fix."""
    rater = Rater(advisories, exposure, frozenset({publisher}))
    found: dict[str, tuple[Judged, Member]] = {}
    for one in judged:
        for cve in one.advisory.cves or (one.advisory.id,):
            if cve not in found or _further(one, found[cve][0]):
                found[cve] = one, _member(one, cve, rater, publisher)
    return tuple(sorted((member for _, member in found.values()), key=_worst_first))


def _further(one: Judged, other: Judged) -> bool:
    """No fix at all is further than any."""
    return _fix(one) > _fix(other)


def _fix(one: Judged) -> tuple[int, ...]:
    return release_of(one.fixed) or (1_000,)


def _member(one: Judged, cve: str, rater: Rater, publisher: str) -> Member:
    """The publisher's score is of this very product: it comes before what others say of the CVE."""
    advisory = one.advisory
    verdict = Verdict.FIX_AVAILABLE if one.fixed else Verdict.NO_VENDOR_FIX
    made = rater.member(Hit(cve, verdict, advisory.id, one.fixed, issued=advisory.issued))
    score = base_score(advisory.vector)
    if score is None:
        return made
    told = {"vector": advisory.vector, "vector_source": publisher, "score": f"{score:.1f}"}
    return replace(made, severity=band(score), attributes={**made.attributes, **told})


def _worst_first(member: Member) -> tuple[int, float, str]:
    rank = member.severity.rank if member.severity else len(_RANKS)
    return rank, -float(member.attributes.get("score", "0")), member.id


_RANKS = range(5)  # of checks.finding.Severity


def targets(judged: Iterable[Judged]) -> Iterator[str]:
    """The releases to which the advisories send, each once, in order."""
    fixes = {found for one in judged if (found := release_of(one.fixed)) is not None}
    return (".".join(map(str, fix)) for fix in sorted(fixes))
