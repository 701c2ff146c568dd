"""Services seen from outside. The list below is what a visit asks of an asset whose inventory names endpoints."""

from typing import Any

from scanner.probes.web.ssh_offer import SSH_OFFER
from scanner.probes.web.tls import TLS
from scanner.probes.web.web import WEB
from scanner.query import Probe

OUTSIDE: tuple[Probe[Any], ...] = (TLS, WEB, SSH_OFFER)
