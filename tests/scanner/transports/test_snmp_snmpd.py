"""Both libraries against a real net-snmp agent: equal answers, equal refusals."""

import shutil
import subprocess

import pytest

from inventory.asset import Privilege
from inventory.facts.missing import Reason
from scanner.query import Login, Query, SnmpGet, SnmpPoll, SnmpWalk
from tests.lab.snmpd import AUTH_PASSWORD, COMMUNITY, PRIV_PASSWORD, USERS, Snmpd, start_snmpd
from tests.lab.sshd import stop
from tests.scanner.transports.snmp_bench import LIBRARIES, plain, timed, visit

pytestmark = pytest.mark.lab
SYSTEM = ("1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.77.0")
GET = SnmpGet("system", SYSTEM)
OR_TABLE = SnmpWalk("sysORTable", "1.3.6.1.2.1.1.9.1.2")
EXPECTED = b"1.3.6.1.2.1.1.1.0|4|a lab agent\n1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072.3.2.10\n1.3.6.1.2.1.1.77.0|128|\n"
LOGINS = [Login(community=COMMUNITY), *(login for login, _ in USERS)]


def named(login: Login) -> str:
    return "-".join((login.user or "v2c", login.auth or "none", login.priv or "none"))


def both(port: int, login: Login, *queries: Query) -> object:
    """The answer of either, once it is known to be that of both."""
    seen = {library: visit(port, login, *queries, library=library) for library in LIBRARIES}
    assert plain(seen["gufo-snmp"]) == plain(seen["pysnmp"])
    return seen["gufo-snmp"]


@pytest.mark.parametrize("login", LOGINS, ids=named)
def test_equal_answers_at_every_level(lab_snmpd: Snmpd, login: Login) -> None:
    asked = [(library, visit(lab_snmpd.port, login, GET, OR_TABLE, library=library)) for library in LIBRARIES]
    for library, seen in asked:
        assert seen.attempt.missing is None
        assert (seen.attempt.reached, seen.attempt.logged_in, seen.attempt.privilege) == (True, True, Privilege.USER)
        assert library in seen.attempt.peer
        assert seen.answers[0].output == EXPECTED
        assert seen.answers[1].output.count(b"\n") >= 5
    assert plain(asked[0][1]) == plain(asked[1][1])


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_walk_brings_what_snmpbulkwalk_brings(lab_snmpd: Snmpd, library: str) -> None:
    if shutil.which("snmpbulkwalk") is None:
        pytest.skip("snmpbulkwalk is not installed")
    base = "1.3.6.1.6.3"  # users, views, contexts: does not change from one second to the next
    command = ["snmpbulkwalk", "-v2c", "-c", COMMUNITY, "-m", "", "-On", f"127.0.0.1:{lab_snmpd.port}", base]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line for line in told.splitlines() if line.startswith(".1.3") and "No more variables left" not in line]
    expected = [line.split(" = ")[0].removeprefix(".") for line in lines]
    seen = visit(lab_snmpd.port, Login(community=COMMUNITY), SnmpWalk("w", base), library=library)
    assert seen.answers[0].missing is None
    assert [line.split("|")[0] for line in seen.answers[0].text.splitlines()] == expected
    assert len(expected) > 100


def test_values_of_every_kind_are_those_of_the_other_library(lab_snmpd: Snmpd) -> None:
    """Counters and clocks move, so only the parts of the tree that stand still are compared byte for byte."""
    bases = (
        "1.3.6.1.2.1.2.2.1.2",
        "1.3.6.1.2.1.2.2.1.6",
        "1.3.6.1.2.1.4.20",
        "1.3.6.1.4.1.2021.10.1.6",
        "1.3.6.1.6.3.16",
    )
    walks = [SnmpWalk(f"w{n}", base) for n, base in enumerate(bases)]
    seen = {
        library: visit(lab_snmpd.port, Login(community=COMMUNITY), *walks, library=library) for library in LIBRARIES
    }
    for ours, theirs in zip(seen["gufo-snmp"].answers, seen["pysnmp"].answers, strict=True):
        assert ours.missing is None
        assert [line.split("|")[:2] for line in ours.text.splitlines()] == [
            line.split("|")[:2] for line in theirs.text.splitlines()
        ]
        if ours.query != "w3":  # the load average
            assert ours.output == theirs.output
    tags = {line.split("|")[1] for answer in seen["gufo-snmp"].answers for line in answer.text.splitlines()}
    assert {"2", "4", "64", "68x"} <= tags


WRONG = {
    "no such user": (Login(user="nobody"), "does not know this user"),
    "wrong authentication key": (
        Login(
            user="both-2", auth="SHA-256", auth_password="wrong-auth-key", priv="AES-128", priv_password=PRIV_PASSWORD
        ),
        "does not accept this user's authentication key",
    ),
    "wrong authentication protocol": (
        Login(user="both-2", auth="SHA-512", auth_password=AUTH_PASSWORD, priv="AES-128", priv_password=PRIV_PASSWORD),
        "does not accept this user's authentication key",
    ),
    "level that the user does not have": (
        Login(user="plain", auth="SHA-256", auth_password=AUTH_PASSWORD),
        "does not offer this user the security level",
    ),
    "wrong privacy key": (
        Login(
            user="both-2", auth="SHA-256", auth_password=AUTH_PASSWORD, priv="AES-128", priv_password="wrong-priv-key"
        ),
        "gives its engine id, but is silent",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_refused_log_in_says_what_was_refused(lab_snmpd: Snmpd, case: str) -> None:
    login, why = WRONG[case]
    seen = both(lab_snmpd.port, login, GET)
    assert seen.attempt.reached  # type: ignore[attr-defined]
    missing = seen.attempt.missing  # type: ignore[attr-defined]
    assert missing.reason is Reason.LOGIN_REFUSED
    assert why in missing.detail
    assert "key" not in missing.detail or "wrong-" not in missing.detail


def test_less_security_than_the_agent_wants_is_a_missing_right(lab_snmpd: Snmpd) -> None:
    login = Login(user="both-2", auth="SHA-256", auth_password=AUTH_PASSWORD)
    for library in LIBRARIES:
        answer = visit(lab_snmpd.port, login, GET, library=library).answers[0]
        assert answer.missing is not None
        assert answer.missing.reason is Reason.PRIVILEGE_TOO_LOW


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_wrong_community_is_silence(lab_snmpd: Snmpd, library: str) -> None:
    seen, seconds = timed(lab_snmpd.port, Login(community="wrong"), GET, OR_TABLE, library=library)
    assert seen.attempt.missing is not None
    assert seen.attempt.missing.reason is Reason.TIMED_OUT
    assert "wrong community" in seen.attempt.missing.detail
    assert not seen.attempt.reached
    assert [answer.missing for answer in seen.answers] == [seen.attempt.missing] * 2
    assert seconds < 2


@pytest.mark.parametrize("library", LIBRARIES)
def test_nobody_listens(library: str) -> None:
    from tests.lab.snmpd import free_port

    seen, seconds = timed(free_port(), Login(community="c"), GET, library=library)
    assert seen.attempt.missing is not None
    assert seen.attempt.missing.reason is Reason.CONNECTION_REFUSED
    assert seconds < 1


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_device_that_restarts_is_met_again(tmp_path_factory: pytest.TempPathFactory, library: str) -> None:
    """Boots and time have changed, and so has the engine id: the cached ones no longer hold."""
    from tests.lab.snmpd import need_snmpd

    need_snmpd()
    login = USERS[4][0]
    first = start_snmpd(tmp_path_factory.mktemp("snmpd"))
    try:
        assert visit(first.port, login, GET, library=library).attempt.missing is None
    finally:
        stop(first.process)
    again = start_snmpd(tmp_path_factory.mktemp("snmpd"), port=first.port)
    try:
        assert visit(again.port, login, GET, library=library).attempt.missing is None
    finally:
        stop(again.process)


def test_a_poll_is_one_answer(lab_snmpd: Snmpd) -> None:
    poll = SnmpPoll("device", GET, (OR_TABLE, SnmpWalk("none", "1.3.6.1.4.1.99999")))
    seen = both(lab_snmpd.port, Login(community=COMMUNITY), poll)
    output = seen.answers[0].output  # type: ignore[attr-defined]
    assert output.startswith(EXPECTED)
    assert b"1.3.6.1.2.1.1.9.1.2.1|6|" in output
    assert b"#gap" not in output
