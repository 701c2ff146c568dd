"""The health probe: its two rounds, gaps, hostile values, and a real net-snmp agent."""

from pathlib import Path

import pytest

from inventory.facts.health import DeviceHealth, Gap, Kind, State
from scanner.probes.network import SNMP
from scanner.probes.network.health import HEALTH
from scanner.probes.network.health.cells import unique
from scanner.probes.network.health.probe import health
from scanner.probes.network.health.rules import load, shipped
from scanner.probes.network.rules import BadRule
from scanner.probes.network.varbinds import read
from scanner.query import Answer, Login, SnmpPoll, Unreadable
from tests.lab.snmpd import COMMUNITY, Snmpd
from tests.scanner.probes.network.health_walks import ASSET
from tests.scanner.transports.snmp_bench import visit

SYSTEM = "1.3.6.1.2.1.1.3.0|67|8640000\n1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.1\n"
SENSOR = "1.3.6.1.2.1.99.1.1.1"
NAME = "1.3.6.1.2.1.47.1.1.1.1.7"


def of(rows: str) -> DeviceHealth:
    return health(read(SYSTEM + rows))


def sensor(kind: int, scale: int, precision: int, value: int, status: int = 1) -> str:
    cells = enumerate((kind, scale, precision, value, status), 1)
    return f"{NAME}.7|4|probe\n" + "".join(f"{SENSOR}.{column}.7|2|{cell}\n" for column, cell in cells)


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        ((8, 9, 0, 25), 25.0),
        ((8, 9, 1, 253), 25.3),
        ((8, 8, 0, 25_300), 25.3),  # thousandths
        ((6, 10, 0, 2), 2000.0),  # kilo
        ((5, 7, 2, 1_234_500), 0.012345),  # hundredths of a microampere
        ((8, 9, 0, -40), -40.0),
        ((10, 9, -2, 4200), 4200.0),  # two of its digits are meant: no scale
        ((8, 9, 0, 1_000_000_000), None),  # overflow
        ((8, 9, 0, -1_000_000_000), None),
        ((8, 18, 0, 25), None),  # no such scale
        ((8, 0, 0, 25), None),
        ((8, 9, 10, 25), None),  # no such precision
        ((8, 9, -9, 25), None),
        ((8, 9, 0, 25, 2), None),  # unavailable
        ((8, 9, 0, 25, 3), None),  # nonoperational
        ((8, 17, 0, 999_999_999), 9.99999999e32),
    ],
)
def test_scale_and_precision(cells: tuple[int, ...], value: float | None) -> None:
    (found,) = of(sensor(*cells)).sensors or ()
    assert found.name == "probe"
    assert found.value == (value if value is None else pytest.approx(value, rel=1e-5))
    assert found.state is State.UNKNOWN


HOSTILE = {
    "negative size": "1.3.6.1.2.1.25.2.3.1.2.1|6|1.3.6.1.2.1.25.2.1.4\n1.3.6.1.2.1.25.2.3.1.4.1|2|4096\n"
    "1.3.6.1.2.1.25.2.3.1.5.1|2|-5\n1.3.6.1.2.1.25.2.3.1.6.1|2|-7\n",
    "index jungle": f"{SENSOR}.4.1.2.3.4294967295|2|1\n{SENSOR}.1.1.2.3.4294967295|2|8\n{SENSOR}.4.0|2|x\n",
    "counters of 2^64": "1.3.6.1.2.1.2.2.1.2.1|4|eth\n1.3.6.1.2.1.2.2.1.14.1|70|18446744073709551616\n"
    "1.3.6.1.2.1.31.1.1.1.7.1|70|18446744073709551615\n1.3.6.1.2.1.2.2.1.5.1|2|-1\n",
    "no interface index": "1.3.6.1.2.1.2.2.1.2.1.2|4|eth\n",
    "load above all": "1.3.6.1.2.1.25.3.3.1.2.1|2|250\n1.3.6.1.4.1.2021.11.11.0|2|-3\n",
    "battery": "1.3.6.1.2.1.33.1.2.1.0|2|99\n1.3.6.1.2.1.33.1.2.4.0|2|900\n1.3.6.1.2.1.33.1.2.3.0|2|-1\n",
    "alarms": "1.3.6.1.2.1.33.1.2.1.0|2|2\n1.3.6.1.2.1.33.1.6.2.1.2.1|6|1.3.6.1.2.1.33.1.6.3.99999999999\n",
    "words": f"{SENSOR}.4.1|4x|1b5b324aff00\n{NAME}.1|4x|e280ae1b5b31\n",
}


@pytest.mark.parametrize("rows", HOSTILE.values(), ids=HOSTILE)
def test_hostile_values_are_unknown_never_a_figure(rows: str) -> None:
    found = of(rows)
    for volume in found.storage or ():
        assert (volume.size_bytes, volume.used_bytes) == (None, None)
    for one in found.interfaces or ():
        assert (one.in_errors, one.speed_bps, one.in_packets) == (None, None, 2**64 - 1)
    for battery in found.batteries or ():
        assert (battery.charge_percent, battery.minutes_left, battery.replace_needed in (None, False)) == (
            None,
            None,
            True,
        )
    assert found.processors is None
    assert all(one.name.isprintable() and one.value in (None, 1.0) for one in found.sensors or ())


def test_what_is_not_told_is_none_and_not_empty() -> None:
    assert of("") == DeviceHealth(uptime_seconds=86_400)


@pytest.mark.parametrize(
    ("base", "parts"),
    [
        ("1.3.6.1.2.1.2.2.1.14", {"interfaces"}),
        ("1.3.6.1.2.1.25.2.3.1.5", {"storage", "memory"}),
        ("1.3.6.1.2.1.99.1.1.1.4", {"sensors"}),
        ("1.3.6.1.2.1.47.1.1.1.1.7", {"sensors"}),
        ("1.3.6.1.4.1.6574.3.1.1.3", {"arrays"}),
        ("1.3.6.1.2.1.1.3.0", {"sensors", "batteries", "memory", "processors", "storage"}),
    ],
)
def test_a_table_that_was_not_read_to_its_end_is_a_gap_of_its_part(base: str, parts: set[str]) -> None:
    found = of(f"#gap|{base}|timed out|no answer\n")
    assert {gap.part for gap in found.gaps} == parts
    assert found.gaps[0].why == f"{base} was not read to its end: no answer"


def test_many_gaps_of_a_part_are_one_sentence() -> None:
    rows = "".join(f"#gap|1.3.6.1.2.1.2.2.1.{column}|timed out|no answer\n" for column in (7, 8, 14))
    why = "1.3.6.1.2.1.2.2.1.7 was not read to its end: no answer (2 more columns neither)"
    assert of(rows).gaps == (Gap("interfaces", why),)


def test_two_rounds_and_nothing_without_an_answer() -> None:
    first = HEALTH.query(ASSET, [])
    assert isinstance(first, SnmpPoll)
    second = HEALTH.query(ASSET, [Answer("health", (SYSTEM + sensor(8, 9, 0, 25)).encode())])
    assert isinstance(second, SnmpPoll)
    bases = [walk.base for walk in second.walks]
    assert len(bases) == len(set(bases))
    assert {"1.3.6.1.2.1.2.2.1.14", f"{SENSOR}.2", NAME} <= set(bases)
    assert not any(base.startswith("1.3.6.1.4.1.9.") for base in bases)  # no Cisco
    with pytest.raises(Unreadable, match="answered nothing"):
        HEALTH.parse(ASSET, [Answer("health", b"")])
    assert HEALTH in SNMP


def test_the_first_round_alone_leaves_a_gap_in_every_part() -> None:
    found = HEALTH.parse(ASSET, [Answer("health", SYSTEM.encode())])
    assert {gap.part for gap in found.gaps} == {
        "sensors",
        "storage",
        "arrays",
        "batteries",
        "memory",
        "processors",
        "interfaces",
    }


def test_names_are_told_apart() -> None:
    taken: set[str] = set()
    assert [unique("fan", index, taken) for index in ("1", "2", "2")] == ["fan", "fan (2)", "fan (2, 2)"]


def test_every_table_of_a_vendor_names_its_source() -> None:
    assert len(shipped()) > 50
    assert all(look.source and look.columns() for look in shipped())
    assert len({look.name + look.base for look in shipped()}) == len(shipped())


def test_a_bad_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "foo.yaml").write_text(
        "vendor: Foo\nobject: 9\ntables: [{name: t, source: s, base: 1.3.6, called: 2}]\n"
    )
    with pytest.raises(BadRule, match=r"foo\.yaml: t: .*a sensor has either a kind or kinds"):
        load(tmp_path)


def test_a_vendors_table() -> None:
    """CISCO-ENVMON-MIB, a fan that failed and one that is not there."""
    rows = SYSTEM.replace("99999.1", "9.1.1208")
    base = "1.3.6.1.4.1.9.9.13.1.4.1"
    rows += f"{base}.2.1|4|Fan 1\n{base}.2.2|4|Fan 2\n{base}.3.1|2|6\n{base}.3.2|2|5\n"
    found = health(read(rows)).sensors or ()
    assert [(one.kind, one.name, one.state, one.raw) for one in found] == [
        (Kind.FAN, "Fan 1", State.CRITICAL, "notFunctioning(6)"),
        (Kind.FAN, "Fan 2", State.ABSENT, "notPresent(5)"),
    ]


def test_a_real_agent(lab_snmpd: Snmpd) -> None:
    login = Login(community=COMMUNITY)
    first = HEALTH.query(ASSET, [])
    assert first is not None
    one = visit(lab_snmpd.port, login, first).answers[0]
    second = HEALTH.query(ASSET, [one])
    assert second is not None
    found = HEALTH.parse(ASSET, [one, visit(lab_snmpd.port, login, second).answers[0]])
    assert found.gaps == ()
    loopback = next(one for one in found.interfaces or () if one.name == "lo")
    assert (loopback.type, loopback.oper, loopback.in_errors) == (24, "up", 0)
    assert loopback.in_packets is not None
    (memory,) = found.memory or ()
    assert 0 < (memory.used_bytes or 0) < (memory.size_bytes or 0)
    assert any(volume.size_bytes and volume.used_bytes is not None for volume in found.storage or ()), found.storage
    # net-snmp gives no load before it has run for a minute: then there is none, and no gap either
    assert all(0 <= (one.load_percent or 0) <= 100 for one in found.processors or ())
