"""What Windows does where nothing is set, by version: the tables of Microsoft's pages, row by row."""

import pytest

from checks.example import partial
from checks.finding import Outcome, Severity
from checks.windows import defaults
from inventory.facts.windows_domain import WindowsDomain
from inventory.facts.windows_network import SchannelProtocol
from inventory.facts.windows_setting import NOT_SET
from inventory.facts.windows_system import WindowsSystem


def system(build: int, kind: int | None = 1, edition: str = "Professional") -> WindowsSystem:
    return partial(WindowsSystem, build=build, product_type=kind, edition_id=edition)


@pytest.mark.parametrize(
    ("host", "server", "client"),
    [
        pytest.param(system(19045), False, False, id="Windows 10 22H2"),
        pytest.param(system(22631, edition="Enterprise"), False, False, id="Windows 11 23H2"),
        pytest.param(system(26100), True, True, id="Windows 11 24H2 Pro"),
        pytest.param(system(26200, edition="EnterpriseS"), True, True, id="Windows 11 25H2 LTSC"),
        pytest.param(system(26100, edition="Core"), False, False, id="Windows 11 24H2 Home"),
        pytest.param(system(26100, edition="CoreCountrySpecific"), False, False, id="Windows 11 24H2 Home China"),
        pytest.param(system(26100, edition=""), None, None, id="an edition that is not known"),
        pytest.param(system(20348, 3, "ServerStandard"), False, False, id="Server 2022"),
        pytest.param(system(26100, 3, "ServerStandard"), False, True, id="Server 2025"),
        pytest.param(system(26100, 2, "ServerStandard"), False, True, id="Server 2025, domain controller"),
        pytest.param(system(26100, None), None, None, id="server or not is not known"),
    ],
)
def test_smb_signing(host: WindowsSystem, server: bool | None, client: bool | None) -> None:
    assert defaults.smb_server_signing(host) is server
    assert defaults.smb_client_signing(host) is client


# SSL 2 client and server, SSL 3, TLS 1.0, TLS 1.1
ROWS = {
    7601: (False, True, True, True, False),
    9200: (False, False, True, True, True),
    9600: (False, False, True, True, True),
    10586: (False, False, True, True, True),
    14393: (False, False, False, True, True),
    17763: (False, False, False, True, True),
    20348: (False, False, False, True, True),
    22631: (False, False, False, True, True),
    26100: (False, False, False, None, None),
}


@pytest.mark.parametrize(("build", "row"), ROWS.items())
def test_schannel(build: int, row: tuple[bool | None, ...]) -> None:
    asked = [("SSL 2.0", "client"), ("SSL 2.0", "server"), ("SSL 3.0", "server"), ("TLS 1.0", "client")]
    asked.append(("TLS 1.1", "server"))
    unset = [defaults.offered(SchannelProtocol(*one, NOT_SET, NOT_SET), build) for one in asked]
    assert tuple(unset) == row


def test_schannel_as_it_is_set() -> None:
    assert defaults.offered(SchannelProtocol("SSL 3.0", "server", 1, 0), 20348) is True
    assert defaults.offered(SchannelProtocol("SSL 2.0", "server", 1, 0), 9600) is True
    assert defaults.offered(SchannelProtocol("SSL 2.0", "server", 1, 0), 14393) is False, "it is not there any more"
    assert defaults.offered(SchannelProtocol("SSL 3.0", "server", NOT_SET, 0), 20348) is None
    assert defaults.offered(SchannelProtocol("TLS 1.0", "server", NOT_SET, 0), 20348) is True


@pytest.mark.parametrize(("build", "keeps"), [(7601, True), (9200, True), (9600, False), (26100, False)])
def test_wdigest(build: int, keeps: bool) -> None:
    assert defaults.wdigest(build) is keeps


@pytest.mark.parametrize(
    ("host", "protected"),
    [
        (system(19045), False),
        (system(22000), False),
        (system(22621), None),
        (system(26100), None),
        (system(26100, None), None),
        (system(26100, 3), False),
        (system(20348, 2), False),
    ],
)
def test_lsa_protection(host: WindowsSystem, protected: bool | None) -> None:
    assert defaults.lsa_protected(host) is protected


@pytest.mark.parametrize(
    ("build", "signing", "enforced", "required"),
    [
        (20348, 2, None, True),
        (20348, 1, None, False),
        (20348, NOT_SET, None, False),
        (20348, None, None, None),
        (26100, 2, None, True),
        (26100, 2, 0, True),
        (26100, 1, 0, False),
        (26100, NOT_SET, 0, False),
        (26100, None, 0, None),
        (26100, 1, 1, True),
        (26100, None, 1, True),
        (26100, NOT_SET, NOT_SET, True),
        (26100, 1, NOT_SET, None),
        (26100, NOT_SET, None, None),
        (26100, None, NOT_SET, None),
    ],
)
def test_ldap_signing(build: int, signing: int | None, enforced: int | None, required: bool | None) -> None:
    assert defaults.ldap_signing(build, signing, enforced) is required


def test_only_a_controller_answers_for_its_domain() -> None:
    assert defaults.taking_ntlmv1(system(20348, 2)) is None
    assert defaults.taking_ntlmv1(system(20348, 3)) is Severity.MEDIUM
    assert defaults.taking_ntlmv1(system(20348, None)) is Severity.MEDIUM


def test_in_force() -> None:
    assert [defaults.in_force(value, 3) for value in (None, NOT_SET, 0, 5)] == [None, 3, 0, 5]


@pytest.mark.parametrize(
    ("host", "joined", "outcome"),
    [
        (system(10240, edition="EnterpriseS"), True, None),
        (system(14393, 3, "ServerDatacenter"), True, None),
        (system(26100, edition="Education"), True, None),
        (system(19045, edition="IoTEnterprise"), True, None),
        (system(9600, 3, "ServerStandard"), True, Outcome.NOT_APPLICABLE),
        (system(20348, 2, "ServerStandard"), True, Outcome.NOT_APPLICABLE),
        (system(19045), True, Outcome.NOT_APPLICABLE),
        (system(19045, edition="Enterprise"), False, Outcome.NOT_APPLICABLE),
        (system(19045, edition="Enterprise"), None, Outcome.NOT_ASSESSED),
        (system(19045, edition=""), True, Outcome.NOT_ASSESSED),
    ],
)
def test_where_credential_guard_applies(host: WindowsSystem, joined: bool | None, outcome: Outcome | None) -> None:
    found = defaults.credential_guard_applies(host, partial(WindowsDomain, joined=joined, entra_joined=False, mdm=""))
    assert (found and found.outcome) is outcome
