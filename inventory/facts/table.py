"""Every fact by its name. Apart from the package itself, so that who only needs a reason does not load them all."""

from inventory.facts.accounts import Accounts, AuthorizedKeys, Logins, PasswordPolicy, Shadow
from inventory.facts.boot import Boot
from inventory.facts.certificates import Certificates
from inventory.facts.clock import Clock
from inventory.facts.contact import Contact
from inventory.facts.databases import Databases
from inventory.facts.device import Device
from inventory.facts.dns_service import DnsService
from inventory.facts.entitlements import Entitlements
from inventory.facts.files import CriticalFiles, FileWalk
from inventory.facts.firewall import Firewall
from inventory.facts.hardware import Hardware
from inventory.facts.health import DeviceHealth
from inventory.facts.host_firmware import HostFirmware
from inventory.facts.identity import Identity
from inventory.facts.kernel import Kernel
from inventory.facts.ldap import Ldap
from inventory.facts.logs import Audit, Logs
from inventory.facts.mail import Mail
from inventory.facts.management import Management
from inventory.facts.network import Interfaces, Sockets
from inventory.facts.ntp_service import NtpService
from inventory.facts.origins import Origins
from inventory.facts.packages import Packages, Repositories, Updates
from inventory.facts.processes import StaleLibraries
from inventory.facts.rdp import Rdp
from inventory.facts.reboot import Reboot
from inventory.facts.services import Services
from inventory.facts.smb import Smb
from inventory.facts.snmp_access import SnmpAccess
from inventory.facts.ssh_offer import SshOffer
from inventory.facts.sshd import Sshd
from inventory.facts.storage import Arrays, Backups, Exports, Mounts
from inventory.facts.sudoers import Sudoers
from inventory.facts.sysctl import Sysctl
from inventory.facts.system import System
from inventory.facts.time_and_logs import TimeAndLogs
from inventory.facts.tls import Tls
from inventory.facts.web import Web
from inventory.facts.windows_accounts import WindowsAccounts, WindowsPasswordPolicy
from inventory.facts.windows_applications import WindowsApplications
from inventory.facts.windows_audit import WindowsAudit, WindowsLogs
from inventory.facts.windows_defender import WindowsDefender
from inventory.facts.windows_domain import WindowsDomain, WindowsIdentity, WindowsTime
from inventory.facts.windows_firewall import WindowsFirewall
from inventory.facts.windows_firmware import WindowsBitlocker, WindowsFirmware
from inventory.facts.windows_network import (
    WindowsLdap,
    WindowsNames,
    WindowsNtlm,
    WindowsRdp,
    WindowsSchannel,
    WindowsSmb,
    WindowsSockets,
    WindowsWinrm,
)
from inventory.facts.windows_protection import (
    WindowsAutoplay,
    WindowsLaps,
    WindowsLsa,
    WindowsPowershell,
    WindowsScreen,
    WindowsUac,
)
from inventory.facts.windows_services import WindowsAutoruns, WindowsServices
from inventory.facts.windows_stability import WindowsStability
from inventory.facts.windows_storage import WindowsBatteries, WindowsStorage
from inventory.facts.windows_system import WindowsFeatures, WindowsLicence, WindowsSystem
from inventory.facts.windows_updates import WindowsPendingUpdates, WindowsReboot, WindowsUpdatePolicy, WindowsUpdates
from inventory.facts.winrm import Winrm

# The name a check uses in its fact paths, and the shape behind it.
FACTS: dict[str, type] = {
    "accounts": Accounts,
    "arrays": Arrays,
    "audit": Audit,
    "authorized_keys": AuthorizedKeys,
    "backups": Backups,
    "boot": Boot,
    "certificates": Certificates,
    "clock": Clock,
    "contact": Contact,
    "critical_files": CriticalFiles,
    "databases": Databases,
    "device": Device,
    "dns_service": DnsService,
    "entitlements": Entitlements,
    "exports": Exports,
    "file_walk": FileWalk,
    "firewall": Firewall,
    "hardware": Hardware,
    "health": DeviceHealth,
    "host_firmware": HostFirmware,
    "identity": Identity,
    "interfaces": Interfaces,
    "kernel": Kernel,
    "ldap": Ldap,
    "logins": Logins,
    "logs": Logs,
    "mail": Mail,
    "management": Management,
    "mounts": Mounts,
    "ntp_service": NtpService,
    "origins": Origins,
    "packages": Packages,
    "password_policy": PasswordPolicy,
    "rdp": Rdp,
    "reboot": Reboot,
    "repositories": Repositories,
    "services": Services,
    "shadow": Shadow,
    "smb": Smb,
    "snmp_access": SnmpAccess,
    "sockets": Sockets,
    "ssh_offer": SshOffer,
    "sshd": Sshd,
    "stale_libraries": StaleLibraries,
    "sudoers": Sudoers,
    "sysctl": Sysctl,
    "system": System,
    "time_and_logs": TimeAndLogs,
    "tls": Tls,
    "updates": Updates,
    "web": Web,
    "windows_accounts": WindowsAccounts,
    "windows_applications": WindowsApplications,
    "windows_audit": WindowsAudit,
    "windows_autoplay": WindowsAutoplay,
    "windows_autoruns": WindowsAutoruns,
    "windows_batteries": WindowsBatteries,
    "windows_bitlocker": WindowsBitlocker,
    "windows_defender": WindowsDefender,
    "windows_domain": WindowsDomain,
    "windows_features": WindowsFeatures,
    "windows_firewall": WindowsFirewall,
    "windows_firmware": WindowsFirmware,
    "windows_identity": WindowsIdentity,
    "windows_laps": WindowsLaps,
    "windows_ldap": WindowsLdap,
    "windows_licence": WindowsLicence,
    "windows_logs": WindowsLogs,
    "windows_lsa": WindowsLsa,
    "windows_names": WindowsNames,
    "windows_ntlm": WindowsNtlm,
    "windows_password_policy": WindowsPasswordPolicy,
    "windows_pending_updates": WindowsPendingUpdates,
    "windows_powershell": WindowsPowershell,
    "windows_rdp": WindowsRdp,
    "windows_reboot": WindowsReboot,
    "windows_schannel": WindowsSchannel,
    "windows_screen": WindowsScreen,
    "windows_services": WindowsServices,
    "windows_smb": WindowsSmb,
    "windows_sockets": WindowsSockets,
    "windows_stability": WindowsStability,
    "windows_storage": WindowsStorage,
    "windows_system": WindowsSystem,
    "windows_time": WindowsTime,
    "windows_uac": WindowsUac,
    "windows_update_policy": WindowsUpdatePolicy,
    "windows_updates": WindowsUpdates,
    "windows_winrm": WindowsWinrm,
    "winrm": Winrm,
}
