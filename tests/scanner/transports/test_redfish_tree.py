"""Which links are followed, what is written down of a resource, and that a walk always ends."""

import json
from typing import Any

import pytest

from scanner.query import RedfishTree
from scanner.transports.redfish_http import path_of
from scanner.transports.redfish_tree import WITHHELD, cleaned, links_of
from tests.lab.redfish_trees import V1, collection, hpe, link, service
from tests.scanner.transports.redfish_bench import walked

FOLLOWED = {
    "/redfish/v1": "/redfish/v1",
    "/redfish/v1/": "/redfish/v1/",
    "/redfish/v1/Systems/1": "/redfish/v1/Systems/1",
    "/redfish/v1/Systems/System.Embedded.1/Memory/iDRAC.Embedded.1%23DIMM.A1": (
        "/redfish/v1/Systems/System.Embedded.1/Memory/iDRAC.Embedded.1%23DIMM.A1"
    ),
    "/redfish/v1/Chassis/1U/Power#/PowerSupplies/0": "/redfish/v1/Chassis/1U/Power",
    "/redfish/v1/Chassis/a:b;c=d(e)": "/redfish/v1/Chassis/a:b;c=d(e)",
}
REFUSED = (
    "https://192.0.2.1/redfish/v1/Systems",
    "//192.0.2.1/redfish/v1/Systems",
    "/redfish/v2/Systems",
    "/redfish/v10",
    "/redfish",
    "/etc/passwd",
    "redfish/v1/Systems",
    "/redfish/v1/../v2",
    "/redfish/v1/./Systems",
    "/redfish/v1/%2e%2e/x",
    "/redfish/v1/%2E./x",
    "/redfish/v1/a%2fb",
    "/redfish/v1/a%5Cb",
    "/redfish/v1//Systems",
    "/redfish/v1/Systems?$expand=.",
    "/redfish/v1/Sys tems",
    "/redfish/v1/Systems\r\nX-Header: 1",
    "/redfish/v1/Syst\u00e4ms",
    "/redfish/v1/" + "a" * 2000,
    "",
    None,
    7,
    ["/redfish/v1/Systems"],
)


@pytest.mark.parametrize("given", FOLLOWED)
def test_a_path_of_the_service_is_followed(given: str) -> None:
    assert path_of(given) == FOLLOWED[given]


@pytest.mark.parametrize("given", REFUSED, ids=lambda one: str(one)[:40])
def test_anything_else_is_not(given: object) -> None:
    assert path_of(given) is None


def test_only_a_next_page_may_carry_a_query() -> None:
    assert path_of("/redfish/v1/Systems?$skip=50", page=True) == "/redfish/v1/Systems?$skip=50"
    assert path_of("/redfish/v1/Systems?a=%0d%0a b", page=True) is None


def test_chains_share_their_beginnings() -> None:
    assert links_of(RedfishTree("x", ("A/*/B", "A/*/C", "D"))) == {"A": {"Members": {"B": {}, "C": {}}}, "D": {}}


SECRETS = {
    "Password": "s3cret",
    "PrivatePassphrase": "s3cret",
    "SNMP": {"CommunityStrings": [{"CommunityString": "s3cret"}], "Port": 161},
    "Oem": {"Maker": {"LicenseKey": "s3cret", "Anything": "s3cret"}},
    "Actions": {"#Manager.Reset": {"target": "s3cret"}},
    "EncryptionKey": "s3cret",
    "SharedSecret": {"deep": ["s3cret"]},
    "X-Auth-Token": "s3cret",
    "AuthKey": "s3cret",
    "@Redfish.Copyright": "s3cret",
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_never_written_down(name: str) -> None:
    written = json.dumps(cleaned({name: SECRETS[name], "Model": "x"}))
    assert "s3cret" not in written
    assert '"Model": "x"' in written


def test_what_is_no_secret_stays() -> None:
    body = {"PasswordChangeRequired": True, "PasswordSet": None, "Oem": {"Hpe": {"a": 1}}, "List": [{"Oem": {}}, 1.5]}
    assert cleaned(body) == {
        "PasswordChangeRequired": True,
        "PasswordSet": None,
        "Oem": {"Hpe": {}},
        "List": [{"Oem": {}}, 1.5],
    }
    assert cleaned({"Password": "x"}) == {"Password": WITHHELD}


def tree(**more: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    return hpe() | {f"{V1}/{path}": body for path, body in more.items()}


QUERY = RedfishTree("device", ("Systems/*", "Managers/*", "Chassis/*"))


def test_pages_are_read_to_the_last() -> None:
    first = collection("Systems", ["1"]) | {"Members@odata.nextLink": f"{V1}/Systems?$skip=1"}
    made = tree(Systems=first) | {f"{V1}/Systems?$skip=1": collection("Systems", ["2"]), f"{V1}/Systems/2": {"Id": "2"}}
    told = walked(made, QUERY)
    assert [one.text("Id") or one.text("Model") for one in told.members(told.root, "Systems")] == [
        "ProLiant DL380 Gen10",
        "2",
    ]
    assert told.gaps == {}


@pytest.mark.parametrize(
    ("following", "why"),
    [
        (f"{V1}/Systems", "in a circle"),
        ("https://192.0.2.1/redfish/v1/Systems?$skip=1", "out of the service"),
        (f"{V1}/Systems?$skip=1", "HTTP 404"),
    ],
)
def test_a_bad_next_page_is_a_gap_and_the_first_page_counts(following: str, why: str) -> None:
    told = walked(tree(Systems=collection("Systems", ["1"]) | {"Members@odata.nextLink": following}), QUERY)
    assert f"{V1}/Systems/1" in told.resources
    assert any(why in gap for gap in told.gaps.values())


def test_members_that_link_to_each_other_are_read_once() -> None:
    rings = {
        "Systems": {"Members": [link("Systems"), link("Systems/1"), link("Systems/1/"), link("Managers")]},
        "Managers": {"Members": [link("Systems")]},
    }
    told = walked(tree(**rings), RedfishTree("x", ("Systems/*/Members/Members", "Managers/*/Members")))
    assert sorted(told.resources) == [V1, f"{V1}/Managers", f"{V1}/Systems", f"{V1}/Systems/1"]


@pytest.mark.parametrize(
    "target", ["Systems/1/LogServices/a", "AccountService/Accounts/1", "Managers/1/Actions/Reset", "KeyService"]
)
def test_some_parts_of_a_service_are_never_read(target: str) -> None:
    made = tree(Systems={"Members": [link(target)]}) | {f"{V1}/{target}": {"Id": "x"}}
    told = walked(made, QUERY)
    assert f"{V1}/{target}" not in told.resources
    assert told.gaps


def test_no_more_resources_than_the_query_allows() -> None:
    many = service({f"Systems/{number}": {"Id": str(number)} for number in range(20)})
    told = walked(many, RedfishTree("x", ("Systems/*",), max_resources=8))
    assert len(told.resources) == 8
    assert "more than 8 resources" in str(told.gaps)


def test_one_of_two_models_is_enough() -> None:
    query = RedfishTree("x", ("Chassis/*/Thermal", "Chassis/*/Sensors!Thermal/*"))
    made = service(
        {
            "Chassis/1": {"Thermal": link("Chassis/1/Thermal")},
            "Chassis/2": {},
            "Chassis/1/Thermal": {},
            "Chassis/1/Sensors/a": {},
            "Chassis/2/Sensors/b": {},
        }
    )
    told = walked(made, query)
    assert f"{V1}/Chassis/1/Sensors" not in told.resources
    assert f"{V1}/Chassis/2/Sensors/b" in told.resources


def test_odd_values_where_links_belong() -> None:
    odd = {"Systems": [None, 1, "x", {"@odata.id": 5}, {}, link("Managers")], "Managers": "none", "Chassis": {"a": 1}}
    told = walked({**tree(), V1: {"RedfishVersion": "1.0.0", **odd}}, QUERY)
    assert f"{V1}/Managers/1" in told.resources
