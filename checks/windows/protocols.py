"""NTLM and LDAP as they are set, with what Windows does where nothing is set (``defaults.py``)."""

from collections.abc import Iterator

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, not_applicable, not_assessed, passed
from checks.windows import defaults
from checks.windows.words import CONFIGURATION, mapped, setting
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.windows_network import WindowsLdap, WindowsNtlm
from inventory.facts.windows_setting import NOT_SET
from inventory.facts.windows_system import WindowsSystem

WIN_10 = partial(WindowsSystem, build=19045, product_type=1, edition_id="Professional")
WIN_11 = partial(WindowsSystem, build=26100, product_type=1, edition_id="Professional")
DC_22 = partial(WindowsSystem, build=20348, product_type=2, edition_id="ServerStandard")
DC_25 = partial(WindowsSystem, build=26100, product_type=2, edition_id="ServerStandard")


def _ntlm(system: WindowsSystem, level: int | None) -> dict[str, object]:
    return {"windows_system": system, "windows_ntlm": partial(WindowsNtlm, compatibility_level=level)}


ACCEPTED = "this machine takes NTLMv1 from others"


@check(
    id="win.proto.ntlmv1-allowed",
    title="Log-ins by NTLMv1 are allowed",
    severity=Severity.HIGH,
    theme=Theme.WEAK_CRYPTO,
    rationale=(
        "What NTLMv1 and LM send can be turned back into the password's hash within hours. Level 5 of "
        "LmCompatibilityLevel refuses both; 3, the default, only keeps this machine from sending them. Windows 11 24H2 "
        "and Server 2025 do not have NTLMv1 any more. Level 3 or 4 counts as medium, but for a domain controller."
    ),
    remedy=Remedy(
        text="Send and take NTLMv2 only.",
        steps=(
            "Look for NTLMv1 in the log-ins first: event 4624, package NTLM V1",
            "Set the policy Network security: LAN Manager authentication level to Send NTLMv2 response only. Refuse LM "
            "& NTLM",
        ),
        verify=r"LmCompatibilityLevel under HKLM\SYSTEM\CurrentControlSet\Control\Lsa is 5",
        risk="Old devices that know NTLMv1 only can no longer log in.",
    ),
    privilege=Privilege.USER,
    references=(
        "learn.microsoft.com/windows/security/threat-protection/security-policy-settings/"
        "network-security-lan-manager-authentication-level",
        "support.microsoft.com/topic/c0554217-cdbc-420f-b47c-e02b2db49b2e",
        *mapped("4.1", CONFIGURATION, "8.5", "2.2.6"),
    ),
    examples=(
        Example(Outcome.PASS, _ntlm(WIN_10, 5), says="LmCompatibilityLevel is 5: LM and NTLMv1 are refused"),
        Example(Outcome.PASS, _ntlm(WIN_11, NOT_SET), says="this Windows (build 26100) has no NTLMv1 any more"),
        Example(
            Outcome.FAIL,
            _ntlm(WIN_10, NOT_SET),
            says=f"LmCompatibilityLevel is not set, which means 3: {ACCEPTED}",
        ),
        Example(Outcome.FAIL, _ntlm(DC_22, 4), says=f"LmCompatibilityLevel is 4: {ACCEPTED}"),
        Example(Outcome.FAIL, _ntlm(WIN_10, 3), says=f"LmCompatibilityLevel is 3: {ACCEPTED}"),
        Example(
            Outcome.FAIL,
            _ntlm(WIN_10, 2),
            says=f"LmCompatibilityLevel is 2: this machine sends NTLMv1, and {ACCEPTED}",
        ),
        Example(Outcome.NOT_ASSESSED, _ntlm(WIN_10, None), says="LmCompatibilityLevel could not be read"),
        Example(Outcome.NOT_ASSESSED, {"windows_ntlm": Missing(Reason.TIMED_OUT), "windows_system": WIN_10}),
    ),
)
def ntlmv1_allowed(windows_ntlm: WindowsNtlm, windows_system: WindowsSystem) -> Iterator[Ruling]:
    told = setting("LmCompatibilityLevel", windows_ntlm.compatibility_level, defaults.NTLM_LEVEL)
    level = defaults.in_force(windows_ntlm.compatibility_level, defaults.NTLM_LEVEL)
    if windows_system.build >= defaults.VERSION_24H2:
        yield passed(f"this Windows (build {windows_system.build}) has no NTLMv1 any more")
    elif level is None:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, told)
    elif level < defaults.NTLM_LEVEL:
        yield failed(f"{told}: this machine sends NTLMv1, and {ACCEPTED}")
    elif level < defaults.NTLM_REFUSED:
        yield failed(f"{told}: {ACCEPTED}", severity=defaults.taking_ntlmv1(windows_system))
    else:
        yield passed(f"{told}: LM and NTLMv1 are refused")


def _ldap(system: WindowsSystem, signing: int | None, enforced: int | None = None) -> dict[str, object]:
    told = partial(
        WindowsLdap,
        domain_controller=system.product_type == 2,
        server_signing=signing,
        server_signing_enforced=enforced,
    )
    return {"windows_system": system, "windows_ldap": told}


@check(
    id="win.proto.ldap-signing",
    title="The domain controller takes LDAP that is not signed",
    severity=Severity.HIGH,
    theme=Theme.WEAK_CONFIG,
    rationale=(
        "Somebody on the way can pass on a log-in to the directory and change it: give themselves rights, for example. "
        "Up to Server 2022 unsigned LDAP is taken unless a policy forbids it; Server 2025 requires signatures unless a "
        "policy or an upgrade lets it be."
    ),
    remedy=Remedy(
        text="Require signed LDAP of every client.",
        steps=(
            "Look for clients that do not sign first: event 2889 in the log Directory Service",
            "Set the policy Domain controller: LDAP server signing requirements to Require signing",
            "On Server 2025 leave Domain controller: LDAP server signing requirements Enforcement as it is, or enabled",
        ),
        verify=r"LDAPServerIntegrity under HKLM\SYSTEM\CurrentControlSet\Services\NTDS\Parameters is 2",
        risk="Devices and programs that ask the directory without TLS and without signing are refused.",
    ),
    privilege=Privilege.USER,
    references=(
        "learn.microsoft.com/windows-server/identity/ad-ds/ldap-signing",
        "learn.microsoft.com/windows-server/identity/manage-ldap-signing-group-policy",
        *mapped("3.10", CONFIGURATION, "8.5", "2.2.7"),
    ),
    examples=(
        Example(Outcome.PASS, _ldap(DC_22, 2), says="signed LDAP is required (LDAPServerIntegrity is 2)"),
        Example(Outcome.PASS, _ldap(DC_25, NOT_SET, NOT_SET)),
        Example(
            Outcome.FAIL,
            _ldap(DC_22, NOT_SET),
            says="signed LDAP is not required (LDAPServerIntegrity is not set)",
        ),
        Example(Outcome.FAIL, _ldap(DC_25, 1, 0)),
        Example(
            Outcome.NOT_ASSESSED,
            _ldap(DC_25, 1),
            says="whether signed LDAP is required cannot be told (LDAPServerIntegrity is 1, LDAPServerEnforceIntegrity "
            "could not be read)",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"windows_system": DC_22, "windows_ldap": partial(WindowsLdap, domain_controller=None)},
            says="whether this is a domain controller could not be read",
        ),
        Example(Outcome.NOT_APPLICABLE, _ldap(WIN_10, NOT_SET), says="this is no domain controller"),
    ),
)
def ldap_signing(windows_ldap: WindowsLdap, windows_system: WindowsSystem) -> Iterator[Ruling]:
    controller = windows_ldap.domain_controller
    if not controller:
        yield (
            not_assessed(Reason.OUTPUT_UNREADABLE, "whether this is a domain controller could not be read")
            if controller is None
            else not_applicable("this is no domain controller")
        )
        return
    signing, enforced = windows_ldap.server_signing, windows_ldap.server_signing_enforced
    required = defaults.ldap_signing(windows_system.build, signing, enforced)
    told = setting("LDAPServerIntegrity", signing)
    if required is None:
        unsure = f"{told}, {setting('LDAPServerEnforceIntegrity', enforced)}"
        yield not_assessed(Reason.OUTPUT_UNREADABLE, f"whether signed LDAP is required cannot be told ({unsure})")
    elif required:
        yield passed(f"signed LDAP is required ({told})")
    else:
        yield failed(f"signed LDAP is not required ({told})")
