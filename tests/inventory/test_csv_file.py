"""Tables of hosts: recognised headings, hostile files, and the one file an import owns."""

from pathlib import Path

import pytest

from inventory.sources.changes import FieldChange, HostChange
from inventory.sources.csv_file import Row, Table, read_csv
from inventory.sources.errors import InventoryError
from inventory.sources.imported import MARK, Plan, plan_csv, write
from inventory.sources.yaml_file import YamlFile

BASE = """\
estatecheck:
  sites: {hq: {exposure: internal}, dmz: }
  credentials: {scan: {agent: true}}
all:
  hosts:
    old1: {ansible_host: 192.0.2.1, estatecheck: {site: hq}}
    old2: {ansible_host: 192.0.2.2}
"""


def table(text: str, **columns: str) -> Table:
    return read_csv("h.csv", text.encode(), columns)


def faults(data: bytes | str, encoding: str = "utf-8", **columns: str) -> list[str]:
    with pytest.raises(InventoryError) as caught:
        read_csv("h.csv", data.encode() if isinstance(data, str) else data, columns, encoding)
    return [str(fault) for fault in caught.value.faults]


def test_a_row_becomes_variables() -> None:
    text = (
        "Hostname,IP Address,SSH Port,Location,Criticality,Roles,Fragile,Groups,Certificates,Endpoints,Notes\r\n"
        'web1,192.0.2.1,2222,hq,3,"web, mail",yes,"a;b","/etc/a b.pem;/etc/c.pem","https://a.example/?a=1,2; ssh://",'
        "=1+1\r\n"
    )
    made = table(text)
    variables = {
        "ansible_host": "192.0.2.1",
        "ansible_port": 2222,
        "estatecheck": {
            "site": "hq",
            "criticality": 3,
            "roles": ["web", "mail"],
            "fragile": True,
            "certificates": ["/etc/a b.pem", "/etc/c.pem"],
            "endpoints": ["https://a.example/?a=1,2", "ssh://"],
        },
    }
    (row,) = made.rows
    assert (row.name, row.line, row.variables, row.groups) == ("web1", 2, variables, ("a", "b"))
    assert made.ignored == ("Notes",)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        pytest.param(b"\xef\xbb\xbfhost;owner\na;\xc3\x89ve\n", "utf-8", id="UTF-8 with a mark, semicolons"),
        pytest.param("host\towner\na\tÉve\n".encode("utf-16"), "utf-16", id="UTF-16, tabs"),
        pytest.param(b"host,owner\r\n\r\na,\xc9ve\r\n", "cp1252", id="Windows, a blank line"),
        pytest.param(b'host,owner\na,"\xc3\x89ve"', "utf-8", id="quoted, no last newline"),
    ],
)
def test_what_spreadsheets_write(data: bytes, encoding: str) -> None:
    (row,) = read_csv("h.csv", data, {}, encoding).rows
    assert (row.name, row.cells["owner"]) == ("a", "Éve")


def test_columns_can_be_named() -> None:
    made = table("Rechner,Ort,IP,Name\na,hq,192.0.2.1,x\n", Rechner="name", Ort="site", IP="-")
    assert made.rows == (Row("a", 2, {"name": "a", "site": "hq"}, {"estatecheck": {"site": "hq"}}, ()),)
    assert made.ignored == ("IP", "Name")


BROKEN: dict[str, tuple[str | bytes, list[str]]] = {
    "empty": ("", ["h.csv: the file is empty"]),
    "blank": ("\n\n", ["h.csv: the file is empty"]),
    "NUL": ("host\na\0b\n", ["h.csv:2: a NUL character is not allowed; is this a CSV file?"]),
    "not utf-8": (
        b"host\na\n\xc9\n",
        ["h.csv:3: this is not utf-8; save it as UTF-8, or name its --encoding: utf-8, utf-16, cp1252, iso-8859-15"],
    ),
    "open quote": ('host\nok\n"a\nb\n', ["h.csv:3: this is not valid CSV: unexpected end of data"]),
    "no name": ("ip\n192.0.2.1\n", ["h.csv:1: no column holds the host's name; say which with --map COLUMN=name"]),
    "two headings": ("host,host\n", ["h.csv:1: host: two columns have this heading"]),
    "ragged": (
        "host,site\na\nb,c,d\n",
        ["h.csv:2: has 1 cells, the heading has 2", "h.csv:3: has 3 cells, the heading has 2"],
    ),
    "double": ("host\na\nb\na\n", ["h.csv:4: host: 'a' is already at line 2; keep one of the two"]),
    "nameless": ("host,ip\n,192.0.2.1\n", ["h.csv:2: host: the host has no name"]),
    "line after a cell of several lines": (
        'host,owner,Priority\na,"x\ny",1\nb,z,9\n',
        ["h.csv:4: Priority: 9 is not allowed here; allowed: 1 (low) to 4 (vital)"],
    ),
    "all at once": (
        "host,ip,port,exposure\na b,192.0.2.300,x,dmz\n",
        [
            "h.csv:2: exposure: 'dmz' is not allowed here; allowed: internet, third-party, internal or isolated",
            "h.csv:2: host: 'a b' cannot be the name of a host; allowed: letters, digits and . _ - @ : %, at most 253 characters",  # noqa: E501 (exact)
            "h.csv:2: ip: '192.0.2.300' is not an address; allowed: an IPv4 or IPv6 address, or a host name",
            "h.csv:2: port: 'x' is not allowed here; allowed: a port, 1 to 65535",
        ],
    ),
    "terminal escape": ("host,owner\na,\x1b[31m\n", ["h.csv:2: owner: must not contain control characters"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_tables(case: str) -> None:
    data, expected = BROKEN[case]
    assert faults(data) == expected


def test_two_columns_for_one_field() -> None:
    told = faults("host,server,site\na,b,c\n")
    assert told == ["h.csv:1: the columns 'host' and 'server' both look like name; say which with --map COLUMN=name"]
    assert table("host,server\na,b\n", server="name").rows[0].name == "b"


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"hots": "name"}, "h.csv:1: there is no column 'hots'; did you mean 'host'? there is host"),
        ({"host": "nam"}, "h.csv:1: host: 'nam' is no field; did you mean 'name'? allowed: name, address, port,"),
    ],
)
def test_a_wrong_map(columns: dict[str, str], sentence: str) -> None:
    assert faults("host\na\n", **columns)[0].startswith(sentence)


def test_an_unknown_encoding() -> None:
    expected = "h.csv: the encoding 'zip' is not known here; allowed: utf-8, utf-16, cp1252, iso-8859-15"
    assert faults("host\na\n", encoding="zip") == [expected]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "inventory"
    made.mkdir()
    (made / "estate.yaml").write_text(BASE)
    return made


def planned(directory: Path, text: str) -> Plan:
    source = directory.parent / "h.csv"
    source.write_text(text)
    return plan_csv(directory, source, "h", {}, "utf-8")


def test_the_difference_is_shown_before_anything_is_written(directory: Path) -> None:
    plan = planned(directory, "host,ip,site\nold1,192.0.2.9,dmz\nnew1,192.0.2.3,hq\n")
    assert plan.changes.added == ("new1",)
    assert plan.changes.only_here == ("old2",)
    (change,) = plan.changes.changed
    assert change == HostChange(
        "old1",
        (
            FieldChange("address", "192.0.2.1", "192.0.2.9"),
            FieldChange("site", "hq", "dmz"),
            FieldChange("exposure", "internal", "not set"),
        ),
    )
    assert [p.name for p in directory.iterdir()] == ["estate.yaml"]


def test_writing_leaves_every_other_file_as_it_is(directory: Path) -> None:
    write(planned(directory, "host,ip,site,groups\nnew1,192.0.2.3,hq,web\n"))
    assert (directory / "estate.yaml").read_text() == BASE
    assert sorted(p.name for p in directory.iterdir()) == ["estate.yaml", "imported-h.yaml"]
    made = {asset.name: asset for asset in YamlFile(directory).estate().assets}
    assert (made["new1"].site, made["new1"].groups) == ("hq", ("all", "web"))
    assert made["old1"].connection.address == "192.0.2.1"


def test_a_second_import_adds_and_never_removes(directory: Path) -> None:
    write(planned(directory, "host,ip,owner,groups\na,192.0.2.3,Eve,web\nb,192.0.2.4,Bob,web\n"))
    plan = planned(directory, "host,ip,owner,groups\na,192.0.2.5,,db\nc,192.0.2.6,,\n")
    assert plan.changes.only_here == ("b", "old1", "old2")
    write(plan)
    made = {asset.name: asset for asset in YamlFile(directory).estate().assets}
    assert set(made) == {"old1", "old2", "a", "b", "c"}
    assert (made["a"].connection.address, made["a"].owner, made["a"].groups) == ("192.0.2.5", "Eve", ("all", "db"))
    assert (made["b"].owner, made["b"].groups) == ("Bob", ("all", "web"))


def test_the_same_table_again_changes_nothing(directory: Path) -> None:
    text = "host,ip,criticality,ports\na,192.0.2.3,2,tcp/22\n"
    write(planned(directory, text))
    again = planned(directory, text)
    assert not again.differs
    assert again.changes.unchanged == ("a",)


def test_names_that_yaml_reads_as_something_else_survive(directory: Path) -> None:
    write(planned(directory, "host,ip,owner\nno,192.0.2.3,yes\n0x10,192.0.2.4,2026-01-01\nnull,192.0.2.5,1e3\n"))
    made = {asset.name: asset.owner for asset in YamlFile(directory).estate().assets}
    assert (made["no"], made["0x10"], made["null"]) == ("yes", "2026-01-01", "1e3")


def test_what_a_row_names_must_exist(directory: Path) -> None:
    text = "host,ip,site,credential,bastion\na,192.0.2.3,hk,hunter2,gate\nb,192.0.2.4,hq,scan,a\nc@d,,,,\n"
    with pytest.raises(InventoryError) as caught:
        planned(directory, text)
    source = directory.parent / "h.csv"
    assert [str(fault) for fault in caught.value.faults] == [
        f"{source}:2: bastion: 'gate' is no host; there is a, b, c@d, old1, old2",
        f"{source}:2: credential: this is no credential; there is scan",
        f"{source}:2: site: 'hk' is no site; there is dmz, hq",
        f"{source}:4: host: 'c@d' is not an address; allowed: an IPv4 or IPv6 address, or a host name; "
        "give the host an address",
    ]


def test_a_file_that_is_not_ours_is_not_overwritten(directory: Path) -> None:
    (directory / "imported-h.yaml").write_text("all: {hosts: {x: }}\n")
    with pytest.raises(InventoryError, match="was not written by an import"):
        planned(directory, "host,ip\na,192.0.2.3\n")
    assert MARK not in (directory / "imported-h.yaml").read_text()


def test_an_inventory_that_is_a_file_is_refused(directory: Path) -> None:
    with pytest.raises(InventoryError, match="an import needs an inventory that is a directory"):
        plan_csv(directory / "estate.yaml", directory / "h.csv", "h", {}, "utf-8")


@pytest.mark.parametrize("name", ["", "../x", "a b", "é", "x" * 65])
def test_the_name_of_an_import(directory: Path, name: str) -> None:
    with pytest.raises(InventoryError, match="cannot name an import"):
        plan_csv(directory, directory / "h.csv", name, {}, "utf-8")


def test_a_table_that_is_not_there(directory: Path) -> None:
    with pytest.raises(InventoryError, match=r"h\.csv: cannot be read: No such file or directory"):
        plan_csv(directory, directory / "h.csv", "h", {}, "utf-8")


def test_a_directory_that_cannot_be_written_keeps_what_it_had(directory: Path) -> None:
    plan = planned(directory, "host,ip\na,192.0.2.3\n")
    (directory / "imported-h.yaml").mkdir()  # even root cannot rename a file onto a directory
    with pytest.raises(InventoryError, match="cannot be written: Is a directory"):
        write(plan)
    assert sorted(p.name for p in directory.iterdir()) == ["estate.yaml", "imported-h.yaml"]


def test_a_thousand_rows(directory: Path) -> None:
    rows = "".join(f"host{i},192.0.2.{i % 250},hq,{1 + i % 4},web;mail\n" for i in range(1000))
    plan = planned(directory, "host,ip,site,criticality,roles\n" + rows)
    assert len(plan.changes.added) == 1000
    write(plan)
    assert len(YamlFile(directory).estate().assets) == 1002
