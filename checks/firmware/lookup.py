"""Which advisories affect one release of one product, by the feeds that are loaded."""

from collections.abc import Sequence
from dataclasses import dataclass

from checks.advisories.library import Advisories
from checks.advisories.model import FeedNote
from checks.firmware.advisory import FIRMWARE, FirmwareAdvisory, advisories_in
from checks.firmware.fortios import Release
from checks.firmware.standing import Judged, Standing, judge

MAX_KEPT = 2_000  # products and releases: devices of one kind share what was worked out for them


@dataclass(frozen=True, slots=True)
class Answer:
    """All that a publisher says of one release."""

    note: FeedNote
    judged: tuple[Judged, ...]

    def having(self, standing: Standing) -> tuple[Judged, ...]:
        return tuple(one for one in self.judged if one.standing is standing)

    @property
    def settled(self) -> bool:
        """Every advisory whose affected versions can be read for some release could be judged for this one.

        One that can never be read is told as a gap and never raised a finding, so it keeps none from closing.
        """
        return not any(one.advisory.readable for one in self.having(Standing.UNKNOWN))


def firmware_advisories(advisories: Advisories, product: str, release: Release) -> Answer | None:
    """``product``: as the table names it, fortinet/fortios. None: no feed speaks of it.

    Raises ``FeedContentError`` when a row of the feed is unreadable.
    """
    kept: dict[tuple[str, Release], Answer | None] = advisories.kept.setdefault("firmware", {})
    key = (product, release)
    if key not in kept:
        if len(kept) >= MAX_KEPT:
            kept.clear()
        kept[key] = _answer(advisories, product, release)
    return kept[key]


def _answer(advisories: Advisories, product: str, release: Release) -> Answer | None:
    rows = advisories.rows(FIRMWARE, product)
    if not rows:
        return None
    note, line = rows[0]
    return Answer(note, judge(_each_once(advisories_in(line)), release))


def _each_once(advisories: Sequence[FirmwareAdvisory]) -> tuple[FirmwareAdvisory, ...]:
    return tuple({advisory.id: advisory for advisory in advisories}.values())
