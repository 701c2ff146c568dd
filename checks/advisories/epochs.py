"""Versions of a list that has no epochs, where there may be some (plain ``rpm -qa``).

They are compared without epochs on both sides. Where the advisories of one package have several epochs (podman,
buildah, nginx of EL), the list leaves open which of them the installed version has: it is judged with each, and what
they do not agree on is not assessed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from checks.advisories.judging import Hit, Installed, Judged, judged
from checks.advisories.model import Statement
from checks.advisories.scopes import Reach
from checks.advisories.verdict import Verdict

WHY = "only the epoch decides, which the list lacks"


def judged_without_epochs(installed: Installed, statements: Sequence[Statement], reach: Reach) -> Judged:
    """``installed`` may have an epoch that its version does not tell; one that it tells counts."""
    if ":" in installed.version:
        return judged(installed, statements, reach)
    epochs = sorted(_epochs(statements))
    if len(epochs) < 2:
        return judged(replace(installed, epoch=False), statements, reach)
    told = [judged(replace(installed, version=f"{epoch}:{installed.version}"), statements, reach) for epoch in epochs]
    unread = next((one.unread for one in told if one.unread), "")
    return Judged(tuple(_agreed(told)), told[0].reached, unread)  # what the lowest epoch has reached, all have


def _epochs(statements: Iterable[Statement]) -> set[int]:
    named = (version for s in statements for version in (s.fixed, s.introduced, s.last) if version)
    return {_epoch(version) for version in named}


def _epoch(version: str) -> int:
    epoch, colon, _ = version.partition(":")
    return int(epoch[:9]) if colon and epoch.isdecimal() else 0


def _agreed(told: Sequence[Judged]) -> Iterator[Hit]:
    by_cve = [{hit.cve: hit for hit in one.hits} for one in told]
    for cve in sorted({cve for hits in by_cve for cve in hits}):
        hits = [hits[cve] for hits in by_cve if cve in hits]
        if len(hits) == len(told) and len({hit.verdict for hit in hits}) == 1:
            yield hits[0]
        else:
            yield Hit(cve, Verdict.NOT_ASSESSED, hits[0].advisory, severity=hits[0].severity, why=WHY)
