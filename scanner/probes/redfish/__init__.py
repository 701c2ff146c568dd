"""Probes for servers' BMCs over Redfish. The list below is what one visit asks."""

from typing import Any

from scanner.probes.redfish.device import DEVICE
from scanner.probes.redfish.health import HEALTH
from scanner.query import Probe

REDFISH: tuple[Probe[Any], ...] = (DEVICE, HEALTH)
