"""Services other than TLS, web and SSH, seen from outside: a file each."""

from typing import Any

from scanner.probes.services.databases import DATABASES
from scanner.probes.services.dns_service import DNS_SERVICE
from scanner.probes.services.ldap import LDAP
from scanner.probes.services.mail import MAIL
from scanner.probes.services.ntp_service import NTP_SERVICE
from scanner.probes.services.rdp import RDP
from scanner.probes.services.smb import SMB
from scanner.probes.services.winrm import WINRM
from scanner.query import Probe

SERVICES: tuple[Probe[Any], ...] = (SMB, RDP, MAIL, DATABASES, LDAP, WINRM, DNS_SERVICE, NTP_SERVICE)
