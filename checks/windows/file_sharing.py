"""SMB as it is set, with what Windows does where nothing is set (``defaults.py``)."""

from collections.abc import Iterator
from functools import partial as bound

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, Subject, failed, not_assessed, passed
from checks.windows import defaults
from checks.windows.words import CONFIGURATION, mapped
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.windows_network import WindowsSmb
from inventory.facts.windows_setting import NOT_SET
from inventory.facts.windows_system import WindowsFeature, WindowsFeatures, WindowsSystem

WIN_10 = partial(WindowsSystem, build=19045, product_type=1, edition_id="Professional")
WIN_11 = partial(WindowsSystem, build=26100, product_type=1, edition_id="Professional")
HOME_11 = partial(WindowsSystem, build=26100, product_type=1, edition_id="CoreSingleLanguage")
SERVER_25 = partial(WindowsSystem, build=26100, product_type=3, edition_id="ServerStandard")
_RATED = {"client": Severity.MEDIUM}


def _smb1(server: bool | None, client: bool | None, feature: str = "") -> dict[str, object]:
    facts: dict[str, object] = {"windows_smb": partial(WindowsSmb, smb1_server=server, smb1_client=client)}
    if feature:
        listed = (WindowsFeature("NetFx3", "disabled"), WindowsFeature("SMB1Protocol", feature))
        facts["windows_features"] = partial(WindowsFeatures, items=listed)
    return facts


@check(
    id="win.proto.smb1-enabled",
    title="SMB 1 is switched on",
    severity=Severity.CRITICAL,
    theme=Theme.EXPOSED_SERVICE,
    rationale=(
        "SMB 1 has no protection against somebody on the way, and the worms of 2017 spread over it. As a client "
        "it lets a false server take the machine back to it."
    ),
    remedy=Remedy(
        text="Remove SMB 1.",
        steps=(
            "`Disable-WindowsOptionalFeature -Online -FeatureName SMB1Protocol`",
            "On older Windows: `Set-SmbServerConfiguration -EnableSMB1Protocol $false` and disable the driver mrxsmb10",
        ),
        verify="`(Get-SmbServerConfiguration).EnableSMB1Protocol` prints False",
        risk="Very old devices, scanners and copiers for example, can no longer store files there, or be reached.",
    ),
    privilege=Privilege.USER,
    references=(
        "learn.microsoft.com/windows-server/storage/file-server/troubleshoot/detect-enable-and-disable-smbv1-v2-v3",
        "CVE-2017-0144",
        *mapped("4.8", CONFIGURATION, "8.9", "2.2.4"),
    ),
    examples=(
        Example(Outcome.PASS, _smb1(server=False, client=False), says="SMB 1 is off, as a server and as a client"),
        Example(Outcome.PASS, _smb1(server=None, client=None, feature="disabled")),
        Example(Outcome.PASS, _smb1(server=None, client=None, feature="absent")),
        Example(
            Outcome.FAIL,
            _smb1(server=True, client=True, feature="enabled"),
            says=(
                "the file server takes SMB 1",
                "the machine may speak SMB 1 as a client (its driver mrxsmb10 may start)",
            ),
            subjects=("server", "client"),
        ),
        Example(Outcome.FAIL, _smb1(server=True, client=False, feature="disabled"), subjects=("server",)),
        Example(
            Outcome.NOT_ASSESSED,
            _smb1(server=None, client=False, feature="enabled"),
            says="whether SMB 1 is on as a server could not be read",
            subjects=("server",),
        ),
        Example(Outcome.NOT_ASSESSED, _smb1(server=False, client=None), subjects=("client",)),
        Example(Outcome.NOT_ASSESSED, {"windows_smb": Missing(Reason.TIMED_OUT)}),
    ),
)
def smb1_enabled(windows_smb: WindowsSmb, windows_features: WindowsFeatures | None) -> Iterator[Ruling]:
    client = "the machine may speak SMB 1 as a client (its driver mrxsmb10 may start)"
    removed = _removed(windows_features)
    wrong = [
        *_side("server", windows_smb.smb1_server, "the file server takes SMB 1", removed),
        *_side("client", windows_smb.smb1_client, client, removed),
    ]
    yield from wrong or [passed("SMB 1 is off, as a server and as a client")]


def _side(name: str, on: bool | None, said: str, removed: bool) -> Iterator[Ruling]:
    """What could not be read is off all the same where the feature is not installed."""
    if on:
        yield failed(said, Subject("smb1", name), _RATED.get(name))
    elif on is None and not removed:
        told = f"whether SMB 1 is on as a {name} could not be read"
        yield Ruling(Outcome.NOT_ASSESSED, told, Subject("smb1", name), Reason.OUTPUT_UNREADABLE)


def _removed(features: WindowsFeatures | None) -> bool:
    if features is None:
        return False
    return any(one.name == "SMB1Protocol" and one.state in ("disabled", "absent") for one in features.items)


def _signing(side: str, system: WindowsSystem, required: bool | None, value: int | None) -> dict[str, object]:
    told = {f"{side}_signing_required": required, f"{side}_signing_setting": value}
    return {"windows_system": system, "windows_smb": partial(WindowsSmb, **told)}


_server, _client = bound(_signing, "server"), bound(_signing, "client")
SIGNING_PAGE = "learn.microsoft.com/windows-server/storage/file-server/smb-signing"


@check(
    id="win.proto.smb-signing-not-required",
    title="The file server does not require signed messages",
    severity=Severity.MEDIUM,
    theme=Theme.WEAK_CONFIG,
    rationale=(
        "Without signatures somebody on the way can pass on a user's log-in to this machine and act in their name. "
        "Where nothing is set, only Pro, Enterprise and Education of Windows 11 24H2 and later require them."
    ),
    remedy=Remedy(
        text="Require signatures of every client.",
        steps=("`Set-SmbServerConfiguration -RequireSecuritySignature $true`, better by policy",),
        verify="`(Get-SmbServerConfiguration).RequireSecuritySignature` prints True",
        risk="Clients that cannot sign are refused; old machines transfer large files more slowly.",
    ),
    privilege=Privilege.USER,
    references=(SIGNING_PAGE, *mapped("3.10", CONFIGURATION, "8.20", "2.2.6")),
    examples=(
        Example(Outcome.PASS, _server(WIN_10, required=True, value=None), says="signed messages are required"),
        Example(
            Outcome.PASS,
            _server(WIN_11, required=None, value=NOT_SET),
            says="signed messages are required (not set: the default of build 26100)",
        ),
        Example(Outcome.FAIL, _server(WIN_11, required=False, value=0), says="signed messages are not required"),
        Example(
            Outcome.FAIL,
            _server(WIN_10, required=None, value=NOT_SET),
            says="signed messages are not required (not set: the default of build 19045)",
        ),
        Example(Outcome.FAIL, _server(SERVER_25, required=None, value=NOT_SET)),
        Example(Outcome.FAIL, _server(HOME_11, required=None, value=NOT_SET)),
        Example(
            Outcome.NOT_ASSESSED,
            _server(WIN_11, required=None, value=None),
            says="whether signed messages are required could not be read",
        ),
        Example(Outcome.NOT_ASSESSED, {"windows_smb": Missing(Reason.TIMED_OUT), "windows_system": WIN_10}),
    ),
)
def smb_signing(windows_smb: WindowsSmb, windows_system: WindowsSystem) -> Iterator[Ruling]:
    default = defaults.smb_server_signing(windows_system)
    yield _signed(
        windows_smb.server_signing_required, windows_smb.server_signing_setting, default, windows_system.build
    )


def _signed(required: bool | None, value: int | None, default: bool | None, build: int) -> Ruling:
    unset = required is None and value == NOT_SET
    in_force = default if unset else required
    how = f" (not set: the default of build {build})" if unset else ""
    if in_force is None:
        return not_assessed(Reason.OUTPUT_UNREADABLE, "whether signed messages are required could not be read")
    return (
        passed(f"signed messages are required{how}") if in_force else failed(f"signed messages are not required{how}")
    )


@check(
    id="win.proto.smb-client-signing-not-required",
    title="Windows takes files from servers that do not sign",
    severity=Severity.LOW,
    theme=Theme.WEAK_CONFIG,
    rationale=(
        "Somebody on the way can change what this machine reads from a file server. Where nothing is set, Windows 11 "
        "24H2 (but for Home) and Server 2025 require signatures, older ones only for the domain's own shares."
    ),
    remedy=Remedy(
        text="Require signatures of every server.",
        steps=("`Set-SmbClientConfiguration -RequireSecuritySignature $true`, better by policy",),
        verify="`(Get-SmbClientConfiguration).RequireSecuritySignature` prints True",
        risk="File servers that cannot sign, some cheap ones for example, can no longer be reached.",
    ),
    privilege=Privilege.USER,
    references=(SIGNING_PAGE, *mapped("3.10", CONFIGURATION, "8.20", "2.2.6")),
    examples=(
        Example(Outcome.PASS, _client(WIN_10, required=True, value=1), says="signed messages are required"),
        Example(Outcome.PASS, _client(SERVER_25, required=None, value=NOT_SET)),
        Example(Outcome.FAIL, _client(WIN_11, required=False, value=0), says="signed messages are not required"),
        Example(
            Outcome.FAIL,
            _client(WIN_10, required=None, value=NOT_SET),
            says="signed messages are not required (not set: the default of build 19045)",
        ),
        Example(Outcome.NOT_ASSESSED, _client(WIN_10, required=None, value=None)),
    ),
)
def smb_client_signing(windows_smb: WindowsSmb, windows_system: WindowsSystem) -> Iterator[Ruling]:
    default = defaults.smb_client_signing(windows_system)
    yield _signed(
        windows_smb.client_signing_required, windows_smb.client_signing_setting, default, windows_system.build
    )
