"""Probes for Linux. The list below is the visit: one section of the script each, in this order."""

from typing import Any

from scanner.probes.linux.accounts import ACCOUNTS
from scanner.probes.linux.arrays import ARRAYS
from scanner.probes.linux.audit import AUDIT
from scanner.probes.linux.authorized_keys import AUTHORIZED_KEYS
from scanner.probes.linux.backups import BACKUPS
from scanner.probes.linux.boot import BOOT
from scanner.probes.linux.certificates import CERTIFICATES
from scanner.probes.linux.clock import CLOCK
from scanner.probes.linux.critical_files import CRITICAL_FILES
from scanner.probes.linux.entitlements import ENTITLEMENTS
from scanner.probes.linux.exports import EXPORTS
from scanner.probes.linux.file_walk import FILE_WALK
from scanner.probes.linux.firewall import FIREWALL
from scanner.probes.linux.hardware import HARDWARE
from scanner.probes.linux.host_firmware import HOST_FIRMWARE
from scanner.probes.linux.identity import IDENTITY
from scanner.probes.linux.interfaces import INTERFACES
from scanner.probes.linux.kernel import KERNEL
from scanner.probes.linux.logins import LOGINS
from scanner.probes.linux.logs import LOGS
from scanner.probes.linux.mounts import MOUNTS
from scanner.probes.linux.origins import ORIGINS
from scanner.probes.linux.packages import PACKAGES
from scanner.probes.linux.password_policy import PASSWORD_POLICY
from scanner.probes.linux.reboot import REBOOT
from scanner.probes.linux.repositories import REPOSITORIES
from scanner.probes.linux.services import SERVICES
from scanner.probes.linux.shadow import SHADOW
from scanner.probes.linux.sockets import SOCKETS
from scanner.probes.linux.sshd import SSHD
from scanner.probes.linux.stale_libraries import STALE_LIBRARIES
from scanner.probes.linux.sudoers import SUDOERS
from scanner.probes.linux.sysctl import SYSCTL
from scanner.probes.linux.system import SYSTEM
from scanner.probes.linux.updates import UPDATES
from scanner.query import Probe

LINUX: tuple[Probe[Any], ...] = (
    SYSTEM,
    IDENTITY,
    HARDWARE,
    HOST_FIRMWARE,
    CLOCK,
    KERNEL,
    BOOT,
    PACKAGES,
    ORIGINS,
    ENTITLEMENTS,
    UPDATES,
    REPOSITORIES,
    REBOOT,
    STALE_LIBRARIES,
    SERVICES,
    LOGS,
    AUDIT,
    ARRAYS,
    SYSCTL,
    INTERFACES,
    SOCKETS,
    FIREWALL,
    SSHD,
    ACCOUNTS,
    SHADOW,
    PASSWORD_POLICY,
    LOGINS,
    AUTHORIZED_KEYS,
    SUDOERS,
    CRITICAL_FILES,
    MOUNTS,
    EXPORTS,
    BACKUPS,
    CERTIFICATES,
    FILE_WALK,
)
