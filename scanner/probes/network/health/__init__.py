"""How is the device doing? Standard MIBs in Python, one file a group; vendors' own tables as data in ``tables/``."""

from scanner.probes.network.health.probe import HEALTH

__all__ = ["HEALTH"]
