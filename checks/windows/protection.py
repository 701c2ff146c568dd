"""Malware protection, and PowerShell 2 which goes past it."""

from collections.abc import Iterator
from dataclasses import replace

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import EXAMPLE_ASSET, Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, not_applicable, not_assessed, passed
from checks.waivers import no_antimalware_asked
from checks.windows import defaults
from checks.windows.words import CONFIGURATION, MALWARE, mapped
from inventory.asset import Asset, Privilege
from inventory.facts import Missing, Reason
from inventory.facts.windows_defender import WindowsDefender, WindowsSecurityProduct
from inventory.facts.windows_protection import WindowsPowershell
from inventory.facts.windows_services import WindowsService, WindowsServices
from inventory.facts.windows_system import WindowsSystem

UNTOLD = "another product has to protect this machine, and Windows does not tell which"


def _defender(*products: WindowsSecurityProduct, told: bool = True, **fields: object) -> dict[str, object]:
    """A Defender in charge, unless the fields say otherwise."""
    given = {"present": True, "mode": "Normal", "antivirus_enabled": True, **fields}
    return {"windows_defender": partial(WindowsDefender, products=products if told else None, **given)}


OWN = WindowsSecurityProduct("Windows Defender", enabled=False, up_to_date=True)
ACME = WindowsSecurityProduct("Acme Antivirus", enabled=True, up_to_date=True)
ACME_OFF = replace(ACME, enabled=False)
ACME_UNKNOWN = replace(ACME, enabled=None)


@check(
    id="win.av.defender-realtime-off",
    title="Nothing looks at files for malware as they are opened",
    severity=Severity.HIGH,
    theme=Theme.WEAK_CONFIG,
    rationale=(
        "Without protection in real time malware runs before anything has looked at it. Where Windows Security Center "
        "knows of another product that is on, Microsoft Defender stands back and this check does not apply. Where "
        "Defender is passive or not there, and nothing tells which product protects, nobody can judge: name the "
        "product's service in the inventory (antimalware)."
    ),
    remedy=Remedy(
        text="Switch real-time protection on, or see why the other product is off.",
        steps=("`Set-MpPreference -DisableRealtimeMonitoring $false`", "Look for a policy that switches it off"),
        verify="`(Get-MpComputerStatus).RealTimeProtectionEnabled` prints True",
        risk="Programs that read very many files may become slower; exclude their folders with care.",
    ),
    privilege=Privilege.USER,
    references=(
        "learn.microsoft.com/defender-endpoint/microsoft-defender-antivirus-compatibility",
        *mapped("10.1", MALWARE, "8.7", "5.3.2"),
    ),
    examples=(
        Example(Outcome.PASS, _defender(OWN, real_time=True), says="Microsoft Defender protects in real time"),
        Example(Outcome.PASS, _defender(told=False, real_time=True)),
        Example(Outcome.PASS, _defender(ACME_OFF, real_time=True)),
        Example(Outcome.PASS, _defender(ACME, real_time=True)),
        Example(
            Outcome.FAIL,
            _defender(OWN, real_time=False),
            says="Microsoft Defender is in charge and its real-time protection is off",
        ),
        Example(
            Outcome.FAIL,
            _defender(OWN, antivirus_enabled=False, real_time=True),
            says="Microsoft Defender is in charge and its antivirus is off",
        ),
        Example(
            Outcome.FAIL,
            _defender(OWN, ACME_OFF, mode="Not running", antivirus_enabled=False, real_time=False),
            says="Microsoft Defender is in the mode Not running, and Windows Security Center knows of no other product "
            "that is on",
        ),
        Example(
            Outcome.FAIL,
            _defender(present=False, mode=None, antivirus_enabled=None, real_time=None),
            says="Microsoft Defender is not installed, and Windows Security Center knows of no other product that is "
            "on",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _defender(told=False, present=False, mode=None, antivirus_enabled=None, real_time=None),
            says=f"Microsoft Defender is not installed: {UNTOLD}",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _defender(told=False, mode="Passive Mode", real_time=True),
            says=f"Microsoft Defender is in the mode Passive Mode: {UNTOLD}",
        ),
        Example(Outcome.NOT_ASSESSED, _defender(ACME_UNKNOWN, mode="Passive Mode", real_time=False)),
        Example(
            Outcome.NOT_ASSESSED,
            _defender(OWN, mode=None, real_time=False),
            says="whether Microsoft Defender protects in real time could not be read",
        ),
        Example(Outcome.NOT_ASSESSED, _defender(OWN, real_time=None)),
        Example(Outcome.NOT_ASSESSED, _defender(OWN, real_time=True, antivirus_enabled=None)),
        Example(
            Outcome.NOT_APPLICABLE,
            _defender(OWN, ACME, mode="Passive Mode", real_time=False),
            says="Acme Antivirus is in charge, by Windows Security Center",
        ),
        Example(Outcome.NOT_ASSESSED, {"windows_defender": Missing(Reason.TIMED_OUT)}),
    ),
)
def realtime_off(windows_defender: WindowsDefender) -> Iterator[Ruling]:
    others = windows_defender.others
    on = [product.name for product in others or () if product.enabled]
    working = windows_defender.antivirus_enabled and windows_defender.real_time
    if windows_defender.mode == "Normal" and working:
        yield passed("Microsoft Defender protects in real time")
    elif on:
        yield not_applicable(f"{', '.join(on)} is in charge, by Windows Security Center")
    elif not windows_defender.present:
        yield _alone("is not installed", others)
    elif windows_defender.mode not in (None, "Normal"):
        yield _alone(f"is in the mode {windows_defender.mode}", others)
    else:
        yield _of_defender(windows_defender)


def _alone(how: str, others: tuple[WindowsSecurityProduct, ...] | None) -> Ruling:
    """Security Center is of clients only; where it knows a product of unknown state, that one may be on."""
    if others is None or any(product.enabled is None for product in others):
        return not_assessed(Reason.NOT_TOLD, f"Microsoft Defender {how}: {UNTOLD}")
    return failed(f"Microsoft Defender {how}, and Windows Security Center knows of no other product that is on")


def _of_defender(defender: WindowsDefender) -> Ruling:
    parts = {"antivirus": defender.antivirus_enabled, "real-time protection": defender.real_time}
    off = [name for name, on in parts.items() if on is False]
    if defender.mode is None or not off:
        return not_assessed(
            Reason.OUTPUT_UNREADABLE, "whether Microsoft Defender protects in real time could not be read"
        )
    return failed(f"Microsoft Defender is in charge and its {' and '.join(off)} is off")


def _service(name: str, *, running: bool | None) -> WindowsService:
    return partial(WindowsService, name=name, running=running)


def _services(*items: WindowsService) -> dict[str, object]:
    return {"windows_services": partial(WindowsServices, items=items)}


ASKED = replace(EXAMPLE_ASSET, antimalware=("CSFalconService", "sense"))


@check(
    id="win.av.antimalware-missing",
    waived=no_antimalware_asked,
    title="The malware protection that policy asks for is not running",
    severity=Severity.HIGH,
    theme=Theme.WEAK_CONFIG,
    rationale="The inventory says that one of these services has to run on this machine, and none does.",
    remedy=Remedy(
        text="Start the service, or install the product.",
        steps=("`Start-Service NAME`", "Check that it reports to its console"),
        verify="`Get-Service NAME` shows Running",
        risk="A first full scan of the disk costs time and speed.",
    ),
    privilege=Privilege.USER,
    references=("docs/write-an-inventory.md", *mapped("10.1", MALWARE, "8.7", "5.2.1")),
    examples=(
        Example(
            Outcome.PASS,
            _services(_service("Sense", running=True), _service("csfalconservice", running=True)),
            ASKED,
            says="Sense, csfalconservice runs",
        ),
        Example(
            Outcome.PASS, _services(_service("Sense", running=True), _service("CSFalconService", running=None)), ASKED
        ),
        Example(
            Outcome.FAIL,
            _services(_service("Sense", running=False), _service("Spooler", running=True), _service("A", running=None)),
            ASKED,
            says="none of these runs: CSFalconService, sense",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _services(_service("Sense", running=None), _service("CSFalconService", running=False)),
            ASKED,
            says="whether Sense runs could not be read",
        ),
        Example(Outcome.NOT_APPLICABLE, {"windows_services": Missing(Reason.TIMED_OUT)}),
    ),
)
def antimalware_missing(windows_services: WindowsServices, asset: Asset) -> Iterator[Ruling]:
    asked = {name.casefold() for name in asset.antimalware}
    found = [service for service in windows_services.items if service.name.casefold() in asked]
    running = [service.name for service in found if service.running]
    unknown = [service.name for service in found if service.running is None]
    if running:
        yield passed(f"{', '.join(running)} runs")
    elif unknown:
        yield not_assessed(Reason.OUTPUT_UNREADABLE, f"whether {', '.join(unknown)} runs could not be read")
    else:
        yield failed(f"none of these runs: {', '.join(asset.antimalware)}")


def _powershell(state: str, build: int = 19045) -> dict[str, object]:
    facts = {"windows_powershell": partial(WindowsPowershell, version_2=state)}
    return {**facts, "windows_system": partial(WindowsSystem, build=build)}


@check(
    id="win.exec.powershell-v2",
    title="PowerShell 2 can be used",
    severity=Severity.MEDIUM,
    theme=Theme.WEAK_CONFIG,
    rationale=(
        "PowerShell 2 knows neither the logging of scripts nor their check by the antivirus, so attackers ask for it. "
        "Updates of August and September 2025 took it out of Windows 11 24H2 and Server 2025."
    ),
    remedy=Remedy(
        text="Remove the feature.",
        steps=(
            "Clients: `Disable-WindowsOptionalFeature -Online -FeatureName MicrosoftWindowsPowerShellV2Root`",
            "Servers: `Uninstall-WindowsFeature PowerShell-V2`",
        ),
        verify="`powershell -Version 2` is refused",
        risk="Very old scripts and server products that ask for version 2 stop.",
    ),
    privilege=Privilege.USER,
    references=(
        "devblogs.microsoft.com/powershell/windows-powershell-2-0-deprecation",
        "support.microsoft.com/topic/fe6d1edc-2ed2-4c33-b297-afe82a64200a",
        *mapped("4.8", CONFIGURATION, "8.9", "2.2.4"),
    ),
    examples=(
        Example(Outcome.PASS, _powershell("disabled"), says="the feature is disabled"),
        Example(Outcome.PASS, _powershell("absent", build=9200), says="the feature is absent"),
        Example(Outcome.FAIL, _powershell("enabled"), says="the feature MicrosoftWindowsPowerShellV2 is enabled"),
        Example(
            Outcome.NOT_ASSESSED,
            _powershell("absent", build=9199),
            says="before Windows 8 it is a part of Windows, and whether a newer one took its place was not read",
        ),
        Example(Outcome.NOT_ASSESSED, _powershell("unknown"), says="the state of the feature could not be read"),
        Example(Outcome.NOT_ASSESSED, {"windows_powershell": Missing(Reason.TIMED_OUT)}),
    ),
)
def powershell_v2(windows_powershell: WindowsPowershell, windows_system: WindowsSystem) -> Iterator[Ruling]:
    state = windows_powershell.version_2
    if state == "enabled":
        yield failed("the feature MicrosoftWindowsPowerShellV2 is enabled")
    elif state not in ("disabled", "absent"):
        yield not_assessed(Reason.OUTPUT_UNREADABLE, "the state of the feature could not be read")
    elif windows_system.build < defaults.WINDOWS_8:
        told = "before Windows 8 it is a part of Windows, and whether a newer one took its place was not read"
        yield not_assessed(Reason.NOT_TOLD, told)
    else:
        yield passed(f"the feature is {state}")
