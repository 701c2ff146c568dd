"""What the three orders have in common: keys are strings whose code points sort as the versions do.

A key is self-delimiting: none is the beginning of another of the same scheme, so keys can be put one behind the other.
"""

MAX_LENGTH = 1_000_000  # characters; the length of a run of digits must be a code point (at most 0x10FFFF)


class InvalidVersion(ValueError):
    """The ecosystem's own tool refuses this as a version. The message says why, with the version cut short."""

    def __init__(self, scheme: str, version: str, reason: str) -> None:
        super().__init__(f"{version[:80]!r} is no {scheme} version: {reason}")


def number(digits: str) -> str:
    """A run of ASCII digits of any length, as a piece of a key: how many there are, then the digits themselves.

    No ``int``: a hostile run of 100,000 digits would cost quadratic time there, or be refused. "" counts as 0.
    """
    significant = digits.lstrip("0")
    return chr(len(significant)) + significant
