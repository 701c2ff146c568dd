"""Version order of deb, rpm and apk, by keys: made once for each version, then compared as plain strings.

>>> compare("deb", "1.0~rc1-1", "1.0-1")
-1
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from checks.advisories.versions import apk, deb, rpm
from checks.advisories.versions.parts import InvalidVersion as InvalidVersion

REMEMBERED, REMEMBERED_LENGTH = 65_536, 100  # versions of each scheme, and characters: at most about 30 MB


def _remembering(make: Callable[[str], str]) -> Callable[[str], str]:
    """An estate of 1,000 hosts has about 6,000 different versions. Absurdly long ones are not kept."""
    remembered = lru_cache(maxsize=REMEMBERED)(make)
    return lambda version: remembered(version) if len(version) <= REMEMBERED_LENGTH else make(version)


KEYS: Mapping[str, Callable[[str], str]] = {
    "deb": _remembering(deb.key),
    "rpm": _remembering(rpm.key),
    "apk": _remembering(apk.key),
}


def sort_key(scheme: str, version: str) -> str:
    """A key that sorts as versions do: a total order in each scheme ("deb", "rpm", "apk"). Keys do not mix.

    Raises :class:`InvalidVersion` where the scheme's own tool refuses the version, ``KeyError`` for another scheme.
    """
    return KEYS[scheme](version)


def compare(scheme: str, a: str, b: str) -> int:
    """-1, 0 or 1 as ``a`` is older than, equal to or newer than ``b``. Raises as :func:`sort_key`."""
    make = KEYS[scheme]
    left, right = make(a), make(b)
    return (left > right) - (left < right)


def is_at_least(scheme: str, version: str, wanted: str) -> bool:
    """Whether ``version`` is ``wanted`` or newer. Raises as :func:`sort_key`."""
    make = KEYS[scheme]
    return make(version) >= make(wanted)
