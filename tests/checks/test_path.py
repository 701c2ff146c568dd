"""Fact paths are resolved against the dataclasses, and read from real facts."""

from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime

import pytest

from checks.check import Context
from checks.path import Path, PathError, Shape, members, resolve, shape_of
from inventory.asset import Asset, Connection
from inventory.facts.accounts import AuthorizedKey, AuthorizedKeys, PasswordPolicy
from inventory.facts.kernel import InstalledKernel, Kernel
from inventory.facts.packages import Package, Packages
from inventory.facts.table import FACTS

KEY = AuthorizedKey("root", "/root/.ssh/authorized_keys", "RSA", 1024, "SHA256:a", weak=True)
KERNEL = Kernel("6.1", "#1", (InstalledKernel("linux", "1", "6.2"),), None, apparmor=None, selinux=None, oom_kills=None)
CONTEXT = Context(
    Asset("web", Connection("ssh", "192.0.2.1", port=2222), roles=("web",)),
    {
        "authorized_keys": AuthorizedKeys((KEY,)),
        "kernel": KERNEL,
        "password_policy": PasswordPolicy(None, "", 5, "", None),
        "packages": Packages("deb", (Package("b", "1", "all", "b", ""), Package("a", "1", "all", "a", "", held=True))),
    },
    datetime(2026, 1, 1, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("text", "shape", "value"),
    [
        ("password_policy.lockout_after", Shape(int, optional=True), 5),
        ("password_policy.min_length", Shape(int, optional=True), None),
        ("kernel.newest", Shape(str, optional=True), "6.2"),
        ("kernel.installed.release", Shape(str, many=True), ("6.2",)),
        (
            "kernel.cpu_vulnerabilities",
            Shape(members(Kernel)["cpu_vulnerabilities"].__args__[0].__args__[0], True, True),
            None,
        ),
        ("kernel.cpu_vulnerabilities.name", Shape(str, many=True, optional=True), None),
        ("kernel.cpu_vulnerabilities.count", Shape(int, optional=True), None),
        ("authorized_keys.of_root", Shape(AuthorizedKey, many=True, optional=True), (KEY,)),
        ("authorized_keys.of_root.count", Shape(int, optional=True), 1),
        ("packages.names", Shape(str, many=True), frozenset({"a", "b"})),
        ("packages.held.name", Shape(str, many=True), ("a",)),
        ("asset.roles", Shape(str, many=True), ("web",)),
        ("asset.connection.port", Shape(int), 2222),
        ("asset.exposure", Shape(str, optional=True), None),
    ],
)
def test_a_path_knows_its_shape_and_reads_its_value(text: str, shape: Shape, value: object) -> None:
    path = resolve(text)
    assert path.shape == shape
    assert path.read(CONTEXT, None) == value


def test_an_item_is_read_by_its_fields_or_whole() -> None:
    assert resolve("item.bits", Shape(AuthorizedKey)).read(CONTEXT, KEY) == 1024
    assert resolve("item", Shape(str)).read(CONTEXT, "aes128-cbc") == "aes128-cbc"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shd.version", 'there is no fact "shd"; did you mean "sshd"?'),
        ("sshd.max_auth_try", 'Sshd has no field "max_auth_try"; did you mean "max_auth_tries"?'),
        ("sshd.version.major", 'there is nothing below text, so no "major"'),
        ("sshd.ports.first", 'nothing below a list of number, so no "first"'),
        ("kernel.installed.relese", 'did you mean "release"?'),
        ("item.path", "item is known inside for_each only"),
        ("mounts.items.options", '"options" can be unknown or is itself a list'),
        ("mounts.items.used_percent", '"used_percent" can be unknown'),
        ("sshd.", 'no field ""'),
        ("sshd._asdict", 'no field "_asdict"'),
        ("sshd.__class__", 'no field "__class__"'),
        ("", "a fact path is expected"),
    ],
)
def test_a_path_that_leads_nowhere_says_where_it_ends(text: str, said: str) -> None:
    with pytest.raises(PathError) as caught:
        resolve(text)
    assert said in str(caught.value)


def test_a_path_that_is_no_text_is_refused() -> None:
    with pytest.raises(PathError, match="a fact path is expected, not 7"):
        resolve(7)  # type: ignore[arg-type]  # as a YAML file may hold


@pytest.mark.parametrize("hint", [int | str, dict[str, int], tuple[int, str], "int"])
def test_a_type_that_paths_do_not_know_is_refused(hint: object) -> None:
    with pytest.raises(PathError, match="has a type that checks cannot read"):
        shape_of(hint)


def every_path(kind: type, prefix: str, many: bool) -> list[str]:
    found = []
    for name in members(kind):
        below = shape_of(members(kind)[name])
        found.append(f"{prefix}.{name}")
        if is_dataclass(below.kind) and not many:
            found += every_path(below.kind, f"{prefix}.{name}", below.many)
    return found


@pytest.mark.parametrize("name", FACTS)
def test_every_field_of_every_fact_has_a_type_that_checks_can_read(name: str) -> None:
    paths = every_path(FACTS[name], name, many=False)
    assert len(paths) >= len(fields(FACTS[name]))
    read = [resolve(p) for p in paths if p.count(".") == 1]
    assert all(isinstance(p, Path) and p.root == name for p in read)


@dataclass(frozen=True)
class Odd:
    table: dict[str, int]


def test_a_fact_with_a_table_cannot_be_read_by_checks() -> None:
    with pytest.raises(PathError, match="cannot read"):
        shape_of(members(Odd)["table"])
