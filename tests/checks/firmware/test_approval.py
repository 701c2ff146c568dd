"""What runs against what was approved: every way in which it may end."""

from dataclasses import replace
from datetime import date

import pytest

from checks.finding import Outcome, Ruling
from checks.firmware.approval import Running, concerning, judged
from checks.firmware.schemes import scheme_of
from inventory.facts import Reason
from inventory.policy import ApprovedFirmware, Policy

TODAY = date(2026, 3, 2)
NAMED = ApprovedFirmware("C9300*", ("17.9.5", "17.12.4"), "A. Keeper", date(2026, 1, 1), reference="CHG-1")
LEAST = ApprovedFirmware("C9300*", (), "B. Keeper", date(2026, 1, 1), minimum="17.9.5")


def running(version: str, vendor: str = "Cisco", os: str = "IOS-XE", model: str = "C9300-48P") -> Running:
    return Running(vendor, model, os, version, scheme_of(vendor, os))


def held(thing: Running, *blocks: ApprovedFirmware) -> Ruling:
    return judged(concerning(Policy(blocks), thing), thing, TODAY)


@pytest.mark.parametrize(
    ("version", "blocks", "outcome"),
    [
        ("17.9.5", [NAMED], Outcome.PASS),
        ("17.09.05", [NAMED], Outcome.PASS),  # the same, as IOS XE writes it elsewhere
        ("17.9.4", [NAMED], Outcome.FAIL),
        ("17.15.1", [NAMED], Outcome.FAIL),  # newer, and nobody approved it
        ("17.15.1", [LEAST], Outcome.PASS),
        ("17.9.5", [LEAST], Outcome.PASS),
        ("17.9.4a", [LEAST], Outcome.FAIL),
        ("17.15.1", [NAMED, LEAST], Outcome.PASS),
        ("03.07.05E", [LEAST], Outcome.FAIL),  # another train than the minimum's
        ("17.17.20240828", [LEAST], Outcome.NOT_ASSESSED),
        ("17.17.20240828", [NAMED], Outcome.FAIL),
        ("17.17.20240828", [replace(NAMED, versions=("17.17.20240828",))], Outcome.PASS),  # letter by letter
        ("17.9.5", [replace(NAMED, valid_until=date(2026, 3, 1))], Outcome.FAIL),
        ("17.9.5", [replace(NAMED, valid_until=TODAY)], Outcome.PASS),
        ("17.9.5", [replace(NAMED, approved_on=date(2026, 3, 3))], Outcome.FAIL),
        ("17.9.5", [replace(NAMED, approved_on=TODAY)], Outcome.PASS),
        ("17.9.5", [replace(NAMED, valid_until=date(2026, 3, 1)), LEAST], Outcome.PASS),
        ("17.9.5", [replace(NAMED, model="C9200*")], Outcome.NOT_ASSESSED),
        ("17.9.5", [], Outcome.NOT_ASSESSED),
    ],
)
def test_every_way_it_may_end(version: str, blocks: list[ApprovedFirmware], outcome: Outcome) -> None:
    assert held(running(version), *blocks).outcome is outcome


def test_the_sentences() -> None:
    told = "runs 17.9.4; approved: 17.9.5, 17.12.4, by A. Keeper on 2026-01-01 (CHG-1); "
    assert held(running("17.9.4"), NAMED, LEAST).observed == (
        told + "approved: 17.9.5 or newer in its train, by B. Keeper on 2026-01-01"
    )
    both = replace(NAMED, minimum="17.15.1")
    assert held(running("17.9.4"), both).observed.startswith(
        "runs 17.9.4; approved: 17.9.5, 17.12.4 or 17.15.1 or newer"
    )
    later = replace(NAMED, approved_on=date(2026, 3, 3))
    assert held(running("17.9.5"), later).observed.endswith("CHG-1) has not begun")
    assert replace(running("1"), day="2020-01-01").__str__() == "1 of 2020-01-01"


@pytest.mark.parametrize(
    ("thing", "minimum", "why"),
    [
        (running("4.2", os="Unheard OS"), "4.1", "how versions of Unheard OS are ordered is not known"),
        (running("17.9.5"), "seventeen", "the approved minimum seventeen is not written as Cisco IOS versions are"),
        (
            running("20.4R3-S2", "Juniper", "Junos"),
            "20.4R3-S2.6",
            "whether that is the minimum is not known: only one of 20.4R3-S2 and 20.4R3-S2.6 tells its build",
        ),
    ],
)
def test_what_cannot_be_told_is_not_assessed(thing: Running, minimum: str, why: str) -> None:
    ruling = held(thing, replace(LEAST, minimum=minimum))
    assert (ruling.outcome, ruling.reason) == (Outcome.NOT_ASSESSED, Reason.NO_BASELINE)
    assert why in ruling.observed


def test_without_an_order_only_the_same_text_is_approved() -> None:
    odd = running("4.2", os="Unheard OS")
    assert held(odd, replace(NAMED, versions=("4.2 ",))).outcome is Outcome.PASS
    assert held(odd, replace(NAMED, versions=("v4.2",))).outcome is Outcome.FAIL
    assert held(odd, replace(LEAST, minimum="4.2")).outcome is Outcome.PASS


def test_a_longer_way_to_write_it_counts() -> None:
    thing = replace(running("P89", "HP", "bios", "ProLiant"), alias="P89 (2019-10-21)")
    block = ApprovedFirmware("ProLiant", ("p89 (2019-10-21)",), "A", date(2026, 1, 1), os="bios")
    assert held(thing, block).outcome is Outcome.PASS
    assert held(replace(thing, alias="P89 (2016-01-01)"), block).outcome is Outcome.FAIL


def test_a_part_of_a_server_is_named_by_a_pattern() -> None:
    block = replace(LEAST, model="*", os="iLO*", minimum="2.72")
    assert block.concerns("HPE", "ProLiant DL380 Gen10", "iLO 5")
    assert not block.concerns("HPE", "ProLiant DL380 Gen10", "System ROM")
