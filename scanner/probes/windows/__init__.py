"""Probes for Windows: each is one section of the one PowerShell script, a ``.ps1`` and its parser side by side.

The list below is what one visit asks, and what ``estatecheck collect --windows`` puts into its script. To add one:
write ``<name>.ps1`` and its parser, a fact ``windows_<name>``, and add it here.
"""

from typing import Any

from scanner.probes.windows.accounts import ACCOUNTS, PASSWORD_POLICY
from scanner.probes.windows.applications import APPLICATIONS
from scanner.probes.windows.audit import AUDIT, LOGS
from scanner.probes.windows.defender import DEFENDER
from scanner.probes.windows.domain import DOMAIN, IDENTITY, TIME
from scanner.probes.windows.firewall import FIREWALL
from scanner.probes.windows.firmware import BITLOCKER, FIRMWARE
from scanner.probes.windows.network import LDAP, NAMES, NTLM, RDP, SCHANNEL, SMB, WINRM
from scanner.probes.windows.protection import AUTOPLAY, LAPS, LSA, POWERSHELL, SCREEN, UAC
from scanner.probes.windows.section import WindowsProbe
from scanner.probes.windows.services import AUTORUNS, SERVICES
from scanner.probes.windows.sockets import SOCKETS
from scanner.probes.windows.stability import STABILITY
from scanner.probes.windows.storage import BATTERIES, STORAGE
from scanner.probes.windows.system import FEATURES, LICENCE, SYSTEM
from scanner.probes.windows.updates import PENDING, POLICY, REBOOT, UPDATES

# What a verdict needs most comes first; what may take long comes last, when the time of the visit may be up.
WINDOWS: tuple[WindowsProbe[Any], ...] = (
    SYSTEM,
    IDENTITY,
    DOMAIN,
    REBOOT,
    POLICY,
    DEFENDER,
    FIRMWARE,
    BITLOCKER,
    ACCOUNTS,
    PASSWORD_POLICY,
    FIREWALL,
    SMB,
    RDP,
    WINRM,
    NAMES,
    NTLM,
    LDAP,
    SCHANNEL,
    UAC,
    LSA,
    LAPS,
    AUTOPLAY,
    POWERSHELL,
    SCREEN,
    AUDIT,
    LOGS,
    TIME,
    SOCKETS,
    STORAGE,
    BATTERIES,
    SERVICES,
    AUTORUNS,
    APPLICATIONS,
    UPDATES,
    LICENCE,
    FEATURES,
    STABILITY,
    PENDING,
)
