"""Who may ask over SNMP: entries are counted, and no community ever leaves the transport."""

from collections.abc import Iterable

import pytest

from inventory.asset import Asset, Connection
from inventory.facts.missing import Reason
from inventory.facts.snmp_access import SnmpAccess
from scanner.probes.network.snmp_access import (
    COMMUNITY_STATUS,
    COMMUNITY_STORAGE,
    GROUP_STATUS,
    GROUP_STORAGE,
    SNMP_ACCESS,
    WALKS,
)
from scanner.query import Answer, Login, SnmpPoll, SnmpWalk, Visit
from tests.lab.agents import BULK, GET, Key, Request, Table, Value, key, response, row, serving, v2c
from tests.lab.snmpd import COMMUNITY, USERS, Snmpd
from tests.scanner.transports.snmp_bench import LIBRARIES, visit

SWITCH = Asset("sw1", Connection("snmp", "192.0.2.1", 161), kind="network")
SECRET = b"s3cr3t-community"
USER = next(login for login, _ in USERS if login.user == "signed")


def indexed(base: str, *parts: int, name: bytes = SECRET) -> Key:
    """A row whose index ends in a name, with its length before it: a string of any length (RFC 2578, 7.7)."""
    return (*key(base), *parts, len(name), *name)


def agent(*models: int, storage: int = 3, status: int = 1, communities: int = 0) -> Table:
    """An agent whose index holds its community; one entry for each model."""
    rows: dict[Key, Value] = {key("1.3.6.1.2.1.1.3.0"): (67, b"\x01\x00")}
    for number, model in enumerate(models):
        name = SECRET + b"%d" % number
        rows[indexed(GROUP_STORAGE, model, name=name)] = (2, bytes([storage]))
        rows[indexed(GROUP_STATUS, model, name=name)] = (2, bytes([status]))
    for number in range(communities):
        name = SECRET + b"%d" % number
        rows[(*key(COMMUNITY_STORAGE), *name)] = (2, bytes([storage]))
        rows[(*key(COMMUNITY_STATUS), *name)] = (2, bytes([status]))
    return Table(rows)


def asked(answer: Table, library: str = "gufo-snmp") -> Visit:
    query = SNMP_ACCESS.query(SWITCH, [])
    assert query is not None
    with serving(v2c(answer)) as port:
        return visit(port, Login(community="lab"), query, library=library)


def fact(seen: Visit) -> SnmpAccess:
    assert seen.answers[0].missing is None
    return SNMP_ACCESS.parse(SWITCH, seen.answers)


def test_it_asks_once_and_for_numbers_only() -> None:
    query = SNMP_ACCESS.query(SWITCH, [])
    assert isinstance(query, SnmpPoll)
    assert all(walk.tally is not None for walk in query.walks)
    assert SNMP_ACCESS.query(SWITCH, [Answer("snmp_access")]) is None


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(agent(1, 2, 2), SnmpAccess(3, 0, None), id="communities"),
        pytest.param(agent(3, 3), SnmpAccess(0, 2, None), id="users"),
        pytest.param(agent(1, 3, communities=2), SnmpAccess(1, 1, 2), id="both"),
        pytest.param(agent(2, storage=5, communities=1), SnmpAccess(0, 0, 0), id="built in"),
        pytest.param(agent(2, 3, status=2, communities=1), SnmpAccess(0, 0, 0), id="not active"),
        pytest.param(agent(), SnmpAccess(None, None, None), id="not shown"),
    ],
)
def test_what_an_agent_shows(library: str, answer: Table, expected: SnmpAccess) -> None:
    seen = asked(answer, library)
    assert fact(seen) == expected
    assert SECRET not in seen.answers[0].output
    assert ".".join(map(str, SECRET)) not in seen.answers[0].text


def test_a_name_that_looks_like_numbers_is_none() -> None:
    """Only the first part of the index counts, whatever the name behind it."""
    rows = {indexed(GROUP_STATUS, 3, name=b"\1\1\1"): (2, b"\x01"), indexed(GROUP_STATUS, 3, name=b"\2"): (2, b"\x01")}
    assert fact(asked(Table(rows))) == SnmpAccess(0, 2, None)


@pytest.mark.parametrize(
    ("value", "counted"), [((2, b"\x01"), 1), ((2, b"\x7f\xff"), 0), ((4, SECRET), 0), ((66, b"\1"), 0)]
)
def test_values_that_are_no_small_number_count_as_none(value: Value, counted: int) -> None:
    with serving(v2c(Table({indexed(GROUP_STATUS, 1): value}))) as port:
        seen = visit(port, Login(community="lab"), SnmpWalk("w", GROUP_STATUS, tally=1))
    assert seen.answers[0].text == f"{GROUP_STATUS}.1.{counted}|66|1\n"


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_walk_in_circles_tells_of_no_row(library: str) -> None:
    """The sentence of a walk that goes in circles names the row; here that would be the community."""
    name = indexed(GROUP_STORAGE, 2)

    def circling(request: Request) -> Iterable[bytes]:
        if request.kind == GET:
            return [response(request, [row(one, (67, b"\1")) for one in request.names])]
        return [response(request, [row(name, (2, b"\x03"))] * (request.repetitions if request.kind == BULK else 1))]

    query = SNMP_ACCESS.query(SWITCH, [])
    assert query is not None
    with serving(v2c(circling)) as port:
        seen = visit(port, Login(community="lab"), query, WALKS[0], library=library)
    assert fact(seen).community_groups is None
    assert any(GROUP_STORAGE in gap for gap in fact(seen).gaps)
    assert seen.answers[1].missing is not None
    told = seen.answers[0].text + seen.answers[1].text + seen.answers[1].missing.detail
    assert "goes in circles" in told
    assert ".".join(map(str, SECRET)) not in told


@pytest.mark.parametrize("base", [GROUP_STATUS, GROUP_STORAGE, COMMUNITY_STATUS])
def test_half_a_table_is_no_table(base: str) -> None:
    text = f"{GROUP_STATUS}.3.1|66|1\n{GROUP_STORAGE}.3.3|66|1\n{COMMUNITY_STATUS}.1|66|1\n#gap|{base}|timed out|x\n"
    made = SNMP_ACCESS.parse(SWITCH, [Answer("snmp_access", text.encode())])
    assert (made.community_groups is None) == (base != COMMUNITY_STATUS)
    assert (made.communities is None) == (base == COMMUNITY_STATUS)
    assert made.gaps == (f"{base}: timed out",)


@pytest.mark.lab
def test_a_real_agent_shows_its_community_and_its_users(lab_snmpd: Snmpd) -> None:
    query = SNMP_ACCESS.query(SWITCH, [])
    assert query is not None
    for login in (Login(community=COMMUNITY), USER):
        seen = visit(lab_snmpd.port, login, query)
        made = fact(seen)
        assert made.community_groups == 2  # one rocommunity: SNMPv1 and v2c
        assert made.user_groups == len(USERS)
        assert COMMUNITY not in seen.answers[0].text


@pytest.mark.lab
def test_a_silent_agent_is_missing(lab_snmpd: Snmpd) -> None:
    query = SNMP_ACCESS.query(SWITCH, [])
    assert query is not None
    seen = visit(lab_snmpd.port, Login(community="wrong"), query)
    assert seen.answers[0].missing is not None
    assert seen.answers[0].missing.reason is Reason.TIMED_OUT
