"""Probes for network devices and other SNMP agents. The list below is what one visit over SNMP asks."""

from typing import Any

from scanner.probes.network.device import DEVICE
from scanner.probes.network.health import HEALTH
from scanner.probes.network.management import MANAGEMENT
from scanner.probes.network.snmp_access import SNMP_ACCESS
from scanner.probes.network.time_and_logs import TIME_AND_LOGS
from scanner.query import Probe

SNMP: tuple[Probe[Any], ...] = (DEVICE, HEALTH, MANAGEMENT, SNMP_ACCESS, TIME_AND_LOGS)
