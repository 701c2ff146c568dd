"""Probes for the command lines of network devices. The list below is what one visit over ``cli`` asks."""

from typing import Any

from scanner.probes.cli.device import CLI_DEVICE
from scanner.probes.network.management import MANAGEMENT
from scanner.query import Probe

CLI: tuple[Probe[Any], ...] = (CLI_DEVICE, MANAGEMENT)
