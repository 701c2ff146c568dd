"""SMB, RDP, WinRM, name resolution, NTLM, LDAP and SCHANNEL as they are set. See ``windows_setting.py`` for numbers."""

from dataclasses import dataclass

from inventory.facts.network import Listener
from inventory.facts.windows_setting import NOT_SET


@dataclass(frozen=True, slots=True)
class WindowsSmb:
    """Get-SmbServerConfiguration where it answers, else the registry; the client side from the registry."""

    smb1_server: bool | None  # EnableSMB1Protocol, in force
    smb1_client: bool | None  # the mrxsmb10 driver may start
    server_signing_required: bool | None  # RequireSecuritySignature of LanmanServer
    client_signing_required: bool | None  # of LanmanWorkstation
    encryption: bool | None  # EncryptData
    reject_unencrypted: bool | None
    insecure_guest_logons: bool | None  # AllowInsecureGuestAuth of the client
    null_session_shares: tuple[str, ...] | None
    null_session_pipes: tuple[str, ...] | None
    restrict_null_sessions: int | None  # RestrictNullSessAccess; NOT_SET means 1
    shares: tuple["WindowsShare", ...] | None
    server_signing_setting: int | None = None  # RequireSecuritySignature as it stands in the registry; NOT_SET
    client_signing_setting: int | None = None


@dataclass(frozen=True, slots=True)
class WindowsShare:
    name: str
    path: str
    hidden: bool  # its name ends with $
    administrative: bool  # made by Windows itself (ADMIN$, C$, IPC$)
    everyone: bool | None  # Everyone, Anonymous or Guests (S-1-1-0, S-1-5-7, S-1-5-32-546) are allowed; None unknown


@dataclass(frozen=True, slots=True)
class WindowsRdp:
    """Remote Desktop: the policy where it is set, else the setting of the RDP-Tcp listener."""

    denied: int | None  # fDenyTSConnections: 1 no connections (default), 0 allowed
    nla: int | None  # UserAuthentication: 1 network level authentication is demanded
    security_layer: int | None  # SecurityLayer: 0 RDP, 1 negotiate, 2 TLS
    encryption_level: int | None  # MinEncryptionLevel: 1 low, 2 client compatible, 3 high, 4 FIPS
    port: int | None
    idle_minutes: int | None  # MaxIdleTime; 0 or NOT_SET: never ended
    disconnected_minutes: int | None  # MaxDisconnectionTime
    drive_redirection_off: int | None  # fDisableCdm
    service_running: bool | None  # TermService

    @property
    def allowed(self) -> bool | None:
        return None if self.denied is None else self.denied == 0


@dataclass(frozen=True, slots=True)
class WindowsWinrmListener:
    transport: str  # HTTP, HTTPS
    port: int
    enabled: bool | None


@dataclass(frozen=True, slots=True)
class WindowsWinrm:
    """WinRM's service and client as they are set (the registry; policy wins)."""

    service_running: bool | None
    listeners: tuple[WindowsWinrmListener, ...] | None
    service_basic: int | None  # AllowBasic / auth_basic; NOT_SET means 0
    service_unencrypted: int | None  # AllowUnencryptedTraffic; NOT_SET means 0
    client_basic: int | None  # NOT_SET means 1
    client_unencrypted: int | None
    client_digest: int | None
    trusted_hosts: str | None  # "*" trusts any


@dataclass(frozen=True, slots=True)
class WindowsAdapter:
    name: str
    mac: str  # aa-bb-cc-dd-ee-ff in lower case with colons; "" none
    addresses: tuple[str, ...]
    dhcp: bool | None
    netbios: int | None  # TcpipNetbiosOptions: 0 as DHCP says (on by default), 1 on, 2 off
    dhcp_netbios: int | None = None  # DhcpNetbiosOptions: what DHCP said; NOT_SET: nothing, 2 off


@dataclass(frozen=True, slots=True)
class WindowsNames:
    """Name resolution that whoever sits on the wire can answer: LLMNR, NetBIOS, mDNS, WPAD."""

    llmnr: int | None  # EnableMulticast of the DNS client's policy; NOT_SET and 1: on
    mdns: int | None  # EnableMDNS of Dnscache; NOT_SET means on
    netbios_node_type: int | None  # NodeType of NetBT: 2 P-node; NOT_SET
    netbios_policy: int | None  # EnableNetbios of the DNS client's policy: 0 off
    smart_name_resolution_off: int | None  # DisableSmartNameResolution: 1
    wpad_off: int | None  # DisableWpad of WinHttp: 1
    adapters: tuple[WindowsAdapter, ...] | None  # with IP only

    @property
    def llmnr_on(self) -> bool | None:
        """Every Windows since Vista answers by LLMNR until a policy forbids it."""
        return None if self.llmnr is None else self.llmnr != 0

    @property
    def netbios_on(self) -> tuple[str, ...] | None:
        """Adapters on which NetBIOS is not provably switched off."""
        known = self.adapters
        return None if known is None else tuple(a.name for a in known if a.netbios != 2)


@dataclass(frozen=True, slots=True)
class WindowsNtlm:
    compatibility_level: int | None  # LmCompatibilityLevel; NOT_SET means 3; 5 refuses LM and NTLM
    no_lm_hash: int | None  # NoLMHash; NOT_SET means 1
    client_security: int | None  # NtlmMinClientSec, bits: 0x80000 NTLMv2, 0x20000000 128 bit
    server_security: int | None  # NtlmMinServerSec
    restrict_outgoing: int | None  # RestrictSendingNTLMTraffic: 0, 1 audit, 2 deny
    restrict_incoming: int | None  # RestrictReceivingNTLMTraffic: 0, 1 domain accounts, 2 all
    audit_incoming: int | None


@dataclass(frozen=True, slots=True)
class WindowsLdap:
    """Signing of LDAP. The server's settings count on a domain controller only."""

    client_signing: int | None  # LDAPClientIntegrity: 0 none, 1 negotiate (default), 2 require
    server_signing: int | None  # LDAPServerIntegrity of NTDS: 1 none (default before 2025), 2 require
    channel_binding: int | None  # LdapEnforceChannelBinding: 0 never, 1 when supported, 2 always
    domain_controller: bool | None
    server_signing_enforced: int | None = None  # LDAPServerEnforceIntegrity (2025 on): 0 the above decides, 1 required


@dataclass(frozen=True, slots=True)
class SchannelProtocol:
    """One protocol and side. ``enabled``: 0 off, any other number on, NOT_SET Windows' own default."""

    protocol: str  # "SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"
    side: str  # client, server
    enabled: int
    disabled_by_default: int

    @property
    def switched_off(self) -> bool:
        return self.enabled == 0 or (self.enabled == NOT_SET and self.disabled_by_default not in (0, NOT_SET))


@dataclass(frozen=True, slots=True)
class SchannelCipher:
    """A cipher, hash or key exchange that the registry names. ``enabled`` as in :class:`SchannelProtocol`."""

    kind: str  # cipher, hash, key exchange
    name: str  # "RC4 128/128", "Triple DES 168", "MD5", "Diffie-Hellman"
    enabled: int


@dataclass(frozen=True, slots=True)
class WindowsSchannel:
    protocols: tuple[SchannelProtocol, ...]  # all of the six, both sides
    ciphers: tuple[SchannelCipher, ...]  # only what the registry names
    suites: tuple[str, ...] | None  # the order that policy sets; (): none is set
    dh_min_bits: int | None  # ServerMinKeyBitLength
    dotnet_strong_crypto: int | None  # SchUseStrongCrypto of .NET 4, the weaker of both views
    fips: int | None  # FipsAlgorithmPolicy Enabled

    def _left_on(self, side: str) -> tuple[str, ...]:
        return tuple(p.protocol for p in self.protocols if p.side == side and not p.switched_off)

    @property
    def server_left_on(self) -> tuple[str, ...]:
        """Protocols that the registry does not switch off. What Windows' default is depends on its version."""
        return self._left_on("server")

    @property
    def client_left_on(self) -> tuple[str, ...]:
        return self._left_on("client")


@dataclass(frozen=True, slots=True)
class WindowsSockets:
    """``process`` is the name of the program, svchost.exe; None: it could not be told."""

    listeners: tuple[Listener, ...]
