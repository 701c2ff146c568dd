"""Fixes that not every host receives: extended support by subscription (ESM, LTSS), streams of a minor release (EUS).

A scope is ``name`` where its fixes continue the release's own versions, ``name:X.Y`` where they belong to the minor
release X.Y alone, whose versions end in ``elX_Y`` (patch-levels rule 8).
"""

import re
from dataclasses import dataclass

from checks.advisories.releases import Family
from inventory.facts.entitlements import Entitlements
from inventory.facts.system import System

_MINOR = re.compile(r"\.(?:module[+_])?el([0-9]+)[._]([0-9]+)")
_STREAM = re.compile(r"[a-z0-9-]+:([0-9]+\.[0-9]+)")


@dataclass(frozen=True, slots=True)
class Reach:
    """What one host receives beyond its release's regular support."""

    active: frozenset[str] = frozenset()  # entitlements shown to be enabled on it
    minor: str = ""  # its minor release, 8.6

    def has(self, scope: str) -> bool:
        """An entitlement without a minor release ("eus") is held to none: it reaches the host's own."""
        name, _, minor = scope.partition(":")
        return not scope or scope in self.active or (name in self.active and minor in ("", self.minor))


def reach_of(system: System, family: Family, entitlements: Entitlements | None) -> Reach:
    """Without evidence of an entitlement there is none. Only releases named by their first number have minor ones."""
    active = entitlements.active if entitlements else frozenset()
    pinned = entitlements.release_pin if entitlements else ""
    return Reach(active, (pinned or system.os_version) if family.numbers == 1 else "")


def stream_of(scope: str) -> str:
    """``8.6`` of eus:8.6; "" of a scope that continues the release's own versions."""
    match = _STREAM.fullmatch(scope)
    return match[1] if match else ""


def minor_of(version: str) -> str:
    """``8.6`` of 4.18.0-372.9.1.el8_6 and of 1.24.module+el8.6.0+994; "" where the version does not say."""
    match = _MINOR.search(version)
    return f"{match[1]}.{match[2]}" if match else ""
