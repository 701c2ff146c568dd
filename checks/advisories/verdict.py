"""What is said of one weakness in one installed package. ``docs/patch-levels.md`` tells how each comes about.

Fixed and not affected are no rows: nothing is said of them.
"""

from enum import StrEnum


class Verdict(StrEnum):
    FIX_AVAILABLE = "fix available"
    NO_VENDOR_FIX = "no fix from the vendor"
    FIX_NEEDS_SUBSCRIPTION = "fix needs a subscription"
    FIXED_REBOOT_PENDING = "fixed on disk, restart of the host pending"
    FIXED_RESTART_PENDING = "fixed on disk, restart of a process pending"
    THIRD_PARTY_UNKNOWN = "third-party package: no advisory source"
    UNIMPORTANT = "unimportant by the vendor's word"
    NOT_ASSESSED = "not assessed"

    @property
    def rank(self) -> int:
        """0 is told first, where one weakness has several verdicts on one host."""
        return list(Verdict).index(self)


TO_UPDATE = frozenset({Verdict.FIX_AVAILABLE, Verdict.FIXED_REBOOT_PENDING, Verdict.FIXED_RESTART_PENDING})
