"""The family table itself: every rule has its source and can be reached; a bad line is an error with file and place."""

from pathlib import Path

import pytest

from scanner.probes.network.matching import best
from scanner.probes.network.rules import FIELDS, BadRule, load, shipped
from tests.scanner.probes.network.answers import agent

GOOD = """
vendor: Foo
enterprises: [99999]
rules:
  - name: foo-box
    os: FooOS
    source: 'FOO-MIB fooVersion'
    when: {object: 99999.1.2}
    version: {oid: 1.3.6.1.4.1.99999.1.3.0, take: '^v(.+)$'}
"""


def table_of(folder: Path, text: str) -> None:
    (folder / "foo.yaml").write_text(text)
    load(folder)


def test_every_rule_says_where_it_comes_from_and_who_made_the_device() -> None:
    unnamed = {"linux-net-snmp", "linux-net-snmp-arm", "linux-embedded", "docsis-modem", "fcmgmt-storage"}
    for rule in shipped().rules:
        assert len(rule.source) >= 10, rule.name
        assert rule.vendor or rule.name in unnamed, rule.name
        assert rule.when.object or rule.when.descr or rule.when.answers or rule.when.says, rule.name


def test_every_rule_reads_something_or_says_why_not() -> None:
    """A rule without any reading names the maker and the system, and nothing of it is guessed away."""
    for rule in shipped().rules:
        assert rule.os or any(rule.readings(field) is not None for field in FIELDS) or "sysDescr" in rule.source, (
            rule.name
        )


def test_enterprise_numbers_name_vendors() -> None:
    vendors = shipped().vendors
    assert (vendors[9], vendors[318], vendors[2636], vendors[12356]) == ("Cisco", "APC", "Juniper", "Fortinet")


def test_a_family_of_ones_own_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "foo.yaml").write_text(GOOD)
    table = load(tmp_path)
    rule = best(agent("99999.1.2.5"), table)
    assert rule is not None
    assert (rule.name, rule.vendor, table.vendors) == ("foo-box", "Foo", {99999: "Foo"})
    assert best(agent("99999.1.20"), table) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            ("take: '^v(.+)$'", "take: '(['"),
            "foo.yaml: rules.0.version.0.take: Value error, '([' is no regular expression",
        ),
        (("oid: 1.3.6", "oid: .1.3.6"), "'.1.3.6.1.4.1.99999.1.3.0' is no OID"),
        (("os: FooOS", "oss: FooOS"), "foo.yaml: rules.0.oss: Extra inputs are not permitted"),
        (("    source: 'FOO-MIB fooVersion'\n", ""), "foo.yaml: rules.0.source: Field required"),
        (("object: 99999.1.2", "object: 99999.1"), "99999.1 was read as a number with a fraction: put it in quotes"),
        (("take:", "descr: x, take:"), "name exactly one of descr, oid"),
        (("rules:", "rules: ["), "foo.yaml is no YAML"),
    ],
)
def test_a_bad_line_is_told_with_file_and_place(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    with pytest.raises(BadRule) as fault:
        table_of(tmp_path, GOOD.replace(*change))
    assert told in str(fault.value)


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(GOOD)
    with pytest.raises(BadRule, match=r"b\.yaml: there are two rules called foo-box"):
        load(tmp_path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "foo.yaml").write_text("#" * 600_000)
    with pytest.raises(BadRule, match="larger than"):
        load(tmp_path)


def test_further_vendors_stand_in_a_list(tmp_path: Path) -> None:
    (tmp_path / "enterprises.yaml").write_text("99999: Bar\n99998: Baz\n")
    (tmp_path / "foo.yaml").write_text(GOOD)
    assert load(tmp_path).vendors == {99999: "Foo", 99998: "Baz"}
    (tmp_path / "enterprises.yaml").write_text("- Bar\n")
    with pytest.raises(BadRule, match="NUMBER: NAME"):
        load(tmp_path)
