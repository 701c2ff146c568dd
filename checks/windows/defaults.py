"""What Windows does where a setting is not in the registry: it depends on the version, so the build decides.

Every function answers None where the version alone does not settle it. Sources, at learn.microsoft.com:
- SMB signing: windows-server/storage/file-server/smb-signing
- SCHANNEL: windows/win32/secauthn/protocols-in-tls-ssl--schannel-ssp-
- WDigest: windows-server/security/kerberos/windows-authentication-concepts; Microsoft Security Advisory 2871997
- LSA protection: windows-server/security/credentials-protection-and-management/configuring-additional-lsa-protection
- LDAP signing: windows-server/identity/ad-ds/ldap-signing and windows-server/identity/manage-ldap-signing-group-policy
- NTLMv1: support.microsoft.com/topic/c0554217-cdbc-420f-b47c-e02b2db49b2e (KB 5066470)
"""

from checks.finding import Ruling, Severity, not_applicable, not_assessed
from inventory.facts import Reason
from inventory.facts.windows_domain import WindowsDomain
from inventory.facts.windows_network import SchannelProtocol
from inventory.facts.windows_setting import NOT_SET
from inventory.facts.windows_system import WindowsSystem

WINDOWS_8 = 9200  # and Server 2012
WINDOWS_8_1 = 9600  # and Server 2012 R2
WINDOWS_10 = 10240
VERSION_1607 = 14393  # and Server 2016
VERSION_22H2 = 22621  # of Windows 11
VERSION_24H2 = 26100  # of Windows 11, and Server 2025

NTLM_REFUSED = 5  # LmCompatibilityLevel from which LM and NTLMv1 are refused
NTLM_LEVEL = 3  # LmCompatibilityLevel, since Windows 7 and Server 2008 R2
LEGACY = ("SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1")
_GUARDED = (
    "Enterprise",
    "Education",
    "IoTEnterprise",
    "Server",
)  # EditionID begins so where Credential Guard is licensed


def home(system: WindowsSystem) -> bool | None:
    """Windows Home in any of its kinds (EditionID Core, CoreN, CoreSingleLanguage, CoreCountrySpecific)."""
    return system.edition_id.startswith("Core") if system.edition_id else None


def smb_server_signing(system: WindowsSystem) -> bool | None:
    """Whether the file server demands signatures. On a domain controller its own policy says so, which is set."""
    if system.build < VERSION_24H2:
        return False
    if system.server is not False:
        return None if system.server is None else False
    is_home = home(system)
    return None if is_home is None else not is_home


def smb_client_signing(system: WindowsSystem) -> bool | None:
    if system.build < VERSION_24H2:
        return False
    if system.server is not False:
        return system.server
    is_home = home(system)
    return None if is_home is None else not is_home


def offered(one: SchannelProtocol, build: int) -> bool | None:
    """Whether SCHANNEL offers a protocol that is not switched off. Version 1607 and later do not know SSL 2 at all."""
    if one.protocol == "SSL 2.0" and build >= VERSION_1607:
        return False
    if one.enabled != NOT_SET:
        return True
    default = legacy_protocol(one.protocol, one.side, build)
    return None if default is False and one.disabled_by_default == 0 else default  # half of what would switch it on


def legacy_protocol(protocol: str, side: str, build: int) -> bool | None:
    """Whether SCHANNEL offers it. "TLS 1.0 and 1.1" of Windows 11 24H2 and Server 2025 on: Microsoft switches them off
    in "future releases", without saying in which."""
    if protocol == "SSL 2.0":
        return build < WINDOWS_8 and side == "server"
    if protocol == "SSL 3.0":
        return build < VERSION_1607
    if protocol == "TLS 1.1" and build < WINDOWS_8:
        return False
    return True if build < VERSION_24H2 else None


def wdigest(build: int) -> bool:
    """Passwords in plain text in memory, until Windows 8.1."""
    return build < WINDOWS_8_1


def lsa_protected(system: WindowsSystem) -> bool | None:
    """From 22H2 a client installed anew switches it on by itself, if its hardware can; the registry is silent."""
    if system.build < VERSION_22H2:
        return False
    return None if system.server is not True else False


def ldap_signing(build: int, server_signing: int | None, enforced: int | None) -> bool | None:
    """Whether a domain controller demands signed LDAP. ``enforced`` is LDAPServerEnforceIntegrity, of 2025 on."""
    required = None if server_signing is None else server_signing == 2
    if build < VERSION_24H2 or enforced == 0 or required:
        return required
    if enforced == 1 or (enforced == NOT_SET and server_signing == NOT_SET):
        return True
    return None  # an upgrade keeps what was: which of the two holds cannot be told


def in_force(value: int | None, default: int) -> int | None:
    return default if value == NOT_SET else value


def taking_ntlmv1(system: WindowsSystem) -> Severity | None:
    """Of a machine that does not send NTLMv1 and still takes it: a domain controller answers for a whole domain."""
    return None if system.domain_controller else Severity.MEDIUM


def credential_guard_applies(system: WindowsSystem, domain: WindowsDomain) -> Ruling | None:
    """Why it does not, or cannot be told; None where it does."""
    if system.build < WINDOWS_10:
        return not_applicable("Windows has this from 10 and Server 2016 on")
    if system.domain_controller:
        return not_applicable("Microsoft advises against it on domain controllers")
    if not system.edition_id:
        return not_assessed(Reason.OUTPUT_UNREADABLE, "the edition of Windows could not be read")
    if not system.edition_id.startswith(_GUARDED):
        return not_applicable(f"the edition {system.edition_id} does not have it")
    if domain.managed is None:
        return not_assessed(Reason.OUTPUT_UNREADABLE, "whether this machine belongs to a directory could not be read")
    return None if domain.managed else not_applicable("this machine belongs to no directory")
