"""Which permission covers an asset."""

from datetime import date

import pytest

from inventory.asset import Asset, Connection
from inventory.estate import Estate, Intrusiveness, Scope
from inventory.scope import covering

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
POLITE, PASSIVE, INTRUSIVE = Intrusiveness.POLITE, Intrusiveness.PASSIVE, Intrusiveness.INTRUSIVE
ASSET = Asset("web1", Connection("ssh", "192.0.2.7"), groups=("all", "web"))
NAMED = Asset("web1", Connection("ssh", "web1.example"), groups=("all", "web"))
SIX = Asset("web1", Connection("ssh", "2001:db8::7"), groups=("all",))


def scope(id_: str, how: Intrusiveness = POLITE, **covers: tuple[str, ...]) -> Scope:
    return Scope(id_, "A. Example", "", FIRST, LAST, how, **covers)


ALL = scope("everything", groups=("all",))
CASES = [
    pytest.param(ASSET, [], None, id="no scope"),
    pytest.param(ASSET, [ALL], "everything", id="all"),
    pytest.param(ASSET, [scope("w", groups=("web",))], "w", id="group"),
    pytest.param(ASSET, [scope("d", groups=("db",))], None, id="another group"),
    pytest.param(ASSET, [scope("h", hosts=("web1",))], "h", id="host"),
    pytest.param(ASSET, [scope("h", hosts=("web10",))], None, id="another host"),
    pytest.param(ASSET, [scope("n", networks=("192.0.2.0/24",))], "n", id="network"),
    pytest.param(ASSET, [scope("n", networks=("198.51.100.0/24",))], None, id="another network"),
    pytest.param(NAMED, [scope("n", networks=("0.0.0.0/0", "::/0"))], None, id="a name is not resolved"),
    pytest.param(SIX, [scope("n", networks=("192.0.2.0/24", "2001:db8::/32"))], "n", id="IPv6"),
    pytest.param(ASSET, [ALL, scope("w", groups=("web",))], "w", id="group before all"),
    pytest.param(
        ASSET, [scope("w", groups=("web",)), scope("n", networks=("192.0.0.0/8",))], "n", id="network before group"
    ),
    pytest.param(
        ASSET,
        [scope("wide", networks=("192.0.0.0/8",)), scope("z", networks=("192.0.2.0/24",))],
        "z",
        id="smaller network first",
    ),
    pytest.param(ASSET, [scope("n", networks=("192.0.2.7/32",)), scope("z", hosts=("web1",))], "z", id="host first"),
    pytest.param(
        ASSET, [scope("a", INTRUSIVE, groups=("all",)), scope("b", PASSIVE, groups=("all",))], "b", id="gentlest"
    ),
    pytest.param(ASSET, [scope("b", groups=("all",)), scope("a", groups=("all",))], "a", id="then by name"),
]


@pytest.mark.parametrize(("asset", "scopes", "expected"), CASES)
def test_the_scope_that_covers(asset: Asset, scopes: list[Scope], expected: str | None) -> None:
    found = covering(Estate("e", (asset,), scopes={s.id: s for s in scopes}), asset, date(2026, 6, 1))
    assert (found.id if found else None) == expected


@pytest.mark.parametrize(
    ("day", "covered"),
    [(date(2025, 12, 31), False), (FIRST, True), (LAST, True), (date(2027, 1, 1), False)],
)
def test_only_while_it_is_valid(day: date, covered: bool) -> None:
    assert (covering(Estate("e", (ASSET,), scopes={"s": ALL}), ASSET, day) is not None) is covered
