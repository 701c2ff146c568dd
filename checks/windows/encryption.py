"""BitLocker on machines that are carried about, and what SCHANNEL still offers."""

from collections.abc import Iterator
from dataclasses import replace

from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import EXAMPLE_ASSET, Example, partial
from checks.finding import Outcome, Ruling, Severity, Subject, failed, not_applicable, not_assessed, passed
from checks.windows import defaults
from checks.windows.words import CONFIGURATION, mapped, setting
from inventory.asset import Asset, Privilege
from inventory.facts import Missing, Reason
from inventory.facts.windows_firmware import WindowsBitlocker, WindowsEncryptedVolume
from inventory.facts.windows_network import SchannelProtocol, WindowsSchannel
from inventory.facts.windows_setting import NOT_SET
from inventory.facts.windows_system import WindowsSystem

LAPTOP = partial(WindowsSystem, portable=True, virtual=False)
DESKTOP = partial(WindowsSystem, portable=False, virtual=False)
NO_CHASSIS = partial(WindowsSystem, portable=None, virtual=False)
VIRTUAL = partial(WindowsSystem, portable=True, virtual=True)
NAMED_LAPTOP = replace(EXAMPLE_ASSET, kind="laptop")


def _volume(drive: str, protection: str, *, kind: str = "os", encrypted: bool | None = True) -> WindowsEncryptedVolume:
    return partial(WindowsEncryptedVolume, drive=drive, kind=kind, protection=protection, encrypted=encrypted)


def _disks(system: WindowsSystem, *volumes: WindowsEncryptedVolume) -> dict[str, object]:
    return {"windows_system": system, "windows_bitlocker": partial(WindowsBitlocker, volumes=volumes)}


@check(
    id="win.disk.bitlocker-off",
    title="BitLocker does not protect a drive of a portable machine",
    severity=Severity.HIGH,
    theme=Theme.WEAK_CONFIG,
    rationale=(
        "Whoever finds or steals the machine can read its disk in another one: files, and passwords kept by programs. "
        "It counts for machines whose chassis is portable, or that the inventory calls laptops. What another product "
        "encrypts is not seen here."
    ),
    remedy=Remedy(
        text="Encrypt every built-in disk and keep the recovery password in the directory.",
        steps=(
            "`Enable-BitLocker -MountPoint C: -TpmProtector`, better by policy or Intune",
            "`BackupToAAD-BitLockerKeyProtector` or let Active Directory keep the recovery password",
        ),
        verify="`Get-BitLockerVolume` shows ProtectionStatus On for every drive",
        risk="Without the recovery password a change of the main board or firmware loses the data.",
    ),
    privilege=Privilege.ROOT,
    references=(
        "learn.microsoft.com/windows/security/operating-system-security/data-protection/bitlocker/",
        *mapped("3.6", CONFIGURATION, "8.1", "3.5.1"),
    ),
    examples=(
        Example(
            Outcome.PASS,
            _disks(
                LAPTOP, _volume("C:", "on"), _volume("D:", "on", kind="fixed"), _volume("E:", "off", kind="removable")
            ),
            says="BitLocker protects C:, D:",
        ),
        Example(Outcome.PASS, _disks(NO_CHASSIS, _volume("C:", "on")), NAMED_LAPTOP),
        Example(
            Outcome.FAIL,
            _disks(LAPTOP, _volume("C:", "off", encrypted=False), _volume("D:", "off", kind="fixed")),
            says=(
                "BitLocker does not protect C:",
                "BitLocker does not protect D:: it is encrypted, and its protection is suspended",
            ),
            subjects=("C:", "D:"),
        ),
        Example(Outcome.FAIL, _disks(DESKTOP, _volume("C:", "off", encrypted=None)), NAMED_LAPTOP),
        Example(
            Outcome.NOT_ASSESSED,
            _disks(LAPTOP, _volume("C:", "on"), _volume("D:", "unknown", kind="fixed")),
            says="whether BitLocker protects D: could not be read",
            subjects=("D:",),
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _disks(LAPTOP, _volume("C:", "on"), _volume("D:", "off", kind="unknown")),
            says="BitLocker does not protect D:; whether that is built in could not be read",
            subjects=("D:",),
        ),
        Example(Outcome.PASS, _disks(LAPTOP, _volume("C:", "on"), _volume("D:", "on", kind="unknown"))),
        Example(
            Outcome.NOT_ASSESSED,
            _disks(LAPTOP, _volume("D:", "on", kind="fixed")),
            says="the drive that Windows runs from is not among those that BitLocker knows",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _disks(NO_CHASSIS, _volume("C:", "off")),
            says="whether this machine is portable could not be read; the inventory can say so (kind: laptop)",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"windows_system": LAPTOP, "windows_bitlocker": Missing(Reason.PRIVILEGE_TOO_LOW, "administrators only")},
            says="administrators only",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"windows_system": LAPTOP, "windows_bitlocker": None},
            says="BitLocker was not asked",
        ),
        Example(Outcome.NOT_APPLICABLE, _disks(DESKTOP, _volume("C:", "off")), says="this machine is not portable"),
        Example(Outcome.NOT_APPLICABLE, {"windows_system": DESKTOP, "windows_bitlocker": Missing(Reason.TIMED_OUT)}),
        Example(Outcome.NOT_APPLICABLE, _disks(VIRTUAL, _volume("C:", "off")), says="this is a virtual machine"),
    ),
)
def bitlocker_off(
    windows_system: WindowsSystem, windows_bitlocker: WindowsBitlocker | None, asset: Asset, context: Context
) -> Iterator[Ruling]:
    portable = windows_system.portable or asset.kind == "laptop"
    if windows_system.virtual:
        yield not_applicable("this is a virtual machine")
    elif not portable and windows_system.portable is None:
        told = "whether this machine is portable could not be read; the inventory can say so (kind: laptop)"
        yield not_assessed(Reason.NOT_TOLD, told)
    elif not portable:
        yield not_applicable("this machine is not portable")
    elif windows_bitlocker is None:
        yield _untold(context.facts["windows_bitlocker"])
    else:
        yield from _volumes(windows_bitlocker)


def _untold(state: object) -> Ruling:
    """A desktop needs no BitLocker, so the fact is not needed of every machine: why it is lacking is said here."""
    if isinstance(state, Missing):
        return not_assessed(state.reason, state.detail)
    return not_assessed(Reason.NOT_ATTEMPTED, "BitLocker was not asked")


def _volumes(bitlocker: WindowsBitlocker) -> Iterator[Ruling]:
    built_in = [volume for volume in bitlocker.volumes if volume.kind != "removable"]
    wrong = [ruling for volume in built_in for ruling in _volume_ruling(volume)]
    if bitlocker.system is None:
        wrong.append(
            not_assessed(Reason.NOT_TOLD, "the drive that Windows runs from is not among those that BitLocker knows")
        )
    yield from wrong or [passed(f"BitLocker protects {', '.join(volume.drive for volume in built_in)}")]


def _volume_ruling(volume: WindowsEncryptedVolume) -> Iterator[Ruling]:
    subject = Subject("drive", volume.drive)
    if volume.protection == "off" and volume.kind == "unknown":
        told = f"BitLocker does not protect {volume.drive}; whether that is built in could not be read"
        yield Ruling(Outcome.NOT_ASSESSED, told, subject, Reason.OUTPUT_UNREADABLE)
    elif volume.protection == "off":
        suspended = ": it is encrypted, and its protection is suspended" if volume.encrypted else ""
        yield failed(f"BitLocker does not protect {volume.drive}{suspended}", subject)
    elif volume.protection != "on":
        told = f"whether BitLocker protects {volume.drive} could not be read"
        yield Ruling(Outcome.NOT_ASSESSED, told, subject, Reason.OUTPUT_UNREADABLE)


def _schannel(build: int, *said: tuple[str, str, int, int]) -> dict[str, object]:
    """(protocol, side, Enabled, DisabledByDefault); what is not named is switched off."""
    known = {(protocol, side): (enabled, hidden) for protocol, side, enabled, hidden in said}
    pairs = [(p, s) for p in ("SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2") for s in ("client", "server")]
    protocols = tuple(SchannelProtocol(*pair, *known.get(pair, (0, 1))) for pair in pairs)
    return {
        "windows_system": partial(WindowsSystem, build=build),
        "windows_schannel": partial(WindowsSchannel, protocols=protocols),
    }


@check(
    id="win.tls.schannel-legacy",
    title="Windows still offers SSL 2, SSL 3, TLS 1.0 or TLS 1.1",
    severity=Severity.MEDIUM,
    theme=Theme.WEAK_CRYPTO,
    rationale=(
        "Services of Windows (IIS, RDP, LDAPS, WinRM, SQL Server) use SCHANNEL. What it offers, somebody on the way "
        "can make both sides use. Where the registry says nothing, Windows' own default holds: SSL 3 is off from "
        "version 1607 on, TLS 1.0 and 1.1 are on up to Server 2022 and Windows 11 23H2. Of later ones Microsoft's list "
        "of defaults does not tell."
    ),
    remedy=Remedy(
        text="Switch the old protocols off, for servers and clients.",
        steps=(
            r"Set Enabled to 0 and DisabledByDefault to 1 under HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders"
            r"\SCHANNEL\Protocols, for each of them in Server and Client",
            "Restart the machine",
        ),
        verify="`openssl s_client -tls1_1 -connect HOST:443` is refused",
        risk="Very old programs and devices that know nothing newer can no longer connect.",
    ),
    privilege=Privilege.USER,
    references=(
        "learn.microsoft.com/windows/win32/secauthn/protocols-in-tls-ssl--schannel-ssp-",
        "learn.microsoft.com/windows-server/security/tls/tls-registry-settings",
        "RFC 8996",
        *mapped("3.10", CONFIGURATION, "8.24", "4.2.1"),
    ),
    examples=(
        Example(Outcome.PASS, _schannel(20348), says="the registry or Windows' default switches all of them off"),
        Example(Outcome.PASS, _schannel(14393, ("SSL 3.0", "server", NOT_SET, NOT_SET))),
        Example(Outcome.PASS, _schannel(14393, ("SSL 2.0", "server", 1, 0), ("TLS 1.2", "server", 1, 0))),
        Example(Outcome.PASS, _schannel(19045, ("TLS 1.0", "client", NOT_SET, 1))),
        Example(
            Outcome.FAIL,
            _schannel(
                20348,
                ("SSL 2.0", "server", NOT_SET, NOT_SET),
                ("SSL 3.0", "client", 1, 0),
                ("TLS 1.0", "server", NOT_SET, NOT_SET),
                ("TLS 1.1", "client", NOT_SET, 0),
                ("TLS 1.2", "server", NOT_SET, NOT_SET),
            ),
            says=(
                "SSL 3.0 is on (client): Enabled is 1",
                "TLS 1.0 is on (server): Enabled is not set, the default of build 20348",
                "TLS 1.1 is on (client): Enabled is not set, the default of build 20348",
            ),
            subjects=("SSL 3.0 client", "TLS 1.0 server", "TLS 1.1 client"),
        ),
        Example(
            Outcome.FAIL,
            _schannel(7601, ("SSL 2.0", "server", NOT_SET, NOT_SET), ("TLS 1.1", "server", NOT_SET, NOT_SET)),
            subjects=("SSL 2.0 server",),
        ),
        Example(
            Outcome.FAIL, _schannel(26100, ("TLS 1.0", "server", 4294967295, NOT_SET)), subjects=("TLS 1.0 server",)
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _schannel(26100, ("TLS 1.0", "server", NOT_SET, NOT_SET), ("SSL 3.0", "server", NOT_SET, NOT_SET)),
            says="whether TLS 1.0 is on (server) cannot be told: Enabled is not set, and the default of build 26100 is "
            "not known",
            subjects=("TLS 1.0 server",),
        ),
        Example(Outcome.NOT_ASSESSED, {"windows_schannel": Missing(Reason.OUTPUT_UNREADABLE)}),
    ),
)
def schannel_legacy(windows_schannel: WindowsSchannel, windows_system: WindowsSystem) -> Iterator[Ruling]:
    """``Enabled`` 0 switches a protocol off; any other number switches it on (0xffffffff, as most guides have it)."""
    legacy = [one for one in windows_schannel.protocols if one.protocol in defaults.LEGACY and not one.switched_off]
    wrong = [ruling for one in legacy for ruling in _offered(one, windows_system.build)]
    yield from wrong or [passed("the registry or Windows' default switches all of them off")]


def _offered(one: SchannelProtocol, build: int) -> Iterator[Ruling]:
    subject = Subject("protocol", f"{one.protocol} {one.side}")
    unset, told = one.enabled == NOT_SET, setting("Enabled", one.enabled)
    on = defaults.offered(one, build)
    if on is None:
        why = f"{told}, and the default of build {build} is not known"
        told = f"whether {one.protocol} is on ({one.side}) cannot be told: {why}"
        yield Ruling(Outcome.NOT_ASSESSED, told, subject, Reason.NOT_TOLD)
    elif on:
        default = f", the default of build {build}" if unset else ""
        yield failed(f"{one.protocol} is on ({one.side}): {told}{default}", subject)
