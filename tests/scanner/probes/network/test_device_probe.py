"""The probe's two rounds, and that what they ask is enough: the polled rows say the same as the whole recorded walk."""

import pytest

from inventory.asset import Asset, Connection
from scanner.probes.network import SNMP, polling
from scanner.probes.network.device import DEVICE, joined
from scanner.probes.network.identify import identify
from scanner.probes.network.varbinds import VarBinds, read, write
from scanner.query import Answer, SnmpGet, SnmpPoll, Unreadable
from tests.scanner.probes.network.answers import agent
from tests.scanner.probes.network.walks import half, polled, recordings

SMALL = 40_000  # bytes: the walks that are read whole in an instant
ASSET = Asset("sw1", Connection("snmp", "192.0.2.1", 161))


def answered(rows: VarBinds) -> Answer:
    return Answer("device", write(rows))


def test_first_the_same_for_all_then_what_this_maker_needs() -> None:
    first = DEVICE.query(ASSET, [])
    assert isinstance(first, SnmpGet)
    assert first.oids == polling.FIRST
    answer = answered(agent("318.1.3.27", "APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.4.0 AF1:v6.4.6)"))
    second = DEVICE.query(ASSET, [answer])
    assert isinstance(second, SnmpPoll)
    assert second.get is not None
    assert "1.3.6.1.4.1.318.1.4.2.4.1.4.1" in second.get.oids
    assert "1.3.6.1.2.1.47.1.1.1.1.13" in [walk.base for walk in second.walks]
    assert DEVICE.query(ASSET, [answer, answer]) is None


def test_both_answers_together_are_the_device() -> None:
    first = agent("318.1.3.27", "APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.4.0 AF1:v6.4.6)")
    second = agent("", _318_1_1_1_1_1_1_0="Smart-UPS 1500")
    device = DEVICE.parse(ASSET, [answered(first), answered(second)])
    assert (device.model, device.version, device.boot_version) == (
        "Smart-UPS 1500",
        "AOS v6.4.0 / App v6.4.6",
        "v4.1.0",
    )
    assert len(joined([answered(first), answered(second)])) == 3


def test_an_agent_that_says_neither_what_it_is_nor_who_made_it_is_no_device() -> None:
    with pytest.raises(Unreadable, match="neither sysObjectID nor sysDescr"):
        DEVICE.parse(ASSET, [Answer("device", b"1.3.6.1.2.1.1.3.0|67|42\n")])


def test_half_a_table_is_not_looked_at_and_that_is_said() -> None:
    """Its class column missing, the first line card would pass for the device."""
    base = "1.3.6.1.2.1.47.1.1.1.1"
    rows = write(agent("99999.1", "Foo")) + f"{base}.13.1|4|CARD\n#gap|{base}.5|timed out|no answer\n".encode()
    device = DEVICE.parse(ASSET, [Answer("device", rows)])
    assert (device.model, device.parts, device.gaps) == (None, None, (f"{base}.5: timed out",))


def test_a_gap_elsewhere_leaves_the_entities_alone() -> None:
    base = "1.3.6.1.2.1.47.1.1.1.1"
    rows = write(agent("99999.1", "Foo")) + f"{base}.13.1|4|BOX\n#gap|1.3.6.1.3.94|timed out|\n".encode()
    device = DEVICE.parse(ASSET, [Answer("device", rows)])
    assert (device.model, device.gaps) == ("BOX", ("1.3.6.1.3.94: timed out",))


def test_the_probe_is_in_the_list() -> None:
    assert DEVICE in SNMP


@pytest.mark.data
@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.soak)])
def test_a_poll_sees_all_that_the_whole_walk_says(every: int) -> None:
    compared = 0
    for n, (name, text) in enumerate(recordings()):
        if len(text) < SMALL and half(name) and n % every == 0:
            assert identify(polled(text)) == identify(read(text)), name
            compared += 1
    assert compared > 200 // every
