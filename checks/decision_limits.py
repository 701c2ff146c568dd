"""The limits of decisions as a scan keeps them: canonical JSON, and back. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import lru_cache

from checks.decision_model import DEFAULT_LIMITS, Limits
from checks.lifecycle import canonical

NAME = "limits"
_KNOWN = frozenset(field.name for field in fields(Limits))


class BadLimits(ValueError):
    """What a scan kept is no set of limits."""


def as_text(limits: Limits) -> str:
    return canonical(asdict(limits)).decode()


@lru_cache(maxsize=16)
def from_text(text: str) -> Limits:
    """A number that an older version did not know is what ships. Raises :class:`BadLimits`."""
    try:
        plain = json.loads(text)
    except ValueError as fault:
        raise BadLimits(f"the limits of decisions that were kept with the scan are not readable: {fault}") from None
    if not isinstance(plain, Mapping) or not all(type(plain.get(name, 1)) is int for name in _KNOWN):
        raise BadLimits("the limits of decisions that were kept with the scan are not whole numbers by name")
    return Limits(**{**asdict(DEFAULT_LIMITS), **{name: plain[name] for name in _KNOWN & plain.keys()}})
