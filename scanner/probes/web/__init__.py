"""TLS, web and SSH servers seen from outside: a part of what is asked of an asset with endpoints."""

from typing import Any

from scanner.probes.web.ssh_offer import SSH_OFFER
from scanner.probes.web.tls import TLS
from scanner.probes.web.web import WEB
from scanner.query import Probe

SEEN: tuple[Probe[Any], ...] = (TLS, WEB, SSH_OFFER)
