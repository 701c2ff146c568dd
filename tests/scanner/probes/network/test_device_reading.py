"""How sources are weighed: conflicts, stacks, placeholders, unknown devices; and that hostile agents can do nothing."""

import time

import pytest

from inventory.facts.device import Conflict, Device, VersionKind
from scanner.probes.network import polling
from scanner.probes.network.grammar import agree, clean, model, serial, version
from scanner.probes.network.identify import explain, identify, unknown_device, uptime
from scanner.probes.network.matching import candidates
from scanner.probes.network.rules import shipped
from scanner.probes.network.varbinds import OCTETS, VarBind, VarBinds, read
from tests.scanner.probes.network.answers import agent, entity, ticks

UNKNOWN = "99999.1.2"  # an enterprise number that no family names


@pytest.mark.parametrize(
    ("description", "wanted"),
    [
        ("Foo Switch, Software Version 3.2.1, Hardware Version 7.0", "3.2.1"),
        ("Foo HW: 2.0 FW: 1.4.7 Bootloader 9.9.9", "1.4.7"),
        ("Foo router firmware revision V200R003C01", "V200R003C01"),
        ("Foo, v4.5.6", "4.5.6"),
        ("BDCOM Software, Version 74104", "74104"),
        ("Linux box 4.4.302 #1 SMP Fri Oct 20 20:32:50 UTC 2017 x86_64", None),
        ("Foo, 1.2.3, Linux 3.6.5", "1.2.3"),
        ("Foo 2023-01-02 12:30:11", None),
        ("Foo Version 1.2 of module Version 2.4", None),  # two that are marked alike
        ("Foo Firmware v92329ce", None),  # a hash
        ("Foo 192.0.2.1/24", None),
        ("FreeBSD RELEASE #0", None),
        ("switch of the second floor", None),
        ("", None),
    ],
)
def test_versions_in_plain_words(description: str, wanted: str | None) -> None:
    assert version(description) == wanted


def test_models_and_serial_numbers_in_plain_words() -> None:
    assert model("Product: Mediant 1000; SW Version: 6.60A") == "Mediant 1000; SW Version: 6.60A".partition(";")[0]
    assert model("EDS-G508E-T") == "EDS-G508E-T"
    assert model("switch of the second floor, ask Mary") is None
    assert serial("TS 324 (SN: 0302000017017 - 11 03)") == "0302000017017"
    assert serial("S/N: unset") is None


@pytest.mark.parametrize(
    "text", ["", "N/A", "n/a", "none", "0000000000", "FFFFFFFFFFFF", "To be filled by O.E.M.", " - ", "\x00\x01"]
)
def test_a_placeholder_is_no_value(text: str) -> None:
    assert clean(text) is None


def test_what_agrees() -> None:
    assert agree("v6.4.0", "AOS v6.4.0 / App v6.4.0")
    assert agree("15.2(7)E3", "15.2(7)E3")
    assert not agree("15.2(7)E3", "15.2(7)E30")
    assert not agree("1.2", "1.2.3")
    assert not agree("", "1.2")


def test_an_unknown_device_gives_everything_generic_and_says_that_it_is_unknown() -> None:
    answered = entity(agent(UNKNOWN, "Foo 3000, Software Version 2.1.7"), 1, 3, model="F3000", serial="F3-1")
    device = identify(answered)
    assert (device.rule, device.model, device.version, device.serial) == (None, "F3000", "2.1.7", "F3-1")
    told = unknown_device(device)
    assert told is not None
    assert "1.3.6.1.4.1.99999.1.2" in told
    assert "Foo 3000" in told
    assert "docs/network-devices.md" in told


def test_a_known_device_is_not_called_unknown() -> None:
    assert unknown_device(identify(agent("14988.1", "RouterOS RB750"))) is None


def test_two_sources_that_disagree_are_a_conflict_and_the_version_is_unknown() -> None:
    answered = entity(agent(UNKNOWN, "Foo 3000, Software Version 2.1.7"), 1, 3, model="F", software="3.0.0", serial="S")
    device = identify(answered)
    assert device.version is None
    (conflict,) = device.conflicts
    assert (conflict.field, conflict.kept) == ("version", None)
    assert [source.raw for source in conflict.said] == ["3.0.0", "Foo 3000, Software Version 2.1.7"]


def test_a_vendors_own_scalar_holds_against_sysdescr_and_the_conflict_is_said() -> None:
    """A NetScaler that was upgraded and not restarted: seen with real ones."""
    device = identify(
        agent("5951.1", "NetScaler NS11.1: Build 51.26.nc", _5951_4_1_1_1_0="NetScaler NS12.0: Build 57.19.nc, Date")
    )
    assert device.version == "NS12.0 Build 57.19.nc"
    assert [(c.field, c.kept) for c in device.conflicts] == [("version", "NS12.0 Build 57.19.nc")]


def test_members_of_a_stack_and_line_cards_are_kept_apart() -> None:
    answered = agent(
        "9.1.2494", "Cisco IOS Software [Cupertino], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.9.4a, X"
    )
    answered = entity(answered, 1, 11, name="c93xx Stack")
    answered = entity(answered, 1000, 3, name="Switch 1", model="C9300-48P", serial="FOC1", software="17.09.04a")
    answered = entity(answered, 2000, 3, name="Switch 2", model="C9300-24P", serial="FOC2", software="17.09.04a")
    answered = entity(answered, 2101, 9, name="Uplink", model="C9300-NM-8X", serial="FOC3", hardware="V01")
    answered = entity(answered, 2102, 10, name="Te1/1", model="SFP-10G", serial="AVD1")
    device = identify(answered)
    assert (device.model, device.serial, device.version) == ("C9300-48P", "FOC1", "17.9.4a")
    assert device.parts is not None
    told = [(part.index, part.kind, part.name, part.model, part.serial) for part in device.parts]
    assert told == [
        (1000, "chassis", "Switch 1", "C9300-48P", "FOC1"),
        (2000, "chassis", "Switch 2", "C9300-24P", "FOC2"),
        (2101, "module", "Uplink", "C9300-NM-8X", "FOC3"),
    ]


def test_the_chassis_is_the_device_and_not_its_first_line_card() -> None:
    answered = entity(agent(UNKNOWN), 1, 9, model="CARD", serial="C1", software="1.0.1")
    answered = entity(answered, 9, 3, model="BOX", serial="B1", software="2.0.1")
    device = identify(answered)
    assert (device.model, device.serial, device.version) == ("BOX", "B1", "2.0.1")


def test_modules_with_different_software_leave_the_devices_version_unknown() -> None:
    answered = entity(agent(UNKNOWN), 1, 3, model="BOX", serial="B1")
    answered = entity(answered, 2, 9, model="CARD", software="1.0.1")
    assert identify(answered).version == "1.0.1"
    assert identify(entity(answered, 3, 9, model="CARD", software="1.0.2")).version is None


def test_a_protocol_stacks_default_is_not_the_devices_version() -> None:
    assert identify(entity(agent(UNKNOWN), 1, 3, model="BOX", serial="B", software="6.2.0")).version is None


def test_uptime_in_seconds_and_a_wrapped_counter() -> None:
    answered = ticks(agent(UNKNOWN), "1.3.6.1.2.1.1.3.0", 12_345)
    assert uptime(answered) == 123
    assert uptime(ticks(answered, "1.3.6.1.6.3.10.2.1.3.0", 50_000_000)) == 50_000_000
    assert uptime(agent(UNKNOWN)) is None


def test_evidence_names_where_each_field_was_read() -> None:
    device = identify(agent("14988.1", "RouterOS RB750", _14988_1_1_4_4_0="7.1.1"))
    told = {source.field: (source.oid, source.raw) for source in device.evidence}
    assert told["version"] == ("1.3.6.1.4.1.14988.1.1.4.4.0", "7.1.1")
    assert told["model"] == ("1.3.6.1.2.1.1.1.0", "RouterOS RB750")


def test_an_explanation_names_the_rule_that_matched_and_why_the_others_did_not() -> None:
    told = explain(agent("14988.1", "RouterOS RB750", _14988_1_1_4_4_0="7.1.1"))
    assert "mikrotik-routeros: matched" in told.rules
    assert len(told.rules) == len(shipped().rules)
    (swos,) = [line for line in told.rules if line.startswith("mikrotik-swos:")]
    assert "sysObjectID 1.3.6.1.4.1.14988.1 is not below 1.3.6.1.4.1.14988.2" in swos
    (asa,) = [line for line in told.rules if line.startswith("cisco-asa:")]
    assert ": no: " in asa
    assert any(line.startswith("version: '7.1.1' at 1.3.6.1.4.1.14988.1.1.4.4.0") for line in told.fields)


def test_nothing_answered_is_a_device_of_which_nothing_is_known() -> None:
    assert identify(VarBinds()) == Device()


def test_without_a_sysobjectid_a_rule_must_know_the_device_by_something_else() -> None:
    assert identify(agent("", "Cisco PIX Security Appliance Version 7.2(4)")).rule == "cisco-pix"
    assert identify(agent("", "Fibre Channel Switch.")).rule is None


HOSTILE = [
    "A" * 60_000,
    "1." * 30_000,
    "Version " * 8_000,
    "v1" + ".1" * 30_000,
    "Version 1" + "(" * 30_000,
    "agent-" * 10_000,
    "Linux " * 10_000,
    "; AXIS " * 8_000,
    "\x00\xff\x1b[2J" * 10_000,
    "SN:" * 20_000,
    "a " * 30_000,
    "Cisco IOS Software, Version " * 2_000,
    "(" * 60_000,
    "V200R" * 12_000,
]


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_text_is_bounded_in_time_and_size(number: int, every: int) -> None:
    """A rule's patterns see it as sysDescr and as the value they read; each rule a third of the texts, or all."""
    table, text = shipped(), HOSTILE[number]
    started = time.process_time()
    for rule in table.rules[number % every :: every]:
        rows = {oid: VarBind(oid, OCTETS, text.encode("utf-8", "replace")) for oid in rule.scalars("1.3.6.1.4.1.1")}
        rows["1.3.6.1.2.1.1.1.0"] = VarBind("1.3.6.1.2.1.1.1.0", OCTETS, text.encode())
        device = identify(VarBinds(rows), table.model_copy(update={"rules": (rule,)}))
        for value in (device.version, device.model, device.serial, device.hostname, device.description):
            assert value is None or (len(value) <= 512 and value.isprintable())
    assert time.process_time() - started < 20


def test_a_flood_of_entities_is_bounded() -> None:
    base = "1.3.6.1.2.1.47.1.1.1.1"
    rows = "".join(f"{base}.5.{n}|2|3\n{base}.11.{n}|4|S{n}\n" for n in range(1, 20_000))
    device = identify(read(rows))
    assert device.parts is not None
    assert len(device.parts) == 200


def test_strange_indices_and_types_do_no_harm() -> None:
    base = "1.3.6.1.2.1.47.1.1.1.1"
    device = identify(
        read(f"{base}.5.1.2|2|3\n{base}.5|2|3\n{base}.5.7|4|chassis\n{base}.11.7|2|12345678\n1.3.6.1.2.1.1.2.0|4|x\n")
    )
    assert (device.serial, device.object_id) == ("12345678", None)


@pytest.mark.parametrize("device", ["14988.1", "14988.10", "14988", "1498", "14988.1.7", "9.1.1208", "91.1.1208", "9"])
def test_a_rule_is_asked_only_of_what_stands_below_an_object_that_it_names(device: str) -> None:
    oid = f"1.3.6.1.4.1.{device}"
    for rule in candidates(agent(device, "RouterOS RB750"), shipped()):
        bases = rule.when.object
        assert not bases or any(oid == base or oid.startswith(f"{base}.") for base in bases), rule.name
    explained = explain(agent(device, "RouterOS RB750"))
    assert identify(agent(device, "RouterOS RB750")).rule in {None, *_matched(explained.rules)}


def _matched(rules: tuple[str, ...]) -> set[str]:
    return {line.removesuffix(": matched") for line in rules if line.endswith(": matched")}


def test_a_poll_asks_few_of_a_known_family_and_only_once() -> None:
    first = agent("14988.1", "RouterOS RB750")
    second = polling.second(first)
    assert "1.3.6.1.4.1.14988.1.1.4.4.0" in second
    assert not any(oid.startswith("1.3.6.1.4.1.318.") for oid in second)
    assert len(second) == len(set(second)) < 40
    bases = [walk.base for walk in polling.walks(first)]
    assert len(bases) == len(set(bases)) == 8


def test_a_poll_of_an_agent_that_many_vendors_share_stays_bounded() -> None:
    first = agent("8072.3.2.10", "Linux box 5.4.0 #1 SMP x86_64")
    assert len(polling.second(first)) < 200
    assert len(polling.walks(first)) < 20


def test_facts_say_what_they_hold() -> None:
    assert Device().version_kind is VersionKind.SOFTWARE
    assert Conflict("version", ()).kept is None
