"""Release numbers of Fortinet's products: major.minor.patch. The first two name the train, which is mended by itself.

A FortiGate tells ``v7.0.5,build0304,220208 (GA)``; build numbers and dates are left aside, since advisories name none.
"""

import re

Release = tuple[int, int, int]
Train = tuple[int, int]

_NUMBER = re.compile(r"(?<![\d.])v?(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\d.])", re.IGNORECASE)
_TRAIN = re.compile(r"v?(\d{1,3})\.(\d{1,3})")


def release_of(text: str) -> Release | None:
    """The one release number in a text, None where there is none, or two different ones."""
    found = {(int(a), int(b), int(c)) for a, b, c in _NUMBER.findall(text[:512])}
    return found.pop() if len(found) == 1 else None


def train_named(text: str) -> Train | None:
    """``7.0`` as a train; None for anything longer or else."""
    match = _TRAIN.fullmatch(text)
    return (int(match[1]), int(match[2])) if match else None


def train_of(release: Release) -> Train:
    return release[:2]


def shown(number: Release | Train) -> str:
    return ".".join(map(str, number))
