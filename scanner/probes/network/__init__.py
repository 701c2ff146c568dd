"""Probes for network devices and other SNMP agents. The list below is what one visit asks."""

from typing import Any

from scanner.probes.network.device import DEVICE
from scanner.query import Probe

NETWORK: tuple[Probe[Any], ...] = (DEVICE,)
