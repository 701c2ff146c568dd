"""What guards passwords and hashes in memory: WDigest, LSA protection, Credential Guard."""

from collections.abc import Iterator

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, not_applicable, not_assessed, passed
from checks.windows import defaults
from checks.windows.words import CONFIGURATION, mapped, setting
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.windows_domain import WindowsDomain
from inventory.facts.windows_protection import WindowsLsa
from inventory.facts.windows_setting import NOT_SET
from inventory.facts.windows_system import WindowsSystem

_LSA_PAGE = (
    "learn.microsoft.com/windows-server/security/credentials-protection-and-management/"
    "configuring-additional-lsa-protection"
)
_GUARD_PAGE = "learn.microsoft.com/windows/security/identity-protection/credential-guard/"


def _system(build: int, kind: int = 1, edition: str = "Enterprise") -> WindowsSystem:
    return partial(WindowsSystem, build=build, product_type=kind, edition_id=edition)


def _wdigest(build: int, value: int | None) -> dict[str, object]:
    return {"windows_system": _system(build), "windows_lsa": partial(WindowsLsa, wdigest=value)}


@check(
    id="win.cred.wdigest",
    title="Windows keeps passwords in memory in plain text",
    severity=Severity.HIGH,
    theme=Theme.WEAK_CONFIG,
    rationale=(
        "WDigest keeps the password of everybody who logs in, and a program with administrator rights reads it there. "
        "Up to Windows 8 and Server 2012 that is the default; on later ones somebody, often an attacker, did."
    ),
    remedy=Remedy(
        text="Switch it off, and look for who switched it on.",
        steps=(
            r"Set UseLogonCredential under HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\WDigest to 0",
            "On Windows 7 to Server 2012 install update 2871997 first",
            "Treat the passwords of those who logged in as known to others",
        ),
        verify="UseLogonCredential is 0, or not set on Windows 8.1 and later",
        risk="Very old programs that log in by Digest stop.",
    ),
    privilege=Privilege.USER,
    references=("Microsoft Security Advisory 2871997", *mapped("10.5", CONFIGURATION, "5.17", "8.3.2")),
    examples=(
        Example(Outcome.PASS, _wdigest(9600, NOT_SET), says="UseLogonCredential is not set, which means 0"),
        Example(Outcome.PASS, _wdigest(7601, 0), says="UseLogonCredential is 0"),
        Example(Outcome.FAIL, _wdigest(9200, NOT_SET), says="UseLogonCredential is not set, which means 1"),
        Example(Outcome.FAIL, _wdigest(26100, 1), says="UseLogonCredential is 1"),
        Example(Outcome.NOT_ASSESSED, _wdigest(26100, None), says="UseLogonCredential could not be read"),
        Example(Outcome.NOT_ASSESSED, {"windows_lsa": Missing(Reason.TIMED_OUT), "windows_system": _system(26100)}),
    ),
)
def wdigest(windows_lsa: WindowsLsa, windows_system: WindowsSystem) -> Iterator[Ruling]:
    default = int(defaults.wdigest(windows_system.build))
    told = setting("UseLogonCredential", windows_lsa.wdigest, default)
    value = defaults.in_force(windows_lsa.wdigest, default)
    if value is None:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, told)
    else:
        yield failed(told) if value else passed(told)


def _ppl(system: WindowsSystem, value: int | None, policy: int | None = NOT_SET) -> dict[str, object]:
    lsa = partial(WindowsLsa, run_as_ppl=value, run_as_ppl_policy=policy)
    return {"windows_system": system, "windows_lsa": lsa}


SERVER = _system(26100, 3, "ServerStandard")
BY_ITSELF = (
    "Windows 11 22H2 and later protects it by itself where it was installed anew, and the registry does not show it"
)


@check(
    id="win.cred.lsa-protection-off",
    title="The process that keeps log-ins is not protected",
    severity=Severity.MEDIUM,
    theme=Theme.WEAK_CONFIG,
    rationale=(
        "Programs that steal passwords read the memory of lsass.exe. As a protected process (RunAsPPL) only signed "
        "parts of Windows may. Setting it also where Windows 11 protects by itself makes it certain."
    ),
    remedy=Remedy(
        text="Let lsass.exe run as a protected process.",
        steps=(
            "Look for plug-ins that are not signed first: events 3065 and 3066 of CodeIntegrity in audit mode",
            "Set the policy System, Local Security Authority, Configures LSASS to run as a protected process",
            "Restart the machine",
        ),
        verify="event 12 of Wininit says: LSASS.exe was started as a protected process with level: 4",
        risk="Smart card software and password filters without Microsoft's signature stop.",
    ),
    privilege=Privilege.USER,
    references=(_LSA_PAGE, *mapped("10.5", CONFIGURATION, "8.9", "2.2.6")),
    examples=(
        Example(Outcome.PASS, _ppl(_system(9600), 1), says="RunAsPPL is 1"),
        Example(Outcome.PASS, _ppl(_system(22621), 2), says="RunAsPPL is 2"),
        Example(Outcome.PASS, _ppl(_system(26100), 0, 1), says="RunAsPPL (by policy) is 1"),
        Example(Outcome.PASS, _ppl(_system(22621), 1, None)),
        Example(Outcome.FAIL, _ppl(_system(26100), 1, 0), says="RunAsPPL (by policy) is 0"),
        Example(
            Outcome.FAIL,
            _ppl(_system(22620), 2),
            says="RunAsPPL is 2, which counts from build 22621 on; this is 22620",
        ),
        Example(Outcome.FAIL, _ppl(_system(26100), 0), says="RunAsPPL is 0"),
        Example(Outcome.FAIL, _ppl(SERVER, NOT_SET), says="RunAsPPL is not set"),
        Example(Outcome.FAIL, _ppl(_system(19045), NOT_SET), says="RunAsPPL is not set"),
        Example(Outcome.FAIL, _ppl(_system(26100), 3), says="RunAsPPL is 3"),
        Example(Outcome.NOT_ASSESSED, _ppl(_system(26100), NOT_SET), says=f"RunAsPPL is not set; {BY_ITSELF}"),
        Example(Outcome.NOT_ASSESSED, _ppl(_system(26100), None, None), says="RunAsPPL could not be read"),
        Example(Outcome.NOT_APPLICABLE, _ppl(_system(9599), NOT_SET), says="Windows has this from 8.1 on"),
    ),
)
def lsa_protection(windows_lsa: WindowsLsa, windows_system: WindowsSystem) -> Iterator[Ruling]:
    ruled = windows_lsa.run_as_ppl_policy not in (None, NOT_SET)
    value = windows_lsa.run_as_ppl_policy if ruled else windows_lsa.run_as_ppl
    told = setting("RunAsPPL (by policy)" if ruled else "RunAsPPL", value)
    build = windows_system.build
    if build < defaults.WINDOWS_8_1:
        yield not_applicable("Windows has this from 8.1 on")
    elif value is None:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, told)
    elif value == 2 and build < defaults.VERSION_22H2:
        yield failed(f"{told}, which counts from build {defaults.VERSION_22H2} on; this is {build}")
    elif value in (1, 2):
        yield passed(told)
    elif value == NOT_SET and defaults.lsa_protected(windows_system) is None:
        yield not_assessed(Reason.NOT_TOLD, f"{told}; {BY_ITSELF}")
    else:
        yield failed(told)


def _guard(
    system: WindowsSystem, *, running: bool | None, joined: bool | None = True, configured: bool | None = False
) -> dict[str, object]:
    return {
        "windows_system": system,
        "windows_lsa": partial(WindowsLsa, credential_guard_running=running, credential_guard_configured=configured),
        "windows_domain": partial(WindowsDomain, joined=joined, entra_joined=False, mdm=""),
    }


@check(
    id="win.cred.credential-guard-off",
    title="Credential Guard does not run",
    severity=Severity.MEDIUM,
    theme=Theme.WEAK_CONFIG,
    rationale=(
        "Credential Guard keeps hashes and tickets where even the system's own rights do not reach, so one lost "
        "machine does not give away the domain. Windows 11 22H2 and Server 2025 switch it on by themselves where the "
        "hardware can; what counts here is that it runs."
    ),
    remedy=Remedy(
        text="Switch Credential Guard on; it needs Secure Boot and virtualisation in the firmware.",
        steps=("Set the policy System, Device Guard, Turn On Virtualization Based Security", "Restart the machine"),
        verify="`(Get-CimInstance -Namespace root/Microsoft/Windows/DeviceGuard Win32_DeviceGuard)"
        ".SecurityServicesRunning` has 1",
        risk="Log-ins by NTLMv1, MS-CHAPv2 and unconstrained delegation stop.",
    ),
    privilege=Privilege.USER,
    references=(_GUARD_PAGE, *mapped("10.5", CONFIGURATION, "8.9", "2.2.6")),
    examples=(
        Example(Outcome.PASS, _guard(_system(19045), running=True), says="Credential Guard runs"),
        Example(Outcome.PASS, _guard(_system(14393, 3, "ServerStandard"), running=True)),
        Example(Outcome.PASS, _guard(_system(19045, 1, "Education"), running=True)),
        Example(Outcome.PASS, _guard(_system(19045, 1, "IoTEnterprise"), running=True)),
        Example(Outcome.FAIL, _guard(SERVER, running=False), says="Credential Guard does not run"),
        Example(
            Outcome.FAIL,
            _guard(_system(19045), running=False, configured=True),
            says="Credential Guard does not run, although it is set to",
        ),
        Example(Outcome.NOT_ASSESSED, _guard(_system(19045), running=None)),
        Example(
            Outcome.NOT_ASSESSED,
            _guard(_system(19045), running=False, joined=None),
            says="whether this machine belongs to a directory could not be read",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _guard(_system(19045, 1, ""), running=False),
            says="the edition of Windows could not be read",
        ),
        Example(
            Outcome.NOT_APPLICABLE,
            _guard(_system(19045), running=False, joined=False),
            says="this machine belongs to no directory",
        ),
        Example(
            Outcome.NOT_APPLICABLE,
            _guard(_system(20348, 2, "ServerStandard"), running=False),
            says="Microsoft advises against it on domain controllers",
        ),
        Example(
            Outcome.NOT_APPLICABLE,
            _guard(_system(19045, 1, "Professional"), running=False),
            says="the edition Professional does not have it",
        ),
        Example(
            Outcome.NOT_APPLICABLE,
            _guard(_system(9600, 3, "ServerStandard"), running=False),
            says="Windows has this from 10 and Server 2016 on",
        ),
    ),
)
def credential_guard(
    windows_lsa: WindowsLsa, windows_system: WindowsSystem, windows_domain: WindowsDomain
) -> Iterator[Ruling]:
    running = windows_lsa.credential_guard_running
    settled = defaults.credential_guard_applies(windows_system, windows_domain)
    if settled is not None:
        yield settled
    elif running is None:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, "whether Credential Guard runs could not be read")
    elif running:
        yield passed("Credential Guard runs")
    else:
        meant = ", although it is set to" if windows_lsa.credential_guard_configured else ""
        yield failed(f"Credential Guard does not run{meant}")
