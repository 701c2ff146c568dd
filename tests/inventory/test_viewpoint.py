"""Where the scanner stands: a site of the inventory, and whether users' machines are there."""

import pytest

from inventory.asset import Viewpoint
from inventory.sources.errors import InventoryError
from inventory.sources.yaml_file import Text, load

HOSTS = (
    "all: {hosts: {sw1: {ansible_host: 192.0.2.1, ansible_connection: snmp, estatecheck: {kind: network, site: dc}}}}"
)


def seen_from(own: str) -> Viewpoint:
    text = f"estatecheck: {{{own}}}\n{HOSTS}\n"
    return load([Text("i.yaml", text.encode())]).assets[0].seen_from


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("sites: {dc: }", Viewpoint()),
        ("sites: {dc: }, scanner: {site: dc}", Viewpoint("dc", None)),
        ("sites: {dc: , desks: {name: Desks, users: true}}, scanner: {site: desks}", Viewpoint("Desks", of_users=True)),
        ("sites: {dc: {exposure: internet}}, scanner: {site: dc}", Viewpoint("dc", zone_exposure="internet")),
        ("sites: {dc: {users: false}}, scanner: {site: dc}", Viewpoint("dc", of_users=False)),
        ("sites: {dc: {users: true}}, scanner: {site: }", Viewpoint()),
    ],
)
def test_where_the_scanner_stands(own: str, expected: Viewpoint) -> None:
    assert seen_from(own) == expected


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ("sites: {dc: }, scanner: {site: cd}", "'cd' is no site; there is dc"),
        ("sites: {dc: }, scanner: {zone: dc}", "'zone' is not known here"),
        ("sites: {dc: }, scanner: dc", "is not allowed here"),
        ("sites: {dc: {users: 3}}", "true or false"),
    ],
)
def test_what_cannot_be_meant(own: str, sentence: str) -> None:
    with pytest.raises(InventoryError) as caught:
        seen_from(own)
    assert sentence in str(caught.value)
