"""SMB, RDP, WinRM, name resolution, NTLM, LDAP signing and SCHANNEL."""

import re

from inventory.facts.windows_network import (
    SchannelCipher,
    SchannelProtocol,
    WindowsAdapter,
    WindowsLdap,
    WindowsNames,
    WindowsNtlm,
    WindowsRdp,
    WindowsSchannel,
    WindowsShare,
    WindowsSmb,
    WindowsWinrm,
    WindowsWinrmListener,
)
from inventory.facts.windows_setting import NOT_SET
from scanner.probes.windows.reading import Data, each, first
from scanner.probes.windows.section import probe
from scanner.query import Unreadable

_ANYBODY = {"S-1-1-0", "S-1-5-7", "S-1-5-32-546"}
_ADMINISTRATIVE = 0x8000_0000  # Win32_Share.Type
_DISABLED = 4  # Start of a driver or service
_LISTENER = re.compile(r"(.*)\+(HTTPS?)", re.IGNORECASE)
_MINUTES = 60_000  # Terminal Services counts milliseconds
_KINDS = {"Ciphers": "cipher", "Hashes": "hash", "KeyExchangeAlgorithms": "key exchange"}
_PROTOCOLS = ("SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3")


def read_smb(data: Data) -> WindowsSmb:
    registry, server, client = data.part("registry"), data.part("server"), data.part("client")
    shares = data.rows("shares")
    driver = registry.setting("ClientDriver")
    return WindowsSmb(
        smb1_server=_smb1(server, registry),
        smb1_client=None if driver is None else driver not in (NOT_SET, _DISABLED),
        server_signing_required=_told(server, "RequireSecuritySignature", registry, "RequireSecuritySignature"),
        client_signing_required=_told(client, "RequireSecuritySignature", registry, "ClientRequire"),
        encryption=_told(server, "EncryptData", registry, "EncryptData"),
        reject_unencrypted=server.flag("RejectUnencryptedAccess"),
        insecure_guest_logons=_guests(client, registry),
        null_session_shares=_names(registry, "NullSessionShares"),
        null_session_pipes=_names(registry, "NullSessionPipes"),
        restrict_null_sessions=registry.setting("RestrictNullSessAccess"),
        shares=None if shares is None else tuple(map(_share, shares)),
        server_signing_setting=registry.setting("RequireSecuritySignature"),
        client_signing_setting=registry.setting("ClientRequire"),
    )


def _smb1(server: Data, registry: Data) -> bool | None:
    """What the server says of itself; else switched off, or its driver not there. More the registry cannot prove."""
    said = server.flag("EnableSMB1Protocol")
    if said is not None:
        return said
    setting, driver = registry.setting("SMB1"), registry.setting("ServerDriver")
    if setting == 0 or driver in (NOT_SET, _DISABLED):
        return False
    return True if setting == 1 and driver is not None else None


def _told(part: Data, name: str, registry: Data, setting: str) -> bool | None:
    """In force; else as it is set, where it is. What is not set has a default that depends on the version."""
    said = part.flag(name)
    if said is not None:
        return said
    value = registry.setting(setting, most=1)
    return None if value in (None, NOT_SET) else value != 0


def _guests(client: Data, registry: Data) -> bool | None:
    said = client.flag("EnableInsecureGuestLogons")
    if said is not None:
        return said
    value = first(registry.setting("PolicyInsecureGuest"), registry.setting("AllowInsecureGuestAuth"))
    return None if value in (None, NOT_SET) else value != 0


def _names(registry: Data, key: str) -> tuple[str, ...] | None:
    listed = registry.setting_texts(key)
    return None if listed is None else tuple(name for name in listed if name)


def _share(row: Data) -> WindowsShare:
    kind, trustees, name = row.number("Type"), row.texts("trustees"), row.word("Name")
    return WindowsShare(
        name=name,
        path=row.word("Path"),
        hidden=name.endswith("$"),
        administrative=bool((kind or 0) & _ADMINISTRATIVE),
        everyone=None if trustees is None else not _ANYBODY.isdisjoint(trustees),
    )


def read_rdp(data: Data) -> WindowsRdp:
    registry = data.settings("registry")

    def ruled(name: str, most: int | None = None) -> int | None:
        return first(registry.setting(f"Policy_{name}", most), registry.setting(name, most))

    return WindowsRdp(
        denied=ruled("fDenyTSConnections"),
        nla=ruled("UserAuthentication", most=1),
        security_layer=ruled("SecurityLayer"),
        encryption_level=ruled("MinEncryptionLevel"),
        port=registry.number("PortNumber"),
        idle_minutes=_minutes(ruled("MaxIdleTime")),
        disconnected_minutes=_minutes(ruled("MaxDisconnectionTime")),
        drive_redirection_off=ruled("fDisableCdm"),
        service_running=data.flag("running"),
    )


def _minutes(milliseconds: int | None) -> int | None:
    return milliseconds if milliseconds in (None, NOT_SET) else milliseconds // _MINUTES


def read_winrm(data: Data) -> WindowsWinrm:
    registry, listeners = data.part("registry"), data.rows("listeners")

    def ruled(name: str) -> int | None:
        return first(registry.setting(f"policy_{name}", most=1), registry.setting(name, most=1))

    trusted = registry.setting_text("policy_trusted_hosts")
    return WindowsWinrm(
        service_running=data.flag("running"),
        listeners=None if listeners is None else tuple(filter(None, map(_listener, listeners))),
        service_basic=ruled("service_basic"),
        service_unencrypted=ruled("service_unencrypted"),
        client_basic=ruled("client_basic"),
        client_unencrypted=ruled("client_unencrypted"),
        client_digest=ruled("client_digest"),
        trusted_hosts=None if trusted is None else trusted or registry.setting_text("trusted_hosts"),
    )


def _listener(row: Data) -> WindowsWinrmListener | None:
    found, enabled = _LISTENER.fullmatch(row.word("name")), row.number("enabled")
    if found is None:
        return None
    transport = found[2].upper()
    port = row.number("port") or (5986 if transport == "HTTPS" else 5985)
    return WindowsWinrmListener(transport, port, None if enabled is None else enabled != 0)


def read_names(data: Data) -> WindowsNames:
    registry, adapters = data.part("registry"), data.rows("adapters")
    return WindowsNames(
        llmnr=registry.setting("EnableMulticast"),
        mdns=first(registry.setting("PolicyMDNS"), registry.setting("EnableMDNS")),
        netbios_node_type=registry.setting("NodeType"),
        netbios_policy=registry.setting("EnableNetbios"),
        smart_name_resolution_off=registry.setting("DisableSmartNameResolution"),
        wpad_off=registry.setting("DisableWpad"),
        adapters=tuple(map(_adapter, adapters)) if adapters else None,  # none is up now: nobody knows of the others
    )


def _adapter(row: Data) -> WindowsAdapter:
    return WindowsAdapter(
        name=row.word("Description"),
        mac=row.word("MACAddress").lower(),
        addresses=row.texts("IPAddress") or (),
        dhcp=row.flag("DHCPEnabled"),
        netbios=row.number("TcpipNetbiosOptions"),
        dhcp_netbios=row.setting("DhcpNetbiosOptions"),
    )


def read_ntlm(data: Data) -> WindowsNtlm:
    registry = data.part("registry")
    return WindowsNtlm(
        compatibility_level=registry.setting("LmCompatibilityLevel", most=5),
        no_lm_hash=registry.setting("NoLMHash"),
        client_security=registry.setting("NtlmMinClientSec"),
        server_security=registry.setting("NtlmMinServerSec"),
        restrict_outgoing=registry.setting("RestrictSendingNTLMTraffic"),
        restrict_incoming=registry.setting("RestrictReceivingNTLMTraffic"),
        audit_incoming=registry.setting("AuditReceivingNTLMTraffic"),
    )


def read_ldap(data: Data) -> WindowsLdap:
    registry = data.part("registry")
    kind = registry.setting_text("ProductType")  # WinNT, ServerNT, LanmanNT
    return WindowsLdap(
        client_signing=registry.setting("LDAPClientIntegrity"),
        server_signing=registry.setting("LDAPServerIntegrity"),
        channel_binding=registry.setting("LdapEnforceChannelBinding"),
        domain_controller=None if not kind else kind.lower() == "lanmannt",
        server_signing_enforced=registry.setting("LDAPServerEnforceIntegrity"),
    )


def read_schannel(data: Data) -> WindowsSchannel:
    registry = data.part("registry")
    strong = (registry.setting("SchUseStrongCrypto"), registry.setting("SchUseStrongCrypto32"))
    suites = registry.setting_text("Functions")
    return WindowsSchannel(
        protocols=_protocols(data),
        ciphers=tuple(
            SchannelCipher(_KINDS.get(row.word("kind"), "other"), row.word("name"), _set(row, "enabled"))
            for row in each(data.rows("ciphers"))
        ),
        suites=None if suites is None else tuple(s.strip() for s in suites.split(",") if s.strip()),
        dh_min_bits=registry.setting("ServerMinKeyBitLength"),
        dotnet_strong_crypto=None if None in strong else min(s for s in strong if s is not None),
        fips=registry.setting("Fips"),
    )


def _protocols(data: Data) -> tuple[SchannelProtocol, ...]:
    """All of them, or no fact: one that is left out would look as if nothing were set for it."""
    found = {(row.word("protocol"), row.word("side")): row for row in data.needed_rows("protocols")}
    wanted = [(protocol, side) for protocol in _PROTOCOLS for side in ("client", "server")]
    if not found.keys() >= set(wanted):
        raise Unreadable("the section does not tell all protocols")
    return tuple(
        SchannelProtocol(*key, _set(found[key], "enabled"), _set(found[key], "disabled_by_default")) for key in wanted
    )


def _set(row: Data, key: str) -> int:
    value = row.setting(key)
    if value is None:
        raise Unreadable("a setting of SCHANNEL could not be read")
    return value


SMB = probe("smb", read_smb, seconds=30)
RDP = probe("rdp", read_rdp)
WINRM = probe("winrm", read_winrm)
NAMES = probe("names", read_names)
NTLM = probe("ntlm", read_ntlm)
LDAP = probe("ldap", read_ldap)
SCHANNEL = probe("schannel", read_schannel)
