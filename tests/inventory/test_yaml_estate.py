"""What a valid inventory becomes: connections, precedence, inheritance, caps, files put together."""

import dataclasses
import hashlib
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from inventory.asset import Asset, Become, Connection, Limits
from inventory.estate import Credential, Estate, Exposure, Intrusiveness, Scope
from inventory.sources.errors import InventoryError
from inventory.sources.yaml_file import Text, YamlFile, load


def estate(*texts: str) -> Estate:
    return load([Text(f"{i}.yaml", text.encode()) for i, text in enumerate(texts)])


def hosts(*texts: str) -> dict[str, Asset]:
    return {asset.name: asset for asset in estate(*texts).assets}


def only(text: str) -> Asset:
    (asset,) = estate(text).assets
    return asset


def test_a_bare_host_has_the_defaults() -> None:
    asset = only("all: {hosts: {web1.example: }}\n")
    assert asset == Asset("web1.example", Connection("ssh", "web1.example"), groups=("all", "ungrouped"), line=1)


WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "local": ("ansible_connection: local", {"way": "local"}),
    "local, full name": ("ansible_connection: ansible.builtin.local", {"way": "local"}),
    "smart": ("ansible_connection: smart", {"way": "ssh"}),
    "address": ("ansible_host: 192.0.2.1", {"address": "192.0.2.1"}),
    "address 6": ("ansible_host: '2001:db8::1'", {"address": "2001:db8::1"}),
    "older names": (
        "ansible_ssh_host: 192.0.2.1, ansible_ssh_port: 2222, ansible_ssh_user: u",
        {"address": "192.0.2.1", "port": 2222, "user": "u"},
    ),
    "port in quotes": ("ansible_port: '2222'", {"port": 2222}),
    "user": ("ansible_user: scan", {"user": "scan"}),
    "become": ("ansible_become: true", {"become": Become.SUDO}),
    "become, quoted": ("ansible_become: 'yes'", {"become": Become.SUDO}),
    "no become": ("ansible_become: no", {"become": Become.NONE}),
    "our become wins": ("ansible_become: no, estatecheck: {become: collector}", {"become": Become.COLLECTOR}),
    "ssh_config": ("estatecheck: {ssh_config: true}", {"ssh_config": True}),
    "null is the default": ("ansible_port: null, estatecheck: {become: null}", {"port": 22}),
    "not ours": ("http_port: 80, app: {x: [1, {y: 2}]}, tpl: '{{ z }}', db_password: '{{ vault_db }}'", {}),
    "vaulted, not ours": ("db_password: !vault abc", {}),
    "our references may be named so": ("db_password: 'env:DB'", {}),
}


@pytest.mark.parametrize("case", WAYS)
def test_ways_in(case: str) -> None:
    variables, expected = WAYS[case]
    asset = only(f"all: {{hosts: {{h: {{{variables}}}}}}}\n")
    assert asset.connection == dataclasses.replace(Connection("ssh", "h"), **expected)


def test_a_key_file_becomes_a_credential() -> None:
    made = estate("all: {vars: {ansible_ssh_private_key_file: ~/.ssh/id}, hosts: {a: , b: }}\n")
    names = {asset.connection.credential for asset in made.assets}
    assert names == {"ansible_ssh_private_key_file: ~/.ssh/id"}
    (name,) = names
    assert made.credentials == {name: Credential(str(name), key="file:~/.ssh/id")}


def test_a_named_credential_goes_before_a_key_file() -> None:
    made = estate(
        "estatecheck: {credentials: {c: {agent: true}}}\n"
        "all: {vars: {ansible_ssh_private_key_file: /k, estatecheck: {credential: c}}, hosts: {a: }}\n"
    )
    assert made.assets[0].connection.credential == "c"
    assert set(made.credentials) == {"c"}


RANGES = {
    "web[01:03].x": ["web01.x", "web02.x", "web03.x"],
    "web[8:10]": ["web8", "web9", "web10"],
    "db-[a:c]": ["db-a", "db-b", "db-c"],
    "n[1:9:4]": ["n1", "n5", "n9"],
    "r[1:2]-[x:y]": ["r1-x", "r1-y", "r2-x", "r2-y"],
    "z[:1]": ["z0", "z1"],
}


@pytest.mark.parametrize("pattern", RANGES)
def test_ranges(pattern: str) -> None:
    made = estate(f"all: {{hosts: {{'{pattern}': {{ansible_port: 5}}}}}}\n")
    assert [asset.name for asset in made.assets] == RANGES[pattern]
    assert {asset.connection.port for asset in made.assets} == {5}


PRECEDENCE = """\
all:
  vars: {estatecheck: {owner: all, kind: laptop}}
  hosts:
    own: {estatecheck: {owner: host}}
  children:
    parent:
      vars: {estatecheck: {owner: parent, roles: [p]}}
      children:
        child:
          vars: {estatecheck: {owner: child}}
          hosts: {own: , in-child: }
      hosts: {in-parent: }
    a_sibling: {vars: {estatecheck: {owner: a}}, hosts: {both: , ranked: }}
    b_sibling: {vars: {estatecheck: {owner: b}}, hosts: {both: }}
    a_first:
      vars: {ansible_group_priority: 10, estatecheck: {owner: first}}
      hosts: {ranked: }
"""


def test_precedence() -> None:
    owners = {name: asset.owner for name, asset in hosts(PRECEDENCE).items()}
    assert owners == {"own": "host", "in-child": "child", "in-parent": "parent", "both": "b", "ranked": "first"}


def test_keys_are_merged_one_by_one_and_lists_replaced() -> None:
    asset = hosts(PRECEDENCE)["in-child"]
    assert (asset.kind, asset.roles, asset.owner) == ("laptop", ("p",), "child")
    assert asset.groups == ("all", "parent", "child")


@pytest.mark.parametrize("flip", [False, True])
def test_order_of_siblings_in_the_file_does_not_matter(flip: bool) -> None:
    parts = [f"  {n}: {{vars: {{estatecheck: {{owner: {n}}}}}, hosts: {{h: }}}}\n" for n in ("aa", "bb", "cc")]
    text = "all: {children: {aa: , bb: , cc: }}\n" + "".join(p[2:] for p in (parts[::-1] if flip else parts))
    assert only(text).owner == "cc"


@pytest.mark.parametrize("depth", [1, 2, 5, 20])
@pytest.mark.parametrize("says", [0, 1, 4, 19])
def test_the_deepest_group_that_says_something_wins(depth: int, says: int) -> None:
    """Property: along a chain of groups the value is that of the deepest one that has it."""
    says = min(says, depth - 1)
    lines = [
        f"g{i}: {{children: {{g{i + 1}: }}" + (f", vars: {{estatecheck: {{owner: g{i}}}}}" if i <= says else "") + "}\n"
        for i in range(depth)
    ]
    assert only("".join(lines) + f"g{depth}: {{hosts: {{h: }}}}\n").owner == f"g{says}"


def test_a_group_below_two_parents_is_deeper_than_both() -> None:
    text = (
        "z: {children: {m: }, vars: {estatecheck: {owner: z}}}\n"
        "a: {children: {m: }, vars: {estatecheck: {owner: a}}}\n"
        "m: {hosts: {h: }}\n"
    )
    assert only(text).owner == "z"
    assert only(text.replace("m: {hosts", "m: {vars: {estatecheck: {owner: m}}, hosts")).owner == "m"


def test_null_takes_a_value_away_again() -> None:
    made = hosts(
        "estatecheck: {credentials: {c: {agent: true}}}\n"
        "all:\n  vars: {estatecheck: {credential: c, bastion: gate}}\n"
        "  hosts: {gate: {estatecheck: {bastion: null}}, h: }\n"
    )
    assert made["gate"].connection.bastion is None
    assert made["h"].connection.bastion == "gate"


def test_a_local_asset_has_no_bastion() -> None:
    made = hosts("all: {vars: {estatecheck: {bastion: me}}, hosts: {me: {ansible_connection: local}, h: }}\n")
    assert made["me"].connection.bastion is None


SITES = """\
estatecheck:
  areas: {north: , south: }
  sites: {hq: {exposure: internal, area: north}, bare: }
all:
  hosts:
    inherits: {estatecheck: {site: hq}}
    own: {estatecheck: {site: hq, exposure: internet, area: south}}
    bare: {estatecheck: {site: bare}}
"""


@pytest.mark.parametrize(
    ("name", "exposure", "area"),
    [("inherits", "internal", "north"), ("own", "internet", "south"), ("bare", None, None)],
)
def test_exposure_and_area_of_the_site(name: str, exposure: str | None, area: str | None) -> None:
    asset = hosts(SITES)[name]
    assert (asset.exposure, asset.area) == (exposure, area)


def test_limits_and_caps() -> None:
    made = estate(
        "estatecheck: {limits: {host_seconds: 60, concurrent: 40}}\n"
        "all:\n  children:\n    slow:\n"
        "      vars: {estatecheck: {limits: {concurrent: 2, login_seconds: 30}}}\n"
        "      hosts: {a: {estatecheck: {limits: {host_seconds: 90}}}, b: }\n"
    )
    a, b = made.assets
    assert a.limits == Limits(host_seconds=90, login_seconds=30)
    assert b.limits == Limits(host_seconds=60, login_seconds=30)
    assert made.group_limits == {
        "all": Limits(host_seconds=60, concurrent=40),
        "slow": Limits(host_seconds=60, login_seconds=30, concurrent=2),
    }


def test_expected_ports_tell_none_from_unknown() -> None:
    assert only("all: {hosts: {h: }}\n").expected_ports is None
    assert only("all: {hosts: {h: {estatecheck: {expected_ports: []}}}}\n").expected_ports == ()
    assert only("all: {hosts: {h: {estatecheck: {expected_ports: [tcp/022]}}}}\n").expected_ports == ("tcp/22",)


def test_keys_are_names_as_they_are_written() -> None:
    made = hosts(
        "estatecheck: {areas: {no: }}\n"
        "all: {hosts: {10: {ansible_connection: local}, off: {estatecheck: {area: 'no'}}}}\n"
    )
    assert set(made) == {"10", "off"}
    assert made["off"].area == "no"


def test_anchors_and_merges_work() -> None:
    made = hosts(
        "all:\n  vars: {base: &b {ansible_port: 5, ansible_user: u}}\n  hosts: {h: {<<: *b, ansible_port: 6}}\n"
    )
    assert (made["h"].connection.port, made["h"].connection.user) == (6, "u")


def test_a_fault_in_a_merged_mapping_is_placed_where_it_is_written() -> None:
    with pytest.raises(InventoryError) as caught:
        estate("all:\n  vars:\n    base: &b\n      ansible_port: 0\n  hosts: {h: {<<: *b}}\n")
    assert [(f.line, f.column) for f in caught.value.faults] == [(4, 21)]


def test_the_scopes() -> None:
    made = estate(
        "estatecheck:\n  scopes:\n    s: {authorised_by: A, reference: R, valid_from: 2026-01-01, "
        "valid_until: '2026-12-31', intrusiveness: passive, groups: [all], hosts: ['w[1:2]'],"
        " networks: ['192.0.2.0/24', '2001:DB8::/32']}\n"
        "all: {hosts: {'w[1:2]': }}\n"
    )
    assert made.scopes["s"] == Scope(
        "s",
        "A",
        "R",
        date(2026, 1, 1),
        date(2026, 12, 31),
        Intrusiveness.PASSIVE,
        ("all",),
        ("w1", "w2"),
        ("192.0.2.0/24", "2001:db8::/32"),
    )


def test_a_name_alone_is_an_entry() -> None:
    made = estate("estatecheck: {sites: {hq: }, areas: {n: }, suppliers: {s: }, services: {m: }}\n")
    assert (made.sites["hq"].name, made.sites["hq"].exposure) == ("hq", None)
    assert (made.areas["n"].name, made.suppliers["s"].name) == ("n", "s")
    assert made.services["m"].criticality is None


def test_several_files_are_put_together() -> None:
    made = hosts(
        "estatecheck: {sites: {hq: {exposure: internal}}}\nall: {hosts: {h: {ansible_port: 1, ansible_user: u}}}\n",
        "all: {vars: {estatecheck: {site: hq}}, hosts: {h: {ansible_port: 2}}}\nweb: {hosts: {h: }}\n",
    )
    assert (made["h"].connection.port, made["h"].connection.user) == (2, "u")
    assert (made["h"].site, made["h"].exposure, made["h"].groups) == ("hq", Exposure.INTERNAL, ("all", "web"))


@pytest.mark.parametrize(
    ("part", "column"), [("sites: {hq: }", 23), ("estate: {name: x}", 24), ("limits: {host_seconds: 1}", 24)]
)
def test_a_name_is_defined_in_one_file_only(part: str, column: int) -> None:
    text = f"estatecheck: {{{part}}}\n"
    with pytest.raises(InventoryError) as caught:
        estate(text, text)
    (fault,) = caught.value.faults
    assert (fault.file, fault.column) == ("1.yaml", column)
    assert fault.message == "this is already defined at 0.yaml:1; keep one of the two"


def test_a_directory(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text("all: {hosts: {b: {ansible_port: 0}}}\n")
    (tmp_path / "a.yaml").write_text("all: {hosts: {a: {ansible_port: 0}}}\n")
    (tmp_path / ".hidden.yaml").write_text("not: [read")
    (tmp_path / "readme.md").write_text("not: [read")
    with pytest.raises(InventoryError) as caught:
        YamlFile(tmp_path).estate()
    assert [f.file for f in caught.value.faults] == [str(tmp_path / "a.yaml"), str(tmp_path / "b.yml")]
    for file in ("a.yaml", "b.yml"):
        (tmp_path / file).write_text((tmp_path / file).read_text().replace("0", "7"))
    made = YamlFile(tmp_path).estate()
    assert [asset.name for asset in made.assets] == ["a", "b"]
    assert made.name == tmp_path.name
    sums = [(hashlib.sha256((tmp_path / f).read_bytes()).hexdigest(), f) for f in ("a.yaml", "b.yml")]
    assert made.digest == hashlib.sha256("".join(f"{s}  {f}\n" for s, f in sums).encode()).hexdigest()


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "estate.yaml"
    path.write_bytes(b"\xef\xbb\xbfall: {hosts: {h: }}\n")
    made = YamlFile(path).estate()
    assert made.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (made.source, made.name) == (str(path), "estate")


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "all:\n"])
def test_an_estate_may_still_be_empty(text: str) -> None:
    assert estate(text).assets == ()


def test_three_thousand_hosts_load_in_time() -> None:
    host = (
        "    web{0:04}.example:\n      ansible_host: 192.0.2.{1}\n      ansible_port: 22\n      estatecheck:\n"
        "        site: hq\n        criticality: 3\n        roles: [web, docker]\n        expected_ports: [tcp/22]\n"
    )
    text = "estatecheck: {sites: {hq: }}\nall:\n  hosts:\n" + "".join(host.format(i, i % 250) for i in range(3000))
    started = time.process_time()
    made = estate(text)
    assert len(made.assets) == 3000
    assert time.process_time() - started < 3.0
