"""Sentences about updates, the same in every check."""

from collections.abc import Iterable, Sequence

from checks.finding import Member

NAMED = 6  # things that one sentence names; the rest is counted
DAY = 86_400


def some(names: Iterable[str], most: int = NAMED) -> str:
    """``a, b and 3 more``."""
    listed = list(names)
    more = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {more} more" if more > 0 else "")


def counted(number: int, one: str, many: str = "") -> str:
    return f"1 {one}" if number == 1 else f"{number} {many or one + 's'}"


def weaknesses(members: Sequence[Member]) -> str:
    """``3 known weaknesses (CVE-..., CVE-..., CVE-...; 1 exploited)``."""
    exploited = sum("kev" in member.attributes for member in members)
    known = f"; {exploited} exploited by CISA's list" if exploited else ""
    named = some((member.id for member in members), 3)
    return f"{counted(len(members), 'known weakness', 'known weaknesses')} ({named}{known})"
