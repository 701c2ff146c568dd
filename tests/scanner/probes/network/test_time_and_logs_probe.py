"""Time servers and log servers: what is asked in which round, and that a table nobody read is not an empty one."""

import pytest

from inventory.asset import Asset, Connection
from inventory.facts.missing import Missing, Reason
from inventory.facts.time_and_logs import Ntp, Sync, Syslog, TimeAndLogs
from scanner.probes.network.time_and_logs import FIRST, NTP, SYSLOG, TIME_AND_LOGS, NtpMib
from scanner.query import MAX_ROUNDS, Answer, Login, SnmpGet, SnmpPoll, Unreadable
from tests.lab.agents import Key, Table, Value, key, serving, v2c
from tests.scanner.transports.snmp_bench import visit

SWITCH = Asset("sw1", Connection("snmp", "192.0.2.1", 161), kind="network")
NTPV4, CISCO = NTP
CLOG, CLOG_EXT, FASTPATH = SYSLOG[0], SYSLOG[1], SYSLOG[2]
LACKING = "".join(f"{oid}|128|\n" for oid in FIRST)


def answer(text: str) -> Answer:
    return Answer("time_and_logs", text.encode())


def parsed(first: str, second: str = "") -> TimeAndLogs:
    return TIME_AND_LOGS.parse(SWITCH, [answer(first), answer(second)])


def test_a_device_with_none_of_the_mibs_is_asked_once() -> None:
    first = TIME_AND_LOGS.query(SWITCH, [])
    assert isinstance(first, SnmpGet)
    assert first.oids == FIRST
    assert TIME_AND_LOGS.query(SWITCH, [answer(LACKING)]) is None
    assert TIME_AND_LOGS.parse(SWITCH, [answer(LACKING)]) == TimeAndLogs(None, None)
    assert TIME_AND_LOGS.query(SWITCH, [Answer("time_and_logs", missing=Missing(Reason.TIMED_OUT))]) is None


def test_only_the_tables_of_mibs_that_are_there_are_walked() -> None:
    first = answer(f"{CISCO.status}|2|6\n{CLOG.there}|66|16\n")
    second = TIME_AND_LOGS.query(SWITCH, [first])
    assert isinstance(second, SnmpPoll)
    assert [walk.base for walk in second.walks] == [CISCO.servers, CLOG.targets]
    assert TIME_AND_LOGS.query(SWITCH, [first, answer("")]) is None
    assert MAX_ROUNDS == 2


@pytest.mark.parametrize("mib", [NTPV4, CISCO], ids=lambda mib: mib.name)
def test_the_state_of_the_clock(mib: NtpMib) -> None:
    for number, sync in mib.words.items():
        rows = f"{mib.servers}.1|2|1\n{mib.servers}.2|2|1\n"
        told = parsed(f"{mib.status}|2|{number}\n", rows)
        assert told.ntp == Ntp(mib.name, sync, 2)


def test_the_words_of_the_mibs() -> None:
    """RFC 5907, ntpEntStatusCurrentMode; CISCO-NTP-MIB, cntpSysSrvStatus: the same words, other numbers."""
    assert NTPV4.words == {
        1: Sync.NOT_RUNNING,
        2: Sync.NOT_SYNCHRONISED,
        3: Sync.NONE_CONFIGURED,
        4: Sync.LOCAL,
        5: Sync.SYNCHRONISED,
        6: Sync.SYNCHRONISED,
    }
    assert CISCO.words == {number + 1: word for number, word in NTPV4.words.items() if number < 2} | {
        3: Sync.NOT_SYNCHRONISED,
        4: Sync.LOCAL,
        5: Sync.SYNCHRONISED,
        6: Sync.SYNCHRONISED,
    }


@pytest.mark.parametrize("number", ["99", "1000", "-1"])
def test_a_state_that_says_nothing(number: str) -> None:
    assert parsed(f"{NTPV4.status}|2|{number}\n", f"{NTPV4.servers}.1|4|x\n").ntp == Ntp("NTPv4-MIB", None, 1)
    assert parsed(f"{NTPV4.status}|2|{number}\n").ntp == Ntp("NTPv4-MIB", None, 0)


def test_the_standard_mib_comes_first() -> None:
    told = parsed(f"{NTPV4.status}|2|6\n{CISCO.status}|2|3\n")
    assert told.ntp == Ntp("NTPv4-MIB", Sync.SYNCHRONISED, 0)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(f"{CLOG.there}|66|16\n", "", Syslog("CISCO-SYSLOG-MIB", 0), id="empty table"),
        pytest.param(f"{CLOG.there}|66|0\n", "", Syslog("CISCO-SYSLOG-MIB", 0), id="room for none"),
        pytest.param(
            f"{CLOG.there}|66|16\n",
            f"{CLOG.targets}.1.4.192.0.2.1|2|1\n{CLOG.targets}.1.4.192.0.2.2|2|2\n",
            Syslog("CISCO-SYSLOG-MIB", 1),
            id="one active, one not in service",
        ),
        pytest.param(
            f"{CLOG.there}|66|16\n{CLOG_EXT.there}|66|3\n",
            f"{CLOG_EXT.targets}.1|2|1\n",
            Syslog("CISCO-SYSLOG-EXT-MIB", 1),
            id="told in one of two",
        ),
        pytest.param(
            f"{CLOG.there}|66|16\n",
            f"#gap|{CLOG.targets}|timed out|x\n",
            Syslog("CISCO-SYSLOG-MIB", None),
            id="not read",
        ),
        pytest.param(
            f"{CLOG.there}|66|16\n",
            f"#gap|{CLOG.targets}|timed out|x\n{CLOG.targets}.1.4.192.0.2.1|2|1\n",
            Syslog("CISCO-SYSLOG-MIB", 1),
            id="half read",
        ),
        pytest.param(
            f"{CLOG.there}|66|16\n{CLOG_EXT.there}|66|3\n",
            f"#gap|{CLOG_EXT.targets}|timed out|x\n",
            Syslog("CISCO-SYSLOG-EXT-MIB", None),
            id="a gap outweighs an empty list",
        ),
        pytest.param(
            f"{FASTPATH.there}|2|2\n",
            f"{FASTPATH.targets}.1|2|1\n",
            Syslog("FASTPATH-LOGGING-MIB", 1, switched_off=True),
            id="switched off",
        ),
        pytest.param(
            f"{FASTPATH.there}|2|1\n", f"{FASTPATH.targets}.1|2|1\n", Syslog("FASTPATH-LOGGING-MIB", 1), id="on"
        ),
        pytest.param(f"{CLOG.there}|4|many\n", "", None, id="no number"),
    ],
)
def test_log_servers(first: str, second: str, expected: Syslog | None) -> None:
    assert parsed(first, second).syslog == expected


def test_a_table_that_was_never_asked_for_is_not_empty() -> None:
    with pytest.raises(Unreadable) as caught:
        TIME_AND_LOGS.parse(SWITCH, [answer(f"{CLOG.there}|66|16\n")])
    assert caught.value.missing.reason is Reason.TIMED_OUT


def test_a_gap_in_the_servers() -> None:
    told = parsed(f"{CISCO.status}|2|1\n", f"#gap|{CISCO.servers}|timed out|x\n")
    assert (told.ntp, told.gaps) == (Ntp("CISCO-NTP-MIB", None, None), (f"{CISCO.servers}: timed out",))


def test_over_the_wire_in_two_rounds() -> None:
    rows: dict[Key, Value] = {
        key(CISCO.status): (2, b"\x06"),
        key(f"{CISCO.servers}.7"): (2, b"\x01"),
        key(CLOG.there): (66, b"\x10"),
    }
    answers: list[Answer] = []
    with serving(v2c(Table(rows))) as port:
        while query := TIME_AND_LOGS.query(SWITCH, answers):
            answers += visit(port, Login(community="lab"), query).answers
    assert len(answers) == 2
    assert TIME_AND_LOGS.parse(SWITCH, answers) == TimeAndLogs(
        Ntp("CISCO-NTP-MIB", Sync.SYNCHRONISED, 1), Syslog("CISCO-SYSLOG-MIB", 0)
    )
