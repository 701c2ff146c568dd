"""What a package list that somebody supplied leaves out, and what that takes from the verdict.

Nothing is guessed in its place: what was found is told with a remark, and what was not found proves nothing.
"""

from checks.advisories.releases import Family
from checks.finding import Ruling, not_assessed
from inventory.facts.missing import Reason
from inventory.facts.packages import Packages

# Words of Packages.unknown.
EPOCH, SOURCE, STATE = "epoch", "source", "state"
_REMARKS = {
    EPOCH: "compared without epochs, which the list lacks",
    STATE: "removed packages may be in the list",
}


def unsourced(packages: Packages, family: Family) -> bool:
    """Whether the publisher speaks of source packages and the list names none."""
    if packages.manager != "rpm":
        return SOURCE in packages.unknown
    return family.by_source and not any(package.source for package in packages.items)


def gap(packages: Packages, family: Family, feed: str) -> Ruling | None:
    """Why silence about this list's packages proves nothing; None when it does."""
    if not unsourced(packages, family):
        return None
    told = f"the list names no source packages, of which {feed} speaks: what is open in packages of another name"
    return not_assessed(Reason.OUTPUT_UNREADABLE, f"{told} than their source it does not show")


def remark(packages: Packages, family: Family | None) -> str:
    """To be added to a sentence about what was found; "" of a host's own list."""
    told = [words for unknown, words in _REMARKS.items() if unknown in packages.unknown]
    if family is not None and unsourced(packages, family):
        told.append("matched by name, as the list names no source packages")
    return "".join(f"; {words}" for words in told)
